// The GAN on points as a page without a kernel shows it: the field, buttons, controls.

import { unpack } from "./bytes.js";
import { anyControl } from "./controls.js";
import { make } from "./dom.js";
import { LOSSES, REMEDIES } from "./engine/players.js";
import { DATA, newField, SHOWN } from "./field.js";
import { keepKeys } from "./keys.js";
import { pointStage } from "./pointgan.js";
import { tabRow } from "./tabs.js";

const COLOURS = { "": "var(--gc-ink)", p: "#0072B2", q: "#D55E00", D: "#009E73", G: "#CC79A7" }; // as all plots
const ENDS = [[0xf3, 0xb6, 0x8d], [255, 255, 255], [0x8f, 0xc3, 0xe3]]; // D(x) at 0, 1/2, 1
export const SLOPES = [[255, 255, 255], [0xa5, 0xdc, 0xcb], [0x3b, 0xae, 0x8c], [0, 0x66, 0x4a]]; // as plots.SLOPES
const BUDGET = 12; // ms of a frame that go into turns

// The colour table of D's field, [256, 3]; that of its slope with SLOPES.
export function fieldColours(ends = ENDS) {
  const parts = ends.length - 1;
  return Uint8Array.from({ length: 768 }, (_, i) => {
    const [at, channel] = [(parts * Math.floor(i / 3)) / 255, i % 3];
    const low = Math.min(parts - 1, Math.floor(at));
    return Math.round(ends[low][channel] + (at - low) * (ends[low + 1][channel] - ends[low][channel]));
  });
}

const slider = (label, low, high, step, digits) => ({ label, kind: "slider", low, high, step, digits, unit: "", shown: true });
const rate = (label) => ({ label, kind: "log", low: 1e-4, high: 1e-2 });
const LOSS = { label: "loss", kind: "choice", options: Object.keys(LOSSES), shown: true };
const POINTS = { label: "real points", kind: "choice", options: DATA, shown: true };
const R1 = slider("R1 penalty", 0, 2, 0.1, 1);
const CONTROLS = { "": { loss: LOSS, points: POINTS, r1: R1, lr: rate("learning rate") } };
const LESSON = { // as lesson 05 names them: what a tab holds
  "The game": { loss: LOSS, steps_D: slider("steps of D in a turn", 1, 5, 1, 0), steps_G: slider("steps of G in a turn", 1, 5, 1, 0),
    slow: { label: "slow motion", kind: "switch" } },
  "The remedy": { remedy: { label: "remedy", kind: "choice", options: Object.keys(REMEDIES), shown: true },
    shows: { label: "map shows", kind: "choice", options: SHOWN, shown: true } },
  "Real points": { points: POINTS },
  "Learning rates": { lr_D: rate("learning rate of D"), lr_G: rate("learning rate of G") },
};
const SLOW = 400; // ms between two turns in slow motion

// Returns {root, run(), pause(), step(), stop(), field}.
export function showField(parent, { label = "A GAN on points", lesson = false, values = {}, ...options } = {}) {
  const field = newField(options);
  Object.entries(values).forEach(([key, value]) => field.set(key, value));
  const [text, numbers] = [make("p", { class: "gc-text", role: "status" }), make("div", { class: "gc-numbers" })];
  let running = 0;
  let slow = false;
  let turned = -Infinity;
  const change = (key, value) => {
    if (key === "slow") slow = value;
    else field.set(key, value);
    show();
  };
  const slopeColours = fieldColours(SLOPES);
  const stage = pointStage({ colourOf: (role) => COLOURS[role], fieldColours: fieldColours(), idle: () => true, change });
  const shows = {};
  const panel = (controls) => make("div", { class: "gc-controls" }, ...Object.entries(controls).map(([key, control]) => {
    const made = anyControl(key, { ...control, key }, change);
    shows[key] = made.show;
    return made.root;
  }));
  const tabs = lesson ? LESSON : CONTROLS;
  const pages = Object.values(tabs).map((controls) => make("div", { class: "gc-page" }, panel(controls)));
  const show = () => {
    const frame = unpack({ handles: [], ...field.frame() });
    if (frame.scale.says) frame.scale.colours = slopeColours;
    stage.show(frame);
    text.textContent = frame.text;
    numbers.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
    Object.entries({ ...field.values, lr: field.values.lr_D }).forEach(([key, value]) => shows[key]?.(value));
  };
  const tick = () => {
    const now = performance.now();
    if (!slow || now - turned > SLOW) {
      turned = now;
      while (field.turn() && !slow && performance.now() < now + BUDGET);
      show();
    }
    if (running) running = requestAnimationFrame(tick);
  };
  const pause = () => {
    cancelAnimationFrame(running);
    running = 0;
    run.textContent = "Run";
  };
  const start = () => {
    run.textContent = "Pause";
    running ||= requestAnimationFrame(tick);
  };
  const step = (who) => () => {
    pause();
    if (who === "both") field.turn();
    else field.step(who);
    show();
  };
  const again = () => {
    pause();
    field.reset();
    show();
  };
  const button = (name, press) => {
    const node = make("button", { type: "button", class: "gc-button" }, name);
    keepKeys(node);
    node.addEventListener("click", press);
    return node;
  };
  const run = button("Run", () => (running ? pause() : start()));
  const steps = lesson ? [button("Step D", step("D")), button("Step G", step("G")), button("Step both", step("both"))]
    : [button("One turn", step("both"))];
  const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": label }, stage.root, numbers, text,
    make("div", { class: "gc-run" }, run, ...steps, button("Start again", again)),
    lesson ? tabRow(Object.keys(tabs), pages) : pages[0].firstChild);
  parent.append(root);
  show();
  const stop = () => {
    pause();
    stage.stop();
  };
  return { root, run: start, pause, step: step("both"), stop, field };
}

// The GAN on points as a page without a kernel shows it: the field, buttons, controls.

import { unpack } from "./bytes.js";
import { anyControl } from "./controls.js";
import { make } from "./dom.js";
import { LOSSES } from "./engine/players.js";
import { DATA, newField } from "./field.js";
import { keepKeys } from "./keys.js";
import { pointStage } from "./pointgan.js";

const COLOURS = { "": "var(--gc-ink)", p: "#0072B2", q: "#D55E00", D: "#009E73", G: "#CC79A7" }; // as all plots
const ENDS = [[0xf3, 0xb6, 0x8d], [255, 255, 255], [0x8f, 0xc3, 0xe3]]; // D(x) at 0, 1/2, 1
const BUDGET = 12; // ms of a frame that go into turns

// The colour table of D's field, [256, 3].
export function fieldColours() {
  return Uint8Array.from({ length: 768 }, (_, i) => {
    const [at, channel] = [(2 * Math.floor(i / 3)) / 255, i % 3];
    const low = Math.min(1, Math.floor(at));
    return Math.round(ENDS[low][channel] + (at - low) * (ENDS[low + 1][channel] - ENDS[low][channel]));
  });
}

const CONTROLS = {
  loss: { label: "loss", kind: "choice", options: Object.keys(LOSSES), shown: true },
  points: { label: "real points", kind: "choice", options: DATA, shown: true },
  r1: { label: "R1 penalty", kind: "slider", low: 0, high: 2, step: 0.1, digits: 1, unit: "", shown: true },
  lr: { label: "learning rate", kind: "log", low: 1e-4, high: 1e-2 },
};

// Returns {root, run(), pause(), step(), stop(), field}.
export function showField(parent, { label = "A GAN on points", ...options } = {}) {
  const field = newField(options);
  const [text, numbers] = [make("p", { class: "gc-text", role: "status" }), make("div", { class: "gc-numbers" })];
  let running = 0;
  const change = (key, value) => {
    field.set(key, value);
    show();
  };
  const stage = pointStage({ colourOf: (role) => COLOURS[role], fieldColours: fieldColours(), idle: () => true, change });
  const shows = {};
  const controls = Object.entries(CONTROLS).map(([key, control]) => {
    const made = anyControl(key, { ...control, key }, change);
    shows[key] = made.show;
    return made.root;
  });
  const show = () => {
    const frame = unpack({ handles: [], ...field.frame() });
    stage.show(frame);
    text.textContent = frame.text;
    numbers.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
    Object.entries(field.values).forEach(([key, value]) => shows[key](value));
  };
  const tick = () => {
    const end = performance.now() + BUDGET;
    while (field.turn() && performance.now() < end);
    show();
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
  const step = () => {
    pause();
    field.turn();
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
  const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": label }, stage.root, numbers, text,
    make("div", { class: "gc-run" }, run, button("One turn", step), button("Start again", again)),
    make("div", { class: "gc-controls" }, ...controls));
  parent.append(root);
  show();
  const stop = () => {
    pause();
    stage.stop();
  };
  return { root, run: start, pause, step, stop, field };
}

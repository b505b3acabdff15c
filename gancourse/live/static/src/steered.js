// What the training widgets and the explorer share: buttons, tabs, controls, the frames.
//
// steered(stage, also) returns the module that anywidget wants; `also` goes with each request for a
// value. `stage(host, model)` returns {root, show(frame)}, the part that differs, and may name a
// `corner` for the numbers and a `stop`; where it can do without the kernel it has `alone()`, and
// `own(key, value)`, which draws a change and returns {values, text} to show at once, or null. host = {colourOf(role), fieldColours, change(key, value),
// idle(), send(message)}.

import { unpack } from "./bytes.js";
import { anyControl } from "./controls.js";
import { make } from "./dom.js";
import { keepKeys } from "./keys.js";
import { link } from "./link.js";
import { requests } from "./requests.js";
import { tabRow } from "./tabs.js";

const LAZY = 150; // ms without a change, before the kernel hears of what the page drew itself
const RESTING = ["ready", "finished", "failed", "stopped"];
const NEXT = { running: "Pause", paused: "Resume", stopped: "Resume", finished: "Go on", failed: "Try again" };

// What the run button says; `first` is its label before the first run.
export function runLabel(status, first) {
  return NEXT[status] ?? first;
}

// What a press means: the run button pauses a run.
export function wanted(action, status) {
  return action === "run" && status === "running" ? "pause" : action;
}

// Whether a button has nothing to do now.
export function isOff(action, frame) {
  return frame.waiting || (action === "stop" && RESTING.includes(frame.status));
}

// The names of the numbers that a press of a button changed: those `kept` stay marked until others
// change. While a run goes on all of them change, and none is marked.
export function changedNames(numbers, before, status, kept = []) {
  if (status === "running" || !before) return [];
  const old = new Map(before);
  const names = numbers.filter(([name, value]) => old.get(name) !== value).map(([name]) => name);
  return names.length ? names : kept;
}

function pushButton(action, label, press) {
  const node = make("button", { type: "button", class: "gc-button", "data-do": action }, label);
  keepKeys(node);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") === "true" || press(action));
  return node;
}

export function steered(stage, also) {
  const render = ({ model, el }) => {
    const parts = model.get("parts");
    const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": model.get("title") });
    const bar = make("progress", { max: 1, "aria-label": "How far the run is" });
    const numbers = make("div", { class: "gc-numbers" });
    const text = make("p", { class: "gc-text", role: "status" });
    const line = link(model, root, () => Boolean(scene?.alone?.()));
    let scene = null;
    const request = requests(line, also);
    let frame = model.get("frame");
    let before = null; // the numbers of the frame before
    let changed = []; // the names of those that are marked

    const press = (action) => {
      request.flush(); // it acts on what the page shows
      line.send({ do: wanted(action, frame.status) });
    };
    const shows = {};
    const change = (key, value) => {
      root.dataset.idle = "false"; // until the answer is shown
      const drawn = scene.own?.(key, value);
      request.ask({ [key]: value }, drawn ? LAZY : 0);
      if (!drawn) {
        if (root.dataset.link === "alone") shows[key]?.(frame.values[key]); // nobody answers
        return;
      }
      Object.entries(drawn.values).forEach(([name, v]) => shows[name]?.(v));
      text.textContent = drawn.text;
    };
    const host = {
      colourOf: (role) => (role ? model.get("colours")[role] : "var(--gc-ink)"),
      fieldColours: model.get("field_colours"),
      idle: request.idle,
      change,
      send: line.send,
    };
    scene = stage(host, model);
    const buttons = parts.row.map(([action, label]) => pushButton(action, label, press));
    const pages = parts.tabs.map((tab) => {
      const made = Object.entries(tab.controls).map(([key, c]) => [key, anyControl(key, c, change)]);
      made.forEach(([key, control]) => (shows[key] = control.show));
      const own = tab.buttons.map(([action, label]) => pushButton(action, label, press));
      buttons.push(...own);
      const fields = make("div", { class: "gc-controls" }, ...made.map(([, control]) => control.root));
      return make("div", { class: "gc-page" }, ...(own.length ? [make("div", { class: "gc-run" }, ...own)] : []), fields);
    });
    const first = parts.row[0][1];

    const mark = () => {
      root.dataset.status = frame.status;
      text.classList.toggle("gc-trouble", Boolean(frame.trouble));
      for (const button of buttons) {
        button.setAttribute("aria-disabled", isOff(button.dataset.do, frame));
        if (button.dataset.do === "run") button.textContent = runLabel(frame.status, first);
      }
    };
    const show = () => {
      frame = model.get("frame");
      request.answered(frame.serial);
      scene.show(unpack(frame));
      changed = changedNames(frame.numbers, before, frame.status, changed);
      numbers.replaceChildren(...frame.numbers.map(([k, v]) =>
        make("div", {}, make("span", {}, k), make("b", changed.includes(k) ? { class: "gc-changed" } : {}, v))));
      before = frame.numbers;
      bar.value = frame.progress ?? 0;
      bar.hidden = frame.progress === undefined;
      mark();
      if (text.textContent !== frame.text) text.textContent = frame.text;
      if (request.idle()) Object.entries(frame.values).forEach(([key, value]) => shows[key]?.(value));
      root.dataset.idle = request.idle();
    };
    model.on("change:frame", show);
    show();
    const row = make("div", { class: "gc-run" }, ...buttons.slice(0, parts.row.length));
    (scene.corner ?? root).append(bar, numbers);
    root.prepend(scene.root);
    root.append(text, row, tabRow(parts.tabs.map((tab) => tab.title), pages));
    el.append(line.root, root);
    return () => {
      request.stop();
      line.stop();
      scene.stop?.();
      model.off("change:frame", show);
    };
  };
  return { render };
}

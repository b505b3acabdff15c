// A chart: panels, numbers, a sentence and controls. The page asks with values, the answer is `scene`.

import { unpack } from "./bytes.js";
import { controlPanel, onStep } from "./controls.js";
import { make } from "./dom.js";
import { ARROWS } from "./keys.js";
import { link } from "./link.js";
import { panelView } from "./panel.js";
import { requests } from "./requests.js";

// The values of the keys that a handle stands for when it is moved to a place in data.
export function movedTo(handle, [x, y], byKey) {
  const wanted = [[handle.x, x], [handle.y, y]].filter(([key]) => key);
  return Object.fromEntries(wanted.map(([key, v]) => [key, onStep(byKey[key], v)]));
}

// The value that an arrow key gives, or null where the handle does not go that way; five steps with Shift.
export function movedBy(event, handle, values, byKey) {
  const [x, y] = ARROWS[event.key];
  const key = x ? handle.x : handle.y;
  if (!key) return null;
  const by = (x || y) * byKey[key].step * (event.shiftKey ? 5 : 1);
  return { [key]: onStep(byKey[key], values[key] + by) };
}

function follow(go) {
  const stop = () => {
    window.removeEventListener("pointermove", go);
    window.removeEventListener("pointerup", stop);
    window.removeEventListener("pointercancel", stop);
  };
  window.addEventListener("pointermove", go);
  window.addEventListener("pointerup", stop);
  window.addEventListener("pointercancel", stop);
}

export function render({ model, el }) {
  const root = make("div", { class: "gc-live", role: "group", "aria-label": model.get("title") });
  const panels = make("div", { class: "gc-panels" });
  const numbers = make("div", { class: "gc-numbers" });
  const text = make("p", { class: "gc-text", "aria-live": "polite" });
  const byKey = Object.fromEntries(model.get("controls").map((c) => [c.key, c]));
  const line = link(model, root);
  const request = requests(line);
  const views = [];
  let values = { ...model.get("values") };
  let scene = null;

  const change = (changed) => {
    values = { ...values, ...changed };
    root.dataset.idle = "false";
    request.ask(changed);
  };
  const controls = controlPanel(model.get("controls"), (key, value) => change({ [key]: value }));
  const move = (changed) => {
    controls.show(changed);
    change(changed);
  };
  const host = {
    colourOf: (role) => (role ? model.get("colours")[role] : "var(--gc-ink)"),
    drag(event, index, place) {
      const go = (e) => move(movedTo(scene.handles[index], place(e), byKey));
      follow(go);
      if (event.target.dataset.handle === undefined) go(event);
    },
    key(event, index) {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const changed = movedBy(event, scene.handles[index], values, byKey);
      if (changed) move(changed);
    },
  };

  const show = () => {
    scene = unpack(model.get("scene"));
    scene.panels.forEach((panel, i) => {
      if (!views[i]) panels.append((views[i] = panelView(host)).root);
      const label = `${panel.title || panel.ylabel}. ${i ? "" : scene.text}`;
      views[i].show(panel, scene.handles.filter((h) => h.panel === i), label);
    });
    numbers.replaceChildren(...scene.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
  };
  // Only when the newest request is answered does a screen reader hear the new sentence.
  const settle = () => {
    values = { ...model.get("values") };
    controls.show(values);
    text.textContent = scene.text;
    root.dataset.idle = "true";
  };
  const redraw = () => {
    show();
    request.answered(scene.serial);
    if (request.idle()) settle();
  };
  model.on("change:scene", redraw);
  show();
  settle();
  root.append(panels, numbers, controls.root, text);
  el.append(line.root, root);
  return () => {
    request.stop();
    line.stop();
    model.off("change:scene", redraw);
  };
}

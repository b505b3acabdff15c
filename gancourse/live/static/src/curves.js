// Curves side by side; each is read out with the last number of each line.

import { make } from "./dom.js";
import { panelView } from "./panel.js";

export function lastNumbers(panel) {
  const last = panel.marks
    .filter((m) => m.label && m.kind === "line" && m.y.length)
    .map((m) => `${m.label} ${m.y[m.y.length - 1].toPrecision(3)}`);
  return [panel.title, ...last].join(", ");
}

export function curveRow(host) {
  const root = make("div", { class: "gc-panels" });
  const views = [];
  const show = (panels) => panels.forEach((panel, i) => {
    if (!views[i]) root.append((views[i] = panelView(host)).root);
    views[i].show(panel, [], lastNumbers(panel));
  });
  return { root, show };
}

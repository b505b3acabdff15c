// A recorded training in a page without a kernel: the dashboard's samples and curves, by step.

import { unpack } from "./bytes.js";
import { dashboardStage } from "./dashboard.js";
import { make } from "./dom.js";
import { reel } from "./reel.js";

// The panel as it stands after `step`: its curves end there.
export function until(panel, step) {
  const cut = (mark) => {
    if (mark.kind !== "line") return mark;
    const n = mark.x.findLastIndex((x) => x <= step) + 1;
    return { ...mark, x: mark.x.subarray(0, n), y: mark.y.subarray(0, n) };
  };
  return { ...panel, marks: panel.marks.map(cut) };
}

// The moment `index` of a training as dashboard.js shows it. `told` and the bytes are what
// gancourse.live.recorded.trainings writes.
export function frameAt(told, pixels, panels, index) {
  const [step, size] = [told.steps[index], told.count * told.side ** 2];
  const view = new DataView(pixels.buffer, pixels.byteOffset + index * size, size);
  return { pixels: view, columns: told.columns, side: told.side, panels: panels.map((panel) => until(panel, step)),
    numbers: [["step", step.toLocaleString("en")]] };
}

export function showTraining(element, told, pixels) {
  const { panels } = unpack({ panels: told.panels, handles: [] });
  const text = make("p", { class: "gc-text" });
  const last = told.steps[told.steps.length - 1].toLocaleString("en");
  const stage = dashboardStage({ colourOf: (role) => (role ? told.colours[role] : "var(--gc-ink)"), idle: () => true });
  const film = reel(told.steps.length, "step", (index) => {
    const frame = frameAt(told, pixels, panels, index);
    stage.show(frame);
    text.textContent = `${told.title}, after step ${frame.numbers[0][1]} of ${last}.`;
    return `step ${frame.numbers[0][1]}`;
  });
  film.to(0);
  film.show();
  stage.root.firstChild.append(film.root); // below the samples: on a phone the curves would come between
  const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": told.title }, stage.root, text);
  element.append(root);
  return { root, stop: film.halt };
}

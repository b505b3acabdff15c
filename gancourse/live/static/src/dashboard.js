// The training dashboard's picture: samples of fixed z as one grey image, and the curves.

import { curveRow } from "./curves.js";
import { make } from "./dom.js";
import { paintTiles, pixelCanvas } from "./pixels.js";

const CURVES = 3; // panels of curves, the last ones; a cloud of points may come before

export function dashboardStage(host) {
  const canvas = pixelCanvas("Samples");
  const cloud = curveRow(host);
  const curves = curveRow(host);
  const corner = make("div", { class: "gc-corner" });
  const root = make("div", { class: "gc-stage" }, make("div", {}, canvas, cloud.root), curves.root);
  const show = (frame) => {
    canvas.hidden = !frame.pixels;
    if (frame.pixels) {
      paintTiles(canvas, frame.pixels, frame.columns, frame.side, 1);
      canvas.setAttribute("aria-label", `Samples of fixed z after step ${frame.numbers[0][1]}`);
    }
    cloud.show(frame.panels.slice(0, -CURVES));
    curves.show(frame.panels.slice(-CURVES));
    curves.root.append(corner); // after the curves, which come with the first frame
  };
  return { root, show, corner };
}

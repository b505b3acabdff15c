// PointGan's picture: D's field as a map, real and fake points, arrows, and a pen for real points.

import { floats, greys } from "./bytes.js";
import { curveRow } from "./curves.js";
import { draw, make, newSvg } from "./dom.js";
import { ARROWS, keepKeys } from "./keys.js";
import { legend } from "./marks.js";
import { barbs, placeIn } from "./scales.js";

const INK = "#222222"; // the map is light in a dark page too
const APART = 0.1; // between two points of one stroke
const HEAD = { turn: 0.5, most: 6 };
const LEGEND = [
  { kind: "points", role: "p", label: "real" },
  { kind: "points", role: "q", label: "fake" },
];
const PUSH = { kind: "arrows", role: "G", label: "push on a fake" };

// What the legend says of a frame: the pushes on fakes, or what one step changed.
export function legendOf({ step }) {
  if (!step) return [...LEGEND, PUSH];
  const times = step.times > 1 ? `, ${step.times} times as long` : "";
  const moves = { kind: "arrows", role: "G", label: `step of G, from the hollow diamonds${times}` };
  const signs = { kind: "points", role: "D", label: "D(x) rose, fell" };
  return [...LEGEND, ...(step.moves ? [moves] : []), ...(step.signs ? [signs] : [])];
}

// The colours of the map of a frame: its own where it is not of D(x).
export const coloursOf = ({ scale }, usual) => scale?.colours ?? usual;

// Where the signs stand and how large they are, [[x, y, from -1 to 1], ...], on a plane -limit..limit.
export function placedSigns(signs, side, limit) {
  const cell = (2 * limit) / side;
  return Array.from(signs, (v, i) => [
    -limit + ((i % side) + 0.5) * cell, limit - (Math.floor(i / side) + 0.5) * cell, v]);
}

// Writes D's field as opaque RGBA; a level from 0 to 255 is a row of the colour table [256, 3].
export function fillField(rgba, levels, table) {
  levels.forEach((level, i) => {
    rgba.set(table.subarray(3 * level, 3 * level + 3), 4 * i);
    rgba[4 * i + 3] = 255;
  });
}

function fieldImage(frame, colours) {
  const small = make("canvas", { width: frame.side, height: frame.side });
  const image = new ImageData(frame.side, frame.side);
  fillField(image.data, greys(frame.field), greys(colours));
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

// Whether a stroke that goes on to `place` leaves a point there: not too near the last one.
export function leavesPoint(drawn, [x, y]) {
  const last = drawn[drawn.length - 1] ?? [9, 9];
  return Math.hypot(x - last[0], y - last[1]) >= APART;
}

// The points with one more, to two digits, or null where it lies outside or there are enough.
export function withPoint(drawn, [x, y], { limit, most }) {
  if (Math.max(Math.abs(x), Math.abs(y)) >= limit || drawn.length >= most) return null;
  return [...drawn, [x, y].map((v) => Number(v.toFixed(2)))];
}

// Where an arrow key leads from a place; five times as far with Shift, and never out of the picture.
export function cursorAfter(event, place, limit) {
  const [far, edge] = [event.shiftKey ? 0.5 : 0.1, 0.98 * limit];
  return place.map((v, i) => Math.max(-edge, Math.min(edge, v + far * ARROWS[event.key][i])));
}

// A legend's entry for the colours of the map, a table [256, 3].
function ramp(colours, says) {
  const svg = newSvg({ width: 24, height: 12, style: "width:24px;flex:none" });
  for (let i = 0; i < 6; i++) {
    const at = 3 * 51 * i;
    draw(svg, "rect", { x: 4 * i, y: 1, width: 4, height: 10, fill: `rgb(${greys(colours).slice(at, at + 3).join()})` });
  }
  return make("span", { class: "gc-scale" }, svg, says);
}

const SHAPES = {
  real: (pen, x, y, r) => { pen.moveTo(x + r, y); pen.arc(x, y, r, 0, 7); },
  fake: (pen, x, y, r) => {
    pen.moveTo(x - r, y); pen.lineTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.closePath();
  },
};

export function pointStage(host) {
  const canvas = make("canvas", { class: "gc-plane" });
  const pen = canvas.getContext("2d");
  const curves = curveRow(host);
  const names = make("div", { class: "gc-legend", "aria-hidden": "true" });
  const nameAll = () => {
    names.replaceChildren(...legend({ marks: legendOf(frame) }, host.colourOf));
    const fakeSwatch = names.children[1].firstChild; // a diamond, as in the picture
    fakeSwatch.replaceChildren();
    const signSwatch = frame.step?.signs && names.lastChild.firstChild;
    signSwatch?.replaceChildren();
    if (signSwatch) draw(signSwatch, "path", { d: "M2 6H10M6 2V10M15 6H22", stroke: host.colourOf("D"), "stroke-width": 2.4 });
    if (frame.scale?.says) names.append(ramp(frame.scale.colours, frame.scale.says));
    draw(fakeSwatch, "path", { d: "M8 6L12 2L16 6L12 10Z", fill: host.colourOf("q") });
  };
  const root = make("div", { class: "gc-stage" }, make("div", {}, canvas, names), curves.root);
  let frame = null;
  let drawn = [];
  let cursor = [0, 0];
  keepKeys(canvas);

  const unit = () => canvas.clientWidth / (2 * frame.limit);
  const px = (x) => (x + frame.limit) * unit();
  const py = (y) => (frame.limit - y) * unit();
  const cloud = (points, shape, colour, size) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) SHAPES[shape](pen, px(points[i]), py(points[i + 1]), size);
    pen.fillStyle = colour;
    pen.fill();
  };
  const ghosts = (points) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) SHAPES.fake(pen, px(points[i]), py(points[i + 1]), 3.6);
    pen.strokeStyle = host.colourOf("q");
    pen.lineWidth = 1;
    pen.stroke();
  };
  const signs = (placed) => {
    pen.beginPath();
    for (const [x, y, v] of placed) {
      const r = 7 * Math.abs(v);
      if (r < 0.7) continue;
      pen.moveTo(px(x) - r, py(y));
      pen.lineTo(px(x) + r, py(y));
      if (v < 0) continue;
      pen.moveTo(px(x), py(y) - r);
      pen.lineTo(px(x), py(y) + r);
    }
    pen.strokeStyle = host.colourOf("D");
    pen.lineWidth = 2.4;
    pen.stroke();
  };
  const arrows = (rows, colour) => {
    pen.beginPath();
    for (let i = 0; i + 3 < rows.length; i += 4) {
      const [x, y] = [px(rows[i]), py(rows[i + 1])];
      const tip = [x + rows[i + 2] * unit(), y - rows[i + 3] * unit()];
      pen.moveTo(x, y);
      pen.lineTo(...tip);
      for (const barb of barbs([x, y], tip, HEAD.turn, HEAD.most)) {
        pen.moveTo(...tip);
        pen.lineTo(...barb);
      }
    }
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    pen.stroke();
  };
  const scale = () => {
    pen.fillStyle = INK;
    pen.font = "12px sans-serif";
    for (const v of [-1, 0, 1]) {
      pen.fillText(v, px(v) - 4, canvas.clientHeight - 5);
      pen.fillText(v, 4, py(v) + 4);
    }
  };
  const cross = () => {
    const [x, y] = [px(cursor[0]), py(cursor[1])];
    pen.beginPath();
    pen.moveTo(x - 9, y); pen.lineTo(x + 9, y); pen.moveTo(x, y - 9); pen.lineTo(x, y + 9);
    pen.strokeStyle = INK;
    pen.lineWidth = 2;
    pen.stroke();
  };
  const paint = () => {
    const wide = canvas.clientWidth;
    if (!frame || !wide) return;
    const side = Math.round(wide * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    pen.setTransform(side / wide, 0, 0, side / wide, 0, 0);
    pen.drawImage(fieldImage(frame, coloursOf(frame, host.fieldColours)), 0, 0, wide, wide);
    scale();
    cloud(frame.real, "real", host.colourOf("p"), 2.4);
    if (frame.drawing) cloud(drawn.flat(), "real", host.colourOf("p"), 5);
    if (frame.step?.signs) signs(placedSigns(frame.step.signs, frame.step.signs_side, frame.limit));
    if (frame.step?.ghosts) ghosts(frame.step.ghosts);
    cloud(frame.fake, "fake", host.colourOf("q"), 3.6);
    arrows(frame.step?.moves ?? (frame.step ? [] : frame.arrows), host.colourOf("G"));
    if (frame.drawing && document.activeElement === canvas) cross();
  };

  const told = () => {
    const at = cursor.map((v) => v.toFixed(1)).join(", ");
    return frame.drawing
      ? `Picture to draw real points in, ${drawn.length} drawn, cursor at ${at}. Arrow keys move it, Enter draws, Backspace takes the last point away.`
      : `${frame.scale?.says ?? "D's opinion"} as a map, with real and fake points. ${frame.numbers.map((n) => n.join(" ")).join(", ")}`;
  };
  const label = () => canvas.setAttribute("aria-label", told());
  const redraw = (points) => {
    drawn = points;
    host.change("points", drawn);
    label();
    paint();
  };
  const add = (at) => {
    const points = withPoint(drawn, at, frame);
    if (points) redraw(points);
  };
  const place = (event) => placeIn(canvas.getBoundingClientRect(), event, frame.limit);
  canvas.addEventListener("pointerdown", (event) => {
    if (!frame.drawing) return;
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    add((cursor = place(event)));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!frame.drawing || !canvas.hasPointerCapture(event.pointerId)) return;
    cursor = place(event);
    if (leavesPoint(drawn, cursor)) add(cursor);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!frame.drawing) return;
    if (event.key in ARROWS) {
      cursor = cursorAfter(event, cursor, frame.limit);
      label();
      paint();
    } else if (event.key === "Enter" || event.key === " ") add(cursor);
    else if (event.key === "Backspace" || event.key === "Delete") redraw(drawn.slice(0, -1));
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);
  const watch = new ResizeObserver(paint);
  watch.observe(canvas);

  const show = (next) => {
    frame = { ...next, real: floats(next.real), fake: floats(next.fake), arrows: floats(next.arrows) };
    if (next.step) {
      const [ghosts, moves, signs] = [next.step.ghosts, next.step.moves, next.step.signs].map(floats);
      frame.step = { ...next.step, ghosts, moves, signs };
    }
    if (host.idle()) drawn = frame.drawn;
    canvas.setAttribute("role", frame.drawing ? "application" : "img");
    canvas.tabIndex = frame.drawing ? 0 : -1;
    if (!frame.drawing || document.activeElement !== canvas) label();
    nameAll();
    paint();
    curves.show(frame.panels);
  };
  return { root, show, stop: () => watch.disconnect() };
}

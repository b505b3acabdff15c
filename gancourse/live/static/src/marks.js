// What a panel shows: lines, fills, points, arrows and cells in SVG, and their legend.

import { draw, make, newSvg } from "./dom.js";
import { barbs, path } from "./scales.js";

const HEAD = { turn: 0.45, most: 7 };
const FAINT = 0.5;

export const MARKS = {
  cells: (g, m, s, fill) => {
    const [wide, high] = [s.x(1) - s.x(0), s.y(0) - s.y(1)];
    for (let i = 0; i < m.x.length; i++)
      if (m.x2[i] > 0)
        draw(g, "rect", { x: s.x(m.x[i] - 0.5), y: s.y(m.y[i] + 0.5), width: wide, height: high, fill, opacity: Math.min(1, m.x2[i]).toFixed(3) });
  },
  line: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2.4 }),
  dashed: (g, m, s, stroke) =>
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": "6 4" }),
  fill: (g, m, s, fill) => {
    draw(g, "path", { d: area(m, s), fill, opacity: 0.3 });
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke: fill, "stroke-width": 1.4 });
  },
  points: (g, m, s, fill) => {
    for (let i = 0; i < m.x.length; i++) draw(g, "circle", { cx: s.x(m.x[i]), cy: s.y(m.y[i]), r: 4, fill });
  },
  arrows: (g, m, s, stroke) => {
    const field = m.role ? g : draw(g, "g", { opacity: FAINT }); // a field stays behind the paths
    for (let i = 0; i < m.x.length; i++) arrow(field, s, [m.x[i], m.y[i]], [m.x[i] + m.x2[i], m.y[i] + m.y2[i]], stroke);
  },
};

// The closed path between a curve and the one below it, or zero.
export function area(mark, s) {
  const low = mark.y2 ?? new Float32Array(mark.x.length);
  const back = path(mark.x.slice().reverse(), low.slice().reverse(), s).replace(/^M/, "L");
  return `${path(mark.x, mark.y, s)}${back}Z`;
}

// The path of an arrow between two places in pixels; "" where it is too short to be seen.
export function arrowPath(from, to) {
  if (!(Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.5)) return "";
  const [left, right] = barbs(from, to, HEAD.turn, HEAD.most).map(point);
  return `M${point(from)}L${point(to)}M${left}L${point(to)}L${right}`;
}

function point([x, y]) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

function arrow(g, s, from, to, stroke) {
  const d = arrowPath([s.x(from[0]), s.y(from[1])], [s.x(to[0]), s.y(to[1])]);
  if (d) draw(g, "path", { d, fill: "none", stroke, "stroke-width": 1.6 });
}

function swatch(mark, colour) {
  const svg = newSvg({ width: 24, height: 12, style: "width:24px;flex:none" });
  const [x, y] = [[1, 23], [6, 6]];
  const s = { x: (v) => v, y: (v) => v };
  if (mark.kind === "points") MARKS.points(svg, { x: [12], y: [6] }, s, colour);
  else if (mark.kind === "fill") draw(svg, "rect", { x: 1, y: 1, width: 22, height: 10, fill: colour, opacity: 0.35 });
  else if (mark.kind === "arrows") arrow(svg, s, [2, 6], [22, 6], colour);
  else MARKS[mark.kind](svg, { x, y }, s, colour);
  return svg;
}

export function legend(panel, colourOf) {
  return panel.marks
    .filter((m) => m.label)
    .map((m) => make("span", {}, swatch(m, colourOf(m.role)), m.label));
}

// One z asked for every class, and for a mixture of two, in a page without a kernel: lesson 13's chart
// over a generator that the page runs.

import { chartModel, showChart } from "./page.js";

const [COLUMNS, FAINT] = [5, 0.05]; // as gancourse/live/spoilt.py draws images

const view = (numbers) => new DataView(Float32Array.from(numbers).buffer);

// Images, bytes [N, side, side], in rows of so many, as a mark of dark squares.
export function sheetOf(pixels, side, columns) {
  const [x, y, grey] = [[], [], []];
  const rows = Math.ceil(pixels.length / (side * side) / columns);
  pixels.forEach((byte, i) => {
    if (byte / 255 <= FAINT) return;
    const image = Math.floor(i / (side * side));
    x.push((image % columns) * side + (i % side) + 0.5);
    y.push(rows * side - Math.floor(image / columns) * side - (Math.floor(i / side) % side) - 0.5);
    grey.push(byte / 255);
  });
  return { kind: "cells", label: "", role: "", x: view(x), y: view(y), x2: view(grey) };
}

function panel(title, pixels, side, columns) {
  const rows = Math.ceil(pixels.length / (side * side) / columns);
  return { title, xlabel: "pixels", ylabel: "pixels", equal: true, names: [], xlim: [0, columns * side], ylim: [0, rows * side],
    marks: [sheetOf(pixels, side, columns)] };
}

// The weights of `names.length` classes: 1 - share of the first, share of the second.
export function mixed(names, first, second, share) {
  return names.map((name) => (name === first ? 1 - share : 0) + (name === second ? share : 0));
}

// askedScene(G, {names, hands})(values): what the chart shows. G takes z and the classes' weights in
// one row; `hands` are the z.
export function askedScene(G, { names, hands }) {
  return ({ hand, first, second, share }) => {
    const every = names.map((name) => mixed(names, name, name, 0));
    const asked = `${Math.round(100 * (1 - share))}% ${first}, ${Math.round(100 * share)}% ${second}`;
    const rows = [...every, mixed(names, first, second, share)].map((weights) => [...hands[hand], ...weights]);
    const pixels = G.pixels(Float32Array.from(rows.flat()));
    const area = G.side ** 2;
    return {
      panels: [panel("One z, every class", pixels.subarray(0, names.length * area), G.side, COLUMNS),
        panel(asked, pixels.subarray(names.length * area), G.side, 1)],
      numbers: [], handles: [], text: `One z asked for ${names.join(", ")}; and for ${asked}.`,
    };
  };
}

// Puts the chart into `element`; `told` is {title, colours, controls, names, hands}.
export function showAsked(element, G, told, values = {}) {
  return showChart(element, chartModel(told, askedScene(G, told), values));
}

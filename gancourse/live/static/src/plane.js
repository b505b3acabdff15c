// The page that works by itself: a pad, sliders and G(z), without a kernel.
//
// Where the pictures come from is a source: {side, step, at(u, v), mapRow(i), around(u, v, key)}, each
// giving bytes [N, side, side], and what else may be chosen: directions, another place.

import { anyControl } from "./controls.js";
import { make } from "./dom.js";
import { EngineError } from "./engine/safetensors.js";
import { keepKeys } from "./keys.js";
import { around, gridRow, joined, pointAt, randomPlane } from "./latent.js";
import { pad } from "./pad.js";
import { paintPixels, paintTiles, pixelCanvas } from "./pixels.js";

const MAP_TILES = 7; // pictures in a row of the pad's map
const RANDOM = ["random 1", "random 2"];

// [column, row] of the picture at (u, v); row 0 is the top one.
export function cellAt(u, v, { reach, step }) {
  return [Math.round((u + reach) / step), Math.round((reach - v) / step)];
}

// The column (or row) of the picture that stands for tile i of the map.
export function tileCell(i, perSide) {
  return Math.round(((i + 0.5) / MAP_TILES) * (perSide - 1));
}

// Pictures that were drawn beforehand, in one image: for a net that the page cannot run.
export async function sheetSource({ sprite, perSide, reach, side, names, channels = 1 }) {
  const step = (2 * reach) / (perSide - 1);
  const image = new Image();
  image.src = sprite;
  await image.decode();
  const sheet = make("canvas", { width: image.width, height: image.height });
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const cell = (column, row) => (
    pen.getImageData(column * side, row * side, side, side).data.filter((_, i) => i % 4 < channels));
  const mapRow = (i) => {
    const tiles = Array.from({ length: MAP_TILES }, (_, j) => tileCell(j, perSide));
    return Uint8Array.from(tiles.flatMap((column) => [...cell(column, tiles[i])]));
  };
  return { side, channels, step, reach, names, at: (u, v) => cell(...cellAt(u, v, { reach, step })), mapRow };
}

// G itself: every z. `start` is {origin, directions: {name: [numbers]}, names: [across, up]}; without
// one it begins at a random plane of `seed`.
export function netSource(G, { start, seed = 0, reach = 3, step = 0.05 }) {
  if (G.shape.length !== 3 || G.shape[0] !== 1) throw new EngineError("This net makes no grey images: give a generator of images.");
  let now = seed;
  const directions = {};
  let origin;
  const draw = (number) => {
    const plane = randomPlane(G.zDim, number);
    [origin, directions[RANDOM[0]], directions[RANDOM[1]]] = [plane.origin, plane.right, plane.up];
  };
  draw(now);
  if (start) {
    origin = Float32Array.from(start.origin);
    for (const [name, numbers] of Object.entries(start.directions)) directions[name] = Float32Array.from(numbers);
  }
  const names = [...(start?.names ?? RANDOM)];
  const plane = () => ({ origin, right: directions[names[0]], up: directions[names[1]] });
  return {
    side: G.side, step, reach, names,
    at: (u, v) => G.pixels(pointAt(plane(), u, v)),
    mapRow: (i) => G.pixels(gridRow(plane(), MAP_TILES, reach, i)),
    around: (u, v, key) => G.pixels(around(pointAt(plane(), u, v), directions[names[key === "u" ? 0 : 1]])),
    options: Object.keys(directions),
    elsewhere: () => draw(++now),
  };
}

// Shows a source in `parent`; returns {root, go(u, v)}.
export function showPlane(parent, source, label = "Latent plane") {
  const { reach, step, side, names } = source;
  const [picture, strip, caption] = [pixelCanvas("G(z)"), pixelCanvas("Neighbours"), make("figcaption")];
  picture.classList.add("gc-large");
  const text = make("p", { class: "gc-text", role: "status" });
  let at = [0, 0];
  let last = "u";
  let timer = 0;
  let mapTimer = 0;
  const shows = {};
  const rest = () => {
    if (!source.around) return;
    const along = names[last === "u" ? 0 : 1];
    paintTiles(strip, source.around(...at, last), 9, side, 1);
    caption.textContent = `Neighbours along ${along}, z in the middle`;
    strip.setAttribute("aria-label", caption.textContent);
  };
  const go = (u, v) => {
    if (u !== at[0] || v !== at[1]) last = Math.abs(v - at[1]) > Math.abs(u - at[0]) ? "v" : "u";
    at = [u, v];
    paintPixels(picture, source.at(u, v), side, side);
    shows.u(u);
    shows.v(v);
    square.show(u, v, names);
    text.textContent = `${u.toFixed(2)} along ${names[0]}, ${v.toFixed(2)} along ${names[1]}.`;
    picture.setAttribute("aria-label", `G(z). ${text.textContent}`);
    clearTimeout(timer);
    timer = setTimeout(rest, 50); // the picture comes first
  };
  const square = pad({ reach, step, moved: go });
  // The picture comes first, then the map, a row in each task: a move is answered in between.
  const mapFrom = (row, bytes = []) => {
    mapTimer = setTimeout(() => {
      const known = [...bytes, source.mapRow(row)];
      if (known.length < MAP_TILES) return mapFrom(row + 1, known);
      paintTiles(square.canvas, joined(known, Uint8Array), MAP_TILES, side, 0, source.channels);
      square.root.dataset.mapped = "true";
    }, 0);
  };
  const remap = () => {
    clearTimeout(mapTimer);
    delete square.root.dataset.mapped;
    go(...at);
    mapFrom(0);
  };
  const choose = (index, name) => {
    const taken = names[1 - index] === name;
    if (taken) shows[index ? "up" : "across"](names[index]);
    else {
      names[index] = name;
      remap();
    }
  };
  const slider = (word) => ({ label: word, digits: 2, kind: "slider", low: -reach, high: reach, step, unit: "", shown: true });
  const choice = (word) => ({ label: `direction ${word}`, kind: "choice", options: source.options, shown: true });
  const made = [
    ["u", slider("across"), (_, u) => go(u, at[1])],
    ["v", slider("up"), (_, v) => go(at[0], v)],
    ...(source.options ? [["across", choice("across"), (_, name) => choose(0, name)], ["up", choice("up"), (_, name) => choose(1, name)]] : []),
  ].map(([key, control, changed]) => {
    const { root, show } = anyControl(key, { ...control, key }, changed);
    shows[key] = show;
    return root;
  });
  const buttons = make("div", { class: "gc-run" });
  if (source.elsewhere) {
    const node = make("button", { type: "button", class: "gc-button" }, "Somewhere else");
    keepKeys(node);
    node.addEventListener("click", () => {
      source.elsewhere();
      at = [0, 0];
      remap();
    });
    buttons.append(node);
  }
  const row = source.around ? [make("figure", { class: "gc-strip" }, strip, caption)] : [];
  const stage = make("div", { class: "gc-explorer gc-alone" }, square.root, picture, ...row);
  const root = make("div", { class: "gc-live", role: "group", "aria-label": label },
    stage, make("div", { class: "gc-controls" }, ...made), ...(source.elsewhere ? [buttons] : []), text);
  shows.across?.(names[0]);
  shows.up?.(names[1]);
  parent.append(root);
  remap();
  return { root, go };
}

// The page that works by itself: a pad and two sliders over pictures that were drawn beforehand.

import { controlPanel } from "./controls.js";
import { make } from "./dom.js";
import { pad } from "./pad.js";
import { pixelCanvas } from "./pixels.js";

const MAP_TILES = 7; // pictures in a row of the pad's map

// [column, row] of the picture at (u, v); row 0 is the top one.
export function cellAt(u, v, { reach, step }) {
  return [Math.round((u + reach) / step), Math.round((reach - v) / step)];
}

// The column (or row) of the picture that stands for tile i of the map.
export function tileCell(i, perSide) {
  return Math.round(((i + 0.5) / MAP_TILES) * (perSide - 1));
}

export async function showPlane(parent, told) {
  const { perSide, reach, side, names } = told;
  const step = (2 * reach) / (perSide - 1);
  const image = new Image();
  image.src = told.sprite;
  await image.decode();
  const sheet = make("canvas", { width: image.width, height: image.height });
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const picture = pixelCanvas("G(z)");
  picture.classList.add("gc-large");
  const text = make("p", { class: "gc-text", role: "status" });
  const labels = { u: `across: ${names[0]}`, v: `up: ${names[1]}` };
  const described = Object.entries(labels).map(([key, label]) => (
    { key, label, digits: 2, kind: "slider", low: -reach, high: reach, step, unit: "", shown: true }));
  let at = [0, 0];
  const move = (u, v) => {
    at = [u, v];
    const [column, row] = cellAt(u, v, { reach, step });
    [picture.width, picture.height] = [side, side];
    picture.getContext("2d").putImageData(pen.getImageData(column * side, row * side, side, side), 0, 0);
    sliders.show({ u, v });
    square.show(u, v, names);
    text.textContent = `${u.toFixed(2)} along ${names[0]}, ${v.toFixed(2)} along ${names[1]}.`;
    picture.setAttribute("aria-label", `G(z). ${text.textContent}`);
  };
  const sliders = controlPanel(described, (key, value) => (key === "u" ? move(value, at[1]) : move(at[0], value)));
  const square = pad({ reach, step, moved: move });
  [square.canvas.width, square.canvas.height] = [MAP_TILES * side, MAP_TILES * side];
  const map = square.canvas.getContext("2d");
  const near = (i) => tileCell(i, perSide) * side;
  for (let row = 0; row < MAP_TILES; row++)
    for (let column = 0; column < MAP_TILES; column++)
      map.drawImage(sheet, near(column), near(row), side, side, column * side, row * side, side, side);
  const stage = make("div", { class: "gc-explorer" }, square.root, picture);
  parent.append(make("div", { class: "gc-live", role: "group", "aria-label": "Latent plane" }, stage, sliders.root, text));
  move(0, 0);
}

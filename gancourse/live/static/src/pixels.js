// Grey pictures from raw bytes, on a canvas. Each write is one putImageData: no frame is ever blank.

import { greys } from "./bytes.js";
import { make } from "./dom.js";

// A grey level as the four bytes of a pixel; R, G and B are equal, so byte order does not matter
// but for the opaque alpha, which lies last in memory.
const OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
const GREY = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];

// A canvas with an accessible name; CSS (.gc-pixels) makes its pixels large with hard edges, at
// whatever ratio of device pixels, so that a canvas pixel is an image pixel and getImageData gives
// back the very bytes.
export function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}

// The picture [side, side] with this index among pictures [N, side, side].
export function pictureOf(all, side, index) {
  return greys(all).subarray(index * side * side, (index + 1) * side * side);
}

// Width and height of pictures [N, side, side] laid out `columns` in a row.
export function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}

export function fillGreys(out, bytes) {
  for (let i = 0; i < out.length; i++) out[i] = OPAQUE + bytes[i] * GREY;
}

// The gap between pictures is transparent.
export function fillTiles(out, bytes, columns, side, gap) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes.length; i++) {
    const tile = Math.floor(i / (side * side));
    const [row, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row) * width + (tile % columns) * pitch + x;
    out[at] = OPAQUE + bytes[i] * GREY;
  }
}

function putGreys(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Paints one picture [height, width].
export function paintPixels(canvas, view, width, height) {
  putGreys(canvas, width, height, (out) => fillGreys(out, greys(view)));
}

// Paints pictures [N, side, side], `columns` in a row.
export function paintTiles(canvas, view, columns, side, gap = 0) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side), columns, side, gap);
  putGreys(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap));
}

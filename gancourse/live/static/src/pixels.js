// Pictures from raw bytes, on a canvas: a byte for a pixel, or three (R, G, B) where there are three
// channels. Each write is one putImageData: no frame is ever blank.

import { greys } from "./bytes.js";
import { make } from "./dom.js";

// A grey level as the four bytes of a pixel; R, G and B are equal, so byte order does not matter
// but for the opaque alpha, which lies last in memory.
const OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
const [RED, GREEN, BLUE] = [0, 1, 2].map((at) => {
  const pixel = new Uint8Array(4);
  pixel[at] = 1;
  return new Uint32Array(pixel.buffer)[0];
});
const GREY = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];

// A canvas with an accessible name; CSS (.gc-pixels) makes its pixels large with hard edges, at
// whatever ratio of device pixels, so that a canvas pixel is an image pixel and getImageData gives
// back the very bytes.
export function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}

// The picture [side, side] with this index among pictures [N, side, side].
export function pictureOf(all, side, index, channels = 1) {
  const size = side * side * channels;
  return greys(all).subarray(index * size, (index + 1) * size);
}

// Pixel i of bytes with so many channels, as the number that a canvas takes.
function pixelOf(bytes, i, channels) {
  if (channels !== 3) return OPAQUE + bytes[i] * GREY;
  return OPAQUE + bytes[3 * i] * RED + bytes[3 * i + 1] * GREEN + bytes[3 * i + 2] * BLUE;
}

// Width and height of pictures [N, side, side] laid out `columns` in a row.
export function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}

// Fills pixels from as many bytes, or from three times as many in colour.
export function fillPixels(out, bytes) {
  const channels = bytes.length / out.length;
  for (let i = 0; i < out.length; i++) out[i] = pixelOf(bytes, i, channels);
}

// The gap between pictures is transparent.
export function fillTiles(out, bytes, columns, side, gap, channels = 1) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes.length / channels; i++) {
    const tile = Math.floor(i / (side * side));
    const [row, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row) * width + (tile % columns) * pitch + x;
    out[at] = pixelOf(bytes, i, channels);
  }
}

function putPixels(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Paints one picture [height, width].
export function paintPixels(canvas, view, width, height) {
  putPixels(canvas, width, height, (out) => fillPixels(out, greys(view)));
}

// Paints pictures [N, side, side], `columns` in a row.
export function paintTiles(canvas, view, columns, side, gap = 0, channels = 1) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap, channels));
}

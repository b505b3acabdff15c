import assert from "node:assert/strict";
import { test } from "node:test";

import { fillPixels, fillTiles, pictureOf, tiledSize } from "../../gancourse/live/static/src/pixels.js";

const rgba = (out) => [...new Uint8Array(out.buffer)];

test("a grey level is three equal bytes and an opaque one", () => {
  const out = new Uint32Array(2);
  fillPixels(out, Uint8Array.of(7, 255));
  assert.deepEqual(rgba(out), [7, 7, 7, 255, 255, 255, 255, 255]);
});

test("tiles have gaps between them and none outside", () => {
  assert.deepEqual(tiledSize(6, 3, 28, 1), [86, 57]);
  assert.deepEqual(tiledSize(5, 3, 2, 0), [6, 4]);
});

test("pictures lie in rows, the gap transparent", () => {
  const [width, height] = tiledSize(3, 2, 1, 1);
  const out = new Uint32Array(width * height);
  fillTiles(out, Uint8Array.of(10, 20, 30), 2, 1, 1);
  const alpha = rgba(out).filter((_, i) => i % 4 === 3);
  assert.deepEqual(rgba(out).filter((_, i) => i % 4 === 0), [10, 0, 20, 0, 0, 0, 30, 0, 0]);
  assert.deepEqual(alpha, [255, 0, 255, 0, 0, 0, 255, 0, 0]);
});

test("a picture of four pixels keeps its rows", () => {
  const out = new Uint32Array(8);
  fillTiles(out, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 2, 0);
  assert.deepEqual(rgba(out).filter((_, i) => i % 4 === 0), [1, 2, 5, 6, 3, 4, 7, 8]);
});

test("a picture is found among the others", () => {
  const all = new DataView(Uint8Array.of(0, 1, 1, 1, 1, 2, 2, 2, 2).buffer, 1);
  assert.deepEqual([0, 1].map((i) => [...pictureOf(all, 2, i)]), [[1, 1, 1, 1], [2, 2, 2, 2]]);
});

test("three bytes are a pixel in colour", () => {
  const out = new Uint32Array(2);
  fillPixels(out, Uint8Array.of(1, 2, 3, 250, 0, 9));
  assert.deepEqual(rgba(out), [1, 2, 3, 255, 250, 0, 9, 255]);
});

test("tiles in colour lie as grey ones do", () => {
  const out = new Uint32Array(3);
  fillTiles(out, Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 1, 1, 3);
  assert.deepEqual(rgba(out), [1, 2, 3, 255, 0, 0, 0, 0, 4, 5, 6, 255]);
  assert.deepEqual([...pictureOf(Uint8Array.of(1, 2, 3, 4, 5, 6), 1, 1, 3)], [4, 5, 6]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldColours, SLOPES } from "../../gancourse/live/static/src/learning.js";

test("D's field goes from orange over white to blue, as in every plot", () => {
  const table = fieldColours();
  assert.equal(table.length, 768);
  assert.deepEqual([...table.slice(0, 3), ...table.slice(-3)], [0xf3, 0xb6, 0x8d, 0x8f, 0xc3, 0xe3]);
  assert.ok(table.slice(381, 387).every((v) => v > 253));
});

test("D's slope goes from white to dark green", () => {
  const table = fieldColours(SLOPES);
  assert.deepEqual([...table.slice(0, 3), ...table.slice(-3)], [255, 255, 255, 0, 0x66, 0x4a]);
  assert.deepEqual([...table.slice(3 * 85, 3 * 86)], [0xa5, 0xdc, 0xcb]);
});

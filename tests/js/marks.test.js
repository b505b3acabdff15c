import assert from "node:assert/strict";
import { test } from "node:test";

import { area, arrowPath } from "../../gancourse/live/static/src/marks.js";

const same = { x: (v) => v, y: (v) => v };

test("an area goes there along the curve and back along the lower one", () => {
  const mark = { x: [0, 1], y: [5, 6], y2: [1, 2] };
  assert.equal(area(mark, same), "M0.0,5.0L1.0,6.0L1.0,2.0L0.0,1.0Z");
});

test("an area with no lower curve goes back along zero", () => {
  assert.equal(area({ x: [0, 1], y: [5, 6] }, same), "M0.0,5.0L1.0,6.0L1.0,0.0L0.0,0.0Z");
});

test("an arrow has its tip at the end", () => {
  assert.match(arrowPath([0, 0], [20, 0]), /^M0.0,0.0L20.0,0.0M13.7,-3.0L20.0,0.0L13.7,3.0$/);
});

test("an arrow too short to be seen is left out, and so is one that is no number", () => {
  assert.equal(arrowPath([0, 0], [0.3, 0.3]), "");
  assert.equal(arrowPath([0, 0], [NaN, 0]), "");
});

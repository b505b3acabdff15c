import assert from "node:assert/strict";
import { test } from "node:test";

import { cellAt, tileCell } from "../../gancourse/live/static/src/plane.js";

const PLANE = { reach: 3, step: 0.25 };

test("the sheet of pictures begins at the top left", () => {
  assert.deepEqual(cellAt(-3, 3, PLANE), [0, 0]);
  assert.deepEqual(cellAt(0, 0, PLANE), [12, 12]);
  assert.deepEqual(cellAt(3, -2.75, PLANE), [24, 23]);
});

test("the map's tiles lie evenly over the sheet, the middle one in the middle", () => {
  const cells = [0, 1, 2, 3, 4, 5, 6].map((i) => tileCell(i, 25));
  assert.deepEqual(cells, [2, 5, 9, 12, 15, 19, 22]);
});

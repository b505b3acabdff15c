import assert from "node:assert/strict";
import { test } from "node:test";

import { inside, padMove } from "../../gancourse/live/static/src/pad.js";

const PLANE = { reach: 3, step: 0.05 };
const move = (key, at = [0, 0], held = {}) => padMove({ key, ...held }, at, PLANE);

test("a place lies on the step and inside the reach", () => {
  assert.equal(inside(0.123, PLANE), 0.1);
  assert.equal(inside(0.15000000000000002, PLANE), 0.15);
  assert.equal(inside(-8, PLANE), -3);
});

test("arrows go one step, with Shift five", () => {
  assert.deepEqual(move("ArrowRight"), [0.05, 0]);
  assert.deepEqual(move("ArrowUp", [0, 0], { shiftKey: true }), [0, 0.25]);
});

test("PageUp and PageDown go ten steps up and down", () => {
  assert.deepEqual(move("PageUp", [1, 1]), [1, 1.5]);
  assert.deepEqual(move("PageDown", [1, 1]), [1, 0.5]);
});

test("Home and End go to the edges, at the same height", () => {
  assert.deepEqual(move("Home", [1, 2]), [-3, 2]);
  assert.deepEqual(move("End", [1, 2]), [3, 2]);
});

test("no key leads out", () => assert.deepEqual(move("ArrowLeft", [-3, 0]), [-3, 0]));

test("other keys, and shortcuts, are not the pad's", () => {
  assert.equal(move("a"), null);
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.equal(move("ArrowLeft", [0, 0], { [held]: true }), null);
});

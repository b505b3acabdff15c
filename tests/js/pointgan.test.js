import assert from "node:assert/strict";
import { test } from "node:test";

import { coloursOf, cursorAfter, fillField, leavesPoint, legendOf, placedSigns, withPoint } from "../../gancourse/live/static/src/pointgan.js";

const FRAME = { limit: 1.5, most: 2 };

test("a level is a row of the colour table, opaque", () => {
  const rgba = new Uint8ClampedArray(8);
  fillField(rgba, Uint8Array.of(1, 0), Uint8Array.of(10, 11, 12, 20, 21, 22));
  assert.deepEqual([...rgba], [20, 21, 22, 255, 10, 11, 12, 255]);
});

test("a point is kept to two digits", () => {
  assert.deepEqual(withPoint([], [0.123, -0.987], FRAME), [[0.12, -0.99]]);
});

test("no point lies outside the picture", () => {
  assert.equal(withPoint([], [0, 1.5], FRAME), null);
  assert.equal(withPoint([], [-1.6, 0], FRAME), null);
});

test("no more points are drawn than there may be", () => {
  assert.equal(withPoint([[0, 0], [1, 1]], [0.5, 0.5], FRAME), null);
});

test("drawing a point leaves the list that was shown as it is", () => {
  const drawn = [[0, 0]];
  withPoint(drawn, [1, 1], FRAME);
  assert.deepEqual(drawn, [[0, 0]]);
});

test("a stroke leaves a point when it is a tenth away from the last", () => {
  assert.equal(leavesPoint([], [0, 0]), true);
  assert.equal(leavesPoint([[5, 5], [0, 0]], [0.05, 0.05]), false);
  assert.equal(leavesPoint([[5, 5], [0, 0]], [0.08, 0.08]), true);
});

test("the cursor goes a tenth, with Shift a half, and stays inside", () => {
  assert.deepEqual(cursorAfter({ key: "ArrowUp" }, [0, 0], 1.5), [0, 0.1]);
  assert.deepEqual(cursorAfter({ key: "ArrowLeft", shiftKey: true }, [0, 0], 1.5), [-0.5, 0]);
  assert.deepEqual(cursorAfter({ key: "ArrowRight" }, [1.45, 0], 1.5), [1.47, 0]);
});

test("signs stand in the middle of their cells, the top row first", () => {
  assert.deepEqual(placedSigns(Float32Array.of(1, -0.5, 0, 0.25), 2, 1), [
    [-0.5, 0.5, 1], [0.5, 0.5, -0.5], [-0.5, -0.5, 0], [0.5, -0.5, 0.25]]);
});

test("the legend names the pushes, or what the last step changed", () => {
  const labels = (frame) => legendOf(frame).map((m) => m.label);
  assert.deepEqual(labels({}), ["real", "fake", "push on a fake"]);
  assert.deepEqual(labels({ step: { signs: [], times: 1 } }), ["real", "fake", "D(x) rose, fell"]);
  assert.match(labels({ step: { moves: [], times: 5 } })[2], /hollow diamonds, 5 times as long/);
  assert.doesNotMatch(labels({ step: { moves: [], times: 1 } })[2], /times/);
});

test("a map of something else than D(x) brings its own colours", () => {
  assert.equal(coloursOf({}, "usual"), "usual");
  assert.equal(coloursOf({ scale: {} }, "usual"), "usual");
  assert.equal(coloursOf({ scale: { colours: "green", says: "slope" } }, "usual"), "green");
});

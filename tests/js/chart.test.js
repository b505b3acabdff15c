import assert from "node:assert/strict";
import { test } from "node:test";

import { movedBy, movedTo } from "../../gancourse/live/static/src/chart.js";

const BY_KEY = { mean: { low: -3, high: 3, step: 0.5 }, width: { low: 0, high: 2, step: 0.1 } };
const both = { x: "mean", y: "width" };
const across = { x: "mean", y: "" };
const values = { mean: 1, width: 1 };

test("a handle that is dragged sets both of its values, on their steps", () => {
  assert.deepEqual(movedTo(both, [1.2, 5], BY_KEY), { mean: 1, width: 2 });
});

test("a handle that moves across leaves the other value alone", () => {
  assert.deepEqual(movedTo(across, [1.3, 5], BY_KEY), { mean: 1.5 });
});

test("an arrow key moves one step, with Shift five", () => {
  assert.deepEqual(movedBy({ key: "ArrowLeft" }, both, values, BY_KEY), { mean: 0.5 });
  assert.deepEqual(movedBy({ key: "ArrowUp", shiftKey: true }, both, values, BY_KEY), { width: 1.5 });
});

test("a key stops at the end of the slider", () => {
  assert.deepEqual(movedBy({ key: "ArrowRight", shiftKey: true }, both, values, BY_KEY), { mean: 3 });
});

test("up and down move no handle that goes across", () => {
  assert.equal(movedBy({ key: "ArrowUp" }, across, values, BY_KEY), null);
});

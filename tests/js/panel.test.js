import assert from "node:assert/strict";
import { test } from "node:test";

import { below, handleAt } from "../../gancourse/live/static/src/panel.js";

const pressed = (handle) => ({ dataset: handle === undefined ? {} : { handle } });
const handles = [{ index: 0 }, { index: 1, anywhere: true }];

test("a press takes the handle under it, be it the first", () => {
  assert.equal(handleAt(pressed("0"), handles), 0);
});

test("a press elsewhere takes the handle that is taken from anywhere", () => {
  assert.equal(handleAt(pressed(), handles), 1);
  assert.equal(handleAt(pressed(), [{ index: 0, anywhere: true }]), 0);
});

test("a press elsewhere takes none where none is", () => {
  assert.equal(handleAt(pressed(), handles.slice(0, 1)), null);
});

test("names stand at 0, 1, 2 and so on, and numbers where there are none", () => {
  assert.deepEqual(below({ names: ["FID", "recall"], xlim: [-1, 2] }), [[0, "FID"], [1, "recall"]]);
  const numbers = below({ xlim: [0, 2] });
  assert.ok(numbers.some(([value, label]) => value === 1 && Number(label) === 1));
  assert.deepEqual(below({ names: [], xlim: [0, 2] }), numbers);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameAt, until } from "../../gancourse/live/static/src/training.js";

const line = { kind: "line", label: "d_loss", x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(9, 8, 7, 6) };
const half = { kind: "dashed", label: "1/2", x: Float32Array.of(0, 4), y: Float32Array.of(0.5, 0.5) };

test("a curve ends at the step that is shown, and what is no curve stays", () => {
  const { marks, title } = until({ title: "losses", marks: [half, line] }, 2.5);
  assert.equal(title, "losses");
  assert.deepEqual([...marks[1].x, ...marks[1].y], [1, 2, 9, 8]);
  assert.equal(marks[0], half);
  assert.deepEqual([...until({ marks: [line] }, 0).marks[0].x], []);
});

test("a moment has its own samples and its step", () => {
  const told = { steps: [0, 1000], count: 2, side: 1, columns: 2 };
  const frame = frameAt(told, Uint8Array.of(1, 2, 3, 4), [], 1);
  assert.deepEqual([frame.pixels.getUint8(0), frame.pixels.getUint8(1), frame.pixels.byteLength], [3, 4, 2]);
  assert.deepEqual(frame.numbers, [["step", "1,000"]]);
});

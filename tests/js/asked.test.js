import assert from "node:assert/strict";
import { test } from "node:test";

import { askedScene, mixed, sheetOf } from "../../gancourse/live/static/src/asked.js";

const numbers = (view) => [...new Float32Array(view.buffer)];

// A net whose picture of 2 x 2 pixels says what it was asked: z, and each class's weight in grey.
const G = { side: 2, pixels: (rows) => Uint8Array.from({ length: (rows.length / 3) * 4 }, (_, i) => {
  const [z, ...weights] = rows.subarray(3 * Math.floor(i / 4), 3 * Math.floor(i / 4) + 3);
  return i % 4 < 2 ? Math.round(100 * weights[i % 4]) : i % 4 === 2 ? z : 0;
}) };
const sceneAt = askedScene(G, { names: ["a", "b"], hands: [[30], [60]] });

test("a mixture adds up to one, of one class with itself too", () => {
  assert.deepEqual(mixed(["a", "b", "c"], "c", "a", 0.25), [0.25, 0, 0.75]);
  assert.deepEqual(mixed(["a", "b"], "b", "b", 0.3), [0, 1]);
});

test("images lie in rows, the first on top, and faint pixels are not drawn", () => {
  const mark = sheetOf(Uint8Array.of(255, 0, 0, 5, 0, 0, 0, 51, 0, 102, 0, 0), 2, 2);
  assert.deepEqual(numbers(mark.x), [0.5, 3.5, 1.5]);
  assert.deepEqual(numbers(mark.y), [3.5, 2.5, 1.5]);
  assert.deepEqual(numbers(mark.x2).map((v) => v.toFixed(1)), ["1.0", "0.2", "0.4"]);
});

test("it asks for one z in every class, and then for the mixture", () => {
  const scene = sceneAt({ hand: 1, first: "a", second: "b", share: 0.3 });
  const [every, mixture] = scene.panels.map((panel) => numbers(panel.marks[0].x2).map((v) => Math.round(255 * v)));
  assert.deepEqual(every, [100, 60, 100, 60]);
  assert.deepEqual(mixture, [70, 30, 60]);
  assert.equal(scene.text, "One z asked for a, b; and for 70% a, 30% b.");
  assert.equal(scene.panels[1].title, "70% a, 30% b");
});

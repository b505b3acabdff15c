import assert from "node:assert/strict";
import { test } from "node:test";

import { noted, pictureAt, scoreText, slice } from "../../gancourse/live/static/src/faulty.js";

test("the picture is the last one that is not after the turn", () => {
  assert.equal(pictureAt([0, 50, 100], 0), 0);
  assert.equal(pictureAt([0, 50, 100], 99), 1);
  assert.equal(pictureAt([0, 50, 100], 100), 2);
  assert.equal(pictureAt([0, 50], 1500), 1);
});

test("a film is cut into its pictures", () => {
  const all = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.deepEqual([...slice(all, 1, 3)], [3, 4]);
  assert.deepEqual([...slice(all, 0, 1)], [...all]);
});

test("only the first choice of each run counts", () => {
  const score = noted(noted({}, "a", false), "a", true);
  assert.deepEqual(score, { a: false });
  assert.equal(scoreText(noted(score, "b", true)), "Named at the first try: 1 of 2.");
  assert.equal(scoreText({}), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { ARROWS, keepKeys } from "../../gancourse/live/static/src/keys.js";

test("arrows go as data go: up is more", () => {
  assert.deepEqual([ARROWS.ArrowUp, ARROWS.ArrowDown], [[0, 1], [0, -1]]);
  assert.deepEqual([ARROWS.ArrowRight, ARROWS.ArrowLeft], [[1, 0], [-1, 0]]);
});

test("keys stay in the element: Notebook and Lab see none", () => {
  const node = Object.assign(new EventTarget(), { set: {}, setAttribute: (k, v) => (node.set[k] = v) });
  keepKeys(node);
  const event = new Event("keydown");
  event.stopPropagation = () => (event.kept = true);
  node.dispatchEvent(event);
  assert.equal(event.kept, true);
  assert.equal(node.set["data-lm-suppress-shortcuts"], "true");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { tabAfter } from "../../gancourse/live/static/src/tabs.js";

test("arrows choose the tab beside, and stop at the ends", () => {
  assert.equal(tabAfter("ArrowRight", 0, 3), 1);
  assert.equal(tabAfter("ArrowRight", 2, 3), 2);
  assert.equal(tabAfter("ArrowLeft", 0, 3), 0);
});

test("Home and End choose the first and the last", () => {
  assert.equal(tabAfter("Home", 2, 3), 0);
  assert.equal(tabAfter("End", 0, 3), 2);
});

test("another key chooses none", () => assert.equal(tabAfter("Enter", 1, 3), null));

import assert from "node:assert/strict";
import { test } from "node:test";
import { standing } from "../../gancourse/live/static/src/wager.js";

test("the one that was taken and the right one are known, whichever they are", () => {
  assert.deepEqual(standing(["left", "right"], "right", 0), [
    { taken: true, right: false },
    { taken: false, right: true },
  ]);
  assert.deepEqual(standing(["left", "right"], "right", 1)[1], { taken: true, right: true });
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { lastNumbers } from "../../gancourse/live/static/src/curves.js";

test("a panel is read out with the last number of each named line", () => {
  const marks = [
    { kind: "line", label: "D", y: [3, 0.69314] },
    { kind: "line", label: "", y: [1] },
    { kind: "points", label: "seen", y: [1] },
    { kind: "line", label: "G", y: [] },
  ];
  assert.equal(lastNumbers({ title: "Losses", marks }), "Losses, D 0.693");
});

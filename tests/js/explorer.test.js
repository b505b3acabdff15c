import assert from "node:assert/strict";
import { test } from "node:test";

import { classOf, mapWait } from "../../gancourse/live/static/src/explorer.js";

test("a new map waits until no move follows", () => assert.equal(mapWait(5000, 0), 150));

test("two maps lie a second apart while G trains", () => assert.equal(mapWait(5000, 4800), 800));

test("a digit asks for a class that there is, alone", () => {
  const names = ["T-shirt", "Trouser", "Pullover"];
  assert.equal(classOf({ key: "2" }, names), 2);
  assert.equal(classOf({ key: "3" }, names), -1);
  assert.equal(classOf({ key: "1", ctrlKey: true }, names), -1);
  for (const key of ["a", "10", "ArrowUp", " "]) assert.equal(classOf({ key }, names), -1);
  assert.equal(classOf({ key: "0" }, []), -1);
});

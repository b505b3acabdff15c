import assert from "node:assert/strict";
import { test } from "node:test";

import { lastMove, movesOf, own, placeSentence } from "../../gancourse/live/static/src/own.js";

const view = (numbers) => new DataView(Float32Array.from(numbers).buffer);
const bytes = (numbers) => new DataView(Uint8Array.from(numbers).buffer);
// A stand-in for G on z of two numbers whose one pixel is 100 z0 + z1.
const G = { pixels: (z) => Uint8Array.from({ length: z.length / 2 }, (_, i) => 100 * z[2 * i] + z[2 * i + 1]) };
const AT = { u: 0, v: 0, by_1: 0, by_2: 0 };
const NAMES = { across: "random 1", up: "random 2", along_1: "principal 1", along_2: "class 7" };

function frame(more = {}) {
  return { weights: 0, net: true, version: 0, side: 1, count: 1, pixels: bytes([102]), origin: view([1, 2]), reach: 3,
    moves: [view([1, 0]), view([0, 10]), view([0, 1]), null], last: "u", values: { ...AT, ...NAMES }, ...more };
}

function ready(more) {
  const mine = own(() => G);
  mine.take({ version: 0, bytes: bytes([]) });
  mine.follow(frame(more), true);
  return mine;
}

test("a move is drawn from the page's own z", () => {
  const mine = ready();
  assert.equal(mine.move("at", [0.5, 1]), true);
  assert.deepEqual([...mine.picture()], [162]); // z = (1.5, 12)
  assert.equal(mine.move("by_1", 3), true);
  assert.deepEqual([...mine.picture()], [165]);
  assert.equal(mine.along(), "principal 1");
  assert.equal(mine.row().length, 9);
});

test("what is no move, or along a direction that only the kernel knows, is the kernel's", () => {
  const mine = ready();
  assert.deepEqual(["across", "by_2"].map((key) => mine.move(key, 1)), [false, false]);
});

test("the kernel's values hold when nothing waits, the page's until then", () => {
  const mine = ready();
  mine.move("u", 2);
  mine.follow(frame({ values: { ...AT, u: 1 } }), false);
  assert.equal(mine.values().u, 2);
  mine.follow(frame({ values: { ...AT, u: 1 } }), true);
  assert.equal(mine.values().u, 1);
});

test("with other weights than the kernel's the page draws nothing and asks for them", () => {
  const mine = ready();
  assert.deepEqual([mine.ready(), mine.wants()], [true, false]);
  mine.follow(frame({ weights: 3 }), true);
  assert.deepEqual([mine.ready(), mine.wants(), mine.move("u", 1)], [false, true, false]);
  mine.take({ version: 3, bytes: bytes([]) });
  mine.follow(frame({ weights: 3 }), true);
  assert.equal(mine.ready(), true);
});

test("a net whose picture is not the kernel's is not used", () => {
  assert.equal(ready({ pixels: bytes([104]) }).ready(), true); // rounding
  assert.equal(ready({ pixels: bytes([105]) }).ready(), false);
});

test("a net that cannot be opened leaves the pictures to the kernel", (t) => {
  t.mock.method(console, "info", () => {});
  const mine = own(() => { throw new Error("unknown"); });
  mine.take({ version: 0, bytes: bytes([]) });
  mine.follow(frame(), true);
  assert.equal(mine.ready(), false);
});

test("moves, the last of them, and where z is in words", () => {
  assert.deepEqual([movesOf("at", [1, 2]), movesOf("by_2", 3), movesOf("seed", 1)], [{ u: 1, v: 2 }, { by_2: 3 }, null]);
  assert.deepEqual([lastMove(AT, { ...AT, u: 1, v: -2 }, "u"), lastMove(AT, AT, "by_1")], ["v", "by_1"]);
  assert.equal(placeSentence({ ...AT, u: 0.5, by_1: -1 }, Object.values(NAMES)),
    "+0.50 along random 1, +0.00 along random 2, -1.00 along principal 1.");
});

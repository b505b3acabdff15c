import assert from "node:assert/strict";
import { test } from "node:test";

import { film, placeText } from "../../gancourse/live/static/src/film.js";

// Node 20's own mock of setInterval goes on after a clearInterval in its callback.
function clock(t) {
  const running = new Map();
  t.mock.method(globalThis, "setInterval", (call, ms) => running.set(running.size + 1, { call, ms }) && running.size);
  t.mock.method(globalThis, "clearInterval", (id) => running.get(id) && (running.get(id).call = () => {}));
  return (ms) => running.forEach((one) => { for (let i = 0; i < Math.floor(ms / one.ms); i++) one.call(); });
}

function reel(t) {
  const tick = clock(t);
  const [canvas, seen] = [{ dataset: {} }, []];
  const made = film(canvas, (view, side, index) => seen.push(`${view}${index}`), () => seen.push("done"));
  return { canvas, seen, made, tick };
}

test("a film shows each picture once, fifty milliseconds apart, then ends", (t) => {
  const { canvas, seen, made, tick } = reel(t);
  made.play("a", 3, 28);
  assert.deepEqual([seen, canvas.dataset.film, made.plays()], [["a0"], 0, true]);
  tick(120);
  assert.deepEqual(seen, ["a0", "a1", "a2"]);
  tick(1000);
  assert.deepEqual([seen.at(-1), seen.length, made.plays(), "film" in canvas.dataset], ["done", 4, false, false]);
});

test("a second film ends the first", (t) => {
  const { seen, made, tick } = reel(t);
  made.play("a", 9, 28);
  made.play("b", 2, 28);
  tick(1000);
  assert.deepEqual(seen, ["a0", "b0", "b1", "done"]);
});

test("stopped, it does not say that it is done", (t) => {
  const { seen, made, tick } = reel(t);
  made.play("a", 9, 28);
  made.stop();
  tick(1000);
  assert.deepEqual(seen, ["a0"]);
});

test("a film says where it is, and that it has ended", (t) => {
  const tick = clock(t);
  const told = [];
  film({ dataset: {} }, () => {}, () => {}, (...at) => told.push(at)).play("a", 2, 28);
  tick(200);
  assert.deepEqual(told, [[], [0, 2], [1, 2], []]);
  assert.equal(placeText(0, 2), "Film: picture 1 of 2");
});

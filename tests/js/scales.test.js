import assert from "node:assert/strict";
import { test } from "node:test";

import { barbs, BOX, path, placeIn, scales, ticks } from "../../gancourse/live/static/src/scales.js";

const labels = (limits, about) => ticks(limits, about).map(([, label]) => label);
const near = (a, b) => a.forEach((v, i) => assert.ok(Math.abs(v - b[i]) < 1e-9, `${a} is not ${b}`));
const same = { x: (v) => v, y: (v) => v };

test("ticks stand at round numbers, with as many digits as the step has", () => {
  assert.deepEqual(labels([0, 1]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
  assert.deepEqual(labels([0, 3000]), ["0", "500", "1000", "1500", "2000", "2500", "3000"]);
  assert.deepEqual(labels([0.01, 0.03], 2), ["0.01", "0.02", "0.03"]);
});

test("ticks lie inside the limits, the ends included", () => {
  near(ticks([-0.35, 0.41]).map(([v]) => v), [-0.2, 0, 0.2, 0.4]);
});

test("zero is never written as minus zero", () => {
  assert.deepEqual(labels([-1, 1], 4), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
  assert.ok(!labels([-0.3, 0.3]).includes("-0.0"));
});

test("the corners of the data are the corners of the frame, y upwards", () => {
  const s = scales({ xlim: [-2, 6], ylim: [1, 3] });
  near([s.x(-2), s.y(3)], [BOX.left, BOX.top]);
  near([s.x(6), s.y(1)], [BOX.width - BOX.right, BOX.height - BOX.bottom]);
});

for (const equal of [false, true])
  test(`pixels lead back to data, equal units: ${equal}`, () => {
    const s = scales({ xlim: [-2, 6], ylim: [1, 3], equal });
    near(s.back(s.x(0.7), s.y(2.2)), [0.7, 2.2]);
  });

test("equal units are as long across as up, and the frame stays in the middle", () => {
  const s = scales({ xlim: [-1, 1], ylim: [-1, 1], equal: true });
  near([s.x(1) - s.x(0)], [s.y(0) - s.y(1)]);
  assert.ok(s.wide <= BOX.width && s.high <= BOX.height);
  near([s.left - BOX.left], [BOX.width - BOX.right - (s.left + s.wide)]);
});

test("a path breaks where a number is missing", () => {
  assert.equal(path([0, 1, 2, 3, 4], [0, 1, NaN, 3, 4], same), "M0.0,0.0L1.0,1.0M3.0,3.0L4.0,4.0");
});

test("far-away points are held, so that no path explodes", () => {
  assert.equal(path([0, 1e9], [0, -1e9], same), "M0.0,0.0L2000.0,-2000.0");
});

test("an arrow's head lies behind its tip, on both sides", () => {
  const [left, right] = barbs([0, 0], [100, 0], Math.PI / 4, Math.SQRT2);
  near([...left, ...right], [99, -1, 99, 1]);
});

test("a short arrow's head is half as long", () => {
  const [[x, y]] = barbs([0, 0], [0, 4], 0, 7);
  near([x, y], [0, 2]);
});

test("the middle of a square is zero, its upper right corner [half, half]", () => {
  const box = { left: 10, top: 20, width: 200, height: 100 };
  near(placeIn(box, { clientX: 110, clientY: 70 }, 3), [0, 0]);
  near(placeIn(box, { clientX: 210, clientY: 20 }, 3), [3, 3]);
  near(placeIn(box, { clientX: 10, clientY: 120 }, 3), [-3, -3]);
});

test("a number of five digits at the right end stays inside, in the large letters of a training", () => {
  const letters = 5 * 0.54 * 19; // digits are 0.54 em wide; `.gc-train` sets 19 px
  assert.ok(BOX.right >= letters / 2);
});

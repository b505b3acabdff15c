import assert from "node:assert/strict";
import { test } from "node:test";

import { around, gridOf, middles, normals, pointAt, randomPlane } from "../../gancourse/live/static/src/latent.js";

const PLANE = { origin: Float32Array.of(1, 2, 3), right: Float32Array.of(1, 0, 0), up: Float32Array.of(0, 1, 0) };
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

test("a point of the plane", () => assert.deepEqual([...pointAt(PLANE, 0.5, -1)], [1.5, 1, 3]));

test("a map's tiles lie at their middles, from the top left by rows", () => {
  assert.deepEqual(middles(3, 3), [-2, 0, 2]);
  const grid = gridOf(PLANE, 3, 3);
  assert.deepEqual([...grid.slice(0, 6)], [-1, 4, 3, 1, 4, 3]);
  assert.deepEqual([...grid.slice(-3)], [3, 0, 3]);
});

test("z is the middle one of its nine neighbours", () => {
  const points = around(PLANE.origin, PLANE.right);
  assert.equal(points.length, 27);
  assert.deepEqual([points[0], points[12], points[24]], [-1, 1, 3]);
});

test("normal numbers have the mean, the spread and the tails of N(0, 1)", () => {
  const next = normals(3);
  const x = Array.from({ length: 20000 }, next);
  assert.ok(Math.abs(dot(x, x.map(() => 1)) / x.length) < 0.03);
  assert.ok(Math.abs(dot(x, x) / x.length - 1) < 0.05);
  assert.ok(Math.abs(x.filter((v) => Math.abs(v) > 2).length / x.length - 0.0455) < 0.006);
});

test("a random plane is the seed's own and has two unit directions at right angles", () => {
  const { origin, right, up } = randomPlane(16, 5);
  assert.ok(Math.abs(dot(right, right) - 1) < 1e-6 && Math.abs(dot(up, up) - 1) < 1e-6);
  assert.ok(Math.abs(dot(right, up)) < 1e-6);
  assert.deepEqual(randomPlane(16, 5).origin, origin);
  assert.notDeepEqual(randomPlane(16, 6).origin, origin);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrowsOf, cellsOf, newField, reached, sampled, shadesOf } from "../../gancourse/live/static/src/field.js";
import { normals, uniforms } from "../../gancourse/live/static/src/latent.js";

const floats = (view) => new Float32Array(view.buffer);
const spread = (points) => Math.hypot(...points) / Math.sqrt(points.length / 2); // root mean square distance from 0

test("the field's cells begin at the top left", () => {
  const near = (found, wanted) => found.forEach((v, i) => assert.ok(Math.abs(v - wanted[i]) < 1e-9));
  near(cellsOf(2), [-0.8, 0.8, 0.8, 0.8, -0.8, -0.8, 0.8, -0.8]);
});

test("an arrow is as long as the push, and never longer than what is drawn", () => {
  const [near, far] = [arrowsOf(new Float64Array(140), new Float64Array(140).fill(1)), arrowsOf(new Float64Array(140), new Float64Array(140).fill(90))];
  assert.ok(Math.abs(near[2] - 0.12) < 1e-6);
  assert.ok(Math.abs(Math.hypot(far[2], far[3]) - 0.35) < 1e-6);
});

test("real points lie around the centres", () => {
  const points = sampled([[1, -1]], 400, normals(0), uniforms(0));
  const mean = [0, 1].map((k) => points.filter((_, i) => i % 2 === k).reduce((a, b) => a + b) / 400);
  assert.ok(Math.abs(mean[0] - 1) < 0.02 && Math.abs(mean[1] + 1) < 0.02);
});

test("G's points come to the ring as it learns, and the same seed gives the same run", () => {
  const [one, other] = [newField(), newField()];
  const before = spread(floats(one.frame().fake));
  for (let i = 0; i < 150; i++) one.turn();
  for (let i = 0; i < 150; i++) other.turn();
  assert.ok(before < 0.5);
  assert.ok(Math.abs(spread(floats(one.frame().fake)) - 1) < 0.35);
  assert.deepEqual(floats(one.frame().fake), floats(other.frame().fake));
  one.reset();
  assert.equal(spread(floats(one.frame().fake)), before);
});

test("without real points nothing is learned, and a drawing is what is learned", () => {
  const field = newField({ points: "drawn by hand", loss: "relativistic" });
  assert.equal(field.turn(), false);
  assert.match(field.frame().text, /Draw real points/);
  field.set("points", [[0.5, 0.5]]);
  assert.equal(field.turn(), true);
  assert.equal(field.frame().drawing, true);
});

test("the curves end at D's opinion", () => {
  const field = newField();
  field.turn();
  const [{ marks }] = field.frame().panels;
  assert.deepEqual(marks.map((m) => m.label), ["D(x)", "D(G(z))"]);
  assert.equal(floats(marks[0].y)[0].toFixed(3), field.frame().numbers[1][1]);
});

test("a curve keeps to its room however long it learns", () => {
  const field = newField();
  for (let i = 0; i < 2100; i += 1) field.turn();
  const [{ marks }] = field.frame().panels;
  const x = floats(marks[0].x);
  assert.ok(x.length <= 401 && x.length > 150, `${x.length} points`);
  assert.equal(x[0], 0);
  assert.ok(x.at(-1) > 2080);
});

test("each player steps by itself, and a turn may have several steps of one", () => {
  const [field, other] = [newField(), newField()];
  const before = floats(field.frame().fake);
  field.step("D");
  assert.deepEqual(floats(field.frame().fake), before);
  field.step("G");
  assert.notDeepEqual(floats(field.frame().fake), before);
  other.set("steps_G", 4);
  const one = newField();
  one.turn();
  other.turn();
  const moved = (f) => Math.hypot(...floats(f.frame().fake).map((v, i) => v - before[i]));
  assert.ok(moved(other) > 1.5 * moved(one));
});

test("both learning rates may be set at once, and one alone", () => {
  const field = newField();
  field.set("lr", 3e-3);
  field.set("lr_G", 1e-4);
  assert.deepEqual([field.values.lr_D, field.values.lr_G], [3e-3, 1e-4]);
});

test("a mode is reached by a point within three standard deviations of it", () => {
  const centres = [[0, 0], [1, 0], [0, 1]];
  assert.equal(reached(centres, [0.14, 0, 1.16, 0, 5, 5]), 1);
  assert.equal(reached(centres, [0.14, 0, 0.9, 0], 0.05), 2);
  assert.equal(reached([[0, 0], [0.02, 0]], [0, 0, 0.005, 0]), 1); // both are nearest to the first
});

test("each remedy begins again, and what it does to D is seen in the slope", () => {
  const numbers = (field) => Object.fromEntries(field.frame().numbers);
  const slopes = {};
  for (const remedy of ["none", "clipping", "WGAN-GP", "spectral norm", "R1 + R2", "packing 2", "packing 4"]) {
    const field = newField({ points: "grid of 25" });
    field.turn();
    field.set("remedy", remedy);
    assert.equal(numbers(field).turns, "0");
    for (let i = 0; i < 60; i++) field.turn();
    assert.match(numbers(field)["modes reached"], /^\d+ of 25$/);
    slopes[remedy] = Number(numbers(field)["D's steepest slope"]);
    assert.ok(Number.isFinite(slopes[remedy]) && slopes[remedy] > 0, remedy);
  }
  assert.ok(slopes.clipping < 0.2 && slopes["spectral norm"] < 1.2, JSON.stringify(slopes));
  assert.equal(new Set(Object.values(slopes)).size, 7);
});

test("the map shows D's slope where it is asked to, on a scale that stays", () => {
  shadesOf(Float64Array.of(0, 0.01, 0.1, 1, 10, 99)).forEach((v, i) => assert.ok(Math.abs(v - [0, 0, 1 / 3, 2 / 3, 1, 1][i]) < 1e-9));
  const levels = (field) => new Uint8Array(field.frame().field.buffer);
  const field = newField({ points: "grid of 25", shows: "D's slope" });
  for (let i = 0; i < 30; i++) field.turn();
  const steep = levels(field);
  assert.match(field.frame().scale.says, /logits per unit of length/);
  field.set("shows", "D(x)");
  assert.deepEqual(field.frame().scale, {});
  assert.notDeepEqual(levels(field), steep);
  field.set("remedy", "WGAN-GP"); // begins again, with the map that was chosen
  field.set("shows", "D's slope");
  for (let i = 0; i < 30; i++) field.turn();
  const [, most] = field.frame().numbers.find(([name]) => name === "D's steepest slope");
  assert.ok(Math.abs((3 * Math.max(...levels(field))) / 255 - 2 - Math.log10(Number(most))) < 0.3, most);
});

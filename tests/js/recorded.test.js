import assert from "node:assert/strict";
import { test } from "node:test";

import { operate, rounded } from "../../gancourse/live/static/src/recorded/arrays.js";
import { formatted } from "../../gancourse/live/static/src/recorded/format.js";
import { openProgram } from "../../gancourse/live/static/src/recorded/program.js";

const array = (d, s = [d.length]) => ({ d: Float64Array.from(d), s });

test("numbers are written as Python writes them", () => {
  const said = [[0.125, ".2f", "0.12"], [0.375, ".2f", "0.38"], [0.385, ".2f", "0.39"], [0.025, ".2f", "0.03"], [1.385, ".2f", "1.39"], [-0.385, ".2f", "-0.39"], [1.5, ".0f", "2"], [-0.0001, ".3f", "-0.000"], [-0.0001, "z.3f", "0.000"], [1234567, "g", "1.23457e+06"],
    [0.00001234, ".2g", "1.2e-05"], [100, ".3g", "100"], [2.5, ".0f", "2"], [0.255, ".0%", "26%"], [Infinity, ".3f", "inf"]];
  for (const [x, spec, text] of said) assert.equal(formatted(x, spec), text);
  assert.equal(rounded(0.0005, 3), 0);
});

test("arrays are broadcast from the last axis", () => {
  const sum = operate("add", [array([1, 2, 3, 4, 5, 6], [2, 3]), array([10, 20, 30])]);
  assert.deepEqual([...sum.d], [11, 22, 33, 14, 25, 36]);
  assert.deepEqual(operate("mul", [array([1, 2], [2, 1]), array([3, 4], [1, 2])]).s, [2, 2]);
});

test("reductions, runs, masks and tables", () => {
  const square = array([1, 2, 3, 4], [2, 2]);
  assert.deepEqual([...operate("sum", [square], [0]).d], [4, 6]);
  assert.deepEqual([...operate("max", [square], [0, 1]).d], [4]);
  assert.deepEqual([...operate("take", [square, array([9])], [[3], [3, -1, 2, 4, 0, 1]]).d], [4, 3, 9]);
  assert.deepEqual([...operate("compress", [array([5, 6, 7]), array([1, 0, 1])]).d], [5, 7]);
  assert.deepEqual([...operate("table", [array([0.3], []), array([7, 8, 9])], [0.1, 0.1]).d], [9]);
  assert.throws(() => operate("eig", [square]), /does not have/);
});

test("a loop repeats its step, and is not mixed up with what stands outside of it", () => {
  // x doubles from the control a, three times: [a, 2a, 4a, 8a]
  const nodes = [["control", [], "a"], ["argument", [], 0], ["argument", [], 1], ["add", [1, 1]], ["repeat", [0], [1, 2, 3, 3]]];
  const pieces = [{ kind: "line", label: "", role: "", x: 4, y: 4 }, { title: "", xlabel: "", ylabel: "", xlim: [0, 0], ylim: [0, 0], marks: [0] },
    [], { panels: [1], text: ["a is ", [0, ".1f"]], numbers: 2, handles: 2 }];
  const sceneAt = openProgram({ nodes, constants: [], pieces, axes: {}, trees: [3], controls: [{ key: "a" }] });
  const line = (a) => [...new Float32Array(sceneAt({ a }).panels[0].marks[0].x.buffer)];
  assert.deepEqual(line(1), [1, 2, 4, 8]);
  assert.deepEqual(line(3), [3, 6, 12, 24]);
  assert.equal(sceneAt({ a: 3 }).text, "a is 3.0");
});

test("a control that is gone through is found on its step, in spite of rounding", () => {
  const pieces = [[], ...["one", "two", "three"].map((text) => ({ panels: [], text, numbers: 0, handles: 0 }))];
  const program = { nodes: [], constants: [], pieces, axes: { a: [0.1, 0.2, 0.3] }, trees: [1, 2, 3], controls: [{ key: "a" }] };
  assert.equal(openProgram(program)({ a: 0.1 + 0.2 }).text, "three");
});

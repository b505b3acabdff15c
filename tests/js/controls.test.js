import assert from "node:assert/strict";
import { test } from "node:test";

import { logText, logValue, onStep, valueText } from "../../gancourse/live/static/src/controls.js";

test("a number has its digits and its unit", () => {
  assert.equal(valueText({ kind: "slider", digits: 2, unit: "nats" }, 0.5), "0.50 nats");
  assert.equal(valueText({ kind: "slider", digits: 0, unit: "" }, 3), "3");
  assert.equal(valueText({ kind: "choice" }, "hinge"), "hinge");
});

test("a value goes to the nearest step, counted from the lowest", () => {
  const control = { low: 0.1, high: 2.1, step: 0.5 };
  assert.equal(onStep(control, 0.9), 1.1);
  assert.equal(onStep(control, 0.8), 0.6);
});

test("a value stays between the ends", () => {
  const control = { low: -1, high: 1, step: 0.1 };
  assert.equal(onStep(control, -7), -1);
  assert.equal(onStep(control, 7), 1);
});

test("a logarithmic slider means numbers of two digits", () => {
  assert.equal(logValue("-3"), 0.001);
  assert.equal(logValue("-3.7"), 0.0002);
  assert.equal(logValue("2.05"), 110);
});

test("a number between two steps is shown as it is, to three digits", () => {
  assert.equal(logText(0.00025), "0.00025");
  assert.equal(logText(1 / 3), "0.333");
});

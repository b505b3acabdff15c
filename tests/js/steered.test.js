import assert from "node:assert/strict";
import { test } from "node:test";

import { changedNames, isOff, runLabel, wanted } from "../../gancourse/live/static/src/steered.js";

test("the run button says what it will do", () => {
  assert.equal(runLabel("ready", "Train"), "Train");
  assert.equal(runLabel("running", "Train"), "Pause");
  assert.equal(runLabel("stopped", "Train"), "Resume");
});

test("the run button pauses a run, and no other button does", () => {
  assert.equal(wanted("run", "running"), "pause");
  assert.equal(wanted("run", "paused"), "run");
  assert.equal(wanted("step", "running"), "step");
});

test("there is something to stop only while a run goes on", () => {
  for (const status of ["ready", "finished", "failed", "stopped"]) assert.ok(isOff("stop", { status, waiting: false }));
  for (const status of ["running", "paused"]) assert.ok(!isOff("stop", { status, waiting: false }));
});

test("while the kernel is at work every button waits", () => {
  assert.ok(isOff("run", { status: "ready", waiting: true }));
  assert.ok(!isOff("run", { status: "ready", waiting: false }));
});

test("what a press changed is marked until something else changes, and nothing while a run goes on", () => {
  const before = [["turns", "1"], ["D(x)", "0.5"]];
  const after = [["turns", "1"], ["D(x)", "0.6"]];
  assert.deepEqual(changedNames(after, null, "ready"), []);
  assert.deepEqual(changedNames(after, before, "paused"), ["D(x)"]);
  assert.deepEqual(changedNames(after, after, "paused", ["D(x)"]), ["D(x)"]);
  assert.deepEqual(changedNames([["turns", "2"], after[1]], after, "paused", ["D(x)"]), ["turns"]);
  assert.deepEqual(changedNames(after, before, "running", ["D(x)"]), []);
});

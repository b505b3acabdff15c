import assert from "node:assert/strict";
import { test } from "node:test";

import { readState, recordedModel } from "../../gancourse/live/static/src/replay.js";

const DOUBLED = { nodes: [["control", [], "a"], ["add", [0, 0]]], constants: [], axes: {}, trees: [2], title: "twice", colours: {},
  pieces: [[], [], { panels: [], text: ["twice is ", [1, "g"]], numbers: 0, handles: 1 }], controls: [{ key: "a", value: 2 }] };
const frames = [];
globalThis.requestAnimationFrame = (draw) => frames.push(draw);

test("it begins with the program's values, or with those that are given", () => {
  assert.equal(recordedModel(DOUBLED).get("scene").text, "twice is 4");
  assert.equal(recordedModel(DOUBLED, { a: 5 }).get("scene").text, "twice is 10");
  assert.deepEqual(recordedModel(DOUBLED, { a: 5 }).get("values"), { a: 5 });
});

test("a message is acknowledged, and what it asks for is answered under its number", async () => {
  const model = recordedModel(DOUBLED);
  const heard = [];
  model.on("msg:custom", ({ pong }) => heard.push(pong));
  model.on("change:scene", () => heard.push(model.get("scene").text));
  model.send({ ping: 7, serial: 3, values: { a: 8 } });
  await null;
  assert.deepEqual(heard, [7]);
  frames.pop()();
  assert.deepEqual(heard, [7, "twice is 16"]);
  assert.equal(model.get("scene").serial, 3);
  assert.deepEqual(model.get("values"), { a: 8 });
});

test("who no longer listens hears nothing, and a mere sign of life asks for no picture", async () => {
  const model = recordedModel(DOUBLED);
  const listener = () => assert.fail("was called");
  model.on("msg:custom", listener);
  model.off("msg:custom", listener);
  model.send({ ping: 1 });
  await null;
  assert.equal(frames.length, 0);
});

test("a widget's state comes back with its bytes", () => {
  const state = readState('{"real": {"base64": "AQID"}, "films": [{"side": 2, "field": {"base64": "/w=="}}]}');
  assert.deepEqual([...new Uint8Array(state.real.buffer)], [1, 2, 3]);
  assert.equal(state.films[0].field.getUint8(0), 255);
  assert.equal(state.films[0].side, 2);
});

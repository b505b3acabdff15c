import assert from "node:assert/strict";
import { test } from "node:test";

import { chartModel, pageModel } from "../../gancourse/live/static/src/page.js";

const frames = [];
globalThis.requestAnimationFrame = (draw) => frames.push(draw);

test("moves that come before the browser draws are all taken", () => {
  const told = { controls: [{ key: "a", value: 1 }, { key: "b", value: 2 }] };
  const model = chartModel(told, ({ a, b }) => ({ text: `${a} and ${b}` }), { b: 5 });
  assert.equal(model.get("scene").text, "1 and 5");
  model.send({ ping: 1, serial: 1, values: { a: 3 } });
  model.send({ ping: 2, serial: 2, values: { b: 4 } });
  frames.splice(0).forEach((draw) => draw());
  assert.deepEqual([model.get("scene").text, model.get("scene").serial], ["3 and 4", 2]);
});

test("a state that nothing answers for stays as it is", async () => {
  const model = pageModel({ code: "x" });
  const heard = [];
  model.on("msg:custom", ({ pong }) => heard.push(pong));
  model.send({ ping: 4, do: "train" });
  await null;
  assert.deepEqual([heard, model.get("code"), frames.length], [[4], "x", 0]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { floats, greys, unpack } from "../../gancourse/live/static/src/bytes.js";

const view = (...numbers) => new DataView(Float32Array.from(numbers).buffer);

test("floats are read at a place where no float may begin", () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  assert.deepEqual([...floats(new DataView(bytes.buffer, 1, 8))], [1.5, -2]);
});

test("no bytes are no floats", () => assert.equal(floats(undefined), null));

test("greys are a part of the message, not a copy of all of it", () => {
  const bytes = Uint8Array.of(9, 1, 2, 9);
  assert.deepEqual([...greys(new DataView(bytes.buffer, 1, 2))], [1, 2]);
});

test("a scene's marks become floats, and its handles know their place", () => {
  const panel = { title: "t", marks: [{ kind: "line", x: view(1, 2), y: view(3, 4) }] };
  const scene = unpack({ panels: [panel], handles: [{ x: "a" }, { x: "b" }], text: "said" });
  assert.deepEqual([...scene.panels[0].marks[0].y], [3, 4]);
  assert.equal(scene.panels[0].marks[0].x2, null);
  assert.deepEqual(scene.handles.map((h) => h.index), [0, 1]);
  assert.equal(scene.text, "said");
});

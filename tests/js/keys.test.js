import assert from "node:assert/strict";
import { test } from "node:test";

import { ARROWS, keepKeys } from "../../gancourse/live/static/src/keys.js";

test("arrows go as data go: up is more", () => {
  assert.deepEqual([ARROWS.ArrowUp, ARROWS.ArrowDown], [[0, 1], [0, -1]]);
  assert.deepEqual([ARROWS.ArrowRight, ARROWS.ArrowLeft], [[1, 0], [-1, 0]]);
});

test("keys stay in the element: Notebook and Lab see none", () => {
  const node = Object.assign(new EventTarget(), { set: {}, setAttribute: (k, v) => (node.set[k] = v) });
  keepKeys(node);
  const event = new Event("keydown");
  event.stopPropagation = () => (event.kept = true);
  node.dispatchEvent(event);
  assert.equal(event.kept, true);
  assert.equal(node.set["data-lm-suppress-shortcuts"], "true");
});

test("what runs a cell is pressed once more, on the cell", () => {
  globalThis.KeyboardEvent ??= class extends Event {
    constructor(type, about) { super(type, about); Object.assign(this, { key: about.key, shiftKey: about.shiftKey }); }
  };
  const cell = Object.assign(new EventTarget(), { focus: () => (cell.focused = true) });
  const node = Object.assign(new EventTarget(), { setAttribute() {}, closest: () => cell });
  keepKeys(node);
  const pressed = [];
  cell.addEventListener("keydown", (event) => pressed.push([event.key, event.keyCode, event.shiftKey, cell.focused]));
  const press = (about) => node.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), about));
  press({ key: "Enter", shiftKey: false });
  press({ key: "ArrowUp", shiftKey: true });
  assert.deepEqual(pressed, []);
  press({ key: "Enter", shiftKey: true });
  assert.deepEqual(pressed, [["Enter", 13, true, true]]);
});

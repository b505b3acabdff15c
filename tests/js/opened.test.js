import assert from "node:assert/strict";
import { test } from "node:test";

import { opened } from "../../gancourse/live/static/src/opened.js";

function place() {
  const said = [];
  globalThis.document = { createElement: () => ({ setAttribute() {}, append: (text) => said.push(text) }) };
  return { append() {}, said };
}

test("a file that is no net, and one that cannot be fetched, are said in a sentence", async () => {
  const element = place();
  const show = () => assert.fail("nothing is shown");
  assert.equal(await opened(element, new Uint8Array(3), show), null);
  globalThis.fetch = async () => ({ ok: false, status: 404 });
  assert.equal(await opened(element, "G.safetensors", show), null);
  globalThis.fetch = async () => { throw new TypeError("failed to fetch"); };
  assert.equal(await opened(element, "G.safetensors", show), null);
  assert.match(element.said[1], /could not be fetched \(404\)/);
  assert.match(element.said[2], /is there a network/);
});

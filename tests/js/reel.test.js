import assert from "node:assert/strict";
import { test } from "node:test";

import { reel } from "../../gancourse/live/static/src/reel.js";

test("a film that plays is not read out moment by moment: its slider says where it stands", (t) => {
  const element = (tag) => ({ tag, said: {}, children: [], setAttribute(k, v) { this.said[k] = v; }, addEventListener() {}, append(...more) { this.children.push(...more); } });
  globalThis.document = { createElement: element };
  t.after(() => delete globalThis.document);
  const film = reel(3, "step", (index) => `step ${index}`);
  film.to(2);
  film.show();
  const [, place, shown] = film.root.children;
  assert.deepEqual([shown.tag, shown.said["aria-live"], shown.textContent], ["output", "off", "step 2"]);
  assert.equal(place.said["aria-valuetext"], "step 2");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { mapWait } from "../../gancourse/live/static/src/explorer.js";

test("a new map waits until no move follows", () => assert.equal(mapWait(5000, 0), 150));

test("two maps lie a second apart while G trains", () => assert.equal(mapWait(5000, 4800), 800));

// node replay.js FILE < JSON: what the recorded chart in FILE shows at each of a list of settings.
// Writes a list of scenes whose arrays are plain lists.

import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

import { openProgram, readProgram } from "../../gancourse/live/static/src/recorded/program.js";

const sceneAt = openProgram(readProgram(new Uint8Array(inflateSync(readFileSync(process.argv[2])))));
const list = (view) => [...new Float32Array(view.buffer)].map((v) => (Number.isFinite(v) ? v : String(v)));
const told = JSON.parse(readFileSync(0)).map((values) => JSON.stringify(sceneAt(values), (_, v) => (v instanceof DataView ? list(v) : v)));
process.stdout.write(`[${told.join(",\n")}]`);

// node generate.js FILE Z [plain]: writes G(z) as float32 and then as bytes to standard output. Z is
// a file of float32. An EngineError's sentence goes to standard error.

import { readFileSync, writeSync } from "node:fs";

import { openGenerator, toPixels } from "../../gancourse/live/static/src/engine/generator.js";

const [file, points, plain] = process.argv.slice(2);
try {
  const G = openGenerator(readFileSync(file), { plain: plain === "plain" });
  const x = G.images(new Float32Array(new Uint8Array(readFileSync(points)).buffer));
  for (const bytes of [new Uint8Array(x.buffer), toPixels(x)]) {
    for (let at = 0; at < bytes.length; at += 65536) writeSync(1, bytes.subarray(at, at + 65536));
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { openGenerator, toPixels } from "../../gancourse/live/static/src/engine/generator.js";
import { newMemory, plainProduct } from "../../gancourse/live/static/src/engine/memory.js";
import { fromHalf, readTensors } from "../../gancourse/live/static/src/engine/safetensors.js";

const SHIPPED = readFileSync(new URL("../../gancourse/nets/weights/mnist.safetensors", import.meta.url));
const numbers = (n, at = 1) => Float32Array.from({ length: n }, (_, i) => Math.sin(at + 3.7 * i));

// A safetensors file of these tensors {name: [shape, numbers]}.
function fileOf(tensors, metadata) {
  const [header, parts] = [{ __metadata__: metadata }, []];
  let at = 0;
  for (const [name, [shape, data]] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + 4 * data.length] };
    at += 4 * data.length;
    parts.push(Buffer.from(Float32Array.from(data).buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, ...parts]);
}
const recipe = (net, options = {}) => ({ recipe: JSON.stringify({ net, options }) });

for (const [m, k, n] of [[1, 1, 8], [4, 3, 8], [7, 5, 16], [50, 129, 24]]) {
  test(`WebAssembly and JavaScript give the product of ${m} x ${k} and ${k} x ${n}`, () => {
    const memory = newMemory();
    const [a, b, bias, c, plain] = [m * k, n * k, n, m * n, m * n].map(memory.want);
    const { product, kind } = memory.open();
    assert.equal(kind, "WebAssembly");
    [a, b, bias].forEach((slot, i) => slot.view.set(numbers(slot.n, i)));
    product(a, b, bias, c, m, k, n);
    plainProduct(a.view, b.view, bias.view, plain.view, m, k, n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = bias.view[j];
        for (let q = 0; q < k; q++) sum += a.view[i * k + q] * b.view[((j >> 3) * k + q) * 8 + (j & 7)];
        for (const found of [c, plain]) assert.ok(Math.abs(found.view[i * n + j] - sum) < 1e-5);
      }
    }
  });
}

test("a generator gives the same bytes without WebAssembly", () => {
  const z = numbers(32);
  const [fast, plain] = [openGenerator(SHIPPED), openGenerator(SHIPPED, { plain: true })];
  assert.deepEqual([fast.kind, plain.kind], ["WebAssembly", "JavaScript"]);
  assert.deepEqual(fast.pixels(z), plain.pixels(z));
  assert.equal(new Set(fast.pixels(z)).size > 100, true);
});

test("an image does not depend on the one before it", () => {
  const G = openGenerator(SHIPPED);
  const both = G.images(numbers(32));
  assert.deepEqual(G.images(numbers(32).slice(16)), both.slice(784));
});

test("a layer of points computes what is worked out by hand", () => {
  const file = fileOf({ "body.0.weight": [[2, 2], [1, 2, -3, -4]], "body.0.bias": [[2], [0.5, 0]],
    "body.2.weight": [[2, 2], [1, 0, 1, 10]], "body.2.bias": [[2], [0, 1]] }, recipe("mlp", { shape: [2], norm: false }));
  const x = openGenerator(file).images(Float32Array.of(1, 1)); // hidden: 3.5 and -7, which leaks to -1.4
  assert.deepEqual([...x].map((v) => v.toFixed(4)), ["3.5000", "-9.5000"]);
});

test("halves are rounded to the even number, as PyTorch rounds", () => {
  const x = Float32Array.of(-1, 1, 0, 64.5 / 127.5 - 1, 3, -3);
  assert.deepEqual([...toPixels(x)], [0, 255, 128, 64, 255, 0]);
});

test("numbers of 16 bits", () => {
  assert.deepEqual([0x3c00, 0xc000, 0x3555, 1, 0x7c00].map(fromHalf), [1, -2, 0.333251953125, 2 ** -24, Infinity]);
});

test("a file of many numbers of 16 bits, and of bytes with a scale for each row", () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 1, 0x8000, 0x7bff, 0x0400, 0xfc00);
  const file = (header, ...parts) => {
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([size, text, ...parts.map((part) => Buffer.from(part.buffer))]);
  };
  const { tensors } = readTensors(file({
    half: { dtype: "F16", shape: [8], data_offsets: [0, 16] },
    row: { dtype: "I8", shape: [2, 2], data_offsets: [16, 20] },
    "row.scale": { dtype: "F32", shape: [2], data_offsets: [20, 28] },
  }, halves, Int8Array.of(1, -127, 4, 0), Float32Array.of(0.5, 2)));
  assert.deepEqual([...tensors.half.data], [...halves].map(fromHalf));
  assert.deepEqual([...tensors.row.data], [0.5, -63.5, 8, 0]);
});

const REFUSED = {
  "a net of another name": [() => fileOf({}, recipe("stylegan")), /does not know the net "stylegan": it runs mlp, dcgan/],
  "a file without a recipe": [() => fileOf({}, {}), /does not say how its net is built/],
  "a file without its weights": [() => fileOf({}, recipe("mlp")), /holds no body\.0\.weight/],
  "half a file": [() => SHIPPED.subarray(0, 90000), /ends too early/],
  "a pickle": [() => Buffer.from("PK\x03\x04 and more than eight bytes"), /not a whole safetensors file/],
};
for (const [name, [file, sentence]] of Object.entries(REFUSED)) {
  test(`${name} is refused in a sentence`, () => assert.throws(() => openGenerator(file()), sentence));
}

test("a z of another length is refused", () => {
  assert.throws(() => openGenerator(SHIPPED).images(numbers(17)), /z holds 17 numbers, and this net takes 16/);
});

test("a file's metadata are read under gancourse's key too", () => {
  const { metadata } = readTensors(fileOf({}, { gancourse: '{"data": "mnist"}' }));
  assert.deepEqual(metadata, { data: "mnist" });
});

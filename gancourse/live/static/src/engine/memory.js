// One block of memory for a net's numbers, and the matrix product on it: WebAssembly, or JavaScript.

import { WASM } from "./product.js";

const PAGE = 65536; // bytes of a page of WebAssembly's memory
const ALIGN = 16; // bytes
const CHUNK = 256; // products that are summed before they are added to the rest: sums of sums err less

function compiled() {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0)));
  } catch {
    return null; // no WebAssembly here, none with SIMD, or the page forbids it
  }
}
let wasm; // undefined until it is asked for

// c[m, n] = bias[n] + a[m, k] b[k, n] on Float32Array. n is a multiple of 8, b lies in panels of 8
// columns: [n / 8, k, 8].
export function plainProduct(a, b, bias, c, m, k, n) {
  for (let column = 0, panel = 0; column < n; column += 8, panel += 8 * k) {
    for (let row = 0; row < m; row++) {
      let [s0, s1, s2, s3, s4, s5, s6, s7] = bias.subarray(column, column + 8);
      const start = row * k;
      for (let i = 0, at = panel; i < k; i++, at += 8) {
        const x = a[start + i];
        s0 += x * b[at]; s1 += x * b[at + 1]; s2 += x * b[at + 2]; s3 += x * b[at + 3];
        s4 += x * b[at + 4]; s5 += x * b[at + 5]; s6 += x * b[at + 6]; s7 += x * b[at + 7];
      }
      const to = row * n + column;
      c[to] = s0; c[to + 1] = s1; c[to + 2] = s2; c[to + 3] = s3;
      c[to + 4] = s4; c[to + 5] = s5; c[to + 6] = s6; c[to + 7] = s7;
    }
  }
}

// Collects what a net needs: want(n) gives a slot whose `view`, a Float32Array of n numbers, is there
// after open(). open(plain) returns {product, kind}; `plain` asks for JavaScript alone.
export function newMemory() {
  const slots = [];
  let bytes = 0;
  const want = (n) => {
    const slot = { at: bytes, n, view: null };
    bytes += Math.ceil((4 * n) / ALIGN) * ALIGN;
    slots.push(slot);
    return slot;
  };
  const spread = (buffer) => slots.forEach((s) => (s.view = new Float32Array(buffer, s.at, s.n)));
  const open = (plain = false) => {
    wasm = wasm === undefined && !plain ? compiled() : wasm;
    if (plain || !wasm) {
      spread(new ArrayBuffer(bytes));
      const product = (a, b, bias, c, m, k, n) => plainProduct(a.view, b.view, bias.view, c.view, m, k, n);
      return { product, kind: "JavaScript" };
    }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    const { exports } = new WebAssembly.Instance(wasm, { page: { memory } });
    spread(memory.buffer);
    const product = (a, b, bias, c, m, k, n) => {
      for (let i = 0; i < k; i += CHUNK) {
        const [from, down] = i ? [c.at, 4 * n] : [bias.at, 0];
        exports.product(a.at + 4 * i, b.at + 32 * i, from, c.at, m, Math.min(CHUNK, k - i), n, 4 * k, down);
      }
    };
    return { product, kind: "WebAssembly" };
  };
  return { want, open };
}

// Built by `make build` from src/widgets/engine.js: edit there. cd4623ae54d8a7c9 bdb49a7d7c4a2153
// engine/safetensors.js
var EngineError = class extends Error {
};
var NAME = "gancourse";
var SCALE = ".scale";
function numbers(bytes, dtype, at, end) {
  if (dtype === "F32") return new Float32Array(bytes.buffer.slice(at, end));
  if (dtype === "F16") return fromHalves(new Uint16Array(bytes.buffer.slice(at, end)));
  if (dtype === "I8") return Float32Array.from(new Int8Array(bytes.buffer.slice(at, end)));
  return null;
}
function fromHalves(halves) {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = half & 31744;
    if (exponent === 0 || exponent === 31744) out[i] = fromHalf(half);
    else bits[i] = (half & 32768) << 16 | (half & 32767) + 114688 << 13;
  }
  return out;
}
function scaled({ shape: [rows], data }, { data: scale }) {
  const length = data.length / rows;
  for (let row2 = 0, i = 0; row2 < rows; row2++) {
    for (const end = i + length; i < end; i++) data[i] *= scale[row2];
  }
}
function fromHalf(bits) {
  const [sign, exponent, fraction] = [bits & 32768 ? -1 : 1, bits >> 10 & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}
function headerOf(bytes) {
  const view2 = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view2.getBigUint64(0, true));
  if (size > bytes.length - 8) throw new EngineError("This is not a whole safetensors file: give one that gancourse wrote.");
  try {
    return [JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))), 8 + size];
  } catch {
    throw new EngineError("This is not a safetensors file: give one that gancourse wrote.");
  }
}
function readTensors(given) {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array(given.buffer ?? given, given.byteOffset, given.byteLength);
  const [{ __metadata__: metadata = {}, ...entries }, start] = headerOf(bytes);
  const base = bytes.byteOffset + start;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [at, end] }] of Object.entries(entries)) {
    if (start + end > bytes.length) throw new EngineError("This safetensors file ends too early: fetch it again.");
    const data = numbers(bytes, dtype, base + at, base + end);
    if (data) tensors[name] = { shape, data };
  }
  for (const name of Object.keys(tensors)) {
    if (tensors[name + SCALE]) scaled(tensors[name], tensors[name + SCALE]);
  }
  return { tensors, metadata: metadata[NAME] ? JSON.parse(metadata[NAME]) : metadata };
}

// engine/layers.js
var EPS = 1e-5;
var eight = (n) => 8 * Math.ceil(n / 8);
var ACTS = {
  leaky: (view2, n, slope) => {
    const by = Math.fround(slope);
    for (let i = 0; i < n; i++) if (view2[i] < 0) view2[i] *= by;
  },
  tanh: (view2, n) => {
    for (let i = 0; i < n; i++) view2[i] = Math.tanh(view2[i]);
  },
  sigmoid: (view2, n) => {
    for (let i = 0; i < n; i++) view2[i] = Math.tanh(view2[i] / 2);
  }
};
function affine(tensor, prefix) {
  const [gain, bias, mean2, variance] = ["weight", "bias", "running_mean", "running_var"].map((n) => tensor(`${prefix}.${n}`).data);
  const factor = Float64Array.from(gain, (g, i) => g / Math.sqrt(variance[i] + EPS));
  return { factor, summand: Float64Array.from(bias, (b, i) => b - mean2[i] * factor[i]) };
}
function packed({ k, n, at, channelOf, biasOf = channelOf, bias, norm: norm2 }) {
  const [panels, sums] = [new Float32Array(eight(n) * k), new Float32Array(eight(n))];
  for (let j = 0; j < n; j++) {
    const channel = channelOf(j);
    const factor = norm2?.factor[channel] ?? 1;
    const start = (j >> 3) * k * 8 + (j & 7);
    for (let i = 0; i < k; i++) panels[start + 8 * i] = at(i, j) * factor;
    sums[j] = (bias?.[biasOf(j)] ?? 0) * factor + (norm2?.summand[channel] ?? 0);
  }
  return { panels, sums };
}
var MATRICES = {
  // [out, in]; columns are reordered so that channels come last
  dense: ({ shape: [n, k], data }, { to }, { channels: inside2, side }) => {
    if (k !== inside2 * side * side) throw new EngineError(`A dense layer wants ${k} numbers and gets ${inside2 * side * side}.`);
    const [channels, area2] = to ? [to.channels, n / to.channels] : [n, 1];
    const from = (j) => to?.first ? j % channels * area2 + Math.floor(j / channels) : j;
    return {
      k,
      n,
      at: (i, j) => data[from(j) * k + i],
      channelOf: (j) => j % channels,
      biasOf: from,
      out: { channels, side: Math.sqrt(area2) }
    };
  },
  // [out, in, kernel, kernel]; rows are (y, x, in)
  conv: ({ shape: [n, inside2, kernel], data }, { pad: pad2 }, { side }) => {
    const at = (i, j) => data[(j * inside2 + i % inside2) * kernel * kernel + Math.floor(i / inside2)];
    return { k: kernel * kernel * inside2, n, at, channelOf: (j) => j, kernel, out: { channels: n, side: side + 2 * pad2 - kernel + 1 } };
  },
  // [in, out, kernel, kernel]; columns are (y, x, out)
  up: ({ shape: [k, outside, kernel], data }, { stride, pad: pad2, more }, { side }) => {
    const at = (i, j) => data[(i * outside + j % outside) * kernel * kernel + Math.floor(j / outside)];
    return {
      k,
      n: outside * kernel * kernel,
      at,
      channelOf: (j) => j % outside,
      kernel,
      out: { channels: outside, side: (side - 1) * stride - 2 * pad2 + kernel + more }
    };
  }
};
var RUNS = {
  dense: (matrix, layer, before, { want }) => {
    const c = want(eight(matrix.n));
    return { slot: c, run: ({ product }, m) => product(before.slot, m.panels, m.sums, c, 1, matrix.k, eight(matrix.n)) };
  },
  // Rows of the product are patches of the image, copied out of one with zeros around it.
  conv: (matrix, { pad: pad2 }, { slot: a, channels, side }, { want }) => {
    const [{ kernel, k, n, out }, wide] = [matrix, side + 2 * pad2];
    const [framed, patches] = [want(wide * wide * channels), want(out.side ** 2 * k)];
    const [c, line2] = [want(out.side ** 2 * eight(n)), kernel * channels];
    const run = ({ product }, m) => {
      for (let y = 0; y < side; y++) {
        framed.view.set(a.view.subarray(y * side * channels, (y + 1) * side * channels), ((y + pad2) * wide + pad2) * channels);
      }
      for (let y = 0, to = 0; y < out.side; y++) {
        for (let x = 0; x < out.side; x++) {
          for (let row2 = 0, from = (y * wide + x) * channels; row2 < kernel; row2++, to += line2, from += wide * channels) {
            patches.view.set(framed.view.subarray(from, from + line2), to);
          }
        }
      }
      product(patches, m.panels, m.sums, c, out.side ** 2, k, eight(n));
      squeeze(c.view, out.side ** 2, n);
    };
    return { slot: c, run };
  },
  // The product gives each pixel's patch; patches are added where they overlap.
  up: ({ kernel, k, n, out }, { stride, pad: pad2 }, { slot: a, side }, { want }) => {
    const [patches, c, zeros] = [want(side * side * eight(n)), want(out.side ** 2 * out.channels), want(eight(n))];
    const run = ({ product }, m) => {
      product(a, m.panels, zeros, patches, side * side, k, eight(n));
      for (let i = 0; i < c.n; i += out.channels) c.view.set(m.sums.view.subarray(0, out.channels), i);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) addPatch(patches.view, (y * side + x) * eight(n), c.view, out, kernel, y * stride - pad2, x * stride - pad2);
      }
    };
    return { slot: c, run };
  }
};
function addPatch(patches, from, c, { side, channels }, kernel, top, left) {
  const [first, last] = [Math.max(0, -left), Math.min(kernel, side - left)];
  for (let row2 = 0; row2 < kernel; row2++) {
    const y = top + row2;
    if (y < 0 || y >= side) continue;
    const [at, to] = [from + (row2 * kernel + first) * channels, (y * side + left + first) * channels];
    const n = (last - first) * channels;
    for (let i = 0; i < n; i++) c[to + i] += patches[at + i];
  }
}
function squeeze(view2, rows, n) {
  if (n !== eight(n)) for (let row2 = 1; row2 < rows; row2++) view2.copyWithin(row2 * n, row2 * eight(n), row2 * eight(n) + n);
}
function productStep(layer, norm2, before, memory, tensor) {
  const matrix = MATRICES[layer.kind](tensor(`${layer.prefix}.weight`), layer, before);
  const { panels, sums } = packed({ ...matrix, bias: tensor(`${layer.prefix}.bias`, true)?.data, norm: norm2 });
  const held = { panels: memory.want(panels.length), sums: memory.want(sums.length) };
  const { slot, run } = RUNS[layer.kind](matrix, layer, before, memory);
  const fill = () => {
    held.panels.view.set(panels);
    held.sums.view.set(sums);
  };
  return { after: { slot, ...matrix.out }, fill, run: (block) => run(block, held) };
}

// engine/product.js
var WASM = "AGFzbQEAAAABDQFgCX9/f39/f39/fwACEAEEcGFnZQZtZW1vcnkCAAEDAgEABwsBB3Byb2R1Y3QAAAr/BgH8BgIMfwt7IAVBAnQhDCAGQQJ0IQsDQEEAIQogACEOIAMgCWohFCACIAlqIQ0CQANAIApBBGogBEoNASAOIAdqIQ8gDyAHaiEQIBAgB2ohESAOIAxqIRMgASES/QwAAAAAAAAAAAAAAAAAAAAAIRj9DAAAAAAAAAAAAAAAAAAAAAAhHP0MAAAAAAAAAAAAAAAAAAAAACEZ/QwAAAAAAAAAAAAAAAAAAAAAIR39DAAAAAAAAAAAAAAAAAAAAAAhGv0MAAAAAAAAAAAAAAAAAAAAACEe/QwAAAAAAAAAAAAAAAAAAAAAIRv9DAAAAAAAAAAAAAAAAAAAAAAhHwNAIBL9AAQAIRUgEv0ABBAhFiAO/QkCACEXIBggFyAV/eYB/eQBIRggHCAXIBb95gH95AEhHCAP/QkCACEXIBkgFyAV/eYB/eQBIRkgHSAXIBb95gH95AEhHSAQ/QkCACEXIBogFyAV/eYB/eQBIRogHiAXIBb95gH95AEhHiAR/QkCACEXIBsgFyAV/eYB/eQBIRsgHyAXIBb95gH95AEhHyASQSBqIRIgD0EEaiEPIBBBBGohECARQQRqIREgDkEEaiEOIA4gE0kNAAsgFCAN/QAEACAY/eQB/QsEACAUIA39AAQQIBz95AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAZ/eQB/QsEACAUIA39AAQQIB395AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAa/eQB/QsEACAUIA39AAQQIB795AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAb/eQB/QsEACAUIA39AAQQIB/95AH9CwQQIBQgC2ohFCANIAhqIQ0gESAMayAHaiEOIApBBGohCgwACwsCQANAIAogBE4NASAOIAxqIRMgASES/QwAAAAAAAAAAAAAAAAAAAAAIRj9DAAAAAAAAAAAAAAAAAAAAAAhHANAIA79CQIAIRcgGCAXIBL9AAQA/eYB/eQBIRggHCAXIBL9AAQQ/eYB/eQBIRwgEkEgaiESIA5BBGohDiAOIBNJDQALIBQgDf0ABAAgGP3kAf0LBAAgFCAN/QAEECAc/eQB/QsEECAUIAtqIRQgDSAIaiENIA4gDGsgB2ohDiAKQQFqIQoMAAsLIAEgB0EDdGohASAJQSBqIQkgCSALSQ0ACws=";

// engine/memory.js
var PAGE = 65536;
var ALIGN = 16;
var CHUNK = 256;
function compiled() {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}
var wasm;
function plainProduct(a, b, bias, c, m, k, n) {
  for (let column = 0, panel = 0; column < n; column += 8, panel += 8 * k) {
    for (let row2 = 0; row2 < m; row2++) {
      let [s0, s1, s2, s3, s4, s5, s6, s7] = bias.subarray(column, column + 8);
      const start = row2 * k;
      for (let i = 0, at = panel; i < k; i++, at += 8) {
        const x = a[start + i];
        s0 += x * b[at];
        s1 += x * b[at + 1];
        s2 += x * b[at + 2];
        s3 += x * b[at + 3];
        s4 += x * b[at + 4];
        s5 += x * b[at + 5];
        s6 += x * b[at + 6];
        s7 += x * b[at + 7];
      }
      const to = row2 * n + column;
      c[to] = s0;
      c[to + 1] = s1;
      c[to + 2] = s2;
      c[to + 3] = s3;
      c[to + 4] = s4;
      c[to + 5] = s5;
      c[to + 6] = s6;
      c[to + 7] = s7;
    }
  }
}
function newMemory() {
  const slots = [];
  let bytes = 0;
  const want = (n) => {
    const slot = { at: bytes, n, view: null };
    bytes += Math.ceil(4 * n / ALIGN) * ALIGN;
    slots.push(slot);
    return slot;
  };
  const spread = (buffer) => slots.forEach((s2) => s2.view = new Float32Array(buffer, s2.at, s2.n));
  const open = (plain = false) => {
    wasm = wasm === void 0 && !plain ? compiled() : wasm;
    if (plain || !wasm) {
      spread(new ArrayBuffer(bytes));
      const product2 = (a, b, bias, c, m, k, n) => plainProduct(a.view, b.view, bias.view, c.view, m, k, n);
      return { product: product2, kind: "JavaScript" };
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

// engine/nets.js
var GREY = [1, 28, 28];
var dense = (to) => ({ kind: "dense", to });
var conv = (pad2) => ({ kind: "conv", pad: pad2 });
var up = (stride, pad2, more = 0) => ({ kind: "up", stride, pad: pad2, more });
var norm = () => ({ kind: "norm" });
var act = (name, slope = 0) => ({ kind: "act", name, slope });
var [relu, tanh, leaky] = [() => act("leaky", 0), () => act("tanh"), (slope) => act("leaky", slope)];
var nothing = () => ({ kind: "nothing" });
var row = (prefix, ...layers) => layers.flat().map((layer, i) => ({ ...layer, prefix: `${prefix}.${i}` }));
var named = (prefix, layer) => ({ ...layer, prefix });
var again = (n, layers) => Array.from({ length: n }, layers).flat();
var refined = (depth) => again(depth, () => [conv(1), norm(), relu()]);
var SQUASHES = { tanh, sigmoid: () => act("sigmoid") };
var up5 = (stride) => up(stride, 2, stride - 1);
var normed = (slope = 0.3) => [norm(), leaky(slope)];
function mlp({ shape = GREY, norm: normal = true }, { tensors }) {
  const hidden = normal ? [dense(), norm(), leaky(0.2)] : [dense(), leaky(0.2)];
  let n = 0;
  while (tensors[`body.${n * hidden.length + (normal ? 1 : 2)}.weight`]) n++;
  const end = shape.length === 3 ? [tanh()] : [];
  return [...row("body", again(n, () => hidden), dense()), ...end];
}
function dcgan({ depth = 0 }, { channels }) {
  const to = { channels: channels("body.0"), first: false };
  const body = [norm(), relu(), refined(depth), up(2, 1), norm(), relu(), refined(depth), up(2, 1), tanh()];
  return [named("dense", dense(to)), ...row("body", ...body)];
}
var stacked = {
  none: [named("dense", dense()), relu()],
  he: [named("dense", dense()), relu()],
  norm: [named("dense", dense()), named("norm", norm()), relu()],
  skips: [{ kind: "keep" }, named("norm", norm()), relu(), named("dense", dense()), { kind: "add" }]
};
function stack({ depth = 4, remedy = "norm" }) {
  const layer = (i) => stacked[i === 0 && remedy === "skips" ? "norm" : remedy].map((one) => one.prefix ? { ...one, prefix: `stack.${i}.${one.prefix}` } : one);
  const rest = Array.from({ length: depth }, (_, i) => layer(i)).flat();
  const last = remedy === "skips" ? [norm(), dense(), tanh()] : [dense(), tanh()];
  return [{ kind: "keep" }, named("wide", dense()), relu(), { kind: "join" }, ...rest, ...row("last", ...last)];
}
var imageNet = (...layers) => (options, file) => row("body", ...layers.map((l) => typeof l === "function" ? l(options, file) : l));
var from7 = (at) => [(_, { channels }) => dense({ channels: channels(at), first: true }), nothing()];
var NETS = {
  mlp,
  dcgan,
  "writeup-000": imageNet(dense(), leaky(0.2), norm(), dense(), ({ squash = "sigmoid" }) => SQUASHES[squash]()),
  "writeup-001": imageNet(...from7("body.2"), normed(), up5(1), normed(), up5(2), normed(), up5(2), tanh()),
  "writeup-002": stack,
  "writeup-003": imageNet(
    (_, { channels }) => dense({ channels: channels("body.3"), first: true }),
    leaky(0.2),
    nothing(),
    norm(),
    up5(1),
    leaky(0.2),
    norm(),
    up5(2),
    leaky(0.2),
    norm(),
    up5(2),
    tanh()
  ),
  "writeup-004": imageNet(...from7("body.2"), normed(), up5(2), normed(), up5(2), tanh())
};
function layersOf({ tensors, metadata }) {
  if (!metadata.recipe) throw new EngineError("This file does not say how its net is built: give a generator that gancourse saved.");
  const { net, options } = JSON.parse(metadata.recipe);
  if (!Object.hasOwn(NETS, net)) {
    throw new EngineError(`The page does not know the net "${net}": it runs ${Object.keys(NETS).join(", ")}.`);
  }
  const channels = (prefix) => tensors[`${prefix}.weight`]?.shape[0];
  return { layers: NETS[net](options, { tensors, channels }), shape: options.shape ?? GREY };
}

// engine/generator.js
var FOLDS = ["dense", "conv", "up"];
var PLAIN = {
  nothing: (layer, before) => ({ after: before, run() {
  } }),
  act: ({ name, slope }, before) => ({ after: before, run: () => ACTS[name](before.slot.view, sizeOf(before), slope) }),
  norm: (layer, before, { memory, tensor }) => {
    const [{ factor, summand }, slot, n] = [affine(tensor, layer.prefix), memory.want(sizeOf(before)), before.channels];
    const run = () => {
      for (let i = 0; i < slot.n; i++) slot.view[i] = before.slot.view[i] * factor[i % n] + summand[i % n];
    };
    return { after: { ...before, slot }, run };
  },
  keep: (layer, before, { kept }) => {
    kept.last = before;
    return { after: before, run() {
    } };
  },
  // The vector that was kept comes first.
  join: (layer, before, { memory, kept: { last } }) => {
    const slot = memory.want(last.channels + before.channels);
    const run = () => {
      slot.view.set(last.slot.view.subarray(0, last.channels));
      slot.view.set(before.slot.view.subarray(0, before.channels), last.channels);
    };
    return { after: { slot, channels: slot.n, side: 1 }, run };
  },
  add: (layer, before, { kept: { last } }) => {
    const run = () => {
      for (let i = 0; i < sizeOf(before); i++) before.slot.view[i] += last.slot.view[i];
    };
    return { after: before, run };
  }
};
var sizeOf = ({ channels, side }) => channels * side * side;
function planned(layers, zDim, memory, tensor) {
  const z = { slot: memory.want(zDim), channels: zDim, side: 1 };
  const [steps, kept] = [[], { last: null }];
  let before = z;
  for (let i = 0; i < layers.length; i++) {
    const [layer, next] = [layers[i], layers[i + 1]];
    const folds = FOLDS.includes(layer.kind);
    const skips = folds && next?.kind === "nothing";
    const norm2 = folds ? layers[i + (skips ? 2 : 1)] : null;
    const folded = norm2?.kind === "norm" ? norm2 : null;
    const step = folds ? productStep(layer, folded && affine(tensor, folded.prefix), before, memory, tensor) : PLAIN[layer.kind](layer, before, { memory, tensor, kept });
    if (folded) i += skips ? 2 : 1;
    steps.push(step);
    before = step.after;
  }
  return { z: z.slot, steps, end: before };
}
function channelsFirst({ slot, channels, side }, out) {
  const area2 = side * side;
  for (let i = 0; i < area2 * channels; i++) out[i % channels * area2 + Math.floor(i / channels)] = slot.view[i];
}
function toPixels(x, out = new Uint8Array(x.length)) {
  for (let i = 0; i < x.length; i++) {
    const level = Math.fround(Math.fround(Math.min(1, Math.max(-1, x[i])) + 1) * 127.5);
    const low = Math.floor(level);
    const rest = level - low;
    out[i] = rest > 0.5 || rest === 0.5 && low % 2 ? low + 1 : low;
  }
  return out;
}
function openGenerator(bytes, { plain = false } = {}) {
  const file = readTensors(bytes);
  const { layers, shape } = layersOf(file);
  const tensor = (name, optional = false) => {
    if (!file.tensors[name] && !optional) throw new EngineError(`This file holds no ${name}: its weights do not fit its recipe.`);
    return file.tensors[name];
  };
  const zDim = tensor(`${layers.find((layer) => layer.kind === "dense").prefix}.weight`).shape[1];
  const memory = newMemory();
  const { z: first, steps, end } = planned(layers, zDim, memory, tensor);
  const size = shape.reduce((a, b) => a * b, 1);
  if (sizeOf(end) !== size) throw new EngineError(`This net makes ${sizeOf(end)} numbers, and its recipe wants ${size}.`);
  const block = memory.open(plain);
  steps.forEach((step) => step.fill?.());
  const images = (z) => {
    if (z.length % zDim) throw new EngineError(`z holds ${z.length} numbers, and this net takes ${zDim} for each image.`);
    const out = new Float32Array(z.length / zDim * size);
    for (let i = 0; i * zDim < z.length; i++) {
      first.view.set(z.subarray(i * zDim, (i + 1) * zDim));
      steps.forEach((step) => step.run(block));
      channelsFirst(end, out.subarray(i * size, (i + 1) * size));
    }
    return out;
  };
  const pixels = (z) => toPixels(images(z));
  return { zDim, shape, side: shape[shape.length - 1], kind: block.kind, metadata: file.metadata, images, pixels };
}

// bytes.js
function greys(view2) {
  return new Uint8Array(view2.buffer, view2.byteOffset, view2.byteLength);
}
function floats(view2) {
  if (!view2) return null;
  const buffer = view2.buffer.slice(view2.byteOffset, view2.byteOffset + view2.byteLength);
  return new Float32Array(buffer);
}
function unpack(scene) {
  const panels = scene.panels.map((panel) => ({
    ...panel,
    marks: panel.marks.map((m) => ({ ...m, x: floats(m.x), y: floats(m.y), x2: floats(m.x2), y2: floats(m.y2) }))
  }));
  return { ...scene, panels, handles: scene.handles.map((h, index) => ({ ...h, index })) };
}

// dom.js
var SVG = "http://www.w3.org/2000/svg";
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}
function newSvg(attributes = {}) {
  return dressed(document.createElementNS(SVG, "svg"), attributes);
}
function draw(parent, tag, attributes = {}, text = "") {
  const node = dressed(document.createElementNS(SVG, tag), attributes);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

// keys.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.altKey)) runCell(node, event);
    event.stopPropagation();
  });
}
function runCell(node, event) {
  const cell = node.closest(".jp-Cell");
  if (!cell) return;
  event.preventDefault();
  cell.focus();
  const { shiftKey, ctrlKey, altKey } = event;
  const again2 = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", shiftKey, ctrlKey, altKey, bubbles: true, cancelable: true });
  Object.defineProperty(again2, "keyCode", { value: 13 });
  cell.dispatchEvent(again2);
}

// controls.js
function valueText(control, value) {
  if (control.kind === "choice") return String(value);
  return Number(value).toFixed(control.digits) + (control.unit ? ` ${control.unit}` : "");
}
function slider(control) {
  const { low: min, high: max, step } = control;
  const input = make("input", { type: "range", min, max, step });
  const output = make("output");
  const show = (value) => {
    input.value = value;
    output.textContent = valueText(control, value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return { input, show, read: () => Number(input.value), extra: [output] };
}
function choice(control) {
  const options = control.options.map((o) => make("option", { value: o }, o));
  const input = make("select", {}, ...options);
  return { input, show: (value) => input.value = value, read: () => input.value, extra: [] };
}
function controlPanel(controls, changed) {
  const root = make("div", { class: "gc-controls" });
  const shows = {};
  for (const control of controls.filter((c) => c.shown)) {
    const { input, show: show2, read, extra } = control.kind === "choice" ? choice(control) : slider(control);
    input.setAttribute("aria-label", control.label);
    input.setAttribute("data-key", control.key);
    keepKeys(input);
    input.addEventListener("input", () => {
      show2(read());
      changed(control.key, read());
    });
    root.append(make("label", {}, make("span", {}, control.label), ...extra, input));
    shows[control.key] = show2;
  }
  const show = (values) => {
    for (const [key, value] of Object.entries(values)) shows[key]?.(value);
  };
  return { root, show };
}
function logValue(exponent) {
  return Number((10 ** exponent).toPrecision(2));
}
function logText(value) {
  return String(Number(Number(value).toPrecision(3)));
}
function logSlider(key, control, changed) {
  const [min, max] = [control.low, control.high].map(Math.log10);
  const input = make("input", { type: "range", min, max, step: 0.05, "aria-label": control.label, "data-key": key });
  const output = make("output");
  const write = (text) => {
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  const show = (value) => {
    input.value = Math.log10(value);
    write(logText(value));
  };
  keepKeys(input);
  input.addEventListener("input", () => {
    write(logValue(input.value));
    changed(key, logValue(input.value));
  });
  return { root: make("label", {}, make("span", {}, control.label), output, input), show };
}
function switchBox(key, control, changed) {
  const input = make("input", { type: "checkbox", "data-key": key });
  keepKeys(input);
  input.addEventListener("input", () => changed(key, input.checked));
  return { root: make("label", { class: "gc-switch" }, input, control.label), show: (on) => input.checked = on };
}
function anyControl(key, control, changed) {
  if (control.kind === "log") return logSlider(key, control, changed);
  if (control.kind === "switch") return switchBox(key, control, changed);
  const panel = controlPanel([control], changed);
  return { root: panel.root.firstChild, show: (value) => panel.show({ [key]: value }) };
}

// engine/players.js
var LEAK = 0.2;
var EPS2 = 1e-8;
var s = (x) => (1 + Math.tanh(x / 2)) / 2;
var LOSSES = {
  minimax: { dReal: (r) => -s(-r), dFake: (r, f) => s(f), gFake: (r, f) => -s(f) },
  "non-saturating": { dReal: (r) => -s(-r), dFake: (r, f) => s(f), gFake: (r, f) => -s(-f) },
  "least-squares": { dReal: (r) => 2 * (r - 1), dFake: (r, f) => 2 * f, gFake: (r, f) => 2 * (f - 1) },
  hinge: { dReal: (r) => r < 1 ? -1 : 0, dFake: (r, f) => f > -1 ? 1 : 0, gFake: () => -1 },
  wasserstein: { dReal: () => -1, dFake: () => 1, gFake: () => -1 },
  relativistic: { dReal: (r, f) => -s(f - r), dFake: (r, f) => s(f - r), gFake: (r, f) => -s(r - f), pairs: true }
};
var REMEDIES = {
  none: {},
  clipping: { clip: 0.1 },
  "WGAN-GP": { gp: 1 },
  "spectral norm": { spectral: true },
  R1: { r1: 0.1 },
  "R1 + R2": { r1: 0.1, r2: 0.1 },
  "packing 2": { pack: 2 },
  "packing 4": { pack: 4 }
};
function newPlayer(sizes, fill) {
  const tensor = (n, inputs) => ({
    value: Float64Array.from(fill(n, inputs)),
    grad: new Float64Array(n),
    mean: new Float64Array(n),
    square: new Float64Array(n)
  });
  const layers = sizes.slice(1).map((out, i) => ({ inputs: sizes[i], out, W: tensor(out * sizes[i], sizes[i]), b: tensor(out, sizes[i]) }));
  return { layers, steps: 0 };
}
function spectral(player, next) {
  for (const layer of player.layers) {
    layer.power = { u: unit(Float64Array.from({ length: layer.out }, next)), v: new Float64Array(layer.inputs) };
    powerStep(layer, 15);
  }
  return player;
}
function unit(x) {
  const norm2 = Math.max(1e-12, Math.hypot(...x));
  return x.map((value) => value / norm2);
}
function timesW({ inputs, out, W: { value } }, v) {
  const h = new Float64Array(out);
  for (let j = 0; j < out; j++) for (let i = 0; i < inputs; i++) h[j] += value[j * inputs + i] * v[i];
  return h;
}
function timesWT({ inputs, out, W: { value } }, u) {
  const h = new Float64Array(inputs);
  for (let j = 0; j < out; j++) for (let i = 0; i < inputs; i++) h[i] += value[j * inputs + i] * u[j];
  return h;
}
function powerStep(layer, n) {
  for (let i = 0; i < n; i++) {
    if (i || n === 1) layer.power.u = unit(timesW(layer, layer.power.v));
    layer.power.v = unit(timesWT(layer, layer.power.u));
  }
}
function weightOf(layer, learns) {
  if (!layer.power) return { w: layer.W.value };
  if (learns) powerStep(layer, 1);
  const { u, v } = layer.power;
  const sigma = timesW(layer, v).reduce((sum, h, j) => sum + u[j] * h, 0);
  return { w: layer.W.value.map((value) => value / sigma), u, v, sigma };
}
function addToW({ inputs, W: { value, grad } }, { u, v, sigma }, slopes2) {
  const along = slopes2.reduce((sum, g, i) => sum + g * value[i], 0) / sigma ** 2;
  for (let i = 0; i < grad.length; i++) grad[i] += slopes2[i] / sigma - along * u[Math.floor(i / inputs)] * v[i % inputs];
}
function uniformFill(uniform) {
  return (n, inputs) => Float64Array.from({ length: n }, () => (2 * uniform() - 1) / Math.sqrt(inputs));
}
function affine2({ inputs, out, b }, w, x, n) {
  const h = new Float64Array(n * out);
  let row2 = 0;
  for (; row2 + 4 <= n; row2 += 4) {
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((more) => (row2 + more) * inputs);
    for (let j = 0; j < out; j++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = 0, at = j * inputs; i < inputs; i++) {
        const v = w[at + i];
        s0 += v * x[r0 + i];
        s1 += v * x[r1 + i];
        s2 += v * x[r2 + i];
        s3 += v * x[r3 + i];
      }
      const [to, bias] = [row2 * out + j, b.value[j]];
      h[to] = s0 + bias;
      h[to + out] = s1 + bias;
      h[to + 2 * out] = s2 + bias;
      h[to + 3 * out] = s3 + bias;
    }
  }
  for (; row2 < n; row2++) {
    for (let j = 0; j < out; j++) {
      let sum = b.value[j];
      for (let i = 0; i < inputs; i++) sum += w[j * inputs + i] * x[row2 * inputs + i];
      h[row2 * out + j] = sum;
    }
  }
  return h;
}
function forward({ layers }, x, n, learns = false) {
  const held = [];
  let input = x;
  layers.forEach((layer, k) => {
    const weight = weightOf(layer, learns);
    const h = affine2(layer, weight.w, input, n);
    held.push({ input, h, weight });
    input = k + 1 < layers.length ? h.map((v) => v > 0 ? v : LEAK * v) : h;
  });
  return held;
}
var answer = (held) => held[held.length - 1].h;
function leaked(slopes2, h) {
  for (let i = 0; i < slopes2.length; i++) if (!(h[i] > 0)) slopes2[i] *= LEAK;
  return slopes2;
}
function addFour(to, at, n, from, [p, q, r, t], a, b, c, d) {
  for (let i = 0; i < n; i++) to[at + i] += a * from[p + i] + b * from[q + i] + c * from[r + i] + d * from[t + i];
}
function addOne(to, at, n, from, p, a) {
  for (let i = 0; i < n; i++) to[at + i] += a * from[p + i];
}
function through({ inputs, out }, { w }, slopes2, n) {
  const back = new Float64Array(n * inputs);
  for (let row2 = 0; row2 < n; row2++) {
    const [at, from] = [row2 * inputs, row2 * out];
    let j = 0;
    for (; j + 4 <= out; j += 4) {
      const to = j * inputs;
      addFour(
        back,
        at,
        inputs,
        w,
        [to, to + inputs, to + 2 * inputs, to + 3 * inputs],
        slopes2[from + j],
        slopes2[from + j + 1],
        slopes2[from + j + 2],
        slopes2[from + j + 3]
      );
    }
    for (; j < out; j++) addOne(back, at, inputs, w, j * inputs, slopes2[from + j]);
  }
  return back;
}
function addOuter(layer, weight, slopes2, input, n) {
  if (!weight.sigma) return addProducts(layer.W.grad, slopes2, input, layer, n);
  const found = new Float64Array(layer.W.grad.length);
  addProducts(found, slopes2, input, layer, n);
  addToW(layer, weight, found);
}
function addProducts(grad, slopes2, input, { inputs, out }, n) {
  for (let j = 0; j < out; j++) {
    const at = j * inputs;
    let row2 = 0;
    for (; row2 + 4 <= n; row2 += 4) {
      const [from, x] = [row2 * out + j, row2 * inputs];
      addFour(
        grad,
        at,
        inputs,
        input,
        [x, x + inputs, x + 2 * inputs, x + 3 * inputs],
        slopes2[from],
        slopes2[from + out],
        slopes2[from + 2 * out],
        slopes2[from + 3 * out]
      );
    }
    for (; row2 < n; row2++) addOne(grad, at, inputs, input, row2 * inputs, slopes2[row2 * out + j]);
  }
}
function backward({ layers }, held, slopes2, n, learn = true) {
  let now = slopes2;
  for (let k = layers.length - 1; k >= 0; k--) {
    const layer = layers[k];
    if (learn) {
      addOuter(layer, held[k].weight, now, held[k].input, n);
      for (let i = 0; i < now.length; i++) layer.b.grad[i % layer.out] += now[i];
    }
    now = through(layer, held[k].weight, now, n);
    if (k) leaked(now, held[k - 1].h);
  }
  return now;
}
function addPenalty(D, x, n, push) {
  const { layers } = D;
  const held = forward(D, x, n, true);
  const chain = [];
  let now = new Float64Array(n).fill(1);
  for (let k = layers.length - 1; k >= 0; k--) {
    chain[k] = now;
    now = through(layers[k], held[k].weight, now, n);
    if (k) leaked(now, held[k - 1].h);
  }
  const inputs = layers[0].inputs;
  let back = new Float64Array(n * inputs);
  for (let row2 = 0; row2 < n; row2++) back.set(push(now.subarray(row2 * inputs, (row2 + 1) * inputs)).map((v) => v / n), row2 * inputs);
  layers.forEach((layer, k) => {
    const { w } = held[k].weight;
    addOuter(layer, held[k].weight, chain[k], back, n);
    const next = new Float64Array(n * layer.out);
    for (let row2 = 0; row2 < n; row2++) {
      for (let j = 0; j < layer.out; j++) {
        let sum = 0;
        for (let i = 0; i < layer.inputs; i++) sum += w[j * layer.inputs + i] * back[row2 * layer.inputs + i];
        next[row2 * layer.out + j] = sum;
      }
    }
    back = k + 1 < layers.length ? leaked(next, held[k].h) : next;
  });
}
var PENALTIES = {
  zero: (weight) => (g) => g.map((v) => weight * v),
  one: (weight) => (g) => {
    const norm2 = Math.hypot(...g);
    return g.map((v) => norm2 ? 2 * weight * (norm2 - 1) * v / norm2 : 0);
  }
};
function adamStep(player, lr, [beta1, beta2]) {
  player.steps += 1;
  const [by1, by2] = [1 - beta1 ** player.steps, 1 - beta2 ** player.steps];
  for (const tensor of player.layers.flatMap(({ W, b }) => [W, b])) {
    const { value, grad, mean: mean2, square } = tensor;
    for (let i = 0; i < value.length; i++) {
      mean2[i] += (1 - beta1) * (grad[i] - mean2[i]);
      square[i] = beta2 * square[i] + (1 - beta2) * grad[i] * grad[i];
      value[i] -= lr / by1 * mean2[i] / (Math.sqrt(square[i]) / Math.sqrt(by2) + EPS2);
      grad[i] = 0;
    }
  }
}
var mean = (values, f) => values.reduce((sum, v) => sum + f(v), 0) / values.length;
function dStep({ D }, { loss, r1 = 0, r2 = 0, gp = 0, clip = 0, pack = 1, lrD, betas }, xReal, xFake, n, mix) {
  const [slopes2, rows] = [LOSSES[loss], n / pack];
  const [real, fake] = [xReal, xFake].map((x) => forward(D, x, rows, true));
  const [r, f] = [answer(real), answer(fake)];
  backward(D, real, r.map((v, i) => slopes2.dReal(v, f[i]) / rows), rows);
  backward(D, fake, f.map((v, i) => slopes2.dFake(r[i], v) / rows), rows);
  if (r1) addPenalty(D, xReal, rows, PENALTIES.zero(r1));
  if (r2) addPenalty(D, xFake, rows, PENALTIES.zero(r2));
  if (gp) {
    const share = (i) => mix[Math.floor(i / (2 * pack))];
    addPenalty(D, xFake.map((v, i) => share(i) * xReal[i] + (1 - share(i)) * v), rows, PENALTIES.one(gp));
  }
  adamStep(D, lrD, betas);
  if (clip) clipped(D, clip);
  return { "D(x)": mean(r, s), "D(G(z))": mean(f, s) };
}
function clipped({ layers }, limit) {
  for (const { value } of layers.flatMap(({ W, b }) => [W, b])) {
    for (let i = 0; i < value.length; i++) value[i] = Math.max(-limit, Math.min(limit, value[i]));
  }
}
function gStep({ G, D }, { loss, pack = 1, lrG, betas }, xReal, made, n) {
  backward(G, made, pushes(D, { loss, pack }, xReal, answer(made), n, true).map((v) => v * pack / n), n);
  adamStep(G, lrG, betas);
}
function pushes(D, { loss, pack = 1 }, xReal, xFake, n, learns = false) {
  const [slopes2, rows] = [LOSSES[loss], n / pack];
  const fake = forward(D, xFake, rows, learns);
  const r = slopes2.pairs ? answer(forward(D, xReal, rows, learns)) : [];
  return backward(D, fake, answer(fake).map((v, i) => slopes2.gFake(r[i], v)), rows, false);
}
function copies(x, pack) {
  if (pack === 1) return x;
  return Float64Array.from({ length: x.length * pack }, (_, i) => x[2 * Math.floor(i / (2 * pack)) + i % 2]);
}
var opinion = (D, x, n, pack = 1) => answer(forward(D, copies(x, pack), n)).map(s);
function slopes(D, x, n, pack = 1) {
  const back = backward(D, forward(D, copies(x, pack), n), new Float64Array(n).fill(1), n, false);
  return Float64Array.from({ length: n }, (_, row2) => {
    const slope = [0, 0];
    for (let i = 0; i < 2 * pack; i++) slope[i % 2] += back[2 * pack * row2 + i];
    return Math.hypot(...slope);
  });
}
var steepest = (D, x, n, pack = 1) => Math.max(0, ...slopes(D, x, n, pack));

// latent.js
var AROUND = 4;
var APART = 0.5;
function line(from, direction, steps) {
  const out = new Float32Array(steps.length * from.length);
  steps.forEach((t, i) => from.forEach((x, j) => out[i * from.length + j] = x + t * direction[j]));
  return out;
}
function pointAt({ origin, right, up: up2 }, u, v) {
  return line(line(origin, right, [u]), up2, [v]);
}
function middles(n, reach) {
  return Array.from({ length: n }, (_, i) => reach * ((2 * i + 1) / n - 1));
}
function gridRow({ origin, right, up: up2 }, n, reach, i) {
  const steps = middles(n, reach);
  return line(line(origin, up2, [steps[n - 1 - i]]), right, steps);
}
function around(z, direction) {
  return line(z, direction, Array.from({ length: 2 * AROUND + 1 }, (_, i) => (i - AROUND) * APART));
}
function joined(parts, kind = Float32Array) {
  const out = new kind(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
function uniforms(seed) {
  let state = Math.imul(seed, 2654435761) + 1 | 0;
  return () => {
    state = state + 1831565813 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return (((t ^ t >>> 14) >>> 0) + 0.5) / 4294967296;
  };
}
function normals(seed) {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
var dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
var unit2 = (a) => a.map((x) => x / Math.sqrt(dot(a, a)));
function randomPlane(zDim, seed) {
  const next = normals(seed);
  const [origin, a, b] = [0, 1, 2].map(() => Float32Array.from({ length: zDim }, next));
  const right = unit2(a);
  const along = dot(b, right);
  return { origin, right, up: unit2(b.map((x, i) => x - along * right[i])) };
}

// field.js
var [LIMIT, CELLS, BATCH, FAKES, REALS, ARROWS2] = [1.6, 40, 128, 200, 300, 70];
var [PUSH, LONGEST, SPREAD, MOST] = [0.12, 0.35, 0.05, 200];
var NARROW = 0.03;
var WIDTHS = [64, 64];
var EVERY = 5;
var COUNTED = 1e3;
var ROOM = 400;
var DRAWN = "drawn by hand";
var SHOWN = ["D(x)", "D's slope"];
var SLOPE_RANGE = [0.01, 10];
var SLOPE_SCALE = "D's slope, from 0.01 (white) to 10 (dark) logits per unit of length, logarithmic";
var grid = (at) => at.flatMap((x) => at.map((y) => [x, y]));
var CENTRES = {
  ring: Array.from({ length: 8 }, (_, i) => [Math.cos(i * Math.PI / 4), Math.sin(i * Math.PI / 4)]),
  grid: grid([-0.9, 0, 0.9]),
  "grid of 25": grid([-1.2, -0.6, 0, 0.6, 1.2])
};
var DATA = [...Object.keys(CENTRES), DRAWN];
function sampled(centres, n, next, uniform, sd = SPREAD) {
  const out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [x, y] = centres[Math.floor(uniform() * centres.length)];
    out.set([x + sd * next(), y + sd * next()], 2 * i);
  }
  return out;
}
function reached(centres, x, sd = SPREAD) {
  const found = /* @__PURE__ */ new Set();
  for (let i = 0; i < x.length; i += 2) {
    let [least, at] = [Infinity, -1];
    centres.forEach(([cx, cy], k) => {
      const distance = Math.hypot(x[i] - cx, x[i + 1] - cy);
      if (distance < least) [least, at] = [distance, k];
    });
    if (least <= 3 * sd) found.add(at);
  }
  return found.size;
}
function arrowsOf(xFake, push) {
  const out = new Float32Array(4 * ARROWS2);
  for (let i = 0; i < ARROWS2; i++) {
    const [dx, dy] = [PUSH * push[2 * i], PUSH * push[2 * i + 1]];
    const short = Math.min(1, LONGEST / Math.max(1e-12, Math.hypot(dx, dy)));
    out.set([xFake[2 * i], xFake[2 * i + 1], dx * short, dy * short], 4 * i);
  }
  return out;
}
function shadesOf(slope) {
  const [low, high] = SLOPE_RANGE.map(Math.log);
  return slope.map((v) => Math.min(1, Math.max(0, (Math.log(v) - low) / (high - low))));
}
function cellsOf(side) {
  const cell = 2 * LIMIT / side;
  return Float64Array.from({ length: 2 * side * side }, (_, i) => {
    const place = i >> 1;
    return i % 2 ? LIMIT - (Math.floor(place / side) + 0.5) * cell : -LIMIT + (place % side + 0.5) * cell;
  });
}
var view = (numbers2) => new DataView(Float32Array.from(numbers2).buffer);
function curvePanel(title, low, high, curves) {
  const turns = curves[0].x;
  const marks = curves.map(({ label, role, x, y }) => ({ kind: "line", label, role, x: view(x), y: view(y) }));
  return { title, xlabel: "turns", ylabel: "", equal: false, xlim: [0, Math.max(50, turns[turns.length - 1] ?? 0)], ylim: [low, high], marks };
}
function newField({ seed = 0, points = "ring", loss = "non-saturating", remedy = "none", shows = SHOWN[0] } = {}) {
  const values = { loss, points, remedy, shows, r1: REMEDIES[remedy].r1 ?? 0, lr_D: 1e-3, lr_G: 1e-3, steps_D: 1, steps_G: 1 };
  const cells = cellsOf(CELLS);
  const many = Float64Array.from({ length: 2 * COUNTED }, normals(3));
  let [drawn, turns, says, game, next, uniform, z, shown, noted, every] = [[]];
  const centres = () => values.points === DRAWN ? drawn : CENTRES[values.points];
  const sd = () => values.points === "grid of 25" ? NARROW : SPREAD;
  const recipe = () => ({ ...REMEDIES[values.remedy], loss: values.loss, r1: values.r1, lrD: values.lr_D, lrG: values.lr_G, betas: [0, 0.999] });
  const pack = () => REMEDIES[values.remedy].pack ?? 1;
  const noise = (n) => Float64Array.from({ length: 2 * n }, next);
  const look = () => {
    const all = centres();
    shown = all.length ? sampled(all, REALS, normals(1), uniforms(1), sd()) : new Float64Array(0);
  };
  const reset = () => {
    [turns, says, noted, every] = [0, null, { x: [], real: [], fake: [] }, EVERY];
    [next, uniform] = [normals(seed), uniforms(seed)];
    const fill = uniformFill(uniform);
    game = { G: newPlayer([2, ...WIDTHS, 2], fill), D: newPlayer([2 * pack(), ...WIDTHS, 1], fill) };
    if (REMEDIES[values.remedy].spectral) spectral(game.D, next);
    z = noise(FAKES);
    look();
  };
  reset();
  const batch = () => sampled(centres(), BATCH, next, uniform, sd());
  const step = (who, xReal = batch(), made = forward(game.G, noise(BATCH), BATCH)) => {
    const mix = REMEDIES[values.remedy].gp ? Float64Array.from({ length: BATCH }, uniform) : null;
    if (who === "D") says = dStep(game, recipe(), xReal, answer(made), BATCH, mix);
    else gStep(game, recipe(), xReal, made, BATCH);
  };
  const alone = (who) => {
    if (centres().length) step(who);
  };
  const turn = () => {
    if (!centres().length) return false;
    for (let i = 1; i < values.steps_D; i++) step("D");
    const drawn2 = [batch(), forward(game.G, noise(BATCH), BATCH)];
    step("D", ...drawn2);
    step("G", ...drawn2);
    for (let i = 1; i < values.steps_G; i++) step("G");
    if (turns % every === 0) [noted.x, noted.real, noted.fake].forEach((list, i) => list.push([turns, says["D(x)"], says["D(G(z))"]][i]));
    if (noted.x.length > ROOM) {
      for (const key of Object.keys(noted)) noted[key] = noted[key].filter((_, i) => i % 2 === 0);
      every *= 2;
    }
    turns += 1;
    return true;
  };
  const set = (key, value) => {
    if (key === "points" && typeof value !== "string") [values.points, drawn] = [DRAWN, value];
    else if (key === "lr") values.lr_D = values.lr_G = value;
    else values[key] = value;
    if (key === "points") look();
    if (key === "remedy") {
      values.r1 = REMEDIES[value].r1 ?? 0;
      reset();
    }
  };
  const frame = () => {
    const xFake = answer(forward(game.G, z, FAKES));
    const pairs = centres().length ? sampled(centres(), FAKES, normals(2), uniforms(2), sd()) : xFake;
    const push = pushes(game.D, recipe(), pairs, xFake, FAKES).map((v) => -v);
    const known = centres().length && xFake.every(Number.isFinite);
    const there = () => reached(centres(), answer(forward(game.G, many, COUNTED)), sd());
    const slope = Math.max(steepest(game.D, shown, shown.length / 2, pack()), steepest(game.D, xFake, FAKES, pack()));
    const numbers2 = [
      ["turns", turns.toLocaleString("en")],
      ...Object.entries(says ?? {}).map(([name, v]) => [name, v.toFixed(3)]),
      ["modes reached", known ? `${there()} of ${centres().length}` : "-"],
      ["D's steepest slope", slope.toPrecision(3)]
    ];
    const steep = values.shows === SHOWN[1];
    const map = (steep ? (...of) => shadesOf(slopes(...of)) : opinion)(game.D, cells, CELLS * CELLS, pack());
    const curve = (label, role, y) => ({ label, role, x: noted.x, y });
    return {
      limit: LIMIT,
      side: CELLS,
      field: new DataView(Uint8Array.from(map, (p) => Math.round(255 * p)).buffer),
      scale: steep ? { says: SLOPE_SCALE } : {},
      real: view(shown),
      fake: view(xFake),
      arrows: view(arrowsOf(xFake, push)),
      numbers: numbers2,
      panels: [curvePanel("D's opinion", 0, 1, [curve("D(x)", "p", noted.real), curve("D(G(z))", "q", noted.fake)])],
      drawing: values.points === DRAWN,
      drawn,
      most: MOST,
      text: drawn.length || values.points !== DRAWN ? "" : "Draw real points: click or drag in the picture."
    };
  };
  return { turn, step: alone, set, reset, frame, values };
}

// scales.js
var BOX = { width: 460, height: 300, left: 52, right: 26, top: 26, bottom: 42 };
function ticks([low, high], about = 6) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s2) => s2 >= raw);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; i++) found.push(i * step);
  return found.map((value) => [value, value.toFixed(digits)]);
}
function scales(panel) {
  const { top } = BOX;
  let { left } = BOX;
  let wide = BOX.width - BOX.left - BOX.right;
  let high = BOX.height - BOX.top - BOX.bottom;
  const [x0, x1] = panel.xlim;
  const [y0, y1] = panel.ylim;
  if (panel.equal) {
    const unit3 = Math.min(wide / (x1 - x0), high / (y1 - y0));
    left += (wide - unit3 * (x1 - x0)) / 2;
    [wide, high] = [unit3 * (x1 - x0), unit3 * (y1 - y0)];
  }
  return {
    left,
    top,
    wide,
    high,
    x: (v) => left + (v - x0) / (x1 - x0) * wide,
    y: (v) => top + high - (v - y0) / (y1 - y0) * high,
    back: (px, py) => [x0 + (px - left) / wide * (x1 - x0), y0 + (top + high - py) / high * (y1 - y0)]
  };
}
function path(xs, ys, s2) {
  const out = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) {
      pen = "M";
      continue;
    }
    const px = Math.max(-2e3, Math.min(2e3, s2.x(xs[i])));
    const py = Math.max(-2e3, Math.min(2e3, s2.y(ys[i])));
    out.push(`${pen}${px.toFixed(1)},${py.toFixed(1)}`);
    pen = "L";
  }
  return out.join("");
}
function barbs([x1, y1], [x2, y2], turn, most) {
  const head = Math.min(most, 0.5 * Math.hypot(x2 - x1, y2 - y1));
  const angle = Math.atan2(y2 - y1, x2 - x1);
  return [turn, -turn].map((t) => [x2 - head * Math.cos(angle + t), y2 - head * Math.sin(angle + t)]);
}
function placeIn(box, { clientX, clientY }, half) {
  const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  return [half * (2 * x - 1), half * (1 - 2 * y)];
}

// marks.js
var HEAD = { turn: 0.45, most: 7 };
var FAINT = 0.5;
var MARKS = {
  cells: (g, m, s2, fill) => {
    const [wide, high] = [s2.x(1) - s2.x(0), s2.y(0) - s2.y(1)];
    for (let i = 0; i < m.x.length; i++)
      if (m.x2[i] > 0)
        draw(g, "rect", { x: s2.x(m.x[i] - 0.5), y: s2.y(m.y[i] + 0.5), width: wide, height: high, fill, opacity: Math.min(1, m.x2[i]).toFixed(3) });
  },
  line: (g, m, s2, stroke) => draw(g, "path", { d: path(m.x, m.y, s2), fill: "none", stroke, "stroke-width": 2.4 }),
  dashed: (g, m, s2, stroke) => draw(g, "path", { d: path(m.x, m.y, s2), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": "6 4" }),
  fill: (g, m, s2, fill) => {
    draw(g, "path", { d: area(m, s2), fill, opacity: 0.3 });
    draw(g, "path", { d: path(m.x, m.y, s2), fill: "none", stroke: fill, "stroke-width": 1.4 });
  },
  points: (g, m, s2, fill) => {
    for (let i = 0; i < m.x.length; i++) draw(g, "circle", { cx: s2.x(m.x[i]), cy: s2.y(m.y[i]), r: 4, fill });
  },
  arrows: (g, m, s2, stroke) => {
    const field = m.role ? g : draw(g, "g", { opacity: FAINT });
    for (let i = 0; i < m.x.length; i++) arrow(field, s2, [m.x[i], m.y[i]], [m.x[i] + m.x2[i], m.y[i] + m.y2[i]], stroke);
  }
};
function area(mark, s2) {
  const low = mark.y2 ?? new Float32Array(mark.x.length);
  const back = path(mark.x.slice().reverse(), low.slice().reverse(), s2).replace(/^M/, "L");
  return `${path(mark.x, mark.y, s2)}${back}Z`;
}
function arrowPath(from, to) {
  if (!(Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.5)) return "";
  const [left, right] = barbs(from, to, HEAD.turn, HEAD.most).map(point);
  return `M${point(from)}L${point(to)}M${left}L${point(to)}L${right}`;
}
function point([x, y]) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
function arrow(g, s2, from, to, stroke) {
  const d = arrowPath([s2.x(from[0]), s2.y(from[1])], [s2.x(to[0]), s2.y(to[1])]);
  if (d) draw(g, "path", { d, fill: "none", stroke, "stroke-width": 1.6 });
}
function swatch(mark, colour) {
  const svg = newSvg({ width: 24, height: 12, style: "width:24px;flex:none" });
  const [x, y] = [[1, 23], [6, 6]];
  const s2 = { x: (v) => v, y: (v) => v };
  if (mark.kind === "points") MARKS.points(svg, { x: [12], y: [6] }, s2, colour);
  else if (mark.kind === "fill") draw(svg, "rect", { x: 1, y: 1, width: 22, height: 10, fill: colour, opacity: 0.35 });
  else if (mark.kind === "arrows") arrow(svg, s2, [2, 6], [22, 6], colour);
  else MARKS[mark.kind](svg, { x, y }, s2, colour);
  return svg;
}
function legend(panel, colourOf) {
  return panel.marks.filter((m) => m.label).map((m) => make("span", {}, swatch(m, colourOf(m.role)), m.label));
}

// panel.js
function below(panel) {
  return panel.names?.length ? panel.names.map((name, i) => [i, name]) : ticks(panel.xlim);
}
function drawAxes(svg, panel, s2) {
  for (const [value, label] of below(panel)) {
    draw(svg, "line", { class: "gc-grid", x1: s2.x(value), x2: s2.x(value), y1: s2.top, y2: s2.top + s2.high });
    draw(svg, "text", { x: s2.x(value), y: s2.top + s2.high + 16, "text-anchor": "middle" }, label);
  }
  for (const [value, label] of ticks(panel.ylim, 5)) {
    draw(svg, "line", { class: "gc-grid", x1: s2.left, x2: s2.left + s2.wide, y1: s2.y(value), y2: s2.y(value) });
    draw(svg, "text", { x: s2.left - 6, y: s2.y(value) + 4, "text-anchor": "end" }, label);
  }
  draw(svg, "path", { class: "gc-axis", d: `M${s2.left},${s2.top}V${s2.top + s2.high}H${s2.left + s2.wide}` });
  const middle = s2.left + s2.wide / 2;
  draw(svg, "text", { x: middle, y: BOX.height - 6, "text-anchor": "middle" }, panel.xlabel);
  const up2 = s2.top + s2.high / 2;
  const side = s2.left - 38;
  draw(svg, "text", { x: side, y: up2, "text-anchor": "middle", transform: `rotate(-90 ${side} ${up2})` }, panel.ylabel);
  draw(svg, "text", { class: "gc-title", x: middle, y: 16, "text-anchor": "middle" }, panel.title);
}
function handleAt(target, handles) {
  const index = target.dataset.handle ?? handles.find((h) => h.anywhere)?.index;
  return index === void 0 ? null : Number(index);
}
function panelView(host) {
  const svg = newSvg({ viewBox: `0 0 ${BOX.width} ${BOX.height}` });
  const clip = draw(draw(svg, "clipPath", { id: `gc-clip-${Math.random().toString(36).slice(2)}` }), "rect");
  const body = draw(svg, "g", { role: "img" });
  const grips = draw(svg, "g");
  const names = make("div", { class: "gc-legend", "aria-hidden": "true" });
  const view2 = { root: make("div", {}, svg, names), scale: null, handles: [] };
  view2.place = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return view2.scale.back(at.x, at.y);
  };
  svg.addEventListener("pointerdown", (event) => {
    const index = handleAt(event.target, view2.handles);
    if (index === null) return;
    event.preventDefault();
    event.target.focus?.();
    host.drag(event, index, view2.place);
  });
  view2.show = (panel, handles, label) => {
    const s2 = view2.scale = scales(panel);
    view2.handles = handles;
    for (const [name, value] of Object.entries({ x: s2.left, y: s2.top, width: s2.wide, height: s2.high }))
      clip.setAttribute(name, value);
    body.replaceChildren();
    body.setAttribute("aria-label", label);
    drawAxes(body, panel, s2);
    const inside2 = draw(body, "g", { "clip-path": `url(#${clip.parentNode.id})` });
    for (const mark of panel.marks) MARKS[mark.kind](inside2, mark, s2, host.colourOf(mark.role));
    names.replaceChildren(...legend(panel, host.colourOf));
    handles.forEach((handle, i) => showHandle(grips.children[i] ?? newHandle(grips, host), handle, s2, host));
  };
  return view2;
}
function newHandle(parent, host) {
  const node = draw(parent, "circle", { class: "gc-handle", r: 9, tabindex: 0, role: "application" });
  keepKeys(node);
  node.addEventListener("keydown", (event) => host.key(event, Number(node.dataset.handle)));
  return node;
}
function showHandle(node, handle, s2, host) {
  node.dataset.handle = handle.index;
  node.setAttribute("cx", s2.x(handle.at[0]));
  node.setAttribute("cy", s2.y(handle.at[1]));
  node.setAttribute("fill", host.colourOf(handle.role));
  const at = handle.at.map((v) => v.toFixed(2)).join(", ");
  node.setAttribute("aria-label", `${handle.label}, at ${at}. Arrow keys move it.`);
}

// curves.js
function lastNumbers(panel) {
  const last = panel.marks.filter((m) => m.label && m.kind === "line" && m.y.length).map((m) => `${m.label} ${m.y[m.y.length - 1].toPrecision(3)}`);
  return [panel.title, ...last].join(", ");
}
function curveRow(host) {
  const root = make("div", { class: "gc-panels" });
  const views = [];
  const show = (panels) => panels.forEach((panel, i) => {
    if (!views[i]) root.append((views[i] = panelView(host)).root);
    views[i].show(panel, [], lastNumbers(panel));
  });
  return { root, show };
}

// pointgan.js
var INK = "#222222";
var APART2 = 0.1;
var HEAD2 = { turn: 0.5, most: 6 };
var LEGEND = [
  { kind: "points", role: "p", label: "real" },
  { kind: "points", role: "q", label: "fake" }
];
var PUSH2 = { kind: "arrows", role: "G", label: "push on a fake" };
function legendOf({ step }) {
  if (!step) return [...LEGEND, PUSH2];
  const times = step.times > 1 ? `, ${step.times} times as long` : "";
  const moves = { kind: "arrows", role: "G", label: `step of G, from the hollow diamonds${times}` };
  const signs = { kind: "points", role: "D", label: "D(x) rose, fell" };
  return [...LEGEND, ...step.moves ? [moves] : [], ...step.signs ? [signs] : []];
}
var coloursOf = ({ scale }, usual) => scale?.colours ?? usual;
function placedSigns(signs, side, limit) {
  const cell = 2 * limit / side;
  return Array.from(signs, (v, i) => [
    -limit + (i % side + 0.5) * cell,
    limit - (Math.floor(i / side) + 0.5) * cell,
    v
  ]);
}
function fillField(rgba, levels, table) {
  levels.forEach((level, i) => {
    rgba.set(table.subarray(3 * level, 3 * level + 3), 4 * i);
    rgba[4 * i + 3] = 255;
  });
}
function fieldImage(frame, colours) {
  const small = make("canvas", { width: frame.side, height: frame.side });
  const image = new ImageData(frame.side, frame.side);
  fillField(image.data, greys(frame.field), greys(colours));
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}
function leavesPoint(drawn, [x, y]) {
  const last = drawn[drawn.length - 1] ?? [9, 9];
  return Math.hypot(x - last[0], y - last[1]) >= APART2;
}
function withPoint(drawn, [x, y], { limit, most }) {
  if (Math.max(Math.abs(x), Math.abs(y)) >= limit || drawn.length >= most) return null;
  return [...drawn, [x, y].map((v) => Number(v.toFixed(2)))];
}
function cursorAfter(event, place, limit) {
  const [far, edge] = [event.shiftKey ? 0.5 : 0.1, 0.98 * limit];
  return place.map((v, i) => Math.max(-edge, Math.min(edge, v + far * ARROWS[event.key][i])));
}
function ramp(colours, says) {
  const svg = newSvg({ width: 24, height: 12, style: "width:24px;flex:none" });
  for (let i = 0; i < 6; i++) {
    const at = 3 * 51 * i;
    draw(svg, "rect", { x: 4 * i, y: 1, width: 4, height: 10, fill: `rgb(${greys(colours).slice(at, at + 3).join()})` });
  }
  return make("span", { class: "gc-scale" }, svg, says);
}
var SHAPES = {
  real: (pen, x, y, r) => {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 7);
  },
  fake: (pen, x, y, r) => {
    pen.moveTo(x - r, y);
    pen.lineTo(x, y - r);
    pen.lineTo(x + r, y);
    pen.lineTo(x, y + r);
    pen.closePath();
  }
};
function pointStage(host) {
  const canvas = make("canvas", { class: "gc-plane" });
  const pen = canvas.getContext("2d");
  const curves = curveRow(host);
  const names = make("div", { class: "gc-legend", "aria-hidden": "true" });
  const nameAll = () => {
    names.replaceChildren(...legend({ marks: legendOf(frame) }, host.colourOf));
    const fakeSwatch = names.children[1].firstChild;
    fakeSwatch.replaceChildren();
    const signSwatch = frame.step?.signs && names.lastChild.firstChild;
    signSwatch?.replaceChildren();
    if (signSwatch) draw(signSwatch, "path", { d: "M2 6H10M6 2V10M15 6H22", stroke: host.colourOf("D"), "stroke-width": 2.4 });
    if (frame.scale?.says) names.append(ramp(frame.scale.colours, frame.scale.says));
    draw(fakeSwatch, "path", { d: "M8 6L12 2L16 6L12 10Z", fill: host.colourOf("q") });
  };
  const root = make("div", { class: "gc-stage" }, make("div", {}, canvas, names), curves.root);
  let frame = null;
  let drawn = [];
  let cursor = [0, 0];
  keepKeys(canvas);
  const unit3 = () => canvas.clientWidth / (2 * frame.limit);
  const px = (x) => (x + frame.limit) * unit3();
  const py = (y) => (frame.limit - y) * unit3();
  const cloud = (points, shape, colour, size) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) SHAPES[shape](pen, px(points[i]), py(points[i + 1]), size);
    pen.fillStyle = colour;
    pen.fill();
  };
  const ghosts = (points) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) SHAPES.fake(pen, px(points[i]), py(points[i + 1]), 3.6);
    pen.strokeStyle = host.colourOf("q");
    pen.lineWidth = 1;
    pen.stroke();
  };
  const signs = (placed) => {
    pen.beginPath();
    for (const [x, y, v] of placed) {
      const r = 7 * Math.abs(v);
      if (r < 0.7) continue;
      pen.moveTo(px(x) - r, py(y));
      pen.lineTo(px(x) + r, py(y));
      if (v < 0) continue;
      pen.moveTo(px(x), py(y) - r);
      pen.lineTo(px(x), py(y) + r);
    }
    pen.strokeStyle = host.colourOf("D");
    pen.lineWidth = 2.4;
    pen.stroke();
  };
  const arrows = (rows, colour) => {
    pen.beginPath();
    for (let i = 0; i + 3 < rows.length; i += 4) {
      const [x, y] = [px(rows[i]), py(rows[i + 1])];
      const tip = [x + rows[i + 2] * unit3(), y - rows[i + 3] * unit3()];
      pen.moveTo(x, y);
      pen.lineTo(...tip);
      for (const barb of barbs([x, y], tip, HEAD2.turn, HEAD2.most)) {
        pen.moveTo(...tip);
        pen.lineTo(...barb);
      }
    }
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    pen.stroke();
  };
  const scale = () => {
    pen.fillStyle = INK;
    pen.font = "12px sans-serif";
    for (const v of [-1, 0, 1]) {
      pen.fillText(v, px(v) - 4, canvas.clientHeight - 5);
      pen.fillText(v, 4, py(v) + 4);
    }
  };
  const cross = () => {
    const [x, y] = [px(cursor[0]), py(cursor[1])];
    pen.beginPath();
    pen.moveTo(x - 9, y);
    pen.lineTo(x + 9, y);
    pen.moveTo(x, y - 9);
    pen.lineTo(x, y + 9);
    pen.strokeStyle = INK;
    pen.lineWidth = 2;
    pen.stroke();
  };
  const paint = () => {
    const wide = canvas.clientWidth;
    if (!frame || !wide) return;
    const side = Math.round(wide * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    pen.setTransform(side / wide, 0, 0, side / wide, 0, 0);
    pen.drawImage(fieldImage(frame, coloursOf(frame, host.fieldColours)), 0, 0, wide, wide);
    scale();
    cloud(frame.real, "real", host.colourOf("p"), 2.4);
    if (frame.drawing) cloud(drawn.flat(), "real", host.colourOf("p"), 5);
    if (frame.step?.signs) signs(placedSigns(frame.step.signs, frame.step.signs_side, frame.limit));
    if (frame.step?.ghosts) ghosts(frame.step.ghosts);
    cloud(frame.fake, "fake", host.colourOf("q"), 3.6);
    arrows(frame.step?.moves ?? (frame.step ? [] : frame.arrows), host.colourOf("G"));
    if (frame.drawing && document.activeElement === canvas) cross();
  };
  const told = () => {
    const at = cursor.map((v) => v.toFixed(1)).join(", ");
    return frame.drawing ? `Picture to draw real points in, ${drawn.length} drawn, cursor at ${at}. Arrow keys move it, Enter draws, Backspace takes the last point away.` : `${frame.scale?.says ?? "D's opinion"} as a map, with real and fake points. ${frame.numbers.map((n) => n.join(" ")).join(", ")}`;
  };
  const label = () => canvas.setAttribute("aria-label", told());
  const redraw = (points) => {
    drawn = points;
    host.change("points", drawn);
    label();
    paint();
  };
  const add = (at) => {
    const points = withPoint(drawn, at, frame);
    if (points) redraw(points);
  };
  const place = (event) => placeIn(canvas.getBoundingClientRect(), event, frame.limit);
  canvas.addEventListener("pointerdown", (event) => {
    if (!frame.drawing) return;
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    add(cursor = place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!frame.drawing || !canvas.hasPointerCapture(event.pointerId)) return;
    cursor = place(event);
    if (leavesPoint(drawn, cursor)) add(cursor);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!frame.drawing) return;
    if (event.key in ARROWS) {
      cursor = cursorAfter(event, cursor, frame.limit);
      label();
      paint();
    } else if (event.key === "Enter" || event.key === " ") add(cursor);
    else if (event.key === "Backspace" || event.key === "Delete") redraw(drawn.slice(0, -1));
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);
  const watch = new ResizeObserver(paint);
  watch.observe(canvas);
  const show = (next) => {
    frame = { ...next, real: floats(next.real), fake: floats(next.fake), arrows: floats(next.arrows) };
    if (next.step) {
      const [ghosts2, moves, signs2] = [next.step.ghosts, next.step.moves, next.step.signs].map(floats);
      frame.step = { ...next.step, ghosts: ghosts2, moves, signs: signs2 };
    }
    if (host.idle()) drawn = frame.drawn;
    canvas.setAttribute("role", frame.drawing ? "application" : "img");
    canvas.tabIndex = frame.drawing ? 0 : -1;
    if (!frame.drawing || document.activeElement !== canvas) label();
    nameAll();
    paint();
    curves.show(frame.panels);
  };
  return { root, show, stop: () => watch.disconnect() };
}

// tabs.js
var MOVES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
function tabAfter(key, i, count) {
  return key in MOVES ? Math.min(count - 1, Math.max(0, i + MOVES[key])) : null;
}
function tabRow(titles, pages) {
  const own = Math.random().toString(36).slice(2);
  const list = make("div", { role: "tablist", class: "gc-tabs" });
  const heads = titles.map((title, i) => make("button", { type: "button", role: "tab", id: `gc-${own}-${i}`, "aria-controls": `gc-${own}-page-${i}` }, title));
  const choose = (chosen) => heads.forEach((head, i) => {
    head.setAttribute("aria-selected", i === chosen);
    head.tabIndex = i === chosen ? 0 : -1;
    pages[i].hidden = i !== chosen;
  });
  heads.forEach((head, i) => {
    pages[i].setAttribute("role", "tabpanel");
    pages[i].setAttribute("id", `gc-${own}-page-${i}`);
    pages[i].setAttribute("aria-labelledby", head.id);
    keepKeys(head);
    head.addEventListener("click", () => choose(i));
    head.addEventListener("keydown", (event) => {
      const to = tabAfter(event.key, i, heads.length);
      if (to === null) return;
      event.preventDefault();
      choose(to);
      heads[to].focus();
    });
  });
  list.append(...heads);
  choose(0);
  return make("div", {}, list, ...pages);
}

// learning.js
var COLOURS = { "": "var(--gc-ink)", p: "#0072B2", q: "#D55E00", D: "#009E73", G: "#CC79A7" };
var ENDS = [[243, 182, 141], [255, 255, 255], [143, 195, 227]];
var SLOPES = [[255, 255, 255], [165, 220, 203], [59, 174, 140], [0, 102, 74]];
var BUDGET = 12;
function fieldColours(ends = ENDS) {
  const parts = ends.length - 1;
  return Uint8Array.from({ length: 768 }, (_, i) => {
    const [at, channel] = [parts * Math.floor(i / 3) / 255, i % 3];
    const low = Math.min(parts - 1, Math.floor(at));
    return Math.round(ends[low][channel] + (at - low) * (ends[low + 1][channel] - ends[low][channel]));
  });
}
var slider2 = (label, low, high, step, digits) => ({ label, kind: "slider", low, high, step, digits, unit: "", shown: true });
var rate = (label) => ({ label, kind: "log", low: 1e-4, high: 0.01 });
var LOSS = { label: "loss", kind: "choice", options: Object.keys(LOSSES), shown: true };
var POINTS = { label: "real points", kind: "choice", options: DATA, shown: true };
var R1 = slider2("R1 penalty", 0, 2, 0.1, 1);
var CONTROLS = { "": { loss: LOSS, points: POINTS, r1: R1, lr: rate("learning rate") } };
var LESSON = {
  // as lesson 05 names them: what a tab holds
  "The game": {
    loss: LOSS,
    steps_D: slider2("steps of D in a turn", 1, 5, 1, 0),
    steps_G: slider2("steps of G in a turn", 1, 5, 1, 0),
    slow: { label: "slow motion", kind: "switch" }
  },
  "The remedy": {
    remedy: { label: "remedy", kind: "choice", options: Object.keys(REMEDIES), shown: true },
    shows: { label: "map shows", kind: "choice", options: SHOWN, shown: true }
  },
  "Real points": { points: POINTS },
  "Learning rates": { lr_D: rate("learning rate of D"), lr_G: rate("learning rate of G") }
};
var SLOW = 400;
function showField(parent, { label = "A GAN on points", lesson = false, values = {}, ...options } = {}) {
  const field = newField(options);
  Object.entries(values).forEach(([key, value]) => field.set(key, value));
  const [text, numbers2] = [make("p", { class: "gc-text", role: "status" }), make("div", { class: "gc-numbers" })];
  let running = 0;
  let slow = false;
  let turned = -Infinity;
  const change = (key, value) => {
    if (key === "slow") slow = value;
    else field.set(key, value);
    show();
  };
  const slopeColours = fieldColours(SLOPES);
  const stage = pointStage({ colourOf: (role) => COLOURS[role], fieldColours: fieldColours(), idle: () => true, change });
  const shows = {};
  const panel = (controls) => make("div", { class: "gc-controls" }, ...Object.entries(controls).map(([key, control]) => {
    const made = anyControl(key, { ...control, key }, change);
    shows[key] = made.show;
    return made.root;
  }));
  const tabs = lesson ? LESSON : CONTROLS;
  const pages = Object.values(tabs).map((controls) => make("div", { class: "gc-page" }, panel(controls)));
  const show = () => {
    const frame = unpack({ handles: [], ...field.frame() });
    if (frame.scale.says) frame.scale.colours = slopeColours;
    stage.show(frame);
    text.textContent = frame.text;
    numbers2.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
    Object.entries({ ...field.values, lr: field.values.lr_D }).forEach(([key, value]) => shows[key]?.(value));
  };
  const tick = () => {
    const now = performance.now();
    if (!slow || now - turned > SLOW) {
      turned = now;
      while (field.turn() && !slow && performance.now() < now + BUDGET) ;
      show();
    }
    if (running) running = requestAnimationFrame(tick);
  };
  const pause = () => {
    cancelAnimationFrame(running);
    running = 0;
    run.textContent = "Run";
  };
  const start = () => {
    run.textContent = "Pause";
    running ||= requestAnimationFrame(tick);
  };
  const step = (who) => () => {
    pause();
    if (who === "both") field.turn();
    else field.step(who);
    show();
  };
  const again2 = () => {
    pause();
    field.reset();
    show();
  };
  const button = (name, press) => {
    const node = make("button", { type: "button", class: "gc-button" }, name);
    keepKeys(node);
    node.addEventListener("click", press);
    return node;
  };
  const run = button("Run", () => running ? pause() : start());
  const steps = lesson ? [button("Step D", step("D")), button("Step G", step("G")), button("Step both", step("both"))] : [button("One turn", step("both"))];
  const root = make(
    "div",
    { class: "gc-live gc-train", role: "group", "aria-label": label },
    stage.root,
    numbers2,
    text,
    make("div", { class: "gc-run" }, run, ...steps, button("Start again", again2)),
    lesson ? tabRow(Object.keys(tabs), pages) : pages[0].firstChild
  );
  parent.append(root);
  show();
  const stop = () => {
    pause();
    stage.stop();
  };
  return { root, run: start, pause, step: step("both"), stop, field };
}

// opened.js
async function fetched(weights) {
  if (typeof weights !== "string" && !(weights instanceof URL)) return weights;
  const answer2 = await fetch(weights);
  if (!answer2.ok) throw new EngineError(`The generator's weights could not be fetched (${answer2.status}).`);
  return new Uint8Array(await answer2.arrayBuffer());
}
async function opened(element, weights, show) {
  try {
    const G = openGenerator(await fetched(weights));
    return { ...show(G), G };
  } catch (error) {
    const said = error instanceof EngineError ? error.message : "The generator's weights could not be fetched: is there a network?";
    if (!(error instanceof EngineError || error instanceof TypeError)) throw error;
    element.append(make("p", { class: "gc-link", role: "alert" }, said));
    return null;
  }
}

// pad.js
var KEYS = { ...ARROWS, PageUp: [0, 10], PageDown: [0, -10], Home: [-Infinity, 0], End: [Infinity, 0] };
function inside(v, { reach, step }) {
  return Math.min(reach, Math.max(-reach, Number((Math.round(v / step) * step).toFixed(6))));
}
function padMove(event, at, plane) {
  const move = KEYS[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return null;
  const by = plane.step * (event.shiftKey ? 5 : 1);
  return move.map((m, i) => inside(at[i] + m * by, plane));
}
function pad({ reach, step, moved }) {
  const canvas = make("canvas", { class: "gc-pixels", "aria-hidden": "true" });
  const mark = make("div", { class: "gc-pad-mark", "aria-hidden": "true" });
  const root = make("div", { class: "gc-pad", tabindex: 0, role: "application" }, canvas, mark);
  let at = [0, 0];
  let names = ["across", "up"];
  const show = (u, v, called = names) => {
    [at, names] = [[u, v], called];
    mark.style.left = `${50 * (1 + u / reach)}%`;
    mark.style.top = `${50 * (1 - v / reach)}%`;
    const told = `${u.toFixed(2)} across along ${names[0]}, ${v.toFixed(2)} up along ${names[1]}`;
    root.setAttribute("aria-label", `Pad, at ${told}. Arrow keys move it.`);
  };
  const go = ([u, v]) => {
    if (u === at[0] && v === at[1]) return;
    show(u, v);
    moved(u, v);
  };
  const follow = (event) => {
    go(placeIn(root.getBoundingClientRect(), event, reach).map((v) => inside(v, { reach, step })));
  };
  keepKeys(root);
  root.addEventListener("keydown", (event) => {
    const to = padMove(event, at, { reach, step });
    if (!to) return;
    event.preventDefault();
    go(to);
  });
  root.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    root.focus();
    root.setPointerCapture(event.pointerId);
    follow(event);
  });
  root.addEventListener("pointermove", (event) => root.hasPointerCapture(event.pointerId) && follow(event));
  show(0, 0);
  return { root, canvas, show };
}

// pixels.js
var OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
var [RED, GREEN, BLUE] = [0, 1, 2].map((at) => {
  const pixel = new Uint8Array(4);
  pixel[at] = 1;
  return new Uint32Array(pixel.buffer)[0];
});
var GREY2 = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];
function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}
function pixelOf(bytes, i, channels) {
  if (channels !== 3) return OPAQUE + bytes[i] * GREY2;
  return OPAQUE + bytes[3 * i] * RED + bytes[3 * i + 1] * GREEN + bytes[3 * i + 2] * BLUE;
}
function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}
function fillPixels(out, bytes) {
  const channels = bytes.length / out.length;
  for (let i = 0; i < out.length; i++) out[i] = pixelOf(bytes, i, channels);
}
function fillTiles(out, bytes, columns, side, gap, channels = 1) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes.length / channels; i++) {
    const tile = Math.floor(i / (side * side));
    const [row2, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row2) * width + tile % columns * pitch + x;
    out[at] = pixelOf(bytes, i, channels);
  }
}
function putPixels(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}
function paintPixels(canvas, view2, width, height) {
  putPixels(canvas, width, height, (out) => fillPixels(out, greys(view2)));
}
function paintTiles(canvas, view2, columns, side, gap = 0, channels = 1) {
  const bytes = greys(view2);
  const [width, height] = tiledSize(bytes.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap, channels));
}

// plane.js
var MAP_TILES = 7;
var RANDOM = ["random 1", "random 2"];
function netSource(G, { start, seed = 0, reach = 3, step = 0.05 }) {
  if (G.shape.length !== 3 || G.shape[0] !== 1) throw new EngineError("This net makes no grey images: give a generator of images.");
  let now = seed;
  const directions = {};
  let origin;
  const draw2 = (number) => {
    const plane2 = randomPlane(G.zDim, number);
    [origin, directions[RANDOM[0]], directions[RANDOM[1]]] = [plane2.origin, plane2.right, plane2.up];
  };
  draw2(now);
  if (start) {
    origin = Float32Array.from(start.origin);
    for (const [name, numbers2] of Object.entries(start.directions)) directions[name] = Float32Array.from(numbers2);
  }
  const names = [...start?.names ?? RANDOM];
  const plane = () => ({ origin, right: directions[names[0]], up: directions[names[1]] });
  return {
    side: G.side,
    step,
    reach,
    names,
    at: (u, v) => G.pixels(pointAt(plane(), u, v)),
    mapRow: (i) => G.pixels(gridRow(plane(), MAP_TILES, reach, i)),
    around: (u, v, key) => G.pixels(around(pointAt(plane(), u, v), directions[names[key === "u" ? 0 : 1]])),
    options: Object.keys(directions),
    elsewhere: () => draw2(++now)
  };
}
function showPlane(parent, source, label = "Latent plane") {
  const { reach, step, side, names } = source;
  const [picture, strip, caption] = [pixelCanvas("G(z)"), pixelCanvas("Neighbours"), make("figcaption")];
  picture.classList.add("gc-large");
  const text = make("p", { class: "gc-text", role: "status" });
  let at = [0, 0];
  let last = "u";
  let timer = 0;
  let mapTimer = 0;
  const shows = {};
  const rest = () => {
    if (!source.around) return;
    const along = names[last === "u" ? 0 : 1];
    paintTiles(strip, source.around(...at, last), 9, side, 1);
    caption.textContent = `Neighbours along ${along}, z in the middle`;
    strip.setAttribute("aria-label", caption.textContent);
  };
  const go = (u, v) => {
    if (u !== at[0] || v !== at[1]) last = Math.abs(v - at[1]) > Math.abs(u - at[0]) ? "v" : "u";
    at = [u, v];
    paintPixels(picture, source.at(u, v), side, side);
    shows.u(u);
    shows.v(v);
    square.show(u, v, names);
    text.textContent = `${u.toFixed(2)} along ${names[0]}, ${v.toFixed(2)} along ${names[1]}.`;
    picture.setAttribute("aria-label", `G(z). ${text.textContent}`);
    clearTimeout(timer);
    timer = setTimeout(rest, 50);
  };
  const square = pad({ reach, step, moved: go });
  const mapFrom = (row3, bytes = []) => {
    mapTimer = setTimeout(() => {
      const known = [...bytes, source.mapRow(row3)];
      if (known.length < MAP_TILES) return mapFrom(row3 + 1, known);
      paintTiles(square.canvas, joined(known, Uint8Array), MAP_TILES, side, 0, source.channels);
      square.root.dataset.mapped = "true";
    }, 0);
  };
  const remap = () => {
    clearTimeout(mapTimer);
    delete square.root.dataset.mapped;
    go(...at);
    mapFrom(0);
  };
  const choose = (index, name) => {
    const taken = names[1 - index] === name;
    if (taken) shows[index ? "up" : "across"](names[index]);
    else {
      names[index] = name;
      remap();
    }
  };
  const slider3 = (word) => ({ label: word, digits: 2, kind: "slider", low: -reach, high: reach, step, unit: "", shown: true });
  const choice2 = (word) => ({ label: `direction ${word}`, kind: "choice", options: source.options, shown: true });
  const made = [
    ["u", slider3("across"), (_, u) => go(u, at[1])],
    ["v", slider3("up"), (_, v) => go(at[0], v)],
    ...source.options ? [["across", choice2("across"), (_, name) => choose(0, name)], ["up", choice2("up"), (_, name) => choose(1, name)]] : []
  ].map(([key, control, changed]) => {
    const { root: root2, show } = anyControl(key, { ...control, key }, changed);
    shows[key] = show;
    return root2;
  });
  const buttons = make("div", { class: "gc-run" });
  if (source.elsewhere) {
    const node = make("button", { type: "button", class: "gc-button" }, "Somewhere else");
    keepKeys(node);
    node.addEventListener("click", () => {
      source.elsewhere();
      at = [0, 0];
      remap();
    });
    buttons.append(node);
  }
  const row2 = source.around ? [make("figure", { class: "gc-strip" }, strip, caption)] : [];
  const stage = make("div", { class: "gc-explorer gc-alone" }, square.root, picture, ...row2);
  const root = make(
    "div",
    { class: "gc-live", role: "group", "aria-label": label },
    stage,
    make("div", { class: "gc-controls" }, ...made),
    ...source.elsewhere ? [buttons] : [],
    text
  );
  shows.across?.(names[0]);
  shows.up?.(names[1]);
  parent.append(root);
  remap();
  return { root, go };
}

// widgets/engine.js
function mountExplorer(element, weights, options = {}) {
  return opened(element, weights, (G) => showPlane(element, netSource(G, options), options.label ?? "Latent explorer"));
}
function mountPointGan(element, { running = false, ...options } = {}) {
  const shown = showField(element, options);
  if (running) shown.run();
  return shown;
}
export {
  EngineError,
  mountExplorer,
  mountPointGan,
  openGenerator
};

// Built by `make build` from src/widgets/plane.js: edit there. f689cd0a6c90e4a5 91e4953f2daf54ac
// engine/safetensors.js
var EngineError = class extends Error {
};
var NAME = "gancourse";
var SCALE = ".scale";
function numbers(bytes2, dtype, at, end) {
  if (dtype === "F32") return new Float32Array(bytes2.buffer.slice(at, end));
  if (dtype === "F16") return fromHalves(new Uint16Array(bytes2.buffer.slice(at, end)));
  if (dtype === "I8") return Float32Array.from(new Int8Array(bytes2.buffer.slice(at, end)));
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
function headerOf(bytes2) {
  const view = new DataView(bytes2.buffer, bytes2.byteOffset, bytes2.byteLength);
  const size = bytes2.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (size > bytes2.length - 8) throw new EngineError("This is not a whole safetensors file: give one that gancourse wrote.");
  try {
    return [JSON.parse(new TextDecoder().decode(bytes2.subarray(8, 8 + size))), 8 + size];
  } catch {
    throw new EngineError("This is not a safetensors file: give one that gancourse wrote.");
  }
}
function readTensors(given) {
  const bytes2 = given instanceof Uint8Array ? given : new Uint8Array(given.buffer ?? given, given.byteOffset, given.byteLength);
  const [{ __metadata__: metadata = {}, ...entries }, start] = headerOf(bytes2);
  const base = bytes2.byteOffset + start;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [at, end] }] of Object.entries(entries)) {
    if (start + end > bytes2.length) throw new EngineError("This safetensors file ends too early: fetch it again.");
    const data = numbers(bytes2, dtype, base + at, base + end);
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
  leaky: (view, n, slope) => {
    const by = Math.fround(slope);
    for (let i = 0; i < n; i++) if (view[i] < 0) view[i] *= by;
  },
  tanh: (view, n) => {
    for (let i = 0; i < n; i++) view[i] = Math.tanh(view[i]);
  },
  sigmoid: (view, n) => {
    for (let i = 0; i < n; i++) view[i] = Math.tanh(view[i] / 2);
  }
};
function affine(tensor, prefix) {
  const [gain, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((n) => tensor(`${prefix}.${n}`).data);
  const factor = Float64Array.from(gain, (g, i) => g / Math.sqrt(variance[i] + EPS));
  return { factor, summand: Float64Array.from(bias, (b, i) => b - mean[i] * factor[i]) };
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
    const [channels, area] = to ? [to.channels, n / to.channels] : [n, 1];
    const from = (j) => to?.first ? j % channels * area + Math.floor(j / channels) : j;
    return {
      k,
      n,
      at: (i, j) => data[from(j) * k + i],
      channelOf: (j) => j % channels,
      biasOf: from,
      out: { channels, side: Math.sqrt(area) }
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
function squeeze(view, rows, n) {
  if (n !== eight(n)) for (let row2 = 1; row2 < rows; row2++) view.copyWithin(row2 * n, row2 * eight(n), row2 * eight(n) + n);
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
  let bytes2 = 0;
  const want = (n) => {
    const slot = { at: bytes2, n, view: null };
    bytes2 += Math.ceil(4 * n / ALIGN) * ALIGN;
    slots.push(slot);
    return slot;
  };
  const spread = (buffer) => slots.forEach((s) => s.view = new Float32Array(buffer, s.at, s.n));
  const open = (plain = false) => {
    wasm = wasm === void 0 && !plain ? compiled() : wasm;
    if (plain || !wasm) {
      spread(new ArrayBuffer(bytes2));
      const product2 = (a, b, bias, c, m, k, n) => plainProduct(a.view, b.view, bias.view, c.view, m, k, n);
      return { product: product2, kind: "JavaScript" };
    }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes2 / PAGE) });
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
  const area = side * side;
  for (let i = 0; i < area * channels; i++) out[i % channels * area + Math.floor(i / channels)] = slot.view[i];
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
function openGenerator(bytes2, { plain = false } = {}) {
  const file = readTensors(bytes2);
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

// dom.js
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
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
var unit = (a) => a.map((x) => x / Math.sqrt(dot(a, a)));
function randomPlane(zDim, seed) {
  const next = normals(seed);
  const [origin, a, b] = [0, 1, 2].map(() => Float32Array.from({ length: zDim }, next));
  const right = unit(a);
  const along = dot(b, right);
  return { origin, right, up: unit(b.map((x, i) => x - along * right[i])) };
}

// scales.js
function placeIn(box, { clientX, clientY }, half) {
  const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  return [half * (2 * x - 1), half * (1 - 2 * y)];
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
    const told2 = `${u.toFixed(2)} across along ${names[0]}, ${v.toFixed(2)} up along ${names[1]}`;
    root.setAttribute("aria-label", `Pad, at ${told2}. Arrow keys move it.`);
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

// bytes.js
function greys(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
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
function pixelOf(bytes2, i, channels) {
  if (channels !== 3) return OPAQUE + bytes2[i] * GREY2;
  return OPAQUE + bytes2[3 * i] * RED + bytes2[3 * i + 1] * GREEN + bytes2[3 * i + 2] * BLUE;
}
function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}
function fillPixels(out, bytes2) {
  const channels = bytes2.length / out.length;
  for (let i = 0; i < out.length; i++) out[i] = pixelOf(bytes2, i, channels);
}
function fillTiles(out, bytes2, columns, side, gap, channels = 1) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes2.length / channels; i++) {
    const tile = Math.floor(i / (side * side));
    const [row2, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row2) * width + tile % columns * pitch + x;
    out[at] = pixelOf(bytes2, i, channels);
  }
}
function putPixels(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}
function paintPixels(canvas, view, width, height) {
  putPixels(canvas, width, height, (out) => fillPixels(out, greys(view)));
}
function paintTiles(canvas, view, columns, side, gap = 0, channels = 1) {
  const bytes2 = greys(view);
  const [width, height] = tiledSize(bytes2.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes2, columns, side, gap, channels));
}

// plane.js
var MAP_TILES = 7;
var RANDOM = ["random 1", "random 2"];
function cellAt(u, v, { reach, step }) {
  return [Math.round((u + reach) / step), Math.round((reach - v) / step)];
}
function tileCell(i, perSide) {
  return Math.round((i + 0.5) / MAP_TILES * (perSide - 1));
}
async function sheetSource({ sprite, perSide, reach, side, names, channels = 1 }) {
  const step = 2 * reach / (perSide - 1);
  const image = new Image();
  image.src = sprite;
  await image.decode();
  const sheet = make("canvas", { width: image.width, height: image.height });
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const cell = (column, row2) => pen.getImageData(column * side, row2 * side, side, side).data.filter((_, i) => i % 4 < channels);
  const mapRow = (i) => {
    const tiles = Array.from({ length: MAP_TILES }, (_, j) => tileCell(j, perSide));
    return Uint8Array.from(tiles.flatMap((column) => [...cell(column, tiles[i])]));
  };
  return { side, channels, step, reach, names, at: (u, v) => cell(...cellAt(u, v, { reach, step })), mapRow };
}
function netSource(G, { start, seed = 0, reach = 3, step = 0.05 }) {
  if (G.shape.length !== 3 || G.shape[0] !== 1) throw new EngineError("This net makes no grey images: give a generator of images.");
  let now = seed;
  const directions = {};
  let origin;
  const draw = (number) => {
    const plane2 = randomPlane(G.zDim, number);
    [origin, directions[RANDOM[0]], directions[RANDOM[1]]] = [plane2.origin, plane2.right, plane2.up];
  };
  draw(now);
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
    elsewhere: () => draw(++now)
  };
}
function showPlane(parent, source2, label = "Latent plane") {
  const { reach, step, side, names } = source2;
  const [picture, strip, caption] = [pixelCanvas("G(z)"), pixelCanvas("Neighbours"), make("figcaption")];
  picture.classList.add("gc-large");
  const text = make("p", { class: "gc-text", role: "status" });
  let at = [0, 0];
  let last = "u";
  let timer = 0;
  let mapTimer = 0;
  const shows = {};
  const rest = () => {
    if (!source2.around) return;
    const along = names[last === "u" ? 0 : 1];
    paintTiles(strip, source2.around(...at, last), 9, side, 1);
    caption.textContent = `Neighbours along ${along}, z in the middle`;
    strip.setAttribute("aria-label", caption.textContent);
  };
  const go = (u, v) => {
    if (u !== at[0] || v !== at[1]) last = Math.abs(v - at[1]) > Math.abs(u - at[0]) ? "v" : "u";
    at = [u, v];
    paintPixels(picture, source2.at(u, v), side, side);
    shows.u(u);
    shows.v(v);
    square.show(u, v, names);
    text.textContent = `${u.toFixed(2)} along ${names[0]}, ${v.toFixed(2)} along ${names[1]}.`;
    picture.setAttribute("aria-label", `G(z). ${text.textContent}`);
    clearTimeout(timer);
    timer = setTimeout(rest, 50);
  };
  const square = pad({ reach, step, moved: go });
  const mapFrom = (row3, bytes2 = []) => {
    mapTimer = setTimeout(() => {
      const known = [...bytes2, source2.mapRow(row3)];
      if (known.length < MAP_TILES) return mapFrom(row3 + 1, known);
      paintTiles(square.canvas, joined(known, Uint8Array), MAP_TILES, side, 0, source2.channels);
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
  const slider2 = (word) => ({ label: word, digits: 2, kind: "slider", low: -reach, high: reach, step, unit: "", shown: true });
  const choice2 = (word) => ({ label: `direction ${word}`, kind: "choice", options: source2.options, shown: true });
  const made = [
    ["u", slider2("across"), (_, u) => go(u, at[1])],
    ["v", slider2("up"), (_, v) => go(at[0], v)],
    ...source2.options ? [["across", choice2("across"), (_, name) => choose(0, name)], ["up", choice2("up"), (_, name) => choose(1, name)]] : []
  ].map(([key, control, changed]) => {
    const { root: root2, show } = anyControl(key, { ...control, key }, changed);
    shows[key] = show;
    return root2;
  });
  const buttons = make("div", { class: "gc-run" });
  if (source2.elsewhere) {
    const node = make("button", { type: "button", class: "gc-button" }, "Somewhere else");
    keepKeys(node);
    node.addEventListener("click", () => {
      source2.elsewhere();
      at = [0, 0];
      remap();
    });
    buttons.append(node);
  }
  const row2 = source2.around ? [make("figure", { class: "gc-strip" }, strip, caption)] : [];
  const stage = make("div", { class: "gc-explorer gc-alone" }, square.root, picture, ...row2);
  const root = make(
    "div",
    { class: "gc-live", role: "group", "aria-label": label },
    stage,
    make("div", { class: "gc-controls" }, ...made),
    ...source2.elsewhere ? [buttons] : [],
    text
  );
  shows.across?.(names[0]);
  shows.up?.(names[1]);
  parent.append(root);
  remap();
  return { root, go };
}

// widgets/plane.js
var told = JSON.parse(document.querySelector("#plane").textContent);
var bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
var source = told.net ? netSource(openGenerator(bytes(told.net)), told) : await sheetSource(told);
showPlane(document.querySelector("main"), source);

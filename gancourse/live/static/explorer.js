// Built by `make build` from src/widgets/explorer.js: edit there. dc3174a5d6d441cd e63d723288ca23fd
// bytes.js
function greys(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
function floats(view) {
  if (!view) return null;
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
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
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

// film.js
var FRAME = 50;
function placeText(index, count) {
  return `Film: picture ${index + 1} of ${count}`;
}
function film(canvas, paint, done, place = () => {
}) {
  let timer = 0;
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = 0;
    delete canvas.dataset.film;
    place();
  };
  const play = (view, count, side) => {
    stop();
    let index = 0;
    const next = () => {
      if (index === count) {
        stop();
        return done();
      }
      canvas.dataset.film = index;
      place(index, count);
      paint(view, side, index++);
    };
    timer = setInterval(next, FRAME);
    next();
  };
  return { play, stop, plays: () => timer !== 0 };
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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
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
  let bytes = 0;
  const want = (n) => {
    const slot = { at: bytes, n, view: null };
    bytes += Math.ceil(4 * n / ALIGN) * ALIGN;
    slots.push(slot);
    return slot;
  };
  const spread = (buffer) => slots.forEach((s) => s.view = new Float32Array(buffer, s.at, s.n));
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
function gridOf(plane, n, reach) {
  return joined(Array.from({ length: n }, (_, i) => gridRow(plane, n, reach, i)));
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
function pictureOf(all, side, index, channels = 1) {
  const size = side * side * channels;
  return greys(all).subarray(index * size, (index + 1) * size);
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
function paintPixels(canvas, view, width, height) {
  putPixels(canvas, width, height, (out) => fillPixels(out, greys(view)));
}
function paintTiles(canvas, view, columns, side, gap = 0, channels = 1) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap, channels));
}

// own.js
var MOVES = ["u", "v", "by_1", "by_2"];
var SLACK = 2;
function movesOf(key, value) {
  if (key === "at") return { u: value[0], v: value[1] };
  return MOVES.includes(key) ? { [key]: value } : null;
}
function placeSentence(here, names) {
  const told = MOVES.map((move, i) => [here[move], names[i], i < 2]).filter(([value, , always]) => value || always);
  return `${told.map(([value, name]) => `${value < 0 ? "" : "+"}${value.toFixed(2)} along ${name}`).join(", ")}.`;
}
function lastMove(before, now, last) {
  const by = (move) => Math.abs(now[move] - before[move]);
  const most = MOVES.reduce((a, b) => by(b) > by(a) ? b : a);
  return by(most) ? most : last;
}
function own(open = openGenerator) {
  let net = null;
  let frame = null;
  let plane = null;
  let here = null;
  let last = "u";
  const take = ({ version, bytes }) => {
    if (!bytes || net?.version === version) return;
    try {
      net = { version, G: open(greys(bytes)), tried: false };
    } catch (error) {
      console.info(`G's pictures come from the kernel: ${error.message}`);
      net = { version, G: null };
    }
  };
  const tried = () => {
    if (net.tried) return;
    const [ours, theirs] = [picture(frame.values), pictureOf(frame.pixels, frame.side, (frame.count - 1) / 2)];
    const far = ours.length !== theirs.length || ours.some((level, i) => Math.abs(level - theirs[i]) > SLACK);
    if (far) net.G = null;
    net.tried = true;
  };
  const follow = (now, idle) => {
    frame = now;
    plane = { origin: floats(now.origin), along: now.moves.map(floats) };
    if (net?.G && net.version === now.weights) tried();
    if (!here || idle) {
      const to = Object.fromEntries(MOVES.map((move2) => [move2, now.values[move2]]));
      last = now.last;
      here = to;
    }
  };
  const ready = () => Boolean(frame && net?.G && net.version === frame.weights);
  const names = () => ["across", "up", "along_1", "along_2"].map((key) => frame.values[key]);
  const known = (at) => MOVES.every((move2, i) => plane.along[i] || !at[move2]);
  const origin = (at) => MOVES.slice(2).reduce((z, move2, i) => at[move2] ? line(z, plane.along[i + 2], [at[move2]]) : z, plane.origin);
  const flat = (at) => ({ origin: origin(at), right: plane.along[0], up: plane.along[1] });
  const picture = (at = here) => net.G.pixels(pointAt(flat(at), at.u, at.v));
  const move = (key, value) => {
    const change = ready() && movesOf(key, value);
    if (!change || !known({ ...here, ...change })) return false;
    const to = { ...here, ...change };
    last = lastMove(here, to, last);
    here = to;
    return true;
  };
  return {
    take,
    follow,
    move,
    ready,
    picture,
    wants: () => Boolean(frame?.net && frame.weights !== net?.version),
    row: () => net.G.pixels(around(pointAt(flat(here), here.u, here.v), plane.along[MOVES.indexOf(last)])),
    map: (n) => net.G.pixels(gridOf(flat(here), n, frame.reach)),
    mapKey: () => `${net.version}, ${frame.version}, ${here.by_1}, ${here.by_2}`,
    values: () => here,
    sentence: () => placeSentence(here, names()),
    along: () => names()[MOVES.indexOf(last)]
  };
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

// explorer.js
var QUIET = 150;
var MAP_EVERY = 1e3;
var NET_AFTER = 1500;
function mapWait(now, last) {
  return Math.max(QUIET, last + MAP_EVERY - now);
}
function classOf({ key, ctrlKey, metaKey, altKey }, names) {
  const index = /^[0-9]$/.test(key) && !ctrlKey && !metaKey && !altKey ? Number(key) : -1;
  return index < names.length ? index : -1;
}
function thumbRow(go, label, say) {
  const root = make("div", { class: "gc-thumbs", role: "group", "aria-label": label });
  const nodes = [];
  const grow = (index) => {
    const canvas = make("canvas", { class: "gc-pixels", "aria-hidden": "true" });
    const name = make("span");
    const button = make("button", { type: "button", class: "gc-thumb" }, canvas, name);
    keepKeys(button);
    button.addEventListener("click", () => go(index));
    nodes.push({ button, canvas, name });
    root.append(button);
  };
  const show = (names, picture, side, pressed = -1) => {
    while (nodes.length < names.length) grow(nodes.length);
    while (nodes.length > names.length) nodes.pop().button.remove();
    names.forEach((name, i) => {
      paintPixels(nodes[i].canvas, picture(i), side, side);
      nodes[i].name.textContent = name;
      nodes[i].button.setAttribute("aria-label", say(name));
      if (pressed >= 0) nodes[i].button.setAttribute("aria-pressed", i === pressed);
    });
    root.hidden = !names.length;
  };
  return { root, show };
}
function explorerStage(host, model) {
  const picture = pixelCanvas("G(z)");
  const strip = pixelCanvas("Neighbours");
  const other = pixelCanvas("");
  const caption = make("figcaption");
  const figure = make("figure", { class: "gc-beside" }, other, caption);
  const line2 = make("figcaption");
  const corner = make("div", { class: "gc-corner" });
  let frame = null;
  let painted = null;
  let mapAt = 0;
  let timer = 0;
  let rowTimer = 0;
  let netTimer = 0;
  const mine = own();
  const paintOne = (all, side, index) => paintPixels(
    picture,
    pictureOf(all, side, index, frame.channels),
    side,
    side
  );
  const bar = make("progress", { max: 1, "aria-label": "Place in the film" });
  const at = make("span");
  const place = make("div", { class: "gc-place", hidden: "" }, at, bar);
  const reel = film(picture, paintOne, () => paint(), (index, count) => {
    place.hidden = count === void 0;
    if (place.hidden) return;
    at.textContent = placeText(index, count);
    bar.value = count > 1 ? index / (count - 1) : 1;
  });
  const change = (key, value) => {
    reel.stop();
    host.change(key, value);
  };
  const pins = thumbRow((index) => change("go", index), "Pins", (name) => `Go to ${name}`);
  const classes = thumbRow((index) => change("label", index), "Classes", (name) => `Class ${name}`);
  const plane = pad({ ...model.get("pad"), moved: (u, v) => change("at", [u, v]) });
  picture.classList.add("gc-large");
  const root = make(
    "div",
    { class: "gc-explorer" },
    plane.root,
    picture,
    make("div", {}, place, corner, figure),
    make("figure", { class: "gc-strip" }, strip, line2),
    classes.root,
    pins.root
  );
  const typed = (event) => {
    const index = classOf(event, frame?.classNames ?? []);
    if (index < 0) return;
    event.preventDefault();
    event.stopPropagation();
    change("label", index);
  };
  root.addEventListener("keydown", typed, true);
  const paint = () => {
    if (reel.plays()) return;
    if (mine.ready()) paintPixels(picture, mine.picture(), frame.side, frame.side);
    else paintOne(frame.pixels, frame.side, (frame.count - 1) / 2);
  };
  const paintOwnMap = () => {
    if (mine.mapKey() === painted) return;
    painted = mine.mapKey();
    paintTiles(plane.canvas, mine.map(model.get("map").columns), model.get("map").columns, frame.side);
    plane.root.dataset.version = frame.version;
    plane.canvas.classList.remove("gc-old");
  };
  const paintMap = () => {
    const map = model.get("map");
    if (!map.pixels || mine.ready() && typeof painted === "string") return;
    if (map !== painted) paintTiles(plane.canvas, map.pixels, map.columns, map.side, 0, map.channels);
    painted = map;
    plane.root.dataset.version = map.version;
    plane.canvas.classList.toggle("gc-old", map.version !== frame.version);
  };
  const wantRest = () => {
    clearTimeout(timer);
    if (frame.brief) timer = setTimeout(() => host.send({ do: "rest" }), QUIET);
    else if (mine.ready()) timer = setTimeout(paintOwnMap, QUIET);
    else if (model.get("map").version !== frame.version) {
      timer = setTimeout(() => {
        mapAt = performance.now();
        host.send({ do: "map" });
      }, mapWait(performance.now(), mapAt));
    }
  };
  const paintRow = () => {
    const { side, count, channels } = frame;
    const row2 = greys(frame.pixels).subarray(0, count * side * side * channels);
    paintTiles(strip, row2, count, side, 1, channels);
    nameRow(frame.along);
    pins.show(frame.thumbs, (i) => pictureOf(frame.pixels, side, count + i, channels), side);
    const [first, names] = [count + frame.thumbs.length, frame.classes];
    classes.show(names, (i) => pictureOf(frame.pixels, side, first + i, channels), side, names.indexOf(frame.values.label));
  };
  const nameRow = (along) => {
    line2.textContent = `Neighbours along ${along}, z in the middle`;
    strip.setAttribute("aria-label", line2.textContent);
  };
  const paintOwnRest = () => {
    paintTiles(strip, mine.row(), frame.count, frame.side, 1);
    nameRow(mine.along());
    paintOwnMap();
  };
  const drawn = (key, value) => {
    if (!mine.move(key, value)) return null;
    const values = mine.values();
    paint();
    plane.show(values.u, values.v, frame.names);
    picture.setAttribute("aria-label", `G(z). ${mine.sentence()}`);
    clearTimeout(rowTimer);
    rowTimer = setTimeout(paintOwnRest, QUIET);
    return { values, text: mine.sentence() };
  };
  const taken = () => {
    mine.take(model.get("net"));
    if (frame) show(frame);
  };
  const wantNet = (now) => {
    if (frame?.weights === now.weights && netTimer) return;
    clearTimeout(netTimer);
    netTimer = setTimeout(() => mine.wants() && host.send({ do: "net" }), NET_AFTER);
  };
  const show = (now) => {
    wantNet(now);
    frame = { ...now, classNames: now.classes.length ? now.classes : frame?.classNames ?? [] };
    mine.follow({ ...now, reach: model.get("pad").reach }, host.idle());
    paint();
    picture.setAttribute("aria-label", `G(z). ${frame.text}`);
    if (!frame.brief) paintRow();
    figure.hidden = !frame.beside.pixels;
    if (frame.beside.pixels) {
      paintPixels(other, frame.beside.pixels, frame.beside.side, frame.beside.side);
      caption.textContent = frame.beside.caption;
      other.setAttribute("aria-label", frame.beside.caption);
    }
    if (host.idle()) plane.show(frame.values.u, frame.values.v, frame.names);
    root.closest(".gc-live")?.setAttribute("data-engine", mine.ready() ? "page" : "kernel");
    root.dataset.whole = !frame.brief;
    wantRest();
    paintMap();
  };
  const heard = (message, buffers) => message.film && reel.play(buffers[0], message.film, message.side);
  const mapped = () => {
    paintMap();
    wantRest();
  };
  model.on("change:map", mapped);
  model.on("change:net", taken);
  const opening = setTimeout(taken, 0);
  model.on("msg:custom", heard);
  const stop = () => {
    [timer, rowTimer, netTimer, opening].forEach(clearTimeout);
    reel.stop();
    model.off("change:net", taken);
    model.off("change:map", mapped);
    model.off("msg:custom", heard);
  };
  return { root, show, corner, stop, alone: mine.ready, own: drawn };
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

// link.js
var PATIENCE = 1200;
var BRIEF = 700;
var QUIET2 = 1e3;
var TOUCHES = ["pointerdown", "keydown", "focusin"];
var RESTARTS = ["restarting", "autorestarting"];
var SAYS = {
  restarted: "The kernel was restarted: run the first cell again, then this one.",
  dead: "The kernel is dead: restart it (menu Kernel), then run the cells again.",
  offline: "There is no connection to the kernel: waiting for it.",
  busy: "Waiting for the kernel: a cell is running.",
  restartedAlone: "The kernel was restarted. The pad goes on in the page; for the buttons run the first cell again, then this one.",
  deadAlone: "The kernel is dead. The pad goes on in the page; for the buttons restart it (menu Kernel).",
  offlineAlone: "There is no connection to the kernel. The pad goes on in the page.",
  busyAlone: "A cell is running. The pad goes on in the page; z in Python follows when the cell has ended.",
  silentAlone: "No kernel answers. The pad goes on in the page; for the buttons run this cell.",
  working: "Working on it.",
  silent: "The kernel does not answer yet: a cell may be running. If this stays, run this cell again."
};
function saying({ gone, late, working, status, connection, alone = false }) {
  const said = (name) => SAYS[alone ? `${name}Alone` : name];
  if (status === "dead") return said("dead");
  if (gone) return said("restarted");
  if (connection && connection !== "connected") return said("offline");
  if (!late) return working ? SAYS.working : "";
  return said(status === "busy" ? "busy" : "silent");
}
var madeUp = () => Math.random().toString(16).slice(2);
function controlMessage(kernel, id, content) {
  const msg_id = [1, 2, 3].map(madeUp).join("-");
  const header = {
    msg_id,
    msg_type: "comm_msg",
    username: kernel.username ?? "",
    session: kernel.clientId ?? "",
    date: (/* @__PURE__ */ new Date()).toISOString(),
    version: "5.2"
  };
  const data = { method: "custom", content };
  return { header, parent_header: {}, metadata: {}, channel: "control", buffers: [], content: { comm_id: id, data } };
}
function overControl(kernel, id) {
  if (!id || !kernel?.sendControlMessage) return null;
  return (content) => {
    try {
      kernel.sendControlMessage(controlMessage(kernel, id, content), false, true).done?.catch(() => {
      });
    } catch {
    }
  };
}
function link(model, root, alone = () => false) {
  const line2 = make("p", { class: "gc-link", role: "alert", hidden: "" });
  const kernelNow = () => model.widget_manager?.kernel ?? null;
  const kernel = kernelNow();
  const control = overControl(kernel, model.get("over_control"));
  let direct = null;
  let gone = false;
  let late = false;
  let wrong = "";
  const first = Date.now() % 1e9;
  const view = madeUp();
  let count = first;
  let waiting = [];
  const doing = /* @__PURE__ */ new Map();
  let sentAt = -Infinity;
  let timer = 0;
  const show = () => {
    gone ||= kernelNow() !== kernel;
    const working = [...doing.values()].some(Boolean);
    const state = { gone, late, working, status: kernel?.status, connection: kernel?.connectionStatus, alone: alone() };
    const text = saying(state) || wrong;
    line2.hidden = !text;
    line2.dataset.calm = text === SAYS.working;
    if (line2.textContent !== text) line2.textContent = text;
    const lost = gone || state.status === "dead";
    root.dataset.link = lost ? state.alone ? "alone" : "lost" : late ? "late" : "good";
    root.inert = root.dataset.link === "lost";
  };
  const knock = () => control?.({ ping: first, view });
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PATIENCE);
  };
  const look = () => {
    late = true;
    show();
    if (gone) return;
    if (!direct) knock();
    if (kernel?.status !== "busy") send({});
    arm();
  };
  const takesLong = (number) => {
    if (doing.has(number)) doing.set(number, true);
    show();
  };
  const ended = (number) => [...doing.keys()].forEach((n) => n <= number && doing.delete(n));
  const send = (content) => {
    const message = { ...content, ping: ++count, view, ...direct ? {} : { twice: true } };
    sentAt = performance.now();
    if (content.do) {
      doing.set(message.ping, false);
      setTimeout(() => takesLong(message.ping), BRIEF);
    }
    if (!waiting.length) arm();
    if (!waiting.length || Object.keys(content).length) waiting.push(message);
    try {
      if (direct) direct(message);
      else model.send(message);
    } catch {
      gone = true;
      show();
    }
  };
  const heard = (message) => {
    if (message.wrong) wrong = message.wrong;
    if ((message.view ?? view) === view) ended(message.did ?? message.pong - 1);
    if (message.pong !== void 0 && (message.view ?? view) === view) {
      if (waiting[0]?.ping <= message.pong) wrong = "";
      late = false;
      clearTimeout(timer);
      waiting = waiting.filter((m) => m.ping > message.pong);
      if (message.via === "control" && !direct) {
        direct = control;
        waiting.forEach(direct);
      }
      if (waiting.length) arm();
    }
    show();
  };
  const turned = (_, status) => {
    if (RESTARTS.includes(status)) gone = true;
    show();
  };
  const closed = () => {
    if (kernel === null) gone = true;
    else send({});
  };
  const touched = () => {
    if (!waiting.length && performance.now() - sentAt > QUIET2) send({});
  };
  model.on("msg:custom", heard);
  model.on("comm_live_update", closed);
  kernel?.statusChanged?.connect(turned);
  kernel?.connectionStatusChanged?.connect(show);
  for (const touch of TOUCHES) root.addEventListener(touch, touched, true);
  knock();
  const stop = () => {
    clearTimeout(timer);
    model.off("msg:custom", heard);
    model.off("comm_live_update", closed);
    kernel?.statusChanged?.disconnect(turned);
    kernel?.connectionStatusChanged?.disconnect(show);
  };
  return { root: line2, send, stop };
}

// requests.js
var LOST_AFTER = 2e3;
function requests(line2, also = {}) {
  let serial = Date.now() % 1e9;
  let inFlight = null;
  let waiting = null;
  let timer = 0;
  let later = 0;
  const send = () => {
    if (inFlight !== null || waiting === null) return;
    inFlight = ++serial;
    line2.send({ serial, values: waiting, ...also });
    waiting = null;
    timer = setTimeout(() => answered(inFlight), LOST_AFTER);
  };
  const answered = (number) => {
    if (number !== inFlight) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const ask = (values, quiet = 0) => {
    waiting = { ...waiting, ...values };
    clearTimeout(later);
    if (quiet) later = setTimeout(send, quiet);
    else send();
  };
  const flush = () => {
    clearTimeout(later);
    if (waiting === null) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const stop = () => [timer, later].forEach(clearTimeout);
  return { ask, flush, answered, idle: () => inFlight === null && waiting === null, stop };
}

// tabs.js
var MOVES2 = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
function tabAfter(key, i, count) {
  return key in MOVES2 ? Math.min(count - 1, Math.max(0, i + MOVES2[key])) : null;
}
function tabRow(titles, pages) {
  const own2 = Math.random().toString(36).slice(2);
  const list = make("div", { role: "tablist", class: "gc-tabs" });
  const heads = titles.map((title, i) => make("button", { type: "button", role: "tab", id: `gc-${own2}-${i}`, "aria-controls": `gc-${own2}-page-${i}` }, title));
  const choose = (chosen) => heads.forEach((head, i) => {
    head.setAttribute("aria-selected", i === chosen);
    head.tabIndex = i === chosen ? 0 : -1;
    pages[i].hidden = i !== chosen;
  });
  heads.forEach((head, i) => {
    pages[i].setAttribute("role", "tabpanel");
    pages[i].setAttribute("id", `gc-${own2}-page-${i}`);
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

// steered.js
var LAZY = 150;
var RESTING = ["ready", "finished", "failed", "stopped"];
var NEXT = { running: "Pause", paused: "Resume", stopped: "Resume", finished: "Go on", failed: "Try again" };
function runLabel(status, first) {
  return NEXT[status] ?? first;
}
function wanted(action, status) {
  return action === "run" && status === "running" ? "pause" : action;
}
function isOff(action, frame) {
  return frame.waiting || action === "stop" && RESTING.includes(frame.status);
}
function changedNames(numbers2, before, status, kept = []) {
  if (status === "running" || !before) return [];
  const old = new Map(before);
  const names = numbers2.filter(([name, value]) => old.get(name) !== value).map(([name]) => name);
  return names.length ? names : kept;
}
function pushButton(action, label, press) {
  const node = make("button", { type: "button", class: "gc-button", "data-do": action }, label);
  keepKeys(node);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") === "true" || press(action));
  return node;
}
function steered(stage, also) {
  const render = ({ model, el }) => {
    const parts = model.get("parts");
    const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": model.get("title") });
    const bar = make("progress", { max: 1, "aria-label": "How far the run is" });
    const numbers2 = make("div", { class: "gc-numbers" });
    const text = make("p", { class: "gc-text", role: "status" });
    const line2 = link(model, root, () => Boolean(scene?.alone?.()));
    let scene = null;
    const request = requests(line2, also);
    let frame = model.get("frame");
    let before = null;
    let changed = [];
    const press = (action) => {
      request.flush();
      line2.send({ do: wanted(action, frame.status) });
    };
    const shows = {};
    const change = (key, value) => {
      root.dataset.idle = "false";
      const drawn = scene.own?.(key, value);
      request.ask({ [key]: value }, drawn ? LAZY : 0);
      if (!drawn) {
        if (root.dataset.link === "alone") shows[key]?.(frame.values[key]);
        return;
      }
      Object.entries(drawn.values).forEach(([name, v]) => shows[name]?.(v));
      text.textContent = drawn.text;
    };
    const host = {
      colourOf: (role) => role ? model.get("colours")[role] : "var(--gc-ink)",
      fieldColours: model.get("field_colours"),
      idle: request.idle,
      change,
      send: line2.send
    };
    scene = stage(host, model);
    const buttons = parts.row.map(([action, label]) => pushButton(action, label, press));
    const pages = parts.tabs.map((tab) => {
      const made = Object.entries(tab.controls).map(([key, c]) => [key, anyControl(key, c, change)]);
      made.forEach(([key, control]) => shows[key] = control.show);
      const own2 = tab.buttons.map(([action, label]) => pushButton(action, label, press));
      buttons.push(...own2);
      const fields = make("div", { class: "gc-controls" }, ...made.map(([, control]) => control.root));
      return make("div", { class: "gc-page" }, ...own2.length ? [make("div", { class: "gc-run" }, ...own2)] : [], fields);
    });
    const first = parts.row[0][1];
    const mark = () => {
      root.dataset.status = frame.status;
      text.classList.toggle("gc-trouble", Boolean(frame.trouble));
      for (const button of buttons) {
        button.setAttribute("aria-disabled", isOff(button.dataset.do, frame));
        if (button.dataset.do === "run") button.textContent = runLabel(frame.status, first);
      }
    };
    const show = () => {
      frame = model.get("frame");
      request.answered(frame.serial);
      scene.show(unpack(frame));
      changed = changedNames(frame.numbers, before, frame.status, changed);
      numbers2.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", changed.includes(k) ? { class: "gc-changed" } : {}, v))));
      before = frame.numbers;
      bar.value = frame.progress ?? 0;
      bar.hidden = frame.progress === void 0;
      mark();
      if (text.textContent !== frame.text) text.textContent = frame.text;
      if (request.idle()) Object.entries(frame.values).forEach(([key, value]) => shows[key]?.(value));
      root.dataset.idle = request.idle();
    };
    model.on("change:frame", show);
    show();
    const row2 = make("div", { class: "gc-run" }, ...buttons.slice(0, parts.row.length));
    (scene.corner ?? root).append(bar, numbers2);
    root.prepend(scene.root);
    root.append(text, row2, tabRow(parts.tabs.map((tab) => tab.title), pages));
    el.append(line2.root, root);
    return () => {
      request.stop();
      line2.stop();
      scene.stop?.();
      model.off("change:frame", show);
    };
  };
  return { render };
}

// widgets/explorer.js
var explorer_default = steered(explorerStage, { brief: true });
export {
  explorer_default as default
};

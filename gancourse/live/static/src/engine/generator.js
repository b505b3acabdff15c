// A generator that runs in the page: openGenerator(bytes of a safetensors file) reads, folds, packs.

import { ACTS, affine, productStep } from "./layers.js";
import { newMemory } from "./memory.js";
import { layersOf } from "./nets.js";
import { EngineError, readTensors } from "./safetensors.js";

const FOLDS = ["dense", "conv", "up"];

// Steps without weights: each returns {after, run()} and may write where it reads.
const PLAIN = {
  nothing: (layer, before) => ({ after: before, run() {} }),
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
    return { after: before, run() {} };
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
  },
};

const sizeOf = ({ channels, side }) => channels * side * side;

function planned(layers, zDim, memory, tensor) {
  const z = { slot: memory.want(zDim), channels: zDim, side: 1 };
  const [steps, kept] = [[], { last: null }];
  let before = z;
  for (let i = 0; i < layers.length; i++) {
    const [layer, next] = [layers[i], layers[i + 1]];
    const folds = FOLDS.includes(layer.kind);
    const skips = folds && next?.kind === "nothing"; // an Unflatten, which changes no number
    const norm = folds ? layers[i + (skips ? 2 : 1)] : null;
    const folded = norm?.kind === "norm" ? norm : null;
    const step = folds
      ? productStep(layer, folded && affine(tensor, folded.prefix), before, memory, tensor)
      : PLAIN[layer.kind](layer, before, { memory, tensor, kept });
    if (folded) i += skips ? 2 : 1;
    steps.push(step);
    before = step.after;
  }
  return { z: z.slot, steps, end: before };
}

// An image with channels last, as one with channels first.
function channelsFirst({ slot, channels, side }, out) {
  const area = side * side;
  for (let i = 0; i < area * channels; i++) out[(i % channels) * area + Math.floor(i / channels)] = slot.view[i];
}

// Bytes of images in [-1, 1], rounded as PyTorch rounds: in float32, a half to the even number.
export function toPixels(x, out = new Uint8Array(x.length)) {
  for (let i = 0; i < x.length; i++) {
    const level = Math.fround(Math.fround(Math.min(1, Math.max(-1, x[i])) + 1) * 127.5);
    const low = Math.floor(level);
    const rest = level - low;
    out[i] = rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low;
  }
  return out;
}

// openGenerator(bytes, {plain}) returns {zDim, shape, side, kind, metadata, images(z), pixels(z)}.
// z holds the numbers of one or of several z in a row; images gives float32 [N, *shape], pixels
// bytes. `kind` is "WebAssembly" or "JavaScript"; `plain` asks for the latter. It throws an
// EngineError, whose message is a sentence, for a file that it cannot run.
export function openGenerator(bytes, { plain = false } = {}) {
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
    const out = new Float32Array((z.length / zDim) * size);
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

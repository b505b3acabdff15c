// Layers as steps on a block of memory. An image lies with its channels last, [side * side, channels];
// a vector is an image of one pixel. Batch norm that follows a product is folded into its weights.

import { EngineError } from "./safetensors.js";

const EPS = 1e-5; // of batch norm
const eight = (n) => 8 * Math.ceil(n / 8);

export const ACTS = {
  leaky: (view, n, slope) => {
    const by = Math.fround(slope);
    for (let i = 0; i < n; i++) if (view[i] < 0) view[i] *= by;
  },
  tanh: (view, n) => {
    for (let i = 0; i < n; i++) view[i] = Math.tanh(view[i]);
  },
  sigmoid: (view, n) => {
    for (let i = 0; i < n; i++) view[i] = Math.tanh(view[i] / 2); // 2 s(h) - 1
  },
};

// Batch norm in evaluation mode as a factor and a summand for each channel.
export function affine(tensor, prefix) {
  const [gain, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((n) => tensor(`${prefix}.${n}`).data);
  const factor = Float64Array.from(gain, (g, i) => g / Math.sqrt(variance[i] + EPS));
  return { factor, summand: Float64Array.from(bias, (b, i) => b - mean[i] * factor[i]) };
}

// A weight as rows of the matrix: at(i, j) is the number in row i, column j; column j has channel
// channelOf(j), to which the norm belongs, and the bias of number biasOf(j).
function packed({ k, n, at, channelOf, biasOf = channelOf, bias, norm }) {
  const [panels, sums] = [new Float32Array(eight(n) * k), new Float32Array(eight(n))];
  for (let j = 0; j < n; j++) {
    const channel = channelOf(j);
    const factor = norm?.factor[channel] ?? 1;
    const start = (j >> 3) * k * 8 + (j & 7);
    for (let i = 0; i < k; i++) panels[start + 8 * i] = at(i, j) * factor;
    sums[j] = (bias?.[biasOf(j)] ?? 0) * factor + (norm?.summand[channel] ?? 0);
  }
  return { panels, sums };
}

const MATRICES = {
  // [out, in]; columns are reordered so that channels come last
  dense: ({ shape: [n, k], data }, { to }, { channels: inside, side }) => {
    if (k !== inside * side * side) throw new EngineError(`A dense layer wants ${k} numbers and gets ${inside * side * side}.`);
    const [channels, area] = to ? [to.channels, n / to.channels] : [n, 1];
    const from = (j) => (to?.first ? (j % channels) * area + Math.floor(j / channels) : j);
    return { k, n, at: (i, j) => data[from(j) * k + i], channelOf: (j) => j % channels, biasOf: from,
      out: { channels, side: Math.sqrt(area) } };
  },
  // [out, in, kernel, kernel]; rows are (y, x, in)
  conv: ({ shape: [n, inside, kernel], data }, { pad }, { side }) => {
    const at = (i, j) => data[(j * inside + (i % inside)) * kernel * kernel + Math.floor(i / inside)];
    return { k: kernel * kernel * inside, n, at, channelOf: (j) => j, kernel, out: { channels: n, side: side + 2 * pad - kernel + 1 } };
  },
  // [in, out, kernel, kernel]; columns are (y, x, out)
  up: ({ shape: [k, outside, kernel], data }, { stride, pad, more }, { side }) => {
    const at = (i, j) => data[(i * outside + (j % outside)) * kernel * kernel + Math.floor(j / outside)];
    return { k, n: outside * kernel * kernel, at, channelOf: (j) => j % outside, kernel,
      out: { channels: outside, side: (side - 1) * stride - 2 * pad + kernel + more } };
  },
};

const RUNS = {
  dense: (matrix, layer, before, { want }) => {
    const c = want(eight(matrix.n));
    return { slot: c, run: ({ product }, m) => product(before.slot, m.panels, m.sums, c, 1, matrix.k, eight(matrix.n)) };
  },
  // Rows of the product are patches of the image, copied out of one with zeros around it.
  conv: (matrix, { pad }, { slot: a, channels, side }, { want }) => {
    const [{ kernel, k, n, out }, wide] = [matrix, side + 2 * pad];
    const [framed, patches] = [want(wide * wide * channels), want(out.side ** 2 * k)];
    const [c, line] = [want(out.side ** 2 * eight(n)), kernel * channels];
    const run = ({ product }, m) => {
      for (let y = 0; y < side; y++) {
        framed.view.set(a.view.subarray(y * side * channels, (y + 1) * side * channels), ((y + pad) * wide + pad) * channels);
      }
      for (let y = 0, to = 0; y < out.side; y++) {
        for (let x = 0; x < out.side; x++) {
          for (let row = 0, from = (y * wide + x) * channels; row < kernel; row++, to += line, from += wide * channels) {
            patches.view.set(framed.view.subarray(from, from + line), to);
          }
        }
      }
      product(patches, m.panels, m.sums, c, out.side ** 2, k, eight(n));
      squeeze(c.view, out.side ** 2, n);
    };
    return { slot: c, run };
  },
  // The product gives each pixel's patch; patches are added where they overlap.
  up: ({ kernel, k, n, out }, { stride, pad }, { slot: a, side }, { want }) => {
    const [patches, c, zeros] = [want(side * side * eight(n)), want(out.side ** 2 * out.channels), want(eight(n))];
    const run = ({ product }, m) => {
      product(a, m.panels, zeros, patches, side * side, k, eight(n));
      for (let i = 0; i < c.n; i += out.channels) c.view.set(m.sums.view.subarray(0, out.channels), i);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) addPatch(patches.view, (y * side + x) * eight(n), c.view, out, kernel, y * stride - pad, x * stride - pad);
      }
    };
    return { slot: c, run };
  },
};

function addPatch(patches, from, c, { side, channels }, kernel, top, left) {
  const [first, last] = [Math.max(0, -left), Math.min(kernel, side - left)];
  for (let row = 0; row < kernel; row++) {
    const y = top + row;
    if (y < 0 || y >= side) continue;
    const [at, to] = [from + (row * kernel + first) * channels, (y * side + left + first) * channels];
    const n = (last - first) * channels;
    for (let i = 0; i < n; i++) c[to + i] += patches[at + i];
  }
}

// Takes out the columns that only filled a panel up.
function squeeze(view, rows, n) {
  if (n !== eight(n)) for (let row = 1; row < rows; row++) view.copyWithin(row * n, row * eight(n), row * eight(n) + n);
}

// A step that is a product: its weights wait in `fill`, which is called when the memory is there.
export function productStep(layer, norm, before, memory, tensor) {
  const matrix = MATRICES[layer.kind](tensor(`${layer.prefix}.weight`), layer, before);
  const { panels, sums } = packed({ ...matrix, bias: tensor(`${layer.prefix}.bias`, true)?.data, norm });
  const held = { panels: memory.want(panels.length), sums: memory.want(sums.length) };
  const { slot, run } = RUNS[layer.kind](matrix, layer, before, memory);
  const fill = () => {
    held.panels.view.set(panels);
    held.sums.view.set(sums);
  };
  return { after: { slot, ...matrix.out }, fill, run: (block) => run(block, held) };
}

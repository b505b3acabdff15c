// The operations of a recording on arrays {d: Float64Array, s: shape}, as NumPy and PyTorch do them.

const fill = (n, f) => {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = f(i);
  return out;
};
const size = (shape) => shape.reduce((a, b) => a * b, 1);
export const scalar = (value) => ({ d: Float64Array.of(value), s: [] });

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x))); // PyTorch's own threshold

// The nearest number with so many digits; halves to the even one, as Python does.
export function rounded(x, digits) {
  const scale = 10 ** digits;
  const at = x * scale;
  const low = Math.floor(at);
  const up = at - low > 0.5 || (at - low === 0.5 && low % 2 !== 0);
  return Number.isFinite(at) ? (low + (up ? 1 : 0)) / scale : x;
}

const ONE = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  sign: Math.sign,
  square: (x) => x * x,
  relu: (x) => Math.max(0, x),
  sigmoid,
  softplus,
  logsigmoid: (x) => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x))),
  logit: (x) => Math.log(x / (1 - x)),
};
const TWO = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: (x, y) => x ** y,
  hypot: Math.hypot,
  maximum: Math.max,
  minimum: Math.min,
  gt: (x, y) => Number(x > y),
  ge: (x, y) => Number(x >= y),
  lt: (x, y) => Number(x < y),
  le: (x, y) => Number(x <= y),
  eq: (x, y) => Number(x === y),
  ne: (x, y) => Number(x !== y),
  logaddexp: (x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)))),
};
const REDUCED = { sum: (x, y) => x + y, max: Math.max, min: Math.min };

function shared(arrays) {
  const n = Math.max(...arrays.map((a) => a.s.length));
  const padded = arrays.map((a) => [...Array(n - a.s.length).fill(1), ...a.s]);
  return Array.from({ length: n }, (_, i) => {
    const wide = padded.map((s) => s[i]).filter((m) => m !== 1);
    return wide.length ? wide[0] : 1;
  });
}

const origins = new Map();

// Where each place of a broadcast array comes from.
function origin({ s: own }, shape) {
  const key = `${own}|${shape}`;
  if (origins.has(key)) return origins.get(key);
  const s = [...Array(shape.length - own.length).fill(1), ...own];
  const places = new Int32Array(size(shape));
  for (let i = 0; i < places.length; i++) {
    let [rest, place, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      if (s[axis] !== 1) place += at * stride;
      stride *= s[axis];
    }
    places[i] = place;
  }
  if (origins.size > 200) origins.clear(); // of lengths that come and go
  origins.set(key, places);
  return places;
}

function one(f, { d, s }) {
  const out = new Float64Array(d.length);
  for (let i = 0; i < out.length; i++) out[i] = f(d[i]);
  return { d: out, s };
}

// Both arrays have the same shape, or one holds a single number, or they are broadcast.
function two(f, a, b) {
  const [x, y] = [a.d, b.d];
  const alike = a.s.length === b.s.length && a.s.every((n, i) => n === b.s[i]);
  if (!alike && x.length !== 1 && y.length !== 1) return each(f, [a, b]);
  const shape = alike ? a.s : shared([a, b]);
  const out = new Float64Array(size(shape));
  if (alike) for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[i]);
  else if (y.length === 1) for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[0]);
  else for (let i = 0; i < out.length; i++) out[i] = f(x[0], y[i]);
  return { d: out, s: shape };
}

function each(f, arrays) {
  const shape = shared(arrays);
  const [a, b, c = b] = arrays.map((array) => array.d);
  const [from, by, also = by] = arrays.map((array) => origin(array, shape));
  const out = new Float64Array(from.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a[from[i]], b[by[i]], c[also[i]]);
  return { d: out, s: shape };
}

function reduced(f, { d, s }, axes) {
  let [data, shape] = [d, s];
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const [n, inner] = [shape[axis], size(shape.slice(axis + 1))];
    const [from, outer] = [data, size(shape.slice(0, axis))];
    data = fill(outer * inner, (i) => {
      const start = Math.floor(i / inner) * n * inner + (i % inner);
      let total = n ? from[start] : 0;
      for (let k = 1; k < n; k++) total = f(total, from[start + k * inner]);
      return total;
    });
    shape = shape.filter((_, i) => i !== axis);
  }
  return { d: data, s: shape };
}

// The numbers at places, which are told as runs: first place, step, count.
function take(arrays, [shape, runs]) {
  let from = arrays[0].d;
  if (arrays.length > 1) {
    from = new Float64Array(arrays.reduce((n, a) => n + a.d.length, 0));
    arrays.reduce((at, a) => (from.set(a.d, at), at + a.d.length), 0);
  }
  const out = new Float64Array(size(shape));
  let at = 0;
  for (let r = 0; r < runs.length; r += 3)
    for (let k = 0; k < runs[r + 2]; k++) out[at++] = from[runs[r] + k * runs[r + 1]];
  return { d: out, s: shape };
}

function searchsorted(line, { d, s }) {
  return { d: d.map((x) => {
    let [low, high] = [0, line.d.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (line.d[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }), s };
}

function compress(array, mask) {
  const d = array.d.filter((_, i) => mask.d[i]);
  return { d, s: [d.length] };
}

function cumsum({ d, s }) {
  const n = s[s.length - 1];
  let total = 0;
  return { d: d.map((x, i) => (total = i % n ? total + x : x)), s };
}

// The number that stands at place k when a row is sorted, for each row.
function kth({ d, s }, k) {
  const n = s[s.length - 1];
  return { d: fill(d.length / n, (i) => d.slice(i * n, (i + 1) * n).sort()[k]), s: s.slice(0, -1) };
}

function table([at, values], [low, step]) {
  const i = Math.round((at.d[0] - low) / step);
  return scalar(values.d[Math.max(0, Math.min(values.d.length - 1, i))]);
}

// What an operation gives of its inputs; `settings` belong to the operation.
export function operate(op, inputs, settings) {
  if (op in TWO) return two(TWO[op], inputs[0], inputs[1]);
  if (op in ONE) return one(ONE[op], inputs[0]);
  if (op in REDUCED) return reduced(REDUCED[op], inputs[0], settings);
  if (op === "take") return take(inputs, settings);
  if (op === "where") return each((yes, x, y) => (yes ? x : y), inputs);
  if (op === "round") return one((x) => rounded(x, settings), inputs[0]);
  if (op === "cumsum") return cumsum(inputs[0]);
  if (op === "searchsorted") return searchsorted(...inputs);
  if (op === "kth") return kth(inputs[0], settings);
  if (op === "compress") return compress(...inputs);
  if (op === "index") return { d: inputs[1].d.map((i) => inputs[0].d[i]), s: inputs[1].s };
  if (op === "table") return table(inputs, settings);
  throw new Error(`a recording needs ${op}, which this page does not have`);
}

// The two players of a GAN on points, and how they learn: dense layers with LeakyReLU 0.2, Adam, the
// six pairs of losses and lesson 12's remedies, in float64. It is gancourse.train's both_steps.

const LEAK = 0.2;
const EPS = 1e-8; // of Adam
const s = (x) => (1 + Math.tanh(x / 2)) / 2;

// Slopes by a real and a fake logit of d_loss, and by a fake one of g_loss, as gancourse/losses.py.
export const LOSSES = {
  minimax: { dReal: (r) => -s(-r), dFake: (r, f) => s(f), gFake: (r, f) => -s(f) },
  "non-saturating": { dReal: (r) => -s(-r), dFake: (r, f) => s(f), gFake: (r, f) => -s(-f) },
  "least-squares": { dReal: (r) => 2 * (r - 1), dFake: (r, f) => 2 * f, gFake: (r, f) => 2 * (f - 1) },
  hinge: { dReal: (r) => (r < 1 ? -1 : 0), dFake: (r, f) => (f > -1 ? 1 : 0), gFake: () => -1 },
  wasserstein: { dReal: () => -1, dFake: () => 1, gFake: () => -1 },
  relativistic: { dReal: (r, f) => -s(f - r), dFake: (r, f) => s(f - r), gFake: (r, f) => -s(r - f), pairs: true },
};

// What may be done to D, by name, as fields of a recipe: gancourse/train/remedies.py.
export const REMEDIES = {
  none: {}, clipping: { clip: 0.1 }, "WGAN-GP": { gp: 1 }, "spectral norm": { spectral: true }, R1: { r1: 0.1 },
  "R1 + R2": { r1: 0.1, r2: 0.1 }, "packing 2": { pack: 2 }, "packing 4": { pack: 4 },
};

// newPlayer(sizes, fill): layers {W [out, in], b [out]} with their gradients and Adam's averages;
// fill(n, inputs) gives the first n numbers of a tensor.
export function newPlayer(sizes, fill) {
  const tensor = (n, inputs) => ({ value: Float64Array.from(fill(n, inputs)), grad: new Float64Array(n),
    mean: new Float64Array(n), square: new Float64Array(n) });
  const layers = sizes.slice(1).map((out, i) => ({ inputs: sizes[i], out, W: tensor(out * sizes[i], sizes[i]), b: tensor(out, sizes[i]) }));
  return { layers, steps: 0 };
}

// Divides each weight of a player by its largest singular value from now on; `next` draws the vector at
// which the power iteration begins. As torch.nn.utils.parametrizations.spectral_norm.
export function spectral(player, next) {
  for (const layer of player.layers) {
    layer.power = { u: unit(Float64Array.from({ length: layer.out }, next)), v: new Float64Array(layer.inputs) };
    powerStep(layer, 15);
  }
  return player;
}

function unit(x) {
  const norm = Math.max(1e-12, Math.hypot(...x));
  return x.map((value) => value / norm);
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

// The weight that a layer works with: W, or W / sigma. Each use while it learns is a step of the iteration.
function weightOf(layer, learns) {
  if (!layer.power) return { w: layer.W.value };
  if (learns) powerStep(layer, 1);
  const { u, v } = layer.power;
  const sigma = timesW(layer, v).reduce((sum, h, j) => sum + u[j] * h, 0);
  return { w: layer.W.value.map((value) => value / sigma), u, v, sigma };
}

// Adds the loss's slopes by a weight as it was used to those by W: sigma depends on W, too.
function addToW({ inputs, W: { value, grad } }, { u, v, sigma }, slopes) {
  const along = slopes.reduce((sum, g, i) => sum + g * value[i], 0) / sigma ** 2;
  for (let i = 0; i < grad.length; i++) grad[i] += slopes[i] / sigma - along * u[Math.floor(i / inputs)] * v[i % inputs];
}

// How PyTorch draws a linear layer: uniform in +-1 / sqrt(inputs).
export function uniformFill(uniform) {
  return (n, inputs) => Float64Array.from({ length: n }, () => (2 * uniform() - 1) / Math.sqrt(inputs));
}

// h[row, j] = b[j] + x[row] W[j]. Four rows at a time: four sums do not wait for each other.
function affine({ inputs, out, b }, w, x, n) {
  const h = new Float64Array(n * out);
  let row = 0;
  for (; row + 4 <= n; row += 4) {
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((more) => (row + more) * inputs);
    for (let j = 0; j < out; j++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = 0, at = j * inputs; i < inputs; i++) {
        const v = w[at + i];
        s0 += v * x[r0 + i]; s1 += v * x[r1 + i]; s2 += v * x[r2 + i]; s3 += v * x[r3 + i];
      }
      const [to, bias] = [row * out + j, b.value[j]];
      h[to] = s0 + bias; h[to + out] = s1 + bias; h[to + 2 * out] = s2 + bias; h[to + 3 * out] = s3 + bias;
    }
  }
  for (; row < n; row++) {
    for (let j = 0; j < out; j++) {
      let sum = b.value[j];
      for (let i = 0; i < inputs; i++) sum += w[j * inputs + i] * x[row * inputs + i];
      h[row * out + j] = sum;
    }
  }
  return h;
}

// The layers' outputs for n rows x, before LeakyReLU; the last one is the player's answer. `learns`: it
// is asked in a step, which a spectral norm counts.
export function forward({ layers }, x, n, learns = false) {
  const held = [];
  let input = x;
  layers.forEach((layer, k) => {
    const weight = weightOf(layer, learns);
    const h = affine(layer, weight.w, input, n);
    held.push({ input, h, weight });
    input = k + 1 < layers.length ? h.map((v) => (v > 0 ? v : LEAK * v)) : h;
  });
  return held;
}

export const answer = (held) => held[held.length - 1].h;

// Multiplies slopes by LeakyReLU's where its input h was.
function leaked(slopes, h) {
  for (let i = 0; i < slopes.length; i++) if (!(h[i] > 0)) slopes[i] *= LEAK;
  return slopes;
}

// to[at..] += a p + b q + c r + d s, for rows that begin at these places of `from`.
function addFour(to, at, n, from, [p, q, r, t], a, b, c, d) {
  for (let i = 0; i < n; i++) to[at + i] += a * from[p + i] + b * from[q + i] + c * from[r + i] + d * from[t + i];
}

function addOne(to, at, n, from, p, a) {
  for (let i = 0; i < n; i++) to[at + i] += a * from[p + i];
}

// slopes [n, out] w [out, in], the slopes by a layer's input.
function through({ inputs, out }, { w }, slopes, n) {
  const back = new Float64Array(n * inputs);
  for (let row = 0; row < n; row++) {
    const [at, from] = [row * inputs, row * out];
    let j = 0;
    for (; j + 4 <= out; j += 4) {
      const to = j * inputs;
      addFour(back, at, inputs, w, [to, to + inputs, to + 2 * inputs, to + 3 * inputs],
        slopes[from + j], slopes[from + j + 1], slopes[from + j + 2], slopes[from + j + 3]);
    }
    for (; j < out; j++) addOne(back, at, inputs, w, j * inputs, slopes[from + j]);
  }
  return back;
}

// Adds the slopes' products with the input, summed over n rows, to the gradient of a layer's W.
function addOuter(layer, weight, slopes, input, n) {
  if (!weight.sigma) return addProducts(layer.W.grad, slopes, input, layer, n);
  const found = new Float64Array(layer.W.grad.length);
  addProducts(found, slopes, input, layer, n);
  addToW(layer, weight, found);
}

function addProducts(grad, slopes, input, { inputs, out }, n) {
  for (let j = 0; j < out; j++) {
    const at = j * inputs;
    let row = 0;
    for (; row + 4 <= n; row += 4) {
      const [from, x] = [row * out + j, row * inputs];
      addFour(grad, at, inputs, input, [x, x + inputs, x + 2 * inputs, x + 3 * inputs],
        slopes[from], slopes[from + out], slopes[from + 2 * out], slopes[from + 3 * out]);
    }
    for (; row < n; row++) addOne(grad, at, inputs, input, row * inputs, slopes[row * out + j]);
  }
}

// Takes slopes by the answer back to the input, which it returns; with `learn` it adds to the gradients.
export function backward({ layers }, held, slopes, n, learn = true) {
  let now = slopes;
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

// Adds a penalty on the slope g of D's logit by its input: push(g) gives the penalty's slopes by g, one
// row. D is made of straight pieces, so that g is a product of weights, and the biases have no part.
export function addPenalty(D, x, n, push) {
  const { layers } = D;
  const held = forward(D, x, n, true);
  const chain = []; // chain[k]: slopes of the logit by the output of layer k
  let now = new Float64Array(n).fill(1);
  for (let k = layers.length - 1; k >= 0; k--) {
    chain[k] = now;
    now = through(layers[k], held[k].weight, now, n);
    if (k) leaked(now, held[k - 1].h);
  }
  const inputs = layers[0].inputs;
  let back = new Float64Array(n * inputs);
  for (let row = 0; row < n; row++) back.set(push(now.subarray(row * inputs, (row + 1) * inputs)).map((v) => v / n), row * inputs);
  layers.forEach((layer, k) => {
    const { w } = held[k].weight;
    addOuter(layer, held[k].weight, chain[k], back, n);
    const next = new Float64Array(n * layer.out);
    for (let row = 0; row < n; row++) {
      for (let j = 0; j < layer.out; j++) {
        let sum = 0;
        for (let i = 0; i < layer.inputs; i++) sum += w[j * layer.inputs + i] * back[row * layer.inputs + i];
        next[row * layer.out + j] = sum;
      }
    }
    back = k + 1 < layers.length ? leaked(next, held[k].h) : next;
  });
}

// 1/2 |g|^2 (R1 at real, R2 at fake samples), and (|g| - 1)^2 (WGAN-GP at points between them).
export const PENALTIES = {
  zero: (weight) => (g) => g.map((v) => weight * v),
  one: (weight) => (g) => {
    const norm = Math.hypot(...g);
    return g.map((v) => (norm ? (2 * weight * (norm - 1) * v) / norm : 0));
  },
};

export function adamStep(player, lr, [beta1, beta2]) {
  player.steps += 1;
  const [by1, by2] = [1 - beta1 ** player.steps, 1 - beta2 ** player.steps];
  for (const tensor of player.layers.flatMap(({ W, b }) => [W, b])) {
    const { value, grad, mean, square } = tensor;
    for (let i = 0; i < value.length; i++) {
      mean[i] += (1 - beta1) * (grad[i] - mean[i]);
      square[i] = beta2 * square[i] + (1 - beta2) * grad[i] * grad[i];
      value[i] -= (lr / by1) * mean[i] / (Math.sqrt(square[i]) / Math.sqrt(by2) + EPS);
      grad[i] = 0;
    }
  }
}

const mean = (values, f) => values.reduce((sum, v) => sum + f(v), 0) / values.length;

// bothSteps({G, D}, recipe, xReal, z, n, mix) takes one step of D and one of G on n real points and z;
// recipe is {loss, lrD, lrG, betas} and a remedy's fields, mix the weights of the WGAN-GP penalty. It
// returns the means of D(x) and D(G(z)) that D's step saw. D of packs takes `pack` points in a row.
export function bothSteps(game, recipe, xReal, z, n, mix) {
  const made = forward(game.G, z, n);
  const says = dStep(game, recipe, xReal, answer(made), n, mix);
  gStep(game, recipe, xReal, made, n);
  return says;
}

// A step of D on n real and n fake points; gives D's means on both, as they were before it.
export function dStep({ D }, { loss, r1 = 0, r2 = 0, gp = 0, clip = 0, pack = 1, lrD, betas }, xReal, xFake, n, mix) {
  const [slopes, rows] = [LOSSES[loss], n / pack];
  const [real, fake] = [xReal, xFake].map((x) => forward(D, x, rows, true));
  const [r, f] = [answer(real), answer(fake)];
  backward(D, real, r.map((v, i) => slopes.dReal(v, f[i]) / rows), rows);
  backward(D, fake, f.map((v, i) => slopes.dFake(r[i], v) / rows), rows);
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

// A step of G; `made` is what forward(G, z, n) gave.
export function gStep({ G, D }, { loss, pack = 1, lrG, betas }, xReal, made, n) {
  backward(G, made, pushes(D, { loss, pack }, xReal, answer(made), n, true).map((v) => (v * pack) / n), n);
  adamStep(G, lrG, betas);
}

// The slopes of G's loss, summed over the packs of fakes, by each fake [n, 2].
export function pushes(D, { loss, pack = 1 }, xReal, xFake, n, learns = false) {
  const [slopes, rows] = [LOSSES[loss], n / pack];
  const fake = forward(D, xFake, rows, learns);
  const r = slopes.pairs ? answer(forward(D, xReal, rows, learns)) : [];
  return backward(D, fake, answer(fake).map((v, i) => slopes.gFake(r[i], v)), rows, false);
}

// Each of n points [n, 2] so often side by side.
function copies(x, pack) {
  if (pack === 1) return x;
  return Float64Array.from({ length: x.length * pack }, (_, i) => x[2 * Math.floor(i / (2 * pack)) + (i % 2)]);
}

// D(x) of each of n points; a D of packs sees copies of the point.
export const opinion = (D, x, n, pack = 1) => answer(forward(D, copies(x, pack), n)).map(s);

// How steep D's logit is at each of n points, |grad D|.
export function slopes(D, x, n, pack = 1) {
  const back = backward(D, forward(D, copies(x, pack), n), new Float64Array(n).fill(1), n, false);
  return Float64Array.from({ length: n }, (_, row) => {
    const slope = [0, 0];
    for (let i = 0; i < 2 * pack; i++) slope[i % 2] += back[2 * pack * row + i];
    return Math.hypot(...slope);
  });
}

// The largest slope of D's logit at n points, 0 where there are none.
export const steepest = (D, x, n, pack = 1) => Math.max(0, ...slopes(D, x, n, pack));

// The two players of a GAN on points, and how they learn: dense layers with LeakyReLU 0.2, Adam, the
// six pairs of losses and the gradient penalties, in float64. It is gancourse.train's both_steps.

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
  relativistic: { dReal: (r, f) => -s(f - r), dFake: (r, f) => s(f - r), gFake: (r, f) => -s(r - f) },
};

// newPlayer(sizes, fill): layers {W [out, in], b [out]} with their gradients and Adam's averages;
// fill(n, inputs) gives the first n numbers of a tensor.
export function newPlayer(sizes, fill) {
  const tensor = (n, inputs) => ({ value: Float64Array.from(fill(n, inputs)), grad: new Float64Array(n),
    mean: new Float64Array(n), square: new Float64Array(n) });
  const layers = sizes.slice(1).map((out, i) => ({ inputs: sizes[i], out, W: tensor(out * sizes[i], sizes[i]), b: tensor(out, sizes[i]) }));
  return { layers, steps: 0 };
}

// How PyTorch draws a linear layer: uniform in +-1 / sqrt(inputs).
export function uniformFill(uniform) {
  return (n, inputs) => Float64Array.from({ length: n }, () => (2 * uniform() - 1) / Math.sqrt(inputs));
}

// h[row, j] = b[j] + x[row] W[j]. Four rows at a time: four sums do not wait for each other.
function affine({ inputs, out, W: { value: w }, b }, x, n) {
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

// The layers' outputs for n rows x, before LeakyReLU; the last one is the player's answer.
export function forward({ layers }, x, n) {
  const held = [];
  let input = x;
  layers.forEach((layer, k) => {
    const h = affine(layer, input, n);
    held.push({ input, h });
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

// slopes [n, out] W [out, in], the slopes by a layer's input.
function through({ inputs, out, W }, slopes, n) {
  const back = new Float64Array(n * inputs);
  for (let row = 0; row < n; row++) {
    const [at, from] = [row * inputs, row * out];
    let j = 0;
    for (; j + 4 <= out; j += 4) {
      const w = j * inputs;
      addFour(back, at, inputs, W.value, [w, w + inputs, w + 2 * inputs, w + 3 * inputs],
        slopes[from + j], slopes[from + j + 1], slopes[from + j + 2], slopes[from + j + 3]);
    }
    for (; j < out; j++) addOne(back, at, inputs, W.value, j * inputs, slopes[from + j]);
  }
  return back;
}

// grad [out, in] += the slopes' products with the input, summed over n rows.
function addOuter(grad, slopes, input, { inputs, out }, n) {
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
      addOuter(layer.W.grad, now, held[k].input, layer, n);
      for (let i = 0; i < now.length; i++) layer.b.grad[i % layer.out] += now[i];
    }
    now = through(layer, now, n);
    if (k) leaked(now, held[k - 1].h);
  }
  return now;
}

// Adds a penalty on the slope g of D's logit by its input: push(g) gives the penalty's slopes by g, one
// row. D is made of straight pieces, so that g is a product of weights, and the biases have no part.
export function addPenalty(D, x, n, push) {
  const { layers } = D;
  const held = forward(D, x, n);
  const chain = []; // chain[k]: slopes of the logit by the output of layer k
  let now = new Float64Array(n).fill(1);
  for (let k = layers.length - 1; k >= 0; k--) {
    chain[k] = now;
    now = through(layers[k], now, n);
    if (k) leaked(now, held[k - 1].h);
  }
  const inputs = layers[0].inputs;
  let back = new Float64Array(n * inputs);
  for (let row = 0; row < n; row++) back.set(push(now.subarray(row * inputs, (row + 1) * inputs)).map((v) => v / n), row * inputs);
  layers.forEach((layer, k) => {
    addOuter(layer.W.grad, chain[k], back, layer, n);
    const next = new Float64Array(n * layer.out);
    for (let row = 0; row < n; row++) {
      for (let j = 0; j < layer.out; j++) {
        let sum = 0;
        for (let i = 0; i < layer.inputs; i++) sum += layer.W.value[j * layer.inputs + i] * back[row * layer.inputs + i];
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
// recipe is {loss, r1, r2, gp, lrD, lrG, betas}, mix the n weights of the WGAN-GP penalty. It returns
// the means of D(x) and D(G(z)) that D's step saw.
export function bothSteps(game, recipe, xReal, z, n, mix) {
  const made = forward(game.G, z, n);
  const says = dStep(game, recipe, xReal, answer(made), n, mix);
  gStep(game, recipe, xReal, made, n);
  return says;
}

// A step of D on n real and n fake points; gives D's means on both, as they were before it.
export function dStep({ D }, { loss, r1 = 0, r2 = 0, gp = 0, lrD, betas }, xReal, xFake, n, mix) {
  const slopes = LOSSES[loss];
  const [real, fake] = [xReal, xFake].map((x) => forward(D, x, n));
  const [r, f] = [answer(real), answer(fake)];
  backward(D, real, r.map((v, i) => slopes.dReal(v, f[i]) / n), n);
  backward(D, fake, f.map((v, i) => slopes.dFake(r[i], v) / n), n);
  if (r1) addPenalty(D, xReal, n, PENALTIES.zero(r1));
  if (r2) addPenalty(D, xFake, n, PENALTIES.zero(r2));
  if (gp) addPenalty(D, xFake.map((v, i) => mix[i >> 1] * xReal[i] + (1 - mix[i >> 1]) * v), n, PENALTIES.one(gp));
  adamStep(D, lrD, betas);
  return { "D(x)": mean(r, s), "D(G(z))": mean(f, s) };
}

// A step of G; `made` is what forward(G, z, n) gave.
export function gStep({ G, D }, { loss, lrG, betas }, xReal, made, n) {
  backward(G, made, pushes(D, loss, xReal, answer(made), n).map((v) => v / n), n);
  adamStep(G, lrG, betas);
}

// The slopes of G's loss, summed over the fakes, by each fake [n, 2].
export function pushes(D, loss, xReal, xFake, n) {
  const [r, fake] = [answer(forward(D, xReal, n)), forward(D, xFake, n)];
  return backward(D, fake, answer(fake).map((v, i) => LOSSES[loss].gFake(r[i], v)), n, false);
}

export const opinion = (D, x, n) => answer(forward(D, x, n)).map(s);

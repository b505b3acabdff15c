// Points of latent space: planes, the grid of a pad's map, neighbours, and random planes by seed.
// A plane is {origin, right, up}, each a Float32Array of z_dim numbers.

export const AROUND = 4; // neighbours on each side of z
const APART = 0.5; // steps from one neighbour to the next

// The points from + t direction for all t, in a row.
export function line(from, direction, steps) {
  const out = new Float32Array(steps.length * from.length);
  steps.forEach((t, i) => from.forEach((x, j) => (out[i * from.length + j] = x + t * direction[j])));
  return out;
}

// origin + u right + v up.
export function pointAt({ origin, right, up }, u, v) {
  return line(line(origin, right, [u]), up, [v]);
}

// The steps of n tiles that fill a pad from -reach to reach, each at the middle of its tile.
export function middles(n, reach) {
  return Array.from({ length: n }, (_, i) => reach * ((2 * i + 1) / n - 1));
}

// Row i, from the top, of n x n points of the plane.
export function gridRow({ origin, right, up }, n, reach, i) {
  const steps = middles(n, reach);
  return line(line(origin, up, [steps[n - 1 - i]]), right, steps);
}

// n x n points of the plane from the top left by rows, in a row.
export function gridOf(plane, n, reach) {
  return joined(Array.from({ length: n }, (_, i) => gridRow(plane, n, reach, i)));
}

// z and its neighbours along a direction, z in the middle.
export function around(z, direction) {
  return line(z, direction, Array.from({ length: 2 * AROUND + 1 }, (_, i) => (i - AROUND) * APART));
}

export function joined(parts, kind = Float32Array) {
  const out = new kind(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

// A source of numbers between 0 and 1 that a seed determines (mulberry32).
export function uniforms(seed) {
  let state = (Math.imul(seed, 2654435761) + 1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

// The same from N(0, 1) (Box and Muller).
export function normals(seed) {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const unit = (a) => a.map((x) => x / Math.sqrt(dot(a, a)));

// A plane through a random z, along two random directions at right angles. It is not PyTorch's of
// the same seed: their random numbers differ.
export function randomPlane(zDim, seed) {
  const next = normals(seed);
  const [origin, a, b] = [0, 1, 2].map(() => Float32Array.from({ length: zDim }, next));
  const right = unit(a);
  const along = dot(b, right);
  return { origin, right, up: unit(b.map((x, i) => x - along * right[i])) };
}

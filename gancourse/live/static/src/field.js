// A GAN on points that learns in the page: its nets, its real points, and the frames it shows.

import { answer, dStep, forward, gStep, newPlayer, opinion, pushes, REMEDIES, slopes, spectral, steepest, uniformFill } from "./engine/players.js";
import { normals, uniforms } from "./latent.js";

export const [LIMIT, CELLS, BATCH, FAKES, REALS, ARROWS] = [1.6, 40, 128, 200, 300, 70]; // as in Python
const [PUSH, LONGEST, SPREAD, MOST] = [0.12, 0.35, 0.05, 200];
const NARROW = 0.03; // sd of the grid of 25; SPREAD that of all else
const WIDTHS = [64, 64];
const EVERY = 5; // turns from one point of the curves to the next, at first
const COUNTED = 1000; // samples that are asked which modes they reach: of 200, 25 modes miss some by chance
const ROOM = 400; // points of a curve: then every other one goes
export const DRAWN = "drawn by hand";
export const SHOWN = ["D(x)", "D's slope"]; // what the map is of
const SLOPE_RANGE = [0.01, 10]; // logits per unit of length, at the ends of the colours
const SLOPE_SCALE = "D's slope, from 0.01 (white) to 10 (dark) logits per unit of length, logarithmic";

const grid = (at) => at.flatMap((x) => at.map((y) => [x, y]));
const CENTRES = {
  ring: Array.from({ length: 8 }, (_, i) => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)]),
  grid: grid([-0.9, 0, 0.9]),
  "grid of 25": grid([-1.2, -0.6, 0, 0.6, 1.2]),
};
export const DATA = [...Object.keys(CENTRES), DRAWN];

// n points around the centres, in a row.
export function sampled(centres, n, next, uniform, sd = SPREAD) {
  const out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [x, y] = centres[Math.floor(uniform() * centres.length)];
    out.set([x + sd * next(), y + sd * next()], 2 * i);
  }
  return out;
}

// How many of the centres are the nearest one of a point within three standard deviations.
export function reached(centres, x, sd = SPREAD) {
  const found = new Set();
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

// (x, y, dx, dy) of the arrows that are drawn; the longest are cut.
export function arrowsOf(xFake, push) {
  const out = new Float32Array(4 * ARROWS);
  for (let i = 0; i < ARROWS; i++) {
    const [dx, dy] = [PUSH * push[2 * i], PUSH * push[2 * i + 1]];
    const short = Math.min(1, LONGEST / Math.max(1e-12, Math.hypot(dx, dy)));
    out.set([xFake[2 * i], xFake[2 * i + 1], dx * short, dy * short], 4 * i);
  }
  return out;
}

// From 0 to 1, how dark slopes are shown: logarithmic between the ends of the range.
export function shadesOf(slope) {
  const [low, high] = SLOPE_RANGE.map(Math.log);
  return slope.map((v) => Math.min(1, Math.max(0, (Math.log(v) - low) / (high - low))));
}

// The middles of the cells of the picture, the top row first.
export function cellsOf(side) {
  const cell = (2 * LIMIT) / side;
  return Float64Array.from({ length: 2 * side * side }, (_, i) => {
    const place = i >> 1;
    return i % 2 ? LIMIT - (Math.floor(place / side) + 0.5) * cell : -LIMIT + ((place % side) + 0.5) * cell;
  });
}

const view = (numbers) => new DataView(Float32Array.from(numbers).buffer);

function curvePanel(title, low, high, curves) {
  const turns = curves[0].x;
  const marks = curves.map(({ label, role, x, y }) => ({ kind: "line", label, role, x: view(x), y: view(y) }));
  return { title, xlabel: "turns", ylabel: "", equal: false, xlim: [0, Math.max(50, turns[turns.length - 1] ?? 0)], ylim: [low, high], marks };
}

// newField({seed, points, loss, remedy, shows}) returns {turn(), step(who), set(key, value), reset(), frame(), values}.
export function newField({ seed = 0, points = "ring", loss = "non-saturating", remedy = "none", shows = SHOWN[0] } = {}) {
  const values = { loss, points, remedy, shows, r1: REMEDIES[remedy].r1 ?? 0, lr_D: 1e-3, lr_G: 1e-3, steps_D: 1, steps_G: 1 };
  const cells = cellsOf(CELLS);
  const many = Float64Array.from({ length: 2 * COUNTED }, normals(3));
  let [drawn, turns, says, game, next, uniform, z, shown, noted, every] = [[]];
  const centres = () => (values.points === DRAWN ? drawn : CENTRES[values.points]);
  const sd = () => (values.points === "grid of 25" ? NARROW : SPREAD);
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
  // A step of one player, on a new batch or on what its predecessor drew.
  const step = (who, xReal = batch(), made = forward(game.G, noise(BATCH), BATCH)) => {
    const mix = REMEDIES[values.remedy].gp ? Float64Array.from({ length: BATCH }, uniform) : null;
    if (who === "D") says = dStep(game, recipe(), xReal, answer(made), BATCH, mix);
    else gStep(game, recipe(), xReal, made, BATCH);
  };
  const alone = (who) => {
    if (centres().length) step(who);
  };
  // D's last step and G's first one see the same batch.
  const turn = () => {
    if (!centres().length) return false;
    for (let i = 1; i < values.steps_D; i++) step("D");
    const drawn = [batch(), forward(game.G, noise(BATCH), BATCH)];
    step("D", ...drawn);
    step("G", ...drawn);
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
      reset(); // a D that takes packs is another net
    }
  };
  const frame = () => {
    const xFake = answer(forward(game.G, z, FAKES));
    const pairs = centres().length ? sampled(centres(), FAKES, normals(2), uniforms(2), sd()) : xFake;
    const push = pushes(game.D, recipe(), pairs, xFake, FAKES).map((v) => -v);
    const known = centres().length && xFake.every(Number.isFinite);
    const there = () => reached(centres(), answer(forward(game.G, many, COUNTED)), sd());
    const slope = Math.max(steepest(game.D, shown, shown.length / 2, pack()), steepest(game.D, xFake, FAKES, pack()));
    const numbers = [["turns", turns.toLocaleString("en")], ...Object.entries(says ?? {}).map(([name, v]) => [name, v.toFixed(3)]),
      ["modes reached", known ? `${there()} of ${centres().length}` : "-"], ["D's steepest slope", slope.toPrecision(3)]];
    const steep = values.shows === SHOWN[1];
    const map = (steep ? (...of) => shadesOf(slopes(...of)) : opinion)(game.D, cells, CELLS * CELLS, pack());
    const curve = (label, role, y) => ({ label, role, x: noted.x, y });
    return {
      limit: LIMIT, side: CELLS, field: new DataView(Uint8Array.from(map, (p) => Math.round(255 * p)).buffer), scale: steep ? { says: SLOPE_SCALE } : {},
      real: view(shown), fake: view(xFake), arrows: view(arrowsOf(xFake, push)), numbers,
      panels: [curvePanel("D's opinion", 0, 1, [curve("D(x)", "p", noted.real), curve("D(G(z))", "q", noted.fake)])],
      drawing: values.points === DRAWN, drawn, most: MOST, text: drawn.length || values.points !== DRAWN ? "" : "Draw real points: click or drag in the picture.",
    };
  };
  return { turn, step: alone, set, reset, frame, values };
}

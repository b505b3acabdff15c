// node learn.js: reads {G, D: [[W, b], ...], sizes, recipe, xReal, z, mix, n, steps, power} as JSON from
// standard input, takes the steps, and writes both players' weights, flat, and how dark the map shows
// D's slope.

import { readFileSync } from "node:fs";

import { bothSteps, newPlayer, slopes } from "../../gancourse/live/static/src/engine/players.js";
import { CELLS, cellsOf, shadesOf } from "../../gancourse/live/static/src/field.js";

const told = JSON.parse(readFileSync(0, "utf8"));
const player = (tensors, sizes) => {
  let next = 0;
  return newPlayer(sizes, () => tensors[next++]);
};
const game = { G: player(told.G, told.sizes.G), D: player(told.D, told.sizes.D) };
told.power?.forEach(([u, v], k) => (game.D.layers[k].power = { u: Float64Array.from(u), v: Float64Array.from(v) }));
for (let i = 0; i < told.steps; i++) {
  bothSteps(game, told.recipe, Float64Array.from(told.xReal[i]), Float64Array.from(told.z[i]), told.n, told.mix[i]);
}
const flat = ({ layers }) => layers.flatMap(({ W, b }) => [[...W.value], [...b.value]]);
const shades = shadesOf(slopes(game.D, cellsOf(CELLS), CELLS * CELLS, told.recipe.pack));
console.log(JSON.stringify({ G: flat(game.G), D: flat(game.D), shades: [...shades] }));

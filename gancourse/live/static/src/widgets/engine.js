// The course's live things for a web page without a kernel: one ES module, no other file but live.css
// (gancourse/live/static/live.css), which the page links.
//
//   import { mountExplorer } from "./engine.js";
//   await mountExplorer(document.querySelector("#explorer"), "mnist.safetensors", { start });
//
// mountExplorer(element, weights, options) puts a latent explorer into `element`: a pad with its map,
// G(z), neighbours, two sliders, directions, "Somewhere else". `weights` is the address of a
// safetensors file of gancourse (a shipped generator, a run's generator.safetensors) or its bytes.
// Options, none of them needed:
//   start   where to begin: {origin, directions: {name: numbers}, names: [across, up]}; Python gives it
//           as `gancourse.live.explorer.export.start(live.LatentExplorer(G))`
//   seed    of the random plane without `start`, and of "Somewhere else" (0)
//   label   the accessible name ("Latent explorer")
// It gives {root, go(u, v), G} when the first picture is there. Where the net cannot be run or not be
// fetched it puts a sentence into `element` and gives null.
//
// mountPointGan(element, options) puts a GAN on points into `element`: D's field, real and fake points,
// the pushes on fakes, Run, One turn, Start again, the loss, the real points (or a drawing), the R1
// penalty and the learning rate. It trains in the page, in JavaScript. Options, none of them needed:
//   points  "ring", "grid" or "grid of 25"; loss: one of the six of gancourse.losses.LOSSES; seed (0)
//   remedy  one of gancourse.train.remedies ("none")
//   shows   what the map is of: "D(x)" or "D's slope" ("D(x)")
//   running whether it runs from the start (false)
//   values  where other controls start, such as {steps_D: 5}
//   lesson  whether it has all controls of lesson 05, in tabs, in place of four (false)
//   label   the accessible name ("A GAN on points")
// It gives {root, run(), pause(), step(), stop(), field}; stop() before `element` goes away.
//
// openGenerator(bytes) runs G without a view: {zDim, shape, images(z), pixels(z), ...}, see
// src/engine/generator.js.

import { openGenerator } from "../engine/generator.js";
import { EngineError } from "../engine/safetensors.js";
import { showField } from "../learning.js";
import { opened } from "../opened.js";
import { netSource, showPlane } from "../plane.js";

export { EngineError, openGenerator };

export function mountExplorer(element, weights, options = {}) {
  return opened(element, weights, (G) => showPlane(element, netSource(G, options), options.label ?? "Latent explorer"));
}

export function mountPointGan(element, { running = false, ...options } = {}) {
  const shown = showField(element, options);
  if (running) shown.run();
  return shown;
}

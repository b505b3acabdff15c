// A generator's weights, fetched and opened for a view.

import { make } from "./dom.js";
import { openGenerator } from "./engine/generator.js";
import { EngineError } from "./engine/safetensors.js";

async function fetched(weights) {
  if (typeof weights !== "string" && !(weights instanceof URL)) return weights;
  const answer = await fetch(weights);
  if (!answer.ok) throw new EngineError(`The generator's weights could not be fetched (${answer.status}).`);
  return new Uint8Array(await answer.arrayBuffer());
}

// What `show(G)` gives; where the net cannot be run or not be fetched, a sentence in `element` and null.
export async function opened(element, weights, show) {
  try {
    const G = openGenerator(await fetched(weights));
    return { ...show(G), G };
  } catch (error) {
    const said = error instanceof EngineError ? error.message : "The generator's weights could not be fetched: is there a network?";
    if (!(error instanceof EngineError || error instanceof TypeError)) throw error;
    element.append(make("p", { class: "gc-link", role: "alert" }, said));
    return null;
  }
}

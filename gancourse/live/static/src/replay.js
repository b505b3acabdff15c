// Charts and faulty runs in a page without a kernel: the same views as in a notebook, over what was
// recorded.

import { render as renderFaulty } from "./faulty.js";
import { chartModel, pageModel, showChart } from "./page.js";
import { inflated, openProgram, readProgram } from "./recorded/program.js";
import { showTraining } from "./training.js";

export const recordedModel = (program, given) => chartModel(program, openProgram(program), given);

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(`${address}: ${answer.status}`);
  return inflated(await answer.arrayBuffer());
}

// Puts the chart into `element`; `address` is the program's, `values` where its controls start.
export async function mountChart(element, address, values = {}) {
  return showChart(element, recordedModel(readProgram(await fetched(address)), values));
}

const bytesOf = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

// A widget's state as Python wrote it (gancourse.live.run.faulty_view): JSON, bytes as {"base64": text}.
export function readState(text) {
  return JSON.parse(text, (_, value) => (typeof value?.base64 === "string" ? bytesOf(value.base64) : value));
}

// Puts a faulty run into `element`: its films, its causes; to train with other lines needs a kernel.
export async function mountFaulty(element, address) {
  const model = pageModel(readState(new TextDecoder().decode(await fetched(address))));
  const stop = renderFaulty({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

// Puts a recorded training into `element`: the length of its JSON, that, the samples' bytes.
export async function mountTraining(element, address) {
  const bytes = new Uint8Array(await fetched(address));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const told = readState(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return showTraining(element, told, bytes.subarray(4 + length));
}

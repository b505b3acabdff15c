// Charts and faulty runs in a page without a kernel: the same views as in a notebook, over what was
// recorded.

import { render } from "./chart.js";
import { render as renderFaulty } from "./faulty.js";
import { inflated, openProgram, readProgram } from "./recorded/program.js";

// What a view takes for its widget's model where no kernel is: `state` by key. `answer(message)` may
// return what of it changes; it is asked when the browser has drawn what was moved, so that moves
// which come meanwhile are one.
export function pageModel(state, answer = () => ({})) {
  const heard = {};
  const tell = (name, ...said) => (heard[name] ?? []).forEach((listener) => listener(...said));
  return {
    get: (key) => state[key],
    on: (name, listener) => (heard[name] ??= []).push(listener),
    off: (name, listener) => (heard[name] = (heard[name] ?? []).filter((other) => other !== listener)),
    send(message) {
      queueMicrotask(() => tell("msg:custom", { pong: message.ping }));
      if (!message.values) return;
      requestAnimationFrame(() => {
        const changed = answer(message);
        Object.assign(state, changed);
        Object.keys(changed).forEach((key) => tell(`change:${key}`));
      });
    },
  };
}

// What chart.js takes for the widget's model: `sceneAt(values)` answers in place of Python. `told` is
// {title, colours, controls}, `given` where the controls start.
export function chartModel(told, sceneAt, given = {}) {
  const start = Object.fromEntries(told.controls.map((c) => [c.key, c.value]));
  let values = { ...start, ...given };
  const answer = ({ serial, values: moved }) => {
    values = { ...values, ...moved };
    return { values, scene: { ...sceneAt(values), serial } };
  };
  return pageModel({ ...told, ...answer({ serial: 0 }) }, answer);
}

export const recordedModel = (program, given) => chartModel(program, openProgram(program), given);

export function showChart(element, model) {
  const stop = render({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

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

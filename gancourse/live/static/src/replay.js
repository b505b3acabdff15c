// A chart in a page without a kernel: the same view as in a notebook, over a recorded program.

import { render } from "./chart.js";
import { inflated, openProgram, readProgram } from "./recorded/program.js";

// What chart.js takes for the widget's model; the program answers in place of Python.
export function recordedModel(program, given = {}) {
  const sceneAt = openProgram(program);
  const start = Object.fromEntries(program.controls.map((c) => [c.key, c.value]));
  const values = { ...start, ...given };
  const state = { ...program, values, scene: { ...sceneAt(values), serial: 0 } };
  const heard = {};
  const tell = (name, ...said) => (heard[name] ?? []).forEach((listener) => listener(...said));
  return {
    get: (key) => state[key],
    on: (name, listener) => (heard[name] ??= []).push(listener),
    off: (name, listener) => (heard[name] = (heard[name] ?? []).filter((other) => other !== listener)),
    // It answers when the browser has drawn what was moved: moves that come meanwhile are one.
    send({ ping, serial, values: moved }) {
      queueMicrotask(() => tell("msg:custom", { pong: ping }));
      if (!moved) return;
      requestAnimationFrame(() => {
        state.values = { ...state.values, ...moved };
        state.scene = { ...sceneAt(state.values), serial };
        tell("change:scene");
      });
    },
  };
}

// Puts the chart into `element`; `address` is the program's, `values` where its controls start.
export async function mountChart(element, address, values = {}) {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(`${address}: ${answer.status}`);
  const program = readProgram(await inflated(await answer.arrayBuffer()));
  const stop = render({ model: recordedModel(program, values), el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

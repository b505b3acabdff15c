// A view in a page without a kernel: what it takes for its widget's model, and a chart over one.

import { render } from "./chart.js";

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

export function showChart(element, model) {
  const stop = render({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

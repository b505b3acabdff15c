// A recorded chart: the operations that Python's function did, done with other numbers.

import { operate, scalar } from "./arrays.js";
import { formatted } from "./format.js";

// The program in the bytes that Python packed (gancourse.live.recorded.program), once inflated.
export function readProgram(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const constants = told.constants.map(([width, s]) => {
    const d = new Float64Array(s.reduce((a, b) => a * b, 1));
    for (let i = 0; i < d.length; i++, at += width) d[i] = width === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    return { d, s };
  });
  return { ...told, constants };
}

export async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// What each node depends on: the keys of controls as bits, and one more bit for a loop's arguments.
function dependencies({ nodes, controls }) {
  const bit = Object.fromEntries(controls.map((c, i) => [c.key, 2 ** (i + 1)]));
  const found = new Int32Array(nodes.length);
  nodes.forEach(([op, inputs, settings], i) => {
    if (op === "control") found[i] = bit[settings];
    else if (op === "argument") found[i] = 1;
    else if (op === "repeat") found[i] = inputs.reduce((a, j) => a | found[j], found[settings[2]] & ~1);
    else found[i] = inputs.reduce((a, j) => a | found[j], 0);
  });
  return { found, bit };
}

// openProgram(program) returns sceneAt(values): what a chart shows at values of its controls, as
// Python's `packed` gives it.
export function openProgram(program) {
  const { nodes, constants, pieces, axes, trees } = program;
  const { found, bit } = dependencies(program);
  const memo = new Array(nodes.length);
  const bodies = new Map();
  let values = {};

  const value = (node) => (memo[node] ??= computed(node));
  const computed = (node) => {
    const [op, inputs, settings] = nodes[node];
    if (op === "constant") return constants[settings];
    if (op === "control") return scalar(values[settings]);
    if (op === "repeat") return repeated(inputs[0], settings);
    return operate(op, inputs.map(value), settings);
  };
  // The nodes of a loop's step that depend on where it is, in the order in which they are computed.
  const bodyOf = (out) => {
    if (bodies.has(out)) return bodies.get(out);
    const [order, seen] = [[], new Set()];
    const visit = (node) => {
      if (!(found[node] & 1) || seen.has(node)) return;
      seen.add(node);
      nodes[node][1].forEach(visit);
      if (nodes[node][0] !== "argument") order.push(node);
    };
    visit(out);
    bodies.set(out, order);
    return order;
  };
  const repeated = (first, [here, before, out, steps]) => {
    const body = bodyOf(out);
    let [now, last] = [value(first), value(first)];
    const states = [now];
    for (let i = 0; i < steps; i++) {
      [memo[here], memo[before]] = [now, last];
      for (const node of body) {
        const [op, inputs, settings] = nodes[node];
        memo[node] = operate(op, inputs.map(value), settings);
      }
      [last, now] = [now, memo[out]];
      states.push(now);
    }
    [here, before, ...body].forEach((node) => delete memo[node]);
    const d = new Float64Array(states.length * now.d.length);
    states.forEach((state, i) => d.set(state.d, i * now.d.length));
    return { d, s: [states.length, ...now.s] };
  };

  const number = (node) => value(node).d[0];
  const text = (parts) => (typeof parts === "string" ? parts
    : parts.map((p) => (typeof p === "string" ? p : formatted(number(p[0]), p[1]))).join(""));
  const view = (node) => new DataView(Float32Array.from(value(node).d).buffer);
  const mark = ({ kind, label, role, ...arrays }) => ({
    kind, label: text(label), role, ...Object.fromEntries(Object.entries(arrays).map(([k, node]) => [k, view(node)])),
  });
  const panel = (p) => ({
    ...p, title: text(p.title), xlabel: text(p.xlabel), ylabel: text(p.ylabel),
    xlim: p.xlim.map(number), ylim: p.ylim.map(number), marks: p.marks.map((i) => mark(pieces[i])),
  });

  // A grip's value may be a rounding error away from the control's step.
  const same = (v, key) => v === values[key] || Math.abs(v - values[key]) < 1e-9;
  const treeAt = () => {
    let index = 0;
    for (const [key, all] of Object.entries(axes)) index = index * all.length + all.findIndex((v) => same(v, key));
    return trees[index];
  };

  return (wanted) => {
    const changed = Object.entries(bit).reduce((a, [key, b]) => (wanted[key] === values[key] ? a : a | b), 0);
    memo.forEach((_, node) => { if (found[node] & changed) delete memo[node]; });
    values = { ...wanted };
    let place = treeAt();
    while (Array.isArray(place)) place = place[number(place[0]) ? 1 : 2];
    const scene = pieces[place];
    return {
      text: text(scene.text),
      panels: scene.panels.map((i) => panel(pieces[i])),
      numbers: pieces[scene.numbers].map(([k, v]) => [text(k), text(v)]),
      handles: pieces[scene.handles].map((h) => ({ ...h, label: text(h.label), at: h.at.map(number) })),
    };
  };
}

// The generators by name, as lists of layers: what gancourse/nets says in PyTorch, said once more.
// A layer names its tensors by their prefix in the file ("body.3").

import { EngineError } from "./safetensors.js";

const GREY = [1, 28, 28];

// to: {channels, first} makes an image 7 pixels wide; `first` where the channels vary slowest.
const dense = (to) => ({ kind: "dense", to });
const conv = (pad) => ({ kind: "conv", pad });
const up = (stride, pad, more = 0) => ({ kind: "up", stride, pad, more });
const norm = () => ({ kind: "norm" });
const act = (name, slope = 0) => ({ kind: "act", name, slope });
const [relu, tanh, leaky] = [() => act("leaky", 0), () => act("tanh"), (slope) => act("leaky", slope)];
const nothing = () => ({ kind: "nothing" }); // it has a number in its row, and does nothing here

// Numbers layers as nn.Sequential does.
const row = (prefix, ...layers) => layers.flat().map((layer, i) => ({ ...layer, prefix: `${prefix}.${i}` }));
const named = (prefix, layer) => ({ ...layer, prefix });
const again = (n, layers) => Array.from({ length: n }, layers).flat();

const refined = (depth) => again(depth, () => [conv(1), norm(), relu()]);
const SQUASHES = { tanh, sigmoid: () => act("sigmoid") };
const up5 = (stride) => up(stride, 2, stride - 1);
const normed = (slope = 0.3) => [norm(), leaky(slope)];

function mlp({ shape = GREY, norm: normal = true }, { tensors }) {
  const hidden = (normal ? [dense(), norm(), leaky(0.2)] : [dense(), leaky(0.2)]);
  let n = 0;
  while (tensors[`body.${n * hidden.length + (normal ? 1 : 2)}.weight`]) n++;
  const end = shape.length === 3 ? [tanh()] : [];
  return [...row("body", again(n, () => hidden), dense()), ...end];
}

function dcgan({ depth = 0 }, { channels }) {
  const to = { channels: channels("body.0"), first: false };
  const body = [norm(), relu(), refined(depth), up(2, 1), norm(), relu(), refined(depth), up(2, 1), tanh()];
  return [named("dense", dense(to)), ...row("body", ...body)];
}

const stacked = {
  none: [named("dense", dense()), relu()],
  he: [named("dense", dense()), relu()],
  norm: [named("dense", dense()), named("norm", norm()), relu()],
  skips: [{ kind: "keep" }, named("norm", norm()), relu(), named("dense", dense()), { kind: "add" }],
};

function stack({ depth = 4, remedy = "norm" }) {
  const layer = (i) => stacked[i === 0 && remedy === "skips" ? "norm" : remedy].map((one) => (
    one.prefix ? { ...one, prefix: `stack.${i}.${one.prefix}` } : one));
  const rest = Array.from({ length: depth }, (_, i) => layer(i)).flat();
  const last = remedy === "skips" ? [norm(), dense(), tanh()] : [dense(), tanh()];
  return [{ kind: "keep" }, named("wide", dense()), relu(), { kind: "join" }, ...rest, ...row("last", ...last)];
}

const imageNet = (...layers) => (options, file) => row("body", ...layers.map((l) => (typeof l === "function" ? l(options, file) : l)));
const from7 = (at) => [(_, { channels }) => dense({ channels: channels(at), first: true }), nothing()];

const NETS = {
  mlp,
  dcgan,
  "writeup-000": imageNet(dense(), leaky(0.2), norm(), dense(), ({ squash = "sigmoid" }) => SQUASHES[squash]()),
  "writeup-001": imageNet(...from7("body.2"), normed(), up5(1), normed(), up5(2), normed(), up5(2), tanh()),
  "writeup-002": stack,
  "writeup-003": imageNet(
    (_, { channels }) => dense({ channels: channels("body.3"), first: true }), leaky(0.2), nothing(), norm(),
    up5(1), leaky(0.2), norm(), up5(2), leaky(0.2), norm(), up5(2), tanh(),
  ),
  "writeup-004": imageNet(...from7("body.2"), normed(), up5(2), normed(), up5(2), tanh()),
};

// layersOf({tensors, metadata}) returns {layers, shape}; shape is that of one sample. It throws an
// EngineError, a sentence, for a file that does not say its net, and for a net that is not here.
export function layersOf({ tensors, metadata }) {
  if (!metadata.recipe) throw new EngineError("This file does not say how its net is built: give a generator that gancourse saved.");
  const { net, options } = JSON.parse(metadata.recipe);
  if (!Object.hasOwn(NETS, net)) {
    throw new EngineError(`The page does not know the net "${net}": it runs ${Object.keys(NETS).join(", ")}.`);
  }
  const channels = (prefix) => tensors[`${prefix}.weight`]?.shape[0];
  return { layers: NETS[net](options, { tensors, channels }), shape: options.shape ?? GREY };
}

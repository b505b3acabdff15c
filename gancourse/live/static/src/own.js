// The pictures that the page makes itself: it holds G's weights, as long as they are the kernel's.

import { openGenerator } from "./engine/generator.js";
import { floats, greys } from "./bytes.js";
import { around, gridOf, line, pointAt } from "./latent.js";
import { pictureOf } from "./pixels.js";

export const MOVES = ["u", "v", "by_1", "by_2"];
const SLACK = 2; // grey levels by which a picture may differ from the kernel's: both round

// A move that the page can make: the pad's place, or steps along one of its directions.
export function movesOf(key, value) {
  if (key === "at") return { u: value[0], v: value[1] };
  return MOVES.includes(key) ? { [key]: value } : null;
}

// In a sentence where z is, as gancourse.live.explorer.steering says it.
export function placeSentence(here, names) {
  const told = MOVES.map((move, i) => [here[move], names[i], i < 2]).filter(([value, , always]) => value || always);
  return `${told.map(([value, name]) => `${value < 0 ? "" : "+"}${value.toFixed(2)} along ${name}`).join(", ")}.`;
}

// Which of the moves changed last, by more than the others; `last` where none did.
export function lastMove(before, now, last) {
  const by = (move) => Math.abs(now[move] - before[move]);
  const most = MOVES.reduce((a, b) => (by(b) > by(a) ? b : a));
  return by(most) ? most : last;
}

// own(open) returns {take(net), follow(frame, idle), move(key, value), ready(), ...}. A frame names the
// version of its weights; the net that was taken is in use while that is its own. `now` tells where
// z is. picture(), row(), map(n) give bytes. `open` is openGenerator, or a stand-in in tests.
export function own(open = openGenerator) {
  let net = null; // {version, G}; G is null where the page cannot run it
  let frame = null;
  let plane = null; // {origin, along: four directions or null for one that is not known yet}
  let here = null;
  let last = "u";

  const take = ({ version, bytes }) => {
    if (!bytes || net?.version === version) return;
    try {
      net = { version, G: open(greys(bytes)), tried: false };
    } catch (error) {
      console.info(`G's pictures come from the kernel: ${error.message}`);
      net = { version, G: null };
    }
  };
  // G in the page must give the kernel's picture; a net that was changed under its name does not.
  const tried = () => {
    if (net.tried) return;
    const [ours, theirs] = [picture(frame.values), pictureOf(frame.pixels, frame.side, (frame.count - 1) / 2)];
    const far = ours.length !== theirs.length || ours.some((level, i) => Math.abs(level - theirs[i]) > SLACK);
    if (far) net.G = null;
    net.tried = true;
  };
  const follow = (now, idle) => {
    frame = now;
    plane = { origin: floats(now.origin), along: now.moves.map(floats) };
    if (net?.G && net.version === now.weights) tried();
    if (!here || idle) {
      const to = Object.fromEntries(MOVES.map((move) => [move, now.values[move]]));
      last = now.last;
      here = to;
    }
  };
  const ready = () => Boolean(frame && net?.G && net.version === frame.weights);
  const names = () => ["across", "up", "along_1", "along_2"].map((key) => frame.values[key]);
  const known = (at) => MOVES.every((move, i) => plane.along[i] || !at[move]);
  const origin = (at) => MOVES.slice(2).reduce((z, move, i) => (
    at[move] ? line(z, plane.along[i + 2], [at[move]]) : z), plane.origin);
  const flat = (at) => ({ origin: origin(at), right: plane.along[0], up: plane.along[1] });
  const picture = (at = here) => net.G.pixels(pointAt(flat(at), at.u, at.v));
  const move = (key, value) => {
    const change = ready() && movesOf(key, value);
    if (!change || !known({ ...here, ...change })) return false;
    const to = { ...here, ...change };
    last = lastMove(here, to, last);
    here = to;
    return true;
  };
  return {
    take, follow, move, ready, picture,
    wants: () => Boolean(frame?.net && frame.weights !== net?.version),
    row: () => net.G.pixels(around(pointAt(flat(here), here.u, here.v), plane.along[MOVES.indexOf(last)])),
    map: (n) => net.G.pixels(gridOf(flat(here), n, frame.reach)),
    mapKey: () => `${net.version}, ${frame.version}, ${here.by_1}, ${here.by_2}`,
    values: () => here,
    sentence: () => placeSentence(here, names()),
    along: () => names()[MOVES.indexOf(last)],
  };
}

// The latent explorer's picture: the pad with its map, G(z) large, its neighbours, the pins.

import { greys } from "./bytes.js";
import { make } from "./dom.js";
import { film, placeText } from "./film.js";
import { keepKeys } from "./keys.js";
import { pad } from "./pad.js";
import { paintPixels, paintTiles, pictureOf, pixelCanvas } from "./pixels.js";

const QUIET = 150; // ms without a move, before the rest is asked for: neighbours, pins, a new map
const MAP_EVERY = 1000; // ms between two maps while G trains, at least

// Milliseconds to wait at `now` before a new map is asked for; the last one was asked for at `last`.
export function mapWait(now, last) {
  return Math.max(QUIET, last + MAP_EVERY - now);
}

// Buttons with pictures, kept as long as their number stays, so that the focus outlives a redraw.
function thumbRow(go) {
  const root = make("div", { class: "gc-thumbs", role: "group", "aria-label": "Pins" });
  const nodes = [];
  const grow = (index) => {
    const canvas = make("canvas", { class: "gc-pixels", "aria-hidden": "true" });
    const name = make("span");
    const button = make("button", { type: "button", class: "gc-thumb" }, canvas, name);
    keepKeys(button);
    button.addEventListener("click", () => go(index));
    nodes.push({ button, canvas, name });
    root.append(button);
  };
  const show = (names, picture, side) => {
    while (nodes.length < names.length) grow(nodes.length);
    while (nodes.length > names.length) nodes.pop().button.remove();
    names.forEach((name, i) => {
      paintPixels(nodes[i].canvas, picture(i), side, side);
      nodes[i].name.textContent = name;
      nodes[i].button.setAttribute("aria-label", `Go to ${name}`);
    });
    root.hidden = !names.length;
  };
  return { root, show };
}

export function explorerStage(host, model) {
  const picture = pixelCanvas("G(z)");
  const strip = pixelCanvas("Neighbours");
  const other = pixelCanvas("");
  const caption = make("figcaption");
  const figure = make("figure", { class: "gc-beside" }, other, caption);
  const line = make("figcaption");
  const corner = make("div", { class: "gc-corner" });
  let frame = null;
  let painted = null; // the map that the pad shows
  let mapAt = 0;
  let timer = 0;
  const paintOne = (all, side, index) => paintPixels(picture, pictureOf(all, side, index), side, side);
  const bar = make("progress", { max: 1, "aria-label": "Place in the film" });
  const at = make("span");
  const place = make("div", { class: "gc-place", hidden: "" }, at, bar);
  const reel = film(picture, paintOne, () => paint(), (index, count) => {
    place.hidden = count === undefined;
    if (place.hidden) return;
    at.textContent = placeText(index, count);
    bar.value = count > 1 ? index / (count - 1) : 1;
  });
  const change = (key, value) => {
    reel.stop();
    host.change(key, value);
  };
  const pins = thumbRow((index) => change("go", index));
  const plane = pad({ ...model.get("pad"), moved: (u, v) => change("at", [u, v]) });
  picture.classList.add("gc-large");
  const root = make(
    "div", { class: "gc-explorer" }, plane.root, picture,
    make("div", {}, place, corner, figure), make("figure", { class: "gc-strip" }, strip, line), pins.root,
  );

  // z is the middle one of its neighbours; after them come the pins.
  const paint = () => {
    if (!reel.plays()) paintOne(frame.pixels, frame.side, (frame.count - 1) / 2);
  };
  const paintMap = () => {
    const map = model.get("map");
    if (!map.pixels) return;
    if (map !== painted) paintTiles(plane.canvas, map.pixels, map.columns, map.side);
    painted = map;
    plane.root.dataset.version = map.version;
    plane.canvas.classList.toggle("gc-old", map.version !== frame.version);
  };
  // The neighbours, the pins and the map wait until no move follows: the picture comes first.
  const wantRest = () => {
    clearTimeout(timer);
    if (frame.brief) timer = setTimeout(() => host.send({ do: "rest" }), QUIET);
    else if (model.get("map").version !== frame.version) {
      timer = setTimeout(() => {
        mapAt = performance.now();
        host.send({ do: "map" });
      }, mapWait(performance.now(), mapAt));
    }
  };
  const paintRow = () => {
    const { side, count } = frame;
    paintTiles(strip, greys(frame.pixels).subarray(0, count * side * side), count, side, 1);
    line.textContent = `Neighbours along ${frame.along}, z in the middle`;
    strip.setAttribute("aria-label", line.textContent);
    pins.show(frame.thumbs, (i) => pictureOf(frame.pixels, side, count + i), side);
  };
  const show = (now) => {
    frame = now;
    paint();
    picture.setAttribute("aria-label", `G(z). ${frame.text}`);
    if (!frame.brief) paintRow();
    figure.hidden = !frame.beside.pixels;
    if (frame.beside.pixels) {
      paintPixels(other, frame.beside.pixels, frame.beside.side, frame.beside.side);
      caption.textContent = frame.beside.caption;
      other.setAttribute("aria-label", frame.beside.caption);
    }
    if (host.idle()) plane.show(frame.values.u, frame.values.v, frame.names);
    root.dataset.whole = !frame.brief;
    wantRest();
    paintMap();
  };
  const heard = (message, buffers) => message.film && reel.play(buffers[0], message.film, message.side);
  const mapped = () => {
    paintMap();
    wantRest();
  };
  model.on("change:map", mapped);
  model.on("msg:custom", heard);
  const stop = () => {
    clearTimeout(timer);
    reel.stop();
    model.off("change:map", mapped);
    model.off("msg:custom", heard);
  };
  return { root, show, corner, stop };
}

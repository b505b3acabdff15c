// The latent explorer's picture: the pad with its map, G(z) large, its neighbours, the pins.

import { greys } from "./bytes.js";
import { make } from "./dom.js";
import { film, placeText } from "./film.js";
import { keepKeys } from "./keys.js";
import { own } from "./own.js";
import { pad } from "./pad.js";
import { paintPixels, paintTiles, pictureOf, pixelCanvas } from "./pixels.js";

const QUIET = 150; // ms without a move, before the rest is asked for: neighbours, pins, a new map
const MAP_EVERY = 1000; // ms between two maps while G trains, at least
const NET_AFTER = 1500; // ms without new weights, before the page asks for them

// Milliseconds to wait at `now` before a new map is asked for; the last one was asked for at `last`.
export function mapWait(now, last) {
  return Math.max(QUIET, last + MAP_EVERY - now);
}

// The class that a key asks for, by its number; -1 for none.
export function classOf({ key, ctrlKey, metaKey, altKey }, names) {
  const index = /^[0-9]$/.test(key) && !ctrlKey && !metaKey && !altKey ? Number(key) : -1;
  return index < names.length ? index : -1;
}

// Buttons with pictures, kept as long as their number stays, so that the focus outlives a redraw.
// `say(name)` is what one says to a screen reader.
function thumbRow(go, label, say) {
  const root = make("div", { class: "gc-thumbs", role: "group", "aria-label": label });
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
  const show = (names, picture, side, pressed = -1) => {
    while (nodes.length < names.length) grow(nodes.length);
    while (nodes.length > names.length) nodes.pop().button.remove();
    names.forEach((name, i) => {
      paintPixels(nodes[i].canvas, picture(i), side, side);
      nodes[i].name.textContent = name;
      nodes[i].button.setAttribute("aria-label", say(name));
      if (pressed >= 0) nodes[i].button.setAttribute("aria-pressed", i === pressed);
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
  let rowTimer = 0;
  let netTimer = 0;
  const mine = own();
  const paintOne = (all, side, index) => paintPixels(
    picture, pictureOf(all, side, index, frame.channels), side, side);
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
  const pins = thumbRow((index) => change("go", index), "Pins", (name) => `Go to ${name}`);
  const classes = thumbRow((index) => change("label", index), "Classes", (name) => `Class ${name}`);
  const plane = pad({ ...model.get("pad"), moved: (u, v) => change("at", [u, v]) });
  picture.classList.add("gc-large");
  const root = make(
    "div", { class: "gc-explorer" }, plane.root, picture,
    make("div", {}, place, corner, figure), make("figure", { class: "gc-strip" }, strip, line),
    classes.root, pins.root,
  );
  // Keys 0 to 9 ask for a class, wherever the focus is in here.
  const typed = (event) => {
    const index = classOf(event, frame?.classNames ?? []);
    if (index < 0) return;
    event.preventDefault();
    event.stopPropagation();
    change("label", index);
  };
  root.addEventListener("keydown", typed, true);

  // z is the middle one of its neighbours; after them come the pins.
  const paint = () => {
    if (reel.plays()) return;
    if (mine.ready()) paintPixels(picture, mine.picture(), frame.side, frame.side);
    else paintOne(frame.pixels, frame.side, (frame.count - 1) / 2);
  };
  const paintOwnMap = () => {
    if (mine.mapKey() === painted) return;
    painted = mine.mapKey();
    paintTiles(plane.canvas, mine.map(model.get("map").columns), model.get("map").columns, frame.side);
    plane.root.dataset.version = frame.version;
    plane.canvas.classList.remove("gc-old");
  };
  const paintMap = () => {
    const map = model.get("map");
    if (!map.pixels || (mine.ready() && typeof painted === "string")) return;
    if (map !== painted) paintTiles(plane.canvas, map.pixels, map.columns, map.side, 0, map.channels);
    painted = map;
    plane.root.dataset.version = map.version;
    plane.canvas.classList.toggle("gc-old", map.version !== frame.version);
  };
  // The neighbours, the pins and the map wait until no move follows: the picture comes first.
  const wantRest = () => {
    clearTimeout(timer);
    if (frame.brief) timer = setTimeout(() => host.send({ do: "rest" }), QUIET);
    else if (mine.ready()) timer = setTimeout(paintOwnMap, QUIET);
    else if (model.get("map").version !== frame.version) {
      timer = setTimeout(() => {
        mapAt = performance.now();
        host.send({ do: "map" });
      }, mapWait(performance.now(), mapAt));
    }
  };
  const paintRow = () => {
    const { side, count, channels } = frame;
    const row = greys(frame.pixels).subarray(0, count * side * side * channels);
    paintTiles(strip, row, count, side, 1, channels);
    nameRow(frame.along);
    pins.show(frame.thumbs, (i) => pictureOf(frame.pixels, side, count + i, channels), side);
    const [first, names] = [count + frame.thumbs.length, frame.classes];
    classes.show(names, (i) => pictureOf(frame.pixels, side, first + i, channels), side, names.indexOf(frame.values.label));
  };
  const nameRow = (along) => {
    line.textContent = `Neighbours along ${along}, z in the middle`;
    strip.setAttribute("aria-label", line.textContent);
  };
  const paintOwnRest = () => {
    paintTiles(strip, mine.row(), frame.count, frame.side, 1);
    nameRow(mine.along());
    paintOwnMap();
  };
  // A change that the page draws itself: the picture now, the rest when no move follows.
  const drawn = (key, value) => {
    if (!mine.move(key, value)) return null;
    const values = mine.values();
    paint();
    plane.show(values.u, values.v, frame.names);
    picture.setAttribute("aria-label", `G(z). ${mine.sentence()}`);
    clearTimeout(rowTimer);
    rowTimer = setTimeout(paintOwnRest, QUIET);
    return { values, text: mine.sentence() };
  };
  const taken = () => {
    mine.take(model.get("net"));
    if (frame) show(frame);
  };
  // New weights come when they have stayed the same for a while: while G trains the kernel draws.
  const wantNet = (now) => {
    if (frame?.weights === now.weights && netTimer) return;
    clearTimeout(netTimer);
    netTimer = setTimeout(() => mine.wants() && host.send({ do: "net" }), NET_AFTER);
  };
  const show = (now) => {
    wantNet(now);
    frame = { ...now, classNames: now.classes.length ? now.classes : (frame?.classNames ?? []) };
    mine.follow({ ...now, reach: model.get("pad").reach }, host.idle());
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
    root.closest(".gc-live")?.setAttribute("data-engine", mine.ready() ? "page" : "kernel");
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
  model.on("change:net", taken);
  const opening = setTimeout(taken, 0); // the first picture comes first
  model.on("msg:custom", heard);
  const stop = () => {
    [timer, rowTimer, netTimer, opening].forEach(clearTimeout);
    reel.stop();
    model.off("change:net", taken);
    model.off("change:map", mapped);
    model.off("msg:custom", heard);
  };
  return { root, show, corner, stop, alone: mine.ready, own: drawn };
}

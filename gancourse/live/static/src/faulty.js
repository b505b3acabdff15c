// A faulty run: its film beside a sound one, causes to choose from, and lines to edit and train.

import { floats, greys, unpack } from "./bytes.js";
import { curveRow } from "./curves.js";
import { make } from "./dom.js";
import { keepKeys } from "./keys.js";
import { link } from "./link.js";
import { paintTiles, pixelCanvas } from "./pixels.js";
import { fillField } from "./pointgan.js";
import { reel } from "./reel.js";

const COLUMNS = 4; // of images
const SCORE = "gancourse-clinic"; // the event by which all faulty runs of a page hear of a choice

// Where in a film the last picture stands that is not after `turn`.
export function pictureAt(at, turn) {
  let i = 0;
  while (i + 1 < at.length && at[i + 1] <= turn) i++;
  return i;
}

// The part of `all` that is picture `i` of a film of so many.
export function slice(all, i, count) {
  const size = all.length / count;
  return all.subarray(i * size, (i + 1) * size);
}

// Notes whether a run was named rightly; only the first choice of each counts.
export function noted(score, run, right) {
  return run in score ? score : { ...score, [run]: right };
}

export function scoreText(score) {
  const firsts = Object.values(score);
  return firsts.length ? `Named at the first try: ${firsts.filter(Boolean).length} of ${firsts.length}.` : "";
}

function dot(pen, x, y, r) {
  pen.moveTo(x + r, y);
  pen.arc(x, y, r, 0, 7);
}

function diamond(pen, x, y, r) {
  pen.moveTo(x - r, y);
  pen.lineTo(x, y - r);
  pen.lineTo(x + r, y);
  pen.lineTo(x, y + r);
  pen.closePath();
}

function plane(host, real) {
  const canvas = make("canvas", { class: "gc-plane", role: "img" });
  const pen = canvas.getContext("2d");
  const cloud = (points, shape, colour, size, px, py) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) shape(pen, px(points[i]), py(points[i + 1]), size);
    pen.fillStyle = colour;
    pen.fill();
  };
  const paint = (film, i) => {
    const side = 480;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const px = (x) => ((x + film.limit) * side) / (2 * film.limit);
    const py = (y) => ((film.limit - y) * side) / (2 * film.limit);
    const small = make("canvas", { width: film.side, height: film.side });
    const image = new ImageData(film.side, film.side);
    fillField(image.data, slice(greys(film.field), i, film.at.length), host.table);
    small.getContext("2d").putImageData(image, 0, 0);
    pen.drawImage(small, 0, 0, side, side);
    cloud(real, dot, host.colourOf("p"), 3, px, py);
    cloud(slice(floats(film.samples), i, film.at.length), diamond, host.colourOf("q"), 5.5, px, py);
  };
  return { canvas, paint };
}

function tiles() {
  const canvas = pixelCanvas("Samples");
  const paint = (film, i) => paintTiles(canvas, slice(greys(film.samples), i, film.at.length), COLUMNS, film.side, 1);
  return { canvas, paint };
}

// One film: its picture at the slider's place, and apart from it its curves with a line at that turn.
function column(title, host, images, real) {
  const { canvas, paint } = images ? tiles() : plane(host, real);
  const curves = curveRow(host);
  const told = make("p", { class: "gc-outcome" });
  const root = make("div", { class: "gc-film" }, make("b", {}, title), canvas, told);
  const below = make("div", { class: "gc-film" }, make("b", {}, title), curves.root);
  const show = (film, turn) => {
    root.hidden = below.hidden = !film.at;
    if (!film.at) return;
    const i = pictureAt(film.at, turn);
    paint(film, i);
    const [real, fake] = film.says[i].map((v) => v.toFixed(2));
    canvas.setAttribute("aria-label", `${title} at turn ${film.at[i]}: D(x) ${real}, D(G(z)) ${fake}`);
    told.textContent = film.outcome ? `At the end: ${film.outcome}.` : "";
    const at = [film.at[i], film.at[i]];
    curves.show(film.panels.map((p) => ({ ...p, marks: [...p.marks, { kind: "dashed", x: at, y: p.ylim, label: "", role: "" }] })));
  };
  return { root, below, show };
}

function unpacked(film) {
  return film.at ? { ...film, panels: unpack({ panels: film.panels, handles: [] }).panels } : film;
}

export function render({ model, el }) {
  const host = {
    colourOf: (role) => (role ? model.get("colours")[role] : "var(--gc-ink)"),
    table: greys(model.get("field_colours")),
  };
  const films = model.get("films").map(unpacked);
  const real = floats(model.get("real"));
  const columns = model.get("titles").map((title) => column(title, host, films[0].images, real));
  const { at } = films[0];
  const options = model.get("options");
  let yours = {};

  const film = reel(at.length, "turn", (index) => {
    [...films, yours].forEach((one, i) => columns[i].show(one, at[index]));
    return `turn ${at[index]}`;
  });

  const reply = make("p", { class: "gc-text", "aria-live": "polite" });
  const score = make("p", { class: "gc-text gc-score" });
  const editor = make("div", { class: "gc-editor" });
  const showScore = () => (score.textContent = scoreText(globalThis.gancourseScore ?? {}));
  const causes = options.map((option, i) => {
    const button = make("button", { type: "button", class: "gc-button", "aria-pressed": "false" }, option);
    button.addEventListener("click", () => {
      globalThis.gancourseScore = noted(globalThis.gancourseScore ?? {}, model.get("title"), option === model.get("answer"));
      globalThis.dispatchEvent(new Event(SCORE));
      causes.forEach((other) => other.setAttribute("aria-pressed", other === button));
      if (option === model.get("answer")) button.dataset.right = "true";
      reply.textContent = model.get("replies")[i];
      editor.hidden = false;
    });
    return button;
  });
  globalThis.addEventListener(SCORE, showScore);

  const code = make("textarea", { "aria-label": "The lines that hold the mistake", spellcheck: "false" });
  code.rows = model.get("code").split("\n").length;
  code.value = model.get("code");
  const alone = !!model.get("alone"); // no kernel: the lines are there to be read
  code.readOnly = alone;
  const train = make("button", { type: "button", class: "gc-button" }, "Train these lines");
  const back = make("button", { type: "button", class: "gc-button" }, "Undo my edits");
  const bar = make("progress", { max: 1, "aria-label": "How far your training is" });
  const text = make("p", { class: "gc-text", role: "status" });
  train.addEventListener("click", () => {
    text.textContent = "Starting.";
    film.to(at.length - 1);
    line.send({ do: "train", code: code.value });
  });
  back.addEventListener("click", () => (code.value = model.get("code")));
  const buttons = make("div", { class: "gc-run" }, train, back);
  buttons.hidden = alone;
  editor.append(code, buttons, bar, text);
  editor.hidden = true;
  const line = link(model, editor); // the films need no kernel
  [...causes, code, train, back].forEach(keepKeys);

  let trained = "";
  const follow = () => {
    const frame = model.get("frame");
    if (frame.code && frame.code !== trained && document.activeElement !== code) code.value = frame.code;
    trained = frame.code;
    yours = unpacked(frame.yours);
    bar.value = frame.progress;
    bar.hidden = frame.status !== "running";
    root.dataset.status = frame.status;
    if (text.textContent !== frame.text) text.textContent = frame.text;
    film.show();
  };
  const root = make(
    "div", { class: "gc-live gc-train gc-faulty", role: "group", "aria-label": model.get("title") },
    make("div", { class: "gc-films" }, ...columns.map((c) => c.root)),
    film.root,
    make("p", { class: "gc-question" }, `${model.get("title")}: what is wrong with it?`),
    make("div", { class: "gc-run" }, ...causes), reply, score, line.root, editor,
    make("div", { class: "gc-films" }, ...columns.map((c) => c.below)),
  );
  film.to(at.length - 1);
  model.on("change:frame", follow);
  follow();
  showScore();
  el.append(root);
  return () => {
    film.halt();
    globalThis.removeEventListener(SCORE, showScore);
    model.off("change:frame", follow);
    line.stop();
  };
}

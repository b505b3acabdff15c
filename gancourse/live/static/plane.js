// Built by `make build` from src/widgets/plane.js: edit there. 1eaf2fec73d8f0d9 cc75efa61d7b3bc2
// dom.js
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

// keys.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => event.stopPropagation());
}

// controls.js
function valueText(control, value) {
  if (control.kind === "choice") return String(value);
  return Number(value).toFixed(control.digits) + (control.unit ? ` ${control.unit}` : "");
}
function slider(control) {
  const { low: min, high: max, step } = control;
  const input = make("input", { type: "range", min, max, step });
  const output = make("output");
  const show = (value) => {
    input.value = value;
    output.textContent = valueText(control, value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return { input, show, read: () => Number(input.value), extra: [output] };
}
function choice(control) {
  const options = control.options.map((o) => make("option", { value: o }, o));
  const input = make("select", {}, ...options);
  return { input, show: (value) => input.value = value, read: () => input.value, extra: [] };
}
function controlPanel(controls, changed) {
  const root = make("div", { class: "gc-controls" });
  const shows = {};
  for (const control of controls.filter((c) => c.shown)) {
    const { input, show: show2, read, extra } = control.kind === "choice" ? choice(control) : slider(control);
    input.setAttribute("aria-label", control.label);
    input.setAttribute("data-key", control.key);
    keepKeys(input);
    input.addEventListener("input", () => {
      show2(read());
      changed(control.key, read());
    });
    root.append(make("label", {}, make("span", {}, control.label), ...extra, input));
    shows[control.key] = show2;
  }
  const show = (values) => {
    for (const [key, value] of Object.entries(values)) shows[key]?.(value);
  };
  return { root, show };
}

// scales.js
function placeIn(box, { clientX, clientY }, half) {
  const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  return [half * (2 * x - 1), half * (1 - 2 * y)];
}

// pad.js
var KEYS = { ...ARROWS, PageUp: [0, 10], PageDown: [0, -10], Home: [-Infinity, 0], End: [Infinity, 0] };
function inside(v, { reach, step }) {
  return Math.min(reach, Math.max(-reach, Number((Math.round(v / step) * step).toFixed(6))));
}
function padMove(event, at, plane) {
  const move = KEYS[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return null;
  const by = plane.step * (event.shiftKey ? 5 : 1);
  return move.map((m, i) => inside(at[i] + m * by, plane));
}
function pad({ reach, step, moved }) {
  const canvas = make("canvas", { class: "gc-pixels", "aria-hidden": "true" });
  const mark = make("div", { class: "gc-pad-mark", "aria-hidden": "true" });
  const root = make("div", { class: "gc-pad", tabindex: 0, role: "application" }, canvas, mark);
  let at = [0, 0];
  let names = ["across", "up"];
  const show = (u, v, called = names) => {
    [at, names] = [[u, v], called];
    mark.style.left = `${50 * (1 + u / reach)}%`;
    mark.style.top = `${50 * (1 - v / reach)}%`;
    const told = `${u.toFixed(2)} across along ${names[0]}, ${v.toFixed(2)} up along ${names[1]}`;
    root.setAttribute("aria-label", `Pad, at ${told}. Arrow keys move it.`);
  };
  const go = ([u, v]) => {
    if (u === at[0] && v === at[1]) return;
    show(u, v);
    moved(u, v);
  };
  const follow = (event) => {
    go(placeIn(root.getBoundingClientRect(), event, reach).map((v) => inside(v, { reach, step })));
  };
  keepKeys(root);
  root.addEventListener("keydown", (event) => {
    const to = padMove(event, at, { reach, step });
    if (!to) return;
    event.preventDefault();
    go(to);
  });
  root.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    root.focus();
    root.setPointerCapture(event.pointerId);
    follow(event);
  });
  root.addEventListener("pointermove", (event) => root.hasPointerCapture(event.pointerId) && follow(event));
  show(0, 0);
  return { root, canvas, show };
}

// pixels.js
var OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
var GREY = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];
function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}

// plane.js
var MAP_TILES = 7;
function cellAt(u, v, { reach, step }) {
  return [Math.round((u + reach) / step), Math.round((reach - v) / step)];
}
function tileCell(i, perSide) {
  return Math.round((i + 0.5) / MAP_TILES * (perSide - 1));
}
async function showPlane(parent, told) {
  const { perSide, reach, side, names } = told;
  const step = 2 * reach / (perSide - 1);
  const image = new Image();
  image.src = told.sprite;
  await image.decode();
  const sheet = make("canvas", { width: image.width, height: image.height });
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const picture = pixelCanvas("G(z)");
  picture.classList.add("gc-large");
  const text = make("p", { class: "gc-text", role: "status" });
  const labels = { u: `across: ${names[0]}`, v: `up: ${names[1]}` };
  const described = Object.entries(labels).map(([key, label]) => ({ key, label, digits: 2, kind: "slider", low: -reach, high: reach, step, unit: "", shown: true }));
  let at = [0, 0];
  const move = (u, v) => {
    at = [u, v];
    const [column, row] = cellAt(u, v, { reach, step });
    [picture.width, picture.height] = [side, side];
    picture.getContext("2d").putImageData(pen.getImageData(column * side, row * side, side, side), 0, 0);
    sliders.show({ u, v });
    square.show(u, v, names);
    text.textContent = `${u.toFixed(2)} along ${names[0]}, ${v.toFixed(2)} along ${names[1]}.`;
    picture.setAttribute("aria-label", `G(z). ${text.textContent}`);
  };
  const sliders = controlPanel(described, (key, value) => key === "u" ? move(value, at[1]) : move(at[0], value));
  const square = pad({ reach, step, moved: move });
  [square.canvas.width, square.canvas.height] = [MAP_TILES * side, MAP_TILES * side];
  const map = square.canvas.getContext("2d");
  const near = (i) => tileCell(i, perSide) * side;
  for (let row = 0; row < MAP_TILES; row++)
    for (let column = 0; column < MAP_TILES; column++)
      map.drawImage(sheet, near(column), near(row), side, side, column * side, row * side, side, side);
  const stage = make("div", { class: "gc-explorer" }, square.root, picture);
  parent.append(make("div", { class: "gc-live", role: "group", "aria-label": "Latent plane" }, stage, sliders.root, text));
  move(0, 0);
}

// widgets/plane.js
showPlane(document.querySelector("main"), JSON.parse(document.querySelector("#plane").textContent));

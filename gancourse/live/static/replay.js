// Built by `make build` from src/widgets/replay.js: edit there. d7416ad9264b4547 9bb3fc360d489c64
// bytes.js
function greys(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
function floats(view) {
  if (!view) return null;
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return new Float32Array(buffer);
}
function unpack(scene) {
  const panels = scene.panels.map((panel) => ({
    ...panel,
    marks: panel.marks.map((m) => ({ ...m, x: floats(m.x), y: floats(m.y), x2: floats(m.x2), y2: floats(m.y2) }))
  }));
  return { ...scene, panels, handles: scene.handles.map((h, index) => ({ ...h, index })) };
}

// dom.js
var SVG = "http://www.w3.org/2000/svg";
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}
function newSvg(attributes = {}) {
  return dressed(document.createElementNS(SVG, "svg"), attributes);
}
function draw(parent, tag, attributes = {}, text = "") {
  const node = dressed(document.createElementNS(SVG, tag), attributes);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

// keys.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.altKey)) runCell(node, event);
    event.stopPropagation();
  });
}
function runCell(node, event) {
  const cell = node.closest(".jp-Cell");
  if (!cell) return;
  event.preventDefault();
  cell.focus();
  const { shiftKey, ctrlKey, altKey } = event;
  const again = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", shiftKey, ctrlKey, altKey, bubbles: true, cancelable: true });
  Object.defineProperty(again, "keyCode", { value: 13 });
  cell.dispatchEvent(again);
}

// scales.js
var BOX = { width: 460, height: 300, left: 52, right: 26, top: 26, bottom: 42 };
function ticks([low, high], about = 6) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; i++) found.push(i * step);
  return found.map((value) => [value, value.toFixed(digits)]);
}
function scales(panel) {
  const { top } = BOX;
  let { left } = BOX;
  let wide = BOX.width - BOX.left - BOX.right;
  let high = BOX.height - BOX.top - BOX.bottom;
  const [x0, x1] = panel.xlim;
  const [y0, y1] = panel.ylim;
  if (panel.equal) {
    const unit = Math.min(wide / (x1 - x0), high / (y1 - y0));
    left += (wide - unit * (x1 - x0)) / 2;
    [wide, high] = [unit * (x1 - x0), unit * (y1 - y0)];
  }
  return {
    left,
    top,
    wide,
    high,
    x: (v) => left + (v - x0) / (x1 - x0) * wide,
    y: (v) => top + high - (v - y0) / (y1 - y0) * high,
    back: (px, py) => [x0 + (px - left) / wide * (x1 - x0), y0 + (top + high - py) / high * (y1 - y0)]
  };
}
function path(xs, ys, s) {
  const out = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) {
      pen = "M";
      continue;
    }
    const px = Math.max(-2e3, Math.min(2e3, s.x(xs[i])));
    const py = Math.max(-2e3, Math.min(2e3, s.y(ys[i])));
    out.push(`${pen}${px.toFixed(1)},${py.toFixed(1)}`);
    pen = "L";
  }
  return out.join("");
}
function barbs([x1, y1], [x2, y2], turn, most) {
  const head = Math.min(most, 0.5 * Math.hypot(x2 - x1, y2 - y1));
  const angle = Math.atan2(y2 - y1, x2 - x1);
  return [turn, -turn].map((t) => [x2 - head * Math.cos(angle + t), y2 - head * Math.sin(angle + t)]);
}

// marks.js
var HEAD = { turn: 0.45, most: 7 };
var FAINT = 0.5;
var MARKS = {
  cells: (g, m, s, fill2) => {
    const [wide, high] = [s.x(1) - s.x(0), s.y(0) - s.y(1)];
    for (let i = 0; i < m.x.length; i++)
      if (m.x2[i] > 0)
        draw(g, "rect", { x: s.x(m.x[i] - 0.5), y: s.y(m.y[i] + 0.5), width: wide, height: high, fill: fill2, opacity: Math.min(1, m.x2[i]).toFixed(3) });
  },
  line: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2.4 }),
  dashed: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": "6 4" }),
  fill: (g, m, s, fill2) => {
    draw(g, "path", { d: area(m, s), fill: fill2, opacity: 0.3 });
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke: fill2, "stroke-width": 1.4 });
  },
  points: (g, m, s, fill2) => {
    for (let i = 0; i < m.x.length; i++) draw(g, "circle", { cx: s.x(m.x[i]), cy: s.y(m.y[i]), r: 4, fill: fill2 });
  },
  arrows: (g, m, s, stroke) => {
    const field = m.role ? g : draw(g, "g", { opacity: FAINT });
    for (let i = 0; i < m.x.length; i++) arrow(field, s, [m.x[i], m.y[i]], [m.x[i] + m.x2[i], m.y[i] + m.y2[i]], stroke);
  }
};
function area(mark, s) {
  const low = mark.y2 ?? new Float32Array(mark.x.length);
  const back = path(mark.x.slice().reverse(), low.slice().reverse(), s).replace(/^M/, "L");
  return `${path(mark.x, mark.y, s)}${back}Z`;
}
function arrowPath(from, to) {
  if (!(Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.5)) return "";
  const [left, right] = barbs(from, to, HEAD.turn, HEAD.most).map(point);
  return `M${point(from)}L${point(to)}M${left}L${point(to)}L${right}`;
}
function point([x, y]) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
function arrow(g, s, from, to, stroke) {
  const d = arrowPath([s.x(from[0]), s.y(from[1])], [s.x(to[0]), s.y(to[1])]);
  if (d) draw(g, "path", { d, fill: "none", stroke, "stroke-width": 1.6 });
}
function swatch(mark, colour) {
  const svg = newSvg({ width: 24, height: 12, style: "width:24px;flex:none" });
  const [x, y] = [[1, 23], [6, 6]];
  const s = { x: (v) => v, y: (v) => v };
  if (mark.kind === "points") MARKS.points(svg, { x: [12], y: [6] }, s, colour);
  else if (mark.kind === "fill") draw(svg, "rect", { x: 1, y: 1, width: 22, height: 10, fill: colour, opacity: 0.35 });
  else if (mark.kind === "arrows") arrow(svg, s, [2, 6], [22, 6], colour);
  else MARKS[mark.kind](svg, { x, y }, s, colour);
  return svg;
}
function legend(panel, colourOf) {
  return panel.marks.filter((m) => m.label).map((m) => make("span", {}, swatch(m, colourOf(m.role)), m.label));
}

// panel.js
function below(panel) {
  return panel.names?.length ? panel.names.map((name, i) => [i, name]) : ticks(panel.xlim);
}
function drawAxes(svg, panel, s) {
  for (const [value, label] of below(panel)) {
    draw(svg, "line", { class: "gc-grid", x1: s.x(value), x2: s.x(value), y1: s.top, y2: s.top + s.high });
    draw(svg, "text", { x: s.x(value), y: s.top + s.high + 16, "text-anchor": "middle" }, label);
  }
  for (const [value, label] of ticks(panel.ylim, 5)) {
    draw(svg, "line", { class: "gc-grid", x1: s.left, x2: s.left + s.wide, y1: s.y(value), y2: s.y(value) });
    draw(svg, "text", { x: s.left - 6, y: s.y(value) + 4, "text-anchor": "end" }, label);
  }
  draw(svg, "path", { class: "gc-axis", d: `M${s.left},${s.top}V${s.top + s.high}H${s.left + s.wide}` });
  const middle = s.left + s.wide / 2;
  draw(svg, "text", { x: middle, y: BOX.height - 6, "text-anchor": "middle" }, panel.xlabel);
  const up = s.top + s.high / 2;
  const side = s.left - 38;
  draw(svg, "text", { x: side, y: up, "text-anchor": "middle", transform: `rotate(-90 ${side} ${up})` }, panel.ylabel);
  draw(svg, "text", { class: "gc-title", x: middle, y: 16, "text-anchor": "middle" }, panel.title);
}
function handleAt(target, handles) {
  const index = target.dataset.handle ?? handles.find((h) => h.anywhere)?.index;
  return index === void 0 ? null : Number(index);
}
function panelView(host) {
  const svg = newSvg({ viewBox: `0 0 ${BOX.width} ${BOX.height}` });
  const clip = draw(draw(svg, "clipPath", { id: `gc-clip-${Math.random().toString(36).slice(2)}` }), "rect");
  const body = draw(svg, "g", { role: "img" });
  const grips = draw(svg, "g");
  const names = make("div", { class: "gc-legend", "aria-hidden": "true" });
  const view = { root: make("div", {}, svg, names), scale: null, handles: [] };
  view.place = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return view.scale.back(at.x, at.y);
  };
  svg.addEventListener("pointerdown", (event) => {
    const index = handleAt(event.target, view.handles);
    if (index === null) return;
    event.preventDefault();
    event.target.focus?.();
    host.drag(event, index, view.place);
  });
  view.show = (panel, handles, label) => {
    const s = view.scale = scales(panel);
    view.handles = handles;
    for (const [name, value] of Object.entries({ x: s.left, y: s.top, width: s.wide, height: s.high }))
      clip.setAttribute(name, value);
    body.replaceChildren();
    body.setAttribute("aria-label", label);
    drawAxes(body, panel, s);
    const inside = draw(body, "g", { "clip-path": `url(#${clip.parentNode.id})` });
    for (const mark of panel.marks) MARKS[mark.kind](inside, mark, s, host.colourOf(mark.role));
    names.replaceChildren(...legend(panel, host.colourOf));
    handles.forEach((handle, i) => showHandle(grips.children[i] ?? newHandle(grips, host), handle, s, host));
  };
  return view;
}
function newHandle(parent, host) {
  const node = draw(parent, "circle", { class: "gc-handle", r: 9, tabindex: 0, role: "application" });
  keepKeys(node);
  node.addEventListener("keydown", (event) => host.key(event, Number(node.dataset.handle)));
  return node;
}
function showHandle(node, handle, s, host) {
  node.dataset.handle = handle.index;
  node.setAttribute("cx", s.x(handle.at[0]));
  node.setAttribute("cy", s.y(handle.at[1]));
  node.setAttribute("fill", host.colourOf(handle.role));
  const at = handle.at.map((v) => v.toFixed(2)).join(", ");
  node.setAttribute("aria-label", `${handle.label}, at ${at}. Arrow keys move it.`);
}

// curves.js
function lastNumbers(panel) {
  const last = panel.marks.filter((m) => m.label && m.kind === "line" && m.y.length).map((m) => `${m.label} ${m.y[m.y.length - 1].toPrecision(3)}`);
  return [panel.title, ...last].join(", ");
}
function curveRow(host) {
  const root = make("div", { class: "gc-panels" });
  const views = [];
  const show = (panels) => panels.forEach((panel, i) => {
    if (!views[i]) root.append((views[i] = panelView(host)).root);
    views[i].show(panel, [], lastNumbers(panel));
  });
  return { root, show };
}

// link.js
var PATIENCE = 1200;
var BRIEF = 700;
var QUIET = 1e3;
var TOUCHES = ["pointerdown", "keydown", "focusin"];
var RESTARTS = ["restarting", "autorestarting"];
var SAYS = {
  restarted: "The kernel was restarted: run the first cell again, then this one.",
  dead: "The kernel is dead: restart it (menu Kernel), then run the cells again.",
  offline: "There is no connection to the kernel: waiting for it.",
  busy: "Waiting for the kernel: a cell is running.",
  restartedAlone: "The kernel was restarted. The pad goes on in the page; for the buttons run the first cell again, then this one.",
  deadAlone: "The kernel is dead. The pad goes on in the page; for the buttons restart it (menu Kernel).",
  offlineAlone: "There is no connection to the kernel. The pad goes on in the page.",
  busyAlone: "A cell is running. The pad goes on in the page; z in Python follows when the cell has ended.",
  silentAlone: "No kernel answers. The pad goes on in the page; for the buttons run this cell.",
  working: "Working on it.",
  silent: "The kernel does not answer yet: a cell may be running. If this stays, run this cell again."
};
function saying({ gone, late, working, status, connection, alone = false }) {
  const said = (name) => SAYS[alone ? `${name}Alone` : name];
  if (status === "dead") return said("dead");
  if (gone) return said("restarted");
  if (connection && connection !== "connected") return said("offline");
  if (!late) return working ? SAYS.working : "";
  return said(status === "busy" ? "busy" : "silent");
}
var madeUp = () => Math.random().toString(16).slice(2);
function controlMessage(kernel, id, content) {
  const msg_id = [1, 2, 3].map(madeUp).join("-");
  const header = {
    msg_id,
    msg_type: "comm_msg",
    username: kernel.username ?? "",
    session: kernel.clientId ?? "",
    date: (/* @__PURE__ */ new Date()).toISOString(),
    version: "5.2"
  };
  const data = { method: "custom", content };
  return { header, parent_header: {}, metadata: {}, channel: "control", buffers: [], content: { comm_id: id, data } };
}
function overControl(kernel, id) {
  if (!id || !kernel?.sendControlMessage) return null;
  return (content) => {
    try {
      kernel.sendControlMessage(controlMessage(kernel, id, content), false, true).done?.catch(() => {
      });
    } catch {
    }
  };
}
function link(model, root, alone = () => false) {
  const line = make("p", { class: "gc-link", role: "alert", hidden: "" });
  const kernelNow = () => model.widget_manager?.kernel ?? null;
  const kernel = kernelNow();
  const control = overControl(kernel, model.get("over_control"));
  let direct = null;
  let gone = false;
  let late = false;
  let wrong = "";
  const first = Date.now() % 1e9;
  const view = madeUp();
  let count = first;
  let waiting = [];
  const doing = /* @__PURE__ */ new Map();
  let sentAt = -Infinity;
  let timer = 0;
  const show = () => {
    gone ||= kernelNow() !== kernel;
    const working = [...doing.values()].some(Boolean);
    const state = { gone, late, working, status: kernel?.status, connection: kernel?.connectionStatus, alone: alone() };
    const text = saying(state) || wrong;
    line.hidden = !text;
    line.dataset.calm = text === SAYS.working;
    if (line.textContent !== text) line.textContent = text;
    const lost = gone || state.status === "dead";
    root.dataset.link = lost ? state.alone ? "alone" : "lost" : late ? "late" : "good";
    root.inert = root.dataset.link === "lost";
  };
  const knock = () => control?.({ ping: first, view });
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PATIENCE);
  };
  const look = () => {
    late = true;
    show();
    if (gone) return;
    if (!direct) knock();
    if (kernel?.status !== "busy") send({});
    arm();
  };
  const takesLong = (number) => {
    if (doing.has(number)) doing.set(number, true);
    show();
  };
  const ended = (number) => [...doing.keys()].forEach((n) => n <= number && doing.delete(n));
  const send = (content) => {
    const message = { ...content, ping: ++count, view, ...direct ? {} : { twice: true } };
    sentAt = performance.now();
    if (content.do) {
      doing.set(message.ping, false);
      setTimeout(() => takesLong(message.ping), BRIEF);
    }
    if (!waiting.length) arm();
    if (!waiting.length || Object.keys(content).length) waiting.push(message);
    try {
      if (direct) direct(message);
      else model.send(message);
    } catch {
      gone = true;
      show();
    }
  };
  const heard = (message) => {
    if (message.wrong) wrong = message.wrong;
    if ((message.view ?? view) === view) ended(message.did ?? message.pong - 1);
    if (message.pong !== void 0 && (message.view ?? view) === view) {
      if (waiting[0]?.ping <= message.pong) wrong = "";
      late = false;
      clearTimeout(timer);
      waiting = waiting.filter((m) => m.ping > message.pong);
      if (message.via === "control" && !direct) {
        direct = control;
        waiting.forEach(direct);
      }
      if (waiting.length) arm();
    }
    show();
  };
  const turned = (_, status) => {
    if (RESTARTS.includes(status)) gone = true;
    show();
  };
  const closed = () => {
    if (kernel === null) gone = true;
    else send({});
  };
  const touched = () => {
    if (!waiting.length && performance.now() - sentAt > QUIET) send({});
  };
  model.on("msg:custom", heard);
  model.on("comm_live_update", closed);
  kernel?.statusChanged?.connect(turned);
  kernel?.connectionStatusChanged?.connect(show);
  for (const touch of TOUCHES) root.addEventListener(touch, touched, true);
  knock();
  const stop = () => {
    clearTimeout(timer);
    model.off("msg:custom", heard);
    model.off("comm_live_update", closed);
    kernel?.statusChanged?.disconnect(turned);
    kernel?.connectionStatusChanged?.disconnect(show);
  };
  return { root: line, send, stop };
}

// pixels.js
var OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
var [RED, GREEN, BLUE] = [0, 1, 2].map((at) => {
  const pixel = new Uint8Array(4);
  pixel[at] = 1;
  return new Uint32Array(pixel.buffer)[0];
});
var GREY = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];
function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}
function pixelOf(bytes, i, channels) {
  if (channels !== 3) return OPAQUE + bytes[i] * GREY;
  return OPAQUE + bytes[3 * i] * RED + bytes[3 * i + 1] * GREEN + bytes[3 * i + 2] * BLUE;
}
function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}
function fillTiles(out, bytes, columns, side, gap, channels = 1) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes.length / channels; i++) {
    const tile = Math.floor(i / (side * side));
    const [row, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row) * width + tile % columns * pitch + x;
    out[at] = pixelOf(bytes, i, channels);
  }
}
function putPixels(canvas, width, height, fill2) {
  const image = new ImageData(width, height);
  fill2(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}
function paintTiles(canvas, view, columns, side, gap = 0, channels = 1) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap, channels));
}

// pointgan.js
function fillField(rgba, levels, table2) {
  levels.forEach((level, i) => {
    rgba.set(table2.subarray(3 * level, 3 * level + 3), 4 * i);
    rgba[4 * i + 3] = 255;
  });
}

// reel.js
var PLAY = 120;
function reel(count, label, show) {
  let timer = 0;
  const place = make("input", { type: "range", min: 0, max: count - 1, step: 1, "aria-label": label });
  const shown = make("output", { "aria-live": "off" });
  const play = make("button", { type: "button", class: "gc-button" }, "Play");
  const here = () => {
    shown.textContent = show(Number(place.value));
    place.setAttribute("aria-valuetext", shown.textContent);
  };
  const halt = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  place.addEventListener("input", () => {
    halt();
    here();
  });
  play.addEventListener("click", () => {
    if (timer) return halt();
    if (Number(place.value) === count - 1) place.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => {
      place.value = Number(place.value) + 1;
      here();
      if (Number(place.value) === count - 1) halt();
    }, PLAY);
    here();
  });
  [place, play].forEach(keepKeys);
  return { root: make("div", { class: "gc-reel" }, play, place, shown), show: here, halt, to: (index) => place.value = index };
}

// faulty.js
var COLUMNS = 4;
var SCORE = "gancourse-clinic";
function pictureAt(at, turn) {
  let i = 0;
  while (i + 1 < at.length && at[i + 1] <= turn) i++;
  return i;
}
function slice(all, i, count) {
  const size2 = all.length / count;
  return all.subarray(i * size2, (i + 1) * size2);
}
function noted(score, run, right) {
  return run in score ? score : { ...score, [run]: right };
}
function scoreText(score) {
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
  const cloud = (points, shape, colour, size2, px, py) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) shape(pen, px(points[i]), py(points[i + 1]), size2);
    pen.fillStyle = colour;
    pen.fill();
  };
  const paint = (film, i) => {
    const side = 480;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const px = (x) => (x + film.limit) * side / (2 * film.limit);
    const py = (y) => (film.limit - y) * side / (2 * film.limit);
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
function column(title, host, images, real) {
  const { canvas, paint } = images ? tiles() : plane(host, real);
  const curves = curveRow(host);
  const told = make("p", { class: "gc-outcome" });
  const root = make("div", { class: "gc-film" }, make("b", {}, title), canvas, told);
  const below2 = make("div", { class: "gc-film" }, make("b", {}, title), curves.root);
  const show = (film, turn) => {
    root.hidden = below2.hidden = !film.at;
    if (!film.at) return;
    const i = pictureAt(film.at, turn);
    paint(film, i);
    const [real2, fake] = film.says[i].map((v) => v.toFixed(2));
    canvas.setAttribute("aria-label", `${title} at turn ${film.at[i]}: D(x) ${real2}, D(G(z)) ${fake}`);
    told.textContent = film.outcome ? `At the end: ${film.outcome}.` : "";
    const at = [film.at[i], film.at[i]];
    curves.show(film.panels.map((p) => ({ ...p, marks: [...p.marks, { kind: "dashed", x: at, y: p.ylim, label: "", role: "" }] })));
  };
  return { root, below: below2, show };
}
function unpacked(film) {
  return film.at ? { ...film, panels: unpack({ panels: film.panels, handles: [] }).panels } : film;
}
function render({ model, el }) {
  const host = {
    colourOf: (role) => role ? model.get("colours")[role] : "var(--gc-ink)",
    table: greys(model.get("field_colours"))
  };
  const films = model.get("films").map(unpacked);
  const real = floats(model.get("real"));
  const columns = model.get("titles").map((title) => column(title, host, films[0].images, real));
  const { at } = films[0];
  const options = model.get("options");
  let yours = {};
  const film = reel(at.length, "turn", (index) => {
    [...films, yours].forEach((one2, i) => columns[i].show(one2, at[index]));
    return `turn ${at[index]}`;
  });
  const reply = make("p", { class: "gc-text", "aria-live": "polite" });
  const score = make("p", { class: "gc-text gc-score" });
  const editor = make("div", { class: "gc-editor" });
  const showScore = () => score.textContent = scoreText(globalThis.gancourseScore ?? {});
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
  const alone = !!model.get("alone");
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
  back.addEventListener("click", () => code.value = model.get("code"));
  const buttons = make("div", { class: "gc-run" }, train, back);
  buttons.hidden = alone;
  editor.append(code, buttons, bar, text);
  editor.hidden = true;
  const line = link(model, editor);
  [...causes, code, train, back].forEach(keepKeys);
  let trained = "";
  const follow2 = () => {
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
    "div",
    { class: "gc-live gc-train gc-faulty", role: "group", "aria-label": model.get("title") },
    make("div", { class: "gc-films" }, ...columns.map((c) => c.root)),
    film.root,
    make("p", { class: "gc-question" }, `${model.get("title")}: what is wrong with it?`),
    make("div", { class: "gc-run" }, ...causes),
    reply,
    score,
    line.root,
    editor,
    make("div", { class: "gc-films" }, ...columns.map((c) => c.below))
  );
  film.to(at.length - 1);
  model.on("change:frame", follow2);
  follow2();
  showScore();
  el.append(root);
  return () => {
    film.halt();
    globalThis.removeEventListener(SCORE, showScore);
    model.off("change:frame", follow2);
    line.stop();
  };
}

// controls.js
function valueText(control, value) {
  if (control.kind === "choice") return String(value);
  return Number(value).toFixed(control.digits) + (control.unit ? ` ${control.unit}` : "");
}
function onStep({ low, high, step }, value) {
  const steps = Math.round((value - low) / step);
  return Math.min(high, Math.max(low, low + steps * step));
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

// requests.js
var LOST_AFTER = 2e3;
function requests(line, also = {}) {
  let serial = Date.now() % 1e9;
  let inFlight = null;
  let waiting = null;
  let timer = 0;
  let later = 0;
  const send = () => {
    if (inFlight !== null || waiting === null) return;
    inFlight = ++serial;
    line.send({ serial, values: waiting, ...also });
    waiting = null;
    timer = setTimeout(() => answered(inFlight), LOST_AFTER);
  };
  const answered = (number) => {
    if (number !== inFlight) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const ask = (values, quiet = 0) => {
    waiting = { ...waiting, ...values };
    clearTimeout(later);
    if (quiet) later = setTimeout(send, quiet);
    else send();
  };
  const flush = () => {
    clearTimeout(later);
    if (waiting === null) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const stop = () => [timer, later].forEach(clearTimeout);
  return { ask, flush, answered, idle: () => inFlight === null && waiting === null, stop };
}

// chart.js
function movedTo(handle, [x, y], byKey) {
  const wanted = [[handle.x, x], [handle.y, y]].filter(([key]) => key);
  return Object.fromEntries(wanted.map(([key, v]) => [key, onStep(byKey[key], v)]));
}
function movedBy(event, handle, values, byKey) {
  const [x, y] = ARROWS[event.key];
  const key = x ? handle.x : handle.y;
  if (!key) return null;
  const by = (x || y) * byKey[key].step * (event.shiftKey ? 5 : 1);
  return { [key]: onStep(byKey[key], values[key] + by) };
}
function follow(go) {
  const stop = () => {
    window.removeEventListener("pointermove", go);
    window.removeEventListener("pointerup", stop);
    window.removeEventListener("pointercancel", stop);
  };
  window.addEventListener("pointermove", go);
  window.addEventListener("pointerup", stop);
  window.addEventListener("pointercancel", stop);
}
function render2({ model, el }) {
  const root = make("div", { class: "gc-live", role: "group", "aria-label": model.get("title") });
  const panels = make("div", { class: "gc-panels" });
  const numbers = make("div", { class: "gc-numbers" });
  const text = make("p", { class: "gc-text", "aria-live": "polite" });
  const byKey = Object.fromEntries(model.get("controls").map((c) => [c.key, c]));
  const line = link(model, root);
  const request = requests(line);
  const views = [];
  let values = { ...model.get("values") };
  let scene = null;
  const change = (changed) => {
    values = { ...values, ...changed };
    root.dataset.idle = "false";
    request.ask(changed);
  };
  const controls = controlPanel(model.get("controls"), (key, value) => change({ [key]: value }));
  const move = (changed) => {
    controls.show(changed);
    change(changed);
  };
  const host = {
    colourOf: (role) => role ? model.get("colours")[role] : "var(--gc-ink)",
    drag(event, index, place) {
      const go = (e) => move(movedTo(scene.handles[index], place(e), byKey));
      follow(go);
      if (event.target.dataset.handle === void 0) go(event);
    },
    key(event, index) {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const changed = movedBy(event, scene.handles[index], values, byKey);
      if (changed) move(changed);
    }
  };
  const show = () => {
    scene = unpack(model.get("scene"));
    scene.panels.forEach((panel, i) => {
      if (!views[i]) panels.append((views[i] = panelView(host)).root);
      const label = `${panel.title || panel.ylabel}. ${i ? "" : scene.text}`;
      views[i].show(panel, scene.handles.filter((h) => h.panel === i), label);
    });
    numbers.replaceChildren(...scene.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
  };
  const settle = () => {
    values = { ...model.get("values") };
    controls.show(values);
    text.textContent = scene.text;
    root.dataset.idle = "true";
  };
  const redraw = () => {
    show();
    request.answered(scene.serial);
    if (request.idle()) settle();
  };
  model.on("change:scene", redraw);
  show();
  settle();
  root.append(panels, numbers, controls.root, text);
  el.append(line.root, root);
  return () => {
    request.stop();
    line.stop();
    model.off("change:scene", redraw);
  };
}

// page.js
function pageModel(state, answer = () => ({})) {
  const heard = {};
  const tell = (name, ...said) => (heard[name] ?? []).forEach((listener) => listener(...said));
  return {
    get: (key) => state[key],
    on: (name, listener) => (heard[name] ??= []).push(listener),
    off: (name, listener) => heard[name] = (heard[name] ?? []).filter((other) => other !== listener),
    send(message) {
      queueMicrotask(() => tell("msg:custom", { pong: message.ping }));
      if (!message.values) return;
      requestAnimationFrame(() => {
        const changed = answer(message);
        Object.assign(state, changed);
        Object.keys(changed).forEach((key) => tell(`change:${key}`));
      });
    }
  };
}
function chartModel(told, sceneAt, given = {}) {
  const start = Object.fromEntries(told.controls.map((c) => [c.key, c.value]));
  let values = { ...start, ...given };
  const answer = ({ serial, values: moved }) => {
    values = { ...values, ...moved };
    return { values, scene: { ...sceneAt(values), serial } };
  };
  return pageModel({ ...told, ...answer({ serial: 0 }) }, answer);
}
function showChart(element, model) {
  const stop = render2({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

// recorded/arrays.js
var fill = (n, f) => {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = f(i);
  return out;
};
var size = (shape) => shape.reduce((a, b) => a * b, 1);
var scalar = (value) => ({ d: Float64Array.of(value), s: [] });
var sigmoid = (x) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
var softplus = (x) => x > 20 ? x : Math.log1p(Math.exp(x));
function rounded(x, digits) {
  const scale = 10 ** digits;
  const at = x * scale;
  const low = Math.floor(at);
  const up = at - low > 0.5 || at - low === 0.5 && low % 2 !== 0;
  return Number.isFinite(at) ? (low + (up ? 1 : 0)) / scale : x;
}
var ONE = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  sign: Math.sign,
  square: (x) => x * x,
  relu: (x) => Math.max(0, x),
  sigmoid,
  softplus,
  logsigmoid: (x) => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x))),
  logit: (x) => Math.log(x / (1 - x))
};
var TWO = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: (x, y) => x ** y,
  hypot: Math.hypot,
  maximum: Math.max,
  minimum: Math.min,
  gt: (x, y) => Number(x > y),
  ge: (x, y) => Number(x >= y),
  lt: (x, y) => Number(x < y),
  le: (x, y) => Number(x <= y),
  eq: (x, y) => Number(x === y),
  ne: (x, y) => Number(x !== y),
  logaddexp: (x, y) => x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)))
};
var REDUCED = { sum: (x, y) => x + y, max: Math.max, min: Math.min };
function shared(arrays) {
  const n = Math.max(...arrays.map((a) => a.s.length));
  const padded = arrays.map((a) => [...Array(n - a.s.length).fill(1), ...a.s]);
  return Array.from({ length: n }, (_, i) => {
    const wide = padded.map((s) => s[i]).filter((m) => m !== 1);
    return wide.length ? wide[0] : 1;
  });
}
var origins = /* @__PURE__ */ new Map();
function origin({ s: own }, shape) {
  const key = `${own}|${shape}`;
  if (origins.has(key)) return origins.get(key);
  const s = [...Array(shape.length - own.length).fill(1), ...own];
  const places = new Int32Array(size(shape));
  for (let i = 0; i < places.length; i++) {
    let [rest, place, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      if (s[axis] !== 1) place += at * stride;
      stride *= s[axis];
    }
    places[i] = place;
  }
  if (origins.size > 200) origins.clear();
  origins.set(key, places);
  return places;
}
function one(f, { d, s }) {
  const out = new Float64Array(d.length);
  for (let i = 0; i < out.length; i++) out[i] = f(d[i]);
  return { d: out, s };
}
function two(f, a, b) {
  const [x, y] = [a.d, b.d];
  const alike = a.s.length === b.s.length && a.s.every((n, i) => n === b.s[i]);
  if (!alike && x.length !== 1 && y.length !== 1) return each(f, [a, b]);
  const shape = alike ? a.s : shared([a, b]);
  const out = new Float64Array(size(shape));
  if (alike) for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[i]);
  else if (y.length === 1) for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[0]);
  else for (let i = 0; i < out.length; i++) out[i] = f(x[0], y[i]);
  return { d: out, s: shape };
}
function each(f, arrays) {
  const shape = shared(arrays);
  const [a, b, c = b] = arrays.map((array) => array.d);
  const [from, by, also = by] = arrays.map((array) => origin(array, shape));
  const out = new Float64Array(from.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a[from[i]], b[by[i]], c[also[i]]);
  return { d: out, s: shape };
}
function reduced(f, { d, s }, axes) {
  let [data, shape] = [d, s];
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const [n, inner] = [shape[axis], size(shape.slice(axis + 1))];
    const [from, outer] = [data, size(shape.slice(0, axis))];
    data = fill(outer * inner, (i) => {
      const start = Math.floor(i / inner) * n * inner + i % inner;
      let total = n ? from[start] : 0;
      for (let k = 1; k < n; k++) total = f(total, from[start + k * inner]);
      return total;
    });
    shape = shape.filter((_, i) => i !== axis);
  }
  return { d: data, s: shape };
}
function take(arrays, [shape, runs]) {
  let from = arrays[0].d;
  if (arrays.length > 1) {
    from = new Float64Array(arrays.reduce((n, a) => n + a.d.length, 0));
    arrays.reduce((at2, a) => (from.set(a.d, at2), at2 + a.d.length), 0);
  }
  const out = new Float64Array(size(shape));
  let at = 0;
  for (let r = 0; r < runs.length; r += 3)
    for (let k = 0; k < runs[r + 2]; k++) out[at++] = from[runs[r] + k * runs[r + 1]];
  return { d: out, s: shape };
}
function searchsorted(line, { d, s }) {
  return { d: d.map((x) => {
    let [low, high] = [0, line.d.length];
    while (low < high) {
      const middle = low + high >> 1;
      if (line.d[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }), s };
}
function compress(array, mask) {
  const d = array.d.filter((_, i) => mask.d[i]);
  return { d, s: [d.length] };
}
function cumsum({ d, s }) {
  const n = s[s.length - 1];
  let total = 0;
  return { d: d.map((x, i) => total = i % n ? total + x : x), s };
}
function kth({ d, s }, k) {
  const n = s[s.length - 1];
  return { d: fill(d.length / n, (i) => d.slice(i * n, (i + 1) * n).sort()[k]), s: s.slice(0, -1) };
}
function table([at, values], [low, step]) {
  const i = Math.round((at.d[0] - low) / step);
  return scalar(values.d[Math.max(0, Math.min(values.d.length - 1, i))]);
}
function operate(op, inputs, settings) {
  if (op in TWO) return two(TWO[op], inputs[0], inputs[1]);
  if (op in ONE) return one(ONE[op], inputs[0]);
  if (op in REDUCED) return reduced(REDUCED[op], inputs[0], settings);
  if (op === "take") return take(inputs, settings);
  if (op === "where") return each((yes, x, y) => yes ? x : y, inputs);
  if (op === "round") return one((x) => rounded(x, settings), inputs[0]);
  if (op === "cumsum") return cumsum(inputs[0]);
  if (op === "searchsorted") return searchsorted(...inputs);
  if (op === "kth") return kth(inputs[0], settings);
  if (op === "compress") return compress(...inputs);
  if (op === "index") return { d: inputs[1].d.map((i) => inputs[0].d[i]), s: inputs[1].s };
  if (op === "table") return table(inputs, settings);
  throw new Error(`a recording needs ${op}, which this page does not have`);
}

// recorded/format.js
function fixed(x, digits, unsigned) {
  const [whole, rest = ""] = Math.abs(x).toFixed(100).split(".");
  const cut = digits ? `${whole}.${rest.slice(0, digits)}` : whole;
  const tie = /^50*$/.test(rest.slice(digits));
  const written = tie && Number(cut.at(-1)) % 2 === 0 ? cut : Math.abs(x).toFixed(digits);
  const negative = (x < 0 || Object.is(x, -0)) && !(unsigned && Number(written) === 0);
  return (negative ? "-" : "") + written;
}
function general(x, digits) {
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const bare = (text) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (power >= -4 && power < digits) return bare(x.toFixed(Math.max(0, digits - 1 - power)));
  return `${bare(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
function formatted(x, spec) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "-inf" : "inf";
  const [, unsigned, digits, kind] = /^(z?)(?:\.(\d+))?([fg%]?)$/.exec(spec) ?? [];
  if (kind === "f") return fixed(x, Number(digits ?? 6), unsigned);
  if (kind === "%") return `${fixed(100 * x, Number(digits ?? 6))}%`;
  if (kind === "g") return general(x, Math.max(1, Number(digits ?? 6)));
  if (spec === "") return String(x);
  throw new Error(`a recording writes a number as ${spec}, which this page cannot`);
}

// recorded/program.js
function readProgram(bytes) {
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
async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
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
function openProgram(program) {
  const { nodes, constants, pieces, axes, trees } = program;
  const { found, bit } = dependencies(program);
  const memo = new Array(nodes.length);
  const bodies = /* @__PURE__ */ new Map();
  let values = {};
  const value = (node) => memo[node] ??= computed(node);
  const computed = (node) => {
    const [op, inputs, settings] = nodes[node];
    if (op === "constant") return constants[settings];
    if (op === "control") return scalar(values[settings]);
    if (op === "repeat") return repeated(inputs[0], settings);
    return operate(op, inputs.map(value), settings);
  };
  const bodyOf = (out) => {
    if (bodies.has(out)) return bodies.get(out);
    const [order, seen] = [[], /* @__PURE__ */ new Set()];
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
  const text = (parts) => typeof parts === "string" ? parts : parts.map((p) => typeof p === "string" ? p : formatted(number(p[0]), p[1])).join("");
  const view = (node) => new DataView(Float32Array.from(value(node).d).buffer);
  const mark = ({ kind, label, role, ...arrays }) => ({
    kind,
    label: text(label),
    role,
    ...Object.fromEntries(Object.entries(arrays).map(([k, node]) => [k, view(node)]))
  });
  const panel = (p) => ({
    ...p,
    title: text(p.title),
    xlabel: text(p.xlabel),
    ylabel: text(p.ylabel),
    xlim: p.xlim.map(number),
    ylim: p.ylim.map(number),
    marks: p.marks.map((i) => mark(pieces[i]))
  });
  const same = (v, key) => v === values[key] || Math.abs(v - values[key]) < 1e-9;
  const treeAt = () => {
    let index = 0;
    for (const [key, all] of Object.entries(axes)) index = index * all.length + all.findIndex((v) => same(v, key));
    return trees[index];
  };
  return (wanted) => {
    const changed = Object.entries(bit).reduce((a, [key, b]) => wanted[key] === values[key] ? a : a | b, 0);
    memo.forEach((_, node) => {
      if (found[node] & changed) delete memo[node];
    });
    values = { ...wanted };
    let place = treeAt();
    while (Array.isArray(place)) place = place[number(place[0]) ? 1 : 2];
    const scene = pieces[place];
    return {
      text: text(scene.text),
      panels: scene.panels.map((i) => panel(pieces[i])),
      numbers: pieces[scene.numbers].map(([k, v]) => [text(k), text(v)]),
      handles: pieces[scene.handles].map((h) => ({ ...h, label: text(h.label), at: h.at.map(number) }))
    };
  };
}

// dashboard.js
var CURVES = 3;
function dashboardStage(host) {
  const canvas = pixelCanvas("Samples");
  const cloud = curveRow(host);
  const curves = curveRow(host);
  const corner = make("div", { class: "gc-corner" });
  const root = make("div", { class: "gc-stage" }, make("div", {}, canvas, cloud.root), curves.root);
  const show = (frame) => {
    canvas.hidden = !frame.pixels;
    if (frame.pixels) {
      paintTiles(canvas, frame.pixels, frame.columns, frame.side, 1);
      canvas.setAttribute("aria-label", `Samples of fixed z after step ${frame.numbers[0][1]}`);
    }
    cloud.show(frame.panels.slice(0, -CURVES));
    curves.show(frame.panels.slice(-CURVES));
    curves.root.append(corner);
  };
  return { root, show, corner };
}

// training.js
function until(panel, step) {
  const cut = (mark) => {
    if (mark.kind !== "line") return mark;
    const n = mark.x.findLastIndex((x) => x <= step) + 1;
    return { ...mark, x: mark.x.subarray(0, n), y: mark.y.subarray(0, n) };
  };
  return { ...panel, marks: panel.marks.map(cut) };
}
function frameAt(told, pixels, panels, index) {
  const [step, size2] = [told.steps[index], told.count * told.side ** 2];
  const view = new DataView(pixels.buffer, pixels.byteOffset + index * size2, size2);
  return {
    pixels: view,
    columns: told.columns,
    side: told.side,
    panels: panels.map((panel) => until(panel, step)),
    numbers: [["step", step.toLocaleString("en")]]
  };
}
function showTraining(element, told, pixels) {
  const { panels } = unpack({ panels: told.panels, handles: [] });
  const text = make("p", { class: "gc-text" });
  const last = told.steps[told.steps.length - 1].toLocaleString("en");
  const stage = dashboardStage({ colourOf: (role) => role ? told.colours[role] : "var(--gc-ink)", idle: () => true });
  const film = reel(told.steps.length, "step", (index) => {
    const frame = frameAt(told, pixels, panels, index);
    stage.show(frame);
    text.textContent = `${told.title}, after step ${frame.numbers[0][1]} of ${last}.`;
    return `step ${frame.numbers[0][1]}`;
  });
  film.to(0);
  film.show();
  stage.root.firstChild.append(film.root);
  const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": told.title }, stage.root, text);
  element.append(root);
  return { root, stop: film.halt };
}

// replay.js
var recordedModel = (program, given) => chartModel(program, openProgram(program), given);
async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(`${address}: ${answer.status}`);
  return inflated(await answer.arrayBuffer());
}
async function mountChart(element, address, values = {}) {
  return showChart(element, recordedModel(readProgram(await fetched(address)), values));
}
var bytesOf = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
function readState(text) {
  return JSON.parse(text, (_, value) => typeof value?.base64 === "string" ? bytesOf(value.base64) : value);
}
async function mountFaulty(element, address) {
  const model = pageModel(readState(new TextDecoder().decode(await fetched(address))));
  const stop = render({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}
async function mountTraining(element, address) {
  const bytes = new Uint8Array(await fetched(address));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const told = readState(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return showTraining(element, told, bytes.subarray(4 + length));
}
export {
  mountChart,
  mountFaulty,
  mountTraining
};

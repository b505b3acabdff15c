// Built by `make build` from src/widgets/faulty.js: edit there. 6dd0dce2dc9e81ef 07125a7c87d71a93
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
  cells: (g, m, s, fill) => {
    const [wide, high] = [s.x(1) - s.x(0), s.y(0) - s.y(1)];
    for (let i = 0; i < m.x.length; i++)
      if (m.x2[i] > 0)
        draw(g, "rect", { x: s.x(m.x[i] - 0.5), y: s.y(m.y[i] + 0.5), width: wide, height: high, fill, opacity: Math.min(1, m.x2[i]).toFixed(3) });
  },
  line: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2.4 }),
  dashed: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": "6 4" }),
  fill: (g, m, s, fill) => {
    draw(g, "path", { d: area(m, s), fill, opacity: 0.3 });
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke: fill, "stroke-width": 1.4 });
  },
  points: (g, m, s, fill) => {
    for (let i = 0; i < m.x.length; i++) draw(g, "circle", { cx: s.x(m.x[i]), cy: s.y(m.y[i]), r: 4, fill });
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
function putPixels(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}
function paintTiles(canvas, view, columns, side, gap = 0, channels = 1) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side * channels), columns, side, gap);
  putPixels(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap, channels));
}

// pointgan.js
function fillField(rgba, levels, table) {
  levels.forEach((level, i) => {
    rgba.set(table.subarray(3 * level, 3 * level + 3), 4 * i);
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
  const size = all.length / count;
  return all.subarray(i * size, (i + 1) * size);
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
  const cloud = (points, shape, colour, size, px, py) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) shape(pen, px(points[i]), py(points[i + 1]), size);
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
    [...films, yours].forEach((one, i) => columns[i].show(one, at[index]));
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

// widgets/faulty.js
var faulty_default = { render };
export {
  faulty_default as default
};

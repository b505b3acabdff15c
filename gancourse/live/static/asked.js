// Built by `make build` from src/widgets/asked.js: edit there. e936b746cfedc2df eb4cb91c5acf295b
// bytes.js
function floats(view2) {
  if (!view2) return null;
  const buffer = view2.buffer.slice(view2.byteOffset, view2.byteOffset + view2.byteLength);
  return new Float32Array(buffer);
}
function unpack(scene) {
  const panels = scene.panels.map((panel2) => ({
    ...panel2,
    marks: panel2.marks.map((m) => ({ ...m, x: floats(m.x), y: floats(m.y), x2: floats(m.x2), y2: floats(m.y2) }))
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
  const again2 = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", shiftKey, ctrlKey, altKey, bubbles: true, cancelable: true });
  Object.defineProperty(again2, "keyCode", { value: 13 });
  cell.dispatchEvent(again2);
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
  const view2 = madeUp();
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
  const knock = () => control?.({ ping: first, view: view2 });
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
    const message = { ...content, ping: ++count, view: view2, ...direct ? {} : { twice: true } };
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
    if ((message.view ?? view2) === view2) ended(message.did ?? message.pong - 1);
    if (message.pong !== void 0 && (message.view ?? view2) === view2) {
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
function scales(panel2) {
  const { top } = BOX;
  let { left } = BOX;
  let wide = BOX.width - BOX.left - BOX.right;
  let high = BOX.height - BOX.top - BOX.bottom;
  const [x0, x1] = panel2.xlim;
  const [y0, y1] = panel2.ylim;
  if (panel2.equal) {
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
function legend(panel2, colourOf) {
  return panel2.marks.filter((m) => m.label).map((m) => make("span", {}, swatch(m, colourOf(m.role)), m.label));
}

// panel.js
function below(panel2) {
  return panel2.names?.length ? panel2.names.map((name, i) => [i, name]) : ticks(panel2.xlim);
}
function drawAxes(svg, panel2, s) {
  for (const [value, label] of below(panel2)) {
    draw(svg, "line", { class: "gc-grid", x1: s.x(value), x2: s.x(value), y1: s.top, y2: s.top + s.high });
    draw(svg, "text", { x: s.x(value), y: s.top + s.high + 16, "text-anchor": "middle" }, label);
  }
  for (const [value, label] of ticks(panel2.ylim, 5)) {
    draw(svg, "line", { class: "gc-grid", x1: s.left, x2: s.left + s.wide, y1: s.y(value), y2: s.y(value) });
    draw(svg, "text", { x: s.left - 6, y: s.y(value) + 4, "text-anchor": "end" }, label);
  }
  draw(svg, "path", { class: "gc-axis", d: `M${s.left},${s.top}V${s.top + s.high}H${s.left + s.wide}` });
  const middle = s.left + s.wide / 2;
  draw(svg, "text", { x: middle, y: BOX.height - 6, "text-anchor": "middle" }, panel2.xlabel);
  const up2 = s.top + s.high / 2;
  const side = s.left - 38;
  draw(svg, "text", { x: side, y: up2, "text-anchor": "middle", transform: `rotate(-90 ${side} ${up2})` }, panel2.ylabel);
  draw(svg, "text", { class: "gc-title", x: middle, y: 16, "text-anchor": "middle" }, panel2.title);
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
  const view2 = { root: make("div", {}, svg, names), scale: null, handles: [] };
  view2.place = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return view2.scale.back(at.x, at.y);
  };
  svg.addEventListener("pointerdown", (event) => {
    const index = handleAt(event.target, view2.handles);
    if (index === null) return;
    event.preventDefault();
    event.target.focus?.();
    host.drag(event, index, view2.place);
  });
  view2.show = (panel2, handles, label) => {
    const s = view2.scale = scales(panel2);
    view2.handles = handles;
    for (const [name, value] of Object.entries({ x: s.left, y: s.top, width: s.wide, height: s.high }))
      clip.setAttribute(name, value);
    body.replaceChildren();
    body.setAttribute("aria-label", label);
    drawAxes(body, panel2, s);
    const inside = draw(body, "g", { "clip-path": `url(#${clip.parentNode.id})` });
    for (const mark of panel2.marks) MARKS[mark.kind](inside, mark, s, host.colourOf(mark.role));
    names.replaceChildren(...legend(panel2, host.colourOf));
    handles.forEach((handle, i) => showHandle(grips.children[i] ?? newHandle(grips, host), handle, s, host));
  };
  return view2;
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
function render({ model, el }) {
  const root = make("div", { class: "gc-live", role: "group", "aria-label": model.get("title") });
  const panels = make("div", { class: "gc-panels" });
  const numbers2 = make("div", { class: "gc-numbers" });
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
    scene.panels.forEach((panel2, i) => {
      if (!views[i]) panels.append((views[i] = panelView(host)).root);
      const label = `${panel2.title || panel2.ylabel}. ${i ? "" : scene.text}`;
      views[i].show(panel2, scene.handles.filter((h) => h.panel === i), label);
    });
    numbers2.replaceChildren(...scene.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
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
  root.append(panels, numbers2, controls.root, text);
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
  const stop = render({ model, el: element });
  return { root: element.querySelector(".gc-live"), stop };
}

// asked.js
var [COLUMNS, FAINT2] = [5, 0.05];
var view = (numbers2) => new DataView(Float32Array.from(numbers2).buffer);
function sheetOf(pixels, side, columns) {
  const [x, y, grey] = [[], [], []];
  const rows = Math.ceil(pixels.length / (side * side) / columns);
  pixels.forEach((byte, i) => {
    if (byte / 255 <= FAINT2) return;
    const image = Math.floor(i / (side * side));
    x.push(image % columns * side + i % side + 0.5);
    y.push(rows * side - Math.floor(image / columns) * side - Math.floor(i / side) % side - 0.5);
    grey.push(byte / 255);
  });
  return { kind: "cells", label: "", role: "", x: view(x), y: view(y), x2: view(grey) };
}
function panel(title, pixels, side, columns) {
  const rows = Math.ceil(pixels.length / (side * side) / columns);
  return {
    title,
    xlabel: "pixels",
    ylabel: "pixels",
    equal: true,
    names: [],
    xlim: [0, columns * side],
    ylim: [0, rows * side],
    marks: [sheetOf(pixels, side, columns)]
  };
}
function mixed(names, first, second, share) {
  return names.map((name) => (name === first ? 1 - share : 0) + (name === second ? share : 0));
}
function askedScene(G, { names, hands }) {
  return ({ hand, first, second, share }) => {
    const every = names.map((name) => mixed(names, name, name, 0));
    const asked = `${Math.round(100 * (1 - share))}% ${first}, ${Math.round(100 * share)}% ${second}`;
    const rows = [...every, mixed(names, first, second, share)].map((weights) => [...hands[hand], ...weights]);
    const pixels = G.pixels(Float32Array.from(rows.flat()));
    const area2 = G.side ** 2;
    return {
      panels: [
        panel("One z, every class", pixels.subarray(0, names.length * area2), G.side, COLUMNS),
        panel(asked, pixels.subarray(names.length * area2), G.side, 1)
      ],
      numbers: [],
      handles: [],
      text: `One z asked for ${names.join(", ")}; and for ${asked}.`
    };
  };
}
function showAsked(element, G, told, values = {}) {
  return showChart(element, chartModel(told, askedScene(G, told), values));
}

// engine/safetensors.js
var EngineError = class extends Error {
};
var NAME = "gancourse";
var SCALE = ".scale";
function numbers(bytes, dtype, at, end) {
  if (dtype === "F32") return new Float32Array(bytes.buffer.slice(at, end));
  if (dtype === "F16") return fromHalves(new Uint16Array(bytes.buffer.slice(at, end)));
  if (dtype === "I8") return Float32Array.from(new Int8Array(bytes.buffer.slice(at, end)));
  return null;
}
function fromHalves(halves) {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = half & 31744;
    if (exponent === 0 || exponent === 31744) out[i] = fromHalf(half);
    else bits[i] = (half & 32768) << 16 | (half & 32767) + 114688 << 13;
  }
  return out;
}
function scaled({ shape: [rows], data }, { data: scale }) {
  const length = data.length / rows;
  for (let row2 = 0, i = 0; row2 < rows; row2++) {
    for (const end = i + length; i < end; i++) data[i] *= scale[row2];
  }
}
function fromHalf(bits) {
  const [sign, exponent, fraction] = [bits & 32768 ? -1 : 1, bits >> 10 & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}
function headerOf(bytes) {
  const view2 = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view2.getBigUint64(0, true));
  if (size > bytes.length - 8) throw new EngineError("This is not a whole safetensors file: give one that gancourse wrote.");
  try {
    return [JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))), 8 + size];
  } catch {
    throw new EngineError("This is not a safetensors file: give one that gancourse wrote.");
  }
}
function readTensors(given) {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array(given.buffer ?? given, given.byteOffset, given.byteLength);
  const [{ __metadata__: metadata = {}, ...entries }, start] = headerOf(bytes);
  const base = bytes.byteOffset + start;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [at, end] }] of Object.entries(entries)) {
    if (start + end > bytes.length) throw new EngineError("This safetensors file ends too early: fetch it again.");
    const data = numbers(bytes, dtype, base + at, base + end);
    if (data) tensors[name] = { shape, data };
  }
  for (const name of Object.keys(tensors)) {
    if (tensors[name + SCALE]) scaled(tensors[name], tensors[name + SCALE]);
  }
  return { tensors, metadata: metadata[NAME] ? JSON.parse(metadata[NAME]) : metadata };
}

// engine/layers.js
var EPS = 1e-5;
var eight = (n) => 8 * Math.ceil(n / 8);
var ACTS = {
  leaky: (view2, n, slope) => {
    const by = Math.fround(slope);
    for (let i = 0; i < n; i++) if (view2[i] < 0) view2[i] *= by;
  },
  tanh: (view2, n) => {
    for (let i = 0; i < n; i++) view2[i] = Math.tanh(view2[i]);
  },
  sigmoid: (view2, n) => {
    for (let i = 0; i < n; i++) view2[i] = Math.tanh(view2[i] / 2);
  }
};
function affine(tensor, prefix) {
  const [gain, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((n) => tensor(`${prefix}.${n}`).data);
  const factor = Float64Array.from(gain, (g, i) => g / Math.sqrt(variance[i] + EPS));
  return { factor, summand: Float64Array.from(bias, (b, i) => b - mean[i] * factor[i]) };
}
function packed({ k, n, at, channelOf, biasOf = channelOf, bias, norm: norm2 }) {
  const [panels, sums] = [new Float32Array(eight(n) * k), new Float32Array(eight(n))];
  for (let j = 0; j < n; j++) {
    const channel = channelOf(j);
    const factor = norm2?.factor[channel] ?? 1;
    const start = (j >> 3) * k * 8 + (j & 7);
    for (let i = 0; i < k; i++) panels[start + 8 * i] = at(i, j) * factor;
    sums[j] = (bias?.[biasOf(j)] ?? 0) * factor + (norm2?.summand[channel] ?? 0);
  }
  return { panels, sums };
}
var MATRICES = {
  // [out, in]; columns are reordered so that channels come last
  dense: ({ shape: [n, k], data }, { to }, { channels: inside, side }) => {
    if (k !== inside * side * side) throw new EngineError(`A dense layer wants ${k} numbers and gets ${inside * side * side}.`);
    const [channels, area2] = to ? [to.channels, n / to.channels] : [n, 1];
    const from = (j) => to?.first ? j % channels * area2 + Math.floor(j / channels) : j;
    return {
      k,
      n,
      at: (i, j) => data[from(j) * k + i],
      channelOf: (j) => j % channels,
      biasOf: from,
      out: { channels, side: Math.sqrt(area2) }
    };
  },
  // [out, in, kernel, kernel]; rows are (y, x, in)
  conv: ({ shape: [n, inside, kernel], data }, { pad }, { side }) => {
    const at = (i, j) => data[(j * inside + i % inside) * kernel * kernel + Math.floor(i / inside)];
    return { k: kernel * kernel * inside, n, at, channelOf: (j) => j, kernel, out: { channels: n, side: side + 2 * pad - kernel + 1 } };
  },
  // [in, out, kernel, kernel]; columns are (y, x, out)
  up: ({ shape: [k, outside, kernel], data }, { stride, pad, more }, { side }) => {
    const at = (i, j) => data[(i * outside + j % outside) * kernel * kernel + Math.floor(j / outside)];
    return {
      k,
      n: outside * kernel * kernel,
      at,
      channelOf: (j) => j % outside,
      kernel,
      out: { channels: outside, side: (side - 1) * stride - 2 * pad + kernel + more }
    };
  }
};
var RUNS = {
  dense: (matrix, layer, before, { want }) => {
    const c = want(eight(matrix.n));
    return { slot: c, run: ({ product }, m) => product(before.slot, m.panels, m.sums, c, 1, matrix.k, eight(matrix.n)) };
  },
  // Rows of the product are patches of the image, copied out of one with zeros around it.
  conv: (matrix, { pad }, { slot: a, channels, side }, { want }) => {
    const [{ kernel, k, n, out }, wide] = [matrix, side + 2 * pad];
    const [framed, patches] = [want(wide * wide * channels), want(out.side ** 2 * k)];
    const [c, line] = [want(out.side ** 2 * eight(n)), kernel * channels];
    const run = ({ product }, m) => {
      for (let y = 0; y < side; y++) {
        framed.view.set(a.view.subarray(y * side * channels, (y + 1) * side * channels), ((y + pad) * wide + pad) * channels);
      }
      for (let y = 0, to = 0; y < out.side; y++) {
        for (let x = 0; x < out.side; x++) {
          for (let row2 = 0, from = (y * wide + x) * channels; row2 < kernel; row2++, to += line, from += wide * channels) {
            patches.view.set(framed.view.subarray(from, from + line), to);
          }
        }
      }
      product(patches, m.panels, m.sums, c, out.side ** 2, k, eight(n));
      squeeze(c.view, out.side ** 2, n);
    };
    return { slot: c, run };
  },
  // The product gives each pixel's patch; patches are added where they overlap.
  up: ({ kernel, k, n, out }, { stride, pad }, { slot: a, side }, { want }) => {
    const [patches, c, zeros] = [want(side * side * eight(n)), want(out.side ** 2 * out.channels), want(eight(n))];
    const run = ({ product }, m) => {
      product(a, m.panels, zeros, patches, side * side, k, eight(n));
      for (let i = 0; i < c.n; i += out.channels) c.view.set(m.sums.view.subarray(0, out.channels), i);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) addPatch(patches.view, (y * side + x) * eight(n), c.view, out, kernel, y * stride - pad, x * stride - pad);
      }
    };
    return { slot: c, run };
  }
};
function addPatch(patches, from, c, { side, channels }, kernel, top, left) {
  const [first, last] = [Math.max(0, -left), Math.min(kernel, side - left)];
  for (let row2 = 0; row2 < kernel; row2++) {
    const y = top + row2;
    if (y < 0 || y >= side) continue;
    const [at, to] = [from + (row2 * kernel + first) * channels, (y * side + left + first) * channels];
    const n = (last - first) * channels;
    for (let i = 0; i < n; i++) c[to + i] += patches[at + i];
  }
}
function squeeze(view2, rows, n) {
  if (n !== eight(n)) for (let row2 = 1; row2 < rows; row2++) view2.copyWithin(row2 * n, row2 * eight(n), row2 * eight(n) + n);
}
function productStep(layer, norm2, before, memory, tensor) {
  const matrix = MATRICES[layer.kind](tensor(`${layer.prefix}.weight`), layer, before);
  const { panels, sums } = packed({ ...matrix, bias: tensor(`${layer.prefix}.bias`, true)?.data, norm: norm2 });
  const held = { panels: memory.want(panels.length), sums: memory.want(sums.length) };
  const { slot, run } = RUNS[layer.kind](matrix, layer, before, memory);
  const fill = () => {
    held.panels.view.set(panels);
    held.sums.view.set(sums);
  };
  return { after: { slot, ...matrix.out }, fill, run: (block) => run(block, held) };
}

// engine/product.js
var WASM = "AGFzbQEAAAABDQFgCX9/f39/f39/fwACEAEEcGFnZQZtZW1vcnkCAAEDAgEABwsBB3Byb2R1Y3QAAAr/BgH8BgIMfwt7IAVBAnQhDCAGQQJ0IQsDQEEAIQogACEOIAMgCWohFCACIAlqIQ0CQANAIApBBGogBEoNASAOIAdqIQ8gDyAHaiEQIBAgB2ohESAOIAxqIRMgASES/QwAAAAAAAAAAAAAAAAAAAAAIRj9DAAAAAAAAAAAAAAAAAAAAAAhHP0MAAAAAAAAAAAAAAAAAAAAACEZ/QwAAAAAAAAAAAAAAAAAAAAAIR39DAAAAAAAAAAAAAAAAAAAAAAhGv0MAAAAAAAAAAAAAAAAAAAAACEe/QwAAAAAAAAAAAAAAAAAAAAAIRv9DAAAAAAAAAAAAAAAAAAAAAAhHwNAIBL9AAQAIRUgEv0ABBAhFiAO/QkCACEXIBggFyAV/eYB/eQBIRggHCAXIBb95gH95AEhHCAP/QkCACEXIBkgFyAV/eYB/eQBIRkgHSAXIBb95gH95AEhHSAQ/QkCACEXIBogFyAV/eYB/eQBIRogHiAXIBb95gH95AEhHiAR/QkCACEXIBsgFyAV/eYB/eQBIRsgHyAXIBb95gH95AEhHyASQSBqIRIgD0EEaiEPIBBBBGohECARQQRqIREgDkEEaiEOIA4gE0kNAAsgFCAN/QAEACAY/eQB/QsEACAUIA39AAQQIBz95AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAZ/eQB/QsEACAUIA39AAQQIB395AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAa/eQB/QsEACAUIA39AAQQIB795AH9CwQQIBQgC2ohFCANIAhqIQ0gFCAN/QAEACAb/eQB/QsEACAUIA39AAQQIB/95AH9CwQQIBQgC2ohFCANIAhqIQ0gESAMayAHaiEOIApBBGohCgwACwsCQANAIAogBE4NASAOIAxqIRMgASES/QwAAAAAAAAAAAAAAAAAAAAAIRj9DAAAAAAAAAAAAAAAAAAAAAAhHANAIA79CQIAIRcgGCAXIBL9AAQA/eYB/eQBIRggHCAXIBL9AAQQ/eYB/eQBIRwgEkEgaiESIA5BBGohDiAOIBNJDQALIBQgDf0ABAAgGP3kAf0LBAAgFCAN/QAEECAc/eQB/QsEECAUIAtqIRQgDSAIaiENIA4gDGsgB2ohDiAKQQFqIQoMAAsLIAEgB0EDdGohASAJQSBqIQkgCSALSQ0ACws=";

// engine/memory.js
var PAGE = 65536;
var ALIGN = 16;
var CHUNK = 256;
function compiled() {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}
var wasm;
function plainProduct(a, b, bias, c, m, k, n) {
  for (let column = 0, panel2 = 0; column < n; column += 8, panel2 += 8 * k) {
    for (let row2 = 0; row2 < m; row2++) {
      let [s0, s1, s2, s3, s4, s5, s6, s7] = bias.subarray(column, column + 8);
      const start = row2 * k;
      for (let i = 0, at = panel2; i < k; i++, at += 8) {
        const x = a[start + i];
        s0 += x * b[at];
        s1 += x * b[at + 1];
        s2 += x * b[at + 2];
        s3 += x * b[at + 3];
        s4 += x * b[at + 4];
        s5 += x * b[at + 5];
        s6 += x * b[at + 6];
        s7 += x * b[at + 7];
      }
      const to = row2 * n + column;
      c[to] = s0;
      c[to + 1] = s1;
      c[to + 2] = s2;
      c[to + 3] = s3;
      c[to + 4] = s4;
      c[to + 5] = s5;
      c[to + 6] = s6;
      c[to + 7] = s7;
    }
  }
}
function newMemory() {
  const slots = [];
  let bytes = 0;
  const want = (n) => {
    const slot = { at: bytes, n, view: null };
    bytes += Math.ceil(4 * n / ALIGN) * ALIGN;
    slots.push(slot);
    return slot;
  };
  const spread = (buffer) => slots.forEach((s) => s.view = new Float32Array(buffer, s.at, s.n));
  const open = (plain = false) => {
    wasm = wasm === void 0 && !plain ? compiled() : wasm;
    if (plain || !wasm) {
      spread(new ArrayBuffer(bytes));
      const product2 = (a, b, bias, c, m, k, n) => plainProduct(a.view, b.view, bias.view, c.view, m, k, n);
      return { product: product2, kind: "JavaScript" };
    }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    const { exports } = new WebAssembly.Instance(wasm, { page: { memory } });
    spread(memory.buffer);
    const product = (a, b, bias, c, m, k, n) => {
      for (let i = 0; i < k; i += CHUNK) {
        const [from, down] = i ? [c.at, 4 * n] : [bias.at, 0];
        exports.product(a.at + 4 * i, b.at + 32 * i, from, c.at, m, Math.min(CHUNK, k - i), n, 4 * k, down);
      }
    };
    return { product, kind: "WebAssembly" };
  };
  return { want, open };
}

// engine/nets.js
var GREY = [1, 28, 28];
var dense = (to) => ({ kind: "dense", to });
var conv = (pad) => ({ kind: "conv", pad });
var up = (stride, pad, more = 0) => ({ kind: "up", stride, pad, more });
var norm = () => ({ kind: "norm" });
var act = (name, slope = 0) => ({ kind: "act", name, slope });
var [relu, tanh, leaky] = [() => act("leaky", 0), () => act("tanh"), (slope) => act("leaky", slope)];
var nothing = () => ({ kind: "nothing" });
var row = (prefix, ...layers) => layers.flat().map((layer, i) => ({ ...layer, prefix: `${prefix}.${i}` }));
var named = (prefix, layer) => ({ ...layer, prefix });
var again = (n, layers) => Array.from({ length: n }, layers).flat();
var refined = (depth) => again(depth, () => [conv(1), norm(), relu()]);
var SQUASHES = { tanh, sigmoid: () => act("sigmoid") };
var up5 = (stride) => up(stride, 2, stride - 1);
var normed = (slope = 0.3) => [norm(), leaky(slope)];
function mlp({ shape = GREY, norm: normal = true }, { tensors }) {
  const hidden = normal ? [dense(), norm(), leaky(0.2)] : [dense(), leaky(0.2)];
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
var stacked = {
  none: [named("dense", dense()), relu()],
  he: [named("dense", dense()), relu()],
  norm: [named("dense", dense()), named("norm", norm()), relu()],
  skips: [{ kind: "keep" }, named("norm", norm()), relu(), named("dense", dense()), { kind: "add" }]
};
function stack({ depth = 4, remedy = "norm" }) {
  const layer = (i) => stacked[i === 0 && remedy === "skips" ? "norm" : remedy].map((one) => one.prefix ? { ...one, prefix: `stack.${i}.${one.prefix}` } : one);
  const rest = Array.from({ length: depth }, (_, i) => layer(i)).flat();
  const last = remedy === "skips" ? [norm(), dense(), tanh()] : [dense(), tanh()];
  return [{ kind: "keep" }, named("wide", dense()), relu(), { kind: "join" }, ...rest, ...row("last", ...last)];
}
var imageNet = (...layers) => (options, file) => row("body", ...layers.map((l) => typeof l === "function" ? l(options, file) : l));
var from7 = (at) => [(_, { channels }) => dense({ channels: channels(at), first: true }), nothing()];
var NETS = {
  mlp,
  dcgan,
  "writeup-000": imageNet(dense(), leaky(0.2), norm(), dense(), ({ squash = "sigmoid" }) => SQUASHES[squash]()),
  "writeup-001": imageNet(...from7("body.2"), normed(), up5(1), normed(), up5(2), normed(), up5(2), tanh()),
  "writeup-002": stack,
  "writeup-003": imageNet(
    (_, { channels }) => dense({ channels: channels("body.3"), first: true }),
    leaky(0.2),
    nothing(),
    norm(),
    up5(1),
    leaky(0.2),
    norm(),
    up5(2),
    leaky(0.2),
    norm(),
    up5(2),
    tanh()
  ),
  "writeup-004": imageNet(...from7("body.2"), normed(), up5(2), normed(), up5(2), tanh())
};
function layersOf({ tensors, metadata }) {
  if (!metadata.recipe) throw new EngineError("This file does not say how its net is built: give a generator that gancourse saved.");
  const { net, options } = JSON.parse(metadata.recipe);
  if (!Object.hasOwn(NETS, net)) {
    throw new EngineError(`The page does not know the net "${net}": it runs ${Object.keys(NETS).join(", ")}.`);
  }
  const channels = (prefix) => tensors[`${prefix}.weight`]?.shape[0];
  return { layers: NETS[net](options, { tensors, channels }), shape: options.shape ?? GREY };
}

// engine/generator.js
var FOLDS = ["dense", "conv", "up"];
var PLAIN = {
  nothing: (layer, before) => ({ after: before, run() {
  } }),
  act: ({ name, slope }, before) => ({ after: before, run: () => ACTS[name](before.slot.view, sizeOf(before), slope) }),
  norm: (layer, before, { memory, tensor }) => {
    const [{ factor, summand }, slot, n] = [affine(tensor, layer.prefix), memory.want(sizeOf(before)), before.channels];
    const run = () => {
      for (let i = 0; i < slot.n; i++) slot.view[i] = before.slot.view[i] * factor[i % n] + summand[i % n];
    };
    return { after: { ...before, slot }, run };
  },
  keep: (layer, before, { kept }) => {
    kept.last = before;
    return { after: before, run() {
    } };
  },
  // The vector that was kept comes first.
  join: (layer, before, { memory, kept: { last } }) => {
    const slot = memory.want(last.channels + before.channels);
    const run = () => {
      slot.view.set(last.slot.view.subarray(0, last.channels));
      slot.view.set(before.slot.view.subarray(0, before.channels), last.channels);
    };
    return { after: { slot, channels: slot.n, side: 1 }, run };
  },
  add: (layer, before, { kept: { last } }) => {
    const run = () => {
      for (let i = 0; i < sizeOf(before); i++) before.slot.view[i] += last.slot.view[i];
    };
    return { after: before, run };
  }
};
var sizeOf = ({ channels, side }) => channels * side * side;
function planned(layers, zDim, memory, tensor) {
  const z = { slot: memory.want(zDim), channels: zDim, side: 1 };
  const [steps, kept] = [[], { last: null }];
  let before = z;
  for (let i = 0; i < layers.length; i++) {
    const [layer, next] = [layers[i], layers[i + 1]];
    const folds = FOLDS.includes(layer.kind);
    const skips = folds && next?.kind === "nothing";
    const norm2 = folds ? layers[i + (skips ? 2 : 1)] : null;
    const folded = norm2?.kind === "norm" ? norm2 : null;
    const step = folds ? productStep(layer, folded && affine(tensor, folded.prefix), before, memory, tensor) : PLAIN[layer.kind](layer, before, { memory, tensor, kept });
    if (folded) i += skips ? 2 : 1;
    steps.push(step);
    before = step.after;
  }
  return { z: z.slot, steps, end: before };
}
function channelsFirst({ slot, channels, side }, out) {
  const area2 = side * side;
  for (let i = 0; i < area2 * channels; i++) out[i % channels * area2 + Math.floor(i / channels)] = slot.view[i];
}
function toPixels(x, out = new Uint8Array(x.length)) {
  for (let i = 0; i < x.length; i++) {
    const level = Math.fround(Math.fround(Math.min(1, Math.max(-1, x[i])) + 1) * 127.5);
    const low = Math.floor(level);
    const rest = level - low;
    out[i] = rest > 0.5 || rest === 0.5 && low % 2 ? low + 1 : low;
  }
  return out;
}
function openGenerator(bytes, { plain = false } = {}) {
  const file = readTensors(bytes);
  const { layers, shape } = layersOf(file);
  const tensor = (name, optional = false) => {
    if (!file.tensors[name] && !optional) throw new EngineError(`This file holds no ${name}: its weights do not fit its recipe.`);
    return file.tensors[name];
  };
  const zDim = tensor(`${layers.find((layer) => layer.kind === "dense").prefix}.weight`).shape[1];
  const memory = newMemory();
  const { z: first, steps, end } = planned(layers, zDim, memory, tensor);
  const size = shape.reduce((a, b) => a * b, 1);
  if (sizeOf(end) !== size) throw new EngineError(`This net makes ${sizeOf(end)} numbers, and its recipe wants ${size}.`);
  const block = memory.open(plain);
  steps.forEach((step) => step.fill?.());
  const images = (z) => {
    if (z.length % zDim) throw new EngineError(`z holds ${z.length} numbers, and this net takes ${zDim} for each image.`);
    const out = new Float32Array(z.length / zDim * size);
    for (let i = 0; i * zDim < z.length; i++) {
      first.view.set(z.subarray(i * zDim, (i + 1) * zDim));
      steps.forEach((step) => step.run(block));
      channelsFirst(end, out.subarray(i * size, (i + 1) * size));
    }
    return out;
  };
  const pixels = (z) => toPixels(images(z));
  return { zDim, shape, side: shape[shape.length - 1], kind: block.kind, metadata: file.metadata, images, pixels };
}

// opened.js
async function fetched(weights) {
  if (typeof weights !== "string" && !(weights instanceof URL)) return weights;
  const answer = await fetch(weights);
  if (!answer.ok) throw new EngineError(`The generator's weights could not be fetched (${answer.status}).`);
  return new Uint8Array(await answer.arrayBuffer());
}
async function opened(element, weights, show) {
  try {
    const G = openGenerator(await fetched(weights));
    return { ...show(G), G };
  } catch (error) {
    const said = error instanceof EngineError ? error.message : "The generator's weights could not be fetched: is there a network?";
    if (!(error instanceof EngineError || error instanceof TypeError)) throw error;
    element.append(make("p", { class: "gc-link", role: "alert" }, said));
    return null;
  }
}

// widgets/asked.js
function mountAsked(element, weights, told, values) {
  return opened(element, weights, (G) => showAsked(element, G, told, values));
}
export {
  mountAsked
};

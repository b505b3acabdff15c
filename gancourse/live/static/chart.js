// Built by `make build` from src/widgets/chart.js: edit there. 77ee6c45fe33dc31 333ae3944398a60e
// bytes.js
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

// widgets/chart.js
var chart_default = { render };
export {
  chart_default as default
};

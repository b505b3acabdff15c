// Line charts, fills, points, arrows and handles in SVG, from float32 bytes.

const SVG = "http://www.w3.org/2000/svg";
const BOX = { width: 460, height: 300, left: 52, right: 12, top: 26, bottom: 42 };

function draw(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

function floats(view) {
  if (!view) return null;
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return new Float32Array(buffer);
}

function ticks([low, high], about = 6) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; i++) found.push(i * step);
  return found.map((value) => [value, (value + 0).toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1")]);
}

// The map between data and the panel's own units, both ways.
function scales(panel) {
  let { left, top } = BOX;
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
    left, top, wide, high,
    x: (v) => left + ((v - x0) / (x1 - x0)) * wide,
    y: (v) => top + high - ((v - y0) / (y1 - y0)) * high,
    back: (px, py) => [x0 + ((px - left) / wide) * (x1 - x0), y0 + ((top + high - py) / high) * (y1 - y0)],
  };
}

function drawAxes(svg, panel, s) {
  for (const [value, label] of ticks(panel.xlim)) {
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

// A path of the finite points; far-away ones are held at the panel's edge so that no path explodes.
function path(xs, ys, s) {
  const out = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) { pen = "M"; continue; }
    const px = Math.max(-2000, Math.min(2000, s.x(xs[i])));
    const py = Math.max(-2000, Math.min(2000, s.y(ys[i])));
    out.push(`${pen}${px.toFixed(1)},${py.toFixed(1)}`);
    pen = "L";
  }
  return out.join("");
}

const DRAW = {
  line: (g, m, s, stroke) => draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2.4 }),
  dashed: (g, m, s, stroke) =>
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": "6 4" }),
  fill: (g, m, s, fill) => {
    const low = m.y2 ?? new Float32Array(m.x.length);
    const back = path(m.x.slice().reverse(), low.slice().reverse(), s).replace(/^M/, "L");
    draw(g, "path", { d: `${path(m.x, m.y, s)}${back}Z`, fill, opacity: 0.3 });
    draw(g, "path", { d: path(m.x, m.y, s), fill: "none", stroke: fill, "stroke-width": 1.4 });
  },
  points: (g, m, s, fill) => {
    for (let i = 0; i < m.x.length; i++) draw(g, "circle", { cx: s.x(m.x[i]), cy: s.y(m.y[i]), r: 4, fill });
  },
  arrows: (g, m, s, stroke) => {
    for (let i = 0; i < m.x.length; i++) arrow(g, s, [m.x[i], m.y[i]], [m.x[i] + m.x2[i], m.y[i] + m.y2[i]], stroke);
  },
};

function arrow(g, s, from, to, stroke) {
  const [x1, y1, x2, y2] = [s.x(from[0]), s.y(from[1]), s.x(to[0]), s.y(to[1])];
  const long = Math.hypot(x2 - x1, y2 - y1);
  if (!(long > 0.5)) return;
  const head = Math.min(7, 0.5 * long);
  const turn = (angle) => {
    const a = Math.atan2(y2 - y1, x2 - x1) + angle;
    return `${(x2 - head * Math.cos(a)).toFixed(1)},${(y2 - head * Math.sin(a)).toFixed(1)}`;
  };
  const d = `M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}M${turn(0.45)}L${x2.toFixed(1)},${y2.toFixed(1)}L${turn(-0.45)}`;
  draw(g, "path", { d, fill: "none", stroke, "stroke-width": 1.6 });
}

function swatch(mark, colour) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", 24);
  svg.setAttribute("height", 12);
  svg.setAttribute("style", "width:24px;flex:none");
  const [x, y] = [[1, 23], [6, 6]];
  const s = { x: (v) => v, y: (v) => v };
  if (mark.kind === "points") DRAW.points(svg, { x: [12], y: [6] }, s, colour);
  else if (mark.kind === "fill") draw(svg, "rect", { x: 1, y: 1, width: 22, height: 10, fill: colour, opacity: 0.35 });
  else if (mark.kind === "arrows") arrow(svg, s, [2, 6], [22, 6], colour);
  else DRAW[mark.kind](svg, { x, y }, s, colour);
  return svg;
}

function legend(panel, colourOf) {
  return panel.marks
    .filter((m) => m.label)
    .map((m) => make("span", {}, swatch(m, colourOf(m.role)), m.label));
}

// A panel's elements stay as long as the chart, so that a drag and the focus outlive a redraw.
function panelView(host) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  // Each widget loads this module anew, so a counter here would give two charts the same id.
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
    const index = event.target.dataset.handle ?? view.handles.find((h) => h.anywhere)?.index;
    if (index === undefined) return;
    event.preventDefault();
    event.target.focus?.();
    host.drag(event, Number(index), view.place);
  });
  view.show = (panel, handles, label) => {
    const s = (view.scale = scales(panel));
    view.handles = handles;
    for (const [name, value] of Object.entries({ x: s.left, y: s.top, width: s.wide, height: s.high }))
      clip.setAttribute(name, value);
    body.replaceChildren();
    body.setAttribute("aria-label", label);
    drawAxes(body, panel, s);
    const inside = draw(body, "g", { "clip-path": `url(#${clip.parentNode.id})` });
    for (const mark of panel.marks) DRAW[mark.kind](inside, mark, s, host.colourOf(mark.role));
    names.replaceChildren(...legend(panel, host.colourOf));
    handles.forEach((handle, i) => showHandle(grips.children[i] ?? newHandle(grips, host), handle, s, host));
  };
  return view;
}

// A handle is dragged with the pointer, or moved with the arrow keys while it has the focus.
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

function unpack(scene) {
  const panels = scene.panels.map((panel) => ({
    ...panel,
    marks: panel.marks.map((m) => ({ ...m, x: floats(m.x), y: floats(m.y), x2: floats(m.x2), y2: floats(m.y2) })),
  }));
  return { ...scene, panels, handles: scene.handles.map((h, index) => ({ ...h, index })) };
}

const STEPS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowDown: ["y", -1], ArrowUp: ["y", 1] };

function onStep({ low, high, step }, value) {
  const steps = Math.round((value - low) / step);
  return Math.min(high, Math.max(low, low + steps * step));
}

function render({ model, el }) {
  const root = make("div", { class: "gc-live", role: "group", "aria-label": model.get("title") });
  const panels = make("div", { class: "gc-panels" });
  const numbers = make("div", { class: "gc-numbers" });
  const text = make("p", { class: "gc-text", "aria-live": "polite" });
  const byKey = Object.fromEntries(model.get("controls").map((c) => [c.key, c]));
  const request = requests(model);
  const views = [];
  let values = { ...model.get("values") };
  let scene = null;

  const change = (changed) => {
    values = { ...values, ...changed };
    root.dataset.idle = "false";
    request.ask(changed);
  };
  const controls = controlPanel(model.get("controls"), (key, value) => change({ [key]: value }));
  const moveTo = (wanted) => {
    const changed = Object.fromEntries(wanted.filter(([key]) => key).map(([key, v]) => [key, onStep(byKey[key], v)]));
    controls.show(changed);
    change(changed);
  };
  const host = {
    colourOf: (role) => (role ? model.get("colours")[role] : "var(--gc-ink)"),
    drag(event, index, place) {
      const go = (e) => {
        const [x, y] = place(e);
        moveTo([[scene.handles[index].x, x], [scene.handles[index].y, y]]);
      };
      const stop = () => {
        window.removeEventListener("pointermove", go);
        window.removeEventListener("pointerup", stop);
        window.removeEventListener("pointercancel", stop);
      };
      window.addEventListener("pointermove", go);
      window.addEventListener("pointerup", stop);
      window.addEventListener("pointercancel", stop);
      if (event.target.dataset.handle === undefined) go(event);
    },
    key(event, index) {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      const [axis, sign] = STEPS[event.key];
      const key = scene.handles[index][axis];
      if (key) moveTo([[key, values[key] + sign * byKey[key].step * (event.shiftKey ? 5 : 1)]]);
    },
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
  // Only when the newest request is answered does a screen reader hear the new sentence.
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
  el.append(root);
  return () => {
    request.stop();
    model.off("change:scene", redraw);
  };
}

export default { render };

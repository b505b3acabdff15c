// Built by `make build` from src/widgets/explorer.js: edit there. 9356d167f31ba9de 2bec1de91cafa99c
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
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

// film.js
var FRAME = 50;
function film(canvas, paint, done) {
  let timer = 0;
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = 0;
    delete canvas.dataset.film;
  };
  const play = (view, count, side) => {
    stop();
    let index = 0;
    const next = () => {
      if (index === count) {
        stop();
        return done();
      }
      canvas.dataset.film = index;
      paint(view, side, index++);
    };
    timer = setInterval(next, FRAME);
    next();
  };
  return { play, stop, plays: () => timer !== 0 };
}

// keys.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => event.stopPropagation());
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
function pictureOf(all, side, index) {
  return greys(all).subarray(index * side * side, (index + 1) * side * side);
}
function tiledSize(count, columns, side, gap) {
  return [columns * (side + gap) - gap, Math.ceil(count / columns) * (side + gap) - gap];
}
function fillGreys(out, bytes) {
  for (let i = 0; i < out.length; i++) out[i] = OPAQUE + bytes[i] * GREY;
}
function fillTiles(out, bytes, columns, side, gap) {
  const pitch = side + gap;
  const width = columns * pitch - gap;
  for (let i = 0; i < bytes.length; i++) {
    const tile = Math.floor(i / (side * side));
    const [row, x] = [Math.floor(i / side) % side, i % side];
    const at = (Math.floor(tile / columns) * pitch + row) * width + tile % columns * pitch + x;
    out[at] = OPAQUE + bytes[i] * GREY;
  }
}
function putGreys(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}
function paintPixels(canvas, view, width, height) {
  putGreys(canvas, width, height, (out) => fillGreys(out, greys(view)));
}
function paintTiles(canvas, view, columns, side, gap = 0) {
  const bytes = greys(view);
  const [width, height] = tiledSize(bytes.length / (side * side), columns, side, gap);
  putGreys(canvas, width, height, (out) => fillTiles(out, bytes, columns, side, gap));
}

// explorer.js
var QUIET = 150;
var MAP_EVERY = 1e3;
function mapWait(now, last) {
  return Math.max(QUIET, last + MAP_EVERY - now);
}
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
function explorerStage(host, model) {
  const picture = pixelCanvas("G(z)");
  const strip = pixelCanvas("Neighbours");
  const other = pixelCanvas("");
  const caption = make("figcaption");
  const figure = make("figure", { class: "gc-beside" }, other, caption);
  const line = make("figcaption");
  const corner = make("div", { class: "gc-corner" });
  let frame = null;
  let painted = null;
  let mapAt = 0;
  let timer = 0;
  const paintOne = (all, side, index) => paintPixels(picture, pictureOf(all, side, index), side, side);
  const reel = film(picture, paintOne, () => paint());
  const change = (key, value) => {
    reel.stop();
    host.change(key, value);
  };
  const pins = thumbRow((index) => change("go", index));
  const plane = pad({ ...model.get("pad"), moved: (u, v) => change("at", [u, v]) });
  picture.classList.add("gc-large");
  const root = make(
    "div",
    { class: "gc-explorer" },
    plane.root,
    picture,
    make("div", {}, corner, figure),
    make("figure", { class: "gc-strip" }, strip, line),
    pins.root
  );
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
  const wantRest = () => {
    clearTimeout(timer);
    if (frame.brief) timer = setTimeout(() => model.send({ do: "rest" }), QUIET);
    else if (model.get("map").version !== frame.version) {
      timer = setTimeout(() => {
        mapAt = performance.now();
        model.send({ do: "map" });
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
function logValue(exponent) {
  return Number((10 ** exponent).toPrecision(2));
}
function logText(value) {
  return String(Number(Number(value).toPrecision(3)));
}
function logSlider(key, control, changed) {
  const [min, max] = [control.low, control.high].map(Math.log10);
  const input = make("input", { type: "range", min, max, step: 0.05, "aria-label": control.label, "data-key": key });
  const output = make("output");
  const write = (text) => {
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  const show = (value) => {
    input.value = Math.log10(value);
    write(logText(value));
  };
  keepKeys(input);
  input.addEventListener("input", () => {
    write(logValue(input.value));
    changed(key, logValue(input.value));
  });
  return { root: make("label", {}, make("span", {}, control.label), output, input), show };
}
function switchBox(key, control, changed) {
  const input = make("input", { type: "checkbox", "data-key": key });
  keepKeys(input);
  input.addEventListener("input", () => changed(key, input.checked));
  return { root: make("label", { class: "gc-switch" }, input, control.label), show: (on) => input.checked = on };
}
function anyControl(key, control, changed) {
  if (control.kind === "log") return logSlider(key, control, changed);
  if (control.kind === "switch") return switchBox(key, control, changed);
  const panel = controlPanel([control], changed);
  return { root: panel.root.firstChild, show: (value) => panel.show({ [key]: value }) };
}

// requests.js
var LOST_AFTER = 2e3;
function requests(model, also = {}) {
  let serial = Date.now() % 1e9;
  let inFlight = null;
  let waiting = null;
  let timer = 0;
  const send = () => {
    if (inFlight !== null || waiting === null) return;
    inFlight = ++serial;
    model.send({ serial, values: waiting, ...also });
    waiting = null;
    timer = setTimeout(() => answered(inFlight), LOST_AFTER);
  };
  const answered = (number) => {
    if (number !== inFlight) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const ask = (values) => {
    waiting = { ...waiting, ...values };
    send();
  };
  return { ask, answered, idle: () => inFlight === null, stop: () => clearTimeout(timer) };
}

// tabs.js
var MOVES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
function tabAfter(key, i, count) {
  return key in MOVES ? Math.min(count - 1, Math.max(0, i + MOVES[key])) : null;
}
function tabRow(titles, pages) {
  const own = Math.random().toString(36).slice(2);
  const list = make("div", { role: "tablist", class: "gc-tabs" });
  const heads = titles.map((title, i) => make("button", { type: "button", role: "tab", id: `gc-${own}-${i}`, "aria-controls": `gc-${own}-page-${i}` }, title));
  const choose = (chosen) => heads.forEach((head, i) => {
    head.setAttribute("aria-selected", i === chosen);
    head.tabIndex = i === chosen ? 0 : -1;
    pages[i].hidden = i !== chosen;
  });
  heads.forEach((head, i) => {
    pages[i].setAttribute("role", "tabpanel");
    pages[i].setAttribute("id", `gc-${own}-page-${i}`);
    pages[i].setAttribute("aria-labelledby", head.id);
    keepKeys(head);
    head.addEventListener("click", () => choose(i));
    head.addEventListener("keydown", (event) => {
      const to = tabAfter(event.key, i, heads.length);
      if (to === null) return;
      event.preventDefault();
      choose(to);
      heads[to].focus();
    });
  });
  list.append(...heads);
  choose(0);
  return make("div", {}, list, ...pages);
}

// steered.js
var RESTING = ["ready", "finished", "failed", "stopped"];
var NEXT = { running: "Pause", paused: "Resume", stopped: "Resume", finished: "Go on", failed: "Try again" };
function runLabel(status, first) {
  return NEXT[status] ?? first;
}
function wanted(action, status) {
  return action === "run" && status === "running" ? "pause" : action;
}
function isOff(action, frame) {
  return frame.waiting || action === "stop" && RESTING.includes(frame.status);
}
function pushButton(action, label, press) {
  const node = make("button", { type: "button", class: "gc-button", "data-do": action }, label);
  keepKeys(node);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") === "true" || press(action));
  return node;
}
function steered(stage, also) {
  const render = ({ model, el }) => {
    const parts = model.get("parts");
    const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": model.get("title") });
    const bar = make("progress", { max: 1, "aria-label": "How far the run is" });
    const numbers = make("div", { class: "gc-numbers" });
    const text = make("p", { class: "gc-text", role: "status" });
    const request = requests(model, also);
    let frame = model.get("frame");
    const press = (action) => model.send({ do: wanted(action, frame.status) });
    const shows = {};
    const change = (key, value) => {
      root.dataset.idle = "false";
      request.ask({ [key]: value });
    };
    const host = {
      colourOf: (role) => role ? model.get("colours")[role] : "var(--gc-ink)",
      fieldColours: model.get("field_colours"),
      idle: request.idle,
      change
    };
    const scene = stage(host, model);
    const buttons = parts.row.map(([action, label]) => pushButton(action, label, press));
    const pages = parts.tabs.map((tab) => {
      const made = Object.entries(tab.controls).map(([key, c]) => [key, anyControl(key, c, change)]);
      made.forEach(([key, control]) => shows[key] = control.show);
      const own = tab.buttons.map(([action, label]) => pushButton(action, label, press));
      buttons.push(...own);
      const fields = make("div", { class: "gc-controls" }, ...made.map(([, control]) => control.root));
      return make("div", { class: "gc-page" }, ...own.length ? [make("div", { class: "gc-run" }, ...own)] : [], fields);
    });
    const first = parts.row[0][1];
    const mark = () => {
      root.dataset.status = frame.status;
      text.classList.toggle("gc-trouble", Boolean(frame.trouble));
      for (const button of buttons) {
        button.setAttribute("aria-disabled", isOff(button.dataset.do, frame));
        if (button.dataset.do === "run") button.textContent = runLabel(frame.status, first);
      }
    };
    const show = () => {
      frame = model.get("frame");
      request.answered(frame.serial);
      scene.show(unpack(frame));
      numbers.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
      bar.value = frame.progress ?? 0;
      bar.hidden = frame.progress === void 0;
      mark();
      if (text.textContent !== frame.text) text.textContent = frame.text;
      if (request.idle()) Object.entries(frame.values).forEach(([key, value]) => shows[key]?.(value));
      root.dataset.idle = request.idle();
    };
    model.on("change:frame", show);
    show();
    const row = make("div", { class: "gc-run" }, ...buttons.slice(0, parts.row.length));
    (scene.corner ?? root).append(bar, numbers);
    root.prepend(scene.root);
    root.append(row, tabRow(parts.tabs.map((tab) => tab.title), pages), text);
    el.append(root);
    return () => {
      request.stop();
      scene.stop?.();
      model.off("change:frame", show);
    };
  };
  return { render };
}

// widgets/explorer.js
var explorer_default = steered(explorerStage, { brief: true });
export {
  explorer_default as default
};

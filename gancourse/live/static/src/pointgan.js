// PointGan's picture: D's field as a map, real and fake points, arrows, and a pen for real points.

const INK = "#222222"; // the map is light in a dark page too
const APART = 0.1; // between two points of one stroke
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const LEGEND = [
  { kind: "points", role: "p", label: "real" },
  { kind: "points", role: "q", label: "fake" },
  { kind: "arrows", role: "G", label: "push on a fake" },
];

function fieldImage(frame, colours) {
  const small = make("canvas", { width: frame.side, height: frame.side });
  const image = new ImageData(frame.side, frame.side);
  const bytes = new Uint8Array(frame.field.buffer, frame.field.byteOffset, frame.field.byteLength);
  const table = new Uint8Array(colours.buffer, colours.byteOffset, colours.byteLength);
  bytes.forEach((value, i) => {
    image.data.set(table.subarray(3 * value, 3 * value + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  });
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

const SHAPES = {
  real: (pen, x, y, r) => { pen.moveTo(x + r, y); pen.arc(x, y, r, 0, 7); },
  fake: (pen, x, y, r) => {
    pen.moveTo(x - r, y); pen.lineTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.closePath();
  },
};

function pointStage(host) {
  const canvas = make("canvas", { class: "gc-plane" });
  const pen = canvas.getContext("2d");
  const curves = curveRow(host);
  const names = make("div", { class: "gc-legend", "aria-hidden": "true" }, ...legend({ marks: LEGEND }, host.colourOf));
  const fakeSwatch = names.children[1].firstChild; // a diamond, as in the picture
  fakeSwatch.replaceChildren();
  draw(fakeSwatch, "path", { d: "M8 6L12 2L16 6L12 10Z", fill: host.colourOf("q") });
  const root = make("div", { class: "gc-stage" }, make("div", {}, canvas, names), curves.root);
  let frame = null;
  let drawn = [];
  let cursor = [0, 0];
  keepKeys(canvas);

  const unit = () => canvas.clientWidth / (2 * frame.limit);
  const px = (x) => (x + frame.limit) * unit();
  const py = (y) => (frame.limit - y) * unit();
  const cloud = (points, shape, colour, size) => {
    pen.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) SHAPES[shape](pen, px(points[i]), py(points[i + 1]), size);
    pen.fillStyle = colour;
    pen.fill();
  };
  const arrows = (rows, colour) => {
    pen.beginPath();
    for (let i = 0; i + 3 < rows.length; i += 4) {
      const [x, y] = [px(rows[i]), py(rows[i + 1])];
      const [dx, dy] = [rows[i + 2] * unit(), -rows[i + 3] * unit()];
      const head = Math.min(6, 0.5 * Math.hypot(dx, dy));
      const angle = Math.atan2(dy, dx);
      pen.moveTo(x, y);
      pen.lineTo(x + dx, y + dy);
      for (const turn of [0.5, -0.5]) {
        pen.moveTo(x + dx, y + dy);
        pen.lineTo(x + dx - head * Math.cos(angle + turn), y + dy - head * Math.sin(angle + turn));
      }
    }
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    pen.stroke();
  };
  const scale = () => {
    pen.fillStyle = INK;
    pen.font = "12px sans-serif";
    for (const v of [-1, 0, 1]) {
      pen.fillText(v, px(v) - 4, canvas.clientHeight - 5);
      pen.fillText(v, 4, py(v) + 4);
    }
  };
  const cross = () => {
    const [x, y] = [px(cursor[0]), py(cursor[1])];
    pen.beginPath();
    pen.moveTo(x - 9, y); pen.lineTo(x + 9, y); pen.moveTo(x, y - 9); pen.lineTo(x, y + 9);
    pen.strokeStyle = INK;
    pen.lineWidth = 2;
    pen.stroke();
  };
  const paint = () => {
    const wide = canvas.clientWidth;
    if (!frame || !wide) return;
    const side = Math.round(wide * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    pen.setTransform(side / wide, 0, 0, side / wide, 0, 0);
    pen.drawImage(fieldImage(frame, host.fieldColours), 0, 0, wide, wide);
    scale();
    cloud(frame.real, "real", host.colourOf("p"), 2.4);
    if (frame.drawing) cloud(drawn.flat(), "real", host.colourOf("p"), 5);
    cloud(frame.fake, "fake", host.colourOf("q"), 3.6);
    arrows(frame.arrows, host.colourOf("G"));
    if (frame.drawing && document.activeElement === canvas) cross();
  };

  const told = () => {
    const at = cursor.map((v) => v.toFixed(1)).join(", ");
    return frame.drawing
      ? `Picture to draw real points in, ${drawn.length} drawn, cursor at ${at}. Arrow keys move it, Enter draws, Backspace takes the last point away.`
      : `D's opinion as a map, with real and fake points. ${frame.numbers.map((n) => n.join(" ")).join(", ")}`;
  };
  const label = () => canvas.setAttribute("aria-label", told());
  const redraw = (points) => {
    drawn = points;
    host.change("points", drawn);
    label();
    paint();
  };
  const add = (x, y) => {
    const inside = Math.max(Math.abs(x), Math.abs(y)) < frame.limit;
    if (inside && drawn.length < frame.most) redraw([...drawn, [x, y].map((v) => Number(v.toFixed(2)))]);
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return [frame.limit * (2 * share[0] - 1), frame.limit * (1 - 2 * share[1])];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!frame.drawing) return;
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    add(...(cursor = place(event)));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!frame.drawing || !canvas.hasPointerCapture(event.pointerId)) return;
    cursor = place(event);
    const last = drawn[drawn.length - 1] ?? [9, 9];
    if (Math.hypot(cursor[0] - last[0], cursor[1] - last[1]) >= APART) add(...cursor);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!frame.drawing) return;
    const edge = 0.98 * frame.limit;
    if (event.key in KEYS) {
      const far = event.shiftKey ? 0.5 : 0.1;
      cursor = cursor.map((v, i) => Math.max(-edge, Math.min(edge, v + far * KEYS[event.key][i])));
      label();
      paint();
    } else if (event.key === "Enter" || event.key === " ") add(...cursor);
    else if (event.key === "Backspace" || event.key === "Delete") redraw(drawn.slice(0, -1));
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);
  const watch = new ResizeObserver(paint);
  watch.observe(canvas);

  const show = (next) => {
    frame = { ...next, real: floats(next.real), fake: floats(next.fake), arrows: floats(next.arrows) };
    if (host.idle()) drawn = frame.drawn;
    canvas.setAttribute("role", frame.drawing ? "application" : "img");
    canvas.tabIndex = frame.drawing ? 0 : -1;
    if (!frame.drawing || document.activeElement !== canvas) label();
    paint();
    curves.show(frame.panels);
  };
  return { root, show, stop: () => watch.disconnect() };
}

export default player(pointStage);

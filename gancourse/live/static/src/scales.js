// Between data and pixels: axes, paths, arrow heads, places under a pointer.

export const BOX = { width: 460, height: 300, left: 52, right: 26, top: 26, bottom: 42 };

// [value, label] at round numbers, about so many of them.
export function ticks([low, high], about = 6) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; i++) found.push(i * step);
  return found.map((value) => [value, value.toFixed(digits)]);
}

// The map between data and the panel's own units, both ways.
export function scales(panel) {
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
    left, top, wide, high,
    x: (v) => left + ((v - x0) / (x1 - x0)) * wide,
    y: (v) => top + high - ((v - y0) / (y1 - y0)) * high,
    back: (px, py) => [x0 + ((px - left) / wide) * (x1 - x0), y0 + ((top + high - py) / high) * (y1 - y0)],
  };
}

// A path of the finite points; far-away ones are held at the panel's edge so that no path explodes.
export function path(xs, ys, s) {
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

// The two ends of an arrow's head, at most `most` long and half as long as a short arrow.
export function barbs([x1, y1], [x2, y2], turn, most) {
  const head = Math.min(most, 0.5 * Math.hypot(x2 - x1, y2 - y1));
  const angle = Math.atan2(y2 - y1, x2 - x1);
  return [turn, -turn].map((t) => [x2 - head * Math.cos(angle + t), y2 - head * Math.sin(angle + t)]);
}

// Where a pointer is in a square on the page that shows [-half, half] both ways.
export function placeIn(box, { clientX, clientY }, half) {
  const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  return [half * (2 * x - 1), half * (1 - 2 * y)];
}

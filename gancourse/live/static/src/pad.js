// A pad: a square that is a plane, moved over with the pointer or with keys.
//
// pad({reach, step, moved(u, v)}) returns {root, canvas, show(u, v, names), stop()}. The canvas lies
// below the mark, for a map of the plane. moved is called with places on the step, inside the reach.
// Arrow keys go one step, with Shift five; PageUp and PageDown ten up and down; Home and End to the
// left and right edge.

const PAD_KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1],
  PageUp: [0, 10], PageDown: [0, -10], Home: [-Infinity, 0], End: [Infinity, 0],
};

function pad({ reach, step, moved }) {
  const canvas = make("canvas", { class: "gc-pixels", "aria-hidden": "true" });
  const mark = make("div", { class: "gc-pad-mark", "aria-hidden": "true" });
  const root = make("div", { class: "gc-pad", tabindex: 0, role: "application" }, canvas, mark);
  let at = [0, 0];
  let names = ["across", "up"];
  const inside = (v) => Math.min(reach, Math.max(-reach, Number((Math.round(v / step) * step).toFixed(6))));
  const show = (u, v, called = names) => {
    [at, names] = [[u, v], called];
    mark.style.left = `${50 * (1 + u / reach)}%`;
    mark.style.top = `${50 * (1 - v / reach)}%`;
    const told = `${u.toFixed(2)} across along ${names[0]}, ${v.toFixed(2)} up along ${names[1]}`;
    root.setAttribute("aria-label", `Pad, at ${told}. Arrow keys move it.`);
  };
  const go = (u, v) => {
    const [x, y] = [inside(u), inside(v)];
    if (x === at[0] && y === at[1]) return;
    show(x, y);
    moved(x, y);
  };
  const follow = (event) => {
    const box = root.getBoundingClientRect();
    go(reach * (2 * (event.clientX - box.left) / box.width - 1), reach * (1 - 2 * (event.clientY - box.top) / box.height));
  };
  keepKeys(root);
  root.addEventListener("keydown", (event) => {
    const move = PAD_KEYS[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const by = step * (event.shiftKey ? 5 : 1);
    const [u, v] = move.map((m, i) => at[i] + (m ? m * by : 0));
    go(u, v);
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

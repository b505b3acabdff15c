// Shared by every widget: labelled native controls, and requests of which the newest wins.

const LOST_AFTER = 2000; // ms without an answer, after which the next request may go out

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Notebook and Lab take arrow keys for themselves unless the focused element says otherwise.
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => event.stopPropagation());
}

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
  return { input, show: (value) => (input.value = value), read: () => input.value, extra: [] };
}

// Returns the element with all controls and a function that shows values; `changed(key, value)`.
function controlPanel(controls, changed) {
  const root = make("div", { class: "gc-controls" });
  const shows = {};
  for (const control of controls.filter((c) => c.shown)) {
    const { input, show, read, extra } = control.kind === "choice" ? choice(control) : slider(control);
    input.setAttribute("aria-label", control.label);
    input.setAttribute("data-key", control.key);
    keepKeys(input);
    input.addEventListener("input", () => {
      show(read());
      changed(control.key, read());
    });
    root.append(make("label", {}, make("span", {}, control.label), ...extra, input));
    shows[control.key] = show;
  }
  const show = (values) => {
    for (const [key, value] of Object.entries(values)) shows[key]?.(value);
  };
  return { root, show };
}

// One request in flight; what is asked meanwhile waits, the newest value of each key wins.
// `also` goes with each.
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

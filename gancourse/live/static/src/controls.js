// Labelled native controls: sliders, plain and logarithmic, choices, switches.

import { make } from "./dom.js";
import { keepKeys } from "./keys.js";

export function valueText(control, value) {
  if (control.kind === "choice") return String(value);
  return Number(value).toFixed(control.digits) + (control.unit ? ` ${control.unit}` : "");
}

// The nearest value that the slider can have.
export function onStep({ low, high, step }, value) {
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
  return { input, show: (value) => (input.value = value), read: () => input.value, extra: [] };
}

// Returns the element with all controls and a function that shows values; `changed(key, value)`.
export function controlPanel(controls, changed) {
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

// What a logarithmic slider at this exponent means; its steps are a twentieth of a power of ten.
export function logValue(exponent) {
  return Number((10 ** exponent).toPrecision(2));
}

// A number that lies between two steps is shown as it is.
export function logText(value) {
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
  return { root: make("label", { class: "gc-switch" }, input, control.label), show: (on) => (input.checked = on) };
}

// Returns {root, show(value)} for a control of any kind.
export function anyControl(key, control, changed) {
  if (control.kind === "log") return logSlider(key, control, changed);
  if (control.kind === "switch") return switchBox(key, control, changed);
  const panel = controlPanel([control], changed);
  return { root: panel.root.firstChild, show: (value) => panel.show({ [key]: value }) };
}

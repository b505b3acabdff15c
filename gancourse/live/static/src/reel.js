// The moments of a recording: a slider over them, and a button that plays them from there.

import { make } from "./dom.js";
import { keepKeys } from "./keys.js";

const PLAY = 120; // ms from one moment to the next

// `show(index)` shows a moment and returns its name. Returns {root, show(), to(index), halt()}; a
// moment is shown when it is moved to, or when show() is called.
export function reel(count, label, show) {
  let timer = 0;
  const place = make("input", { type: "range", min: 0, max: count - 1, step: 1, "aria-label": label });
  const shown = make("output", { "aria-live": "off" }); // it changes as fast as a film; the slider says its value
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
  return { root: make("div", { class: "gc-reel" }, play, place, shown), show: here, halt, to: (index) => (place.value = index) };
}

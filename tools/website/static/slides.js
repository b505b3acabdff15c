// The deck: reveal.js with its speaker notes. Its layout is the page's own, so that widgets keep
// their size and a pointer is where it seems to be.

import Notes from "./reveal/notes.esm.js";
import Reveal from "./reveal/reveal.esm.js";

const deck = new Reveal(document.querySelector(".reveal"), {
  disableLayout: true, hash: true, controls: true, progress: true, slideNumber: "c/t", transition: "none",
  display: "flex", center: false, margin: 0, width: 1280, height: 720, plugins: [Notes],
});

// A slide that is taller than the window gets smaller until it is not: what the last row of a class
// cannot read is better than what nobody sees.
function fit(slide) {
  for (let share = 1; share >= 0.5; share -= 0.05) {
    slide.style.setProperty("--fit", share);
    if (slide.scrollHeight <= slide.clientHeight + 1) return;
  }
}

const fitNow = () => deck.getCurrentSlide() && fit(deck.getCurrentSlide());
// What lives on a slide comes later than the slide, and an answer that is opened needs room.
const grown = new ResizeObserver(fitNow);

function watch() {
  grown.disconnect();
  for (const part of deck.getCurrentSlide().children) grown.observe(part);
  fitNow();
}

await deck.initialize();
await (window.MathJax?.startup?.promise ?? null);
if (deck.isPrintView()) {
  deck.getSlides().forEach(fit);
} else {
  deck.on("slidechanged", watch);
  addEventListener("resize", fitNow);
  watch();
}
document.documentElement.dataset.deck = "ready";

// The deck: reveal.js with its speaker notes. Its layout is the page's own, so that widgets keep
// their size and a pointer is where it seems to be.

import Notes from "./reveal/notes.esm.js";
import Reveal from "./reveal/reveal.esm.js";

const deck = new Reveal(document.querySelector(".reveal"), {
  disableLayout: true, hash: true, controls: true, progress: true, slideNumber: "c/t", transition: "none",
  plugins: [Notes],
});
await deck.initialize();
document.documentElement.dataset.deck = "ready";

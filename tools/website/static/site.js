// Bets that one can take by a button, and what scrolls sideways within reach of the keyboard.

// The theme draws icons once. Were it to look for new ones in whatever changes, it would search each of the
// thousands of marks of a chart, at each move.
window.FontAwesomeConfig = { observeMutations: false };

const STATIC = document.currentScript.src.replace(/[^/]*$/, "");
const LIVE = {
  explorer: async ({ mountExplorer }, place) => {
    const [start, weights] = await (place.fetched ?? fetchedNet(place));
    return mountExplorer(place, weights, { start });
  },
  points: async ({ mountPointGan }, place) => {
    const running = "runs" in place.dataset && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const shown = mountPointGan(place, { running, lesson: "lesson" in place.dataset, ...JSON.parse(place.dataset.options ?? "{}") });
    let waits = false; // it ran, and nobody looks at it
    new IntersectionObserver((seen) => {
      const inSight = seen[seen.length - 1].isIntersecting;
      if (inSight && waits) shown.run();
      else if (!inSight) waits = place.querySelector(".gc-run button").textContent === "Pause";
      if (!inSight) shown.pause();
    }).observe(place);
    return shown;
  },
  chart: ({ mountChart }, place) =>
    mountChart(place, `${STATIC}live/${place.dataset.chart}.chart`, JSON.parse(place.dataset.values)),
  asked: async ({ mountAsked }, place) => {
    const [about, weights] = await (place.fetched ?? fetchedNet(place));
    return mountAsked(place, weights, about, JSON.parse(place.dataset.values));
  },
  training: ({ mountTraining }, place) => mountTraining(place, `${STATIC}live/${place.dataset.run}.training`),
  faulty: ({ mountFaulty }, place) => mountFaulty(place, `${STATIC}live/${place.dataset.run}.faulty`),
};
const BUNDLES = { asked: "asked", chart: "replay", faulty: "replay", training: "replay" }; // all else lives in engine.js

// Where an explorer begins, and its weights; their address where they did not come: the engine says so.
function fetchedNet(place) {
  const address = `${STATIC}live/${place.dataset.net}`;
  const weights = fetch(`${address}.safetensors`).then(async (answer) => (
    answer.ok ? new Uint8Array(await answer.arrayBuffer()) : `${address}.safetensors`));
  return Promise.all([fetch(`${address}.json`).then((answer) => answer.json()), weights]);
}

const BETS = ".cell_output .text_html > ul + details";

// The first choice stands: it opens the answer, and says which option was right.
function bet(details) {
  const list = details.previousElementSibling;
  const answer = details.querySelector("p").textContent;
  details.parentElement.classList.add("gc-bet");
  const buttons = [...list.children].map((item) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = item.textContent;
    button.setAttribute("aria-pressed", "false");
    item.replaceChildren(button);
    return button;
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      if (details.open) return;
      button.setAttribute("aria-pressed", "true");
      const right = buttons.filter((other) => answer.startsWith(`${other.textContent}.`));
      for (const other of right) other.dataset.right = "true";
      details.open = true;
    });
  }
}

const WIDE = "mjx-container, .bd-article pre, .pst-scrollable-table-container, .text_html:has(> img.gc-wide)";
const SMALLEST = 0.7; // of a formula's letters; one that is wider still scrolls

function reachable() {
  fitFormulas();
  for (const box of document.querySelectorAll(WIDE)) {
    const wide = widthIn(box) > box.clientWidth + 1;
    if (wide) box.tabIndex = 0;
    box.toggleAttribute("data-wide", wide);
    if (box.tagName !== "MJX-CONTAINER") continue;
    box.style.overflowX = wide ? "auto" : "hidden";
    if (!wide) box.removeAttribute("tabindex");
  }
}

// Of a formula what is seen: what MathJax adds for screen readers makes its box scroll by a little more.
function widthIn(box) {
  const math = box.querySelector(":scope > mjx-math");
  return math ? math.getBoundingClientRect().width : box.scrollWidth;
}

// A formula that is a little wider than its paragraph gets smaller letters.
function fitFormulas() {
  const boxes = [...document.querySelectorAll(".bd-article mjx-container")];
  for (const box of boxes) {
    box.dataset.size ??= parseFloat(box.style.fontSize) || 100;
    box.style.fontSize = `${box.dataset.size}%`;
  }
  const shares = boxes.map((box) => box.closest("p, li, dd, td, div").clientWidth / widthIn(box)); // none where it is folded
  boxes.forEach((box, i) => {
    if (shares[i] > 0 && shares[i] < 1) box.style.fontSize = `${0.96 * box.dataset.size * Math.max(shares[i], SMALLEST)}%`;
  });
}

// No line begins with the point or the comma that follows a formula.
function glue() {
  for (const math of document.querySelectorAll(".bd-article span.math")) {
    const found = math.nextSibling?.nodeType === Node.TEXT_NODE && /^[.,;:!?)]+/.exec(math.nextSibling.data);
    if (!found) continue;
    const sign = math.nextSibling;
    sign.splitText(found[0].length);
    const both = document.createElement("span");
    both.className = "gc-glued";
    math.before(both);
    both.append(math, sign);
  }
}

const FEWER = "It runs in this page, with fewer controls than in JupyterLab: where the text names one that is not here, run the notebook.";

const REMARKS = { explorer: FEWER, points: FEWER, asked: "It runs in this page; what the ruler takes the image for is said in the notebook." };
REMARKS.training = "This run was recorded, with the cell's seed: in the notebook it trains, and you can steer it.";
const OWN = "Here the page's own steps train, those that the lesson writes; in the notebook it is your code that does.";
const OWN_RUN = "This run was recorded, with the steps that the lesson writes; in the notebook it is your code that trains.";
const GIVEN_RATE = "Here a device computes 100 GFLOP/s; in the notebook, what your machine is measured to do.";

const SERVED = "This lives only where the site comes from a web server: python3 -m http.server -d site is one.";

function remark(words) {
  const note = document.createElement("p");
  note.className = "gc-fewer";
  note.textContent = words;
  return note;
}

// The still picture stays until what lives is there, and for good where it cannot.
async function enliven(place) {
  const still = [...place.childNodes];
  const inLesson = place.querySelector("img") !== null;
  try {
    const bundle = await import(`${STATIC}live/${BUNDLES[place.dataset.live] ?? "engine"}.js`);
    if (!(await LIVE[place.dataset.live](bundle, place))) return;
  } catch {
    place.append(remark(location.protocol === "file:" ? SERVED : "This could not be fetched: load the page again."));
    return;
  }
  still.forEach((node) => node.remove());
  const { live, own } = place.dataset;
  const remarks = live === "training" && own !== undefined ? [OWN_RUN] : [REMARKS[live], own !== undefined && OWN];
  if (inLesson) place.append(...remarks.filter(Boolean).map(remark));
  if (place.dataset.chart === "budget") place.append(remark(GIVEN_RATE));
}

// One after the other, and each when the processor has nothing to do: what a reader sees first is there
// and answers before the next thing comes.
let before = Promise.resolve();
const rest = () => new Promise((go) => (window.requestIdleCallback ?? setTimeout)(go, { timeout: 1000 }));
const LONG = 10_000; // ms; what has no map by then keeps nothing else waiting

// When an explorer has drawn its map; at once for all else.
function mapped(place) {
  const pad = place.querySelector(".gc-pad");
  if (!pad || pad.dataset.mapped) return null;
  return new Promise((go) => {
    new MutationObserver((_, watcher) => {
      watcher.disconnect();
      go();
    }).observe(pad, { attributeFilter: ["data-mapped"] });
    setTimeout(go, LONG);
  });
}

function enlivenWhenNear() {
  if (new URLSearchParams(location.search).has("print-pdf")) return; // a deck to be printed
  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      if (target.dataset.net) {
        target.fetched = fetchedNet(target); // while the script is still on its way
        target.fetched.catch(() => {}); // said when it is mounted
      }
      before = before.then(() => enliven(target)).then(() => mapped(target)).then(rest);
    }
  }, { rootMargin: "300px" });
  document.querySelectorAll(".gc-mount").forEach((place) => watcher.observe(place));
}

document.addEventListener("DOMContentLoaded", () => {
  enlivenWhenNear();
  document.querySelectorAll(BETS).forEach(bet);
  for (const arrow of document.querySelectorAll("summary:has(> .toctree-toggle)")) {
    arrow.setAttribute("aria-label", "Pages of this part"); // the theme gives it none
  }
  glue();
  reachable();
  window.addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true); // what was folded had no width
});
window.addEventListener("load", () => {
  (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reachable);
});

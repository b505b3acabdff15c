// Tabs as the ARIA pattern has them: one is in the tab order, arrow keys choose another.

import { make } from "./dom.js";
import { keepKeys } from "./keys.js";

const MOVES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

// The tab that a key leads to from tab `i`, or null for any other key.
export function tabAfter(key, i, count) {
  return key in MOVES ? Math.min(count - 1, Math.max(0, i + MOVES[key])) : null;
}

export function tabRow(titles, pages) {
  const own = Math.random().toString(36).slice(2);
  const list = make("div", { role: "tablist", class: "gc-tabs" });
  const heads = titles.map((title, i) =>
    make("button", { type: "button", role: "tab", id: `gc-${own}-${i}`, "aria-controls": `gc-${own}-page-${i}` }, title));
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

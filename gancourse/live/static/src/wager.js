// A question to bet on: the first choice shows the answer. Nothing leaves the page.

import { make } from "./dom.js";
import { keepKeys } from "./keys.js";

// How each option stands once one is chosen: whether it was taken, and whether it is the right one.
export function standing(options, answer, chosen) {
  return options.map((option, i) => ({ taken: i === chosen, right: option === answer }));
}

export function render({ model, el }) {
  const options = model.get("options");
  const root = make("div", { class: "gc-live gc-wager", role: "group", "aria-label": "Your prediction" });
  const reply = make("p", { class: "gc-text", "aria-live": "polite" });
  const buttons = options.map((option) => make("button", { type: "button", class: "gc-button", "aria-pressed": "false" }, option));
  const show = (chosen) => {
    standing(options, model.get("answer"), chosen).forEach(({ taken, right }, i) => {
      buttons[i].setAttribute("aria-pressed", taken);
      buttons[i].setAttribute("aria-disabled", "true");
      if (right) buttons[i].dataset.right = "true";
    });
    reply.textContent = model.get("replies")[chosen];
  };
  buttons.forEach((button, i) => {
    keepKeys(button);
    button.addEventListener("click", () => {
      if (Number.isInteger(model.get("chosen"))) return; // a bet stands
      model.set("chosen", i); // for the other views of this page; it is never saved
      show(i);
    });
  });
  const follow = () => show(model.get("chosen"));
  model.on("change:chosen", follow);
  if (Number.isInteger(model.get("chosen"))) follow();
  root.append(make("p", { class: "gc-question" }, model.get("question")), make("div", { class: "gc-run" }, ...buttons), reply);
  el.append(root);
  return () => model.off("change:chosen", follow);
}

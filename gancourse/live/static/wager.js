// Built by `make build` from src/widgets/wager.js: edit there. 284514831e321a85 ee9e3a3042b3251b
// dom.js
function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

// keys.js
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.altKey)) runCell(node, event);
    event.stopPropagation();
  });
}
function runCell(node, event) {
  const cell = node.closest(".jp-Cell");
  if (!cell) return;
  event.preventDefault();
  cell.focus();
  const { shiftKey, ctrlKey, altKey } = event;
  const again = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", shiftKey, ctrlKey, altKey, bubbles: true, cancelable: true });
  Object.defineProperty(again, "keyCode", { value: 13 });
  cell.dispatchEvent(again);
}

// wager.js
function standing(options, answer, chosen) {
  return options.map((option, i) => ({ taken: i === chosen, right: option === answer }));
}
function render({ model, el }) {
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
      if (Number.isInteger(model.get("chosen"))) return;
      model.set("chosen", i);
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

// widgets/wager.js
var wager_default = { render };
export {
  wager_default as default
};

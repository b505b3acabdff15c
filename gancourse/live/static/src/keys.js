// Keys that move something: a step to the right is [1, 0], a step up is [0, 1].

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

// Notebook and Lab take arrow keys for themselves unless the focused element says otherwise. What
// runs a cell (Enter with Shift, Control or Alt) is theirs all the same.
export function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.altKey)) runCell(node, event);
    event.stopPropagation();
  });
}

// They listen on the way down and have let the key go, so it is pressed once more, on the cell.
function runCell(node, event) {
  const cell = node.closest(".jp-Cell");
  if (!cell) return;
  event.preventDefault();
  cell.focus();
  const { shiftKey, ctrlKey, altKey } = event;
  const again = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", shiftKey, ctrlKey, altKey, bubbles: true, cancelable: true });
  Object.defineProperty(again, "keyCode", { value: 13 }); // which they read
  cell.dispatchEvent(again);
}

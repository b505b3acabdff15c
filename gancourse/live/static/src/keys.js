// Keys that move something: a step to the right is [1, 0], a step up is [0, 1].

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

// Notebook and Lab take arrow keys for themselves unless the focused element says otherwise.
export function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => event.stopPropagation());
}

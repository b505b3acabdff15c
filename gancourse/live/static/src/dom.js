// Elements of a page, in HTML and in SVG.

const SVG = "http://www.w3.org/2000/svg";

function dressed(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export function make(tag, attributes = {}, ...children) {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

export function newSvg(attributes = {}) {
  return dressed(document.createElementNS(SVG, "svg"), attributes);
}

// Adds an element to an SVG; returns it.
export function draw(parent, tag, attributes = {}, text = "") {
  const node = dressed(document.createElementNS(SVG, tag), attributes);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

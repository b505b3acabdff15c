// A conditional generator for a web page without a kernel: one ES module beside live.css.
//
// mountAsked(element, weights, told, values) shows one z for every class, and for a mixture of two.
// `told` and the weights are what gancourse.live.classes.page_files gives; `values` is where the controls
// start.

import { showAsked } from "../asked.js";
import { opened } from "../opened.js";

export function mountAsked(element, weights, told, values) {
  return opened(element, weights, (G) => showAsked(element, G, told, values));
}

// The charts of the lessons for a web page without a kernel: one ES module beside live.css.
//
//   import { mountChart } from "./replay.js";
//   await mountChart(element, "slide_q.chart", { mean: 5 });
//
// "slide_q.chart" is what gancourse.live.recorded.program_bytes gives.

export { mountChart } from "../replay.js";

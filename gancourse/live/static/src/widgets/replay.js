// The charts of the lessons for a web page without a kernel: one ES module beside live.css.
//
//   import { mountChart } from "./replay.js";
//   await mountChart(element, "slide_q.chart", { mean: 5 });
//
// "slide_q.chart" is what gancourse.live.recorded.program_bytes gives. A faulty run likewise, by
// `mountFaulty(element, "run-1.faulty")` and gancourse.live.run.faulty_view.state_bytes; a training by
// `mountTraining(element, "mlp.training")` and gancourse.live.recorded.trainings.training_bytes.

export { mountChart, mountFaulty, mountTraining } from "../replay.js";

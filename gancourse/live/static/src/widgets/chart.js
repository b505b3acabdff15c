import { render } from "../chart.js";

export default { render };

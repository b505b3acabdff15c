import { render } from "../faulty.js";

export default { render };

import { render } from "../wager.js";

export default { render };

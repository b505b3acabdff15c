import { explorerStage } from "../explorer.js";
import { steered } from "../steered.js";

export default steered(explorerStage, { brief: true });

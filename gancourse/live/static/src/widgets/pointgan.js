import { steered } from "../steered.js";
import { pointStage } from "../pointgan.js";

export default steered(pointStage);

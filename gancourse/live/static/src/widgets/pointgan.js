import { player } from "../player.js";
import { pointStage } from "../pointgan.js";

export default player(pointStage);

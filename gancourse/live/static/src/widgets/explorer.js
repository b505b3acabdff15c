import { explorerStage } from "../explorer.js";
import { player } from "../player.js";

export default player(explorerStage, { brief: true });

import { dashboardStage } from "../dashboard.js";
import { player } from "../player.js";

export default player(dashboardStage);

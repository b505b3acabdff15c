import { dashboardStage } from "../dashboard.js";
import { steered } from "../steered.js";

export default steered(dashboardStage);

// The script of the exported page; what it shows stands in the page as JSON.

import { showPlane } from "../plane.js";

showPlane(document.querySelector("main"), JSON.parse(document.querySelector("#plane").textContent));

// The script of the exported page; what it shows stands in the page as JSON.

import { openGenerator } from "../engine/generator.js";
import { netSource, sheetSource, showPlane } from "../plane.js";

const told = JSON.parse(document.querySelector("#plane").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const source = told.net ? netSource(openGenerator(bytes(told.net)), told) : await sheetSource(told);
showPlane(document.querySelector("main"), source);

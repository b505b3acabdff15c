import js from "@eslint/js";
import globals from "globals";

const src = "gancourse/live/static/src/**/*.js";
const rules = { eqeqeq: "error", "no-var": "error", "prefer-const": "error" };

export default [
  { ignores: ["gancourse/live/static/*.js", ".venv/", "runs/"] },
  js.configs.recommended,
  { rules },
  { files: [src], languageOptions: { globals: globals.browser } },
  { files: ["tests/js/**/*.js"], languageOptions: { globals: globals.node } },
];

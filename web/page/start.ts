/** The page's first script, and its style. The page itself comes beside what the worker does. */

import "@xterm/xterm/css/xterm.css";
import "./style.css";
import "./first.ts";
import { element } from "./view/elements.ts";

import("./main.ts").catch((error: unknown) => {
  const state = element("state", HTMLElement);
  [state.dataset["state"], state.textContent] = ["bad", `the page could not be loaded: ${String(error)}`];
});

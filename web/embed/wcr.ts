/** What other pages use: `run`, and the element `<wcr-run>`. `public/wcr.d.ts` says what there is. */

import type * as declared from "../public/wcr.d.ts";
import { isSupported, run } from "./run.ts";
import { WcrRun } from "./element.ts";

export { WcrRun, isSupported, run };

// What is declared is what there is.
({ WcrRun, isSupported, run }) satisfies typeof declared;

if (!customElements.get("wcr-run")) customElements.define("wcr-run", WcrRun);

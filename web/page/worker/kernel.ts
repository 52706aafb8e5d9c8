/** The kernel's side as a module: the page's own one, or the one that runs scripts, too. */

import type * as module from "../../generated/wcr_web.js";

export type Kernel = typeof module;

export let kernel: Kernel;

/** Says which module it is. Called first, once. */
export function use(module: Kernel): void {
  kernel = module;
}

/** What takes longest begins first, before the page is there: the worker with the kernel and the built-in image. */

import { Runner } from "./runner.ts";

/** Runs the containers of the page's terminal. */
export const runner = new Runner();

// A failure shows when the container is to be made.
runner.load().catch(() => {});

/** Tells the page from time to time what a container has changed, so that it can be kept. */

import * as kernel from "../../generated/wcr_web.js";
import type { FromWorker } from "../protocol.ts";
import type { Container } from "./container.ts";

/** So many milliseconds lie between two looks. */
const PAUSE = 2000;
/** At most this part of the time is spent with looking. */
const SHARE = 1 / 20;

export class Saver {
  readonly #container: Container;
  readonly #post: (message: FromWorker) => void;
  #timer: ReturnType<typeof setTimeout>;
  #turns = 0;
  #last: Uint8Array | undefined;

  constructor(container: Container, post: (message: FromWorker) => void) {
    this.#container = container;
    this.#post = post;
    this.#timer = setTimeout(this.#look, PAUSE);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const started = performance.now();
    // Where nobody had a turn nothing can have changed, but for what the page itself has done.
    if (this.#turns !== this.#container.turns) this.#save();
    this.#turns = this.#container.turns;
    this.#timer = setTimeout(this.#look, Math.max(PAUSE, (performance.now() - started) / SHARE));
  };

  #save(): void {
    const tar = kernel.changes();
    if (sameBytes(tar, this.#last)) return;
    this.#last = tar;
    this.#post({ type: "written", tar });
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b || a.length !== b.length) return a === b;
  return a.every((byte, at) => byte === b[at]);
}

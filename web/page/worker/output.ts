/** The container's output on its way to the page, and the page's back-pressure. */

import type { FromWorker } from "../protocol.ts";

/** From so many messages on that the page has not shown, the container waits. */
const MESSAGES_MAX = 64;
/** From so many bytes on that the page has not shown, the container waits. */
const BYTES_MAX = 1 << 20;

/** Posts output as it comes; what comes while the page is behind is put together and posted later. */
export class Output {
  readonly #post: (message: FromWorker, transfer: Transferable[]) => void;
  /** The sizes of the messages that the page has not shown. */
  readonly #unshown: number[] = [];
  #unshownBytes = 0;
  /** What is not posted yet. */
  #held: { error: boolean; parts: Uint8Array[] }[] = [];
  #shown: (() => void) | undefined;

  constructor(post: (message: FromWorker, transfer: Transferable[]) => void) {
    this.#post = post;
  }

  /** Takes bytes, which are the kernel's and are copied; whether the container should wait for the page. */
  write(error: boolean, bytes: Uint8Array): boolean {
    if (this.#isBehind() || this.#held.length > 0) {
      const last = this.#held.at(-1);
      if (last?.error === error) last.parts.push(bytes.slice());
      else this.#held.push({ error, parts: [bytes.slice()] });
    } else {
      this.#send(error, bytes.slice());
    }
    return this.#isBehind();
  }

  /** Waits until the page has shown enough to go on, and posts what was held back. */
  async caughtUp(): Promise<void> {
    do {
      while (this.#isBehind()) await new Promise<void>((resolve) => (this.#shown = resolve));
      const next = this.#held.shift();
      if (next) this.#send(next.error, concatenated(next.parts));
    } while (this.#held.length > 0);
  }

  /** The page has shown so many messages more. */
  acknowledge(count: number): void {
    for (const size of this.#unshown.splice(0, count)) this.#unshownBytes -= size;
    const shown = this.#shown;
    this.#shown = undefined;
    shown?.();
  }

  #isBehind(): boolean {
    return this.#unshown.length >= MESSAGES_MAX || this.#unshownBytes >= BYTES_MAX;
  }

  #send(error: boolean, bytes: Uint8Array<ArrayBuffer>): void {
    this.#unshown.push(bytes.length);
    this.#unshownBytes += bytes.length;
    this.#post({ type: "output", error, bytes }, [bytes.buffer]);
  }
}

function concatenated(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

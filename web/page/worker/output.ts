/** The container's output on its way to the page, and the page's back-pressure. */

import type { FromWorker } from "../protocol.ts";

/** From so many messages or bytes on that the page has not shown, output is held back. */
const UNSHOWN_MESSAGES = 64;
const UNSHOWN_BYTES = 1 << 20;
/** Output is posted again when not more messages than this are left. */
const FEW_MESSAGES = 16;
/** The container waits for the page when so many bytes are held back, or bytes for so many milliseconds. */
const HELD_BYTES = 32 << 10;
const HELD_TIME = 8;

/** Posts output as it comes; what comes while the page is behind is put together and posted later. */
export class Output {
  readonly #post: (message: FromWorker, transfer: Transferable[]) => void;
  /** The sizes of the messages that the page has not shown. */
  readonly #unshown: number[] = [];
  #unshownBytes = 0;
  /** What is not posted yet. */
  #held: { error: boolean; parts: Uint8Array[] }[] = [];
  #heldBytes = 0;
  #heldSince = 0;
  #shown: (() => void) | undefined;

  constructor(post: (message: FromWorker, transfer: Transferable[]) => void) {
    this.#post = post;
  }

  /** Takes bytes, which are the kernel's and are copied; whether the container should wait for the page. */
  write(error: boolean, bytes: Uint8Array): boolean {
    if (this.#held.length === 0 && !this.#isBehind(UNSHOWN_MESSAGES)) {
      this.#send(error, bytes.slice());
      return false;
    }
    if (this.#held.length === 0) this.#heldSince = performance.now();
    const last = this.#held.at(-1);
    if (last?.error === error) last.parts.push(bytes.slice());
    else this.#held.push({ error, parts: [bytes.slice()] });
    this.#heldBytes += bytes.length;
    return this.#heldBytes >= HELD_BYTES || performance.now() - this.#heldSince >= HELD_TIME;
  }

  /** Waits until the page has shown enough to go on, and posts what was held back. */
  async caughtUp(): Promise<void> {
    if (this.#held.length === 0) return;
    while (this.#isBehind(FEW_MESSAGES)) await new Promise<void>((resolve) => (this.#shown = resolve));
    for (const { error, parts } of this.#held.splice(0)) this.#send(error, concatenated(parts));
    this.#heldBytes = 0;
  }

  /** The page has shown so many messages more. */
  acknowledge(count: number): void {
    for (const size of this.#unshown.splice(0, count)) this.#unshownBytes -= size;
    const shown = this.#shown;
    this.#shown = undefined;
    shown?.();
  }

  #isBehind(messages: number): boolean {
    return this.#unshown.length >= messages || this.#unshownBytes >= UNSHOWN_BYTES;
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

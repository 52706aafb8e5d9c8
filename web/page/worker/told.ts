/** What the page is told of a container beside its output, put together so that it is not told too often. */

import type { FromWorker } from "../protocol.ts";

type Post = (message: FromWorker) => void;

/** So many milliseconds lie between two messages. */
const PAUSE = 50;
/** So many characters of lines are kept for one message; what is over it is counted. */
const LINES_MAX = 64 << 10;

/** Lets something be told at once, and then not again for a while. */
class Pace {
  readonly #tell: () => void;
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** There is something to tell. */
  due(): void {
    const left = this.#last + PAUSE - performance.now();
    if (left <= 0) this.#now();
    else this.#timer ??= setTimeout(() => this.#now(), left);
  }

  #now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = performance.now();
    this.#tell();
  }
}

/** Lines of the trace. */
export class Calls {
  readonly #decoder = new TextDecoder();
  readonly #pace: Pace;
  #lines = "";
  #left = 0;

  constructor(post: Post) {
    this.#pace = new Pace(() => {
      const [lines, left] = [this.#lines, this.#left];
      [this.#lines, this.#left] = ["", 0];
      if (lines || left) post({ type: "calls", lines, left });
    });
  }

  add(line: Uint8Array): void {
    if (this.#lines.length < LINES_MAX) this.#lines += this.#decoder.decode(line);
    else this.#left++;
    this.#pace.due();
  }
}

/** Which programs ran for which files. */
export class Programs {
  readonly #counts = new Map<string, number>();
  readonly #pace: Pace;

  constructor(post: Post) {
    this.#pace = new Pace(() => {
      const sentences = [...this.#counts];
      this.#counts.clear();
      if (sentences.length > 0) post({ type: "programs", sentences });
    });
  }

  add(sentence: string): void {
    this.#counts.set(sentence, (this.#counts.get(sentence) ?? 0) + 1);
    this.#pace.due();
  }
}

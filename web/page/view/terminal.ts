/** The output area: bytes as text, standard error told apart from standard output. */

/** The most text that is kept, in characters; what is older goes. */
const KEPT = 1 << 19;
/** A part of the output begins anew at the first line end after so many characters. */
const PART = 1 << 13;
/** Without a line end a part is at most so long. */
const PART_MAX = 1 << 16;

/** Control characters but for tab and newline, and what changes the direction of text: shown as symbols. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export class Terminal {
  readonly #element: HTMLElement;
  #decoders = { out: new TextDecoder(), err: new TextDecoder() };
  #length = 0;
  #pending: { stream: "out" | "err"; text: string }[] = [];
  #scheduled = false;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  clear(): void {
    this.#element.replaceChildren();
    this.#decoders = { out: new TextDecoder(), err: new TextDecoder() };
    [this.#length, this.#pending] = [0, []];
  }

  write(error: boolean, bytes: Uint8Array<ArrayBuffer>): void {
    const stream = error ? "err" : "out";
    const text = this.#decoders[stream].decode(bytes, { stream: true }).replace(CONTROL, symbol);
    const last = this.#pending.at(-1);
    if (last?.stream === stream) last.text += text;
    else this.#pending.push({ stream, text });
    // Many small pieces are shown together, at the pace of the screen.
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.flush());
  }

  /** Shows what has come. */
  flush(): void {
    this.#scheduled = false;
    if (this.#pending.length === 0) return;
    const box = this.#element;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    for (const { stream, text } of this.#pending.splice(0)) {
      const kept = text.slice(-KEPT);
      for (let at = 0; at < kept.length; ) at += this.#append(stream, kept, at);
    }
    while (this.#length > KEPT && box.firstElementChild !== box.lastElementChild) {
      this.#length -= box.firstElementChild?.textContent?.length ?? 0;
      box.firstElementChild?.remove();
    }
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  /** Adds text from `at` on to the last part of the output, and gives how much went there. */
  #append(stream: "out" | "err", text: string, at: number): number {
    const part = this.#part();
    const before = part.textContent?.length ?? 0;
    const lineEnd = text.indexOf("\n", at + Math.max(0, PART - before));
    const end = Math.min(lineEnd < 0 ? text.length : lineEnd + 1, at + PART_MAX);
    const piece = text.slice(at, end);
    const last = part.lastElementChild;
    if (last?.className === stream) {
      last.append(piece);
    } else {
      const span = document.createElement("span");
      span.className = stream;
      span.textContent = piece;
      part.append(span);
    }
    this.#length += piece.length;
    return piece.length;
  }

  /** The part that text is added to. The browser lays out only the parts that are seen. */
  #part(): Element {
    const last = this.#element.lastElementChild;
    const length = last?.textContent?.length ?? 0;
    const isFull = length >= PART_MAX || (length >= PART && last?.textContent?.endsWith("\n"));
    if (last && !isFull) return last;
    const part = document.createElement("div");
    part.className = "part";
    this.#element.append(part);
    return part;
  }
}

/** Unicode has a picture for each of the first control characters. */
function symbol(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}

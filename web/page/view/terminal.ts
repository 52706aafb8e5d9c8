/** The output area: bytes as text, standard error told apart from standard output. */

/** The most text that is kept, in characters; what is older goes. */
const KEPT = 1 << 20;

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
    const box = this.#element;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    for (const { stream, text } of this.#pending.splice(0)) this.#append(stream, text);
    while (this.#length > KEPT && box.firstChild !== box.lastChild) {
      this.#length -= box.firstChild?.textContent?.length ?? 0;
      box.firstChild?.remove();
    }
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  #append(stream: "out" | "err", text: string): void {
    if (text === "") return;
    const last = this.#element.lastElementChild;
    const kept = text.length > KEPT ? text.slice(-KEPT) : text;
    this.#length += kept.length;
    // Spans stay small enough for the oldest to be taken away.
    if (last?.className === stream && last.textContent.length < KEPT / 16) {
      last.append(kept);
      return;
    }
    const span = document.createElement("span");
    span.className = stream;
    span.textContent = kept;
    this.#element.append(span);
  }
}

/** Unicode has a picture for each of the first control characters. */
function symbol(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}

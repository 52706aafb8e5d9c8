/** An editor for a script: a text field with numbered lines, of which some are marked. */

import type { Place } from "../scripts/protocol.ts";
import { element } from "./elements.ts";

/** What a line is indented by. */
const INDENT = "    ";

export class Editor {
  readonly #text = element("editor-text", HTMLTextAreaElement);
  readonly #lines = element("editor-lines", HTMLElement);
  #marked = new Set<number>();
  #count = 0;
  changed: () => void = () => {};
  run: () => void = () => {};

  constructor(box: HTMLElement) {
    this.#text.addEventListener("input", () => {
      // Where the text is another one, the places are no longer known.
      this.mark([]);
      this.changed();
    });
    this.#text.addEventListener("scroll", () => (this.#lines.scrollTop = this.#text.scrollTop));
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("click", (event) => {
      if (event.target === this.#lines) this.#text.focus();
    });
  }

  get text(): string {
    return this.#text.value;
  }

  set text(text: string) {
    this.#text.value = text;
    this.mark([]);
  }

  /** Marks the lines of these places, and no others. */
  mark(places: Place[]): void {
    const marked = new Set(places.map(([line]) => line));
    const count = this.#text.value.split("\n").length;
    if (count === this.#count && marked.size === 0 && this.#marked.size === 0) return;
    [this.#marked, this.#count] = [marked, count];
    const number = (line: number) => {
      const made = document.createElement(marked.has(line) ? "mark" : "span");
      made.textContent = `${line}\n`;
      return made;
    };
    this.#lines.replaceChildren(...Array.from({ length: count }, (_, at) => number(at + 1)));
    this.#lines.scrollTop = this.#text.scrollTop;
  }

  /** Puts the caret to a place, which is then seen. */
  goTo(line: number, column: number): void {
    const lines = this.#text.value.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    // Columns count characters, the field counts UTF-16.
    const within = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
    this.#text.focus();
    this.#text.setSelectionRange(before + within, before + within);
    const height = Number.parseFloat(getComputedStyle(this.#text).lineHeight);
    this.#text.scrollTop = Math.max(0, (line - 4) * height);
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      return this.run();
    }
    if (event.shiftKey || event.altKey || event.isComposing) return;
    const { value, selectionStart } = this.#text;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const indent = /^ */.exec(line)![0] + (/[{[(]\s*$/.test(line) ? INDENT : "");
    if (indent === "") return;
    event.preventDefault();
    // So that it can be undone as what is typed.
    document.execCommand("insertText", false, `\n${indent}`);
  }
}

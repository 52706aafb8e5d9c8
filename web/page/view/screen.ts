/** The terminal of the page. What a container writes reaches the screen as text and colour, and nothing else. */

import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import type { Size } from "../protocol.ts";
import { shownText } from "./names.ts";

/** What the terminal tells. */
export interface ScreenListener {
  /** Keys, as bytes for the container. */
  keys(bytes: Uint8Array): void;
  resized(size: Size): void;
  /** The user wants to leave the terminal with the keyboard. */
  left(): void;
}

/** Lines that are kept above the screen. */
const SCROLLBACK = 5000;

/**
 * The commands of an operating system (OSC) that a terminal may know: titles (0-2), colours (4, 10-19, 104, 110-119),
 * folders (7), links (8), messages (9, 777), the clipboard (52), marks of shells (133, 633), files and images (1337).
 * None of them does anything here; others are not known to the terminal either.
 */
const OSC = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50, 52, 104, 105, 133, 633, 777, 1337,
  ...Array.from({ length: 10 }, (_, at) => 10 + at),
  ...Array.from({ length: 10 }, (_, at) => 110 + at),
];

/**
 * Takes back the modes of programs: the alternate screen; mouse, focus and bracketed paste; keypad and cursor keys;
 * scrolling and origin (which move the cursor, so its place is kept); insertion, wrapping, the cursor, colours, letters.
 */
const AS_AT_THE_START =
  "\x1b[?1047l\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004l\x1b>\x1b[?1l" +
  "\x1b7\x1b[?6l\x1b[r\x1b8\x1b[4l\x1b[?7h\x1b[?25h\x1b[0m\x1b(B\x0f";

/** The report of the cursor's place is one that programs need; it consists of numbers only. */
const CURSOR_REPORT = 6;

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #element: HTMLElement;

  constructor(element: HTMLElement, listener: ScreenListener) {
    this.#element = element;
    const terminal = new Terminal({
      scrollback: SCROLLBACK,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: 14,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      linkHandler: { activate() {} },
      minimumContrastRatio: 4.5,
      theme: themeOf(element),
    });
    this.#terminal = terminal;
    silence(terminal);
    terminal.loadAddon(this.#fit);
    terminal.open(element);
    const field = terminal.textarea;
    field?.setAttribute("aria-label", "Terminal of the container. F6 leaves it.");
    const encoder = new TextEncoder();
    terminal.onData((text) => listener.keys(encoder.encode(text)));
    terminal.onBinary((text) => listener.keys(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    terminal.onResize(({ rows, cols }) => listener.resized({ rows, columns: cols }));
    terminal.attachCustomKeyEventHandler((event) => this.#isForContainer(event, listener));
    new ResizeObserver(() => this.#fit.fit()).observe(element);
    this.#fit.fit();
  }

  get size(): Size {
    return { rows: this.#terminal.rows, columns: this.#terminal.cols };
  }

  /** Shows what the container wrote; done when it is on the screen. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  /** Shows a sentence of the page itself on a line of its own. */
  say(sentence: string): void {
    const line = this.#terminal.buffer.active.cursorX > 0 ? "\r\n" : "";
    this.#terminal.write(`${line}\x1b[0;3m${shownText(sentence)}\x1b[0m\r\n`);
  }

  /** Forgets the modes that a program may have left, and with `clear` also what is shown. */
  reset(clear: boolean): void {
    this.#terminal.write(AS_AT_THE_START);
    if (clear) this.#terminal.reset();
  }

  clear(): void {
    this.#terminal.clear();
  }

  focus(): void {
    this.#terminal.focus();
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** Enters text as if it were typed. */
  paste(text: string): void {
    this.#terminal.paste(text);
  }

  /** Sends a key of the page's own keyboard. */
  key(text: string): void {
    this.#terminal.input(text);
  }

  /** Whether what is shown is also told to screen readers. */
  speak(on: boolean): void {
    this.#terminal.options.screenReaderMode = on;
  }

  /** Takes on the page's colours. */
  recolour(): void {
    this.#terminal.options.theme = themeOf(this.#element);
  }

  /** All that is on the screen and above it, as text. */
  get text(): string {
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let at = 0; at < buffer.length; at++) {
      const line = buffer.getLine(at);
      const text = line?.translateToString(true) ?? "";
      if (line?.isWrapped) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return lines.join("\n").trimEnd();
  }

  /** Keys of the page's own: to copy, and to leave the terminal. */
  #isForContainer(event: KeyboardEvent, listener: ScreenListener): boolean {
    if (event.type !== "keydown") return true;
    const withBoth = event.ctrlKey && event.shiftKey;
    if ((withBoth && event.code === "KeyC") || (event.ctrlKey && event.key === "Insert")) {
      event.preventDefault();
      if (this.selection) void navigator.clipboard.writeText(this.selection);
      return false;
    }
    // The browser pastes by itself.
    if ((withBoth && event.code === "KeyV") || (event.shiftKey && event.key === "Insert")) return false;
    if (event.key === "F6") {
      event.preventDefault();
      listener.left();
      return false;
    }
    return true;
  }
}

/** Takes away from the terminal all that reaches beyond its screen, and the answers that it would give by itself. */
function silence(terminal: Terminal): void {
  const { parser } = terminal;
  const swallow = () => true;
  for (const number of OSC) parser.registerOscHandler(number, swallow);
  for (const final of ["q", "p", "t", "x"]) {
    for (const intermediates of ["", "$", "+"]) {
      parser.registerDcsHandler(intermediates ? { intermediates, final } : { final }, swallow);
    }
  }
  // What are you, in what state, with what settings, how large.
  for (const prefix of ["", ">", "=", "?"]) {
    const named = (final: string, intermediates = "") => ({
      ...(prefix && { prefix }),
      ...(intermediates && { intermediates }),
      final,
    });
    parser.registerCsiHandler(named("c"), swallow);
    parser.registerCsiHandler(named("n"), ([what]) => prefix !== "" || what !== CURSOR_REPORT);
    parser.registerCsiHandler(named("p", "$"), swallow);
    parser.registerCsiHandler(named("t"), swallow);
    parser.registerCsiHandler(named("x"), swallow);
  }
  parser.registerCsiHandler({ prefix: ">", final: "q" }, swallow);
  parser.registerCsiHandler({ prefix: "?", final: "u" }, swallow);
  parser.registerEscHandler({ final: "Z" }, swallow);
}

function themeOf(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const [background, foreground] = [style.backgroundColor, style.color];
  return { background, foreground, cursor: foreground, cursorAccent: background, selectionBackground: "#7fa7e080" };
}

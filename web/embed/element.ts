/** The element `<wcr-run>`. */

import { words } from "../page/commandline.ts";
import { Terminal } from "../page/view/terminal.ts";
import type { Image, Options, Result } from "../public/wcr.d.ts";
import { isSupported, run } from "./run.ts";
import style from "./element.css?inline";

/** Archives of the page's elements, by their URLs: elements of one image share its worker. */
const fetched = new Map<string, Promise<Blob>>();

export class WcrRun extends HTMLElement {
  readonly #button = document.createElement("button");
  readonly #line = document.createElement("code");
  readonly #output = document.createElement("pre");
  readonly #status = document.createElement("p");
  readonly #terminal = new Terminal(this.#output);
  #running: AbortController | undefined;
  #seen: IntersectionObserver | undefined;

  static readonly observedAttributes = ["cmd"];

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = document.createElement("style");
    sheet.textContent = style;
    const head = document.createElement("div");
    head.className = "head";
    this.#button.type = "button";
    this.#button.addEventListener("click", () => {
      if (this.#running) this.#running.abort();
      else void this.run();
    });
    this.#output.tabIndex = 0;
    this.#output.setAttribute("role", "log");
    this.#output.setAttribute("aria-label", "Output");
    this.#output.hidden = true;
    this.#status.setAttribute("role", "status");
    head.append(this.#line, this.#button);
    root.append(sheet, head, this.#output, this.#status);
    this.#show(false);
  }

  connectedCallback(): void {
    if (!isSupported()) {
      this.#button.disabled = true;
      this.#status.textContent = "This browser has no JavaScript Promise Integration (JSPI), which containers need.";
      return;
    }
    if (!this.hasAttribute("auto") || this.#seen) return;
    this.#seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#seen?.disconnect();
      void this.run();
    });
    this.#seen.observe(this);
  }

  disconnectedCallback(): void {
    this.#running?.abort();
  }

  attributeChangedCallback(): void {
    this.#line.textContent = `$ ${this.#command}`;
  }

  async run(): Promise<Result | undefined> {
    if (this.#running) return undefined;
    const running = new AbortController();
    this.#running = running;
    this.#terminal.clear();
    this.#output.hidden = true;
    this.#show(true);
    this.#status.textContent = "running";
    try {
      const result = await run(await this.#image(), words(this.#command), this.#options(running.signal));
      this.#terminal.flush();
      const { code, notes, milliseconds, digest } = result;
      const proof = digest === undefined ? "" : `, trace sha256:${digest}`;
      this.#status.textContent = [...notes, `exit code ${code}, ${milliseconds.toFixed(0)} ms${proof}`].join(". ");
      this.dispatchEvent(new CustomEvent("wcr-end", { detail: result, bubbles: true }));
      return result;
    } catch (error) {
      this.#terminal.flush();
      this.#status.textContent = running.signal.aborted ? "stopped" : error instanceof Error ? error.message : String(error);
      return undefined;
    } finally {
      this.#running = undefined;
      this.#show(false);
    }
  }

  get #command(): string {
    return this.getAttribute("cmd") ?? "";
  }

  #options(signal: AbortSignal): Options {
    return {
      input: this.getAttribute("input") ?? "",
      deterministic: this.hasAttribute("deterministic"),
      signal,
      output: (bytes, stream) => {
        this.#output.hidden = false;
        this.#terminal.write(stream === "stderr", bytes as Uint8Array<ArrayBuffer>);
        // The container is no faster than the reader's screen.
        return new Promise((resolve) => requestAnimationFrame(() => resolve()));
      },
    };
  }

  async #image(): Promise<Image> {
    const archive = this.getAttribute("archive");
    if (archive === null) return (this.getAttribute("image") ?? "busybox") as Image;
    const url = new URL(archive, document.baseURI).href;
    let blob = fetched.get(url);
    if (!blob) {
      blob = fetchArchive(url);
      fetched.set(url, blob);
      blob.catch(() => fetched.delete(url));
    }
    return blob;
  }

  #show(running: boolean): void {
    this.#button.textContent = running ? "Stop" : "Run";
    this.#button.setAttribute("aria-label", `${running ? "Stop" : "Run"}: ${this.#command}`);
  }
}

async function fetchArchive(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answered ${response.status}`);
  return response.blob();
}

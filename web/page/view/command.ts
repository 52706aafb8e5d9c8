/** The panel that runs one command in a container of its own, and says how it ended. */

import { words } from "../commandline.ts";
import type { Image } from "../images.ts";
import type { Outcome, RunRequest } from "../protocol.ts";
import { Runner, Stopped } from "../runner.ts";
import { element } from "./elements.ts";
import { Terminal } from "./terminal.ts";

export class CommandPanel {
  readonly runner = new Runner();
  readonly #line = element("line", HTMLInputElement);
  readonly #run = element("run", HTMLButtonElement);
  readonly #stop = element("stop", HTMLButtonElement);
  readonly #deterministic = element("deterministic", HTMLInputElement);
  readonly #prepared = element("prepared", HTMLElement);
  readonly #preparedText = element("prepared-text", HTMLTextAreaElement);
  readonly #inputForm = element("input", HTMLFormElement);
  readonly #inputLine = element("input-line", HTMLInputElement);
  readonly #endInput = element("end-input", HTMLButtonElement);
  readonly #status = element("status", HTMLElement);
  readonly #notes = element("notes", HTMLElement);
  readonly #digest = element("digest", HTMLElement);
  readonly #terminal = new Terminal(element("output", HTMLElement));
  #image: Image | undefined;
  /** The image that the runner has open. */
  #opened: Image | undefined;
  #isRunning = false;

  constructor() {
    element("command", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#start();
    });
    this.#stop.addEventListener("click", () => this.runner.stop());
    this.#inputForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.runner.input(new TextEncoder().encode(`${this.#inputLine.value}\n`));
      this.#inputLine.value = "";
    });
    this.#endInput.addEventListener("click", () => {
      this.runner.endInput();
      this.#inputForm.hidden = true;
    });
    this.#inputLine.addEventListener("keydown", (event) => {
      if (!event.ctrlKey || event.key !== "d") return;
      event.preventDefault();
      this.#endInput.click();
    });
    this.#deterministic.addEventListener("change", () => (this.#prepared.hidden = !this.#deterministic.checked));
    for (const example of document.querySelectorAll<HTMLButtonElement>("#examples button")) {
      example.addEventListener("click", () => {
        this.#line.value = example.textContent;
        this.#line.focus();
      });
    }
  }

  /** Takes an image for the commands to come. */
  use(image: Image): void {
    this.#image = image;
    this.#line.placeholder = image.archive ? "empty: the image's own command" : "";
  }

  /** Says that nothing can be run, and why. */
  refuse(reason: string): void {
    this.#run.disabled = true;
    this.#show("bad", "cannot run here");
    this.#note(reason);
  }

  #show(state: "busy" | "good" | "bad", text: string): void {
    this.#status.dataset["state"] = state;
    this.#status.textContent = text;
  }

  #setRunning(running: boolean): void {
    this.#isRunning = running;
    this.#run.disabled = running;
    this.#stop.disabled = !running;
    if (!running) this.#inputForm.hidden = true;
  }

  async #start(): Promise<void> {
    if (this.#isRunning) return;
    this.#terminal.clear();
    this.#notes.replaceChildren();
    this.#digest.textContent = "";
    this.#setRunning(true);
    this.#show("busy", "running");
    try {
      const archive = this.#image?.archive;
      const request: RunRequest = { command: words(this.#line.value), archive: archive !== undefined };
      if (this.#deterministic.checked) {
        request.deterministic = true;
        request.input = new TextEncoder().encode(this.#preparedText.value);
      }
      if (archive && this.#opened !== this.#image) {
        this.#opened = undefined;
        await this.runner.open(new Uint8Array(await archive.arrayBuffer()));
        this.#opened = this.#image;
      }
      const outcome = await this.runner.run(request, {
        output: (error, bytes) => this.#terminal.write(error, bytes),
        reading: () => this.#ask(),
      });
      this.#terminal.flush();
      this.#tell(outcome);
    } catch (error) {
      this.#terminal.flush();
      if (error instanceof Stopped) this.#show("bad", "stopped");
      else this.#fail(error);
    } finally {
      this.#setRunning(false);
    }
  }

  #tell({ code, notes, digest, milliseconds }: Outcome): void {
    this.#show(code === 0 ? "good" : "bad", `exit code ${code}, ${milliseconds.toFixed(0)} ms`);
    for (const sentence of notes) this.#note(sentence);
    this.#digest.textContent = digest === undefined ? "" : `sha256:${digest}`;
  }

  #fail(error: unknown): void {
    this.#show("bad", "wcr failed");
    const reason = error instanceof Error ? error.message : String(error);
    this.#note(`${reason}: the page starts wcr anew for the next command`);
  }

  #note(sentence: string): void {
    const paragraph = document.createElement("p");
    paragraph.textContent = sentence;
    this.#notes.append(paragraph);
  }

  #ask(): void {
    if (!this.#inputForm.hidden) return;
    this.#inputForm.hidden = false;
    this.#inputLine.value = "";
    this.#inputLine.focus();
  }
}

/** The panels that show what a container does: processes, calls, programs. */

import type { Session } from "../session.ts";
import { element } from "./elements.ts";
import { Periodic } from "./periodic.ts";

/** Processes are looked at again after so many milliseconds. */
const PAUSE = 1000;
/** So many characters of calls are kept. */
const CALLS_KEPT = 200_000;

/** The processes of the container. */
export class ProcessesPanel {
  readonly #session: Session;
  readonly #rows = element("processes", HTMLTableSectionElement);
  readonly #signal = element("signal", HTMLSelectElement);
  readonly #message = element("signal-message", HTMLElement);
  readonly #periodic = new Periodic(() => this.refresh(), PAUSE);

  constructor(session: Session) {
    this.#session = session;
    this.#rows.addEventListener("click", ({ target }) => {
      const pid = target instanceof HTMLButtonElement ? Number(target.dataset["pid"]) : 0;
      if (pid > 0) void this.#send(pid);
    });
  }

  show(seen: boolean): void {
    this.#periodic.show(seen);
  }

  /** Sends the chosen signal to a process. */
  async #send(pid: number): Promise<void> {
    const { value, selectedOptions } = this.#signal;
    try {
      await this.#session.runner.ask("signal", pid, Number(value));
      this.#message.textContent = `${selectedOptions[0]?.text} sent to ${pid}`;
    } catch (error) {
      this.#message.textContent = error instanceof Error ? error.message : String(error);
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    if (!this.#session.isRunning) return this.#rows.replaceChildren();
    // A container that ends meanwhile has no processes any more.
    const processes = await this.#session.runner.ask("processes").catch(() => []);
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["pid"] : undefined;
    const row = ({ pid, ppid, uid, cpu, command }: (typeof processes)[number]) => {
      const made = rowOf([String(pid), String(ppid), String(uid), `${(cpu / 1000).toFixed(2)} s`, command]);
      const send = document.createElement("button");
      [send.type, send.textContent, send.dataset["pid"]] = ["button", "Send", String(pid)];
      send.setAttribute("aria-label", `Send the signal to process ${pid}`);
      made.insertCell().append(send);
      return made;
    };
    this.#rows.replaceChildren(...processes.map(row));
    // Who uses the keyboard stays where they are.
    if (focused !== undefined) this.#rows.querySelector<HTMLElement>(`[data-pid="${focused}"]`)?.focus();
  }
}

/** The calls of the container's programs, while they are watched. */
export class CallsPanel {
  readonly #session: Session;
  readonly #box = element("calls", HTMLPreElement);
  readonly #watch = element("calls-watch", HTMLInputElement);
  readonly #filter = element("calls-filter", HTMLInputElement);
  #text = "";
  #seen = false;
  #drawing = false;

  constructor(session: Session) {
    this.#session = session;
    this.#watch.addEventListener("change", () => this.apply());
    this.#filter.addEventListener("input", () => this.#draw());
    element("calls-clear", HTMLButtonElement).addEventListener("click", () => this.clear());
  }

  show(seen: boolean): void {
    this.#seen = seen;
    this.apply();
  }

  /** Lets the container that runs know whether it is watched. */
  apply(): void {
    if (!this.#session.isRunning) return;
    // Not to be watched is no failure for a container that ends just now.
    void this.#session.runner.ask("watch", this.#seen && this.#watch.checked).catch(() => {});
  }

  clear(): void {
    this.#text = "";
    this.#draw();
  }

  add(lines: string, left: number): void {
    const more = left > 0 ? `… ${left} more\n` : "";
    this.#text = (this.#text + lines + more).slice(-CALLS_KEPT);
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#drawing = false;
    const atEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 40;
    const filter = this.#filter.value;
    const lines = filter ? this.#text.split("\n").filter((line) => line.includes(filter)).join("\n") : this.#text;
    this.#box.textContent = lines;
    if (atEnd) this.#box.scrollTop = this.#box.scrollHeight;
  }
}

/** What ran for the files that were started. */
export class ProgramsPanel {
  readonly #rows = element("programs", HTMLTableSectionElement);
  readonly #counts = new Map<string, { count: number; cell: HTMLElement }>();

  add(sentences: [string, number][]): void {
    for (const [sentence, count] of sentences) {
      const known = this.#counts.get(sentence);
      if (known) {
        known.count += count;
        known.cell.textContent = String(known.count);
        continue;
      }
      const row = rowOf([String(count), sentence]);
      this.#rows.append(row);
      this.#counts.set(sentence, { count, cell: row.cells[0]! });
    }
  }

  clear(): void {
    this.#counts.clear();
    this.#rows.replaceChildren();
  }
}

function rowOf(texts: string[]): HTMLTableRowElement {
  const row = document.createElement("tr");
  for (const text of texts) row.insertCell().textContent = text;
  return row;
}

/** The panel with a test script: an editor, what runs it, and its report. */

import "./tests.css";
import type { Session } from "../session.ts";
import { Stopped } from "../runner.ts";
import type { CaseEnded, Place } from "../scripts/protocol.ts";
import { SCRIPT, STRUCTURE } from "../scripts/example.ts";
import { ScriptRunner } from "../scripts/runner.ts";
import { KeptScript } from "../scripts/kept.ts";
import { Editor } from "./editor.ts";
import { element } from "./elements.ts";
import { shownText } from "./names.ts";

export class TestsPanel {
  readonly #session: Session;
  readonly #runner = new ScriptRunner();
  readonly #kept = new KeptScript();
  readonly #editor = new Editor(element("editor", HTMLElement));
  readonly #name = element("script-name", HTMLInputElement);
  readonly #filter = element("script-filter", HTMLInputElement);
  readonly #update = element("script-update", HTMLInputElement);
  readonly #run = element("script-run", HTMLButtonElement);
  readonly #stop = element("script-stop", HTMLButtonElement);
  readonly #status = element("script-status", HTMLElement);
  readonly #report = element("script-report", HTMLElement);
  #isRunning = false;

  constructor(session: Session) {
    this.#session = session;
    this.#take();
    element("script", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#start();
    });
    this.#stop.addEventListener("click", () => this.#runner.stop());
    this.#editor.changed = () => this.#keep();
    this.#editor.run = () => void this.#start();
    this.#name.addEventListener("change", () => this.#keep());
    for (const [id, example] of [["script-example", SCRIPT], ["structure-example", STRUCTURE]] as const) {
      element(id, HTMLButtonElement).addEventListener("click", () => {
        if (!confirm("Put the example in place of this script and its snapshots?")) return;
        this.#kept.reset(example);
        this.#take();
      });
    }
  }

  /** Says why nothing can be run. */
  refuse(reason: string): void {
    this.#run.disabled = true;
    this.#say("bad", reason);
  }

  #take(): void {
    [this.#name.value, this.#editor.text] = [this.#kept.name, this.#kept.text];
    this.#report.replaceChildren();
  }

  #keep(): void {
    const failed = this.#kept.keep(this.#name.value.trim() || "test.wcr.rhai", this.#editor.text);
    if (failed !== undefined) this.#say("bad", `The script is not kept: ${failed}`);
  }

  async #start(): Promise<void> {
    if (this.#isRunning || this.#run.disabled) return;
    this.#keep();
    this.#setRunning(true);
    this.#report.replaceChildren();
    this.#editor.mark([]);
    this.#say("busy", "running");
    const cases: CaseEnded[] = [];
    const [filter, update] = [this.#filter.value, this.#update.checked];
    const { name, text, snapshots } = this.#kept;
    try {
      const archive = this.#session.image?.archive;
      const bytes = archive && new Uint8Array(await archive.arrayBuffer());
      const run = { name, text, update, snapshots, ...(filter && { filter }) };
      const { leftOut, printed, written } = await this.#runner.run(run, bytes, (ended) => {
        cases.push(ended);
        this.#report.append(this.#item(ended));
        this.#editor.mark(cases.flatMap(({ failure }) => (failure ? [failure.place] : [])));
      });
      if (printed.length > 0) this.#report.append(printedItem(printed));
      this.#sum(cases, leftOut, Object.keys(written).length);
      const failed = this.#kept.addSnapshots(written);
      if (failed !== undefined) this.#say("bad", `The snapshots are not kept: ${failed}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#say("bad", error instanceof Stopped ? "Stopped." : `wcr itself has failed: ${shownText(reason)}`);
    } finally {
      this.#setRunning(false);
    }
  }

  #setRunning(running: boolean): void {
    this.#isRunning = running;
    [this.#run.disabled, this.#stop.disabled] = [running, !running];
  }

  #sum(cases: CaseEnded[], leftOut: number, written: number): void {
    const failed = cases.filter(({ failure }) => failure).length;
    if (cases.length + leftOut === 0) {
      return this.#say("bad", "There was nothing to test: the examples show how cases are written.");
    }
    const parts = [`${cases.length - failed} passed`, `${failed} failed`];
    if (leftOut > 0) parts.push(`${leftOut} not run`);
    if (written > 0) parts.push(written === 1 ? "1 snapshot written" : `${written} snapshots written`);
    this.#say(failed > 0 ? "bad" : "good", parts.join(", "));
  }

  #say(state: string, text: string): void {
    [this.#status.dataset["state"], this.#status.textContent] = [state, text];
  }

  /** A case in the report. */
  #item({ name, printed, seconds, failure }: CaseEnded): HTMLElement {
    const item = document.createElement("li");
    item.dataset["state"] = failure ? "bad" : "good";
    const title = part("p", "");
    title.append(part("strong", failure ? "FAILED" : "ok"), ` ${shownText(name)} `, part("small", `${Math.round(seconds * 1000)} ms`));
    item.append(title);
    if (printed.length > 0) item.append(part("pre", printed.join("\n")));
    if (!failure) return item;
    item.append(this.#link(failure.place), part("p", failure.what));
    const lines = part("pre", "");
    lines.append(...[...failure.detail, ...failure.lastRun].map(difference));
    if (lines.childNodes.length > 0) item.append(lines);
    for (const { name, place } of failure.calls) {
      const called = part("p", `called by ${shownText(name)} `);
      called.append(this.#link(place));
      item.append(called);
    }
    return item;
  }

  /** A button that leads to a place of the script. */
  #link([line, column]: Place): HTMLElement | string {
    if (line === 0) return "";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `line ${line}, column ${column}`;
    button.addEventListener("click", () => this.#editor.goTo(line, column));
    return button;
  }
}

function part(kind: "p" | "pre" | "strong" | "small", text: string): HTMLElement {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

/** What a script has printed outside of its cases, in the report. */
function printedItem(lines: string[]): HTMLElement {
  const item = document.createElement("li");
  item.append(part("p", "printed outside of the cases"), part("pre", lines.join("\n")));
  return item;
}

/** A line of a failure; those of a difference look so. */
function difference(line: string): HTMLElement {
  const kinds: Record<string, string> = { "+ ": "ins", "- ": "del" };
  const made = document.createElement(kinds[line.slice(0, 2)] ?? "span");
  made.textContent = `${line}\n`;
  return made;
}

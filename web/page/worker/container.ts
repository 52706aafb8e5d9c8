/** Runs a container's processes in the order that the kernel says. */

import type { Jspi } from "./jspi.ts";
import { kernel } from "./kernel.ts";
import type { Output } from "./output.ts";
import { Turn, type Process } from "./process.ts";
import { Processes, macrotask } from "./processes.ts";
import type { Windows } from "./windows.ts";

/** After so many turns the worker looks for messages. */
const TURNS_BETWEEN_BREATHS = 256;

export class Container {
  readonly processes: Processes;
  readonly #output: Output;
  readonly #reading: () => void;
  /** Ends the time that nobody has anything to do. */
  #wake: (() => void) | undefined;
  /** A process waits for input. */
  #reads = false;
  /** Whether input has come since the kernel last looked for it. */
  #hasInput = false;
  /** How many turns there have been. */
  turns = 0;

  /** `reading` is called when a process waits for input. */
  constructor(jspi: Jspi, windows: Windows, output: Output, reading: () => void) {
    this.processes = new Processes(jspi, windows);
    this.#output = output;
    this.#reading = reading;
  }

  /** Input, or its end, has come from the page. */
  inputCame(): void {
    this.#hasInput = true;
    if (this.#reads) this.#wake?.();
  }

  /** Something has happened to a process. */
  wake(): void {
    this.#wake?.();
  }

  /** Runs until the first process has ended, or none can go on. */
  async run(): Promise<void> {
    for (;;) {
      const process = this.processes.next();
      if (process === "wait") {
        if (!(await this.#idle())) break;
        continue;
      }
      if (process) await this.#turn(process);
      if (++this.turns % TURNS_BETWEEN_BREATHS === 0) {
        await macrotask();
        await this.#output.caughtUp();
      }
    }
    this.processes.discard();
    await this.#output.caughtUp();
  }

  async #turn(process: Process): Promise<void> {
    let turn = await this.processes.resume(process);
    while (turn === Turn.Pauses) {
      // Nobody else runs meanwhile: how fast the page is must not change the order of things.
      await this.#output.caughtUp();
      turn = await this.processes.resume(process);
    }
  }

  /** Does what is to be done when nobody is ready; whether there is anything to go on with. */
  async #idle(): Promise<boolean> {
    this.#hasInput = false;
    const waiting = kernel.idle();
    const { next, timeout, input } = waiting;
    waiting.free();
    if (next === kernel.Next.Wait) await this.#wait(timeout, input);
    return next !== kernel.Next.Finish;
  }

  async #wait(timeout: number | undefined, input: boolean): Promise<void> {
    await this.#output.caughtUp();
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      // Input may have come while the page was caught up with.
      if (input && this.#hasInput) return resolve();
      [this.#wake, this.#reads] = [resolve, input];
      if (timeout !== undefined) timer = setTimeout(resolve, Math.min(timeout, TIMEOUT_MAX));
      if (input) this.#reading();
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }
}

/** The longest time that a timer takes, in milliseconds; the kernel asks again. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/** Runs a container's processes in the order that the kernel says. */

import * as kernel from "../../generated/wcr_web.js";
import type { Jspi } from "./jspi.ts";
import type { Output } from "./output.ts";
import { Process, Turn, type Snapshot, type Surroundings } from "./process.ts";
import type { Programs } from "./programs.ts";
import type { Windows } from "./windows.ts";

/** After so many turns the worker looks for messages. */
const TURNS_BETWEEN_BREATHS = 256;

export class Container {
  readonly #around: Surroundings;
  readonly #output: Output;
  readonly #reading: () => void;
  readonly #processes = new Map<number, Process>();
  /** Copies made for children that have not started. */
  readonly #snapshots = new Map<number, Snapshot>();
  #current: Process | undefined;
  #inputCame: (() => void) | undefined;
  /** Whether input has come since the kernel last looked for it. */
  #hasInput = false;
  /** How many turns there have been. */
  turns = 0;

  /** `reading` is called when a process waits for input. */
  constructor(jspi: Jspi, programs: Programs, windows: Windows, output: Output, reading: () => void) {
    const block = new jspi.Suspending((why) => this.#current!.suspend(why));
    this.#around = { jspi, programs, windows, block };
    this.#output = output;
    this.#reading = reading;
  }

  canFork(pid: number): boolean {
    return this.#processes.get(pid)?.canFork() ?? false;
  }

  fork(pid: number, child: number): void {
    this.#snapshots.set(child, this.#processes.get(pid)!.snapshot());
  }

  /** Input, or its end, has come from the page. */
  inputCame(): void {
    this.#hasInput = true;
    this.#inputCame?.();
  }

  /** Runs until the first process has ended, or none can go on. */
  async run(): Promise<void> {
    for (;;) {
      const pid = kernel.nextReady();
      this.#takeStarts();
      for (const dead of kernel.takeDead()) this.#discard(dead);
      if (pid === 0) {
        if (!(await this.#idle())) break;
        continue;
      }
      const process = this.#processes.get(pid);
      if (process) await this.#turn(process);
      if (++this.turns % TURNS_BETWEEN_BREATHS === 0) {
        await macrotask();
        await this.#output.caughtUp();
      }
    }
    for (const pid of [...this.#processes.keys()]) this.#discard(pid);
    await this.#output.caughtUp();
  }

  async #turn(process: Process): Promise<void> {
    this.#current = process;
    let turn = await process.resume();
    while (turn === Turn.Pauses) {
      // Nobody else runs meanwhile: how fast the page is must not change the order of things.
      await this.#output.caughtUp();
      turn = await process.resume();
    }
  }

  #takeStarts(): void {
    for (const start of kernel.takeStarts()) {
      this.#processes.set(start.pid, new Process(this.#around, start, this.#snapshots.get(start.pid)));
      this.#snapshots.delete(start.pid);
      start.free();
    }
  }

  #discard(pid: number): void {
    this.#processes.get(pid)?.discard();
    this.#processes.delete(pid);
    this.#snapshots.delete(pid);
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
      if (timeout !== undefined) timer = setTimeout(resolve, Math.min(timeout, TIMEOUT_MAX));
      if (input) {
        // It may have come while the page was caught up with.
        if (this.#hasInput) return resolve();
        this.#inputCame = resolve;
        this.#reading();
      }
    });
    clearTimeout(timer);
    this.#inputCame = undefined;
  }
}

/** The longest time that a timer takes, in milliseconds; the kernel asks again. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/** Lets messages in: a resumed process alone never leaves the microtasks. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

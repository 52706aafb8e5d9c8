/**
 * The steps of a script's containers: the import that suspends the script while a container's processes have their turns;
 * see `scripts/src/step.rs`.
 */

import * as scripts from "../../generated/wcr_web_scripts.js";
import { jspi } from "../worker/jspi.ts";
import { kernel } from "../worker/kernel.ts";
import { Turn, type Process } from "../worker/process.ts";
import { Processes, macrotask } from "../worker/processes.ts";
import type { Windows } from "../worker/windows.ts";

/** What a container has come to, as `step.rs` numbers it. */
enum Came {
  Ended,
  Asked,
  Waits,
  WaitsForTime,
  Late,
}

/** After so many turns programs beside the first one are looked after, as natively. */
const TURNS_BETWEEN_LOOKS = 64;
/** After so many turns the worker looks for messages, and at the time. */
const TURNS_BETWEEN_BREATHS = 256;

let windows: Windows | undefined;
const containers = new Map<number, Led>();
/** The container that has its turn. */
let current: Led | undefined;

/** Gives containers what they need of the kernel. */
export function prepare(prepared: Windows): void {
  windows = prepared;
}

/** What the kernel asks about processes. */
export const copies = {
  canFork: (pid: number) => current?.processes.canFork(pid) ?? false,
  fork: (pid: number, child: number) => current?.processes.fork(pid, child),
};

/** A container of a script. */
class Led {
  readonly processes: Processes;
  readonly #started = performance.now();
  /** Who has asked: the next turn is its. */
  #asking: Process | undefined;
  #turns = 0;

  constructor(windows: Windows) {
    this.processes = new Processes(jspi()!, windows);
  }

  /** Goes on until the script has to do something. */
  async goOn(timeout: number): Promise<Came> {
    for (;;) {
      this.#turns++;
      if (this.#turns % TURNS_BETWEEN_LOOKS === 0) scripts.attend();
      const next = this.#asking ?? this.processes.next();
      this.#asking = undefined;
      if (next === "wait") {
        const came = this.#idle();
        if (came !== undefined) return came;
      } else if (next && (await this.processes.resume(next)) === Turn.Pauses) {
        this.#asking = next;
        return Came.Asked;
      }
      if (this.#turns % TURNS_BETWEEN_BREATHS === 0) {
        await macrotask();
        if (timeout > 0 && performance.now() - this.#started > timeout) return Came.Late;
      }
    }
  }

  /** What the container has come to when nobody is ready; nothing when somebody has become so. */
  #idle(): Came | undefined {
    scripts.attend();
    const waiting = kernel.idle();
    const { next, timeout } = waiting;
    waiting.free();
    if (next === kernel.Next.Resume) return undefined;
    if (next === kernel.Next.Finish) return Came.Ended;
    return timeout === undefined ? Came.Waits : Came.WaitsForTime;
  }
}

async function stepped(number: number, timeout: number): Promise<Came> {
  const outer = current;
  current = containers.get(number) ?? new Led(windows!);
  containers.set(number, current);
  try {
    return await current.goOn(timeout);
  } finally {
    current = outer;
  }
}

const suspending = jspi()?.Suspending as (new (run: typeof stepped) => WebAssembly.ImportValue) | undefined;

/** Lets a container go on: an import that suspends the script. */
export const step: WebAssembly.ImportValue = suspending ? new suspending(stepped) : stepped;

/** Takes a container away. */
export function forget(number: number): void {
  containers.get(number)?.processes.discard();
  containers.delete(number);
}

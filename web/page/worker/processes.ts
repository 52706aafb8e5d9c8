/** The processes of a container: started, resumed and taken away as the kernel says. */

import type { Jspi } from "./jspi.ts";
import { kernel } from "./kernel.ts";
import { Process, type Snapshot, type Surroundings, type Turn } from "./process.ts";
import { Programs } from "./programs.ts";
import type { Windows } from "./windows.ts";

export class Processes {
  readonly #around: Surroundings;
  readonly #all = new Map<number, Process>();
  /** Copies made for children that have not started. */
  readonly #snapshots = new Map<number, Snapshot>();
  #current: Process | undefined;

  constructor(jspi: Jspi, windows: Windows) {
    const block = new jspi.Suspending((why) => this.#current!.suspend(why));
    this.#around = { jspi, programs: new Programs(), windows, block };
  }

  canFork(pid: number): boolean {
    return this.#all.get(pid)?.canFork() ?? false;
  }

  fork(pid: number, child: number): void {
    try {
      this.#snapshots.set(child, this.#all.get(pid)!.snapshot());
    } catch (thrown) {
      // The kernel is in the middle of the call: the child, which is told of it, ends instead.
      if (!(thrown instanceof RangeError)) throw thrown;
    }
  }

  /** Who runs next: `wait` when nobody is ready, `undefined` when the one who was has gone. */
  next(): Process | "wait" | undefined {
    const pid = kernel.nextReady();
    for (const start of kernel.takeStarts()) {
      this.#all.set(start.pid, new Process(this.#around, start, this.#snapshots.get(start.pid)));
      this.#snapshots.delete(start.pid);
      start.free();
    }
    for (const dead of kernel.takeDead()) this.#discard(dead);
    return pid === 0 ? "wait" : this.#all.get(pid);
  }

  /** Lets a process have its turn. */
  resume(process: Process): Promise<Turn> {
    this.#current = process;
    return process.resume();
  }

  /** Takes all of them away. */
  discard(): void {
    for (const pid of [...this.#all.keys()]) this.#discard(pid);
  }

  #discard(pid: number): void {
    this.#all.get(pid)?.discard();
    this.#all.delete(pid);
    this.#snapshots.delete(pid);
  }
}

/** Lets messages in: a resumed process alone never leaves the microtasks. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

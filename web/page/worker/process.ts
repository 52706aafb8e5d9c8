/** One process: instance after instance, until it ends. */

import type { NewProcess } from "../../generated/wcr_web.js";
import { causeOf, faultOf, reasonOf } from "./faults.ts";
import type { Jspi } from "./jspi.ts";
import { kernel } from "./kernel.ts";
import type { Linked, Programs } from "./programs.ts";
import type { Windows } from "./windows.ts";

/** The exports of a guest that matter here, as `wcr_abi` names them. */
const FORK_ENTRY = "wcr_fork_entry";
const STACK_POINTER = "__stack_pointer";
const STACK_LOW = "__stack_low";

/** How a process's turn ended. */
export enum Turn {
  /** It waits; the kernel says when it is resumed. Its number is what the bridge passes to `block`. */
  Waits = 0,
  /** It is to be resumed when the page has caught up. */
  Pauses = 1,
  /** It has ended. */
  Ended = 2,
}

/** What a fork copies of an instance. */
export interface Snapshot {
  /** The memory from `start` up. */
  memory: Uint8Array;
  start: number;
  stackPointer: number;
}

/** What all processes share. */
export interface Surroundings {
  jspi: Jspi;
  programs: Programs;
  windows: Windows;
  /** The suspending import: ends the turn of the process that runs. */
  block: WebAssembly.ImportValue;
}

export class Process {
  readonly pid: number;
  readonly #around: Surroundings;
  readonly #window: number;
  #memory: WebAssembly.Memory | undefined;
  #stackPointer: WebAssembly.Global | undefined;
  #stackIsFirst = false;
  /** Begins or goes on with the program. */
  #go: () => void;
  #endTurn: (turn: Turn) => void = () => {};
  #failTurn: (error: unknown) => void = () => {};
  #cause: Error | undefined;

  constructor(around: Surroundings, { pid, program, fork }: NewProcess, snapshot: Snapshot | undefined) {
    this.pid = pid;
    this.#around = around;
    this.#window = around.windows.take();
    this.#go = () => this.#live(program, fork, snapshot).then(() => this.#endTurn(Turn.Ended), this.#fail);
  }

  /** Lets the process run until it gives the thread away. Fails when the kernel itself has failed. */
  resume(): Promise<Turn> {
    return new Promise((resolve, reject) => {
      [this.#endTurn, this.#failTurn] = [resolve, reject];
      this.#go();
    });
  }

  /** Ends the turn from within: what the suspending import does. */
  suspend(why: number): Promise<void> {
    return new Promise((resolve) => {
      this.#go = resolve;
      this.#endTurn(why);
    });
  }

  /** Whether the instance can be copied. */
  canFork(): boolean {
    return this.#memory !== undefined && typeof this.#stackPointer?.value === "number";
  }

  /** A copy of the instance's memory. */
  snapshot(): Snapshot {
    const stackPointer = this.#stackPointer!.value as number;
    // Below the pointer of a stack that begins the memory nothing lives.
    const start = this.#stackIsFirst ? stackPointer : 0;
    return { memory: new Uint8Array(this.#memory!.buffer).slice(start), start, stackPointer };
  }

  /** Gives back what the kernel's side has of the process. It is not resumed any more. */
  discard(): void {
    this.#around.windows.give(this.#window);
  }

  async #live(program: number, fork: number | undefined, snapshot: Snapshot | undefined): Promise<void> {
    let argument = fork;
    for (;;) {
      let fault: { thrown: unknown } | undefined;
      try {
        await this.#run(this.#around.programs.linked(program), argument, snapshot);
      } catch (thrown) {
        fault = { thrown };
        // Where that happened within a call, the kernel is left in the middle of it and fails from here on.
        this.#cause = causeOf(thrown);
      }
      const next = kernel.takeExec(this.pid);
      if (next === undefined) {
        if (fault) kernel.stopped(this.pid, faultOf(fault.thrown), reasonOf(fault.thrown));
        else kernel.returned(this.pid);
        return;
      }
      this.#cause = undefined;
      [program, argument, snapshot] = [next, undefined, undefined];
    }
  }

  readonly #fail = (error: unknown): void => this.#failTurn(this.#cause ?? error);

  #run(linked: Linked, argument: number | undefined, snapshot: Snapshot | undefined): Promise<void> {
    if (argument !== undefined && !snapshot) throw new WebAssembly.LinkError("the browser has no memory for a copy of the process");
    const exports = this.#made(linked, snapshot);
    const start = (name: string) => this.#around.jspi.promising(exported(exports, name));
    return argument === undefined ? start("_start")() : start(FORK_ENTRY)(argument);
  }

  /** A new instance, or a copy of another one. */
  #made(linked: Linked, snapshot: Snapshot | undefined): WebAssembly.Exports {
    try {
      const exports = this.#instantiate(linked);
      if (snapshot) this.#restore(snapshot);
      return exports;
    } catch (thrown) {
      // No code of the program has run: this is no recursion of its.
      if (!(thrown instanceof RangeError)) throw thrown;
      throw new WebAssembly.LinkError(`the browser has no memory for the process: ${thrown.message}`);
    }
  }

  /** Trampoline, guest, bridge, in this order: see `bridge.rs`. */
  #instantiate({ guest, trampoline, bridge, calls }: Linked): WebAssembly.Exports {
    const jumps = new WebAssembly.Instance(trampoline).exports;
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    calls.forEach(([module, name], number) => {
      (imports[module] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>)[name] = jumps[number]!;
    });
    const { exports } = new WebAssembly.Instance(guest, imports);
    this.#memory = exports["memory"] instanceof WebAssembly.Memory ? exports["memory"] : undefined;
    const global = exports[STACK_POINTER];
    this.#stackPointer = global instanceof WebAssembly.Global ? global : undefined;
    const low = exports[STACK_LOW];
    this.#stackIsFirst = low instanceof WebAssembly.Global && low.value === 0;
    const { windows, block } = this.#around;
    new WebAssembly.Instance(bridge, {
      wcr: {
        kernel_memory: windows.memory,
        // A module without a memory has an empty one.
        guest_memory: this.#memory ?? new WebAssembly.Memory({ initial: 0 }),
        kernel_table: windows.table,
        trampoline_table: jumps["table"]!,
        block,
        pid: this.pid,
        window: this.#window,
      },
    });
    return exports;
  }

  /** Puts a parent's memory and stack pointer into a fresh instance. */
  #restore({ memory, start, stackPointer }: Snapshot): void {
    const own = this.#memory!;
    const missing = start + memory.length - own.buffer.byteLength;
    if (missing > 0) own.grow(Math.ceil(missing / 65536));
    new Uint8Array(own.buffer).set(memory, start);
    this.#stackPointer!.value = stackPointer;
  }
}

function exported(exports: WebAssembly.Exports, name: string): Function {
  const found = exports[name];
  if (typeof found !== "function") throw new WebAssembly.LinkError(`the module exports no function ${name}`);
  return found;
}

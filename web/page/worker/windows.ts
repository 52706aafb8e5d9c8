/** The kernel's table: where each process's bridge puts the functions that reach its memory. */

/** How many functions a bridge puts there, as `window.rs` says. */
const SLOTS = 3;

export class Windows {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly #free: number[] = [];

  constructor(memory: WebAssembly.Memory, table: WebAssembly.Table) {
    this.memory = memory;
    this.table = table;
  }

  /** Places for a process's functions. */
  take(): number {
    return this.#free.pop() ?? this.table.grow(SLOTS);
  }

  /** Takes the places back, and with them the last reference to the process's memory. */
  give(base: number): void {
    for (let slot = base; slot < base + SLOTS; slot++) this.table.set(slot, null);
    this.#free.push(base);
  }
}

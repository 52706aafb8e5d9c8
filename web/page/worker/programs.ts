/** The guests' modules, compiled once, each with the two modules that connect it with the kernel. */

import { kernel } from "./kernel.ts";

/** A program, ready to be instantiated. */
export interface Linked {
  guest: WebAssembly.Module;
  trampoline: WebAssembly.Module;
  bridge: WebAssembly.Module;
  /** Module and name of the trampoline's functions, in their order. */
  calls: [string, string][];
}

/** The bundled guests, compiled when they are first started: they stay, whatever container runs. */
const guests = new Map<string, Linked>();

/** The programs of one container, compiled when they are first started. */
export class Programs {
  /** By their number. */
  readonly #running = new Map<number, Linked>();

  /** The program of a number. Throws what the browser says of a module that it cannot compile. */
  linked(program: number): Linked {
    const known = this.#running.get(program);
    if (known) return known;
    const name = kernel.guestName(program);
    let linked = name === undefined ? undefined : guests.get(name);
    if (!linked) {
      const bytes = kernel.programModule(program);
      if (!bytes) {
        const what = name === undefined ? `no program has the number ${program}` : `the guest ${name} is damaged; reload the page`;
        throw new WebAssembly.LinkError(what);
      }
      linked = link(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
      if (name !== undefined) guests.set(name, linked);
    }
    this.#running.set(program, linked);
    return linked;
  }
}

function link(guest: WebAssembly.Module): Linked {
  const names = WebAssembly.Module.imports(guest).flatMap(({ module, name }) => [module, name]);
  const glue = kernel.glue(names);
  const compile = (bytes: Uint8Array) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const calls: [string, string][] = [];
  const imports = glue.imports;
  for (let at = 0; at < imports.length; at += 2) calls.push([imports[at]!, imports[at + 1]!]);
  const linked = { guest, trampoline: compile(glue.trampoline), bridge: compile(glue.bridge), calls };
  glue.free();
  return linked;
}

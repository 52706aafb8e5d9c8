/** The script of the page and its snapshots, kept in the browser. */

import { SCRIPT, type Example } from "./example.ts";

const KEY = "wcr-script";

interface Stored {
  name: string;
  text: string;
  /** By their paths; bytes as characters. */
  snapshots: Record<string, string>;
}

export class KeptScript {
  #stored: Stored = stored() ?? { ...SCRIPT, snapshots: {} };

  get name(): string {
    return this.#stored.name;
  }

  get text(): string {
    return this.#stored.text;
  }

  get snapshots(): Record<string, Uint8Array> {
    const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    return Object.fromEntries(Object.entries(this.#stored.snapshots).map(([path, text]) => [path, bytes(text)]));
  }

  /** Keeps the script; why not, if the browser does not. */
  keep(name: string, text: string): string | undefined {
    [this.#stored.name, this.#stored.text] = [name, text];
    return this.#store();
  }

  /** Keeps snapshots beside those that are there; why not, if the browser does not. */
  addSnapshots(written: Record<string, Uint8Array>): string | undefined {
    const text = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    for (const [path, bytes] of Object.entries(written)) this.#stored.snapshots[path] = text(bytes);
    return this.#store();
  }

  /** Takes an example in place of what there is. */
  reset(example: Example): void {
    this.#stored = { ...example, snapshots: {} };
    this.#store();
  }

  #store(): string | undefined {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#stored));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** What the browser has kept; nothing where it keeps nothing, or what is there is damaged. */
function stored(): Stored | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Stored> | null;
    if (typeof found?.name !== "string" || typeof found.text !== "string") return undefined;
    return { name: found.name, text: found.text, snapshots: { ...found.snapshots } };
  } catch {
    return undefined;
  }
}

/** What stopped a program, from what the browser throws. */

import type { Fault } from "../../generated/wcr_web.js";
import { kernel } from "./kernel.ts";

const ARITHMETIC = /divide by zero|remainder by zero|division|unrepresentable|integer overflow|invalid conversion/i;

/** Tells the traps apart as far as the browser's messages do. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof RangeError) return kernel.Fault.Memory;
  if (!(thrown instanceof WebAssembly.RuntimeError)) return kernel.Fault.CannotRun;
  if (isUnreachable(thrown)) return kernel.Fault.Abort;
  return ARITHMETIC.test(thrown.message) ? kernel.Fault.Arithmetic : kernel.Fault.Memory;
}

/** The reason in words. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What the kernel has said of its own failure; what it says after that comes of the first. */
let told: string | undefined;

/** The kernel itself has failed, and says why: a panic's words. */
export function failed(reason: string): void {
  told ??= reason;
}

/** Whether the kernel has failed. */
export function hasFailed(): boolean {
  return told !== undefined;
}

/** What is to be said when the kernel fails after a program has thrown this: it was left in the middle of a call. */
export function causeOf(thrown: unknown): Error | undefined {
  if (hasFailed()) return undefined;
  if (thrown instanceof RangeError) return new Error("a program's recursion has filled the browser's stack");
  // It stops without a word only where there is no memory, not even for words.
  if (isUnreachable(thrown)) return new Error(NO_MEMORY);
  return undefined;
}

/** Why the kernel has failed: all that it throws is a trap. */
export function failureOf(thrown: unknown): string {
  if (!(thrown instanceof WebAssembly.RuntimeError)) return reasonOf(thrown);
  return told ?? (isUnreachable(thrown) ? NO_MEMORY : thrown.message);
}

const NO_MEMORY = "the browser gives it no more memory";

function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError && /unreachable/i.test(thrown.message);
}

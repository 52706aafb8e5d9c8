/** What stopped a program, from what the browser throws. */

import type { Fault } from "../../generated/wcr_web.js";
import { kernel } from "./kernel.ts";

const ARITHMETIC = /divide by zero|remainder by zero|division|unrepresentable|integer overflow|invalid conversion/i;

/** Tells the traps apart as far as the browser's messages do. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof RangeError) return kernel.Fault.Memory;
  if (!(thrown instanceof WebAssembly.RuntimeError)) return kernel.Fault.CannotRun;
  if (/unreachable/i.test(thrown.message)) return kernel.Fault.Abort;
  return ARITHMETIC.test(thrown.message) ? kernel.Fault.Arithmetic : kernel.Fault.Memory;
}

/** The reason in words. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Why the kernel itself has failed: a panic's own words reach the script by `failed`, and all that it throws is a trap. */
export function failureOf(thrown: unknown, told: string | undefined): string {
  if (!(thrown instanceof WebAssembly.RuntimeError)) return reasonOf(thrown);
  // Where nothing was told the kernel stopped for want of memory: there was none for words either.
  const silent = /unreachable/i.test(thrown.message) ? "the browser gives it no more memory" : thrown.message;
  return told ?? silent;
}

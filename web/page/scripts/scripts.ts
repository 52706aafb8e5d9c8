/** The worker that runs test scripts: the kernel with the harness, loaded when the first script is run. */

import moduleUrl from "../../generated/wcr_web_scripts.packed?url";
import init, * as scripts from "../../generated/wcr_web_scripts.js";
import type { CaseEnded, FromScripts, Place, ScriptRun, ToScripts } from "./protocol.ts";
import { failed, failureOf } from "../worker/faults.ts";
import { jspi } from "../worker/jspi.ts";
import { use, type Kernel } from "../worker/kernel.ts";
import { loaded, sources, unpacked } from "../worker/load.ts";
import { copies, prepare } from "./step.ts";

/** The name of the built-in image, and that of an archive whose image has none. */
const [BUILTIN, NAMELESS] = ["busybox", "archive"];

// What the worker of the page has of its module, this one has, too.
use(scripts as unknown as Kernel);

const post = (message: FromScripts, transfer: Transferable[] = []) => self.postMessage(message, { transfer });
/** The module's own exports, without the bindings around them. */
let exports: WebAssembly.Exports;

const host = {
  ...sources,
  ...copies,
  // Scripts take the output themselves, and their calls.
  output: () => false,
  call: () => {},
  program: () => {},
  failed,
};

async function run({ files, archive, run }: ToScripts): Promise<void> {
  const available = jspi();
  if (!available) throw new Error("this browser has no JavaScript Promise Integration");
  const module = init({ module_or_path: unpacked(moduleUrl) }).then((output) => (exports = output as unknown as WebAssembly.Exports));
  prepare(await loaded(module, host as never, files));
  const names: string[] = [];
  if (archive) {
    const opened = scripts.openArchive(archive);
    names.push(...opened.names);
    opened.free();
    if (names.length === 0) names.push(NAMELESS);
  }
  scripts.prepareScript(requestOf(run, names), listener as never);
  await available.promising(exports["runScript"] as Function)();
}

function requestOf({ name, text, filter, update, snapshots }: ScriptRun, names: string[]): scripts.ScriptRequest {
  const request = new scripts.ScriptRequest(name, text, names[0] ?? BUILTIN);
  for (const name of names) request.archive(name);
  if (filter) request.filter(filter);
  if (update) request.update();
  for (const [path, content] of Object.entries(snapshots)) request.snapshot(path, content);
  return request;
}

const listener = {
  case: (ended: scripts.CaseEnded) => post({ type: "case", case: caseOf(ended) }),
  ended: (cases: number, leftOut: number, printed: string[], written: string[]) => {
    const content = (path: string): [string, Uint8Array] => [path, scripts.takeSnapshot(path) ?? new Uint8Array()];
    post({ type: "ended", ended: { cases, leftOut, printed, written: Object.fromEntries(written.map(content)) } });
  },
};

function caseOf(ended: scripts.CaseEnded): CaseEnded {
  const { name, printed, seconds, failure } = ended;
  ended.free();
  if (!failure) return { name, printed, seconds };
  const { what, detail, lastRun, places, calls } = failure;
  failure.free();
  const place = (at: number): Place => [places[2 * at] ?? 0, places[2 * at + 1] ?? 0];
  const called = calls.map((name, at) => ({ name, place: place(at + 1) }));
  return { name, printed, seconds, failure: { what, place: place(0), detail, lastRun, calls: called } };
}

self.onmessage = async ({ data }: MessageEvent<ToScripts>) => {
  try {
    await run(data);
  } catch (error) {
    // A script nests values and calls on the browser's own stack.
    const deep = error instanceof RangeError ? "the script, or a program that it runs, needs more stack than the browser has" : undefined;
    post({ type: "broken", reason: deep ?? failureOf(error) });
  }
};

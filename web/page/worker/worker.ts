/** The worker: loads the kernel and the built-in image, and runs one container at a time. */

import moduleUrl from "../../generated/wcr_web.packed?url";
import init, * as kernel from "../../generated/wcr_web.js";
import type { BuiltinUrls, FromWorker, Outcome, RunRequest, ToWorker } from "../protocol.ts";
import { answers } from "./answers.ts";
import { Calls, Programs as ProgramsTold } from "./told.ts";
import { Container } from "./container.ts";
import { failed, failureOf, hasFailed, reasonOf } from "./faults.ts";
import { jspi } from "./jspi.ts";
import { use } from "./kernel.ts";
import { loaded, sources, unpacked } from "./load.ts";
import { Output } from "./output.ts";
import { Saver } from "./saver.ts";
import type { Windows } from "./windows.ts";

use(kernel);
const post = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });
const output = new Output(post);
const calls = new Calls(post);
const told = new ProgramsTold(post);
let windows: Windows | undefined;
let container: Container | undefined;

/** What the kernel asks of the script; see `page.rs`. */
const host = {
  output: (error: boolean, bytes: Uint8Array) => output.write(error, bytes),
  canFork: (pid: number) => container?.processes.canFork(pid) ?? false,
  fork: (pid: number, child: number) => container?.processes.fork(pid, child),
  call: (line: Uint8Array) => calls.add(line),
  program: (sentence: string) => told.add(sentence),
  ...sources,
  failed,
};

async function load(urls: BuiltinUrls): Promise<void> {
  windows = await loaded(init({ module_or_path: unpacked(moduleUrl) }), host, urls);
  post({ type: "loaded" });
}

async function run(request: RunRequest): Promise<void> {
  const available = jspi();
  if (!available || !windows) throw new Error("this browser has no JavaScript Promise Integration");
  const started = performance.now();
  const ended = (outcome: Omit<Outcome, "milliseconds">) =>
    post({ type: "ended", outcome: { ...outcome, milliseconds: performance.now() - started } });
  try {
    kernel.start(encoded(request));
  } catch (error) {
    if (!(error instanceof kernel.StartError)) throw error;
    ended({ code: error.code, notes: [error.reason] });
    error.free();
    return;
  }
  container = new Container(available, windows, output, () => post({ type: "reading" }));
  const saver = request.terminal && new Saver(container, post);
  try {
    await container.run();
  } finally {
    saver?.end();
  }
  container = undefined;
  const outcome = kernel.finish(request.terminal !== undefined);
  if (!outcome) throw new Error("the container is gone");
  const { code, notes, digest, written } = outcome;
  outcome.free();
  ended({ code, notes, ...(digest !== undefined && { digest }), ...(written && { written }) });
}

function encoded(wanted: RunRequest): kernel.Request {
  const { command, archive, workdir, input, files, written, terminal, deterministic } = wanted;
  const request = new kernel.Request(archive ?? false);
  const encoder = new TextEncoder();
  for (const word of command) request.word(encoder.encode(word));
  if (workdir !== undefined) request.workdir(workdir);
  if (input) request.input(input);
  if (files) request.files(files);
  if (written) request.written(written);
  if (terminal) {
    request.terminal(terminal.rows, terminal.columns);
    request.explained();
  }
  if (deterministic) request.deterministic();
  return request;
}

function open(archive: Uint8Array): void {
  try {
    const opened = kernel.openArchive(archive);
    post({ type: "opened", archive: { names: opened.names, layers: opened.layers } });
    opened.free();
  } catch (error) {
    if (hasFailed()) throw error;
    post({ type: "refused", reason: reasonOf(error) });
  }
}

/** Answers a question about the container. */
function reply({ id, question, args }: ToWorker & { type: "ask" }): void {
  try {
    const answer = (answers[question] as (...args: unknown[]) => unknown)(...args);
    // Who waits may have something to do now.
    if (question === "signal") container?.wake();
    post({ type: "answer", id, answer });
  } catch (error) {
    if (hasFailed()) throw error;
    post({ type: "denied", id, reason: reasonOf(error) });
  }
}

async function answer(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "load":
      return load(message.files);
    case "open":
      return open(message.archive);
    case "run":
      return run(message.request);
    case "input":
      kernel.pushInput(message.bytes);
      return container?.inputCame();
    case "end-input":
      kernel.endInput();
      return container?.inputCame();
    case "resize":
      // Without a container there is no terminal to be told.
      if (container) kernel.resize(message.size.rows, message.size.columns);
      return container?.inputCame();
    case "ask":
      return reply(message);
    case "shown":
      return output.acknowledge(message.count);
  }
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    await answer(data);
  } catch (error) {
    post({ type: "broken", reason: failureOf(error) });
  }
};

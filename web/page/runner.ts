/** Runs containers in a worker, and replaces the worker when it is stopped or broken. */

import configUrl from "../generated/builtin/config.json?url";
import indexUrl from "../generated/builtin/layer.idx?url";
import layerUrl from "../generated/builtin/layer.packed?url";
import type { Archive, BuiltinUrls, FromWorker, Outcome, Questions, RunRequest, Size, ToWorker } from "./protocol.ts";

/** Where the built-in image's files are. */
export function builtinUrls(): BuiltinUrls {
  const here = (url: string) => new URL(url, document.baseURI).href;
  return { layer: here(layerUrl), index: here(indexUrl), config: here(configUrl) };
}

/** What is told of a run while it goes on. */
export interface Listener {
  /** Bytes that the container wrote. When there is much, it waits until they are shown. */
  output(error: boolean, bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
  /** A process waits for input: {@link Runner.input} or {@link Runner.endInput}. */
  reading(): void;
  /** Lines of the trace, after {@link Questions.watch}; so many more could not be told. */
  calls?(lines: string, left: number): void;
  /** Programs that were started or refused in a terminal: the sentences, and how often. */
  programs?(sentences: [string, number][]): void;
  /** What the container with a terminal has changed so far, as the tar of a layer. */
  written?(tar: Uint8Array | undefined): void;
}

/** A run that was ended from outside. */
export class Stopped extends Error {}

/** What waits for an answer of the worker. */
interface Waiting<T> {
  resolve(answer: T): void;
  reject(error: Error): void;
}

export class Runner {
  #worker: Worker | undefined;
  #loaded: Promise<void> | undefined;
  #loading: Waiting<void> | undefined;
  #opening: Waiting<Archive> | undefined;
  #running: Waiting<Outcome> | undefined;
  readonly #asked = new Map<number, Waiting<unknown>>();
  #questions = 0;
  #listener: Listener | undefined;
  /** The archive that is open, for the next worker. */
  #archive: Uint8Array | undefined;

  /** Loads the kernel and the built-in image; again after a stop. */
  load(): Promise<void> {
    this.#loaded ??= this.#start();
    return this.#loaded;
  }

  /** Opens what `docker save` has written; its image replaces the one opened before. */
  async open(archive: Uint8Array): Promise<Archive> {
    await this.load();
    const opened = await this.#give(archive);
    this.#archive = archive;
    return opened;
  }

  #give(archive: Uint8Array): Promise<Archive> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#post({ type: "open", archive });
    });
  }

  /** Runs a container to its end. One at a time. */
  async run(request: RunRequest, listener: Listener): Promise<Outcome> {
    await this.load();
    return new Promise<Outcome>((resolve, reject) => {
      this.#running = { resolve, reject };
      this.#listener = listener;
      this.#post({ type: "run", request });
    });
  }

  /** Sends input to the container that runs. */
  input(bytes: Uint8Array): void {
    this.#post({ type: "input", bytes });
  }

  /** Ends the input of the container that runs. */
  endInput(): void {
    this.#post({ type: "end-input" });
  }

  /** The terminal has another size. */
  resize(size: Size): void {
    this.#post({ type: "resize", size });
  }

  /** Asks something of the container that runs. Fails with what the container's kernel says. */
  ask<Q extends keyof Questions>(question: Q, ...args: Parameters<Questions[Q]>): Promise<ReturnType<Questions[Q]>> {
    if (!this.#worker) return Promise.reject(new Error("no container runs"));
    return new Promise((resolve, reject) => {
      const id = this.#questions++;
      this.#asked.set(id, { resolve: (answer) => resolve(answer as ReturnType<Questions[Q]>), reject });
      this.#post({ type: "ask", id, question, args });
    });
  }

  /** Ends what runs, whatever it does, by ending the worker. */
  stop(): void {
    this.#end(new Stopped("stopped"));
    // The next run should not have to wait for it.
    this.load().catch(() => {});
  }

  async #start(): Promise<void> {
    const worker = new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module" });
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => this.#end(new Error(event.message || "the page's worker could not be loaded"));
    await new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.#post({ type: "load", files: builtinUrls() });
    });
    if (this.#archive) await this.#give(this.#archive);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "loaded":
        return this.#loading?.resolve();
      case "opened":
        return this.#opening?.resolve(message.archive);
      case "refused":
        return this.#opening?.reject(new Error(message.reason));
      case "output":
        return this.#show(message.error, message.bytes);
      case "reading":
        return this.#listener?.reading();
      case "calls":
        return this.#listener?.calls?.(message.lines, message.left);
      case "programs":
        return this.#listener?.programs?.(message.sentences);
      case "written":
        return this.#listener?.written?.(message.tar);
      case "answer":
        return this.#answered(message.id)?.resolve(message.answer);
      case "denied":
        return this.#answered(message.id)?.reject(new Error(message.reason));
      case "ended":
        return this.#running?.resolve(message.outcome);
      case "broken":
        return this.#end(new Error(message.reason));
    }
  }

  #show(error: boolean, bytes: Uint8Array<ArrayBuffer>): void {
    const worker = this.#worker;
    const shown = () => worker?.postMessage({ type: "shown", count: 1 } satisfies ToWorker);
    const showing = this.#listener?.output(error, bytes);
    if (showing instanceof Promise) void showing.then(shown);
    else shown();
  }

  #answered(id: number): Waiting<unknown> | undefined {
    const waiting = this.#asked.get(id);
    this.#asked.delete(id);
    return waiting;
  }

  #end(error: Error): void {
    this.#worker?.terminate();
    [this.#worker, this.#loaded] = [undefined, undefined];
    for (const waiting of [this.#loading, this.#opening, this.#running, ...this.#asked.values()]) waiting?.reject(error);
    this.#asked.clear();
    [this.#loading, this.#opening, this.#running] = [undefined, undefined, undefined];
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}

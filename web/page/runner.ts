/** Runs containers in a worker, and replaces the worker when it is stopped or broken. */

import configUrl from "../generated/builtin/config.json?url";
import indexUrl from "../generated/builtin/layer.idx?url";
import layerUrl from "../generated/builtin/layer.tar?url";
import type { Archive, FromWorker, Outcome, RunRequest, ToWorker } from "./protocol.ts";

/** What is told of a run while it goes on. */
export interface Listener {
  output(error: boolean, bytes: Uint8Array<ArrayBuffer>): void;
  /** A process waits for input: {@link Runner.input} or {@link Runner.endInput}. */
  reading(): void;
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
    const opened = await new Promise<Archive>((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#post({ type: "open", archive });
    });
    this.#archive = archive;
    return opened;
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
    const here = (url: string) => new URL(url, document.baseURI).href;
    await new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
      const files = { layer: here(layerUrl), index: here(indexUrl), config: here(configUrl) };
      this.#post({ type: "load", files });
    });
    if (this.#archive) this.#post({ type: "open", archive: this.#archive });
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
        this.#listener?.output(message.error, message.bytes);
        return this.#post({ type: "shown", count: 1 });
      case "reading":
        return this.#listener?.reading();
      case "ended":
        return this.#running?.resolve(message.outcome);
      case "broken":
        return this.#end(new Error(message.reason));
    }
  }

  #end(error: Error): void {
    this.#worker?.terminate();
    [this.#worker, this.#loaded] = [undefined, undefined];
    for (const waiting of [this.#loading, this.#opening, this.#running]) waiting?.reject(error);
    [this.#loading, this.#opening, this.#running] = [undefined, undefined, undefined];
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}

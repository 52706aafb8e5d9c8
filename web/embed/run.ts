/** Containers for scripts. */

import { Runner, Stopped } from "../page/runner.ts";
import { tarOf } from "../page/tar.ts";
import { jspi } from "../page/worker/jspi.ts";
import type { RunRequest } from "../page/protocol.ts";
import type { Image, Options, Result } from "../public/wcr.d.ts";

/** The most that a container may write, in bytes: all of it is kept. */
const OUTPUT_MAX = 64 << 20;

/** A runner, and the end of what it was last asked for. */
interface Queue {
  runner: Runner;
  last: Promise<unknown>;
}

const builtin: Queue = { runner: new Runner(), last: Promise.resolve() };
/** Each archive has a worker of its own, which goes when nobody has the archive any more. */
const archives = new WeakMap<Blob | Uint8Array, Queue>();

export function isSupported(): boolean {
  return jspi() !== undefined;
}

export async function run(image: Image, command: string[] = [], options: Options = {}): Promise<Result> {
  if (!isSupported()) throw new Error("this browser has no JavaScript Promise Integration (JSPI), which containers need");
  options.signal?.throwIfAborted();
  const queue = queueOf(image);
  const { runner, last } = queue;
  const done = last.then(() => one(runner, image, command, options));
  queue.last = done.catch(() => {});
  return done;
}

function queueOf(image: Image): Queue {
  if (image === "busybox") return builtin;
  if (typeof image === "string") {
    throw new Error(`${image} is not the image that comes with the package (busybox): give the archive of another image`);
  }
  let queue = archives.get(image);
  if (!queue) {
    const runner = new Runner();
    queue = { runner, last: bytesOf(image).then((bytes) => runner.open(bytes)) };
    archives.set(image, queue);
    // An archive that cannot be used is looked at again the next time.
    queue.last.catch(() => archives.delete(image));
  }
  return queue;
}

async function bytesOf(image: Blob | Uint8Array): Promise<Uint8Array> {
  return image instanceof Blob ? new Uint8Array(await image.arrayBuffer()) : image;
}

async function one(runner: Runner, image: Image, command: string[], options: Options): Promise<Result> {
  const { signal } = options;
  signal?.throwIfAborted();
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const written = { stdout: "", stderr: "" };
  let length = 0;
  const stop = () => runner.stop();
  signal?.addEventListener("abort", stop);
  try {
    const { code, notes, digest, milliseconds } = await runner.run(await requestOf(image, command, options), {
      output(error, bytes) {
        const stream = error ? "stderr" : "stdout";
        length += bytes.length;
        if (length > OUTPUT_MAX) return runner.stop();
        written[stream] += decoders[stream].decode(bytes, { stream: true });
        return options.output?.(bytes, stream);
      },
      reading() {},
    });
    const { stdout, stderr } = written;
    return { code, stdout, stderr, notes, milliseconds, ...(digest !== undefined && { digest }) };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (signal?.aborted) throw signal.reason;
    throw new Error(`the container has written more than ${OUTPUT_MAX >> 20} MiB, and was ended`);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function requestOf(image: Image, command: string[], options: Options): Promise<RunRequest> {
  const { input = "", files, workdir, deterministic } = options;
  const request: RunRequest = { command, archive: image !== "busybox", input: bytes(input) };
  if (workdir !== undefined) request.workdir = workdir;
  if (deterministic) request.deterministic = true;
  if (files) request.files = await tarFor(files);
  return request;
}

async function tarFor(files: Record<string, string | Uint8Array>): Promise<Uint8Array> {
  const listed = Object.entries(files).map(([path, content]) => {
    if (!path.startsWith("/")) throw new Error(`${path}: files have absolute paths`);
    return { name: path.slice(1), content: bytes(content) };
  });
  return new Uint8Array(await tarOf(listed).arrayBuffer());
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** What every worker begins with: the kernel, and the built-in image in it. */

import type { BuiltinUrls } from "../protocol.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { Windows } from "./windows.ts";

/** The browser's clocks and its randomness, as the kernel asks for them; see `page.rs`. */
export const sources = {
  realtime: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  random: (bytes: Uint8Array<ArrayBuffer>) => {
    // The browser gives at most so many at a time.
    for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  },
};

/** Gives the kernel, whose module is on its way, its host and the built-in image. */
export async function loaded(
  module: Promise<unknown>,
  host: Parameters<Kernel["connect"]>[0],
  urls: BuiltinUrls,
): Promise<Windows> {
  const [, tar, index, config] = await Promise.all([
    module,
    fetched(urls.layer),
    fetched(urls.index),
    fetched(urls.config),
  ]);
  const windows = new Windows(kernel.kernelMemory() as WebAssembly.Memory, kernel.kernelTable() as WebAssembly.Table);
  kernel.connect(host);
  kernel.loadBuiltin(tar, index, config);
  return windows;
}

/** A module that the build has packed with gzip, so that it is small from every server. */
export async function unpacked(url: string): Promise<Response> {
  const { body } = await answered(url);
  const module = body?.pipeThrough(new DecompressionStream("gzip")) ?? null;
  return new Response(module, { headers: { "content-type": "application/wasm" } });
}

async function fetched(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await answered(url)).arrayBuffer());
}

async function answered(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${new URL(url).pathname}: the server answered ${response.status}`);
  return response;
}

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

async function fetched(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${new URL(url).pathname}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Fetches with progress. */

import type { Progress } from "./view/picker.ts";

/** The whole body of an answer. Fails with what the server says. */
export async function fetched(url: URL, progress: Progress, options?: RequestInit): Promise<Blob> {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error((await response.text()).trim() || `the server answered ${response.status}`);
  const length = Number(response.headers.get("content-length"));
  return collected(response, 0, length || undefined, progress);
}

/** Collects the body of an answer, which begins after so many bytes. `part` is called with what has come now and then. */
export async function collected(
  response: Response,
  before: number,
  total: number | undefined,
  progress: Progress,
  part?: (bytes: Blob) => Promise<void>,
): Promise<Blob> {
  let whole = new Blob();
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const gather = () => {
    whole = new Blob([whole, ...pieces]);
    [pieces, length] = [[], 0];
  };
  const reader = response.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) break;
    pieces.push(next.value);
    length += next.value.length;
    progress(before + whole.size + length, total);
    if (part && length >= PART) {
      gather();
      await part(whole);
    }
  }
  gather();
  return whole;
}

/** After so many bytes a part is kept. */
const PART = 4 << 20;

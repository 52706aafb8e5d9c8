/** An image from an OCI layout (OCI image specification, "Image Layout") at a URL, fetched piece by piece. */

import type { Keep } from "./keep.ts";
import { tarOf, type TarFile } from "./tar.ts";
import { collected } from "./transfer.ts";
import type { Progress } from "./view/picker.ts";

interface Descriptor {
  mediaType?: string;
  digest: string;
  size: number;
  platform?: { os?: string; architecture?: string };
}

interface Index {
  manifests: Descriptor[];
}

interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

/** Documents are at most so long, in bytes. */
const DOCUMENT_MAX = 4 << 20;
/** An index may name an index, and so on, so many times. */
const DEPTH_MAX = 4;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The image as an archive. What was fetched before is not fetched again, also after an interruption. */
export async function fetchLayout(address: string, keep: Keep, progress: Progress): Promise<Blob> {
  const base = new URL(address.endsWith("/") ? address : `${address}/`, document.baseURI);
  const index = new Uint8Array(await (await get(new URL("index.json", base))).arrayBuffer());
  const files: TarFile[] = [
    { name: "oci-layout", content: new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}') },
  ];
  let described = chosen(json<Index>(index, "index.json").manifests);
  for (let depth = 0; /index|list/.test(described.mediaType ?? ""); depth++) {
    if (depth === DEPTH_MAX) throw new Error("its indexes lead from one to the next without an end");
    const inner = await document_(base, described, keep);
    described = chosen(json<Index>(inner, described.digest).manifests);
  }
  const manifest = await document_(base, described, keep);
  // Only the image that was chosen goes into the archive.
  const own = { schemaVersion: 2, manifests: [described] };
  files.push({ name: "index.json", content: new TextEncoder().encode(JSON.stringify(own)) });
  files.push(blob(described, manifest));
  const { config, layers } = json<Manifest>(manifest, described.digest);
  const parts = [config, ...layers];
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const part of parts) {
    const content = await fetchBlob(base, part, keep, (now) => progress(done + now, total));
    files.push(blob(part, new Uint8Array(await content.arrayBuffer())));
    done += part.size;
  }
  const archive = tarOf(files);
  await keep.forgetParts();
  return archive;
}

function chosen(manifests: Descriptor[]): Descriptor {
  const fits = ({ platform }: Descriptor) =>
    !platform || (platform.os === "linux" && platform.architecture === "amd64") || platform.os === "wasip1";
  const found = manifests.find(fits);
  if (found) return found;
  const offered = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  throw new Error(`it has nothing for linux/amd64, but for ${offered.join(", ")}`);
}

async function document_(base: URL, described: Descriptor, keep: Keep): Promise<Uint8Array> {
  if (described.size > DOCUMENT_MAX) throw new Error(`${described.digest} is too long for a document`);
  return new Uint8Array(await (await fetchBlob(base, described, keep, () => {})).arrayBuffer());
}

function blob({ digest }: Descriptor, content: Uint8Array): TarFile {
  return { name: `blobs/sha256/${digest.slice("sha256:".length)}`, content };
}

/** A blob, of which the browser may have a part. */
async function fetchBlob(base: URL, { digest, size }: Descriptor, keep: Keep, progress: (done: number) => void): Promise<Blob> {
  if (!DIGEST.test(digest)) throw new Error(`${JSON.stringify(digest)} is no digest`);
  // What cannot be kept is fetched again another time.
  let have = (await keep.part(digest).catch(() => undefined)) ?? new Blob();
  if (have.size > size) have = new Blob();
  if (have.size < size) {
    const url = new URL(`blobs/sha256/${digest.slice("sha256:".length)}`, base);
    const response = await get(url, have.size);
    // A server that knows no ranges begins anew.
    if (response.status !== 206) have = new Blob();
    const before = have;
    const rest = await collected(response, before.size, size, (done) => {
      if (done > size) throw new Error(`${digest} is longer than the layout says`);
      progress(done);
    }, (part) => keep.keepPart(digest, new Blob([before, part])).catch(() => {}));
    have = new Blob([before, rest]);
  }
  if (have.size !== size || (await hexOf(have)) !== digest.slice("sha256:".length)) {
    await keep.keepPart(digest, new Blob()).catch(() => {});
    throw new Error(`${digest} is not what the layout says: the server sent something else`);
  }
  await keep.keepPart(digest, have).catch(() => {});
  progress(size);
  return have;
}

async function hexOf(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function get(url: URL, from = 0): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "omit", headers: from > 0 ? { range: `bytes=${from}-` } : {} });
  } catch {
    throw new Error(`${url.href} cannot be fetched: the server is not there, or does not allow other pages to read (CORS)`);
  }
  if (!response.ok) throw new Error(`${url.href}: the server answered ${response.status}`);
  return response;
}

function json<T>(bytes: Uint8Array, name: string): T {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    throw new Error(`${name} is no JSON`);
  }
}

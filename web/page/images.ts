/** The images that can be chosen. */

import type { KeptImage } from "./keep.ts";

/** An image to make containers of. */
export interface Image {
  /** What its container's files are kept under. */
  id: string;
  /** The name that it is shown and linked by. */
  name: string;
  /** What `docker save` has written; none for the built-in image. */
  archive?: Blob;
}

/** The image that the page brings. */
export const BUILTIN: Image = { id: "builtin", name: "busybox" };

/** The names that mean the built-in image, as they do for the command without a registry. */
const BUILTIN_NAMES = new Set(["", "busybox", "busybox:latest", "docker.io/library/busybox:latest", "built-in", "wcr"]);

/** The image of a name: the built-in one, or one that was opened before. */
export function named(name: string, kept: KeptImage[]): Image | undefined {
  if (BUILTIN_NAMES.has(name)) return BUILTIN;
  const latest = (text: string) => (/:[^/]*$|@/.test(text) ? text : `${text}:latest`);
  const whole = (text: string) => latest(shortName(text));
  return kept.find((image) => image.id === name || whole(image.name) === whole(name));
}

/** A name without what goes without saying. */
export function shortName(name: string): string {
  return name.replace(/^docker\.io\/(library\/)?/, "");
}

/** What tells an archive from others: its digest, or by chance where the browser gives none (not on HTTPS). */
export async function idOf(archive: Uint8Array): Promise<string> {
  const subtle: SubtleCrypto | undefined = crypto.subtle;
  if (!subtle) return `unknown-${performance.now()}`;
  const digest = await subtle.digest("SHA-256", archive as Uint8Array<ArrayBuffer>);
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

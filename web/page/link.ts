/**
 * Links that hold a container: the image's name, a command, and the files that were changed.
 *
 * After `#wcr1=` comes base64url (RFC 4648, no padding) of raw deflate (RFC 1951) of: a line of JSON
 * (`{"image": NAME, "command": [WORD…]}`, the command may be missing), a line feed, and, if files were changed, the tar
 * of an OCI layer with them.
 *
 * What `wcr share` writes is opened, too: after `#share=` comes base64url of gzip of the same, with the container's record
 * in the JSON.
 */

/** What a link holds. */
export interface Shared {
  image: string;
  command?: string[];
  written?: Uint8Array;
}

/** A link that cannot be made, or cannot be opened; the message says why. */
export class LinkError extends Error {}

const PREFIX = "#wcr1=";
/** What `wcr share` begins with. */
const SHARE_PREFIX = "#share=";
/** The longest link that is made, in characters: longer ones get lost on their way in many programs. */
const LINK_MAX = 64 << 10;
/** The most that a link may hold, in bytes. */
const CONTENT_MAX = 16 << 20;

/** The fragment for what is to be shared. */
export async function fragmentOf({ image, command, written }: Shared): Promise<string> {
  const head = new TextEncoder().encode(`${JSON.stringify(command ? { image, command } : { image })}\n`);
  const content = new Blob([head, (written ?? new Uint8Array()) as Uint8Array<ArrayBuffer>]);
  const packed = await new Response(content.stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
  const text = toBase64(new Uint8Array(packed));
  if (text.length > LINK_MAX) {
    const size = Math.ceil(text.length / 1024);
    throw new LinkError(`The changed files make a link of ${size} KiB; links go up to ${LINK_MAX >> 10}. Export the files instead.`);
  }
  return PREFIX + text;
}

/** What a fragment holds; `undefined` when it is none of these links. */
export async function read(fragment: string): Promise<Shared | undefined> {
  const isShare = fragment.startsWith(SHARE_PREFIX);
  if (!isShare && !fragment.startsWith(PREFIX)) return undefined;
  let content: Uint8Array;
  try {
    const text = isShare ? fragment.slice(SHARE_PREFIX.length).split("&")[0]! : fragment.slice(PREFIX.length);
    content = await unpacked(fromBase64(text), isShare ? "gzip" : "deflate-raw");
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError("This link is damaged: a part of it is missing or was changed.");
  }
  const end = content.indexOf(0x0a);
  const head = parsed(new TextDecoder().decode(content.subarray(0, end < 0 ? content.length : end)));
  const written = end < 0 ? new Uint8Array() : content.slice(end + 1);
  return written.length > 0 ? { ...head, written } : head;
}

function parsed(text: string): Shared {
  const wrong = () => new LinkError("This link is damaged: what it says about the image cannot be read.");
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    throw wrong();
  }
  const record = field(head, "record") ?? head;
  const image = field(record, "image");
  if (typeof image !== "string") throw wrong();
  const command = record === head ? field(head, "command") : field(field(record, "spec"), "command");
  if (command === undefined) return { image };
  if (!Array.isArray(command) || !command.every((word) => typeof word === "string")) throw wrong();
  return { image, command };
}

function field(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? (object as Record<string, unknown>)[name] : undefined;
}

/** What was packed, unless it is too much: a short link can hold a lot of nothing. */
async function unpacked(packed: Uint8Array<ArrayBuffer>, format: CompressionFormat): Promise<Uint8Array> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    length += value.length;
    if (length > CONTENT_MAX) {
      await reader.cancel();
      throw new LinkError(`This link holds more than ${CONTENT_MAX >> 20} MiB of files, and is not opened.`);
    }
    pieces.push(value);
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * Links that hold a container, as `wcr share` makes them and `wcr run --from` reads them: which image, what was asked of the
 * container, and the files that were changed.
 *
 * After `#share=` comes base64url (RFC 4648, no padding) of gzip of: a line of JSON (`{"share": 1, "image": NAME,
 * "built_in": BOOLEAN, "spec": {"command": [WORD…]}}`; `spec` and what is in it may be missing, and there may be more), a
 * line feed, and, if files were changed, the tar of an OCI layer with them.
 */

/** What a link holds. */
export interface Shared {
  /** The image's name. */
  image: string;
  /** It is the image that the page brings, whatever its name. */
  builtIn: boolean;
  command?: string[];
  written?: Uint8Array;
}

/** A link that cannot be made, or cannot be opened; the message says why. */
export class LinkError extends Error {}

const PREFIX = "#share=";
/** The version of what the line of JSON says. */
const VERSION = 1;
/** The longest link that is made, in characters: longer ones get lost on their way in many programs. */
const LINK_MAX = 64 << 10;
/** The most that a link may hold, in bytes. */
const CONTENT_MAX = 16 << 20;

/** The fragment for what is to be shared. */
export async function fragmentOf({ image, builtIn, command, written }: Shared): Promise<string> {
  const said = { share: VERSION, image, built_in: builtIn, ...(command && { spec: { command } }) };
  const head = new TextEncoder().encode(`${JSON.stringify(said)}\n`);
  const content = new Blob([head, (written ?? new Uint8Array()) as Uint8Array<ArrayBuffer>]);
  const packed = await new Response(content.stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  const text = toBase64(new Uint8Array(packed));
  if (text.length > LINK_MAX) {
    const size = Math.ceil(text.length / 1024);
    throw new LinkError(`The changed files make a link of ${size} KiB; links go up to ${LINK_MAX >> 10}. Export the files instead.`);
  }
  return PREFIX + text;
}

/** What a fragment holds; `undefined` when it is none of these links. */
export async function read(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(PREFIX)) return undefined;
  let content: Uint8Array;
  try {
    // What comes behind an & is somebody else's.
    content = await unpacked(fromBase64(fragment.slice(PREFIX.length).split("&")[0]!));
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
  const image = field(head, "image");
  if (typeof image !== "string") throw wrong();
  if (field(head, "share") !== VERSION) throw new LinkError("This link is of another version of wcr than this page.");
  const builtIn = field(head, "built_in") === true;
  const command = field(field(head, "spec"), "command");
  if (command === undefined || (Array.isArray(command) && command.length === 0)) return { image, builtIn };
  if (!Array.isArray(command) || !command.every((word) => typeof word === "string")) throw wrong();
  return { image, builtIn, command };
}

function field(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? (object as Record<string, unknown>)[name] : undefined;
}

/** What was packed, unless it is too much: a short link can hold a lot of nothing. */
async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
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

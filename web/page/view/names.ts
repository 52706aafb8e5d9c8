/** Names of files: bytes, which may be no text. */

export const SLASH = new Uint8Array([0x2f]);

/** What a name could do to the page's text: control characters, and what changes its direction. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name as text, in which nothing is hidden. */
export function shownName(name: Uint8Array): string {
  return shownText(new TextDecoder().decode(name));
}

/** A text of somebody else, in which nothing is hidden. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/** The path of a name in a folder. */
export function joined(folder: Uint8Array, name: Uint8Array): Uint8Array {
  const slash = folder.length === 1 ? [] : [0x2f];
  return Uint8Array.from([...folder, ...slash, ...name]);
}

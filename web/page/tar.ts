/** Writes tars (POSIX.1-1988 ustar) of plain files. */

export interface TarFile {
  /** At most 100 bytes. */
  name: string;
  content: Uint8Array;
}

const BLOCK = 512;

/** A tar of files that everybody may read. */
export function tarOf(files: TarFile[]): Blob {
  const parts: Uint8Array[] = [];
  for (const { name, content } of files) {
    parts.push(header(name, content.length), content, new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts as Uint8Array<ArrayBuffer>[]);
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${octal(size, 11)}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

/**
 * Packs the built page for the `wcr` binary, and prints what a browser fetches at first use: `pack.mjs DIR BUILTIN`.
 *
 * The folder has `page.txt` with a line for each file of the page (what it is, and its path), the files as gzip has
 * them or as they are, and the first page as it is. The built-in image's files are not among them, since the binary has
 * those; its layer, which the page takes as a plain tar, too, is there to be compared.
 */

import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("dist/", import.meta.url));
const [out, builtin] = process.argv.slice(2);

/** What is there for other pages. */
const PACKAGE = ["package.json", "wcr.d.ts", "wcr.js"];

/** What the binary has in place of files of the page. */
const BUILTIN = { "layer.packed": "layer.tar", "layer.idx": "layer.idx", "config.json": "config.json" };
/** The name of a file before vite has put a hash into it. */
const unhashed = (path) => basename(path).replace(/-[\w-]{8}\./, ".");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const lines = [];
const table = [];
const paths = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length).replaceAll("\\", "/"))
  .filter((path) => !PACKAGE.includes(path))
  .sort();
paths.forEach((path, number) => {
  const content = readFileSync(join(dist, path));
  const gzip = gzipSync(content, { level: 9 });
  table.push([path, content.length, Math.min(gzip.length, content.length)]);
  const own = BUILTIN[unhashed(path)];
  if (path === "index.html") return;
  if (own) return lines.push(`${own} ${path}`);
  const name = `${number}.${path.endsWith(".packed") ? "plain" : "gz"}`;
  writeFileSync(join(out, name), name.endsWith(".gz") ? gzip : content);
  lines.push(`${name} ${path}`);
});
copyFileSync(join(dist, "index.html"), join(out, "index.html"));
copyFileSync(join(builtin, "layer.tar"), join(out, "layer.tar"));
// Last: what is not complete has none.
writeFileSync(join(out, "page.txt"), lines.map((line) => `${line}\n`).join(""));

/** What is fetched only when test scripts are edited and run. */
const isLater = (path) => /^assets\/(tests|scripts|wcr_web_scripts)/.test(path);

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(12);
for (const [path, plain, packed] of table) console.log(`${path.padEnd(40)}${kilobytes(plain)}${kilobytes(packed)} with gzip`);
const sum = (rows, at) => rows.reduce((total, row) => total + row[at], 0);
const total = (what, rows) => console.log(`${what.padEnd(40)}${kilobytes(sum(rows, 1))}${kilobytes(sum(rows, 2))} with gzip`);
total("first use", table.filter(([path]) => !isLater(path)));
total("for test scripts, when they are used", table.filter(([path]) => isLater(path)));

/**
 * Measures the page in Chromium: `bench.mjs ROUNDS PROGRAM…` prints JSON, times in seconds.
 *
 * The programs become `/bench0`, `/bench1`… of the image; `WCR_BENCH_COMMANDS` (JSON) names the commands that are timed.
 * The benchmark `web` calls this, and sets native times beside.
 */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { tar } from "./archive.mjs";
import { open, start } from "./browser.mjs";

const [rounds, ...paths] = process.argv.slice(2);
const programs = tar(paths.map((path, number) => ({ name: `bench${number}`, content: readFileSync(path) })));
const session = await start();

/** Runs the first command as soon as the page can, and keeps when its output came. */
function runAtOnce() {
  const timer = setInterval(() => {
    if (!globalThis.wcr) return;
    clearInterval(timer);
    const output = () => (globalThis.firstOutput ??= performance.now());
    globalThis.wcr.run({ command: ["echo", "hi"] }, { output, reading() {} });
  }, 1);
}

/** Loads the page and gives the seconds from the start of the navigation to the first output. */
async function firstOutput(page, load) {
  await load();
  const time = await page.waitForFunction(() => globalThis.firstOutput);
  return (await time.jsonValue()) / 1000;
}

async function firstUse() {
  const [cold, warm] = [[], []];
  let transfer;
  for (let round = 0; round < Number(rounds); round++) {
    // A context of its own has nothing in its cache.
    const context = await session.browser.newContext();
    const page = await context.newPage();
    const fetched = [];
    if (!transfer) page.on("response", (response) => fetched.push(response));
    await page.addInitScript(runAtOnce);
    cold.push(await firstOutput(page, () => page.goto(session.url)));
    transfer ??= await Promise.all(fetched.map(size));
    warm.push(await firstOutput(page, () => page.reload()));
    await context.close();
  }
  return { transfer, cold, warm };
}

async function size(response) {
  const body = await response.body();
  const name = new URL(response.url()).pathname.split("/").at(-1).replace(/-[\w-]{8}\./, ".") || "index.html";
  return { name, plain: body.length, gzip: gzipSync(body, { level: 9 }).length };
}

/** Seconds that a command takes within the page's worker, from request to end. */
function command(page, words) {
  return page.evaluate(
    async ([command, files]) => {
      const listener = { output() {}, reading() {} };
      globalThis.programs ??= Uint8Array.from(atob(files), (character) => character.charCodeAt(0));
      const { code, milliseconds, notes } = await globalThis.wcr.run({ command, files: globalThis.programs }, listener);
      if (code !== 0) throw new Error(`exit code ${code} ${notes}`);
      return milliseconds / 1000;
    },
    [words, programs.toString("base64")],
  );
}

const { transfer, cold, warm } = await firstUse();
const page = await open(session);
const commands = JSON.parse(process.env.WCR_BENCH_COMMANDS);
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (const words of Object.values(commands)) await command(page, words);
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, words] of Object.entries(commands)) times[name].push(await command(page, words));
}
await session.close();
console.log(JSON.stringify({ transfer, cold, warm, times }));

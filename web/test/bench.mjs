/**
 * Measures the page in Chromium: `bench.mjs ROUNDS PROGRAM…` prints JSON, times in seconds.
 *
 * The programs become `/bench0`, `/bench1`… of the image; `WCR_BENCH_COMMANDS` (JSON) names the commands that are timed.
 * The benchmark `web` calls this, and sets native times beside.
 */

import { readFileSync } from "node:fs";
import { tar } from "./archive.mjs";
import { open, start } from "./browser.mjs";
import { firstUse } from "./first-use.mjs";

const [rounds, ...paths] = process.argv.slice(2);
const programs = tar(paths.map((path, number) => ({ name: `bench${number}`, content: readFileSync(path) })));
const session = await start();

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

const { transfer, cold, warm } = await firstUse(session, Number(rounds));
const page = await open(session);
const commands = JSON.parse(process.env.WCR_BENCH_COMMANDS);
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (const words of Object.values(commands)) await command(page, words);
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, words] of Object.entries(commands)) times[name].push(await command(page, words));
}
await session.close();
console.log(JSON.stringify({ transfer, cold, warm, times }));

/** The page's first use: what is fetched, and when the shell first shows something. `first-use.mjs ROUNDS` prints both. */

import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { start } from "./browser.mjs";

/** Loads the page and gives the seconds from the start of the navigation to the shell's first output. */
async function firstOutput(page, load) {
  await load();
  const mark = await page.waitForFunction(() => performance.getEntriesByName("wcr-first-output")[0]?.startTime);
  return (await mark.jsonValue()) / 1000;
}

/** Loads the page so many times, each in a browser that has nothing of it, and once more. */
export async function firstUse(session, rounds) {
  const [cold, warm] = [[], []];
  let transfer;
  for (let round = 0; round < rounds; round++) {
    const context = await session.browser.newContext();
    const page = await context.newPage();
    const fetched = [];
    if (!transfer) page.on("response", (response) => fetched.push(response));
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
  return { name, plain: body.length, gzip: Math.min(gzipSync(body, { level: 9 }).length, body.length) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const session = await start();
  const { transfer, cold, warm } = await firstUse(session, Number(process.argv[2] ?? 1));
  await session.close();
  const megabytes = (what) => (transfer.reduce((sum, size) => sum + size[what], 0) / 1e6).toFixed(2);
  const best = (times) => Math.min(...times).toFixed(2);
  console.log(`first use: ${megabytes("plain")} MB, from a server that packs ${megabytes("gzip")} MB; first prompt after ${best(cold)} s, when loaded before ${best(warm)} s`);
}

/** Chromium without a screen, and the page in it. */

import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a step may take, in milliseconds, on a machine that is busy with other tests. */
const PATIENCE = 20_000;

/** Starts the server and the browser. */
export async function start() {
  const server = await serve();
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  return {
    url: server.url,
    browser,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Opens the page and waits until it is ready (or says why it cannot run). */
export async function open({ browser, url }, { script, ...options } = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE);
  if (script) await page.addInitScript(script);
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("status").textContent !== "loading");
  return page;
}

/** Types a command and runs it to its end; what the page then shows. */
export async function run(page, line) {
  await page.fill("#line", line);
  await page.click("#run");
  return ended(page);
}

/** Waits for the end of the run and gives what the page shows. */
export async function ended(page) {
  await page.waitForFunction(() => document.getElementById("status").dataset.state !== "busy");
  return page.evaluate(() => {
    const text = (id) => document.getElementById(id).textContent;
    const parts = (kind) => [...document.querySelectorAll(`#output .${kind}`)].map((span) => span.textContent).join("");
    return { status: text("status"), stdout: parts("out"), stderr: parts("err"), notes: text("notes"), digest: text("digest") };
  });
}

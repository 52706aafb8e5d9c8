/** Chromium without a screen, and the page in it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
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

/** The script of axe-core. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long a step may take, in milliseconds, on a machine that is busy with other tests. */
const PATIENCE = Number(process.env.WCR_PATIENCE ?? 20_000);

/** Starts the server (with more pages, by their paths) and the browser. */
export async function start(more) {
  const server = await serve(more);
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

/** What the page says first, until it has begun. */
const BEGINNING = ["loading", "opening"];

/** Opens the page and waits until it is ready (or says why it cannot run). */
export async function open({ browser, url }, { script, ...options } = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE);
  if (script) await page.addInitScript(script);
  await page.goto(url);
  await begun(page);
  return page;
}

/** The serious findings of axe-core about what the page shows now. */
export async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Waits until a container runs, or the page says why none does. */
export async function begun(page) {
  await page.waitForFunction(
    (beginning) => !beginning.includes(document.getElementById("state").textContent),
    BEGINNING,
  );
}

/** Waits for a text in the terminal; all that is there then. */
export async function shows(page, text) {
  await page.waitForFunction((text) => globalThis.wcrPage?.screen.text.includes(text), text).catch(async (error) => {
    throw new Error(`no ${JSON.stringify(text)} at the end of ${JSON.stringify((await screen(page)).slice(-400))}: ${error.message}`);
  });
  return screen(page);
}

/** What is in the terminal. */
export function screen(page) {
  return page.evaluate(() => globalThis.wcrPage?.screen.text ?? "");
}

/** Types a line into the terminal's shell. */
export async function type(page, line) {
  await page.focus("#screen textarea");
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

/** Types a command and runs it to its end; what the page then shows. */
export async function run(page, line) {
  await page.fill("#line", line);
  await page.click("#run");
  return ended(page);
}

/** Waits for the end of the run and gives what the page shows. */
export async function ended(page) {
  await page.waitForFunction(() => document.getElementById("stop").disabled);
  return page.evaluate(() => {
    const text = (id) => document.getElementById(id).textContent;
    const parts = (kind) => [...document.querySelectorAll(`#output .${kind}`)].map((span) => span.textContent).join("");
    return { status: text("status"), stdout: parts("out"), stderr: parts("err"), notes: text("notes"), digest: text("digest") };
  });
}

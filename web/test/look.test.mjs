/**
 * How the page looks, in its main states: no serious finding of axe-core, nothing wider than the window. Screenshots go to
 * `WCR_SCREENSHOTS`, where that is set.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findings, open, shows, start, type } from "./browser.mjs";

const folder = process.env.WCR_SCREENSHOTS;
if (folder) mkdirSync(folder, { recursive: true });

let session;

before(async () => (session = await start()));
after(() => session.close());

const VIEWS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** What leads to each state, from the one before. */
const STATES = {
  terminal: async (page) => {
    await type(page, "ls --color=auto -la /; printf '\\033[31mred \\033[32mgreen \\033[33mamber \\033[34mblue\\033[0m\\n'");
    await shows(page, "\nred green amber blue");
  },
  file: async (page) => {
    await page.click('#files summary:text-matches("^etc")');
    await page.click('#files button:text-is("passwd")');
    await page.waitForFunction(() => document.getElementById("file-text").value.startsWith("root:"));
  },
  processes: async (page) => {
    await page.click("#tab-processes");
    await page.waitForFunction(() => document.getElementById("processes").rows.length > 0);
  },
  calls: async (page) => {
    await page.click("#tab-calls");
    await type(page, "cat /etc/hostname");
    await page.waitForFunction(() => document.getElementById("calls").textContent.includes("hostname"));
  },
  programs: async (page) => {
    await page.click("#tab-programs");
    await page.waitForFunction(() => document.getElementById("programs").rows.length > 0);
  },
  tests: async (page) => {
    await page.click("#tab-tests");
    await page.waitForFunction(() => document.getElementById("editor-text").value !== "");
    await page.click("#script-run");
    await page.waitForFunction(() => document.getElementById("script-status").textContent === "3 passed, 1 failed");
  },
  report: (page) => page.evaluate(() => document.getElementById("script-report").lastElementChild.scrollIntoView({ block: "end" })),
  command: async (page) => {
    await page.click("#tab-command");
    await page.check("#deterministic");
    await page.click("#run");
    await page.waitForFunction(() => document.getElementById("digest").textContent !== "");
  },
  images: (page) => page.click("#image"),
  sharing: async (page) => {
    await page.click("#images-close");
    await page.click("#share");
    await page.waitForFunction(() => document.getElementById("sharing-link").value !== "");
  },
  ended: async (page) => {
    await page.click("#sharing-close");
    await type(page, "exit 7");
    await shows(page, "Ended with exit code 7");
  },
};

for (const [view, options] of Object.entries(VIEWS)) {
  describe(view, () => {
    let page;

    before(async () => {
      const context = await session.browser.newContext(options);
      page = await open({ browser: context, url: session.url });
      await shows(page, "/ #");
    });
    after(() => page.context().close());

    for (const [state, lead] of Object.entries(STATES)) {
      it(state, async () => {
        await lead(page);
        if (folder) await page.screenshot({ path: join(folder, `${state}-${view}.png`) });
        // What axe-core looks at is the same on a phone.
        if (view !== "phone") assert.deepEqual(await findings(page), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} pixels wider than the window`);
      });
    }
  });
}

describe("without JSPI", () => {
  it("says so", async () => {
    const page = await open(session, { script: () => delete WebAssembly.Suspending });
    if (folder) await page.screenshot({ path: join(folder, "without-jspi.png") });
    assert.deepEqual(await findings(page), []);
    await page.close();
  });
});

describe("the theme", () => {
  it("is switched, and is still there after a reload", async () => {
    const page = await open(session, { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.click("#theme");
    await page.click("#theme");
    assert.equal(await page.textContent("#theme-name"), "dark");
    assert.notEqual(await ground(), light);
    await page.reload();
    assert.equal(await page.textContent("#theme-name"), "dark");
    await page.close();
  });
});

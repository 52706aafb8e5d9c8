/**
 * The behaviours of `tests/conformance` in the browser: each says what it says on Linux. `WCR_CONFORMANCE` names the
 * program, `WCR_EXPECTED` what is expected. The clock is the containers' own, so that nobody waits for a sleep.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { tar } from "./archive.mjs";
import { open, start } from "./browser.mjs";

const expected = readFileSync(process.env.WCR_EXPECTED, "utf8")
  .split("== ")
  .slice(1)
  .map((section) => [section.slice(0, section.indexOf("\n")), section.slice(section.indexOf("\n") + 1)]);

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  const files = tar([{ name: "conformance", content: readFileSync(process.env.WCR_CONFORMANCE) }]);
  await page.evaluate((text) => {
    globalThis.program = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }, files.toString("base64"));
});
after(() => session.close());

/** What a behaviour prints in the page. */
function said(name) {
  return page.evaluate(async (name) => {
    const decoder = new TextDecoder();
    let text = "";
    const listener = {
      output: (_error, bytes) => (text += decoder.decode(bytes, { stream: true })),
      reading() {},
    };
    const request = { command: ["/conformance", name], workdir: "/tmp", files: globalThis.program, input: new Uint8Array(), deterministic: true };
    const { notes } = await globalThis.wcr.run(request, listener);
    return text + notes.join("\n");
  }, name);
}

/** What a browser cannot do: stop a program that makes no calls. */
const impossible = new Set(["limits.no_more_cpu_time_without_calls"]);

describe("conformance", () => {
  for (const [name, lines] of expected.filter(([name]) => !impossible.has(name))) {
    it(name, async () => assert.equal(await said(name), lines));
  }
});

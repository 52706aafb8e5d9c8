/**
 * The same answers natively and in the browser: `WCR_ANSWERS` names the folder that the example `answers` of
 * wcr-container has written. All cases run in one page, each in a container of its own.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { open, start } from "./browser.mjs";

const folder = process.env.WCR_ANSWERS;
const cases = readFileSync(join(folder, "answers.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  for (const fixture of new Set(cases.map((each) => each.fixture))) {
    const bytes = readFileSync(fixture).toString("base64");
    await page.evaluate(
      ([name, text]) => {
        globalThis.fixtures ??= {};
        globalThis.fixtures[name] = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      },
      [fixture, bytes],
    );
  }
});
after(() => session.close());

/** Runs a case in the page. */
function answer({ script, fixture, workdir }) {
  return page.evaluate(
    async ([command, files, workdir]) => {
      const written = { stdout: "", stderr: "" };
      const listener = {
        output(error, bytes) {
          written[error ? "stderr" : "stdout"] += Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
        },
        reading() {},
      };
      const request = { command, workdir, files: globalThis.fixtures[files], input: new Uint8Array(), deterministic: true };
      const { code, digest } = await globalThis.wcr.run(request, listener);
      return { code, stdout: btoa(written.stdout), stderr: btoa(written.stderr), digest };
    },
    [["sh", "-c", script], fixture, workdir],
  );
}

/** Cases that end otherwise, by the beginnings of their names, and why: they run, but do not count. */
const KNOWN = {
  "awk:cbee7176": "calls ten thousand deep: the browser's own stack ends before the program's",
  "bc:113efe27": "parentheses nine thousand deep: the same",
  "sh-recursion:062ac935": "calls three thousand deep: the same",
};

describe("parity", () => {
  for (const each of cases) {
    it(each.id, { todo: KNOWN[each.id.split(" ")[0]] }, async () => {
      const { code, stdout, stderr, digest } = each;
      assert.deepEqual(await answer(each), { code, stdout, stderr, digest });
    });
  }
});

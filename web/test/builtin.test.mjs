/** The built-in image as the page fetches it: how much that is, and that it is the binary's. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { open, run, shows, start } from "./browser.mjs";
import { dist } from "./server.mjs";

/** The most that a browser fetches at first use from a server that packs nothing, in bytes. */
const FIRST_USE_MAX = 3_000_000;
/** The content of all files, each guest's once. */
const SUMS = "sha256sum /bin/* /etc/passwd /etc/group";

const layer = `assets/${readdirSync(join(dist, "assets")).find((name) => /^layer-.*\.packed$/.test(name))}`;
const packed = readFileSync(join(dist, layer));

/** Runs a command in a page whose layer is this; what the page shows. */
async function shownWith(content, line) {
  const session = await start({ [`/${layer}`]: content });
  try {
    const page = await open(session);
    await page.click("#tab-command");
    await page.check("#deterministic");
    return await run(page, line);
  } finally {
    await session.close();
  }
}

describe("the page's first use", () => {
  let session;
  before(async () => (session = await start()));
  after(() => session.close());

  it("fetches at most 3 MB, from a server that packs nothing, too", async () => {
    const page = await session.browser.newPage();
    const lengths = [];
    page.on("response", (response) => lengths.push(response.body().then(({ length }) => length)));
    await page.goto(session.url);
    await shows(page, "/ #");
    const sum = (await Promise.all(lengths)).reduce((total, length) => total + length, 0);
    assert.ok(sum > packed.length && sum <= FIRST_USE_MAX, `${sum} bytes`);
  });
});

describe("the built-in image", () => {
  it("has the same files and gives the same trace, packed, plain and in the binary", async (test) => {
    const here = await shownWith(packed, `sh -c '${SUMS}'`);
    assert.ok(here.stdout.includes("  /bin/sh\n"), here.stdout);
    const [tar, wcr] = [process.env.WCR_LAYER, process.env.WCR_BIN];
    if (!tar || !wcr || !existsSync(wcr)) return test.skip("no layer and binary (WCR_LAYER, WCR_BIN)");
    const { stdout, digest } = await shownWith(readFileSync(tar), `sh -c '${SUMS}'`);
    assert.deepEqual({ stdout, digest }, { stdout: here.stdout, digest: here.digest });
    const root = mkdtempSync(join(tmpdir(), "wcr-builtin-"));
    const args = ["run", "--rm", "-q", "--deterministic", "--trace-digest", "busybox", "sh", "-c", SUMS];
    const native = spawnSync(wcr, args, { encoding: "utf8", env: { ...process.env, WCR_ROOT: root } });
    rmSync(root, { recursive: true });
    assert.equal(native.stdout, stdout);
    assert.match(native.stderr, new RegExp(digest.replace(/^sha256:/, "")));
  });

  it("that is cut off is refused in a sentence", async () => {
    const session = await start({ [`/${layer}`]: packed.subarray(0, packed.length - 1) });
    const page = await open(session);
    await shows(page, "the built-in image cannot be used");
    assert.equal(await page.textContent("#state"), "wcr failed");
    await session.close();
  });

  it("that is damaged ends the programs that lie there, and the page goes on", async () => {
    const damaged = Buffer.from(packed);
    // In the middle of the applets, behind the shell.
    damaged[packed.length >> 1] ^= 0xff;
    const { stdout, notes } = await shownWith(damaged, "sh -c 'ls /; echo $?'");
    assert.equal(stdout, "126\n");
    assert.match(notes, /the guest core is damaged; reload the page/);
  });
});

/** The package in a page of somebody else: `run`, and the element `<wcr-run>`. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { dockerArchive } from "./archive.mjs";
import { findings, start } from "./browser.mjs";

const PAGE = `<!doctype html>
<html lang="en">
  <head><meta name="color-scheme" content="light dark" /><title>A manual</title></head>
  <body>
    <main>
      <h1>A manual</h1>
      <wcr-run id="first" image="busybox" cmd="ls -la /"></wcr-run>
      <wcr-run id="second" cmd="sh -c 'cat; echo err >&2; exit 3'" input="given" auto></wcr-run>
      <wcr-run id="third" archive="script.tar" cmd="/bin/tool"></wcr-run>
      <wcr-run id="fourth" cmd="yes"></wcr-run>
      <wcr-run id="fifth" image="nosuch:1" cmd="ls"></wcr-run>
      <wcr-run id="sixth" cmd="date" deterministic></wcr-run>
    </main>
    <script type="module">
      import * as wcr from "../wcr.js";
      globalThis.wcr = wcr;
    </script>
  </body>
</html>`;

let session;
let page;

before(async () => {
  const archive = dockerArchive("script:1", {}, [{ name: "bin/tool", content: Buffer.from("just text\n") }]);
  session = await start({ "/manual/index.html": PAGE, "/manual/script.tar": archive });
  page = await session.browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${session.url}manual/index.html`);
  await page.waitForFunction(() => globalThis.wcr);
});
after(() => session.close());

/** Calls `run` in the page. */
const run = (...args) => page.evaluate((args) => globalThis.wcr.run(...args), args);

describe("run", () => {
  it("gives what the command wrote, and its exit code", async () => {
    const { code, stdout, stderr, notes } = await run("busybox", ["echo", "hi"]);
    assert.deepEqual({ code, stdout, stderr, notes }, { code: 0, stdout: "hi\n", stderr: "", notes: [] });
  });

  it("takes input, files and a working directory", async () => {
    const options = { input: "typed", workdir: "/srv", files: { "/srv/a.txt": "ä file\n" } };
    const { stdout } = await run("busybox", ["sh", "-c", "pwd; cat a.txt -; wc -c < a.txt"], options);
    assert.equal(stdout, "/srv\nä file\ntyped8\n");
  });

  it("is the same every time when it is deterministic", async () => {
    const once = () => run("busybox", ["sh", "-c", "date; head -c 4 /dev/urandom | od -An -tx1"], { deterministic: true });
    const [first, second] = [await once(), await once()];
    assert.match(first.digest, /^[0-9a-f]{64}$/);
    assert.deepEqual([first.stdout, first.digest], [second.stdout, second.digest]);
  });

  it("runs containers of one image one after the other", async () => {
    const codes = await page.evaluate(() => Promise.all([1, 2, 3].map((n) => globalThis.wcr.run("busybox", ["sh", "-c", `exit ${n}`]))));
    assert.deepEqual(codes.map(({ code }) => code), [1, 2, 3]);
  });

  it("is ended by a signal, and the next one runs", async () => {
    const ended = await page.evaluate(async () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(new Error("enough")), 300);
      const endless = globalThis.wcr.run("busybox", ["sh", "-c", "while :; do :; done"], { signal: abort.signal });
      return endless.catch((error) => error.message);
    });
    assert.equal(ended, "enough");
    assert.equal((await run("busybox", ["echo", "again"])).stdout, "again\n");
  });

  it("that writes without an end is ended", async () => {
    const ended = await run("busybox", ["sh", "-c", "yes 0123456789012345678901234567890123456789012345678901234567890123456789"]).catch(
      (error) => error.message,
    );
    assert.match(ended, /has written more than 64 MiB, and was ended/);
  });

  it("refuses what it cannot do in a sentence", async () => {
    const refused = (...args) => run(...args).then(() => "", (error) => error.message);
    assert.match(await refused("alpine:3", ["ls"]), /alpine:3 is not the image that comes with the package/);
    assert.match(await refused("busybox", ["ls"], { files: { "relative": "" } }), /relative: files have absolute paths/);
    const broken = await page.evaluate(() => globalThis.wcr.run(new Uint8Array([1, 2, 3]), ["ls"]).catch((error) => error.message));
    assert.match(broken, /archive/);
    assert.equal((await run("busybox", ["nosuch"])).code, 127);
  });
});

describe("<wcr-run>", () => {
  const shadow = (id, what) => page.locator(`#${id}`).locator(what);

  it("runs its command when the reader says so", async () => {
    assert.equal(await shadow("first", "code").textContent(), "$ ls -la /");
    assert.equal(await shadow("first", "pre").isVisible(), false);
    await shadow("first", "button").click();
    await shadow("first", "p:has-text('exit code 0')").waitFor();
    assert.match(await shadow("first", "pre").textContent(), /drwxr-xr-x .* bin\n/);
  });

  it("runs by itself where that is asked for, with input, and tells errors apart", async () => {
    await shadow("second", "p:has-text('exit code 3')").waitFor();
    assert.equal(await shadow("second", ".out").textContent(), "given");
    assert.equal(await shadow("second", ".err").textContent(), "err\n");
  });

  it("takes an archive as its image", async () => {
    await shadow("third", "button").click();
    await shadow("third", "p:has-text('is a text file')").waitFor();
  });

  it("is stopped", async () => {
    await shadow("fourth", "button").click();
    await shadow("fourth", "pre").waitFor();
    await shadow("fourth", "button:has-text('Stop')").click();
    await shadow("fourth", "p:text-is('stopped')").waitFor();
    await shadow("fourth", "button:has-text('Run')").waitFor();
  });

  it("says why it cannot run", async () => {
    await shadow("fifth", "button").click();
    await shadow("fifth", "p:has-text('nosuch:1 is not the image')").waitFor();
  });

  it("tells the page how it ended", async () => {
    const detail = await page.evaluate(async () => {
      const element = document.getElementById("sixth");
      const ended = new Promise((resolve) => element.addEventListener("wcr-end", resolve, { once: true }));
      void element.run();
      return (await ended).detail;
    });
    assert.equal(detail.code, 0);
    assert.match(detail.stdout, /2024/);
  });

  it("has no serious finding of axe-core", async () => {
    // Half a megabyte of lines is more than axe-core looks through in a test's time.
    await page.evaluate(() => document.getElementById("fourth").remove());
    assert.deepEqual(await findings(page), []);
  });
});

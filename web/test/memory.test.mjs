/** Fault 110: the browser has no more memory. What needed it is told, and the page goes on. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { open, shows, start, type } from "./browser.mjs";
import { dist } from "./server.mjs";

let session;

before(async () => (session = await start()));
after(() => session.close());

/** The page, with one of its files in place of another. */
async function opened(pattern, change) {
  const context = await session.browser.newContext();
  const name = readdirSync(join(dist, "assets")).find((name) => pattern.test(name));
  const body = change(readFileSync(join(dist, "assets", name)));
  const contentType = name.endsWith(".packed") ? "application/octet-stream" : "text/javascript";
  await context.route(`**/${name}`, (route) => route.fulfill({ body, contentType }));
  const page = await open({ browser: context, url: session.url });
  await shows(page, "/ #");
  return { context, page };
}

/** A module whose memory has at most so many pages. */
function limited(module, pages) {
  let at = 8;
  for (;;) {
    const id = module[at];
    const [length, body] = number(module, at + 1);
    if (id !== 5) {
      at = body + length;
      continue;
    }
    // One memory: its flags, and where it begins.
    const [least] = number(module, body + 2);
    const memory = Buffer.from([1, 1, ...leb128(least), ...leb128(pages)]);
    return Buffer.concat([module.subarray(0, at), Buffer.from([5, ...leb128(memory.length)]), memory, module.subarray(body + length)]);
  }
}

function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function leb128(value) {
  const bytes = [];
  for (; value >= 0x80; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

describe("without memory", () => {
  it("for files the container is started anew", async () => {
    const { context, page } = await opened(/^wcr_web-.*\.packed$/, (packed) =>
      gzipSync(limited(gunzipSync(packed), (64 << 20) >> 16)),
    );
    await type(page, "echo kept > /root/kept; sleep 3");
    await page.waitForFunction(() => /kept at/.test(document.getElementById("kept").textContent));
    await type(page, "head -c 100000000 /dev/zero > /large");
    await shows(page, "wcr itself has failed: the browser gives it no more memory.");
    await page.click("#theme");
    assert.equal(await page.textContent("#theme-name"), "light", "the page is alive");
    await page.focus("#screen textarea");
    await page.keyboard.press("Enter");
    await type(page, "cat /root/kept; ls /large");
    await shows(page, "\nkept\n");
    await shows(page, "No such file");
    await context.close();
  });

  it("for another process the process ends, and its shell goes on", async () => {
    // Each process has three instances: the shell's are there, and those of the next ones are not.
    const refusing = `{
      const Instance = WebAssembly.Instance;
      let left = 3;
      WebAssembly.Instance = new Proxy(Instance, {
        construct(target, args) {
          if (left-- > 0) return new target(...args);
          throw new RangeError("WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance");
        },
      });
    }`;
    const worker = /^worker-.*\.js$/;
    const { context, page } = await opened(worker, (script) => Buffer.concat([Buffer.from(refusing), script]));
    await type(page, "/bin/ls; echo status $?; (echo copy; exec cat); echo status $?");
    await shows(page, "\nstatus 126\nstatus 126");
    await type(page, "echo alive");
    await shows(page, "\nalive");
    await type(page, "exit 3");
    assert.match(await shows(page, "Ended with exit code 3"), /has no memory for the process: WebAssembly\.Instance/);
    await context.close();
  });
});

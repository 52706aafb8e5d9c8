/** What outlives a page: changed files, images, links; and what is done when the browser does not keep them. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { after, before, describe, it } from "node:test";
import { dockerArchive, ociLayout, tar } from "./archive.mjs";
import { begun, open, screen, shows, start, type } from "./browser.mjs";

let session;

before(async () => (session = await start()));
after(() => session.close());

/** A page in a browser of its own, in which nothing is kept yet. */
async function fresh(options) {
  const context = await session.browser.newContext({ acceptDownloads: true });
  const page = await open({ browser: context, url: session.url }, options);
  await shows(page, "/ #");
  return { context, page };
}

let mark = 0;
async function done(page, line) {
  await type(page, `${line}; echo done-$((${++mark} + 0))`);
  return shows(page, `\ndone-${mark}`);
}

/** Changes a file and waits until that is kept. */
async function keep(page, line) {
  await done(page, line);
  await page.evaluate(() => globalThis.wcrPage.session.save());
}

async function reload(page) {
  await page.reload();
  await begun(page);
  await shows(page, "/ #");
}

describe("changed files", () => {
  it("are there after a reload, without being asked for", async () => {
    const { context, page } = await fresh();
    await done(page, "echo first > /root/a; rm /etc/motd 2>/dev/null; mkdir -p /srv/x");
    await page.waitForFunction(() => document.getElementById("kept").textContent.includes("kept at"));
    await reload(page);
    assert.match(await done(page, "cat /root/a; ls -d /srv/x"), /\nfirst\n\/srv\/x\n/);
    await context.close();
  });

  it("are there after the tab was killed", async () => {
    const { context, page } = await fresh();
    await keep(page, "echo survives > /root/b");
    await type(page, "while :; do :; done");
    // As when the browser kills it: no event of the page is run.
    await page.close({ runBeforeUnload: false });
    const again = await open({ browser: context, url: session.url });
    assert.match(await done(again, "cat /root/b"), /\nsurvives\n/);
    await context.close();
  });

  it("are exported and imported", async () => {
    const { context, page } = await fresh();
    await done(page, "echo carried > /root/c");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    const path = await download.path();
    await context.setOffline(false);
    const other = await fresh();
    await other.page.setInputFiles("#import-file", path);
    await shows(other.page, "/ #");
    assert.match(await done(other.page, "cat /root/c"), /\ncarried\n/);
    assert.equal(await other.page.isVisible("#adopt"), true);
    await other.page.click("#adopt");
    await other.page.waitForFunction(() => document.getElementById("kept").textContent.includes("kept at"));
    await reload(other.page);
    assert.match(await done(other.page, "cat /root/c"), /\ncarried\n/);
    await Promise.all([context.close(), other.context.close()]);
  });

  it("are forgotten when the user starts afresh", async () => {
    const { context, page } = await fresh();
    await keep(page, "echo gone > /root/d");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#afresh");
    await page.waitForFunction(() => !globalThis.wcrPage.screen.text.includes("gone"));
    await shows(page, "/ #");
    assert.match(await done(page, "ls /root/d"), /No such file/);
    await context.close();
  });

  it("are kept by one tab only", async () => {
    const { context, page } = await fresh();
    const second = await open({ browser: context, url: session.url });
    await second.waitForFunction(() => document.getElementById("kept").textContent.startsWith("Another tab has this image open"));
    await keep(page, "echo mine > /root/e");
    await keep(second, "echo theirs > /root/e");
    await second.close();
    await reload(page);
    assert.match(await done(page, "cat /root/e"), /\nmine\n/);
    await context.close();
  });
});

describe("a browser that keeps nothing", () => {
  it("is full: the page says so and goes on", async () => {
    const { context, page } = await fresh();
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await keep(page, "echo lost > /root/f");
    assert.match(await page.textContent("#messages"), /is not kept: the browser gives this page no more room/);
    assert.match(await done(page, "cat /root/f"), /\nlost\n/);
    await context.close();
  });

  it("has no storage: the page says so and goes on", async () => {
    const { context, page } = await fresh({
      script: () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException("The user denied permission to access the database.", "UnknownError");
        };
      },
    });
    assert.match(await page.textContent("#kept"), /^Changes are not kept: /);
    assert.match(await done(page, "echo $((6 * 7))"), /\n42\n/);
    await context.close();
  });

  it("has damaged storage: the page starts without it, and says so", async () => {
    const { context, page } = await fresh();
    await keep(page, "echo damaged > /root/g");
    await page.evaluate(async () => {
      // The page keeps no more of its own.
      const { session, keep } = globalThis.wcrPage;
      await session.leave();
      await keep.keepFiles("builtin", new Uint8Array(700).fill(7));
    });
    await reload(page);
    await shows(page, "is damaged: it starts without them");
    assert.match(await done(page, "ls /root/g"), /No such file/);
    await context.close();
  });
});

describe("images", () => {
  const archive = dockerArchive("example/tool:1", { Cmd: ["/exit7"] }, [{ name: "exit7", content: exit(7) }]);

  it("that were opened once are there after a reload", async () => {
    const { context, page } = await fresh();
    await page.setInputFiles("#archive", { name: "tool.tar", mimeType: "application/x-tar", buffer: archive });
    await shows(page, "Ended with exit code 7");
    await page.waitForFunction(() => !document.getElementById("images").open);
    await page.reload();
    await begun(page);
    await page.click("#image");
    await page.click("#images-list button:has-text('example/tool:1')");
    await shows(page, "Ended with exit code 7");
    await page.click("#image");
    await page.click("#images-list button[aria-label='Forget example/tool:1']");
    await page.waitForFunction(() => !document.getElementById("images-list").textContent.includes("example/tool"));
    await context.close();
  });

  it("are opened as skopeo has written them", { skip: !hasSkopeo() && "no skopeo" }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "wcr-page-"));
    const [from, to] = ["docker.tar", "oci.tar"].map((name) => join(folder, name));
    writeFileSync(from, archive);
    execFileSync("skopeo", ["--insecure-policy", "copy", "--quiet", `docker-archive:${from}`, `oci-archive:${to}:example/oci:2`]);
    const { context, page } = await fresh();
    const bytes = readFileSync(to).toString("base64");
    const transfer = await page.evaluateHandle((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))], "oci.tar"));
      return transfer;
    }, bytes);
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
    await shows(page, "Ended with exit code 7");
    assert.match(await page.textContent("#image-name"), /^example\/oci:2$/);
    rmSync(folder, { recursive: true });
    await context.close();
  });

  it("with hostile names show what they are", async () => {
    const { context, page } = await fresh();
    const name = "<b>\u001b]0;t\u0007\u202egnp.tar";
    const hostile = dockerArchive("example/tool:1", { Cmd: ["/\u001b[31m<i>"] }, []);
    await page.evaluate(
      ([name, bytes]) => globalThis.wcrPage.picker.archive(new Blob([new Uint8Array(bytes)]), name),
      [name, [1, 2, 3]],
    );
    assert.match(await page.textContent("#image-message"), /^<b>\\u\{1b\}\]0;t\\u\{7\}\\u\{202e\}gnp\.tar cannot be opened/);
    await page.evaluate(
      ([name, bytes]) => globalThis.wcrPage.picker.archive(new Blob([new Uint8Array(bytes)]), name),
      [name, [...hostile]],
    );
    const text = await shows(page, "Enter starts a shell.");
    assert.match(text, /cannot run \/\S*\[31m<i>: not found/);
    assert.equal(await page.locator("#images b, #screen i, #messages i").count(), 0);
    await context.close();
  });

  it("come from an OCI layout of another server, on from where it broke off", async () => {
    const layout = ociLayout({ Cmd: ["/exit7"] }, [
      { name: "exit7", content: exit(7) },
      { name: "large", content: Buffer.alloc(9 << 20, "some text ") },
    ]);
    const asked = [];
    let breaks = 1;
    const server = await layoutServer(layout, (path, range) => {
      asked.push([path, range]);
      return path.includes("blobs") && layout[path].length > 8 << 20 && breaks-- > 0;
    });
    const { context, page } = await fresh();
    const fetchIt = async () => {
      if (!(await page.isVisible("#images"))) await page.click("#image");
      await page.fill("#layout-url", server.url);
      await page.click("#layout button");
    };
    await fetchIt();
    await page.waitForSelector("#image-message.error");
    await fetchIt();
    await shows(page, "Ended with exit code 7");
    const resumed = asked.filter(([, range]) => range !== undefined);
    assert.equal(resumed.length, 1);
    assert.ok(Number(/bytes=(\d+)-/.exec(resumed[0][1])[1]) >= 4 << 20, resumed[0][1]);
    server.close();
    await context.close();
  });

  it("with a blob that is not what its digest says are refused", async () => {
    const layout = ociLayout({}, [{ name: "exit7", content: exit(7) }]);
    const blob = Object.keys(layout).find((path) => path.includes("blobs") && layout[path].includes("ustar"));
    layout[blob] = Buffer.from(layout[blob]).fill(1, 600, 610);
    const server = await layoutServer(layout, () => false);
    const { context, page } = await fresh();
    await page.click("#image");
    await page.fill("#layout-url", server.url);
    await page.click("#layout button");
    await page.waitForSelector("#image-message.error");
    assert.match(await page.textContent("#image-message"), /sha256:[0-9a-f]{64} is not what the layout says/);
    server.close();
    await context.close();
  });

  it("from a server without CORS are refused in a sentence", async () => {
    const server = await layoutServer({}, () => false, {});
    const { context, page } = await fresh();
    await page.click("#image");
    await page.fill("#layout-url", server.url);
    await page.click("#layout button");
    await page.waitForSelector("#image-message.error");
    assert.match(await page.textContent("#image-message"), /does not allow other pages to read \(CORS\)/);
    server.close();
    await context.close();
  });
});

describe("links", () => {
  /** The link that the page makes. */
  async function link(page, command) {
    await page.click("#share");
    await page.fill("#sharing-command", command);
    await page.waitForFunction(() => document.getElementById("sharing-link").value !== "");
    // Making it takes the container's answer.
    await page.waitForTimeout(500);
    const made = await page.inputValue("#sharing-link");
    await page.click("#sharing-close");
    return made;
  }

  it("hold image, command and changed files, in some kilobytes", async () => {
    const { context, page } = await fresh();
    await done(page, "echo 'echo from the link' > /root/script.sh; rm /etc/group");
    const made = await link(page, "sh /root/script.sh; ls /etc/group");
    assert.ok(made.length < 2000, String(made.length));
    const other = await session.browser.newContext();
    const opened = await other.newPage();
    await opened.goto(made);
    await begun(opened);
    const text = await shows(opened, "Ended with exit code 1");
    assert.match(text, /from the link\nls: \/etc\/group: No such file/);
    assert.match(await opened.textContent("#kept"), /are not kept, unless/);
    await Promise.all([context.close(), other.close()]);
  });

  it("do not touch what the one who opens them has kept", async () => {
    const { context, page } = await fresh();
    await done(page, "echo linked > /root/h");
    const made = await link(page, "");
    const other = await fresh();
    await keep(other.page, "echo own > /root/h");
    await other.page.goto(made);
    await other.page.reload();
    await begun(other.page);
    assert.match(await done(other.page, "cat /root/h"), /\nlinked\n/);
    await other.page.goto("about:blank");
    await other.page.goto(session.url);
    await begun(other.page);
    assert.match(await done(other.page, "cat /root/h"), /\nown\n/);
    await Promise.all([context.close(), other.context.close()]);
  });

  it("that would be too long are not made", async () => {
    const { context, page } = await fresh();
    await done(page, "head -c 200000 /dev/urandom > /root/noise");
    await page.click("#share");
    await page.waitForFunction(() => document.getElementById("sharing-message").textContent.includes("links go up to 64"));
    await context.close();
  });

  it("are refused in a sentence when they are damaged", async () => {
    const context = await session.browser.newContext();
    const page = await context.newPage();
    for (const [fragment, sentence] of DAMAGED) {
      await page.goto("about:blank");
      await page.goto(session.url + fragment);
      await begun(page);
      await shows(page, "/ #");
      assert.match(await page.textContent("#messages"), sentence);
    }
    await context.close();
  });

  it("of `wcr share` are opened", async () => {
    const said = { share: 1, image: "busybox", built_in: true, spec: { command: ["cat", "/data"], seed: 7 } };
    const head = Buffer.from(`${JSON.stringify(said)}\n`);
    const link = gzipSync(Buffer.concat([head, tar([{ name: "data", content: Buffer.from("from elsewhere") }])])).toString("base64url");
    const context = await session.browser.newContext();
    const page = await open({ browser: context, url: `${session.url}#share=${link}` });
    await shows(page, "from elsewhere");
    await context.close();
  });

  it("go from the page to `wcr run --from`, and from `wcr share` to the page", async (test) => {
    if (!existsSync(process.env.WCR_BIN ?? "")) return test.skip("no wcr binary (WCR_BIN)");
    const home = mkdtempSync(join(tmpdir(), "wcr-links-"));
    const wcr = (...args) => {
      const { stdout, stderr, status } = spawnSync(process.env.WCR_BIN, args, { encoding: "utf8", env: { ...process.env, WCR_ROOT: home } });
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const { context, page } = await fresh();
    await done(page, "echo of the page > /root/note; rm /etc/group");
    await page.click("#share");
    await page.fill("#sharing-command", "cat /root/note; ls /etc/group || echo gone");
    await page.waitForFunction(() => document.getElementById("sharing-link").value !== "");
    await page.waitForTimeout(300);
    assert.equal(wcr("run", "--rm", "--from", await page.inputValue("#sharing-link")), "of the page\ngone\n");
    wcr("run", "--name", "box", "busybox", "sh", "-c", "echo of the command > /made; cat /made");
    const link = wcr("share", "--page", session.url, "box").trim();
    await page.goto("about:blank");
    await page.goto(link);
    await shows(page, "of the command");
    await context.close();
    rmSync(home, { recursive: true });
  });

  it("with files that are no tar start the container without them", async () => {
    const context = await session.browser.newContext();
    const page = await open({ browser: context, url: `${session.url}#share=${packed('{"share":1,"image":"busybox"}\nno tar at all')}` });
    await shows(page, "/ #");
    assert.match(await screen(page), /damaged/);
    await context.close();
  });
});

function hasSkopeo() {
  return spawnSync("skopeo", ["--version"]).status === 0;
}

/** Links that cannot be opened, and what is said of them. */
const DAMAGED = [
  ["#share=***", /This link is damaged/],
  ["#share=H4sIAAAA", /This link is damaged/],
  [`#share=${packed('{"share":1,"image":"example/none:1"}\n')}`, /the image example\/none:1, which is not kept in this browser/],
  [`#share=${packed('{"share":1,"spec":{"command":["ls"]}}\n')}`, /This link is damaged/],
  [`#share=${packed('{"share":1,"image":"busybox","spec":{"command":[1]}}\n')}`, /This link is damaged/],
  [`#share=${packed('{"share":2,"image":"busybox"}\n')}`, /another version/],
  [`#share=${packed(`{"share":1,"image":"busybox"}\n${"\0".repeat(17 << 20)}`)}`, /more than 16 MiB/],
];

function packed(text) {
  return gzipSync(Buffer.from(text)).toString("base64url");
}

/** A server of an OCI layout for all pages; `breaks` says whether an answer is cut. */
async function layoutServer(files, breaks, headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "range" }) {
  const server = createServer((request, response) => {
    if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
    const path = request.url.slice(1);
    const content = files[path];
    if (!content) return response.writeHead(404, headers).end();
    const { range } = request.headers;
    const from = range ? Number(/bytes=(\d+)-/.exec(range)[1]) : 0;
    const part = content.subarray(from);
    response.writeHead(range ? 206 : 200, { ...headers, "content-length": part.length });
    if (!breaks(path, range)) return response.end(part);
    response.write(part.subarray(0, 6 << 20), () => setTimeout(() => response.destroy(), 300));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A module whose `_start` ends with a code. */
function exit(code) {
  const text = (name) => [name.length, ...Buffer.from(name)];
  const section = (id, content) => [id, content.length, ...content];
  return Buffer.from([
    ...Buffer.from("\0asm\x01\0\0\0", "latin1"),
    ...section(1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]),
    ...section(2, [1, ...text("wasi_snapshot_preview1"), ...text("proc_exit"), 0, 0]),
    ...section(3, [1, 1]),
    ...section(7, [1, ...text("_start"), 0, 1]),
    ...section(10, [1, 6, 0, 0x41, code, 0x10, 0, 0x0b]),
  ]);
}

/** The panel for one command, used as a person does: commands typed, files dropped, runs stopped. */

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { dockerArchive, tar } from "./archive.mjs";
import { ended, open, run, start } from "./browser.mjs";

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  await page.click("#tab-command");
});
// A test that went wrong leaves nothing running for the next one.
afterEach(async () => {
  if (await page.isEnabled("#stop")) await page.click("#stop");
});
after(() => session.close());

/** Goes back to the image that comes with the page. */
async function builtin() {
  await page.click("#image");
  await page.click("#images-list button:has-text('comes with the page')");
  await page.waitForFunction(() => document.getElementById("image-name").textContent === "busybox");
}

/** What a command that goes well shows. */
const good = (stdout) => ({ code: 0, stdout, stderr: "", notes: "" });

/** The result without what differs from run to run. */
function shown({ status, stdout, stderr, notes }) {
  return { code: Number(/exit code (\d+)/.exec(status)?.[1]), stdout, stderr, notes };
}

describe("commands", () => {
  for (const [line, stdout] of [
    ["echo hi", "hi\n"],
    ["ls -la / | grep bin | wc -l", "1\n"],
    ["sh -c 'for i in 1 2 3; do echo $i; done | sort -r'", "3\n2\n1\n"],
    ["yes | head", "y\n".repeat(10)],
    ["echo 'two  words' \"and more\"", "two  words and more\n"],
    ["cd /tmp && pwd", "/tmp\n"],
  ]) {
    it(line, async () => assert.deepEqual(shown(await run(page, line)), good(stdout)));
  }

  it("tells standard error apart, and shows the exit code", async () => {
    const { stdout, stderr, status } = await run(page, "sh -c 'echo out; echo err >&2; exit 3'");
    assert.deepEqual({ stdout, stderr }, { stdout: "out\n", stderr: "err\n" });
    assert.match(status, /^exit code 3,/);
  });

  it("says why a program was not found", async () => {
    const { status, notes } = await run(page, "nosuch");
    assert.match(status, /^exit code 127,/);
    assert.match(notes, /cannot run nosuch: not found in the PATH/);
  });

  it("shows output as text, with its control characters made visible", async () => {
    const { stdout } = await run(page, "printf '<b>\\033[31m\\a</b>\\n'");
    assert.equal(stdout, "<b>\u241b[31m\u2407</b>\n");
    assert.equal(await page.locator("#output b").count(), 0);
  });

  it("shows how a program that is killed ends", async () => {
    const { status } = await run(page, "sh -c 'sh -c \"kill -9 \\$\\$\"; echo $?'");
    assert.match(status, /^exit code 0,/);
    assert.equal((await run(page, "sh -c 'sh -c \"kill -9 \\$\\$\"; echo $?'")).stdout, "137\n");
  });

  it("keeps up with much output", async () => {
    const { status, stdout } = await run(page, "seq 200000");
    assert.match(status, /^exit code 0,/);
    assert.ok(stdout.endsWith("199999\n200000\n"), stdout.slice(-40));
  });
});

describe("standard input", () => {
  it("is asked for when a program reads it", async () => {
    await page.fill("#line", "cat");
    await page.click("#run");
    await page.fill("#input-line", "one line");
    await page.press("#input-line", "Enter");
    await page.waitForFunction(() => document.getElementById("output").textContent === "one line\n");
    await page.fill("#input-line", "another");
    await page.press("#input-line", "Enter");
    await page.click("#end-input");
    assert.deepEqual(shown(await ended(page)), good("one line\nanother\n"));
    assert.equal(await page.isVisible("#input"), false);
  });

  it("ends with Ctrl-D", async () => {
    await page.fill("#line", "wc -c");
    await page.click("#run");
    await page.fill("#input-line", "12345");
    await page.press("#input-line", "Enter");
    await page.press("#input-line", "Control+d");
    assert.deepEqual(shown(await ended(page)), good("6\n"));
  });
});

describe("a run without an end", () => {
  for (const line of ["sh -c 'while :; do :; done'", "sh -c 'while :; do echo flood; done'", "yes"]) {
    it(`is stopped: ${line}`, async () => {
      await page.fill("#line", line);
      await page.click("#run");
      await page.waitForTimeout(300);
      await page.click("#stop");
      assert.equal((await ended(page)).status, "stopped");
      assert.deepEqual(shown(await run(page, "echo again")), good("again\n"));
    });
  }
});

describe("a program's memory", () => {
  it("has the limit that it has natively", async () => {
    const files = [...tar([{ name: "grow", content: GROW }])];
    const outcome = await page.evaluate(async (files) => {
      const listener = { output() {}, reading() {} };
      return globalThis.wcr.run({ command: ["/grow"], files: new Uint8Array(files) }, listener);
    }, files);
    assert.deepEqual([outcome.code, outcome.notes], [1, []]);
  });
});

describe("a process's own limit on its memory", () => {
  it("holds for the processes that begin with it", async () => {
    const grow = "x=0123456789abcdef; while :; do x=$x$x; done";
    const line = `sh -c 'ulimit -v 8192; sh -c "${grow.replaceAll("$", "\\$")}" || echo ended; ulimit -v'`;
    const { stdout } = await run(page, line);
    assert.equal(stdout, "ended\n8192\n");
  });
});

describe("a recursion without an end", () => {
  it("ends the program, and the page stays alive", async () => {
    await page.setInputFiles("#archive", {
      name: "deep.tar",
      mimeType: "application/x-tar",
      buffer: dockerArchive("deep:latest", {}, [{ name: "deep", content: RECURSION }]),
    });
    await page.waitForFunction(() => document.getElementById("image-name").textContent.includes("deep:latest"));
    const { status, notes } = await run(page, "/deep");
    await builtin();
    // As natively: killed by SIGSEGV.
    assert.match(status, /^exit code 139,/);
    assert.match(notes, /process 1: .*stack/i);
    assert.deepEqual(shown(await run(page, "echo alive")), good("alive\n"));
  });
});

describe("a deterministic run", () => {
  it("gives the same bytes and the same digest every time, whatever the clock says", async () => {
    await page.check("#deterministic");
    await page.fill("#prepared-text", "some input\n");
    const line = "sh -c 'date; cat; sleep 3600; date; head -c 8 /dev/urandom | wc -c'";
    const first = await run(page, line);
    const second = await run(page, line);
    await page.uncheck("#deterministic");
    assert.match(first.digest, /^sha256:[0-9a-f]{64}$/);
    assert.match(first.stdout, /2024.*\nsome input\n.*2024\n8\n/s);
    assert.deepEqual([first.stdout, first.digest], [second.stdout, second.digest]);
  });
});

describe("an archive of `docker save`", () => {
  const program = Buffer.from("#!/bin/hello\n");
  const archive = dockerArchive("example/hello:1", { Cmd: ["/app"] }, [{ name: "app", content: program }]);

  it("is opened where it is chosen; without a command its own is run", async () => {
    await page.setInputFiles("#archive", { name: "hello.tar", mimeType: "application/x-tar", buffer: archive });
    await page.waitForFunction(() => document.getElementById("image-name").textContent === "example/hello:1");
    const { status, notes } = await run(page, "");
    assert.match(status, /^exit code 127,/);
    assert.match(notes, /\/app is there, but the interpreter that its #! line names is not/);
  });

  it("stays open after a stop, and the built-in image can be had back", async () => {
    await page.evaluate(() => globalThis.wcr.stop());
    assert.match((await run(page, "/app")).notes, /\/app is there/);
    await builtin();
    assert.deepEqual(shown(await run(page, "echo back")), good("back\n"));
  });

  it("is opened where it is dropped, and its modules run", async () => {
    const image = dockerArchive("wasm:latest", {}, [{ name: "exit7", content: EXIT_7 }]);
    const transfer = await page.evaluateHandle((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], "wasm.tar"));
      return transfer;
    }, [...image]);
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
    await page.waitForFunction(() => document.getElementById("image-name").textContent.includes("wasm:latest"));
    assert.match((await run(page, "/exit7")).status, /^exit code 7,/);
    await builtin();
  });
});

/** A module whose `_start` calls `proc_exit(7)`. */
const EXIT_7 = Buffer.concat([
  Buffer.from("\0asm\x01\0\0\0", "latin1"),
  Buffer.from([1, 8, 2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]),
  section(2, [1, ...text("wasi_snapshot_preview1"), ...text("proc_exit"), 0, 0]),
  Buffer.from([3, 2, 1, 1]),
  section(7, [1, ...text("_start"), 0, 1]),
  Buffer.from([10, 8, 1, 6, 0, 0x41, 7, 0x10, 0, 0x0b]),
]);

/** A module whose `_start` calls itself. */
const RECURSION = Buffer.concat([
  Buffer.from("\0asm\x01\0\0\0", "latin1"),
  section(1, [1, 0x60, 0, 0]),
  section(3, [1, 0]),
  section(7, [1, ...text("_start"), 0, 0]),
  section(10, [1, 4, 0, 0x10, 0, 0x0b]),
]);

/** A module whose `_start` exits with 1 when its memory does not grow by 8192 pages, 512 MiB. */
const GROW = Buffer.concat([
  Buffer.from("\0asm\x01\0\0\0", "latin1"),
  section(1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]),
  section(2, [1, ...text("wasi_snapshot_preview1"), ...text("proc_exit"), 0, 0]),
  section(3, [1, 1]),
  section(5, [1, 0, 1]),
  section(7, [1, ...text("_start"), 0, 1]),
  section(10, [1, 13, 0, 0x41, 0x80, 0xc0, 0, 0x40, 0, 0x41, 0x7f, 0x46, 0x10, 0, 0x0b]),
]);

function section(id, content) {
  return Buffer.from([id, content.length, ...content]);
}

function text(name) {
  return [name.length, ...Buffer.from(name)];
}

describe("bad input", () => {
  it("an archive that is no image is refused in a sentence", async () => {
    await page.setInputFiles("#archive", { name: "holiday.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no image") });
    await page.waitForSelector("#image-message.error");
    assert.match(await page.textContent("#image-message"), /^holiday\.jpg cannot be opened: /);
    await page.click("#images-close");
    assert.deepEqual(shown(await run(page, "echo alive")), good("alive\n"));
  });

  it("a module that is not wasm is refused in a sentence", async () => {
    const outcome = await page.evaluate(async (files) => {
      const listener = { output() {}, reading() {} };
      return globalThis.wcr.run({ command: ["/broken"], files: new Uint8Array(files) }, listener);
    }, [...tar([{ name: "broken", content: Buffer.from("\0asm\x01\0\0\0 and then something else") }])]);
    assert.equal(outcome.code, 126);
    assert.match(outcome.notes.join(), /process 1: .*(expected|unknown|section|code)/i);
    assert.deepEqual(shown(await run(page, "echo alive")), good("alive\n"));
  });

  it("a file that is no program is refused in a sentence", async () => {
    const outcome = await page.evaluate(async (files) => {
      const listener = { output() {}, reading() {} };
      return globalThis.wcr.run({ command: ["/text"], files: new Uint8Array(files) }, listener);
    }, [...tar([{ name: "text", content: Buffer.from("just text\n") }])]);
    assert.equal(outcome.code, 126);
    assert.match(outcome.notes.join(), /\/text is a text file/);
  });

  it("a browser without JSPI gets a sentence", async () => {
    const old = await open(session, { script: () => delete WebAssembly.Suspending });
    assert.equal(await old.textContent("#state"), "cannot run here");
    assert.match(await old.textContent("#messages"), /no JavaScript Promise Integration/);
    assert.match(await old.textContent("#notes"), /no JavaScript Promise Integration/);
    assert.equal(await old.isDisabled("#run"), true);
    // The files can be looked at all the same.
    await old.click('#files summary:text-matches("^etc")');
    await old.click('#files button:text-is("passwd")');
    await old.waitForFunction(() => document.getElementById("file-text").value.startsWith("root:"));
    await old.click("#file-save");
    await old.waitForFunction(() => document.getElementById("files-message").textContent === "no container runs");
    await old.close();
  });
});

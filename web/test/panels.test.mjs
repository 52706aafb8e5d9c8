/** The panels beside the terminal: files, processes, calls, programs. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readFile } from "node:fs/promises";
import { open, shows, start, type } from "./browser.mjs";

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  await shows(page, "/ #");
});
after(() => session.close());

/** Does a line in the shell, to its end. */
let mark = 0;
async function done(line) {
  await type(page, `${line}; echo done-$((${++mark} + 0))`);
  return shows(page, `\ndone-${mark}`);
}

const entry = (name) => page.locator(`#files button:text-is("${name}")`);

describe("files", () => {
  it("are shown as they come and go", async () => {
    await done("mkdir /data; echo text > /data/note.txt; printf '\\000\\001' > /data/binary");
    await page.click('#files summary:text-matches("^data")');
    await entry("note.txt").waitFor();
    await done("rm /data/binary");
    await entry("binary").waitFor({ state: "detached" });
  });

  it("are shown with what is in them, and can be changed", async () => {
    await entry("note.txt").click();
    await page.waitForFunction(() => document.getElementById("file-text").value === "text\n");
    assert.equal(await page.textContent("#file-name"), "/data/note.txt");
    await page.fill("#file-text", "other text ä\n");
    await page.click("#file-save");
    await page.waitForFunction(() => document.getElementById("file-message").textContent.startsWith("Saved"));
    assert.match(await done("cat /data/note.txt"), /\nother text ä\n/);
  });

  it("can be downloaded", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#file-download")]);
    assert.equal(download.suggestedFilename(), "note.txt");
    assert.equal(await readFile(await download.path(), "utf8"), "other text ä\n");
  });

  it("can be uploaded into the folder that is open", async () => {
    assert.equal(await page.textContent("#files-place"), "/data");
    const buffer = Buffer.from([0, 1, 2, 255]);
    await page.setInputFiles("#files-chosen", { name: "sent.bin", mimeType: "application/octet-stream", buffer });
    await entry("sent.bin").click();
    await page.waitForFunction(() => document.getElementById("file-message").textContent.includes("no text"));
    assert.equal(await page.isVisible("#file-text"), false);
    assert.match(await done("od -An -tx1 /data/sent.bin"), / 00 01 02 ff\n/);
  });

  it("can be made and deleted", async () => {
    page.once("dialog", (dialog) => dialog.accept("new.txt"));
    await page.click("#files-new");
    await page.waitForFunction(() => document.getElementById("file-name").textContent === "/data/new.txt");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#file-remove");
    await entry("new.txt").waitFor({ state: "detached" });
    assert.match(await done("ls /data"), /\nnote\.txt +sent\.bin\n/);
  });

  it("that cannot be read are refused in a sentence", async () => {
    const denied = await page.evaluate(async () => {
      const ask = (question, path) =>
        globalThis.wcrPage.session.runner.ask(question, new TextEncoder().encode(path)).catch((error) => error.message);
      return [await ask("read", "/nosuch"), await ask("read", "/data"), await ask("list", "/etc/passwd"), await ask("remove", "/proc")];
    });
    assert.deepEqual(denied, [
      "/nosuch: No such file or directory",
      "/data: Is a directory",
      "/etc/passwd: Not a directory",
      "/proc: Device or resource busy",
    ]);
  });

  it("with hostile names show what they are", async () => {
    await done("cd /data; : > \"$(printf '<img src=x>\\033]0;t\\007\\342\\200\\256gnp')\"; cd /");
    const name = page.locator('#files button:text-matches("img src")');
    await name.waitFor();
    assert.equal(await name.textContent(), "<img src=x>\\u{1b}]0;t\\u{7}\\u{202e}gnp");
    assert.equal(await page.locator("#files img").count(), 0);
    await name.click();
    await page.waitForFunction(() => document.getElementById("file-name").textContent.includes("img src"));
  });

  it("of a folder go with it", async () => {
    await page.evaluate(() => globalThis.wcrPage.session.runner.ask("remove", new TextEncoder().encode("/data")));
    assert.match(await done("ls -d /data"), /No such file/);
  });
});

describe("processes", () => {
  it("are listed while they live", async () => {
    await page.click("#tab-processes");
    await type(page, "sleep 1234 | cat");
    await page.waitForFunction(() => document.getElementById("processes").textContent.includes("sleep 1234"));
    await page.focus("#screen textarea");
    await page.keyboard.press("Control+c");
    await page.waitForFunction(() => !document.getElementById("processes").textContent.includes("sleep 1234"));
  });
});

describe("signals", () => {
  const send = (command) => page.click(`#processes tr:has(td:text-is("${command}")) button`);
  const gone = (text) => page.waitForFunction((text) => !document.getElementById("processes").textContent.includes(text), text);

  it("are sent to the process that is chosen", async () => {
    await page.click("#tab-processes");
    await type(page, "trap 'echo caught' USR1; sleep 4321; echo status $?");
    await page.selectOption("#signal", { label: "TERM" });
    await send("sleep 4321");
    await shows(page, "\nstatus 143");
    await gone("sleep 4321");
    assert.match(await page.textContent("#signal-message"), /^TERM sent to \d+$/);
    await page.selectOption("#signal", { label: "USR1" });
    await send("sh");
    // As in a shell of its own, the trap waits for the line.
    await type(page, "");
    await shows(page, "\ncaught");
  });

  it("stop a process and let it go on", async () => {
    await type(page, "sh -c 'while :; do sleep 1; echo tick; done' > /ticks & sleep 1");
    const ticking = "sh -c while :; do sleep 1; echo tick; done";
    await page.waitForFunction((text) => document.getElementById("processes").textContent.includes(text), ticking);
    await page.selectOption("#signal", { label: "STOP" });
    await send(ticking);
    assert.match(await done("a=$(wc -l < /ticks); sleep 3; b=$(wc -l < /ticks); echo $((b - a)) more"), /\n[01] more/);
    await page.selectOption("#signal", { label: "CONT" });
    await send(ticking);
    assert.match(await done("a=$(wc -l < /ticks); sleep 3; b=$(wc -l < /ticks); echo $((b - a)) again"), /\n[2-4] again/);
    await page.selectOption("#signal", { label: "KILL" });
    await send(ticking);
    await gone(ticking);
  });

  it("to who is gone are refused in a sentence", async () => {
    const refused = await page.evaluate(() => globalThis.wcrPage.session.runner.ask("signal", 99999, 9).catch((error) => error.message));
    assert.equal(refused, "process 99999: No such process");
  });
});

describe("calls", () => {
  it("are told while they are watched", async () => {
    await page.click("#tab-calls");
    await done("cat /etc/passwd > /dev/null");
    await page.waitForFunction(() => document.getElementById("calls").textContent.includes('path_open(AT_FDCWD, "/etc/passwd"'));
    await page.fill("#calls-filter", "exited with");
    await page.waitForFunction(() => /^.*exited with 0 \+\+\+$/m.test(document.getElementById("calls").textContent));
    assert.doesNotMatch(await page.textContent("#calls"), /path_open/);
    await page.fill("#calls-filter", "");
  });

  it("are not told when nobody looks", async () => {
    await page.click("#tab-programs");
    await page.waitForTimeout(200);
    const before = await page.textContent("#calls");
    await done("ls / > /dev/null");
    await page.waitForTimeout(200);
    assert.equal(await page.textContent("#calls"), before);
  });

  it("of a program that makes many do not hold up the page", async () => {
    await page.click("#tab-calls");
    await done("dd if=/dev/zero of=/dev/null bs=1 count=20000 2>/dev/null");
    await page.waitForFunction(() => /\n… \d+ more\n/.test(document.getElementById("calls").textContent));
    await page.click("#tab-programs");
  });
});

describe("programs", () => {
  it("are told with what runs for them, and how often", async () => {
    await done("for i in 1 2 3; do /bin/true; done");
    const row = page.locator('#programs tr:has-text("/bin/true")');
    await row.waitFor();
    await page.waitForFunction(() => /^3\/bin\/true is /m.test([...document.getElementById("programs").rows].map((row) => row.textContent).join("\n")));
  });
});

/** The terminal, typed at by a driver: the shell, keys, sizes, loops that are stopped, output that means harm. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { open, screen, shows, start, type } from "./browser.mjs";

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  await shows(page, "/ #");
});
after(() => session.close());

/** Starts a line of its own, so that what comes can be told from what was there. */
let mark = 0;
async function said(line, answer) {
  const done = `done-${++mark}`;
  await type(page, `${line}; echo done-$((${mark} + 0))`);
  const text = await shows(page, `\n${done}`);
  if (answer !== undefined) assert.ok(text.includes(answer), text.slice(-400));
  return text;
}

describe("the shell", () => {
  it("answers", () => said("echo $((6 * 7))", "\n42\n"));

  it("has a terminal, and its size", async () => {
    const { rows, columns } = await page.evaluate(() => globalThis.wcrPage.screen.size);
    await said("tty; stty size", `\n/dev/pts/0\n${rows} ${columns}\n`);
  });

  it("gets a new size when the window has one", async () => {
    await page.setViewportSize({ width: 1000, height: 500 });
    await page.waitForTimeout(300);
    const { rows, columns } = await page.evaluate(() => globalThis.wcrPage.screen.size);
    await said("stty size", `\n${rows} ${columns}\n`);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it("remembers its lines", async () => {
    await said("echo first-line");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.wcrPage.screen.text.split("\nfirst-line").length > 2);
  });

  it("completes names", async () => {
    await said("touch /tmp/a-long-name");
    await page.keyboard.type("ls /tmp/a-lo");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await shows(page, "\n/tmp/a-long-name\n");
  });

  it("interrupts a program with Ctrl-C", async () => {
    await type(page, "sleep 1000; echo slept");
    await page.waitForTimeout(300);
    await page.keyboard.press("Control+c");
    await said("echo $?", "\n130\n");
  });

  it("interrupts a loop of its own with Ctrl-C", async () => {
    await type(page, "while :; do :; done");
    await page.waitForTimeout(300);
    await page.keyboard.press("Control+c");
    await said("echo still-here", "\nstill-here\n");
  });

  it("gets what is pasted", async () => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "echo pasted-$((1+1))");
      const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
      document.querySelector("#screen textarea").dispatchEvent(paste);
    });
    await page.keyboard.press("Enter");
    await shows(page, "\npasted-2\n");
  });

  it("gets the keys of the page's own keyboard", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await type(page, "cat");
    await page.click('#keys button[aria-label="Control C"]');
    await said("echo after-cat", "\nafter-cat\n");
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it("runs a program that uses the whole screen", async () => {
    await said("seq 200 > /tmp/numbers");
    await type(page, "vi /tmp/numbers");
    await shows(page, "\n20\n");
    await page.keyboard.type(":q\n");
    await said("echo after-vi", "\nafter-vi\n");
  });

  it("keeps up with much output", async () => {
    await said("seq 100000", "\n100000\n");
  });

  it("takes keys that come while the page is behind with the output", async () => {
    await page.evaluate(() => {
      const { session, screen } = globalThis.wcrPage;
      const { write } = screen;
      screen.write = async (bytes) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await write.call(screen, bytes);
      };
      for (const key of `: ${"x".repeat(300)}; echo be''hind\r`) session.runner.input(new TextEncoder().encode(key));
    });
    await shows(page, "\nbehind\n");
    await page.evaluate(() => delete globalThis.wcrPage.screen.write);
  });

  it("says how it ended, and Enter starts another one", async () => {
    await type(page, "exit 3");
    await shows(page, "Ended with exit code 3. Enter starts a shell.");
    assert.equal(await page.textContent("#state"), "ended with 3");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /shell\.\n[^]*#$/.test(globalThis.wcrPage.screen.text));
    // What was changed is still there.
    await said("ls /tmp", "a-long-name");
  });
});

describe("a loop without an end", () => {
  it("is stopped, and the page says what is lost", async () => {
    await said("echo kept > /root/kept");
    await page.waitForFunction(() => document.getElementById("kept").textContent.includes("kept at"));
    await page.waitForTimeout(2500);
    await type(page, "awk 'BEGIN { while (1) ; }'");
    await page.waitForTimeout(300);
    await page.click("#halt");
    await shows(page, "Stopped: all programs have ended, and what files had been changed after");
    await said("cat /root/kept", "\nkept\n");
  });
});

describe("output that means harm", () => {
  /** What reaches the container from the terminal while something is written to the screen. */
  async function answered(hostile) {
    const sent = await page.evaluate(async (hostile) => {
      const { session, screen } = globalThis.wcrPage;
      const sent = [];
      const input = session.runner.input;
      session.runner.input = (bytes) => sent.push(...bytes);
      await screen.write(Uint8Array.from(hostile, (character) => character.charCodeAt(0)));
      await new Promise((resolve) => setTimeout(resolve, 50));
      session.runner.input = input;
      return String.fromCharCode(...sent);
    }, hostile);
    return sent;
  }

  const ESC = "\x1b";
  for (const [name, hostile] of Object.entries({
    "asks what the terminal is": `${ESC}[c${ESC}[0c${ESC}[>c${ESC}[=c${ESC}Z`,
    "asks for its state": `${ESC}[5n${ESC}[?6n${ESC}[?15n${ESC}[?25n`,
    "asks for a mode": `${ESC}[4$p${ESC}[?2004$p`,
    "asks for a setting": `${ESC}P$q"p${ESC}\\${ESC}P$qm${ESC}\\${ESC}P+q544e${ESC}\\`,
    "asks for a colour": `${ESC}]10;?\x07${ESC}]11;?\x07${ESC}]12;?${ESC}\\${ESC}]4;1;?\x07`,
    "asks for the title": `${ESC}]2;rm -rf /\n\x07${ESC}[21t${ESC}[20t`,
    "asks for sizes": `${ESC}[14t${ESC}[16t${ESC}[18t${ESC}[19t`,
    "asks for the version": `${ESC}[>q${ESC}[>0q${ESC}[?u`,
    "asks for the clipboard": `${ESC}]52;c;?\x07`,
  })) {
    it(`${name}: the terminal answers nothing by itself`, async () => assert.equal(await answered(hostile), ""));
  }

  it("asks for the cursor: the answer has only numbers in it", async () => {
    assert.match(await answered(`${ESC}[6n`), /^\x1b\[\d+;\d+R$/);
  });

  it("changes no title, link, clipboard or colour", async () => {
    const before = await page.evaluate(() => [document.title, getComputedStyle(document.querySelector("#screen")).backgroundColor]);
    await page.evaluate(() => {
      globalThis.harm = [];
      globalThis.open = () => globalThis.harm.push("open");
      globalThis.confirm = () => globalThis.harm.push("confirm");
      Object.defineProperty(navigator, "clipboard", { value: { writeText: () => globalThis.harm.push("clipboard") } });
    });
    const harm = [
      "\\033]0;gotcha\\007",
      "\\033]2;gotcha\\033\\\\",
      "\\033]8;;https://example.org/\\007click me\\033]8;;\\007",
      "\\033]52;c;Z290Y2hh\\007",
      "\\033]11;#ff0000\\007",
      "\\033]1337;File=inline=1:AAAA\\007",
      "\\033P1;1q#0~~\\033\\\\",
    ];
    await said(`printf '${harm.join("")}\\n'`, "click me");
    await page.locator("#screen .xterm-rows >> text=click me").last().click().catch(() => {});
    const after = await page.evaluate(() => [document.title, getComputedStyle(document.querySelector("#screen")).backgroundColor]);
    assert.deepEqual(after, before);
    assert.deepEqual(await page.evaluate(() => globalThis.harm), []);
    assert.equal(await page.locator("#screen a").count(), 0);
  });

  it("is HTML: it stays text", async () => {
    await said("printf '<img src=x onerror=alert(1)><b id=evil>bold</b>\\n'", "<img src=x onerror=alert(1)><b id=evil>bold</b>");
    assert.equal(await page.locator("#evil, #screen img").count(), 0);
  });

  it("leaves no modes behind for the next shell", async () => {
    await type(page, "printf '\\033[?1049h\\033[?1000h\\033[?25l\\033[4h'; exit");
    await page.waitForFunction(() => document.getElementById("state").textContent.startsWith("ended"));
    await page.keyboard.press("Enter");
    await said("echo as-before", "\nas-before\n");
  });
});

describe("the page", () => {
  it("has a way out of the terminal for the keyboard", async () => {
    await page.focus("#screen textarea");
    await page.keyboard.press("F6");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-files");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.isVisible("#panel-processes"), true);
    await page.keyboard.press("Home");
    assert.equal(await page.isVisible("#panel-files"), true);
  });

  it("does not freeze while a program computes", async () => {
    await type(page, "awk 'BEGIN { while (1) ; }'");
    await page.waitForTimeout(200);
    const frames = await page.evaluate(async () => {
      const start = performance.now();
      let frames = 0;
      while (performance.now() - start < 500) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        frames++;
      }
      return frames;
    });
    assert.ok(frames > 5, String(frames));
    await page.keyboard.press("Control+c");
    await said("echo back", "\nback\n");
    assert.ok((await screen(page)).length > 0);
  });
});

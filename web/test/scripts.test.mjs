/** The panel of test scripts: an editor, what runs it, and its report; the same answers as `wcr test` gives. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { dockerArchive } from "./archive.mjs";
import { open, shows, start } from "./browser.mjs";

let session;
let page;

before(async () => {
  session = await start();
  page = await open(session);
  await shows(page, "/ #");
  await page.click("#tab-tests");
  await page.waitForFunction(() => document.getElementById("editor-text").value !== "");
});
after(() => session.close());

/** Runs a script to its end: the sum, and the cases of the report. */
async function report(script, page_ = page) {
  await page_.fill("#editor-text", script);
  await page_.focus("#editor-text");
  await page_.keyboard.press("Control+Enter");
  return reported(page_);
}

async function reported(page_ = page) {
  await page_.waitForFunction(() => document.getElementById("script-stop").disabled);
  return page_.evaluate(() => ({
    status: document.getElementById("script-status").textContent,
    cases: [...document.querySelectorAll("#script-report > li")].map((item) => item.innerText),
  }));
}

/** The cases that `wcr test` reports of such a file; nothing where there is no binary. */
function nativeCases(name, text, ...options) {
  const wcr = process.env.WCR_BIN;
  if (!wcr || !existsSync(wcr)) return undefined;
  const home = mkdtempSync(join(tmpdir(), "wcr-scripts-"));
  try {
    const file = join(home, name);
    writeFileSync(file, text);
    const env = { ...process.env, WCR_ROOT: join(home, "store") };
    const { stdout, stderr } = spawnSync(wcr, ["test", "--json", ...options, file], { encoding: "utf8", env });
    assert.notEqual(stdout, "", stderr);
    return JSON.parse(stdout).cases;
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** A page with an archive of the image `example/tool:1` open, at its test scripts. */
async function withArchive(session) {
  const page = await open(session);
  await shows(page, "/ #");
  const layer = [{ name: "data", content: Buffer.from("of the archive") }];
  const buffer = dockerArchive("example/tool:1", { Env: ["A=b"] }, layer);
  await page.click("#image");
  await page.setInputFiles("#archive", { name: "image.tar", mimeType: "application/x-tar", buffer });
  await page.waitForFunction(() => document.getElementById("image-name").textContent.includes("example/tool"));
  await page.keyboard.press("Escape");
  await page.click("#tab-tests");
  await page.waitForFunction(() => document.getElementById("editor-text").value !== "");
  return page;
}

describe("the example", () => {
  it("runs, with a failure to show how that looks", async () => {
    await page.click("#script-run");
    const { status, cases } = await reported();
    assert.equal(status, "3 passed, 1 failed", cases.join("\n"));
    assert.match(cases[0], /^ok greets/);
    assert.match(cases[3], /- expected\n\+ actual\n {2}1\n {2}2\n\+ 3\n {2}4\n {2}5\n- 6/);
  });

  it("marks the line that failed, and leads there", async () => {
    const marked = await page.textContent("#editor-lines mark");
    await page.click('#script-report button:text-matches("^line")');
    const at = await page.evaluate(() => {
      const field = document.getElementById("editor-text");
      return { line: field.value.slice(0, field.selectionStart).split("\n").length, focused: document.activeElement === field };
    });
    assert.deepEqual(at, { line: Number(marked), focused: true });
  });
});

/** What a script may do with containers. */
const SCRIPTS = {
  "fresh containers": `
    let r = run("busybox", ["sh", "-c", "date; echo $RANDOM; cat /proc/sys/kernel/hostname; (sleep 5; date) | cat; exit 3"]);
    print(r.stdout); print(r.trace); print(r.code);
    expect(r.code).equals(3);`,
  "containers that are kept": `
    let c = container("busybox");
    c.run(["sh", "-c", "echo one > /f; sleep 60"]);
    let d = c.copy();
    d.write("/g", "two");
    print(c.run(["sh", "-c", "cat /f; date; ls /g"]).trace);
    expect(d.run(["cat", "/f", "/g"]).stdout).equals("one\\ntwo");
    expect(c.exists("/g")).is_false();`,
  "closures as programs, with runs within": `
    let c = container("busybox");
    mock("deploy", |args, stdin| run("busybox", ["sh", "-c", "echo inner; exit 0"]).stdout + stdin);
    let r = c.run(["sh", "-c", "echo given | deploy a b > /result; echo after"]);
    print(r.trace);
    expect(c.file("/result")).equals("inner\\ngiven\\n");
    expect(r.stdout).equals("after\\n");`,
  "a conversation": `
    let c = container("busybox");
    mock("ask", |args| \`answer to \${args[0]}\` + "\\n");
    let p = c.start(["sh", "-c", "echo name?; read n; ask $n; while read line; do echo $line >> /log; done"]);
    expect(p.read()).equals("name?\\n");
    p.feed("you\\n");
    expect(p.read()).equals("answer to you\\n");
    p.feed("one\\ntwo\\n");
    expect(p.exec(["cat", "/log"]).stdout).equals("one\\ntwo\\n");
    let b = p.exec(["sh", "-c", "sleep 60; date +%T >&2; seq 20000; exit 4"]);
    expect([b.code, b.stderr, b.stdout.len]).equals([4, "00:01:00\\n", 108894]);
    let r = p.wait();
    print(r.trace);
    expect(r.code).equals(0);`,
  "calls": `
    let r = run("busybox", ["cat", "/etc/hostname"], #{ calls: true });
    for line in r.calls { print(line); }
    expect(r.calls.filter(|line| line.contains("/etc/shadow"))).is_empty();
    expect(r.calls.some(|line| line.contains("path_open") && line.contains("/etc/hostname"))).is_true();`,
  "another order": `
    let r = run("busybox", ["sh", "-c", "for i in 1 2 3; do echo $i & done; wait; mktemp -u"], #{ seed: 7, clock: "2030-05-06T07:08:09Z" });
    print(r.stdout); print(r.trace);`,
};

describe("scripts", () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    it(`say the same as natively: ${name}`, async (test) => {
      const text = `test("${name}", || {${script}\n});`;
      const { status, cases } = await report(text);
      assert.equal(status, "1 passed, 0 failed", cases.join("\n"));
      const native = nativeCases("t.rhai", text);
      if (!native) return test.skip("no wcr binary (WCR_BIN)");
      const here = await page.evaluate(() => document.querySelector("#script-report pre")?.textContent ?? "");
      assert.deepEqual(here.split("\n").filter(Boolean), native[0].printed.filter(Boolean));
    });
  }

  it("that cannot be read are marked where that is", async () => {
    const { status, cases } = await report('test("a", || {\n  let x = ;\n});');
    assert.equal(status, "0 passed, 1 failed");
    assert.match(cases[0], /line 2, column 11[\s\S]*the script cannot be read/);
    assert.equal(await page.textContent("#editor-lines mark"), "2\n");
  });

  it("without an end are stopped by their operations, and by the button", async () => {
    const { cases } = await report('test("a", || { loop {} });');
    assert.match(cases[0], /more than 20000000 operations/);
    await page.fill("#editor-text", 'run("busybox", ["awk", "BEGIN { while (1); }"]);');
    await page.click("#script-run");
    await page.waitForFunction(() => !document.getElementById("script-stop").disabled);
    await page.click("#script-stop");
    assert.equal((await reported()).status, "Stopped.");
    assert.equal((await report('expect(run("busybox", ["echo", "1"]).stdout).equals("1\\n");')).status, "1 passed, 0 failed");
  });

  it("whose container runs too long go on without it", async () => {
    const { status, cases } = await report(
      'let r = run("busybox", ["sh", "-c", "while :; do :; done"], #{ timeout: 1 });\n' +
        "expect(r.code).equals(137); expect(r.notes).equals([\"stopped after 1 seconds, its time\"]);",
    );
    assert.equal(status, "1 passed, 0 failed", cases.join("\n"));
  });

  it("for images that are not there say so", async () => {
    const { cases } = await report('run("alpine", ["true"]);');
    assert.match(cases[0], /the page has no image alpine:latest; it has busybox:latest/);
  });

  it("run containers of the archive that is open, by its name", async () => {
    const other = await withArchive(session);
    const script = 'let c = container("example/tool:1"); expect(c.file("/data")).equals("of the archive");';
    const { status, cases } = await report(script, other);
    assert.equal(status, "1 passed, 0 failed", cases.join("\n"));
    await other.close();
  });

  it("whose program waits for nothing say so", async () => {
    const { cases } = await report(
      'let c = container("busybox"); let p = c.start(["sh", "-c", "mkfifo /f; read x"]); p.exec(["cat", "/f"]);',
    );
    assert.match(cases[0], /the program beside it waits for what nobody gives/);
  });

  it("nested as deep as can be do no harm to the page", async () => {
    const { status } = await report("let x = 1; for i in 0..100000 { x = [x]; } print(x);");
    assert.match(status, /failed|more stack/);
    assert.equal((await report("expect(1).equals(1);")).status, "1 passed, 0 failed");
  });
});

/** A structure test of each kind, some of which fail. */
const STRUCTURE = `# about the image that is open
schemaVersion: 2.0.0
globalEnvVars:
  - { key: WHO, value: you }
commandTests:
  - name: says it
    setup: [["sh", "-c", "echo $WHO > /said"]]
    command: cat
    args: ["/said"]
    expectedOutput: ["^y.u\\n$"]
    excludedOutput: ["me"]
  - name: sleeps, and ends with another code
    command: sh
    args: ["-c", "sleep 60; date; echo late >&2; exit 3"]
    expectedOutput: ["00:01:00"]
  - name: prints something else
    command: seq
    args: ["3"]
    expectedOutput: ["^4"]
  - name: no such program
    command: nothing
fileExistenceTests:
  - { name: a program, path: /bin/sh, isExecutableBy: any, uid: 0, permissions: "-rwxr-xr-x" }
  - { name: nothing, path: /nothing, shouldExist: false }
  - { name: something, path: /nothing, shouldExist: true }
fileContentTests:
  - name: users
    path: /etc/passwd
    expectedContents: ["^root:x:0:0:", "toor"]
metadataTest:
  cmd: ["sh"]
  workdir: /srv
`;

describe("structure tests", () => {
  /** What the panel shows of each case: its name and all that is told of a failure. */
  const shown = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("#script-report > li")].map((item) => {
        const [title, ...rest] = [...item.children].map((part) => part.textContent);
        return [title.replace(/ \d+ ms$/, ""), ...rest.flatMap((text) => text.split("\n"))].filter(Boolean);
      }),
    );
  /** The same of what the command reports. */
  const reportOf = ({ script, name, failure }) => [
    `${failure ? "FAILED" : "ok"} ${name ?? script}`,
    ...(failure ? [failure.what, ...failure.detail, ...failure.last_run].flatMap((text) => text.split("\n")) : []),
  ].filter(Boolean);

  it("are known by their name, and reported as the command does", async (test) => {
    await page.fill("#script-name", "structure.yaml");
    const { status, cases } = await report(STRUCTURE);
    assert.equal(status, "3 passed, 6 failed", cases.join("\n"));
    const native = nativeCases("structure.yaml", STRUCTURE, "--image", "busybox");
    if (!native) return test.skip("no wcr binary (WCR_BIN)");
    assert.deepEqual(await shown(), native.map(reportOf));
  });

  it("are known by what they begin with, in YAML and JSON", async () => {
    await page.fill("#script-name", "t.rhai");
    const test = '{ "name": "a", "command": "true" }';
    for (const text of [
      `---\n# a comment\n\nschemaVersion: "2.0.0"\ncommandTests:\n  - ${test}\n`,
      `{\n  "schemaVersion": "2.0.0", "commandTests": [${test}] }`,
    ]) {
      const { status, cases } = await report(text);
      assert.equal(status, "1 passed, 0 failed", cases.join("\n"));
      assert.match(cases[0], /Command Test: a/);
    }
  });

  it("that are none say why, as the command does", async (test) => {
    await page.fill("#script-name", "t.yml");
    for (const text of ["schemaVersion: 1.0.0\n", "schemaVersion: 2.0.0\nlicenceTests: []\n", "schemaVersion: [\n"]) {
      const { status } = await report(text);
      assert.equal(status, "0 passed, 1 failed", text);
      const native = nativeCases("t.yml", text, "--image", "busybox");
      if (!native) return test.skip("no wcr binary (WCR_BIN)");
      const named = (lines) => lines.slice(1);
      assert.deepEqual((await shown()).map(named), native.map(reportOf).map(named));
    }
  });

  it("have an example, whose last test fails", async () => {
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#structure-example");
    assert.equal(await page.inputValue("#script-name"), "example.yaml");
    await page.click("#script-run");
    const { status, cases } = await reported();
    assert.equal(status, "5 passed, 1 failed", cases.join("\n"));
    assert.match(cases[5], /^FAILED Metadata Test[\s\S]*working directory/i);
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#script-example");
    assert.equal(await page.inputValue("#script-name"), "example.wcr.rhai");
  });

  it("are about the image that is open", async () => {
    const other = await withArchive(session);
    const { status, cases } = await report(
      'schemaVersion: 2.0.0\nfileContentTests: [{ name: data, path: /data, expectedContents: ["^of the archive$"] }]\n' +
        "metadataTest: { env: [{ key: A, value: b }] }\n",
      other,
    );
    assert.equal(status, "2 passed, 0 failed", cases.join("\n"));
    await other.close();
  });
});

describe("a script", () => {
  const SNAPSHOT = 'expect(run("busybox", ["seq", "3"]).stdout).snapshot("list");';

  it("and its snapshots are kept", async () => {
    assert.match((await report(SNAPSHOT)).cases[0], /there is no snapshot "list" yet[\s\S]*Write snapshots/);
    await page.check("#script-update");
    assert.equal((await report(SNAPSHOT)).status, "1 passed, 0 failed, 1 snapshot written");
    await page.reload();
    await shows(page, "/ #");
    await page.click("#tab-tests");
    await page.waitForFunction(() => document.getElementById("editor-text").value !== "");
    assert.equal(await page.inputValue("#editor-text"), SNAPSHOT);
    await page.click("#script-run");
    assert.equal((await reported()).status, "1 passed, 0 failed");
    assert.match((await report(SNAPSHOT.replace('"3"', '"4"'))).cases[0], /not as the snapshot "list" says[\s\S]*\+ 4/);
  });

  it("may be run in part", async () => {
    await page.fill("#script-filter", "two");
    const { status } = await report('test("one", || expect(1).equals(2)); test("two", || expect(1).equals(1));');
    assert.equal(status, "1 passed, 0 failed, 1 not run");
    await page.fill("#script-filter", "");
  });

  it("that is not kept is said", async () => {
    await page.evaluate(() => (Storage.prototype.setItem = () => { throw new Error("the quota is exceeded"); }));
    await page.fill("#editor-text", "1");
    assert.equal(await page.textContent("#script-status"), "The script is not kept: the quota is exceeded");
  });

  it("indents as one types", async () => {
    await page.fill("#editor-text", "");
    await page.focus("#editor-text");
    await page.keyboard.type('test("a", || {\nx\ny');
    assert.equal(await page.inputValue("#editor-text"), 'test("a", || {\n    x\n    y');
  });
});

describe("the module for scripts", () => {
  it("is fetched when the first script is run, not before", async () => {
    const fresh = await open(session);
    await shows(fresh, "/ #");
    const fetched = () => fresh.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /scripts/.test(name)).length);
    assert.equal(await fetched(), 0);
    await fresh.close();
  });
});

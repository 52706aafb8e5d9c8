/** The examples of the editor. */

/** A script or a structure test, and the name of its file. */
export interface Example {
  name: string;
  text: string;
}

/** The script that the editor begins with. */
export const SCRIPT: Example = {
  name: "example.wcr.rhai",
  text: `// Each run is a fresh container with a clock and a randomness of its own:
// the same bytes every time, here and with \`wcr test\`.
test("greets", || {
    let r = run("busybox", ["sh", "-c", "read name; echo hello $name"], #{ stdin: "world\\n" });
    expect(r.code).equals(0);
    expect(r.stdout).equals("hello world\\n");
});

test("an hour of sleep ends at once", || {
    let c = container("busybox");
    c.run(["sleep", "3600"]);
    expect(c.run(["date", "+%H:%M"]).stdout).equals("01:00\\n");
});

test("curl is a closure", || {
    mock("curl", |args| if args[0] == "http://up/" { "fine\\n" } else { 7 });
    let r = run("busybox", ["sh", "-c", "curl http://up/ && curl http://down/"]);
    expect(r.stdout).equals("fine\\n");
    expect(r.code).equals(7);
});

test("fails, to show how that looks", || {
    let r = run("busybox", ["seq", "5"]);
    expect(r.stdout).equals("1\\n2\\n4\\n5\\n6\\n");
});
`,
};

/** A structure test, of the image that is open. */
export const STRUCTURE: Example = {
  name: "example.yaml",
  text: `# A file of container-structure-test, about the image that is open,
# as \`wcr test --image IMAGE example.yaml\` runs it.
schemaVersion: 2.0.0

commandTests:
  - name: a script writes a file
    setup: [["sh", "-c", "seq 3 > /tmp/numbers"]]
    command: wc
    args: ["-l", "/tmp/numbers"]
    expectedOutput: ["^3 /tmp/numbers"]
  - name: a file that is not there
    command: cat
    args: ["/none"]
    exitCode: 1
    expectedError: ["No such file or directory"]

fileExistenceTests:
  - name: the shell
    path: /bin/sh
    shouldExist: true
    isExecutableBy: any
  - name: no secrets
    path: /root/.ssh
    shouldExist: false

fileContentTests:
  - name: root's shell
    path: /etc/passwd
    expectedContents: ["root:.*:/bin/sh"]

metadataTest:
  cmd: ["sh"]
  # Fails, to show how that looks.
  workdir: /srv
`,
};

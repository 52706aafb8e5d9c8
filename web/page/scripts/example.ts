/** The script that the editor begins with. */

export const EXAMPLE_NAME = "example.wcr.rhai";

export const EXAMPLE = `// Each run is a fresh container with a clock and a randomness of its own:
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
`;

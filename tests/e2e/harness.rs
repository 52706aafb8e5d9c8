//! `wcr test`: scripts whose every `run` is a fresh container that is the same every time.

use std::fs;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// A folder with scripts, a store that is empty, and no network: `busybox` is the built-in image.
struct Scripts {
    home: Scratch,
}

impl Scripts {
    fn new(scripts: &[(&str, &str)]) -> Self {
        let scripts_in = Scripts { home: Scratch::new("harness") };
        for (name, text) in scripts {
            let path = scripts_in.home.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        scripts_in
    }

    /// Runs `wcr test` over paths in the folder.
    fn test(&self, paths: &[&str]) -> Finished {
        Wcr::new(self.home.path()).args(["test"]).args(paths.iter().map(|path| self.home.join(path))).run()
    }

    /// The report with the folder's own path taken away.
    fn report(&self, finished: &Finished) -> String {
        finished.stdout().replace(&format!("{}/", self.home.path().display()), "")
    }
}

/// Runs one script.
fn test(script: &str) -> (Scripts, Finished) {
    let scripts = Scripts::new(&[("t.rhai", script)]);
    let finished = scripts.test(&["t.rhai"]);
    (scripts, finished)
}

#[test]
fn clock_and_randomness_are_the_same_every_time() {
    let script = r#"
        fn look() { run("busybox", ["sh", "-c", "date; echo $RANDOM"]) }
        let r = look();
        expect(r.stdout).equals(look().stdout).contains("Jan  1 00:00:00 UTC 2024");
        expect(r.trace).equals(look().trace).matches("^[0-9a-f]{64}$");
        print(r.stdout);
        print(r.trace);
    "#;
    let (scripts, first) = test(script);
    let first = first.ok();
    assert!(first.stdout().ends_with("\n1 passed, 0 failed\n"), "{}", first.stdout());
    // Said once, however often the image is run.
    assert_eq!(first.stderr().lines().count(), 1, "{}", first.stderr());
    let second = scripts.test(&["t.rhai"]).ok();
    assert_eq!(first.stdout(), second.stdout());
}

#[test]
fn seed_and_clock_can_be_set() {
    let script = r#"
        let draw = ["sh", "-c", "date -u +%s; echo $RANDOM $RANDOM $RANDOM"];
        let plain = run("busybox", draw);
        let seeded = run("busybox", draw, #{ seed: 7 });
        expect(seeded.stdout).not_equals(plain.stdout).equals(run("busybox", draw, #{ seed: 7 }).stdout);
        expect(seeded.trace).not_equals(plain.trace);
        expect(run("busybox", draw, #{ clock: "2001-09-09T01:46:40Z" }).stdout).starts_with("1000000000\n");
        expect(run("busybox", ["sleep", "100000"]).code).equals(0);
    "#;
    test(script).1.ok();
}

#[test]
fn the_clock_and_the_seed_are_a_cases_own() {
    let script = r#"
        fn look() { run("busybox", ["sh", "-c", "date -u +%F; echo $RANDOM"]).stdout }
        fn set_by_a_function() { clock.set("2031-01-01T00:00:00Z"); }
        let usual = look();
        clock.set("2030-01-01T00:00:00Z");
        test("sets them", || {
            expect(look()).starts_with("2030-01-01\n");
            clock.advance(86400);
            expect(clock.now).equals("2030-01-02T00:00:00Z");
            expect(look()).starts_with("2030-01-02\n");
            expect(container("busybox").clock.now).equals("2030-01-02T00:00:00Z");
            seed(7);
            expect(look()).equals(look()).not_equals("2030-01-02\n" + usual.split("\n")[1] + "\n");
            set_by_a_function();
            expect(look()).starts_with("2031-01-01\n");
        });
        test("begins as the script has left it", || {
            expect(look()).equals("2030-01-01\n" + usual.split("\n")[1] + "\n");
            let clock = "mine";
            expect(clock).equals("mine");
        });
        test("wrong uses", || {
            for f in [|| clock.set("noon"), || clock.advance(-1), || seed(-1), || seed("x")] {
                let said = "";
                try { f.call(); } catch (error) { said = error; }
                expect(said).contains("it takes");
            }
        });
    "#;
    let (scripts, finished) = test(script);
    finished.ok();
    let other = Wcr::new(scripts.home.path()).args(["test", "--seed", "9", "--clock", "fixed=2029-12-31"]);
    let script = scripts.home.join("other.rhai");
    fs::write(&script, r#"expect(run("busybox", ["date", "+%F"]).stdout).equals("2029-12-31\n");"#).unwrap();
    other.args([script]).run().ok();
    let host = Wcr::new(scripts.home.path()).args(["test", "--clock", "host"]).args([scripts.home.join("other.rhai")]);
    host.run().fails().exits(2).says(&["the same every time"]);
}

#[test]
fn input_files_environment_and_exit_code_go_in_and_out() {
    let script = r#"
        test("stdin", || {
            expect(run("busybox", ["cat"], #{ stdin: "one\ntwo" }).stdout).equals("one\ntwo");
            expect(run("busybox", ["cat"]).stdout).is_empty();
            expect(run("busybox", ["cat"], #{ stdin: blob(3, 255) }).stdout_bytes).equals(blob(3, 255));
        });
        test("files", || {
            let files = #{ "/in/deep/text": "text\n", "/in/bytes": blob(2, 200) };
            let r = run("busybox", ["sh", "-c", "cp -r /in /out; echo more >> /out/deep/text"], #{ files: files });
            expect(r.stderr).is_empty();
            expect(r.file("/out/deep/text")).equals("text\nmore\n");
            expect(r.file("/in/deep/text")).equals("text\n");
            expect(r.file_bytes("/out/bytes")).equals(blob(2, 200));
        });
        test("every container is fresh", || {
            run("busybox", ["touch", "/left"]);
            expect(run("busybox", ["test", "-e", "/left"]).code).equals(1);
        });
        test("the rest", || {
            let options = #{ env: #{ WHO: "you" }, workdir: "/tmp", hostname: "here", user: "1000" };
            let r = run("busybox", ["sh", "-c", "echo $WHO; pwd; hostname; id -u; echo bad >&2; exit 42"], options);
            expect(r.stdout).equals("you\n/tmp\nhere\n1000\n");
            expect(r.stderr).equals("bad\n");
            expect(r.code).equals(42).greater_than(41).at_most(42);
            expect(run("busybox", ["hi"], #{ entrypoint: "echo" }).stdout).equals("hi\n");
        });
    "#;
    let (scripts, finished) = test(script);
    let report = scripts.report(&finished.ok());
    let expected = "ok      t.rhai: stdin\nok      t.rhai: files\nok      t.rhai: every container is fresh\n\
                    ok      t.rhai: the rest\n\n4 passed, 0 failed\n";
    assert_eq!(report, expected);
}

#[test]
fn nothing_of_the_host_gets_in() {
    let scripts = Scripts::new(&[("t.rhai", r#"print(run("busybox", ["env"]).stdout);"#)]);
    let run = |value| {
        let path = scripts.home.join("t.rhai");
        Wcr::new(scripts.home.path()).args(["test"]).args([path]).env("FROM_HOST", value).env("TZ", value).run().ok()
    };
    let (first, second) = (run("first-value"), run("UTC+5"));
    assert!(!first.stdout().contains("first-value"), "{}", first.stdout());
    assert_eq!(first.stdout(), second.stdout());
}

#[test]
fn a_failure_shows_the_difference_and_the_line() {
    let script = "test(\"passes\", || expect(1).equals(1));\n\
                  test(\"fails\", || {\n\
                  \x20   print(\"a note\");\n\
                  \x20   let r = run(\"busybox\", [\"sh\", \"-c\", \"seq 3; echo trouble >&2; exit 3\"]);\n\
                  \x20   expect(r.stdout).equals(\"1\\n\\t2\\n3\\n\");\n\
                  });\n\
                  test(\"goes on\", || expect(run(\"busybox\", [\"true\"]).code).equals(0));\n";
    let (scripts, finished) = test(script);
    let report = scripts.report(&finished.exits(1));
    let expected = r#"ok      t.rhai: passes
FAILED  t.rhai: fails (t.rhai:5:22)
        | a note
ok      t.rhai: goes on

failures:

t.rhai: fails
  t.rhai:5:22: the string is not the expected one
    5 |     expect(r.stdout).equals("1\n\t2\n3\n");
      |                      ^
  - expected
  + actual
    1
  - \t2
  + 2
    3
  last run: busybox sh -c "seq 3; echo trouble >&2; exit 3": exit code 3
    on standard error:
    | trouble

2 passed, 1 failed
"#;
    assert_eq!(report, expected);
}

#[test]
fn what_is_wrong_with_a_script_is_said_with_its_place() {
    for (script, texts) in [
        ("let x = ;\n", &["t.rhai:1:9: the script cannot be read", "1 | let x = ;"][..]),
        ("let r = 1;\nr.nothing();", &["t.rhai:2:3: there is no function or method `nothing (integer)`"]),
        ("expect(1).equal(1);", &["t.rhai:1:11: there is no function or method `equal"]),
        (
            "run(\"busybox\", [\"true\"], #{ stdn: 1 });",
            &["t.rhai:1:1: `run` has no option \"stdn\"", "stdin, timeout, user"],
        ),
        ("run(\"busybox\", [\"nothing\"]);", &["t.rhai:1:1: cannot run nothing", "PATH"]),
        ("run(\"No Image\", [\"true\"]);", &["t.rhai:1:1: cannot run \"No Image\""]),
        ("run(\"busybox\", [\"true\"]).file(\"/none\");", &["the file \"/none\" cannot be read", "No such file"]),
        ("fn f(x) {\n  expect(x).equals(2);\n}\n\nf(1);", &["t.rhai:2:13: ", "called by `f`"]),
        ("import \"x\" as y;", &["t.rhai:1:1: the script cannot be read", "import"]),
        ("test(\"a\", || test(\"b\", || 1));", &["a case cannot have a case in it"]),
        ("exit();", &["cannot `exit`"]),
        ("run(\"busybox\", \"echo hi\");", &["`run (string, string)`", "called as: run(\"image\", [\"argument\", …])"]),
        ("mock(\"x\", 1);", &["`mock (string, integer)`", "called as: mock(\"program\", |args| …)"]),
        ("expect([1]).equals([]);", &["expected: []", "actual:   [1]"]),
        ("throw \"own words\";", &["t.rhai:1:1: own words"]),
    ] {
        let (scripts, finished) = test(script);
        let report = scripts.report(&finished.exits(1));
        for text in texts {
            assert!(report.contains(text), "no {text:?} for {script:?} in:\n{report}");
        }
        assert!(report.ends_with("\n0 passed, 1 failed\n"), "{report}");
    }
}

#[test]
fn fault_98_a_script_without_an_end_is_stopped() {
    for (script, text) in [
        ("loop { }", "t.rhai:1:6: the script takes more than"),
        ("loop { test(\"a\", || { for i in 0..1000000 { } }); }", "operations in all its cases"),
        ("try { loop { } } catch { }", "the script takes more than"),
        ("fn f() { f() }\nf();", "deep"),
        ("let s = \"x\"; loop { s += s; }", "over the limit"),
    ] {
        let (scripts, finished) = test(script);
        let report = scripts.report(&finished.exits(1));
        assert!(report.contains(text), "{script}: {report}");
        assert!(report.ends_with(" 1 failed\n"), "{report}");
    }
}

#[test]
fn a_case_without_an_end_ends_alone() {
    let script = r#"
        test("loops", || { let x = 0; while true { x += 1; } });
        test("mocks", || { mock("tool", |args| { loop { } }); run("busybox", ["tool"]); });
        test("goes on", || expect(run("busybox", ["echo", "x"]).stdout).equals("x\n"));
    "#;
    let (scripts, finished) = test(script);
    let report = scripts.report(&finished.exits(1));
    for text in ["FAILED  t.rhai: loops", "FAILED  t.rhai: mocks", "ok      t.rhai: goes on", "1 passed, 2 failed"] {
        assert!(report.contains(text), "no {text} in {report}");
    }
}

#[test]
fn what_is_printed_outside_of_cases_is_reported() {
    let scripts = Scripts::new(&[("t.rhai", "print(\"one\");\ntest(\"a\", || print(\"two\"));\nprint(\"three\");")]);
    let report = scripts.report(&scripts.test(&["t.rhai"]).ok());
    let expected =
        "ok      t.rhai: a\n        | two\nprinted t.rhai\n        | one\n        | three\n\n1 passed, 0 failed\n";
    assert_eq!(report, expected);
    let json = Wcr::new(scripts.home.path()).args(["test", "--json"]).args([scripts.home.join("t.rhai")]).run().ok();
    let json: serde_json::Value = serde_json::from_slice(json.stdout().as_bytes()).unwrap();
    assert_eq!(json["scripts"][0]["printed"], serde_json::json!(["one", "three"]));
}

#[test]
fn a_report_that_cannot_be_written_is_said_after_the_report() {
    let scripts = Scripts::new(&[("t.rhai", "expect(1).equals(1);")]);
    let junit = ["test", "--junit", "/no/such/folder/x.xml"];
    let finished = Wcr::new(scripts.home.path()).args(junit).args([scripts.home.join("t.rhai")]).run().fails();
    assert!(finished.stdout().ends_with("1 passed, 0 failed\n"), "{}", finished.stdout());
    finished.says(&["cannot write the report to /no/such/folder/x.xml"]);
}

#[test]
fn images_and_files_are_looked_at() {
    let script = r#"
        let it = image("busybox");
        expect(it.cmd).equals(["sh"]);
        expect([it.entrypoint, it.ports, it.volumes]).equals([[], [], []]);
        expect(it.env.PATH).contains("/bin");
        expect(it.platform).starts_with("linux/");
        expect(it.file("/etc/passwd")).starts_with("root:");
        expect([it.exists("/bin/sh"), it.exists("/none"), it.exists("/etc/passwd/x")]).equals([true, false, false]);
        expect(it.stat("/tmp").kind).equals("folder");
        let r = run("busybox", ["sh", "-c", "echo abc > /f; chmod 640 /f; chown 1:2 /f; ln -s f /l; touch -d '2020-01-02 03:04:05' /f"]);
        let f = r.stat("/f");
        expect([f.kind, f.mode, f.uid, f.gid, f.size, f.links, f.mtime]).equals(["file", 0o640, 1, 2, 4, 1, "2020-01-02T03:04:05Z"]);
        expect([r.stat("/l").kind, r.stat("/l").target, r.exists("/l")]).equals(["link", "f", true]);
        expect(container("busybox").stat("/bin/sh").kind).not_equals("folder");
        expect(run("busybox").code).equals(0);
        let failed = "";
        try { it.stat("/none"); } catch (error) { failed = error; }
        expect(failed).contains("\"/none\" cannot be looked at: No such file");
        try { image("No Image"); } catch (error) { failed = error; }
        expect(failed).contains("there is no image \"No Image\"");
    "#;
    let (scripts, finished) = test(script);
    assert!(scripts.report(&finished).ends_with("1 passed, 0 failed\n"), "{}", finished.stdout());
}

#[test]
fn values_nested_as_deep_as_can_be_do_no_harm() {
    let (scripts, finished) = test("let a = []; for i in 0..1000 { a = [a]; }\nexpect(a).equals([]);");
    let report = scripts.report(&finished.exits(1));
    assert!(report.contains("t.rhai:2:11: "), "{report}");
}

#[test]
fn a_failed_check_cannot_be_caught() {
    let (scripts, finished) = test("test(\"a\", || { try { expect(1).equals(2); } catch { } });");
    assert!(scripts.report(&finished.exits(1)).contains("0 passed, 1 failed"));
    let caught =
        r#"let said = ""; try { run("busybox", ["nothing"]); } catch (e) { said = e; } expect(said).contains("PATH");"#;
    test(caught).1.ok();
}

#[test]
fn folders_run_all_their_scripts_in_order() {
    let pass = "expect(1).equals(1);";
    let scripts =
        Scripts::new(&[("d/b.rhai", pass), ("d/a/z.rhai", pass), ("d/no.txt", ""), ("d/c.rhai", "let x = 1;")]);
    let finished = scripts.test(&["d"]).ok();
    assert_eq!(scripts.report(&finished), "ok      d/a/z.rhai\nok      d/b.rhai\n\n2 passed, 0 failed\n");
    finished.says(&["c.rhai: there is no case"]);
}

#[test]
fn nothing_to_test_is_a_wrong_use() {
    let scripts = Scripts::new(&[("empty.rhai", "let x = 1;"), ("x.txt", "expect(1).equals(1);"), ("d/no.txt", "")]);
    scripts.test(&["empty.rhai"]).fails().exits(2).prints("").says(&["nothing to test"]);
    scripts.test(&["x.txt"]).fails().exits(2).prints("").says(&["x.txt", "is not a script"]);
    scripts.test(&["d"]).fails().exits(2).prints("").says(&["no script below"]);
    scripts.test(&["missing.rhai"]).fails().exits(2).prints("").says(&["missing.rhai", "cannot read"]);
    let nowhere = Wcr::new(scripts.home.path()).args(["test"]).current_dir(scripts.home.join("d")).run();
    nowhere.fails().exits(2).prints("").says(&["no script below ."]);
    let here = Wcr::new(scripts.home.path()).args(["test"]).current_dir(scripts.home.path()).run();
    here.exits(2).says(&["empty.rhai: there is no case"]);
}

#[test]
fn an_image_that_is_not_to_be_had_fails_the_case() {
    let (scripts, finished) = test("run(\"example.com/none\", [\"true\"]);");
    assert!(scripts.report(&finished.exits(1)).contains("t.rhai:1:1: cannot run \"example.com/none\""));
}

#[test]
fn an_endless_loop_ends_its_container_and_nothing_else() {
    let script = r#"
        test("loops", || {
            let r = run("busybox", ["sh", "-c", "echo begun; while :; do :; done"], #{ timeout: 1 });
            expect(r.code).equals(137);
            expect(r.stdout).equals("begun\n");
            expect(r.notes).contains("stopped after 1 seconds, its time");
        });
        test("goes on", || expect(run("busybox", ["echo", "x"]).stdout).equals("x\n"));
        test("is refused", || run("busybox", [], #{ timeout: 0 }));
    "#;
    let (_scripts, finished) = test(script);
    let finished = finished.exits(1);
    let report = finished.stdout();
    assert!(report.ends_with("\n2 passed, 1 failed\n") && report.contains("from 1 to 3600"), "{report}");
}

#[test]
fn runs_of_one_container_share_files_and_clock() {
    let script = r##"
        test("files and clock", || {
            let c = container("busybox", #{ files: #{ "/etc/motd": "hello\n" }, env: #{ WHO: "you" }, workdir: "/srv" });
            expect(c.run(["sh", "-c", "cat /etc/motd > here; echo $WHO >> here; sleep 3600; date -u +%H:%M"]).stdout).equals("01:00\n");
            expect(c.file("/srv/here")).equals("hello\nyou\n");
            c.clock.advance(1800);
            let r = c.run(["sh", "-c", "date -u +%H:%M; ls -l --full-time here | cut -d' ' -f6-"], #{ env: #{ WHO: () } });
            expect(r.stdout).starts_with("01:30\n").contains("2024-01-01 00:00:00");
            expect(c.clock.now).starts_with("2024-01-01T01:30:00");
            c.write("/srv/run.sh", #{ content: "#!/bin/sh\nrm here; mkdir sub; exit 4\n", mode: 0o755 });
            let before = c.copy();
            expect(c.run(["./run.sh"]).code).equals(4);
            expect([c.exists("/srv/here"), c.exists("/srv/sub"), before.exists("/srv/here")]).equals([false, true, true]);
            expect(before.run(["cat", "here"]).stdout).equals("hello\nyou\n");
            // Another randomness each time, the same in each run of the script.
            let draw = ["sh", "-c", "echo $RANDOM"];
            expect(before.run(draw).stdout).not_equals(before.run(draw).stdout);
        });
        test("what does not start leaves the files as they are", || {
            let c = container("busybox");
            c.write("/kept", "x");
            let said = "";
            try { c.run(["nothing"]); } catch (error) { said = error; }
            expect(said).contains("PATH");
            expect(c.run(["cat", "/kept"]).stdout).equals("x");
        });
        test("wrong uses", || {
            let c = container("busybox");
            for f in [|| c.run([]), || c.run(["true"], #{ seed: 1 }), || c.clock.advance(-1), || c.write("x", ""), || c.file("/none"), || c.run(["true"]).file("/x")] {
                let failed = false;
                try { f.call(); } catch { failed = true; }
                expect(failed).is_true();
            }
        });
    "##;
    test(script).1.ok();
}

#[test]
fn calls_are_lines_that_can_be_expected() {
    let script = r#"
        test("a call, none to a path, and how many", || {
            let r = run("busybox", ["sh", "-c", "cat /etc/hostname | wc -c; cat /none"], #{ calls: true });
            let opened = r.calls.filter(|line| line.contains("path_open"));
            expect(opened.some(|line| line.contains(`"/etc/hostname"`))).is_true();
            expect(opened.some(|line| line.contains(`"/none"`) && line.contains("ENOENT"))).is_true();
            expect(r.calls.filter(|line| line.contains("/etc/shadow"))).is_empty();
            expect(r.calls[0]).contains("[pid ").contains("wcr.exec(");
            expect(r.calls).equals(run("busybox", ["sh", "-c", "cat /etc/hostname | wc -c; cat /none"], #{ calls: true }).calls);
        });
        test("of a container, and of what was started", || {
            let c = container("busybox", #{ calls: true });
            expect(c.run(["true"]).calls[0]).contains("wcr.exec");
            let p = c.start(["sh", "-c", "read x; mkdir /made"]);
            p.feed("x\n");
            expect(p.wait().calls.some(|line| line.contains("mkdir") || line.contains("create_directory"))).is_true();
        });
        test("what should not be there is shown", || {
            expect(run("busybox", ["cat", "/etc/passwd"], #{ calls: true }).calls.filter(|line| line.contains("/etc/passwd"))).is_empty();
        });
        test("they are kept when asked for", || run("busybox", ["true"]).calls);
    "#;
    let (_, finished) = test(script);
    let report = finished.exits(1).stdout();
    assert!(report.ends_with("\n2 passed, 2 failed\n"), "{report}");
    assert!(report.contains("its calls were not kept; say `calls: true` in the options of the run"), "{report}");
    assert!(report.contains("path_open(AT_FDCWD, \\\"/etc/passwd\\\""), "{report}");
}

#[test]
fn snapshots_are_compared_and_written_when_asked_to() {
    let script = r#"
        test("lists", || expect(run("busybox", ["seq", "3"]).stdout).snapshot("numbers"));
        test("bytes", || expect(run("busybox", ["printf", "\\377\\0"]).stdout_bytes).snapshot("bytes"));
    "#;
    let scripts = Scripts::new(&[("t.rhai", script)]);
    let report = scripts.report(&scripts.test(&["t.rhai"]).exits(1));
    assert!(
        report.contains("there is no snapshot \"numbers\" yet") && report.contains("wcr test --update"),
        "{report}"
    );
    let run = |args: &[&str]| {
        Wcr::new(scripts.home.path()).args(["test"]).args(args).args([scripts.home.join("t.rhai")]).run()
    };
    run(&["--update"]).ok().says(&["2 snapshots were written"]);
    assert_eq!(fs::read(scripts.home.join("t.rhai.snapshots/bytes.snap")).unwrap(), [0xff, 0]);
    scripts.test(&["t.rhai"]).ok();

    fs::write(scripts.home.join("t.rhai.snapshots/numbers.snap"), "1\n2\n4\n").unwrap();
    fs::write(scripts.home.join("t.rhai.snapshots/old.snap"), "").unwrap();
    let report = scripts.report(&scripts.test(&["t.rhai"]).exits(1));
    assert!(report.contains("- 4\n  + 3\n"), "{report}");
    run(&["--update"]).ok().says(&["1 snapshot was written", "old.snap: no case asks for this snapshot"]);
    scripts.test(&["t.rhai"]).ok();
    assert!(scripts.home.join("t.rhai.snapshots/old.snap").exists());
}

#[test]
fn cases_are_chosen_and_reported_in_order_whatever_the_number_of_jobs() {
    let script = |name: &str| {
        let case = |number| {
            format!(
                "test(\"{name} {number}\", || expect(run(\"busybox\", [\"echo\", \"{number}\"]).stdout).equals(\"{number}\\n\"));\n"
            )
        };
        (0..4).map(case).collect::<String>()
    };
    let (a, b, c) = (script("one"), script("two"), script("three"));
    let scripts = Scripts::new(&[("d/a.rhai", &a), ("d/b.rhai", &b), ("d/c.rhai", &c)]);
    let run =
        |args: &[&str]| Wcr::new(scripts.home.path()).args(["test"]).args(args).args([scripts.home.join("d")]).run();
    let report = |args: &[&str]| scripts.report(&run(args).ok());
    let all = report(&["--jobs", "1"]);
    assert!(
        all.ends_with("12 passed, 0 failed\n") && all.starts_with("ok      d/a.rhai: one 0\nok      d/a.rhai: one 1\n"),
        "{all}"
    );
    assert_eq!(report(&["--jobs", "3"]), all);
    assert_eq!(report(&["--filter", "b.rhai: two 2"]), "ok      d/b.rhai: two 2\n\n1 passed, 0 failed, 11 not run\n");
    run(&["--filter", "none such"]).fails().exits(2).says(&["no case was run", "none such"]);
    run(&["--shard", "3/2"]).fails().exits(2).says(&["1/4"]);
    let mut shares: Vec<String> = Vec::new();
    for number in 1..=3 {
        let share = report(&["--shard", &format!("{number}/3")]);
        shares.extend(share.lines().filter(|line| line.starts_with("ok")).map(str::to_owned));
    }
    let mut every: Vec<&str> = all.lines().filter(|line| line.starts_with("ok")).collect();
    shares.sort_unstable();
    every.sort_unstable();
    assert_eq!(shares, every);
}

#[test]
fn reports_are_written_for_machines() {
    let script = "test(\"good\", || print(\"<b>\"));\ntest(\"bad\", || expect(\"a&b\").equals(\"c\"));\n";
    let scripts = Scripts::new(&[("t.rhai", script)]);
    let junit = scripts.home.join("report.xml");
    let finished = Wcr::new(scripts.home.path())
        .args(["test", "--json", "--junit"])
        .args([&junit, &scripts.home.join("t.rhai")])
        .run();
    let json: serde_json::Value = serde_json::from_str(&finished.exits(1).stdout()).unwrap();
    assert_eq!((&json["passed"], &json["failed"], &json["not_run"]), (&1.into(), &1.into(), &0.into()));
    assert_eq!(json["cases"][0]["name"], "good");
    assert_eq!(json["cases"][0]["printed"][0], "<b>");
    assert_eq!(json["cases"][1]["failure"]["place"]["line"], 2);
    let xml = fs::read_to_string(&junit).unwrap();
    for text in [
        "tests=\"2\" failures=\"1\"",
        "<system-out>&lt;b&gt;</system-out>",
        "actual:   &quot;a&amp;b&quot;",
        "name=\"bad\"",
    ] {
        assert!(xml.contains(text), "no {text} in {xml}");
    }
}

//! Closures of test scripts that are programs of containers, and tests in other orders of processes.

use std::fs;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// Runs one script, with more options of `wcr test`.
fn test_with(options: &[&str], script: &str) -> Finished {
    let home = Scratch::new("mocks");
    let path = home.join("t.rhai");
    fs::write(&path, script).unwrap();
    let finished = Wcr::new(home.path()).args(["test"]).args(options.iter().copied()).args([&path]).run();
    finished
}

#[test]
fn a_closure_answers_for_a_program() {
    let script = r##"
        test("what is printed, and the exit code", || {
            mock("curl", |args| `asked for ${args[1]}` + "\n");
            mock("git", |args| #{ stdout: "out\n", stderr: "err\n", code: 3 });
            mock("check", |args| 0);
            mock("four", || 4);
            expect(run("busybox", ["four", "x"]).code).equals(4);
            mock("quiet", |args| ());
            let r = run("busybox", ["sh", "-c", "curl -s http://x/ | tr a-z A-Z; git push 2>&1; echo $?; check && quiet && echo fine"]);
            expect(r.stdout).equals("ASKED FOR HTTP://X/\nout\nerr\n3\nfine\n");
        });
        test("calls are kept, and input comes", || {
            let calls = [];
            mock("mail", |args, stdin| { calls.push(args + [stdin]); });
            run("busybox", ["sh", "-c", "echo hello | mail -s greeting you; echo bye | mail me; mail < /dev/null"]);
            expect(calls).equals([["-s", "greeting", "you", "hello\n"], ["me", "bye\n"], [""]]);
        });
        test("the same every time", || {
            let count = 0;
            mock("next", |args| { count += 1; `${count}` + "\n" });
            let look = || {
                count = 0;
                run("busybox", ["sh", "-c", "next; next; (next | cat) & wait; date; echo $RANDOM"])
            };
            let first = look.call();
            expect(first.stdout).starts_with("1\n2\n3\n");
            expect(look.call().trace).equals(first.trace);
        });
        test("containers that are kept, and runs within", || {
            let c = container("busybox");
            mock("deploy", |args| run("busybox", ["echo", "inner"]).stdout);
            expect(c.run(["sh", "-c", "deploy > /result"]).code).equals(0);
            expect(c.file("/result")).equals("inner\n");
        });
        test("a mock ends with its case", || {
            expect(run("busybox", ["sh", "-c", "deploy; echo $?"]).stdout).equals("127\n");
        });
    "##;
    let finished = test_with(&[], script).ok();
    assert!(finished.stdout().ends_with("\n5 passed, 0 failed\n"), "{}", finished.stdout());
}

#[test]
fn what_goes_wrong_in_a_closure_fails_the_case_with_its_place() {
    for (mock, expected) in [
        ("mock(\"x\", |args| { throw \"no\"; });", "t.rhai:2:20"),
        ("mock(\"x\", |args| expect(args).equals([1]));", "t.rhai:2:31"),
        ("mock(\"x\", |args| 256);", "a number from 0 to 255"),
        ("mock(\"x\", |args| #{ out: 1 });", "has no part \"out\""),
        ("mock(\"x\", |a, b, c| 1);", "not 3 values"),
        ("mock(\"a/b\", |args| 1);", "without a slash"),
        ("let c = container(\"busybox\"); mock(\"x\", |args| c.file(\"/x\")); c.run([\"x\"]);", "is in use"),
    ] {
        let script = format!(
            "test(\"case\", || {{\n{mock}\nrun(\"busybox\", [\"x\"]);\n}});\ntest(\"next\", || expect(1).equals(1));"
        );
        let finished = test_with(&[], &script).exits(1);
        let report = finished.stdout();
        assert!(report.contains(expected) && report.ends_with("\n1 passed, 1 failed\n"), "{mock}: {report}");
    }
}

#[test]
fn an_order_that_a_script_depends_on_is_found() {
    // Who writes first is chance; in the usual order it is always the same one.
    let racy = r#"
        let r = run("busybox", ["sh", "-c", "echo one >> /log & echo two >> /log & wait; cat /log"]);
        expect(r.stdout).equals("one\ntwo\n");
    "#;
    test_with(&[], racy).ok();
    let found = test_with(&["--schedule", "seeds=0..40"], racy).exits(1).stdout();
    let seed = found.split("--schedule seed=").nth(1).and_then(|rest| rest.split('`').next()).unwrap().to_owned();
    let again = test_with(&["--schedule", &format!("seed={seed}")], racy).exits(1).stdout();
    assert!(again.contains(&format!("`--schedule seed={seed}`")), "{again}");
    let sound = r#"
        let r = run("busybox", ["sh", "-c", "(sleep 1; echo one) | cat; seq 2000 | sort -n | tail -n 1; echo a & wait; yes | head -n 3"]);
        expect(r.stdout).equals("one\n2000\na\ny\ny\ny\n");
    "#;
    test_with(&["--schedule", "seeds=0..30"], sound).ok();
}

#[test]
fn scripts_that_depend_on_no_order_end_alike_in_other_ones() {
    let home = Scratch::new("schedules");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schedules");
    // `cargo xtask schedules` has a thousand.
    let finished = Wcr::new(home.path()).args(["test", "--schedule", "seeds=0..10", folder]).run();
    assert!(finished.ok().stdout().ends_with(" passed, 0 failed\n"));
}

#[test]
fn an_order_is_the_same_every_time_and_another_for_another_seed() {
    let home = Scratch::new("orders");
    let digest = |seed: u32| {
        let schedule = format!("seed={seed}");
        let options = ["run", "--rm", "--deterministic", "--trace-digest", "--schedule", &schedule];
        let script = "for i in 1 2 3 4; do echo $i & done; seq 100 | tac | wc -l; wait";
        Wcr::new(home.path()).args(options).args(["busybox", "sh", "-c", script]).run().ok().stderr()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
    let bad = Wcr::new(home.path()).args(["run", "--schedule", "7", "busybox", "true"]).run().fails();
    bad.says(&["seed=NUMBER"]);
}

#[test]
fn a_program_beside_another_that_waits_for_nothing_is_an_error() {
    let script = r#"
        let c = container("busybox");
        let p = c.start(["sh", "-c", "mkfifo /f; read x; echo got $x"]);
        p.exec(["cat", "/f"]);
    "#;
    let report = test_with(&[], script).exits(1).stdout();
    assert!(report.contains("the program beside it waits for what nobody gives"), "{report}");
}

#[test]
fn a_program_is_fed_while_it_runs() {
    let script = r##"
        test("a conversation", || {
            let c = container("busybox");
            let p = c.start(["sh", "-c", "echo name?; read n; echo hello $n; read m; echo $m > /last; sleep 100; date +%T; exit 3"]);
            expect(p.read()).equals("name?\n");
            p.feed("you\n");
            expect(p.read()).equals("hello you\n");
            expect(p.running).is_true();
            p.feed("the end\n");
            expect(p.running).is_false();
            let r = p.wait();
            expect([r.code, r.stdout]).equals([3, "name?\nhello you\n00:01:40\n"]);
            expect(c.file("/last")).equals("the end\n");
            expect(c.clock.now).starts_with("2024-01-01T00:01:40");
        });
        test("programs beside it", || {
            let c = container("busybox", #{ env: #{ WHO: "me" } });
            let p = c.start(["sh", "-c", "mkdir /run; while read line; do echo $line >> /run/log; done"]);
            p.feed("one\ntwo\n");
            expect(p.exec(["cat", "/run/log"]).stdout).equals("one\ntwo\n");
            let r = p.exec(["sh", "-c", "sleep 60; date +%T; echo $WHO >&2; exit 4"]);
            expect([r.stdout, r.stderr, r.code]).equals(["00:01:00\n", "me\n", 4]);
            p.feed("three");
            p.close();
            expect(p.running).is_false();
            expect(p.wait().code).equals(0);
            expect(c.run(["wc", "-l", "/run/log"]).stdout).equals("2 /run/log\n");
        });
        test("mocks answer there, too", || {
            let c = container("busybox");
            mock("ask", |args| `answer to ${args[0]}` + "\n");
            let p = c.start(["sh", "-c", "ask one; read x; ask $x; read end"]);
            p.feed("two\n");
            expect(p.stdout).equals("answer to one\nanswer to two\n");
            expect(p.exec(["ask", "three"]).stdout).equals("answer to three\n");
        });
        test("the same every time", || {
            let look = || {
                let c = container("busybox");
                let p = c.start(["sh", "-c", "(sleep 1; echo late) & read x; echo $x $RANDOM; wait"]);
                p.exec(["date"]);
                p.feed("in\n");
                p.wait()
            };
            let first = look.call();
            expect(first.trace).equals(look.call().trace);
        });
        test("wrong uses", || {
            let c = container("busybox");
            let p = c.start(["cat"]);
            let uses = [|| c.run(["true"]), || c.file("/etc/passwd"), || c.start(["cat"]), || p.exec(["nosuch"]), || p.exec([]),
                        || container("busybox").start([]), || container("busybox").start(["cat"], #{ stdin: "x" }),
                        || container("busybox").start(["nosuch"]).wait()];
            for use_of_it in uses {
                let failed = false;
                try { use_of_it.call(); } catch { failed = true; }
                expect(failed).is_true();
            }
            p.close();
            p.wait();
            for use_of_it in [|| p.feed("x"), || p.exec(["true"]), || p.wait()] {
                let failed = false;
                try { use_of_it.call(); } catch { failed = true; }
                expect(failed).is_true();
            }
            expect(c.run(["true"]).code).equals(0);
        });
        test("one that nobody waits for ends with the script", || {
            container("busybox").start(["sh", "-c", "read x"]);
        });
    "##;
    let finished = test_with(&[], script).ok();
    assert!(finished.stdout().ends_with("\n6 passed, 0 failed\n"), "{}", finished.stdout());
}

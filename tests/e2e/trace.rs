//! The trace of guest calls in words: `wcr run --trace`.

use std::fs;

use wcr_tests::component;
use wcr_tests::lab::Lab;

/// The lines of a trace without the number of the process in front.
fn calls(trace: &str, pid: u32) -> Vec<&str> {
    let prefix = format!("[pid {pid:>5}] ");
    trace.lines().filter_map(|line| line.strip_prefix(&prefix)).collect()
}

#[test]
fn calls_are_written_with_their_arguments_and_results() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let file = lab.path("trace");
    let option = format!("--trace={}", file.display());
    lab.wcr(["run", &option, &image, "cat", "/etc/hostname", "/none"]).run().exits(1).prints("wcr\n");
    let trace = fs::read_to_string(&file).expect("read the trace");
    let calls = calls(&trace, 1);
    assert_eq!(calls.len(), trace.lines().count(), "{trace}");
    assert!(calls[0].starts_with(r#"wcr.exec("/bin/busybox", ["cat", "/etc/hostname", "/none"], [/* "#), "{trace}");
    for line in [
        r#"wcr.path_open(AT_FDCWD, "/etc/hostname", O_RDONLY|O_CLOEXEC) = 3"#,
        r#"fd_read(3, ["wcr\n"]) = 4"#,
        r#"fd_read(3, [""]) = 0"#,
        r#"fd_write(1, ["wcr\n"]) = 4"#,
        "fd_close(3) = 0",
        r#"wcr.path_open(AT_FDCWD, "/none", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)"#,
        "proc_exit(1) = ?",
    ] {
        assert!(calls.contains(&line), "no {line}\n{trace}");
    }
    assert_eq!(calls.last(), Some(&"+++ exited with 1 +++"));
}

#[test]
fn processes_signals_and_waiting_have_lines() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let ended = lab.wcr(["run", "--trace", &image, "sh", "-c", "{ exit 3; } & wait; sleep 100 & kill $!; wait"]).run();
    let trace = ended.stderr();
    let (first, second, third) = (calls(&trace, 1), calls(&trace, 2), calls(&trace, 3));
    let position = |start: &str| first.iter().position(|line| line.starts_with(start));
    assert!(first.iter().any(|line| line.starts_with("wcr.fork(") && line.ends_with(") = 2")), "{trace}");
    assert!(position("--- SIGCHLD ---").is_some(), "{trace}");
    let waits = position("wcr.wait(-1, 0").expect("a wait that blocks");
    assert!(first[waits].ends_with("<unfinished ...>") || first[waits].contains("[exited 3]"), "{trace}");
    assert!(trace.contains("[exited 3]) = 2"), "{trace}");
    assert!(first.iter().any(|line| line.starts_with("wcr.kill(3, SIGTERM) = 0")), "{trace}");
    assert_eq!(second.last(), Some(&"+++ exited with 3 +++"), "{trace}");
    assert_eq!(third[third.len() - 2..], ["--- SIGTERM ---", "+++ killed by SIGTERM +++"], "{trace}");
}

#[test]
fn a_trace_is_the_same_each_time_where_runs_are() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let trace = |_| {
        let args = ["run", "--deterministic", "--trace", &image, "sh", "-c", "echo $RANDOM | cat; date; sleep 5"];
        lab.wcr(args).run().ok().stderr()
    };
    assert_eq!(trace(0), trace(1));
    let args = ["run", "--deterministic", "--trace-digest", &image, "echo", "x"];
    let plain = lab.wcr(args).run().ok().stderr();
    let both = lab.wcr([&args[..2], &["--trace"], &args[2..]].concat()).run().ok().stderr();
    assert_eq!(plain.lines().last(), both.lines().last(), "the digest is of the calls, and not of how they are shown");
}

#[test]
fn components_are_traced_too() {
    let Some((lab, image)) = component::lab() else { return };
    let trace = lab.wcr(["run", "--trace", &image, "probe", "cat", "/data/text"]).run().ok().stderr();
    let calls = calls(&trace, 1);
    assert!(calls.iter().any(|line| line.starts_with("wasi:filesystem/") && line.contains("data/text")), "{trace}");
    assert_eq!(calls.last(), Some(&"+++ exited with 0 +++"), "{trace}");
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--trace=/no/such/folder/file", &image, "echo", "x"])
        .run()
        .fails()
        .exits(125)
        .prints("")
        .says(&["cannot write the trace to /no/such/folder/file", "No such file"]);
}

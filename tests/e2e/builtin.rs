//! The image that wcr carries: what `busybox` is where no registry can be reached.

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Wcr;

/// A command with an empty store and no network.
fn offline<'a>(home: &Scratch, args: impl IntoIterator<Item = &'a str>) -> Wcr {
    Wcr::new(home.path()).args(args)
}

#[test]
fn busybox_runs_without_a_network_and_says_so_in_one_line() {
    let home = Scratch::new("offline");
    for name in ["busybox", "busybox:latest", "docker.io/library/busybox"] {
        let finished = offline(&home, ["run", "--rm", name, "echo", "hi"]).run().ok().prints("hi\n");
        assert_eq!(finished.stderr().lines().count(), 1, "{}", finished.stderr());
        finished.says(&["built-in"]);
    }
}

#[test]
fn it_is_a_small_system() {
    let home = Scratch::new("offline");
    let script = "ls -la / | grep bin | wc -l && echo $HOME > /tmp/x; cat /tmp/x; stat -c '%a %n' /tmp /root; \
                  ls -l /usr/bin/env | grep -c bin/env; id -un; seq 3 | sort -r | head -n 1";
    let finished = offline(&home, ["run", "--rm", "busybox", "sh", "-c", script]).run().ok();
    assert_eq!(finished.stdout(), "1\n/root\n1777 /tmp\n700 /root\n1\nroot\n3\n");
}

#[test]
fn every_applet_is_a_link_to_its_guest() {
    let home = Scratch::new("offline");
    let script = "for f in ls cat grep sort sh '['; do test -x /bin/$f || echo no $f; done; \
                  test /bin/ls -ef /bin/cat && echo one file";
    offline(&home, ["run", "--rm", "busybox", "sh", "-c", script]).run().ok().prints("one file\n");
}

#[test]
fn what_is_not_there_is_not_found() {
    let home = Scratch::new("offline");
    let script =
        "exec 2>&1; seq 2 | no-such-applet; echo $?; cp /bin/sh /tmp/other; /tmp/other -c 'echo faked'; echo $?";
    let said = "sh: no-such-applet: not found\n127\nsh: /tmp/other: not found\n127\n";
    offline(&home, ["run", "--rm", "busybox", "sh", "-c", script]).run().ok().prints(said);
}

#[test]
fn pull_always_refuses_it() {
    let home = Scratch::new("offline");
    offline(&home, ["run", "--rm", "--pull=always", "busybox", "echo", "hi"]).run().fails().exits(125).prints("");
}

#[test]
fn pull_does_not_pretend() {
    let home = Scratch::new("offline");
    offline(&home, ["pull", "busybox"]).run().fails().exits(10).says(&["docker.io"]);
}

#[test]
fn no_other_name_falls_back() {
    let home = Scratch::new("offline");
    for name in ["alpine", "busybox:1.36", "example.com/busybox", "someone/busybox"] {
        offline(&home, ["run", "--rm", name, "echo", "hi"]).run().fails().exits(125).prints("");
    }
}

#[test]
fn the_trace_digest_names_what_a_run_did() {
    let home = Scratch::new("trace");
    let digest = |args: &[&str]| {
        let options = ["run", "--rm", "--deterministic", "--trace-digest"];
        let finished = offline(&home, options.into_iter().chain(args.iter().copied())).run().ok();
        let stderr = finished.stderr();
        let hex = stderr.lines().last().and_then(|line| line.strip_prefix("wcr: trace sha256:")).unwrap_or_default();
        assert!(hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{stderr}");
        hex.to_owned()
    };
    let draw = ["busybox", "sh", "-c", "echo $RANDOM; date"];
    assert_eq!(digest(&draw), digest(&draw));
    assert_ne!(digest(&draw), digest(&["busybox", "sh", "-c", "echo $RANDOM; date; echo"]));
}

#[test]
fn a_trace_digest_needs_a_run_that_can_be_repeated() {
    let home = Scratch::new("trace");
    offline(&home, ["run", "--rm", "--trace-digest", "busybox", "true"])
        .run()
        .fails()
        .exits(125)
        .prints("")
        .says(&["--trace-digest", "--deterministic"]);
}

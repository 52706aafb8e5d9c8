//! Processes inside a container: spawning, pipes, exit status, and how a command is found.

use serde_json::json;
use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Wcr;

/// Runs a script in the BusyBox image; it must succeed, print exactly this, and say nothing on standard error.
#[track_caller]
fn script(script: &str, expected: &str) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run().ok().prints(expected).silent();
}

#[test]
fn a_child_inherits_environment_folder_and_streams() {
    script(
        "export X=1; cd /usr/bin; env | grep ^X=; sh -c 'pwd; echo $X; echo to-err >&2' 2>&1",
        "X=1\n/usr/bin\n1\nto-err\n",
    );
}

#[test]
fn standard_streams_have_names() {
    script("echo x > /dev/stdout; { echo y > /dev/stderr; } 2>&1; echo z > /proc/self/fd/1", "x\ny\nz\n");
    script("echo piped | cat /dev/stdin", "piped\n");
    script("readlink /proc/self/fd/0; ls /proc/$$/fd; true", "/dev/null\n0\n1\n2\n");
    script("[ -p /dev/stdin ] || [ -c /dev/stdin ] && stat -L -c %F /dev/stdin", "character special file\n");
}

#[test]
fn a_long_pipeline_passes_everything() {
    script("seq 1 20000 | cat | cat | sort -rn | tail -n 1; seq 1 20000 | wc -l", "1\n20000\n");
}

#[test]
fn the_status_of_a_pipeline_is_the_last_commands() {
    script("false | true; echo $?; true | false; echo $?; ! true; echo $?", "0\n1\n1\n");
}

#[test]
fn a_background_process_is_waited_for() {
    script("(sleep 0.1; echo late) & echo early; wait; echo done", "early\nlate\ndone\n");
}

#[test]
fn sleep_sleeps() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let started = std::time::Instant::now();
    lab.wcr(["run", "--rm", &image, "sleep", "0.3"]).run().ok();
    assert!(started.elapsed() >= std::time::Duration::from_millis(300));
}

#[test]
fn the_first_process_is_number_one() {
    script("echo $$", "1\n");
}

#[test]
fn a_command_is_found_through_path() {
    let Some(lab) = Lab::open() else { return };
    let extra = Layer::new()
        .dir("opt", 0o755)
        .dir("opt/first", 0o755)
        .dir("opt/second", 0o755)
        .file("opt/first/tool", 0o644, "#!/bin/sh\necho not executable\n")
        .file("opt/second/tool", 0o755, "#!/bin/sh\necho second \"$@\"\n");
    let image = Image::new([busybox::layer(), extra.into()]).with("Env", json!(["PATH=/opt/first:/opt/second:/bin"]));
    let image = lab.provide("path", &image);
    lab.wcr(["run", "--rm", &image, "tool", "a", "b"]).run().ok().prints("second a b\n");
    lab.wcr(["run", "--rm", &image, "/opt/second/tool"]).run().ok().prints("second\n");
    lab.wcr(["run", "--rm", "-w", "/opt", &image, "second/tool"]).run().ok().prints("second\n");
    lab.wcr(["run", "--rm", &image, "sh", "-c", "tool x"]).run().ok().prints("second x\n");
}

#[test]
fn scripts_name_their_interpreter() {
    let Some(lab) = Lab::open() else { return };
    let extra = Layer::new()
        .file("bin/one", 0o755, "#!/bin/sh\necho one $0 $1\n")
        .file("bin/two", 0o755, "#! /bin/sh -e\nfalse\necho not reached\n")
        .file("bin/three", 0o755, "#!/usr/bin/env sh\necho three\n");
    let image = lab.provide("scripts", &Image::new([busybox::layer(), extra.into()]));
    lab.wcr(["run", "--rm", &image, "one", "x"]).run().ok().prints("one /bin/one x\n");
    lab.wcr(["run", "--rm", &image, "two"]).run().exits(1).prints("");
    lab.wcr(["run", "--rm", &image, "three"]).run().ok().prints("three\n");
}

#[test]
fn content_tells_the_program_not_its_path() {
    let Some(lab) = Lab::open() else { return };
    let extra = Layer::new()
        .dir("opt", 0o755)
        .file("opt/echo", 0o755, busybox::program())
        .symlink("opt/printf", "../bin/busybox")
        .file("bin/whoami", 0o755, "#!/bin/sh\necho not BusyBox\n");
    let image = lab.provide("content", &Image::new([busybox::layer(), extra.into()]));
    lab.wcr(["run", "--rm", &image, "/opt/echo", "hi"]).run().ok().prints("hi\n");
    lab.wcr(["run", "--rm", &image, "/opt/printf", "%d", "7"]).run().ok().prints("7");
    lab.wcr(["run", "--rm", &image, "/bin/busybox", "echo", "by", "argument"]).run().ok().prints("by argument\n");
    lab.wcr(["run", "--rm", &image, "whoami"]).run().ok().prints("not BusyBox\n");
}

#[test]
fn not_found_is_127_and_names_the_command() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "no-such-command"])
        .run()
        .fails()
        .exits(127)
        .says(&["no-such-command", "not found"]);
    lab.wcr(["run", "--rm", &image, "/no/such/file"]).run().fails().exits(127).says(&["/no/such/file"]);
    lab.wcr(["run", "--rm", &image, "sh", "-c", "no-such-command"]).run().exits(127).says(&["not found"]);
}

#[test]
fn not_runnable_is_126_and_says_what_it_is() {
    let Some(lab) = Lab::open() else { return };
    let extra = Layer::new()
        .dir("opt", 0o755)
        .file("opt/unknown-elf", 0o755, unknown_elf())
        .file("opt/data", 0o755, [0u8, 1, 2, 3, 254, 255, 0, 0])
        .file("opt/not-executable", 0o644, "#!/bin/sh\necho hi\n");
    let image = lab.provide("unrunnable", &Image::new([busybox::layer(), extra.into()]));
    lab.wcr(["run", "--rm", &image, "/opt/unknown-elf"]).run().fails().exits(126).says(&[
        "/opt/unknown-elf",
        "ELF",
        "x86-64",
    ]);
    lab.wcr(["run", "--rm", &image, "/opt/data"]).run().fails().exits(126).says(&["/opt/data"]);
    lab.wcr(["run", "--rm", &image, "/opt/not-executable"])
        .run()
        .fails()
        .exits(126)
        .says(&["/opt/not-executable", "permission denied"]);
    lab.wcr(["run", "--rm", &image, "/opt"]).run().fails().exits(126).says(&["/opt"]);
}

/// The header of a static 64-bit x86 program that nobody knows.
fn unknown_elf() -> Vec<u8> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for half in [2u16, 62] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1u32.to_le_bytes());
    for word in [0x40_0000u64, 64, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 0, 64, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(b"just some bytes of code");
    bytes
}

#[test]
fn a_signal_is_128_more_than_its_number() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", "sh -c 'kill -9 $$'; echo $?"]).run().ok().prints("137\n");
    lab.wcr(["run", "--rm", &image, "sh", "-c", "sh -c 'kill -15 $$'; exit $?"]).run().exits(143);
}

/// Fault 86: the container's limit holds it, and its first process goes on.
#[test]
fn a_fork_bomb_is_contained() {
    let home = Scratch::new("bomb");
    let bomb = "bomb() { bomb & bomb & }; bomb 2>/dev/null; sleep 0.2; echo alive";
    Wcr::new(home.path()).args(["run", "--rm", "busybox", "sh", "-c", bomb]).run().ok().prints("alive\n");
}

/// Fault 87: who waits for nobody is told, and who writes to nobody.
#[test]
fn fault_87_pipes_that_nobody_is_at_the_other_end_of() {
    let home = Scratch::new("pipes");
    let run = |script| Wcr::new(home.path()).args(["run", "--rm", "busybox", "sh", "-c", script]).run();
    run("mkfifo /tmp/p; cat < /tmp/p").exits(125).says(&["wait"]);
    run("trap '' PIPE; { sleep 0.1; echo lost; echo $? >&2; } | true").ok().says(&["Broken pipe", "1"]);
    run("yes | head -n 1").ok().prints("y\n");
}

/// Programs that compute without end, and what each does.
const BUSY: [&str; 6] = [
    "sh -c 'while :; do :; done'",
    "awk 'BEGIN { while (1); }'",
    "sed ':a; ba' /etc/passwd",
    "sh -c 'echo \"while (1) {}\" > /tmp/w; exec bc /tmp/w'",
    "cat /dev/zero > /dev/null",
    "yes > /dev/null",
];

#[test]
fn who_computes_without_end_leaves_others_their_turn() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    for busy in BUSY {
        let script = format!("{busy} & sleep 0.1; echo awake; kill $!; wait $!; echo $?; timeout 0.2 {busy}; echo $?");
        lab.wcr(["run", "--rm", &image, "sh", "-c", &script]).run().ok().prints("awake\n143\n143\n");
    }
}

#[test]
fn a_busy_shell_hears_signals() {
    script("trap 'echo caught; exit' USR1; (sleep 0.1; kill -USR1 $$) & while :; do :; done; echo never", "caught\n");
}

#[test]
fn virtual_time_passes_for_who_computes() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let script =
        "timeout 1 sh -c 'while :; do :; done'; echo $?; date +%s; awk 'BEGIN { while (1); }' & sleep 1; kill $!";
    let run = || lab.wcr(["run", "--rm", "--deterministic", "--trace-digest", &image, "sh", "-c", script]).run().ok();
    let (once, twice) = (run(), run());
    assert_eq!((once.stdout(), once.stderr()), (twice.stdout(), twice.stderr()));
    assert!(once.stdout().starts_with("143\n"), "{}", once.stdout());
}

//! `wcr run -t` and `-it`: a container at a terminal.

use rustix::process::Signal;
use wcr_tests::scratch::Scratch;
use wcr_tests::terminal::Terminal;
use wcr_tests::wcr::Wcr;

/// A command in the image that wcr carries.
fn run<'a>(home: &Scratch, options: &'a str, command: impl IntoIterator<Item = &'a str>) -> Wcr {
    let args = ["run", "--rm", options, "busybox"];
    Wcr::new(home.path()).args(args.into_iter().chain(command))
}

#[test]
fn keys_need_a_terminal() {
    let home = Scratch::new("terminal");
    run(&home, "-it", ["true"]).stdin("x").run().exits(125).prints("").says(&["the input device is not a TTY"]);
}

#[test]
fn a_terminal_without_keys_is_for_the_output() {
    let home = Scratch::new("terminal");
    let script = "tty; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo yes; readlink /proc/self/fd/2";
    run(&home, "-t", ["sh", "-c", script]).run().ok().prints("/dev/pts/0\r\nxterm\r\nyes\r\n/dev/pts/0\r\n");
    run(&home, "-t", ["sh", "-c", "echo out; echo err >&2"]).run().ok().prints("out\r\nerr\r\n");
}

#[test]
fn a_shell_at_a_terminal() {
    let home = Scratch::new("terminal");
    let mut terminal = Terminal::start(run(&home, "-it", ["sh"]), 24, 80);
    let before = terminal.attributes();
    terminal.shows("# ");
    assert_ne!(terminal.attributes().local_modes, before.local_modes, "the host's terminal passes on every key");
    terminal.types("echo a\x7fbc\r").shows("\r\nbc\r\n");
    terminal.types("cat\r").shows("cat\r\n");
    terminal.types("typed\r").shows("typed\r\ntyped\r\n");
    terminal.types("\x03").shows("^C");
    terminal.shows("# ");
    terminal.types("awk 'BEGIN { while (1); }'\r").shows("\r\n");
    terminal.types("\x03").shows("^C");
    terminal.shows("# ");
    terminal.types("cat; echo $?\r").shows("\r\n");
    terminal.types("\x04").shows("0\r\n");
    terminal.types("exit 3\r");
    assert_eq!(terminal.ends().code(), Some(3));
    let after = terminal.attributes();
    assert_eq!((after.local_modes, after.input_modes), (before.local_modes, before.input_modes));
    assert_eq!(after.output_modes, before.output_modes);
}

#[test]
fn a_new_size_is_told() {
    let home = Scratch::new("terminal");
    let script = "trap 'echo changed; exit 4' WINCH; echo ready; while :; do sleep 0.05; done";
    let mut terminal = Terminal::start(run(&home, "-it", ["sh", "-c", script]), 24, 80);
    terminal.shows("ready");
    terminal.resize(30, 90);
    terminal.shows("changed");
    assert_eq!(terminal.ends().code(), Some(4));
}

#[test]
fn the_interrupt_key_ends_a_script_that_is_process_1() {
    let home = Scratch::new("terminal");
    for script in [
        "echo ready; read x; echo not reached",
        "echo ready; while :; do :; done",
        "(echo ready; sleep 100; echo not reached); echo not reached",
        "f() { sleep 100; echo not reached; }; echo ready; f; echo not reached",
        "echo ready; x=$(sleep 100; echo not reached); echo not reached $x",
    ] {
        let mut terminal = Terminal::start(run(&home, "-it", ["sh", "-c", script]), 24, 80);
        terminal.shows("ready\r\n");
        assert_eq!(terminal.types("\x03").ends().code(), Some(130), "{script}");
        assert_eq!(terminal.rest(), "^C", "{script}");
    }
    let script = "trap 'echo trapped' INT; trap - INT; trap 'echo T' INT; echo ready; sleep 100; echo end";
    let mut terminal = Terminal::start(run(&home, "-it", ["sh", "-c", script]), 24, 80);
    terminal.shows("ready\r\n");
    assert_eq!(terminal.types("\x03").ends().code(), Some(0));
    assert_eq!(terminal.rest(), "^CT\r\nend\r\n");
}

#[test]
fn the_end_of_the_terminal_ends_the_container() {
    let home = Scratch::new("terminal");
    let commands: [&[&str]; 4] = [
        &["sh", "-c", "echo ready; sleep 100"],
        &["sh", "-c", "echo ready; while :; do :; done"],
        &["sh", "-c", "echo ready; trap '' HUP; cat; sleep 100"],
        &["sh", "-c", "echo ready; exec sh"],
    ];
    for command in commands {
        let mut terminal = Terminal::start_uncontrolled(run(&home, "-it", command.iter().copied()), 24, 80);
        terminal.shows("ready");
        assert_eq!(terminal.hang_up().ends().code(), Some(129), "{command:?}");
    }
}

#[test]
fn a_signal_ends_the_container_and_puts_the_terminal_back() {
    let home = Scratch::new("terminal");
    let mut terminal = Terminal::start(run(&home, "-it", ["sh", "-c", "echo ready; sleep 100"]), 24, 80);
    let before = terminal.attributes();
    terminal.shows("ready");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends().code(), Some(143));
    assert_eq!(terminal.attributes().local_modes, before.local_modes);
}

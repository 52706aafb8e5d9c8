//! A person at the shell: what appears for the keys that are typed is what BusyBox's shell shows.

use std::process::Command;

use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;
use wcr_tests::terminal::Terminal;
use wcr_tests::wcr::Wcr;

/// What a line of the shell begins with, and its question where the cursor is.
const READY: &str = "$ \x1b[6n";

/// Keys, and what appears at last when they are typed.
type Step<'s> = (&'s str, &'s str);

/// Types the keys and gives all that appeared.
fn screen(mut terminal: Terminal, steps: &[Step]) -> String {
    let mut text = terminal.shows(READY);
    for (keys, last) in steps {
        text.push_str(&format!("\n<{keys:?}>\n"));
        text.push_str(&terminal.types(keys).shows(last));
        text.push_str(last);
    }
    // Once more for a shell that has stopped jobs.
    terminal.types("exit\rexit\r");
    terminal.ends();
    text
}

/// Types the same keys at both shells, each in a folder with some files.
#[track_caller]
fn shows_alike(columns: u16, steps: &[Step]) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = Scratch::new("typing");
    for name in ["alpha", "alphabet", "beta", "sp ace", "dir/x1", "dir/x2"] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        std::fs::write(path, "").expect("write a file");
    }
    let mut real = Command::new(find("busybox").expect("busybox is installed"));
    // The signal of the terminal's first size must not meet the editor.
    real.args(["sh", "-c", "sleep 0.3; cd \"$1\" && exec busybox sh -i", "sh"]).arg(folder.path()).env_clear();
    real.envs([("PATH", "/usr/bin:/bin"), ("HOME", "/nowhere"), ("PS1", "$ "), ("TERM", "xterm")]);
    let expected = screen(Terminal::start(Wcr::of(real), 24, columns), steps);
    let volume = format!("{}:/files", folder.path().display());
    let run = ["run", "--rm", "-it", "-v", &volume, "-w", "/files", "-e", "PS1=$ ", "-e", "HOME=/nowhere", &image];
    let actual = screen(Terminal::start(lab.wcr(run).args(["sh", "-i"]), 24, columns), steps);
    assert_eq!(actual, expected, "wcr (left) and BusyBox (right)");
}

#[test]
fn a_line_is_edited() {
    shows_alike(
        80,
        &[
            ("echo one two", "two"),
            ("\x1b[D\x1b[DX\x7f\x7f", "\x08\x08"),
            ("\x01\x06\x05", "o"),
            ("\x1bb\x1bf\x17", "\x1b[J"),
            ("\x15echo three\r", READY),
            ("\x1b[A", "three\x1b[J"),
            ("\x1b[H\x1b[C\x0b\x15\x10\x0eabc\r", READY),
            ("echo \x04 x\x1b[D\x1b[D\x04\r", READY),
        ],
    );
}

#[test]
fn a_long_line_is_edited() {
    shows_alike(
        20,
        &[
            ("echo abcdefghijklmnop", "op"),
            ("\x1b[D\x1b[D\x1b[D\x1b[D\x1b[DX\x7f", "C"),
            ("\x01", "C"),
            ("\x05\x15", "\x1b[J"),
            ("echo abcdefghijklmnopqrstuvwxyz\r", READY),
            ("\x1b[A\r", READY),
        ],
    );
}

#[test]
fn names_are_completed() {
    shows_alike(
        80,
        &[
            ("echo al\t", "alpha\x1b[J"),
            ("\t", "alpha\x1b[J"),
            ("b\t\r", READY),
            ("echo di\t\t", "x\x1b[J"),
            ("\t", "x\x1b[J"),
            ("1\r", READY),
            ("echo sp\t\r", READY),
            ("echo nothing\t\r", READY),
        ],
    );
}

#[test]
fn lines_are_remembered_and_continued() {
    shows_alike(
        80,
        &[
            ("if true\r", "> \x1b[6n"),
            ("then echo x\r", "> \x1b[6n"),
            ("fi\r", READY),
            ("\x1b[A\x1b[A\x1b[A\r", "> \x1b[6n"),
            ("then :; fi\r", READY),
            ("history\r", READY),
            ("echo 'a\r", "> \x1b[6n"),
            ("b'\r", READY),
            ("nosuch; ${x?gone}\r", READY),
            ("fi\r", READY),
            ("echo $?\r", READY),
        ],
    );
}

#[test]
fn jobs_stop_and_go_on() {
    shows_alike(
        80,
        &[
            ("echo $-; jobs\r", READY),
            ("echo go; cat\r", "go\r\n"),
            ("typed\r", "typed\r\ntyped\r\n"),
            ("\x1a", READY),
            ("jobs\r", READY),
            ("echo $?\r", READY),
            ("echo go; cat -\r", "go\r\n"),
            ("typed\r", "typed\r\ntyped\r\n"),
            ("\x1a", READY),
            ("jobs\r", READY),
            ("fg %1\r", "cat\r\n"),
            ("typed\r", "typed\r\ntyped\r\n"),
            ("\x1a", READY),
            ("exit\r", READY),
            ("kill %1 %2; wait\r", READY),
        ],
    );
}

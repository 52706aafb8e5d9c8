//! A person at the shell: what appears for the keys that are typed is what BusyBox's shell shows.

use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// Types the same keys at both shells.
#[track_caller]
fn shows_alike(columns: u16, steps: &[Step]) {
    alike(columns, |terminal| screen(terminal, steps));
}

/// A folder with some files.
fn folder() -> Scratch {
    let folder = Scratch::new("typing");
    for name in [".hid", "alpha", "alphabet", "beta", "sp ace", "dir/x1", "dir/x2"] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        std::fs::write(path, "").expect("write a file");
    }
    folder
}

/// How often the same is done until it shows alike: on a busy machine a signal may come before a shell is ready for it, and
/// a job end after the prompt that was to tell of it.
const TRIES: usize = 3;

/// Does the same at both shells, each in a folder with some files.
#[track_caller]
fn alike(columns: u16, act: impl Fn(Terminal) -> String) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let both = || at_both(&lab, &image, columns, &act);
    for _ in 1..TRIES {
        if catch_unwind(AssertUnwindSafe(&both)).is_ok_and(|[actual, expected]| actual == expected) {
            return;
        }
    }
    let [actual, expected] = both();
    assert_eq!(actual, expected, "wcr (left) and BusyBox (right)");
}

/// What wcr's shell shows, and what BusyBox's does.
fn at_both(lab: &Lab, image: &str, columns: u16, act: &impl Fn(Terminal) -> String) -> [String; 2] {
    let [folder, other] = [folder(), folder()];
    let mut real = Command::new(find("busybox").expect("busybox is installed"));
    // The signal of the terminal's first size must not meet the editor.
    real.args(["sh", "-c", "sleep 0.3; cd \"$1\" && exec busybox sh -i", "sh"]).arg(folder.path()).env_clear();
    real.envs([("PATH", "/usr/bin:/bin"), ("HOME", "/nowhere"), ("PS1", "$ "), ("TERM", "xterm")]);
    let expected = act(Terminal::start(Wcr::of(real), 24, columns));
    let volume = format!("{}:/files", other.path().display());
    let run = ["run", "--rm", "-it", "-v", &volume, "-w", "/files", "-e", "PS1=$ ", "-e", "HOME=/nowhere", image];
    let actual = act(Terminal::start(lab.wcr(run).args(["sh", "-i"]), 24, columns));
    [actual, expected]
}

/// What the editor asks when it is ready for a line, whatever the prompt is.
const ASKS: &str = "\x1b[6n";

/// Types the same lines at both shells; each leads to another prompt.
#[track_caller]
fn lines_show_alike(columns: u16, lines: &[&str]) {
    let steps: Vec<Step> = lines.iter().map(|keys| (*keys, ASKS)).collect();
    shows_alike(columns, &steps);
}

#[test]
fn keys_move_and_delete() {
    lines_show_alike(
        80,
        &[
            "echo one two\x1b[D\x1b[DX\x1b[C\x1b[CY\r",
            "echo abc\x1b[HX\x1b[FY\x1b[1~Z\x1b[4~W\r",
            "echo abc\x1b[7~X\x1b[8~Y\x1bOHx\x1bOFy\r",
            "echo abc\x01X\x05Y\x02\x02Z\x06W\r",
            "echo abc def\x1bb\x0b\r",
            "echo abc def\x1bb\x15\x15echo x\r",
            "echo abc  def\x17\x17\x17\x17echo y\r",
            "echo abc def\x1b[D\x17\r",
            "echo abc\x0c\r",
            "echo abc\x19\x14\x0f\r",
            "abc\x1b[D\x1b[D\x04\x04\x04\r",
            "abc\x1b[D\x1b[D\x1b[3~\r",
            "abc\x7f\x08\x7f\x7f\x7fecho z\r",
            "echo foo-bar baz.q\x1bb\x1bb\x1bb\x1bf\x1bf\x1bd\r",
            "echo foo bar\x01\x1bd\x1bd\r",
            "echo foo bar\x1b\x7f\x1b\x7f\r",
            "echo foo bar\x1b[1;5D\x1b[1;5D\x1b[1;5C\x1b[1;3D\x1b[1;3C\r",
            "echo \u{e4}\u{f6}x\x1b[D\x7f\r",
            "echo abc\x03",
            "echo $?\r",
        ],
    );
}

#[test]
fn lines_come_back() {
    lines_show_alike(
        80,
        &[
            "echo a\r",
            "echo b\r",
            "\x1b[A\x1b[A\r",
            "\x10\x10\x0eX\r",
            "draft\x1b[A\x1b[AX\x1b[B\x1b[B\r",
            " echo c\r",
            "echo c\r",
            "echo c\r",
            "\r",
            "history\r",
            "!!\r",
            "echo alpha\r",
            "echo beta\r",
            "\x12al\r",
            "\x12e\x12\x12\x7f\x1b[C\r",
            "\x12zzz\x03",
            "\x12al\x01X\r",
            "new\x1b[A\x03",
            "echo \x1b[A\x1b[B\r",
            "new\x1b[A\x03",
            "\x1b[A\x1b[B\x15echo two\r",
            "\x1b[A\x1b[B\x03",
        ],
    );
}

#[test]
fn there_is_no_line_before_the_first() {
    lines_show_alike(80, &["ab\x1b[A\x1b[B\r", "\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B\r", "\x1b[5~\x1b[6~\x1b[2~echo a\r"]);
}

#[test]
fn a_line_wraps_and_is_interrupted() {
    lines_show_alike(
        20,
        &[
            "echo abcdefghijklmnop\x1b[D\x1b[D\x1b[D\x1b[D\x1b[DX\x7f\x01\x05qrstuvwxyz0123456789\x01Q\x05\x17\r",
            "echo 12345678901234\x7f\x7f\r",
            "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r",
            "echo b\r",
            "\x1b[A\x1b[A\x1b[B\r",
            "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x01\x03",
            "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x01\x0c\r",
            "PS1='a rather long prompt of two lines$ '\r",
            "echo hi there you\x01X\r",
        ],
    );
}

#[test]
fn a_line_is_drawn_again_when_the_size_changes() {
    for (columns, changed, drawn) in [(40, 60, "6789 abc\x1b[J"), (40, 15, "9 abc\x1b[J"), (40, 20, "456789 abc\x1b[J")]
    {
        alike(columns, |mut terminal| {
            let mut text = terminal.shows(READY);
            text.push_str(&terminal.types("echo abcdefghij klmnopqrst uvwxyz 0123456789 abc").shows("9 abc"));
            terminal.resize(24, changed);
            text.push_str(&terminal.shows(drawn));
            text.push_str(&terminal.types("X\r").shows(READY));
            terminal.types("exit\r");
            terminal.ends();
            text
        });
    }
}

#[test]
fn words_are_completed_by_their_place() {
    lines_show_alike(
        80,
        &[
            "echo al\t\tb\t\r",
            "ls di\t\t\tx1\r",
            "echo sp\t\r",
            "echo .h\t\r",
            "echo \t\t\r",
            "uudec\t\x15nosuchx\t\t\x15./al\t\r",
            "cd \t\t\r",
            "cd ..\x15echo ..\t\r",
            "echo $HO\t\x15echo $nosu\t\t\r",
            "ls ~roo\t\x15echo ~noname\t\r",
            "echo \"sp\t\"\r",
            "echo 'sp\t'\r",
            "echo sp\\ \t\r",
            "echo >al\t\x15cat <be\t\x15true;uudec\t\x15true|uudec\t\r\x03",
            "x=be\t\x15--file=be\t\r",
            "echo x=al\t\r",
            "\t\x15 \t\x15echo x\r",
            "myfunction() { :; }; alias myalias=ls\r",
            "myf\t\x15mya\t\x15echo alX\x1b[D\t\x05\r",
            "{ uudec\t\x15a{uudec\t\x15! uudec\t\x15a &uudec\t\x15echo\r",
            "a <al\t\x15a<al\t\x15a >&al\t\x15a; >al\t\x15a 2>&1 al\t\x15echo\r",
            "echo \"sp a\t\"\x15echo 'sp ace\t'\x15echo s\"p a\t\x15echo \\al\t\t\x15echo a\\lphab\t\r",
            "rmdir al\t\x15chdir al\t\x15: >'~tild' >'#hash' >'\u{fc}n'\r",
            "echo ~t\t\x15echo \\~t\t\x15echo #h\t\x15echo \u{fc}\t\x15./\t\t\x15echo\r",
        ],
    );
}

#[test]
fn characters_of_several_bytes() {
    lines_show_alike(
        20,
        &[
            "echo \u{e4}\u{f6}\u{fc}\x1b[D\x1b[D\x7fX\r",
            "LANG=C.UTF-8\r",
            "echo \u{e4}\u{f6}\u{fc}\x1b[D\x1b[D\x7fX\r",
            "echo a\u{e9}b c\u{e9}\x1bb\x1b\x7f\x17z\r",
            "echo \u{65e5}\u{672c}\u{8a9e}\u{65e5}\u{672c}\u{8a9e}\x01X\x05\x7f\x15echo e\u{301}x\x1b[D\x7f\r",
            "echo aaaaaaaaaaaa\u{e4}\u{f6}\u{fc}\x1b[D\x1b[D\x7f\x7fX\x01\x04\r",
            ": >'\u{fc}n'; ./\t\t\x15echo \u{fc}\t\r",
            "LC_ALL=C\r",
            "echo \u{e4}\x7f\x7fx\r",
            "LC_ALL=x.utf8; PS1='\u{e4}> '\r",
            "echo 12345678901\x01\x05\r",
            "PS1='$ '\r",
        ],
    );
}

#[test]
fn prompts_say_what_they_are_asked_to() {
    lines_show_alike(
        80,
        &[
            "cd dir; PS1='[\\W] '\r",
            "cd /\r",
            "PS1='[\\w|\\W] '\r",
            "PS1='\\! \\# \\s \\v \\j \\q> '\r",
            "PS1='\\[\\e[1m\\]p\\[\\e[0m\\]$ '\r",
            "abc\x1b[D\x1b[DX\x01Y\r",
            "PS1='a\\nb\\a\\r\\101\\x412> '\r",
            "abc\x01X\r",
            "i=5; PS1='${i-none} $(echo sub) `echo b` $? > '\r",
            "i=6; false\r",
            "PS1='\\\\w \\\\\\w> '\r",
            "PS1=; PS2='... '\r",
            "if :\r",
            "then :;fi\r",
            "unset PS1\r",
            "PS1='$ '\r",
            "for i in 1 2\r",
            "do echo $i\r",
            "done\r",
            "cat <<E\r",
            "line\r",
            "E\r",
            "if true\r",
            "then echo a\r",
            "\x03",
            "echo $?\r",
        ],
    );
}

#[test]
fn errors_and_options_while_typing() {
    lines_show_alike(
        80,
        &[
            "readonly r=1; r=2\r",
            "echo still\r",
            "cd /nosuch\r",
            ". ./none\r",
            "set -v\r",
            "echo a\r",
            "set -x\r",
            "echo b\r",
            "set +xv\r",
            "trap 'echo INT' INT\r",
            "abc\x03",
            "echo $?\r",
            "set -o ignoreeof\r",
            "\x04",
            "sleep 30 & sleep 31 & sleep 32 &\r",
            "jobs\r",
            "fg %sleep\r",
            "fg %9\r",
            "kill %1 %2 %3; wait\r",
        ],
    );
}

#[test]
fn the_end_key_ends_what_is_open() {
    shows_alike(
        80,
        &[
            ("if true\r", "> \x1b[6n"),
            ("\x04", READY),
            ("echo $?\r", READY),
            ("cat <<E\r", "> \x1b[6n"),
            ("a\r", "> \x1b[6n"),
            ("\x04", READY),
            ("echo 'a\r", "> \x1b[6n"),
            ("\x04", READY),
            ("set -o ignoreeof\r", READY),
            ("\x04", READY),
            ("set +o ignoreeof\r", READY),
            ("sh -c 'echo go; exec cat'\r", "go\r\n"),
            ("\x1a", READY),
            ("\x04", READY),
            ("jobs\r", READY),
            ("\x04", "\r\n"),
        ],
    );
}

#[test]
fn a_trapped_interrupt_is_an_empty_line() {
    shows_alike(
        80,
        &[
            ("trap 'echo T' INT\r", READY),
            ("abc\x03", READY),
            ("echo 'x\r", "> \x1b[6n"),
            ("ab\x03", "> \x1b[6n"),
            ("y'\r", READY),
            ("if true\r", "> \x1b[6n"),
            ("\x03", "> \x1b[6n"),
            ("then echo z; fi\r", READY),
            ("cat <<E\r", "> \x1b[6n"),
            ("b\x03", "> \x1b[6n"),
            ("E\r", READY),
            ("trap '' INT\r", READY),
            ("for i in 1\r", "> \x1b[6n"),
            ("\x03", "> \x1b[6n"),
            ("do echo $i; done\r", READY),
            ("trap - INT\r", READY),
            ("if true\r", "> \x1b[6n"),
            ("\x03", READY),
            ("trap 'echo U' USR1; kill -USR1 $$\r", READY),
        ],
    );
}

#[test]
fn jobs_are_named() {
    lines_show_alike(
        80,
        &[
            "f() { sleep 30; }; x=1\r",
            "f 'a b' \"c $x\" e\\ f $(echo) `:` $$ \"$((x+1))\" 'g\"h' >/dev/null 2>&1 &\r",
            "{ sleep 31; :; } >/dev/null &\r",
            "(f; f) & if f; then :; elif :; then f; fi &\r",
            "for i do f; done & sleep 32 && ! f || f | cat & case x in x|y) f;; esac &\r",
            "jobs\r",
            "fg f; fg %nosuch; bg 99\r",
        ],
    );
}

#[test]
fn a_job_is_signalled_as_soon_as_it_is_started() {
    lines_show_alike(80, &["sleep 33 & kill -INT $!; wait $!; echo $?\r", "\r", "jobs\r"]);
}

#[test]
fn a_shell_gives_the_terminal_back() {
    shows_alike(
        80,
        &[
            ("sh -c 'PS1=\"in> \" sh -i; echo between; PS1=\"in> \" sh -i; echo after'\r", "in> \x1b[6n"),
            ("exit\r", "in> \x1b[6n"),
            ("\x04", READY),
        ],
    );
}

/// What is typed is compared by what became of it: between a prompt and the terminal's new attributes keys may come
/// earlier or later.
#[test]
fn read_takes_keys() {
    alike(80, |mut terminal| {
        terminal.shows(READY);
        for (line, prompt, keys) in [
            ("read -p 'na''me: ' n\r", "name: ", "bob\r"),
            ("read -s -p 'wo''rd: ' p\r", "word: ", "secret\r"),
            ("read -n 3 -p 'ke''ys: ' k\r", "keys: ", "abc"),
        ] {
            terminal.types(line).shows(prompt);
            terminal.types(keys).shows(READY);
        }
        let text = terminal.types("echo $n $p $k; read -t 1 z; echo $?\r").shows(READY);
        terminal.types("exit\r");
        terminal.ends();
        text
    });
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

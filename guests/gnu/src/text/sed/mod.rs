//! GNU `sed`: edits lines as a script says.

mod brackets;
pub(crate) mod command;
pub(crate) mod escape;
mod execute;
mod in_place;
mod input;
mod list;
mod output;
mod parse;
mod print;
mod shell;
mod source;
pub(crate) mod substitute;

use applets::number;
use applets::options::{Long, Parsed, Spec, Takes};
use applets::{Context, Quit};
use wcr_sys::fs;

use crate::Program;
use execute::{Editor, Manner};
use parse::Dialect;
use source::{Origin, Piece};

/// What `--help` prints behind the first line.
const HELP: &str = include_str!("help.txt");

/// The last line of the help, which the usage has not.
const REPORTS: &str = "E-mail bug reports to: <bug-sed@gnu.org>.\n";

/// What `--version` prints.
const VERSION: &str = "\
sed (GNU sed) 4.9
Packaged by Debian
Copyright (C) 2022 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Jay Fenlason, Tom Lord, Ken Pizzini,
Paolo Bonzini, Jim Meyering, and Assaf Gordon.

This sed program was built with SELinux support.
SELinux is disabled on this system.

GNU sed home page: <https://www.gnu.org/software/sed/>.
General help using GNU software: <https://www.gnu.org/gethelp/>.
E-mail bug reports to: <bug-sed@gnu.org>.
";

/// The exit code where nothing more can be done.
const CANNOT_GO_ON: u8 = 4;
/// The exit code where a file could not be read.
const MISSING_INPUT: u8 = 2;

const DEBUG: u8 = 0x80;
const FOLLOW: u8 = 0x81;
const POSIX: u8 = 0x82;
const SANDBOX: u8 = 0x83;
const SHOW_VERSION: u8 = 0x84;

const LONG: [Long; 19] = [
    ("binary", Takes::Nothing, b'b'),
    ("debug", Takes::Nothing, DEBUG),
    ("follow-symlinks", Takes::Nothing, FOLLOW),
    ("in-place", Takes::OptionalValue, b'i'),
    ("expression", Takes::Value, b'e'),
    ("file", Takes::Value, b'f'),
    ("help", Takes::Nothing, b'h'),
    ("line-length", Takes::Value, b'l'),
    ("null-data", Takes::Nothing, b'z'),
    ("zero-terminated", Takes::Nothing, b'z'),
    ("quiet", Takes::Nothing, b'n'),
    ("posix", Takes::Nothing, POSIX),
    ("silent", Takes::Nothing, b'n'),
    ("sandbox", Takes::Nothing, SANDBOX),
    ("separate", Takes::Nothing, b's'),
    ("regexp-extended", Takes::Nothing, b'E'),
    ("unbuffered", Takes::Nothing, b'u'),
    ("version", Takes::Nothing, SHOW_VERSION),
    ("", Takes::Nothing, b'b'),
];

const SPEC: Spec = Spec::new("bsnrzuEe:f:l:i::s:h", LONG.split_at(18).0);

/// The program.
pub const PROGRAM: Program = Program::whole("sed", run)
    .failing_with(CANNOT_GO_ON)
    .telling_failed_writes("couldn't flush stdout")
    .lacking("--debug; what --posix takes away; characters of several bytes, each of which counts as one");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let (mut parsed, wrong) = SPEC.read_all(ctx.args);
    if let Some(message) = wrong {
        ctx.complain(&[&message]);
        return Err(usage(ctx));
    }
    match parsed.last_of(&[b'h', SHOW_VERSION]) {
        Some(SHOW_VERSION) => {
            ctx.put(VERSION.as_bytes());
            return Ok(0);
        }
        Some(_) => {
            let text = [&usage_line(ctx), HELP.as_bytes(), REPORTS.as_bytes()].concat();
            ctx.put(&text);
            return Ok(0);
        }
        None => {}
    }
    if parsed.has(DEBUG) {
        ctx.complain(&[b"--debug is not there"]);
        return Ok(CANNOT_GO_ON);
    }
    let pieces = pieces(ctx, &mut parsed)?;
    let null_data = parsed.has(b'z');
    let dialect = Dialect { extended: parsed.has(b'E') || parsed.has(b'r'), sandbox: parsed.has(SANDBOX), null_data };
    let program = parse::parse(ctx, &pieces, dialect)?;
    let in_place = parsed.options.iter().rev().find(|(key, _)| *key == b'i');
    let manner = Manner {
        quiet: parsed.has(b'n') || program.quiet,
        separate: parsed.has(b's') || in_place.is_some(),
        in_place: in_place.map(|(_, suffix)| suffix.clone().unwrap_or_default()),
        follow: parsed.has(FOLLOW),
        unbuffered: parsed.has(b'u'),
        delimiter: if null_data { 0 } else { b'\n' },
        line_length: parsed.value(b'l').map_or(70, |text| number::unsigned(text, 10).value),
    };
    Editor::new(program, manner).run(ctx, parsed.operands)
}

/// The pieces of the script; without any the first operand is it.
fn pieces(ctx: &mut Context<'_>, parsed: &mut Parsed) -> Result<Vec<Piece>, Quit> {
    let (mut pieces, mut expressions) = (Vec::new(), 0);
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match key {
            b'e' => {
                expressions += 1;
                pieces.push(Piece { origin: Origin::Expression(expressions), text: value.to_vec() });
            }
            b'f' => {
                let read = applets::source::Source::open(value).and_then(|source| fs::read_to_end(source.fd()));
                let text = read.map_err(|error| {
                    ctx.perror(&[b"couldn't open file ", value], error);
                    Quit(CANNOT_GO_ON)
                })?;
                pieces.push(Piece { origin: Origin::File(value.to_vec()), text });
            }
            _ => {}
        }
    }
    if pieces.is_empty() {
        if parsed.operands.is_empty() {
            return Err(usage(ctx));
        }
        pieces.push(Piece { origin: Origin::Expression(1), text: parsed.operands.remove(0) });
    }
    Ok(pieces)
}

fn usage_line(ctx: &Context<'_>) -> Vec<u8> {
    let script = b" [OPTION]... {script-only-if-no-other-script} [input-file]...\n";
    [b"Usage: ", ctx.name, script].concat()
}

/// The usage on standard error, and the reason to stop.
fn usage(ctx: &mut Context<'_>) -> Quit {
    let text = [&usage_line(ctx), HELP.as_bytes()].concat();
    ctx.put_err(&text);
    Quit(1)
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    #[test]
    fn what_is_wrong_with_a_script_is_told_with_its_place() {
        for (script, message) in [
            ("k", "char 1: unknown command: `k'"),
            ("pp", "char 2: extra characters after command"),
            ("1,2", "char 3: missing command"),
            ("1,", "char 2: unexpected `,'"),
            ("+2p", "char 2: invalid usage of +N or ~N as first address"),
            ("0p", "char 2: invalid usage of line address 0"),
            ("{p", "char 0: unmatched `{'"),
            ("p}", "char 2: unexpected `}'"),
            ("s/a/b", "char 5: unterminated `s' command"),
            ("s/a/b/gg", "char 8: multiple `g' options to `s' command"),
            ("s/a/b/0", "char 7: number option to `s' command may not be zero"),
            ("s/\\(a\\)/\\2/", "char 11: invalid reference \\2 on `s' command's RHS"),
            ("s/a**/x/", "char 8: Invalid preceding regular expression"),
            ("y/abc/de/", "char 9: strings for `y' command are different lengths"),
            ("a", "char 1: expected \\ after `a', `c' or `i'"),
            ("1!!p", "char 3: multiple `!'s"),
            ("s/[/x/", "char 6: unterminated `s' command"),
            ("1,2q", "char 4: command only uses one address"),
            ("v 9.0", "char 5: expected newer version of sed"),
        ] {
            let (code, out, err) = run(&PROGRAM, &[script]);
            assert_eq!((code, out.as_str()), (1, ""), "{script}");
            assert_eq!(err, format!("sed: -e expression #1, {message}\n"), "{script}");
        }
        assert_eq!(run(&PROGRAM, &["b x"]).2, "sed: can't find label for jump to `x'\n");
        let (code, _, err) = run(&PROGRAM, &["-e", "p", "-e", "k"]);
        assert_eq!((code, err.as_str()), (1, "sed: -e expression #2, char 1: unknown command: `k'\n"));
    }
}

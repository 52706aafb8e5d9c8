//! GNU `grep`: lines that match patterns.

mod colors;
mod files;
mod glob;
mod matcher;
mod options;
mod search;

use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::fd;

use crate::Program;
use files::Walk;
use search::Search;

/// What `--help` prints behind the first line.
const HELP: &str = include_str!("help.txt");

/// What `--version` prints.
const VERSION: &str = "\
grep (GNU grep) 3.8
Copyright (C) 2022 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Mike Haertel and others; see
<https://git.sv.gnu.org/cgit/grep.git/tree/AUTHORS>.
";

/// The exit code when something went wrong.
const TROUBLE: u8 = 2;

/// The program.
pub const PROGRAM: Program = Program::whole("grep", run)
    .failing_with(TROUBLE)
    .lacking("-P; characters of several bytes, each of which counts as one");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let options = options::read(ctx)?;
    let matcher = options.matcher(ctx)?;
    if options.max_count == Some(0) {
        return Ok(1);
    }
    let mut search = Search::new(&options, &matcher);
    let operands = options.operands.clone();
    let mut walk = Walk::new(&options, &mut search);
    for path in &operands {
        walk.operand(ctx, path)?;
    }
    Ok(match (walk.trouble(), walk.found()) {
        (true, _) => TROUBLE,
        (false, found) => (!found).into(),
    })
}

/// The usage on standard error, and the reason to stop.
fn usage(ctx: &mut Context<'_>) -> Quit {
    let text = usage_lines(ctx);
    ctx.put_err(&text);
    Quit(TROUBLE)
}

fn usage_lines(ctx: &Context<'_>) -> Vec<u8> {
    let name = crate::dispatch::base_name(ctx.name);
    let first = [b"Usage: ", name, b" [OPTION]... PATTERNS [FILE]...\n"].concat();
    [first, [b"Try '", name, b" --help' for more information.\n"].concat()].concat()
}

/// Prints the help.
fn help(ctx: &mut Context<'_>) -> Quit {
    let first = [b"Usage: ", crate::dispatch::base_name(ctx.name), b" [OPTION]... PATTERNS [FILE]...\n"].concat();
    ctx.put(&first);
    ctx.put(HELP.as_bytes());
    Quit(0)
}

/// Whether standard output is a terminal that can show colours.
fn is_colour_terminal() -> bool {
    fd::is_tty(fd::STDOUT) && applets::environ::var(b"TERM").is_some_and(|name| name != b"dumb")
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    #[test]
    fn what_is_wrong_with_a_command_line() {
        let usage = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n";
        let err = |args: &[&str]| {
            let (code, out, err) = run(&PROGRAM, args);
            assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
            err
        };
        assert_eq!(err(&[]), usage);
        assert_eq!(err(&["--foo", "x"]), format!("grep: unrecognized option '--foo'\n{usage}"));
        assert_eq!(err(&["-E", "-F", "x"]), "grep: conflicting matchers specified\n");
        assert_eq!(err(&["-e", "\\(", "-e", "["]), "grep: Unmatched ( or \\(\ngrep: Invalid regular expression\n");
        assert_eq!(err(&["[:space:]"]), "grep: character class syntax is [[:space:]], not [:space:]\n");
        assert_eq!(err(&["-A", "x", "y"]), "grep: x: invalid context length argument\n");
        assert_eq!(run(&PROGRAM, &["-m", "0", "x", "none"]).0, 1);
    }
}

//! GNU `find`: files in trees that are as asked for.

mod expression;
mod list;
mod parse;
mod predicates;
mod printf;
mod regex;
mod walk;

use applets::options::Parsed;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::fs;

use crate::Program;
use crate::quote;
use walk::Walk;

/// What `--help` prints behind the first line.
const HELP: &str = include_str!("help.txt");

/// What `-D help` prints.
const DEBUG: &str = include_str!("debug.txt");

/// What the option `-D` may name.
const DEBUG_FLAGS: [&str; 9] = ["exec", "opt", "rates", "search", "stat", "time", "tree", "all", "help"];

/// What `--version` prints.
const VERSION: &str = "\
find (GNU findutils) 4.9.0
Copyright (C) 2022 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Eric B. Decker, James Youngman, and Kevin Dalley.
Features enabled: D_TYPE O_NOFOLLOW(enabled) LEAF_OPTIMISATION FTS(FTS_CWDFD) CBO(level=2) \n";

/// The program.
pub const PROGRAM: Program =
    Program::whole("find", run).telling_failed_writes("'standard output'").lacking("what -D shows");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let query = parse::parse(ctx)?;
    let mut paths = query.paths.clone();
    let mut fine = true;
    if let Some(list) = &query.names {
        (paths, fine) = listed(ctx, list)?;
    }
    let mut walk = Walk::new(ctx, query)?;
    for path in paths {
        if walk.start(ctx, &path) {
            break;
        }
    }
    Ok(walk.finish(ctx).max((!fine).into()))
}

/// The paths in a file, each ended by a NUL, and whether all are some.
fn listed(ctx: &mut Context<'_>, list: &[u8]) -> Result<(Vec<Vec<u8>>, bool), Quit> {
    let content = Source::open(list).and_then(|source| fs::read_to_end(source.fd()));
    let content =
        content.map_err(|error| ctx.die_errno(&[b"cannot open ", &quote::locale(list), b" for reading"], error))?;
    let text = content.strip_suffix(b"\0").unwrap_or(&content);
    let (mut paths, mut fine) = (Vec::new(), true);
    for (name, number) in text.split(|byte| *byte == 0).zip(1u64..).filter(|_| !content.is_empty()) {
        if name.is_empty() {
            let number = number.to_string();
            ctx.complain(&[&quote::locale(list), b":", number.as_bytes(), b": invalid zero-length file name"]);
            fine = false;
        } else {
            paths.push(name.to_vec());
        }
    }
    Ok((paths, fine))
}

/// Prints the help or the version; the reason to stop.
fn inform(ctx: &mut Context<'_>, help: bool) -> Quit {
    if help {
        let first =
            [b"Usage: ", ctx.name, b" [-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]\n"].concat();
        ctx.put(&first);
        ctx.put(HELP.as_bytes());
    } else {
        ctx.put(VERSION.as_bytes());
    }
    Quit(0)
}

/// Reads what `-D` names.
fn debug_options(ctx: &mut Context<'_>, flags: &[u8]) -> Result<(), Quit> {
    for flag in flags.split(|byte| *byte == b',') {
        if flag == b"help" {
            ctx.put(DEBUG.as_bytes());
            return Err(Quit(0));
        }
        if !DEBUG_FLAGS.iter().any(|known| known.as_bytes() == flag) {
            ctx.complain(&[b"Ignoring unrecognised debug flag ", &quote::locale(flag)]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    #[test]
    fn what_is_wrong_with_an_expression() {
        for (args, message) in [
            (&["x", "-foo"][..], "unknown predicate `-foo'"),
            (&["-name"], "missing argument to `-name'"),
            (&["x", "-type", "q"], "Unknown argument to -type: q"),
            (&["x", "-size", "1q"], "invalid -size type `q'"),
            (&["x", "-mtime", "x"], "invalid argument `x' to `-mtime'"),
            (&["x", "-perm", "+644"], "invalid mode '+644'"),
            (
                &["x", "("],
                "invalid expression; expected to find a ')' but didn't see one. Perhaps you need an extra predicate after '('",
            ),
            (&["x", "(", ")"], "invalid expression; empty parentheses are not allowed."),
            (&["x", "-a"], "invalid expression; you have used a binary operator '-a' with nothing before it."),
            (&["x", "-name", "y", "-o"], "expected an expression after '-o'"),
            (&["x", "-print", "-o"], "invalid expression"),
            (&["x", "(", "-name", "y", "-o", ")"], "expected an expression between '-o' and ')'"),
            (&["x", "-name", "y", ")"], "you have too many ')'"),
            (&["x", "-exec", "echo", "+"], "missing argument to `-exec'"),
            (&["x", "-exec", ";"], "invalid argument `;' to `-exec'"),
            (&["x", "-exec", "echo", "{}", "{}", "+"], "Only one instance of {} is supported with -exec ... +"),
            (&["-Ox", "x"], "Please specify a decimal number immediately after -O"),
            (&["x", "-maxdepth", "-1"], "Expected a positive decimal integer argument to -maxdepth, but got '-1'"),
        ] {
            assert_eq!(run(&PROGRAM, args), (1, String::new(), format!("find: {message}\n")), "{args:?}");
        }
    }
}

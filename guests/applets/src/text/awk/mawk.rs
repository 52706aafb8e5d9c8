//! `mawk`: Mike Brennan's, as Debian has it. The language is read and run as that of `awk` is; here is what is read of the
//! arguments, and what is said when something is wrong.

use wcr_sys::Errno;

use super::ast::{Builtin, Program};
use super::flavour;
use super::interpreter::assignment;
use super::lexer::SyntaxError;
use super::names::Names;
use super::pattern::BadPattern;
use super::{Invocation, parse, run};
use crate::regex::Error;
use crate::source::Source;
use crate::{Applet, Context, Help, Quit};

/// The program.
pub const MAWK: Applet = Applet::new("mawk", "", main).with_help(Help::Operand("")).lacking(MISSING);

/// What it lacks.
pub const MISSING: &str = "-W dump; what only some syntax errors are told as; the order in which `for (k in a)` goes";

/// The exit code when something is wrong.
pub(super) const TROUBLE: u8 = 2;

const HELP: &str = include_str!("mawk-help.txt");

const VERSION: &str = "\
mawk 1.3.4 20200120
Copyright 2008-2019,2020, Thomas E. Dickey
Copyright 1991-1996,2014, Michael D. Brennan

";
const LIMITS: &str = "\
random-funcs:       srandom/random
regex-funcs:        internal
compiled limits:
sprintf buffer      8192
maximum-integer     2147483647
";

/// How much of a text that does not end is shown.
const SHOWN: usize = 10;

/// Runs `mawk` whatever the process was called.
pub fn only() -> ! {
    crate::multicall::as_applet(&MAWK)
}

fn die(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    Quit(TROUBLE)
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    flavour::become_mawk();
    let mut invocation = Invocation { name: b"mawk".to_vec(), ..Invocation::default() };
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut args = ctx.args.iter();
    while let Some(arg) = args.clone().next() {
        let [b'-', letter, attached @ ..] = arg.as_slice() else { break };
        args.next();
        if *letter == b'-' && attached.is_empty() {
            break;
        }
        if !matches!(letter, b'W' | b'v' | b'F' | b'f') {
            return Err(die(ctx, &[b"not an option: ", arg]));
        }
        let value = if attached.is_empty() { args.next().map(Vec::as_slice) } else { Some(attached) };
        let Some(value) = value else { return Err(die(ctx, &[b"option ", &[b'-', *letter], b" lacks argument"])) };
        match letter {
            b'v' if assignment(value).is_none() => return Err(die(ctx, &[b"improper assignment: -v ", value])),
            b'v' => invocation.assignments.push(value.to_vec()),
            b'F' => invocation.assignments.push([b"FS=", value].concat()),
            b'f' => files.push(value.to_vec()),
            _ => {
                if let Some(file) = implementation_option(ctx, value, &mut invocation)? {
                    files.push(args.next().cloned().unwrap_or(file));
                    break;
                }
            }
        }
    }
    let mut program = Program::default();
    let mut names = Names::for_awk(&mut program);
    for text in &invocation.assignments {
        if let Some((name, _)) = assignment(text) {
            names.global(&mut program, name);
        }
    }
    for path in &files {
        let content = Source::open(path).and_then(|source| wcr_sys::fs::read_to_end(source.fd()));
        let content = content.map_err(|error| die(ctx, &cannot_open(path, error)))?;
        read(ctx, &content, &mut program, &mut names)?;
    }
    if files.is_empty() {
        let Some(text) = args.next() else {
            ctx.put_err(HELP.as_bytes());
            return Ok(0);
        };
        read(ctx, text, &mut program, &mut names)?;
    }
    let end = (program.lines + 1).to_string();
    if let Some(name) = names.undefined() {
        return Err(die(ctx, &[b"line ", end.as_bytes(), b": function ", name, b" never defined"]));
    }
    names.finish(&mut program);
    invocation.operands = args.cloned().collect();
    // Unless a seed is given, each run has other random numbers.
    invocation.seed = invocation.seed.or(Some(wcr_sys::time::now().sec as u32));
    run(ctx, &program, &invocation)
}

/// `-W`: an option may be short for its name. With `exec` the file that comes next is the program.
fn implementation_option(
    ctx: &mut Context<'_>,
    text: &[u8],
    invocation: &mut Invocation,
) -> Result<Option<Vec<u8>>, Quit> {
    const NAMES: [&str; 9] =
        ["version", "dump", "help", "interactive", "exec", "random", "sprintf", "posix_space", "usage"];
    let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let meant = NAMES.iter().find(|known| !lower.is_empty() && known.as_bytes().starts_with(&lower));
    match meant.copied() {
        Some("version") => {
            ctx.put(VERSION.as_bytes());
            ctx.put_err(LIMITS.as_bytes());
            Err(Quit(0))
        }
        Some("help" | "usage") => {
            ctx.put_err(HELP.as_bytes());
            Err(Quit(0))
        }
        Some("random") => {
            // Whatever the number is, the generator is left as it was.
            invocation.seed = Some(1);
            Ok(None)
        }
        Some("exec") => Ok(Some(Vec::new())),
        Some(_) => Ok(None),
        None => {
            ctx.complain(&[b"vacuous option: -W ", text]);
            Ok(None)
        }
    }
}

/// Reads a text into the program.
fn read(ctx: &mut Context<'_>, text: &[u8], program: &mut Program, names: &mut Names) -> Result<(), Quit> {
    let seen = program.patterns.len();
    let (parsed, line, token) = parse(b"", text, program, names);
    let place = [b"line ", line.to_string().as_bytes(), b": "].concat();
    for source in program.patterns.get(seen..).unwrap_or_default() {
        if let Err(bad) = super::pattern::compile(source, false) {
            return Err(die(ctx, &[&place, &bad_pattern(&bad)]));
        }
    }
    let Err(error) = parsed else { return Ok(()) };
    let shown = |text: &[u8]| text.get(..text.len().min(SHOWN)).unwrap_or_default().to_vec();
    let said = match error {
        SyntaxError::String if token.starts_with(b"/") => {
            [b"runaway regular expression ", shown(&token).as_slice(), b" ..."].concat()
        }
        SyntaxError::String => [b"runaway string constant ", shown(&token).as_slice(), b" ..."].concat(),
        SyntaxError::BreakOutside => b"break statement outside of loop".to_vec(),
        SyntaxError::ContinueOutside => b"continue statement outside of loop".to_vec(),
        SyntaxError::DuplicateFunction => [b"redefinition of ", token.as_slice()].concat(),
        SyntaxError::Arguments(name) => [b"wrong number of arguments in call to ", name.as_bytes()].concat(),
        _ if token.is_empty() => {
            let line = (line + 1).to_string();
            return Err(die(ctx, &[b"line ", line.as_bytes(), b": missing } near end of file"]));
        }
        _ if token.starts_with(b"\n") => b"syntax error at or near end of line".to_vec(),
        _ if matches!(token.as_slice(), [b'@' | b'`' | b'\'' | b'#' | b'\\' | b'&', ..]) => {
            let line = line.to_string();
            let first = token.get(..1).unwrap_or_default();
            return Err(die(ctx, &[line.as_bytes(), b": unexpected character '", first, b"'"]));
        }
        _ => [b"syntax error at or near ", token.as_slice()].concat(),
    };
    Err(die(ctx, &[&place, &said]))
}

/// How many arguments a function takes.
pub(super) const fn most(builtin: Builtin) -> usize {
    match builtin {
        Builtin::Rand | Builtin::Systime => 0,
        Builtin::Substr | Builtin::Split | Builtin::Sub | Builtin::Gsub | Builtin::Strftime => 3,
        Builtin::Index | Builtin::Match | Builtin::Atan2 => 2,
        Builtin::Sprintf => usize::MAX,
        _ => 1,
    }
}

/// What is said of a file that cannot be opened.
pub(super) fn cannot_open(path: &[u8], error: Errno) -> [&[u8]; 5] {
    [b"cannot open ", path, b" (", error.message().as_bytes(), b")"]
}

/// What is said of a pattern that is none.
pub(super) fn bad_pattern(bad: &BadPattern) -> Vec<u8> {
    let why = match bad.error {
        Error::UnmatchedParen => "missing ')'",
        Error::UnmatchedBracket | Error::Pattern => "bad class -- [], [^] or [",
        Error::Repetition => "missing operand",
        other => other.message(),
    };
    [b"regular expression compile failed (", why.as_bytes(), b")\n", bad.source.as_slice()].concat()
}

//! From the name that the process was started by to the program, and what all of them share at their start and end.

use std::io::{self, Write};

use applets::options::{Parsed, Spec};
use applets::{Applet, Context, Quit};
use wcr_sys::{Errno, Output, fd, fs, process};

use crate::program::{HELP, Program, Reading, STANDARD, VERSION};
use crate::quote;

/// What the programs call their version: that of the coreutils whose behaviour they have.
const COREUTILS: &str = "(GNU coreutils) 9.1";

/// Standard error: not buffered.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fd::write(fd::STDERR, bytes).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The programs of a guest, in groups.
type Groups = [&'static [Program]];

/// Runs the program of a guest with these programs that this process was started as, and ends the process.
pub fn main(groups: &Groups) -> ! {
    let args = wcr_sys::args();
    let (zero, rest) = args.split_first().map_or((&b""[..], &[][..]), |(zero, rest)| (zero, rest));
    process::exit(start(groups, zero, rest))
}

fn find(groups: &Groups, name: &[u8]) -> Option<&'static Program> {
    groups.iter().copied().flatten().find(|program| program.name.as_bytes() == name)
}

fn start(groups: &Groups, zero: &[u8], args: &[Vec<u8>]) -> u8 {
    let name = base_name(zero);
    if let Some(program) = find(groups, name) {
        return with_streams(program, zero, args);
    }
    if name == b"coreutils" {
        return multi_call(groups, zero, args);
    }
    let own = fs::read_file(b"/proc/self/exe").ok();
    match own.and_then(|content| wcr_shims::program_of(&content)).and_then(|name| find(groups, name.as_bytes())) {
        Some(program) => with_streams(program, zero, args),
        None => unknown(zero, name),
    }
}

/// The one file that some systems have for all programs: `--coreutils-prog=NAME`, or a script that it is the interpreter
/// of.
fn multi_call(groups: &Groups, zero: &[u8], args: &[Vec<u8>]) -> u8 {
    let Some((first, rest)) = args.split_first() else { return unknown(zero, b"") };
    if let Some(name) = first.strip_prefix(b"--coreutils-prog=") {
        return find(groups, name).map_or_else(|| unknown(zero, name), |program| with_streams(program, name, rest));
    }
    if let Some(name) = first.strip_prefix(b"--coreutils-prog-shebang=") {
        // The script's own path comes first, and is what the program was called by.
        let (script, rest) = rest.split_first().map_or((name, rest), |(script, rest)| (script.as_slice(), rest));
        return find(groups, name).map_or_else(|| unknown(zero, name), |program| with_streams(program, script, rest));
    }
    unknown(zero, first)
}

fn unknown(zero: &[u8], name: &[u8]) -> u8 {
    let line = [zero, b": unknown program ", &quote::always(name), b"\n"].concat();
    // When this cannot be written there is nobody left to tell.
    let _ = fd::write_all(fd::STDERR, &line);
    1
}

pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn with_streams(program: &Program, zero: &[u8], args: &[Vec<u8>]) -> u8 {
    let mut out = Output::stdout();
    call(program, zero, args, &mut out, &mut Stderr)
}

/// Runs `program` under the name `zero`; what was written is flushed. Returns the exit code.
pub fn call(program: &Program, zero: &[u8], args: &[Vec<u8>], out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let applet = Applet::new(program.name, program.synopsis, |_| Ok(0));
    let mut ctx = Context::new(&applet, args, out, err);
    ctx.name = zero;
    let code = run(program, &mut ctx).unwrap_or_else(|quit| quit.0);
    ctx.flush();
    match ctx.write_error() {
        None => code,
        // A signal has been sent, and is ignored: then nothing is said, but it is a failure.
        Some(Errno::Pipe) if code != 0 => code,
        Some(error) => {
            ctx.perror(&[program.failed_write.as_bytes()], error);
            program.failure
        }
    }
}

fn run(program: &Program, ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = match program.reading {
        Reading::Options(spec) => parse(program, ctx, &spec, ctx.args)?,
        Reading::Raw { exact } => {
            if let [only] = ctx.args {
                let full = matches!(only.as_slice(), b"--help" | b"--version");
                if full || !exact && only.len() > 2 && only.starts_with(b"--") {
                    let (standard, wrong) = Spec::new("", STANDARD).read_all(ctx.args);
                    if wrong.is_none() {
                        show_standard(program, ctx, &standard)?;
                    }
                }
            }
            Parsed::default()
        }
        Reading::Whole => Parsed::default(),
    };
    (program.main)(ctx, &parsed)
}

/// Reads `args` by the options of `program`; help, version and wrong options end it.
/// # Errors
/// What was asked for has been printed, or what is wrong has been told.
pub fn parse(program: &Program, ctx: &mut Context<'_>, spec: &Spec, args: &[Vec<u8>]) -> Result<Parsed, Quit> {
    let (parsed, wrong) = spec.read_all(args);
    show_standard(program, ctx, &parsed)?;
    match wrong {
        None => Ok(parsed),
        Some(message) => {
            ctx.complain(&[&message]);
            Err(try_help(ctx, program.failure))
        }
    }
}

/// Prints the help or the version, when one of them is asked for; they end the program.
fn show_standard(program: &Program, ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Quit> {
    match parsed.last_of(&[HELP, VERSION]) {
        None => return Ok(()),
        Some(HELP) => {
            let text = help(program, ctx.name);
            ctx.put(&text);
        }
        Some(_) => {
            let line =
                [program.name, " ", COREUTILS, "\nThis is wcr's own program in place of that of GNU coreutils.\n"];
            ctx.put(line.concat().as_bytes());
        }
    }
    Err(Quit(program.help_code))
}

fn help(program: &Program, zero: &[u8]) -> Vec<u8> {
    let mut out =
        [b"Usage: ", zero, b" ", program.synopsis.as_bytes(), b"\n", program.purpose.as_bytes(), b"\n"].concat();
    let Reading::Options(spec) = program.reading else { return out };
    out.extend_from_slice(b"\n");
    let long = spec.long.unwrap_or_default();
    let letters = spec.short.bytes().filter(|byte| !b":+".contains(byte));
    for letter in letters {
        let names = long.iter().filter(|(_, _, key)| *key == letter).map(|(name, ..)| format!(", --{name}"));
        let line = format!("  -{}{}\n", char::from(letter), names.collect::<String>());
        out.extend_from_slice(line.as_bytes());
    }
    for (name, _, key) in long.iter().filter(|(_, _, key)| !spec.short.as_bytes().contains(key)) {
        let indent = if *key >= 0x80 || *key < b' ' { "      " } else { "  " };
        out.extend_from_slice(format!("{indent}--{name}\n").as_bytes());
    }
    out
}

/// Points to `--help`, and is the reason to stop.
#[must_use]
pub fn try_help(ctx: &mut Context<'_>, code: u8) -> Quit {
    let line = [b"Try '", ctx.name, b" --help' for more information.\n"].concat();
    ctx.put_err(&line);
    Quit(code)
}

/// Prints a diagnostic and points to `--help`; the reason to stop.
#[must_use]
pub fn wrong_usage(ctx: &mut Context<'_>, code: u8, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    try_help(ctx, code)
}

/// `missing operand`.
#[must_use]
pub fn missing_operand(ctx: &mut Context<'_>, code: u8) -> Quit {
    wrong_usage(ctx, code, &[b"missing operand"])
}

/// `extra operand 'x'`.
#[must_use]
pub fn extra_operand(ctx: &mut Context<'_>, code: u8, operand: &[u8]) -> Quit {
    wrong_usage(ctx, code, &[b"extra operand ", &quote::locale(operand)])
}

#[cfg(test)]
pub(crate) mod testing {
    //! Runs a program in a unit test.

    use crate::program::Program;

    /// The exit code, standard output and standard error of `program` with `args`.
    pub(crate) fn run(program: &Program, args: &[&str]) -> (u8, String, String) {
        let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = super::call(program, program.name.as_bytes(), &args, &mut out, &mut err);
        (code, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::run;
    use crate::find;

    #[test]
    fn wrong_options_point_to_the_help() {
        let uniq = find(b"basename").unwrap();
        let (code, out, err) = run(uniq, &["--foo"]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert_eq!(err, "basename: unrecognized option '--foo'\nTry 'basename --help' for more information.\n");
        let (code, out, _) = run(uniq, &["--vers"]);
        assert_eq!((code, out.lines().next()), (0, Some("basename (GNU coreutils) 9.1")));
        assert!(run(uniq, &["--help"]).1.starts_with("Usage: basename "));
    }

    #[test]
    fn some_take_help_only_when_it_stands_alone() {
        let echo = find(b"echo").unwrap();
        assert!(run(echo, &["--help"]).1.starts_with("Usage: echo "));
        assert_eq!(run(echo, &["--hel"]).1, "--hel\n");
        assert_eq!(run(echo, &["--help", "x"]).1, "--help x\n");
    }
}

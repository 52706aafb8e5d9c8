//! `grep`, `egrep` and `fgrep`: lines that match patterns.

mod files;
mod pattern;
mod search;

use wcr_sys::{Errno, Fd};

use crate::count::natural;
use crate::options::{Long, Parsed, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Help, Quit};

use pattern::Patterns;
use search::{Report, Searcher, Show};

/// `grep`.
pub const GREP: Applet = Applet::new(
    "grep",
    "grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\n\
     Search for PATTERN in FILEs (or stdin)\n\n\
     \t-H\tAdd 'filename:' prefix\n\
     \t-h\tDo not add 'filename:' prefix\n\
     \t-n\tAdd 'line_no:' prefix\n\
     \t-l\tShow only names of files that match\n\
     \t-L\tShow only names of files that don't match\n\
     \t-c\tShow only count of matching lines\n\
     \t-o\tShow only the matching part of line\n\
     \t-q\tQuiet. Return 0 if PATTERN is found, 1 otherwise\n\
     \t-v\tSelect non-matching lines\n\
     \t-s\tSuppress open and read errors\n\
     \t-r\tRecurse\n\
     \t-R\tRecurse and dereference symlinks\n\
     \t-i\tIgnore case\n\
     \t-w\tMatch whole words only\n\
     \t-x\tMatch whole lines only\n\
     \t-F\tPATTERN is a literal (not regexp)\n\
     \t-E\tPATTERN is an extended regexp\n\
     \t-z\tNUL terminated input\n\
     \t-m N\tMatch up to N times per file\n\
     \t-A N\tPrint N lines of trailing context\n\
     \t-B N\tPrint N lines of leading context\n\
     \t-C N\tSame as '-A N -B N'\n\
     \t-e PTRN\tPattern to match\n\
     \t-f FILE\tRead pattern from file",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

/// `egrep`: with extended regular expressions.
pub const EGREP: Applet =
    Applet::new("egrep", "", main).with_help(Help::Unavailable).on_write_failure(crate::WriteFailure::Ignore);

/// `fgrep`: with literal text.
pub const FGREP: Applet =
    Applet::new("fgrep", "", main).with_help(Help::Unavailable).on_write_failure(crate::WriteFailure::Ignore);

const LONG: [Long; 1] = [("color", Takes::OptionalValue, 1)];
const SPEC: Spec = Spec::new("lnqvscFiHhe:f:LorRm:wxzA:B:C:EaI", &LONG);

/// What `grep` exits with when something went wrong.
pub(super) const TROUBLE: u8 = 2;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    run(ctx).map_err(|_| Quit(TROUBLE))
}

fn run(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"ABCm", natural)?;
    let mut operands = parsed.operands.iter();
    let mut patterns = Vec::new();
    for (_, value) in parsed.options.iter().filter(|(key, _)| *key == b'e') {
        split(value.as_deref().unwrap_or_default(), &mut patterns);
    }
    for (_, value) in parsed.options.iter().filter(|(key, _)| *key == b'f') {
        read_patterns(ctx, value.as_deref().unwrap_or_default(), &mut patterns)?;
    }
    if !parsed.has(b'e') && !parsed.has(b'f') {
        let Some(text) = operands.next() else { return Err(ctx.usage()) };
        split(text, &mut patterns);
    }
    let files: Vec<&[u8]> = operands.map(Vec::as_slice).collect();
    let mut searcher = Searcher::new(Patterns::new(patterns, pattern_mode(ctx, &parsed)), report(ctx, &parsed)?);
    let named = match parsed.last_of(b"Hh") {
        Some(key) => Some(key == b'H'),
        None if files.len() > 1 => Some(true),
        None => None,
    };
    let mut session = Session {
        named,
        quiet: parsed.has(b's'),
        follow: parsed.has(b'R'),
        recurse: parsed.has(b'r') || parsed.has(b'R'),
        found: false,
        trouble: false,
    };
    let stdin = [b"-".as_slice()];
    for path in if files.is_empty() { stdin.as_slice() } else { files.as_slice() } {
        if session.operand(ctx, &mut searcher, path)? {
            return Ok(0);
        }
    }
    Ok(match (session.trouble, session.found) {
        (true, _) => TROUBLE,
        (false, found) => (!found).into(),
    })
}

fn pattern_mode(ctx: &Context<'_>, parsed: &Parsed) -> pattern::Mode {
    pattern::Mode {
        literal: parsed.has(b'F') || ctx.applet.name == "fgrep",
        extended: parsed.has(b'E') || ctx.applet.name == "egrep",
        ignore_case: parsed.has(b'i'),
        words: parsed.has(b'w'),
        lines: parsed.has(b'x'),
    }
}

fn report(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Report, Quit> {
    let (mut before, mut after) = (0, 0);
    for (key, value) in &parsed.options {
        if let (b'A' | b'B' | b'C', Some(value)) = (key, value) {
            let lines = natural(ctx, value)?;
            if *key != b'B' {
                after = lines;
            }
            if *key != b'A' {
                before = lines;
            }
        }
    }
    let limit = parsed.value(b'm').map(|value| natural(ctx, value)).transpose()?;
    Ok(Report {
        invert: parsed.has(b'v'),
        names_with: parsed.has(b'l'),
        names_without: parsed.has(b'L'),
        quiet: parsed.has(b'q'),
        show: match (parsed.has(b'c'), parsed.has(b'o')) {
            (true, _) => Show::Count,
            (_, true) => Show::Parts,
            _ => Show::Lines,
        },
        numbers: parsed.has(b'n'),
        delimiter: if parsed.has(b'z') { 0 } else { b'\n' },
        limit: limit.map(|limit| limit as u64),
        before,
        after,
    })
}

/// Each line of `text` is a pattern.
fn split(text: &[u8], patterns: &mut Vec<Vec<u8>>) {
    patterns.extend(text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
}

fn read_patterns(ctx: &mut Context<'_>, path: &[u8], patterns: &mut Vec<Vec<u8>>) -> Result<(), Quit> {
    let content = Source::open(path).and_then(|source| wcr_sys::fs::read_to_end(source.fd()));
    let content = content.map_err(|error| ctx.die_errno(&[path], error))?;
    // The end of the last line begins no pattern.
    let text = content.strip_suffix(b"\n").unwrap_or(&content);
    if !content.is_empty() {
        split(text, patterns);
    }
    Ok(())
}

/// One call's way through its files.
struct Session {
    /// Whether names are printed; `None` until a folder is met.
    named: Option<bool>,
    quiet: bool,
    follow: bool,
    recurse: bool,
    found: bool,
    trouble: bool,
}

impl Session {
    /// Searches what an operand names; whether that settles everything.
    fn operand(&mut self, ctx: &mut Context<'_>, searcher: &mut Searcher, path: &[u8]) -> Result<bool, Quit> {
        if self.recurse && path != b"-" && files::is_directory(path, true) {
            let named = self.named.unwrap_or(true);
            return self.directory(ctx, searcher, path, named);
        }
        let name = if path == b"-" { b"(standard input)" } else { path };
        match Source::open(path) {
            Ok(source) => self.search(ctx, searcher, source.fd(), name, self.named.unwrap_or(false)),
            Err(error) => {
                self.complain(ctx, path, error);
                self.trouble = true;
                Ok(false)
            }
        }
    }

    fn search(
        &mut self,
        ctx: &mut Context<'_>,
        searcher: &mut Searcher,
        fd: Fd,
        name: &[u8],
        named: bool,
    ) -> Result<bool, Quit> {
        let outcome = searcher.search(ctx, fd, name, named)?;
        self.found |= outcome.found;
        Ok(outcome.settled)
    }

    fn complain(&self, ctx: &mut Context<'_>, path: &[u8], error: Errno) {
        if !self.quiet {
            ctx.perror(&[path], error);
        }
    }

    fn directory(
        &mut self,
        ctx: &mut Context<'_>,
        searcher: &mut Searcher,
        path: &[u8],
        named: bool,
    ) -> Result<bool, Quit> {
        let entries = match wcr_sys::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                // Files are meant by `-s`, not folders.
                ctx.perror(&[path], error);
                return Ok(false);
            }
        };
        for entry in entries {
            let path = files::join(path, &entry.name);
            let settled = match files::kind(&entry, &path, self.follow) {
                files::Kind::Directory => self.directory(ctx, searcher, &path, named)?,
                files::Kind::Skipped => false,
                files::Kind::File => match Source::open(&path) {
                    Ok(source) => self.search(ctx, searcher, source.fd(), &path, named)?,
                    Err(error) => {
                        self.complain(ctx, &path, error);
                        // A link that leads nowhere is no trouble.
                        self.trouble |= !matches!(error, Errno::Noent | Errno::Loop);
                        false
                    }
                },
            };
            if settled {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

//! What the arguments of `gzip` say.

use applets::archive::deflate::USUAL_LEVEL;
use applets::format::parse_decimal;
use applets::options::{Long, Parsed, Spec, Takes};
use applets::{Context, Quit, environ};

use crate::program::HELP;

const RSYNCABLE: u8 = 0x80;
const SYNCHRONOUS: u8 = 0x81;
const PRESUME_TTY: u8 = 0x82;

/// In the order in which the possibilities of an ambiguous name are told.
const LONG: &[Long] = &[
    ("ascii", Takes::Nothing, b'a'),
    ("to-stdout", Takes::Nothing, b'c'),
    ("stdout", Takes::Nothing, b'c'),
    ("decompress", Takes::Nothing, b'd'),
    ("uncompress", Takes::Nothing, b'd'),
    ("force", Takes::Nothing, b'f'),
    ("help", Takes::Nothing, HELP),
    ("keep", Takes::Nothing, b'k'),
    ("list", Takes::Nothing, b'l'),
    ("license", Takes::Nothing, b'L'),
    ("no-name", Takes::Nothing, b'n'),
    ("name", Takes::Nothing, b'N'),
    ("-presume-input-tty", Takes::Nothing, PRESUME_TTY),
    ("quiet", Takes::Nothing, b'q'),
    ("silent", Takes::Nothing, b'q'),
    ("synchronous", Takes::Nothing, SYNCHRONOUS),
    ("recursive", Takes::Nothing, b'r'),
    ("suffix", Takes::Value, b'S'),
    ("test", Takes::Nothing, b't'),
    ("verbose", Takes::Nothing, b'v'),
    ("version", Takes::Nothing, b'V'),
    ("fast", Takes::Nothing, b'1'),
    ("best", Takes::Nothing, b'9'),
    ("lzw", Takes::Nothing, b'Z'),
    ("bits", Takes::Value, b'b'),
    ("rsyncable", Takes::Nothing, RSYNCABLE),
];
const SPEC: Spec = Spec::new("ab:cdfhH?klLmMnNqrS:tvVZ123456789", LONG);

/// Options without operands that a variable may bring.
const VARIABLE: &[u8] = b"GZIP";

/// The longest suffix.
const SUFFIX_MAX: usize = 30;

const VERSION: &str = "\
gzip 1.12
Copyright (C) 2018 Free Software Foundation, Inc.
Copyright (C) 1993 Jean-loup Gailly.
This is free software.  You may redistribute copies of it under the terms of
the GNU General Public License <https://www.gnu.org/licenses/gpl.html>.
There is NO WARRANTY, to the extent permitted by law.
";

/// What is done with each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Compress,
    Decompress,
    Test,
    List,
}

/// All that the arguments say.
pub(super) struct Options {
    pub(super) work: Work,
    pub(super) level: u8,
    pub(super) to_stdout: bool,
    pub(super) force: bool,
    pub(super) keep: bool,
    pub(super) recursive: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    /// Whether names and times are stored, or taken from what is stored.
    pub(super) names: bool,
    pub(super) suffix: Vec<u8>,
    pub(super) operands: Vec<Vec<u8>>,
}

/// Reads the variable and the arguments; help and version end the program.
pub(super) fn read(ctx: &mut Context<'_>) -> Result<Options, Quit> {
    let mut options = Options {
        work: Work::Compress,
        level: USUAL_LEVEL,
        to_stdout: false,
        force: false,
        keep: false,
        recursive: false,
        quiet: false,
        verbose: false,
        names: false,
        suffix: b".gz".to_vec(),
        operands: Vec::new(),
    };
    let mut names = None;
    let variable = environ::var(VARIABLE).unwrap_or_default();
    let words = variable.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
    let words: Vec<Vec<u8>> = words.map(<[u8]>::to_vec).collect();
    if !words.is_empty() {
        let (parsed, wrong) = SPEC.read_all(&words);
        options.take(ctx, &parsed, &mut names)?;
        let wrong = wrong.or_else(|| {
            parsed.operands.first().map(|word| [word, &b": non-option in GZIP environment variable"[..]].concat())
        });
        if let Some(message) = wrong {
            return Err(wrong_usage(ctx, &message));
        }
        ctx.complain(&[b"warning: GZIP environment variable is deprecated; use an alias or script"]);
    }
    let (mut parsed, wrong) = SPEC.read_all(ctx.args);
    options.take(ctx, &parsed, &mut names)?;
    if let Some(message) = wrong {
        return Err(wrong_usage(ctx, &message));
    }
    options.names = names.unwrap_or(options.work == Work::Compress);
    let suffix_is_wrong = options.suffix.is_empty() || options.suffix.len() > SUFFIX_MAX;
    if suffix_is_wrong {
        return Err(ctx.die(&[b"invalid suffix '", &options.suffix, b"'"]));
    }
    options.operands = core::mem::take(&mut parsed.operands);
    Ok(options)
}

/// Says what is wrong with the arguments, and where help is.
fn wrong_usage(ctx: &mut Context<'_>, message: &[u8]) -> Quit {
    ctx.complain(&[message]);
    let line = [b"Try `", ctx.name, b" --help' for more information.\n"].concat();
    ctx.put_err(&line);
    Quit(1)
}

impl Options {
    fn take(&mut self, ctx: &mut Context<'_>, parsed: &Parsed, names: &mut Option<bool>) -> Result<(), Quit> {
        for (key, value) in &parsed.options {
            let value = value.as_deref().unwrap_or_default();
            match *key {
                b'b' if value.is_empty() || parse_decimal(value).is_none() => {
                    return Err(wrong_usage(ctx, b"-b operand is not an integer"));
                }
                b'c' => self.to_stdout = true,
                b'd' if self.work == Work::Compress => self.work = Work::Decompress,
                b'f' => self.force = true,
                b'h' | b'H' | b'?' | HELP => {
                    let text =
                        [b"Usage: ", ctx.name, b" [OPTION]... [FILE]...\n", super::HELP_TEXT.as_bytes()].concat();
                    ctx.put(&text);
                    return Err(Quit(0));
                }
                b'k' => self.keep = true,
                b'l' => self.work = Work::List,
                b'L' => {
                    ctx.put(VERSION.as_bytes());
                    return Err(Quit(0));
                }
                b'V' => {
                    let rest = VERSION.strip_prefix("gzip").unwrap_or(VERSION);
                    ctx.put(&[ctx.name, rest.as_bytes(), b"\nWritten by Jean-loup Gailly.\n"].concat());
                    return Err(Quit(0));
                }
                b'm' | b'n' => *names = Some(false),
                b'M' | b'N' => *names = Some(true),
                b'q' => (self.quiet, self.verbose) = (true, false),
                b'r' => self.recursive = true,
                b'S' => self.suffix = value.to_vec(),
                b't' if self.work != Work::List => self.work = Work::Test,
                b'v' => (self.quiet, self.verbose) = (false, true),
                b'Z' => return Err(wrong_usage(ctx, b"-Z not supported in this version")),
                b'1'..=b'9' => self.level = key - b'0',
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether files are made that take the place of others.
    pub(super) fn makes_files(&self) -> bool {
        !self.to_stdout && matches!(self.work, Work::Compress | Work::Decompress)
    }
}

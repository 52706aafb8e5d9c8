//! What the arguments of `xargs` say.

use applets::number;
use applets::options::{Long, Spec, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::ARGUMENTS_MAX;

use super::items::Separator;
use super::{HELP, VERSION};
use crate::dispatch::{base_name, try_help};

const HELP_KEY: u8 = 0x80;
const VERSION_KEY: u8 = 0x81;
const SHOW_LIMITS: u8 = 0x82;
const SLOT_VARIABLE: u8 = 0x83;

const LONG: [Long; 18] = [
    ("null", Takes::Nothing, b'0'),
    ("arg-file", Takes::Value, b'a'),
    ("delimiter", Takes::Value, b'd'),
    ("eof", Takes::OptionalValue, b'e'),
    ("replace", Takes::OptionalValue, b'i'),
    ("max-lines", Takes::OptionalValue, b'l'),
    ("max-args", Takes::Value, b'n'),
    ("open-tty", Takes::Nothing, b'o'),
    ("interactive", Takes::Nothing, b'p'),
    ("no-run-if-empty", Takes::Nothing, b'r'),
    ("max-chars", Takes::Value, b's'),
    ("verbose", Takes::Nothing, b't'),
    ("show-limits", Takes::Nothing, SHOW_LIMITS),
    ("exit", Takes::Nothing, b'x'),
    ("max-procs", Takes::Value, b'P'),
    ("process-slot-var", Takes::Value, SLOT_VARIABLE),
    ("version", Takes::Nothing, VERSION_KEY),
    ("help", Takes::Nothing, HELP_KEY),
];

const SPEC: Spec = Spec::new("+0a:E:e::i::I:l::L:n:prs:txP:d:o", &LONG);

/// How many bytes a command line has at most when nothing else is asked.
const SIZE: usize = 128 << 10;

/// What stays free of the limit of the system.
const HEADROOM: usize = 2048;

/// How many items a program gets at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    None,
    Words(usize),
    Lines(usize),
}

/// All that the arguments say.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) command: Vec<Vec<u8>>,
    pub(super) file: Vec<u8>,
    pub(super) separator: Separator,
    pub(super) end: Option<Vec<u8>>,
    /// What in the command an item takes the place of.
    pub(super) place: Option<Vec<u8>>,
    pub(super) limit: Limit,
    pub(super) size: usize,
    pub(super) exits: bool,
    pub(super) parallel: usize,
    pub(super) unlimited: bool,
    pub(super) only_with_input: bool,
    pub(super) verbose: bool,
    pub(super) asks: bool,
    pub(super) shows_limits: bool,
    pub(super) slot_variable: Option<Vec<u8>>,
}

/// How many bytes the environment takes.
pub(super) fn environment_size() -> usize {
    wcr_sys::env().iter().map(|entry| entry.len() + 1).sum()
}

/// How long a command line may be.
pub(super) fn size_limit() -> usize {
    ARGUMENTS_MAX.saturating_sub(HEADROOM + environment_size())
}

/// Reads the arguments.
pub(super) fn read(ctx: &mut Context<'_>) -> Result<Options, Quit> {
    let (parsed, wrong) = SPEC.read_all(ctx.args);
    let mut options = Options {
        command: if parsed.operands.is_empty() { vec![b"echo".to_vec()] } else { parsed.operands.clone() },
        file: b"-".to_vec(),
        separator: Separator::Blanks,
        end: None,
        place: None,
        limit: Limit::None,
        size: SIZE,
        exits: false,
        parallel: 1,
        unlimited: false,
        only_with_input: false,
        verbose: false,
        asks: false,
        shows_limits: false,
        slot_variable: None,
    };
    for (key, value) in &parsed.options {
        let value = value.as_deref();
        let text = value.unwrap_or_default();
        match *key {
            b'0' => options.separator = Separator::Byte(0),
            b'a' => options.file = text.to_vec(),
            b'd' => options.separator = Separator::Byte(delimiter(ctx, text)?),
            b'E' | b'e' => options.end = value.filter(|text| !text.is_empty()).map(<[u8]>::to_vec),
            b'I' | b'i' => {
                ignore_limit(ctx, &mut options, b"--replace/-I/-i");
                options.place = Some(value.unwrap_or(b"{}").to_vec());
            }
            b'L' | b'l' => {
                let lines = match value {
                    Some(text) => count(ctx, text, *key, 1)?,
                    None => 1,
                };
                let name: &[u8] = if *key == b'L' { b"-L" } else { b"--max-lines/-l" };
                ignore_place(ctx, &mut options, name);
                if matches!(options.limit, Limit::Words(_)) {
                    ignore_limit(ctx, &mut options, name);
                }
                options.limit = Limit::Lines(lines);
            }
            b'n' => {
                let words = count(ctx, text, *key, 1)?;
                // One at a time is what a place means anyway.
                if options.place.is_none() || words != 1 {
                    let name = b"--max-args/-n";
                    ignore_place(ctx, &mut options, name);
                    if matches!(options.limit, Limit::Lines(_)) {
                        ignore_limit(ctx, &mut options, name);
                    }
                    options.limit = Limit::Words(words);
                }
            }
            b's' => {
                let (most, mut size) = (size_limit(), count(ctx, text, *key, i64::MIN)?);
                if size == 0 {
                    ctx.complain(&[b"value ", text, b" for -s option should be >= 1"]);
                    size = 1;
                }
                if size > most {
                    let (size, most) = (size.to_string(), most.to_string());
                    let parts: [&[u8]; 4] =
                        [b"value ", size.as_bytes(), b" for -s option should be <= ", most.as_bytes()];
                    ctx.complain(&parts);
                }
                options.size = size.min(most);
            }
            b'P' => {
                let most = count(ctx, text, *key, 0)?;
                (options.parallel, options.unlimited) = (most.max(1), most == 0);
            }
            b'p' => options.asks = true,
            b'r' => options.only_with_input = true,
            b't' => options.verbose = true,
            b'x' => options.exits = true,
            b'o' => return Err(ctx.die(&[b"-o is not there"])),
            SHOW_LIMITS => options.shows_limits = true,
            SLOT_VARIABLE => options.slot_variable = Some(text.to_vec()),
            HELP_KEY => {
                let name = base_name(ctx.name);
                let first = [b"Usage: ", name, b" [OPTION]... COMMAND [INITIAL-ARGS]...\n"].concat();
                ctx.put(&first);
                ctx.put(HELP.as_bytes());
                return Err(Quit(0));
            }
            VERSION_KEY => {
                ctx.put(VERSION.as_bytes());
                return Err(Quit(0));
            }
            _ => {}
        }
    }
    if let Some(message) = wrong {
        ctx.complain(&[&message]);
        return Err(try_help(ctx, 1));
    }
    if options.end.is_some() && options.separator != Separator::Blanks {
        ctx.complain(&[b"warning: the -E option has no effect if -0 or -d is used.\n"]);
    }
    Ok(options)
}

/// A limit that was given before does not count beside what is given now.
fn ignore_limit(ctx: &mut Context<'_>, options: &mut Options, now: &[u8]) {
    let before: &[u8] = match core::mem::replace(&mut options.limit, Limit::None) {
        Limit::None => return,
        Limit::Words(_) => b"--max-args",
        Limit::Lines(_) => b"--max-lines",
    };
    exclusive(ctx, before, now);
}

/// A place that was given before does not count beside what is given now.
fn ignore_place(ctx: &mut Context<'_>, options: &mut Options, now: &[u8]) {
    if options.place.take().is_some() {
        exclusive(ctx, b"--replace", now);
    }
}

fn exclusive(ctx: &mut Context<'_>, before: &[u8], now: &[u8]) {
    let what = [b"warning: options ", before, b" and ", now, b" are mutually exclusive"].concat();
    ctx.complain(&[&what, b", ignoring previous ", before, b" value"]);
}

fn count(ctx: &mut Context<'_>, text: &[u8], key: u8, least: i64) -> Result<usize, Quit> {
    let scanned = number::signed(text, 10);
    if scanned.len == 0 || scanned.len < text.len() {
        ctx.complain(&[b"invalid number \"", text, b"\" for -", &[key], b" option"]);
        return Err(try_help(ctx, 1));
    }
    if scanned.value < least {
        let (value, least) = (scanned.value.to_string(), least.to_string());
        let head: [&[u8]; 4] = [b"value ", value.as_bytes(), b" for -", &[key]];
        ctx.complain(&[&head.concat(), b" option should be >= ", least.as_bytes()]);
        return Err(try_help(ctx, 1));
    }
    Ok(usize::try_from(scanned.value.max(0)).unwrap_or(usize::MAX))
}

/// The byte that `-d` names.
fn delimiter(ctx: &mut Context<'_>, text: &[u8]) -> Result<u8, Quit> {
    let number = |digits: &[u8], base| {
        let scanned = number::unsigned(digits, base);
        (scanned.len == digits.len() && scanned.len > 0).then_some(scanned.value)
    };
    let byte = match text {
        [byte] => Some(*byte),
        [b'\\', rest @ ..] => match rest {
            b"a" => Some(7),
            b"b" => Some(8),
            b"f" => Some(12),
            b"n" => Some(b'\n'),
            b"r" => Some(b'\r'),
            b"t" => Some(b'\t'),
            b"v" => Some(11),
            b"\\" => Some(b'\\'),
            [b'x', digits @ ..] => number(digits, 16).and_then(|value| u8::try_from(value).ok()),
            b"0" => Some(0),
            [b'0'..=b'7', ..] => number(rest, 8).and_then(|value| u8::try_from(value).ok()),
            _ => None,
        },
        _ => {
            let rule = b": the delimiter must be either a single character or an escape sequence starting with \\.";
            return Err(ctx.die(&[b"Invalid input delimiter specification ", text, rule]));
        }
    };
    byte.ok_or_else(|| ctx.die(&[b"Invalid escape sequence ", text, b" in input delimiter specification."]))
}

//! `date`.

use applets::core::time::Zone;
use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::Timestamp;
use wcr_sys::{Errno, fs, time};

use super::{clock, dates};
use crate::Program;
use crate::dispatch::{extra_operand, try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const RFC3339: u8 = 0x80;
const RESOLUTION: u8 = 0x81;
const DEBUG: u8 = 0x82;

/// The program.
pub const PROGRAM: Program = Program::new(
    "date",
    "[OPTION]... [+FORMAT]\n  or:  date [-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]",
    "Prints the time.",
    "d:f:I::r:Rs:u",
    &[
        ("date", Takes::Value, b'd'),
        ("debug", Takes::Nothing, DEBUG),
        ("file", Takes::Value, b'f'),
        ("iso-8601", Takes::OptionalValue, b'I'),
        ("reference", Takes::Value, b'r'),
        ("resolution", Takes::Nothing, RESOLUTION),
        ("rfc-email", Takes::Nothing, b'R'),
        ("rfc-2822", Takes::Nothing, b'R'),
        ("rfc-822", Takes::Nothing, b'R'),
        ("rfc-3339", Takes::Value, RFC3339),
        ("set", Takes::Value, b's'),
        ("uct", Takes::Nothing, b'u'),
        ("utc", Takes::Nothing, b'u'),
        ("universal", Takes::Nothing, b'u'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.lacking("--debug; setting the time, which a container may not");

fn iso(ctx: &mut Context<'_>, option: &[u8], word: &[u8], with_date: bool) -> Result<Vec<u8>, Quit> {
    const WORDS: [&str; 5] = ["hours", "minutes", "date", "seconds", "ns"];
    let words = WORDS.iter().filter(|name| !(option == b"--rfc-3339" && matches!(**name, "hours" | "minutes")));
    let mut matching = words.clone().filter(|name| name.as_bytes().starts_with(word));
    let found = matching.next().filter(|_| !word.is_empty() && matching.next().is_none());
    let separator = if with_date { "T" } else { " " };
    let format = match found {
        Some(&"date") => "%Y-%m-%d".to_owned(),
        Some(&"hours") => format!("%Y-%m-%d{separator}%H%:z"),
        Some(&"minutes") => format!("%Y-%m-%d{separator}%H:%M%:z"),
        Some(&"seconds") => format!("%Y-%m-%d{separator}%H:%M:%S%:z"),
        Some(_) => format!("%Y-%m-%d{separator}%H:%M:%S{}%N%:z", if with_date { "," } else { "." }),
        None => {
            ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
            let mut text = b"Valid arguments are:".to_vec();
            for name in words {
                text.extend_from_slice(&[b"\n  - ", &quote::locale(name.as_bytes())[..]].concat());
            }
            text.push(b'\n');
            ctx.put_err(&text);
            return Err(try_help(ctx, 1));
        }
    };
    Ok(format.into_bytes())
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut format = None;
    for (key, value) in &parsed.options {
        let word = value.as_deref();
        let new = match *key {
            b'I' => iso(ctx, b"--iso-8601", word.unwrap_or(b"date"), true)?,
            RFC3339 => iso(ctx, b"--rfc-3339", word.unwrap_or_default(), false)?,
            b'R' => b"%a, %d %b %Y %H:%M:%S %z".to_vec(),
            RESOLUTION => b"%s.%N".to_vec(),
            DEBUG => return Err(ctx.die(&[b"--debug is not supported here"])),
            _ => continue,
        };
        if format.is_some() {
            return Err(ctx.die(&[b"multiple output formats specified"]));
        }
        format = Some(new);
    }
    let sources = [b'd', b'f', b'r', RESOLUTION].iter().filter(|key| parsed.has(**key)).count();
    if sources > 1 {
        return Err(wrong_usage(ctx, 1, &[b"the options to specify dates for printing are mutually exclusive"]));
    }
    let mut set = parsed.value(b's').map(<[u8]>::to_vec);
    if set.is_some() && sources > 0 {
        return Err(wrong_usage(ctx, 1, &[b"the options to print and set the time may not be used together"]));
    }
    match parsed.operands.as_slice() {
        [] => {}
        [_, second, ..] => return Err(extra_operand(ctx, 1, second)),
        [only] => match only.strip_prefix(b"+") {
            Some(_) if format.is_some() => return Err(ctx.die(&[b"multiple output formats specified"])),
            Some(rest) => format = Some(rest.to_vec()),
            None if set.is_some() || sources > 0 => {
                let shown = quote::locale(only);
                ctx.complain(&[b"the argument ", &shown, b" lacks a leading '+';"]);
                ctx.put_err(
                    b"when using an option to specify date(s), any non-option\nargument must be a format string beginning with '+'\n",
                );
                return Err(try_help(ctx, 1));
            }
            None => set = Some(only.clone()),
        },
    }
    let format = format.unwrap_or_else(|| b"%a %b %e %H:%M:%S %Z %Y".to_vec());
    let zone = if parsed.has(b'u') { Zone::utc() } else { Zone::from_env() };
    if let Some(path) = parsed.value(b'f') {
        return from_file(ctx, path, &format, &zone);
    }
    let now = time::now();
    let mut code = 0;
    let moment = if let Some(text) = &set {
        let by_option = parsed.has(b's');
        let read = if by_option {
            dates::parse(text, now, &zone)
        } else {
            digits(text, now, &zone).map(|sec| Timestamp { sec, nsec: 0 })
        };
        let Some(moment) = read else { return Err(ctx.die(&[b"invalid date ", &quote::locale(text)])) };
        // A container has no right to the clock.
        ctx.perror(&[b"cannot set date"], Errno::Perm);
        code = 1;
        moment
    } else if let Some(text) = parsed.value(b'd') {
        dates::parse(text, now, &zone).ok_or_else(|| ctx.die(&[b"invalid date ", &quote::locale(text)]))?
    } else if let Some(path) = parsed.value(b'r') {
        fs::stat(path).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?.mtime
    } else if parsed.has(RESOLUTION) {
        Timestamp { sec: 0, nsec: 1 }
    } else {
        now
    };
    show(ctx, &format, &zone, moment);
    Ok(code)
}

/// `MMDDhhmm[[CC]YY][.ss]`: the year stands behind, not before as for `touch -t`.
fn digits(text: &[u8], now: Timestamp, zone: &Zone) -> Option<i64> {
    let dot = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (number, tail) = text.split_at(dot);
    let (rest, year) = number.split_at_checked(8)?;
    if !matches!(year.len(), 0 | 2 | 4) {
        return None;
    }
    dates::posix(&[year, rest, tail].concat(), now, zone)
}

fn show(ctx: &mut Context<'_>, format: &[u8], zone: &Zone, moment: Timestamp) {
    let mut line = Vec::new();
    clock::show(&mut line, format, zone, moment);
    line.push(b'\n');
    ctx.put(&line);
}

fn from_file(ctx: &mut Context<'_>, path: &[u8], format: &[u8], zone: &Zone) -> Result<u8, Quit> {
    let source = Source::open(path).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
    let mut reader = LineReader::new(source.fd(), b'\n');
    let (now, mut code) = (time::now(), 0);
    loop {
        match reader.next_line() {
            Ok(None) => return Ok(code),
            Ok(Some(line)) => match dates::parse(line.text, now, zone) {
                Some(moment) => show(ctx, format, zone, moment),
                None => {
                    ctx.complain(&[b"invalid date ", &quote::locale(line.text)]);
                    code = 1;
                }
            },
            Err(error) => {
                // Nothing more can be read; what there was has been shown.
                ctx.flush();
                return Err(ctx.die_errno(&[&quote::as_needed(path)], error));
            }
        }
    }
}

//! `date`: prints a time, or tries to set the clock.

use wcr_sys::{Errno, fs, time};

use super::time::calendar::Civil;
use super::time::strftime::strftime;
use super::time::strptime::Reading;
use super::time::{Zone, parse};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "date",
    "date [OPTIONS] [+FMT] [[-s] TIME]\n\n\
     Display time (using +FMT), or set time\n\n\
     \t-u\t\tWork in UTC (don't convert to local time)\n\
     \t[-s] TIME\tSet time to TIME\n\
     \t-d TIME\t\tDisplay TIME, not 'now'\n\
     \t-D FMT\t\tFMT (strptime format) for -s/-d TIME conversion\n\
     \t-r FILE\t\tDisplay last modification time of FILE\n\
     \t-R\t\tOutput RFC-2822 date\n\
     \t-I[SPEC]\tOutput ISO-8601 date\n\
     \t\t\tSPEC=date (default), hours, minutes, seconds or ns\n\n\
     Recognized TIME formats:\n\
     \t@seconds_since_1970\n\
     \thh:mm[:ss]\n\
     \t[YYYY.]MM.DD-hh:mm[:ss]\n\
     \tYYYY-MM-DD hh:mm[:ss]\n\
     \t[[[[[YY]YY]MM]DD]hh]mm[.ss]\n\
     \t'date TIME' form accepts MMDDhhmm[[YY]YY][.ss] instead",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::new(
    "Rs:ud:r:I::D:",
    &[
        ("rfc-822", Takes::Nothing, b'R'),
        ("rfc-2822", Takes::Nothing, b'R'),
        ("set", Takes::Value, b's'),
        ("utc", Takes::Nothing, b'u'),
        ("date", Takes::Value, b'd'),
        ("reference", Takes::Value, b'r'),
    ],
);

/// The formats of `-I`, by the words that choose them.
const ISO: [(&[u8], &[u8]); 5] = [
    (b"date", b"%Y-%m-%d"),
    (b"hours", b"%Y-%m-%dT%H"),
    (b"minutes", b"%Y-%m-%dT%H:%M"),
    (b"seconds", b"%Y-%m-%dT%H:%M:%S"),
    (b"ns", b"%Y-%m-%dT%H:%M:%S"),
];

/// What is printed.
enum Format<'a> {
    Given(&'a [u8]),
    Rfc2822,
    /// An index of [`ISO`].
    Iso(usize),
    Default,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut operands = parsed.operands.as_slice();
    let mut format = None;
    if let [first, rest @ ..] = operands
        && let Some(given) = first.strip_prefix(b"+")
    {
        (format, operands) = (Some(given), rest);
    }
    let shown = parsed.value(b'd');
    let (wanted, positional) = match (parsed.value(b's'), operands) {
        (None, []) => (None, false),
        (None, [only]) if shown.is_none() => (Some(only.as_slice()), true),
        (set @ Some(_), []) if shown.is_none() => (set, false),
        _ => return Err(ctx.usage()),
    };
    let iso = match parsed.options.iter().rev().find(|(key, _)| *key == b'I') {
        Some((_, spec)) => {
            let spec = spec.as_deref().unwrap_or(b"date");
            Some(ISO.iter().position(|(name, _)| name.starts_with(spec)).ok_or_else(|| ctx.usage())?)
        }
        None => None,
    };
    let format = match (format, iso, parsed.has(b'R')) {
        (_, Some(_), true) => return Err(ctx.usage()),
        (Some(given), ..) => Format::Given(given),
        (None, Some(iso), _) => Format::Iso(iso),
        (None, None, true) => Format::Rfc2822,
        (None, None, false) => Format::Default,
    };
    let zone = if parsed.has(b'u') { Zone::from_variable(Some(b"UTC0")) } else { Zone::from_env() };
    let mut now = time::now();
    // Whose time it is is looked up even where another is given.
    if let Some(path) = parsed.value(b'r') {
        let stat = fs::stat(path).map_err(|error| ctx.die_errno(&[b"can't stat '", path, b"'"], error))?;
        now = stat.mtime;
    }
    if let Some(text) = shown.or(wanted) {
        let read = read(text, positional, parsed.value(b'D'), now.sec, &zone);
        now.sec = read.ok_or_else(|| ctx.die(&[b"invalid date '", text, b"'"]))?;
        now.nsec = 0;
    }
    if wanted.is_some() {
        // A container's clock is not its own; no kernel call sets it.
        ctx.perror(&[b"can't set date"], Errno::Perm);
    }
    let mut line = render(&format, now.sec, now.nsec, &zone);
    line.push(b'\n');
    ctx.put(&line);
    Ok(0)
}

/// Reads a date operand; `positional` ones have the year behind the minute.
fn read(text: &[u8], positional: bool, format: Option<&[u8]>, now: i64, zone: &Zone) -> Option<i64> {
    let base = Civil { hour: 0, minute: 0, second: 0, ..zone.local(now).civil };
    if let Some(format) = format {
        let mut reading = Reading::new(base);
        reading.strptime(text, format, zone)?;
        reading.offset = None;
        return parse::seconds_of(&reading, zone);
    }
    if !positional {
        return parse::parse(text, base, zone);
    }
    let end = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (digits, second) = text.split_at(end);
    let (fields, year) = digits.split_at_checked(8)?;
    if !matches!(year.len(), 0 | 2 | 4) {
        return None;
    }
    parse::parse(&[year, fields, second].concat(), base, zone)
}

fn render(format: &Format<'_>, seconds: i64, nanos: u32, zone: &Zone) -> Vec<u8> {
    let (local, mut line) = (zone.local(seconds), Vec::new());
    let (pattern, iso): (&[u8], _) = match format {
        Format::Given(given) => (given, None),
        Format::Rfc2822 => (b"%a, %d %b %Y %H:%M:%S %z", None),
        Format::Iso(at) => (ISO.get(*at).map_or(b"", |(_, pattern)| pattern), Some(*at)),
        Format::Default => (b"%a %b %e %H:%M:%S %Z %Y", None),
    };
    strftime(&mut line, pattern, &local, seconds);
    if iso == Some(4) {
        line.push(b',');
        crate::format::right(&mut line, &crate::format::decimal(nanos.into()), 9, b'0');
    }
    if iso.is_some_and(|at| at > 0) {
        let mut offset = Vec::new();
        strftime(&mut offset, b"%z", &local, seconds);
        offset.insert(3, b':');
        line.extend(offset);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positional_dates_have_the_year_behind() {
        let zone = Zone::utc();
        let read = |text: &str| read(text.as_bytes(), true, None, 1_795_392_000, &zone).map(Civil::from_seconds);
        let civil = read("0102030420.05").unwrap();
        assert_eq!((civil.year, civil.month, civil.day, civil.minute, civil.second), (2020, 1, 2, 4, 5));
        assert_eq!(read("01020304").unwrap().year, 2026);
        assert_eq!(read("0102"), None);
        assert_eq!(read("0102030420203"), None);
    }

    #[test]
    fn formats() {
        let zone = Zone::from_posix(b"EST5EDT");
        let show = |format| String::from_utf8_lossy(&render(&format, 5, 7, &zone)).into_owned();
        assert_eq!(show(Format::Iso(4)), "1969-12-31T19:00:05,000000007-05:00");
        assert_eq!(show(Format::Iso(0)), "1969-12-31");
        assert_eq!(show(Format::Rfc2822), "Wed, 31 Dec 1969 19:00:05 -0500");
        assert_eq!(show(Format::Default), "Wed Dec 31 19:00:05 EST 1969");
    }
}

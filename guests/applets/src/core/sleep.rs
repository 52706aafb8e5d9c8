//! `sleep` and `usleep`: wait for a time.

use wcr_sys::time;

use crate::format::parse_decimal;
use crate::{Applet, Context, Quit};

/// `sleep`.
pub const SLEEP: Applet = Applet::new(
    "sleep",
    "sleep [N]...\n\n\
     Pause for a time equal to the total of the args given, where each arg can\n\
     have an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays",
    sleep,
);

/// `usleep`.
pub const USLEEP: Applet = Applet::new("usleep", "usleep N\n\nPause for N microseconds", usleep);

const SECOND: u64 = 1_000_000_000;

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong<'a> {
    /// It is no number.
    Number,
    /// It looks like a fraction and is none.
    Fraction,
    /// This stands behind a fraction, or before its point, and is no unit.
    Unit(&'a [u8]),
}

fn sleep(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    let mut nanos = 0u64;
    for arg in ctx.args {
        nanos = nanos.saturating_add(duration_operand(ctx, arg)?);
    }
    wait(nanos);
    Ok(0)
}

fn usleep(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some(arg) = ctx.args.first() else { return Err(ctx.usage()) };
    let Some(micros) = parse_decimal(arg).filter(|micros| *micros <= u32::MAX.into()) else {
        return Err(ctx.die(&[b"invalid number '", arg, b"'"]));
    };
    wait(micros * 1000);
    Ok(0)
}

/// Waits, going on after a caught signal.
fn wait(nanos: u64) {
    let end = time::monotonic().saturating_add(nanos);
    while let Some(left) = end.checked_sub(time::monotonic()).filter(|left| *left > 0) {
        if time::sleep(left).is_err_and(|error| error != wcr_sys::Errno::Intr) {
            return;
        }
    }
}

/// Reads an applet's duration; a wrong one is reported.
/// # Errors
/// It is none: the reason to stop.
pub fn duration_operand(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    duration(text).map_err(|wrong| match wrong {
        Wrong::Number => ctx.die(&[b"invalid number '", text, b"'"]),
        Wrong::Fraction => ctx.usage(),
        Wrong::Unit(rest) => {
            // BusyBox reads the unit behind a 1 that it puts before it: into the end of its own name, if nothing else is there.
            let in_name = rest.len() == text.len() && ctx.args.first().is_some_and(|first| first == text);
            let name = if in_name { [ctx.name, b"1", text].concat() } else { ctx.name.to_vec() };
            ctx.put_err(&[&name, b": invalid number '1".as_slice(), rest, b"'\n"].concat());
            Quit(1)
        }
    })
}

/// Reads `N[.N][smhd]` as nanoseconds.
/// # Errors
/// [`Wrong`] says why it is none.
pub fn duration(arg: &[u8]) -> Result<u64, Wrong<'_>> {
    let figures = arg.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let (number, rest) = arg.split_at(figures);
    let unit = match rest {
        b"" | b"s" => Some(1),
        b"m" => Some(60),
        b"h" => Some(3600),
        b"d" => Some(86_400),
        _ => None,
    };
    if !arg.contains(&b'.') {
        let seconds = parse_decimal(number).zip(unit).ok_or(Wrong::Number)?;
        return Ok(seconds.0.saturating_mul(seconds.1).saturating_mul(SECOND));
    }
    let mut parts = number.split(|byte| *byte == b'.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // No figures at all count as none before a unit.
    if parts.next().is_some() || number == b"." {
        return Err(Wrong::Fraction);
    }
    let unit = unit.ok_or(Wrong::Unit(rest))?;
    let seconds = if whole.is_empty() { 0 } else { parse_decimal(whole).unwrap_or(u64::MAX / SECOND) };
    let nanos = (0..9).fold(0, |n, at| n * 10 + u64::from(fraction.get(at).map_or(0, |digit| digit - b'0')));
    Ok(seconds.saturating_mul(SECOND).saturating_add(nanos).saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, nanos) in
            [("1", SECOND), ("0.5s", SECOND / 2), (".25m", 15 * SECOND), ("1h", 3600 * SECOND), ("0.", 0)]
        {
            assert_eq!(duration(text.as_bytes()), Ok(nanos), "{text}");
        }
        for text in ["", "x", "1x", "-1", "+1", "1e3", " 1"] {
            assert_eq!(duration(text.as_bytes()), Err(Wrong::Number), "{text}");
        }
        for text in [".", "0.1.1"] {
            assert_eq!(duration(text.as_bytes()), Err(Wrong::Fraction), "{text}");
        }
        for (text, rest) in [("0.5x", "x"), ("a.b", "a.b"), (".1ss", "ss")] {
            assert_eq!(duration(text.as_bytes()), Err(Wrong::Unit(rest.as_bytes())), "{text}");
        }
    }
}

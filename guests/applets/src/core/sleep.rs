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
pub enum Wrong {
    /// It is no number.
    Number,
    /// It looks like a fraction and is none.
    Fraction,
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
    })
}

/// Reads `N[.N][smhd]` as nanoseconds.
/// # Errors
/// [`Wrong`] says why it is none.
pub fn duration(arg: &[u8]) -> Result<u64, Wrong> {
    let (number, unit) = match arg.split_last() {
        Some((b's', number)) => (number, 1),
        Some((b'm', number)) => (number, 60),
        Some((b'h', number)) => (number, 3600),
        Some((b'd', number)) => (number, 86_400),
        _ => (arg, 1),
    };
    let Some(dot) = arg.iter().position(|byte| *byte == b'.') else {
        let seconds = parse_decimal(number).ok_or(Wrong::Number)?;
        return Ok(seconds.saturating_mul(unit).saturating_mul(SECOND));
    };
    let (whole, fraction) = (number.get(..dot).unwrap_or_default(), number.get(dot + 1..).unwrap_or_default());
    let all_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || !all_digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return Err(Wrong::Fraction);
    }
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
    }
}

//! `taskset`: which CPUs a process may use. There is one.

use wcr_sys::{Errno, signal};

use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new("taskset", include_str!("usage/taskset.txt"), taskset);

fn taskset(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+pac").parse(ctx)?;
    let (listed, of_process) = (parsed.has(b'c'), parsed.has(b'p'));
    let (given, target) = match (of_process, parsed.operands.as_slice()) {
        (true, [pid]) => (None, Some(pid)),
        (true, [given, pid, ..]) => (Some(given), Some(pid)),
        (false, [given, _, ..]) => (Some(given), None),
        _ => return Err(ctx.usage()),
    };
    let pid = match target {
        None => 0,
        Some(text) => {
            let pid = parse_decimal(text).and_then(|pid| i32::try_from(pid).ok());
            pid.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?
        }
    };
    let shown = crate::format::signed(pid.into());
    let kind: &[u8] = if listed { b"list" } else { b"mask" };
    let value: &[u8] = if listed { b"0" } else { b"1" };
    let line = |state: &str| {
        [b"pid ", shown.as_slice(), b"'s ", state.as_bytes(), b" affinity ", kind, b": ", value, b"\n"].concat()
    };
    if of_process {
        if pid != 0 && signal::kill(pid, None) == Err(Errno::Srch) {
            return Err(ctx.die_errno(&[b"can't get pid ", &shown, b"'s affinity"], Errno::Srch));
        }
        ctx.put(&line("current"));
    }
    let Some(given) = given else { return Ok(0) };
    let has_cpu = if listed { list(given) } else { mask(given) };
    let Some(has_cpu) = has_cpu else { return Err(ctx.die(&[b"bad affinity '", given, b"'"])) };
    if !has_cpu {
        return Err(ctx.die_errno(&[b"can't set pid ", &shown, b"'s affinity"], Errno::Inval));
    }
    if of_process {
        ctx.put(&line("new"));
        return Ok(0);
    }
    Err(run::exec(ctx, parsed.operands.get(1..).unwrap_or_default(), wcr_sys::env()))
}

/// Whether a mask in hexadecimal digits has the first CPU; `None` when it is none.
fn mask(text: &[u8]) -> Option<bool> {
    let digits = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
    let last = digits.last()?;
    digits.iter().all(u8::is_ascii_hexdigit).then(|| char::from(*last).to_digit(16).is_some_and(|digit| digit & 1 == 1))
}

/// Whether a list like `0-3:2,7` has the first CPU; `None` when it is none.
fn list(text: &[u8]) -> Option<bool> {
    let mut found = false;
    for part in text.split(|byte| *byte == b',') {
        let mut halves = part.splitn(2, |byte| *byte == b':');
        let (range, stride) = (halves.next()?, halves.next());
        let mut ends = range.splitn(2, |byte| *byte == b'-');
        let first = parse_decimal(ends.next()?)?;
        let last = ends.next().map_or(Some(first), parse_decimal)?;
        if last < first || stride.is_some_and(|stride| parse_decimal(stride).is_none_or(|stride| stride == 0)) {
            return None;
        }
        found |= first == 0;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_lists() {
        for (text, has) in [("1", Some(true)), ("0x3", Some(true)), ("4", Some(false)), ("x", None), ("", None)] {
            assert_eq!(mask(text.as_bytes()), has, "{text}");
        }
        for (text, has) in [("0-1", Some(true)), ("1-0", None), ("0-7:2", Some(true)), ("5", Some(false)), ("", None)] {
            assert_eq!(list(text.as_bytes()), has, "{text}");
        }
    }
}

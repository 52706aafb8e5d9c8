//! The options of `env` for signals.

use applets::Quit;
use applets::options::{Long, Parsed, Takes};
use applets::system::signals;
use applets::{Context, format};
use wcr_sys::abi::{Disposition, Signal};
use wcr_sys::signal::{self, MaskChange};

use super::env::TROUBLE;
use crate::dispatch::wrong_usage;
use crate::quote;

const BLOCK: u8 = 0x80;
const DEFAULT: u8 = 0x81;
const IGNORE: u8 = 0x82;
const LIST: u8 = 0x83;

/// The options.
pub(super) const OPTIONS: [Long; 4] = [
    ("block-signal", Takes::OptionalValue, BLOCK),
    ("default-signal", Takes::OptionalValue, DEFAULT),
    ("ignore-signal", Takes::OptionalValue, IGNORE),
    ("list-signal-handling", Takes::Nothing, LIST),
];

/// The signals from which the C library keeps programs away.
const RESERVED: [u8; 2] = [32, 33];
/// The first and the last signal for whatever a program wants.
const REAL_TIME: (u8, u8) = (34, 64);

/// What the program that is started finds.
#[derive(Debug)]
pub(super) struct Handling {
    dispositions: [Option<Disposition>; Signal::MAX as usize + 1],
    /// Whether a signal that cannot be set is told of.
    strict: [bool; Signal::MAX as usize + 1],
    blocked: u64,
    lists: bool,
}

impl Handling {
    /// What the options ask for.
    /// # Errors
    /// One names no signal; the diagnostic has been printed.
    pub(super) fn read(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Self, Quit> {
        let all = Signal::MAX as usize + 1;
        let mut handling = Self {
            dispositions: [None; Signal::MAX as usize + 1],
            strict: [false; Signal::MAX as usize + 1],
            blocked: 0,
            lists: false,
        };
        for (key, value) in &parsed.options {
            if !(BLOCK..=LIST).contains(key) {
                continue;
            }
            let mut chosen = Vec::new();
            match value {
                None => chosen.extend((1..all as u8).filter(|number| !RESERVED.contains(number))),
                Some(names) => {
                    for name in names.split(|byte| *byte == b',').filter(|name| !name.is_empty()) {
                        match number(name) {
                            Some(number) => chosen.push(number),
                            None => {
                                return Err(wrong_usage(ctx, TROUBLE, &[&quote::locale(name), b": invalid signal"]));
                            }
                        }
                    }
                }
            }
            for number in chosen {
                let at = usize::from(number);
                match *key {
                    BLOCK => handling.blocked |= 1 << (number - 1),
                    DEFAULT => handling.dispositions[at] = Some(Disposition::Default),
                    IGNORE => handling.dispositions[at] = Some(Disposition::Ignore),
                    _ => {}
                }
                handling.strict[at] |= value.is_some() && *key != BLOCK;
            }
            handling.lists |= *key == LIST;
        }
        Ok(handling)
    }

    /// Sets all up, for this process and what it starts.
    /// # Errors
    /// A signal cannot be set; the diagnostic has been printed.
    pub(super) fn apply(&self, ctx: &mut Context<'_>, verbose: bool) -> Result<(), Quit> {
        for (number, disposition) in (0u32..).zip(self.dispositions) {
            let (Some(signal), Some(disposition)) = (Signal::from_raw(number), disposition) else { continue };
            let set = signal::set_disposition(signal, disposition);
            match set {
                Err(error) if self.strict[number as usize] => {
                    let line = format!("failed to set signal action for signal {number}");
                    ctx.perror(&[line.as_bytes()], error);
                    return Err(Quit(TROUBLE));
                }
                Ok(_) if verbose => {
                    let what = if disposition == Disposition::Ignore { "IGNORE" } else { "DEFAULT" };
                    let shown = String::from_utf8_lossy(&name(signal.0)).into_owned();
                    ctx.put_err(format!("Reset signal {shown} ({number}) to {what}\n").as_bytes());
                }
                _ => {}
            }
        }
        if self.blocked != 0 {
            signal::mask(MaskChange::Block, self.blocked).map_err(|error| {
                ctx.perror(&[b"failed to set signal mask"], error);
                Quit(TROUBLE)
            })?;
        }
        if verbose {
            for number in (1..=Signal::MAX).filter(|number| self.blocked & 1 << (number - 1) != 0) {
                let shown = String::from_utf8_lossy(&name(number)).into_owned();
                ctx.put_err(format!("signal {shown} ({number}) mask set to BLOCK\n").as_bytes());
            }
        }
        if self.lists { list(ctx) } else { Ok(()) }
    }
}

/// Prints each signal that is not handled as it is by default.
fn list(ctx: &mut Context<'_>) -> Result<(), Quit> {
    let trouble = |ctx: &mut Context<'_>, error| {
        ctx.perror(&[b"failed to get signal process mask"], error);
        Quit(TROUBLE)
    };
    let blocked = signal::mask(MaskChange::Block, 0).map_err(|error| trouble(ctx, error))?;
    for number in 1..=Signal::MAX {
        let Some(signal) = Signal::from_raw(number.into()) else { continue };
        let ignored = signal::disposition(signal).is_ok_and(|disposition| disposition == Disposition::Ignore);
        let words: &[u8] = match (blocked & signal.bit() != 0, ignored) {
            (false, false) => continue,
            (true, true) => b"BLOCK,IGNORE",
            (true, false) => b"BLOCK",
            (false, true) => b"IGNORE",
        };
        let mut line = name(number);
        line.resize(line.len().max(10), b' ');
        line.extend_from_slice(b" (");
        format::right(&mut line, &format::decimal(number.into()), 2, b' ');
        ctx.put_err(&[line.as_slice(), b"): ", words, b"\n"].concat());
    }
    Ok(())
}

/// The number of a signal that is named or numbered.
fn number(text: &[u8]) -> Option<u8> {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix(b"SIG").unwrap_or(&upper);
    let offset = |rest: &[u8], sign: u8| match rest.split_first() {
        None => Some(0),
        Some((first, digits)) if *first == sign => format::parse_decimal(digits),
        Some(_) => None,
    };
    let (first, last) = REAL_TIME;
    let found = if let Some(rest) = bare.strip_prefix(b"RTMIN") {
        u64::from(first) + offset(rest, b'+')?
    } else if let Some(rest) = bare.strip_prefix(b"RTMAX") {
        u64::from(last).checked_sub(offset(rest, b'-')?)?
    } else {
        signals::number(text)?.into()
    };
    let found = u8::try_from(found).ok()?;
    ((1..=last).contains(&found) && !RESERVED.contains(&found)).then_some(found)
}

/// The name of a signal: those for whatever a program wants are counted from the nearer end.
fn name(number: u8) -> Vec<u8> {
    let (first, last) = REAL_TIME;
    let text = match number {
        _ if number == first => "RTMIN".to_owned(),
        _ if number == last => "RTMAX".to_owned(),
        _ if number > first && number - first <= (last - first) / 2 => format!("RTMIN+{}", number - first),
        _ if number > first => format!("RTMAX-{}", last - number),
        _ => return signals::name(number.into()),
    };
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for (text, expected) in
            [("INT", Some(2)), ("sigint", Some(2)), ("15", Some(15)), ("RTMIN+1", Some(35)), ("RTMAX-14", Some(50))]
        {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
        for wrong in ["0", "EXIT", "99", "-1", "foo", "33", "RTMIN-1"] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
        let shown = |number| String::from_utf8(name(number)).unwrap();
        assert_eq!((shown(49), shown(50), shown(64)), ("RTMIN+15".into(), "RTMAX-14".into(), "RTMAX".into()));
        assert_eq!((shown(29), shown(34)), ("POLL".into(), "RTMIN".into()));
    }
}

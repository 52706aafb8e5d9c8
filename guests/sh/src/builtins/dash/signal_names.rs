//! Names of signals, as dash knows them.

use wcr_sys::abi::Signal;

/// The names of the first signals; the index is the number, 0 the shell's end.
const NAMES: [&str; 32] = [
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
    "TERM", "16", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
    "IO", "PWR", "SYS",
];

/// The first and the last signal of those for real time, and the last that is named from the first one on.
const REAL_TIME: (u8, u8, u8) = (34, 64, 49);

/// The number of the signal with this name, in any case and without `SIG`, or with this number.
#[must_use]
pub fn signal_number(text: &[u8]) -> Option<u8> {
    if text.first().is_some_and(u8::is_ascii_digit) {
        let number = crate::builtins::number(text)?;
        return u8::try_from(number).ok().filter(|number| *number <= Signal::MAX);
    }
    (0..=Signal::MAX).find(|number| signal_name(*number).as_bytes().eq_ignore_ascii_case(text))
}

/// The name of a signal, or its number when it has none.
#[must_use]
pub fn signal_name(number: u8) -> String {
    let (first, last, middle) = REAL_TIME;
    match NAMES.get(usize::from(number)) {
        Some(name) => (*name).to_owned(),
        None if number == first => "RTMIN".into(),
        None if number == last => "RTMAX".into(),
        None if number > first && number <= middle => format!("RTMIN+{}", number - first),
        None if number > middle && number < last => format!("RTMAX-{}", last - number),
        None => number.to_string(),
    }
}

/// The names of all signals in order.
pub(super) fn all() -> impl Iterator<Item = String> {
    (1..=Signal::MAX).map(signal_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, number) in [
            ("0", Some(0)),
            ("EXIT", Some(0)),
            ("term", Some(15)),
            ("SIGTERM", None),
            ("IO", Some(29)),
            ("RTMIN+2", Some(36)),
            ("RTMAX-14", Some(50)),
            ("65", None),
        ] {
            assert_eq!(signal_number(text.as_bytes()), number, "{text}");
        }
        assert_eq!(signal_name(33), "33");
    }
}

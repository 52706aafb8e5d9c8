//! What the system's log calls the origin and the urgency of its messages. See `syslog(3)`.

/// The facilities by number.
pub(super) const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "",
    "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
/// The levels by number, the most urgent first.
pub(super) const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
/// Other names, and what they stand for.
const OTHER_FACILITIES: [(&str, &str); 1] = [("security", "auth")];
const OTHER_LEVELS: [(&str, &str); 3] = [("panic", "emerg"), ("error", "err"), ("warning", "warn")];

/// The level of messages that say none.
pub(super) const NOTICE: u8 = 5;
/// The facility of programs.
pub(super) const USER: u8 = 1;
/// The facility of the log itself.
pub(super) const SYSLOG: u8 = 5;
/// The level of what is good to know.
pub(super) const INFO: u8 = 6;

/// The number for a facility and a level.
pub(super) const fn of(facility: u8, level: u8) -> u8 {
    facility << 3 | level
}

/// `FACILITY.LEVEL` of a number.
pub(super) fn name(priority: u8) -> String {
    let facility = FACILITIES.get(usize::from(priority >> 3)).copied().unwrap_or_default();
    let level = LEVELS.get(usize::from(priority & 7)).copied().unwrap_or_default();
    if facility.is_empty() { format!("{}.{level}", priority >> 3) } else { format!("{facility}.{level}") }
}

/// The number for `LEVEL`, `FACILITY.LEVEL` or a number. The error says what is not known.
pub(super) fn parse(text: &[u8]) -> Result<u8, &'static str> {
    if text.first().is_some_and(u8::is_ascii_digit) {
        // As in C, what follows the digits is not looked at and large numbers lose their upper bits.
        return Ok(crate::number::unsigned(text, 10).value as u8);
    }
    let find = |names: &[&str], others: &[(&str, &str)], name: &[u8]| {
        let other = others.iter().find(|(other, _)| other.as_bytes() == name).map(|(_, name)| name.as_bytes());
        let name = other.unwrap_or(name);
        names.iter().position(|known| !known.is_empty() && known.as_bytes() == name).map(|number| number as u8)
    };
    let (facility, level) = match text.iter().position(|byte| *byte == b'.') {
        None => (USER, text),
        Some(dot) => {
            let (facility, level) = text.split_at(dot);
            (find(&FACILITIES, &OTHER_FACILITIES, facility).ok_or("facility")?, level.get(1..).unwrap_or_default())
        }
    };
    let level = find(&LEVELS, &OTHER_LEVELS, level).ok_or("priority")?;
    Ok(of(facility, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!(
            (parse(b"user.err"), parse(b"kern.emerg"), parse(b"err"), parse(b"13")),
            (Ok(11), Ok(0), Ok(11), Ok(13))
        );
        assert_eq!(
            (parse(b"foo.err"), parse(b"user.foo"), parse(b"user")),
            (Err("facility"), Err("priority"), Err("priority"))
        );
        assert_eq!(
            (name(11), name(31), name(46)),
            ("user.err".to_owned(), "daemon.debug".to_owned(), "syslog.info".to_owned())
        );
    }
}

//! Reading times as `strptime(3)` does in the C locale.

use super::calendar::{Civil, days_of};
use super::strftime::{DAYS, MONTHS};
use super::{LocalTime, Zone};

/// A time being read: fields that the text does not name keep what they had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The fields so far.
    pub civil: Civil,
    /// Seconds east of UTC, when the text says so.
    pub offset: Option<i32>,
    century: Option<i64>,
    /// Whether the hour was read on the 12-hour clock, and whether it is p.m.
    twelve: bool,
    afternoon: bool,
    year_day: Option<u32>,
    has_date: bool,
    year_read: bool,
}

impl Reading {
    /// A reading that starts from `civil`.
    #[must_use]
    pub fn new(civil: Civil) -> Self {
        Self {
            civil,
            offset: None,
            century: None,
            twelve: false,
            afternoon: false,
            year_day: None,
            has_date: false,
            year_read: false,
        }
    }

    /// Reads `text` by `format` and returns what is left of it; `None` when it does not fit.
    pub fn strptime<'a>(&mut self, text: &'a [u8], format: &[u8], zone: &Zone) -> Option<&'a [u8]> {
        let rest = self.fields(text, format, zone)?;
        if self.twelve {
            self.civil.hour = self.civil.hour % 12 + if self.afternoon { 12 } else { 0 };
        }
        if let Some(century) = self.century {
            let years = if self.year_read { self.civil.year.rem_euclid(100) } else { 0 };
            self.civil.year = century * 100 + years;
        }
        if let (Some(year_day), false, true) = (self.year_day, self.has_date, self.year_read) {
            let days = days_of(self.civil.year, 1, 1) + i64::from(year_day);
            let date = Civil::from_seconds(days * 86_400);
            (self.civil.month, self.civil.day) = (date.month, date.day);
        }
        Some(rest)
    }

    fn fields<'a>(&mut self, mut text: &'a [u8], format: &[u8], zone: &Zone) -> Option<&'a [u8]> {
        let mut format = format.iter();
        while let Some(byte) = format.next() {
            match byte {
                b'%' => {
                    let mut letter = *format.next()?;
                    while matches!(letter, b'_' | b'-' | b'0' | b'^' | b'#' | b'E' | b'O') {
                        letter = *format.next()?;
                    }
                    text = self.field(text, letter, zone)?;
                }
                space if space.is_ascii_whitespace() => text = text.trim_ascii_start(),
                byte => text = text.strip_prefix(&[*byte])?,
            }
        }
        Some(text)
    }

    fn field<'a>(&mut self, text: &'a [u8], letter: u8, zone: &Zone) -> Option<&'a [u8]> {
        let mut text = text;
        let mut number = |from: u32, to: u32, digits| take_number(&mut text, from, to, digits);
        match letter {
            b'%' => text = text.strip_prefix(b"%")?,
            b'n' | b't' => text = text.trim_ascii_start(),
            b'a' | b'A' => text = take_word(text, &DAYS)?.1,
            b'b' | b'B' | b'h' => {
                let (month, rest) = take_word(text, &MONTHS)?;
                (self.civil.month, self.has_date) = (month + 1, true);
                text = rest;
            }
            b'C' => self.century = Some(number(0, 99, 2)?.into()),
            b'd' | b'e' => (self.civil.day, self.has_date) = (number(1, 31, 2)?, true),
            b'H' | b'k' => (self.civil.hour, self.twelve) = (number(0, 23, 2)?, false),
            b'I' | b'l' => (self.civil.hour, self.twelve) = (number(1, 12, 2)? % 12, true),
            b'j' => self.year_day = Some(number(1, 366, 3)? - 1),
            b'm' => (self.civil.month, self.has_date) = (number(1, 12, 2)?, true),
            b'M' => self.civil.minute = number(0, 59, 2)?,
            b'S' => self.civil.second = number(0, 61, 2)?,
            b'u' => drop(number(1, 7, 1)?),
            b'w' => drop(number(0, 6, 1)?),
            b'U' | b'V' | b'W' => drop(number(0, 53, 2)?),
            b'g' => drop(number(0, 99, 2)?),
            b'y' => {
                let year = number(0, 99, 2)?;
                (self.civil.year, self.year_read) =
                    (i64::from(if year >= 69 { 1900 + year } else { 2000 + year }), true);
            }
            b'Y' => {
                (self.civil.year, self.year_read, self.century) = (number(0, 9999, 4)?.into(), true, None);
            }
            b'G' => drop(number(0, 9999, 4)?),
            b'p' | b'P' => {
                self.afternoon = match text.get(..2)?.to_ascii_lowercase().as_slice() {
                    b"am" => false,
                    b"pm" => true,
                    _ => return None,
                };
                text = text.get(2..)?;
            }
            b's' => {
                let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
                let seconds = i64::try_from(crate::format::parse_decimal(text.get(..end)?)?).ok()?;
                let LocalTime { civil, .. } = zone.local(seconds);
                self.civil = civil;
                text = text.get(end..)?;
            }
            b'z' => {
                let (offset, rest) = take_offset(text)?;
                self.offset = Some(offset);
                text = rest;
            }
            b'Z' => {
                let word = text.trim_ascii_start();
                let end = word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len());
                text = word.get(end..)?;
            }
            _ => return self.fields(text, expansion(letter)?, zone),
        }
        Some(text)
    }
}

/// The format that a composed conversion stands for.
fn expansion(letter: u8) -> Option<&'static [u8]> {
    Some(match letter {
        b'c' => b"%a %b %e %H:%M:%S %Y",
        b'D' | b'x' => b"%m/%d/%y",
        b'F' => b"%Y-%m-%d",
        b'r' => b"%I:%M:%S %p",
        b'R' => b"%H:%M",
        b'T' | b'X' => b"%H:%M:%S",
        _ => return None,
    })
}

/// A number of at most `digits` digits behind any spaces; it stops growing before it would pass `to`.
fn take_number(text: &mut &[u8], from: u32, to: u32, digits: usize) -> Option<u32> {
    let start = text.iter().position(|byte| *byte != b' ')?;
    let mut rest = text.get(start..)?;
    let mut number = 0;
    let mut left = digits;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        if left == 0 || left < digits && number * 10 > to {
            break;
        }
        number = number * 10 + u32::from(digit - b'0');
        (rest, left) = (tail, left - 1);
    }
    if left == digits || !(from..=to).contains(&number) {
        return None;
    }
    *text = rest;
    Some(number)
}

/// The index of the name that `text` starts with, in full or by three letters.
fn take_word<'a>(text: &'a [u8], names: &[&str]) -> Option<(u32, &'a [u8])> {
    let starts = |name: &[u8]| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    names.iter().enumerate().find_map(|(at, name)| {
        let full = name.as_bytes();
        let short = full.get(..3)?;
        let len = if starts(full) { full.len() } else { starts(short).then_some(short.len())? };
        Some((at as u32, text.get(len..)?))
    })
}

/// `Z`, `+hh`, `+hhmm` or `+hh:mm` behind any spaces, at most 14 hours.
fn take_offset(text: &[u8]) -> Option<(i32, &[u8])> {
    let text = text.trim_ascii_start();
    if let Some(rest) = text.strip_prefix(b"Z") {
        return Some((0, rest));
    }
    let (sign, mut rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (mut number, mut digits) = (0, 0);
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        if digits == 4 {
            break;
        }
        (number, digits, rest) = (number * 10 + i32::from(digit - b'0'), digits + 1, tail);
        if let ([b':', tail @ ..], 2, true) = (rest, digits, rest.get(1).is_some_and(u8::is_ascii_digit)) {
            rest = tail;
        }
    }
    let number = match digits {
        2 => number * 100,
        4 => number,
        _ => return None,
    };
    let (hours, minutes) = (number / 100, number % 100);
    (number <= 1400 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: &str) -> Option<(Civil, Option<i32>, String)> {
        let mut reading = Reading::new(Civil { year: 2000, month: 1, day: 1, ..Civil::default() });
        let rest = reading.strptime(text.as_bytes(), format.as_bytes(), &Zone::utc())?;
        Some((reading.civil, reading.offset, String::from_utf8_lossy(rest).into_owned()))
    }

    #[test]
    fn fields_are_read() {
        let (civil, _, rest) = read("04/03/2023 10:20x", "%d/%m/%Y %H:%M").unwrap();
        assert_eq!((civil.year, civil.month, civil.day, civil.hour, civil.minute), (2023, 3, 4, 10, 20));
        assert_eq!(rest, "x");
        assert_eq!(read("3:4 pm", "%I:%M %p").unwrap().0.hour, 15);
        assert_eq!(read("march 7", "%b%d").unwrap().0.month, 3);
        assert_eq!(read("2020 100", "%Y %j").unwrap().0.month, 4);
        assert_eq!(read("-0530", "%z").unwrap().1, Some(-19_800));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, format) in [("25", "%H"), ("x", "%d"), ("13", "%m"), ("a", "b"), ("+9999", "%z"), ("+1", "%z")] {
            assert_eq!(read(text, format), None, "{text}");
        }
    }
}

//! The date operands that `date -d` and `touch -d` take.

use super::Zone;
use super::calendar::Civil;
use super::strptime::Reading;

/// The forms with separators; each must match the whole operand.
const FORMATS: [&[u8]; 13] = [
    b"%R",
    b"%T",
    b"%m.%d-%R",
    b"%m.%d-%T",
    b"%Y.%m.%d-%R",
    b"%Y.%m.%d-%T",
    b"%b %d %T %Y",
    b"%Y-%m-%d %R",
    b"%Y-%m-%d %T",
    b"%Y-%m-%d %R %z",
    b"%Y-%m-%d %T %z",
    b"%Y-%m-%d %H",
    b"%Y-%m-%d",
];

/// Reads a date operand: `@seconds`, a form with separators, or `[[[[[YY]YY]MM]DD]hh]mm[.ss]`. Fields that
/// it does not name come from `base`. Seconds since the epoch; `None` when it is no date.
#[must_use]
pub fn parse(text: &[u8], base: Civil, zone: &Zone) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix(b"@") {
        return epoch(seconds);
    }
    for format in FORMATS {
        let mut reading = Reading::new(base);
        if reading.strptime(text, format, zone) == Some(b"") {
            return seconds_of(&reading, zone);
        }
    }
    seconds_of(&Reading::new(digits(text, base)?), zone)
}

/// The seconds of what was read; -1 stands for failure, as `mktime(3)` has it.
#[must_use]
pub fn seconds_of(reading: &Reading, zone: &Zone) -> Option<i64> {
    let seconds = match reading.offset {
        Some(offset) => reading.civil.to_seconds() - i64::from(offset),
        None => zone.seconds(reading.civil),
    };
    (seconds != -1).then_some(seconds)
}

/// The last second whose year the C library can hold.
const EPOCH_MAX: i64 = 67_768_036_191_676_799;

fn epoch(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let seconds = i64::try_from(crate::format::parse_decimal(digits)?).ok().filter(|n| *n <= EPOCH_MAX)?;
    Some(if negative { -seconds } else { seconds }).filter(|seconds| *seconds != -1)
}

/// `[[[[[YY]YY]MM]DD]hh]mm[.ss]`.
fn digits(text: &[u8], mut base: Civil) -> Option<Civil> {
    let (number, second) = match text.iter().position(|byte| *byte == b'.') {
        Some(dot) => (text.get(..dot)?, Some(text.get(dot + 1..)?)),
        None => (text, None),
    };
    let all_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if !all_digits(number) || second.is_some_and(|second| !all_digits(second)) {
        return None;
    }
    let pair = |text: &[u8]| text.iter().fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    let (year, rest) = match number.len() {
        12 => number.split_at(4),
        10 => number.split_at(2),
        2 | 4 | 6 | 8 => number.split_at(0),
        _ => return None,
    };
    let century = base.year.div_euclid(100) * 100;
    match year.len() {
        4 => base.year = pair(year).into(),
        2 => {
            // The year nearest to the present one of the two that end so.
            let year = century + i64::from(pair(year));
            base.year = if year > base.year + 50 { year - 100 } else { year };
        }
        _ => {}
    }
    let fields = [&mut base.month, &mut base.day, &mut base.hour, &mut base.minute];
    for (field, value) in fields.into_iter().rev().zip(rest.rchunks(2)) {
        *field = pair(value);
    }
    if rest.len() == 2 {
        base.hour = 0;
    }
    base.second = match second {
        Some(second) if matches!(second.len(), 1 | 2) => pair(second),
        Some(_) => return None,
        None => 0,
    };
    let fits = (1..=12).contains(&base.month) && (1..=31).contains(&base.day);
    (fits && base.hour < 24 && base.minute < 60 && base.second <= 60).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let base = Civil { year: 2026, month: 11, day: 23, ..Civil::default() };
        let civil = Civil::from_seconds(parse(text.as_bytes(), base, &Zone::utc())?);
        let Civil { year, month, day, hour, minute, second } = civil;
        Some(format!("{year}-{month}-{day} {hour}:{minute}:{second}"))
    }

    #[test]
    fn dates_are_read() {
        let cases = [
            ("@-5", "1969-12-31 23:59:55"),
            ("10:20", "2026-11-23 10:20:0"),
            ("10:20:61", "2026-11-23 10:21:1"),
            ("12", "2026-11-23 0:12:0"),
            ("1234.5", "2026-11-23 12:34:5"),
            ("03040506", "2026-3-4 5:6:0"),
            ("0304050623", "2003-4-5 6:23:0"),
            ("9912312359", "1999-12-31 23:59:0"),
            ("202303040506.07", "2023-3-4 5:6:7"),
            ("2023.03.04-05:06", "2023-3-4 5:6:0"),
            ("3.4-5:6:7", "2026-3-4 5:6:7"),
            ("2023-03-04 05:06:07 +0100", "2023-3-4 4:6:7"),
            ("2023-03-04 05", "2023-3-4 5:0:0"),
            ("2023-02-30", "2023-3-2 0:0:0"),
            ("mar 4 05:06:07 2023", "2023-3-4 5:6:7"),
        ];
        for (text, date) in cases {
            assert_eq!(read(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let wrong = ["", "now", "@", "@ 5", "@1.5", "25:00", "1", "123", "20230304", "2023-13-01", "12.61", "2400"];
        for text in wrong {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

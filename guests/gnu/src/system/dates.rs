//! Dates in words, as `date -d` and `touch -d` of GNU read them: calendar dates, times of day, weekdays, zones and
//! displacements such as `2 days ago`, in any order.

use applets::core::time::Zone;
use applets::core::time::calendar::Civil;
use applets::core::time::strftime::{DAYS, MONTHS};
use wcr_sys::abi::Timestamp;

/// The words for numbers; `second` is missing, because it is a unit.
const ORDINALS: [(&str, i64); 14] = [
    ("last", -1),
    ("this", 0),
    ("next", 1),
    ("first", 1),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
];

/// The zones with names, in hours east of Greenwich.
const ZONES: [(&str, i64); 17] = [
    ("utc", 0),
    ("ut", 0),
    ("gmt", 0),
    ("z", 0),
    ("wet", 0),
    ("west", 1),
    ("cet", 1),
    ("cest", 2),
    ("eet", 2),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Digits, the sign before them, and digits behind a point.
    Number {
        sign: Option<u8>,
        value: i64,
        digits: usize,
        fraction: Option<u32>,
    },
    Word(String),
    Mark(u8),
}

fn tokens(text: &[u8]) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first().copied() {
        let take = |test: fn(&u8) -> bool| rest.iter().take_while(|byte| test(byte)).count();
        if first.is_ascii_whitespace() {
            rest = rest.get(1..)?;
        } else if first == b'(' {
            // A comment.
            let end = rest.iter().position(|byte| *byte == b')')?;
            rest = rest.get(end + 1..)?;
        } else if first.is_ascii_digit() || matches!(first, b'+' | b'-') && rest.get(1).is_some_and(u8::is_ascii_digit)
        {
            let signed = !first.is_ascii_digit();
            let start = usize::from(signed);
            let len = rest.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
            let value = applets::format::parse_decimal(rest.get(start..start + len)?)?;
            let mut end = start + len;
            let mut fraction = None;
            let digits_behind =
                |at: usize| rest.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
            if matches!(rest.get(end), Some(b'.' | b',')) && digits_behind(end + 1) > 0 {
                let behind = digits_behind(end + 1);
                let digits = rest.get(end + 1..end + 1 + behind)?;
                let nine = digits.iter().copied().chain(core::iter::repeat(b'0')).take(9);
                fraction = Some(nine.fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0')));
                end += 1 + behind;
            }
            let value = i64::try_from(value).ok()?;
            out.push(Token::Number { sign: signed.then_some(first), value, digits: len, fraction });
            rest = rest.get(end..)?;
        } else if first.is_ascii_alphabetic() {
            let len = take(|byte| byte.is_ascii_alphabetic() || *byte == b'.');
            let word = String::from_utf8_lossy(rest.get(..len)?).to_ascii_lowercase();
            out.push(Token::Word(word.replace('.', "")));
            rest = rest.get(len..)?;
        } else {
            out.push(Token::Mark(first));
            rest = rest.get(1..)?;
        }
    }
    Some(out)
}

/// A displacement, unit by unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Offset {
    years: i64,
    months: i64,
    days: i64,
    seconds: i64,
}

#[derive(Debug, Default)]
struct Reading {
    date: Option<(Option<i64>, u32, u32)>,
    time: Option<(u32, u32, u32, u32)>,
    weekday: Option<(i64, u32)>,
    zone: Option<i64>,
    /// Whether the item before was a time of day.
    time_is_last: bool,
    offset: Option<Offset>,
    /// Seconds since the epoch, which stand alone.
    epoch: Option<(i64, u32)>,
}

/// Reads a date; what it does not name is that of `base`. `None` when it is no date.
#[must_use]
pub fn parse(text: &[u8], base: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let mut text = text;
    let own;
    let mut zone = zone;
    // A zone of its own may stand first: TZ="..."
    if let Some(rest) = text.trim_ascii_start().strip_prefix(b"TZ=\"") {
        let end = rest.iter().position(|byte| *byte == b'"')?;
        own = Zone::from_variable(Some(rest.get(..end)?));
        (zone, text) = (&own, rest.get(end + 1..)?);
    }
    let tokens = tokens(text)?;
    let mut reading = Reading::default();
    let mut at = 0;
    while at < tokens.len() {
        let before = reading.time;
        at += reading.item(tokens.get(at..)?)?;
        reading.time_is_last = reading.time != before;
    }
    reading.result(base, zone)
}

impl Reading {
    /// Takes one item off the front; how many tokens it had.
    fn item(&mut self, tokens: &[Token]) -> Option<usize> {
        use Token::{Mark, Number, Word};
        let number = |token: Option<&Token>| match token {
            Some(Number { sign: None, value, fraction: None, .. }) => Some(*value),
            _ => None,
        };
        match tokens {
            [Mark(b','), ..] => Some(1),
            [Mark(b'@'), Number { sign, value, fraction, .. }, ..] => {
                let (mut seconds, mut nanos) = (*value, fraction.unwrap_or(0));
                if *sign == Some(b'-') {
                    (seconds, nanos) = if nanos > 0 { (-seconds - 1, 1_000_000_000 - nanos) } else { (-seconds, 0) };
                }
                self.epoch = Some((seconds, nanos));
                Some(2)
            }
            [Number { sign: None, value, fraction: None, .. }, Mark(b':'), ..] => self.clock(*value, tokens),
            // 2024-01-02: the tokenizer has read the dashes as signs.
            [
                Number { sign: None, value: year, digits, fraction: None },
                Number { sign: Some(b'-'), value: month, fraction: None, .. },
                Number { sign: Some(b'-'), value: day, fraction: None, .. },
                ..,
            ] => {
                self.set_date(Some(full_year(*year, *digits)), *month, *day)?;
                // The T of ISO 8601.
                let with_t = matches!(tokens.get(3), Some(Word(word)) if word == "t")
                    && matches!(tokens.get(4), Some(Number { .. }));
                Some(if with_t { 4 } else { 3 })
            }
            [Number { sign: None, value: month, .. }, Mark(b'/'), Number { sign: None, value: day, .. }, rest @ ..] => {
                if let [Mark(b'/'), Number { sign: None, value: year, digits, .. }, ..] = rest {
                    if *month > 31 || tokens.first().is_some_and(|first| matches!(first, Number { digits: 4.., .. })) {
                        self.set_date(Some(*month), *day, *year)?;
                    } else {
                        self.set_date(Some(full_year(*year, *digits)), *month, *day)?;
                    }
                    return Some(5);
                }
                self.set_date(None, *month, *day)?;
                Some(3)
            }
            // 2 Jan 2024, 2-Jan-2024.
            [Number { sign: None, value: day, .. }, rest @ ..] if month_behind(rest).is_some() => {
                let (month, taken) = month_behind(rest)?;
                match rest.get(taken..) {
                    Some([Number { sign: Some(b'-'), value: year, digits, .. }, ..]) if taken == 2 => {
                        self.set_date(Some(full_year(*year, *digits)), month, *day)?;
                        Some(1 + taken + 1)
                    }
                    Some([Number { sign: None, value: year, digits, fraction: None }, after @ ..])
                        if !matches!(after.first(), Some(Mark(b':')))
                            && !is_unit(after.first())
                            && (*digits > 2 || *year > 31) =>
                    {
                        self.set_date(Some(full_year(*year, *digits)), month, *day)?;
                        Some(1 + taken + 1)
                    }
                    _ => {
                        self.set_date(None, month, *day)?;
                        Some(1 + taken)
                    }
                }
            }
            [Word(word), rest @ ..] if month(word).is_some() => {
                let month = month(word)?;
                let day = number(rest.first())?;
                let comma = usize::from(matches!(rest.get(1), Some(Mark(b','))));
                if let Some([Number { sign: None, value: year, digits, fraction: None }, after @ ..]) =
                    rest.get(1 + comma..)
                    && !matches!(after.first(), Some(Mark(b':')))
                    && (comma == 1 || *digits > 2)
                {
                    self.set_date(Some(full_year(*year, *digits)), month, day)?;
                    return Some(3 + comma);
                }
                self.set_date(None, month, day)?;
                Some(2)
            }
            [Number { sign: None, value, fraction: None, .. }, Word(half), ..] if half == "am" || half == "pm" => {
                self.set_time(hour_of(*value, half)?, 0, 0, 0)?;
                Some(2)
            }
            // Behind a time of day a number with a sign is a zone, even where a unit follows.
            [Number { sign: Some(sign), value, digits, fraction: None }, ..]
                if self.time.is_some() && self.zone.is_none() && self.time_is_last =>
            {
                let colon = matches!(tokens.get(1), Some(Mark(b':')));
                self.zone =
                    Some(zone_offset(*sign, *value, *digits, if colon { number(tokens.get(2)) } else { None })?);
                Some(if colon { 3 } else { 1 })
            }
            [Number { sign, value, .. }, unit @ Word(_), rest @ ..] if is_unit(Some(unit)) => {
                let amount = if *sign == Some(b'-') { -value } else { *value };
                Some(2 + self.displace(amount, unit, rest)?)
            }
            [Number { sign: None, value, digits, fraction: None }, ..] => {
                self.plain_number(*value, *digits)?;
                Some(1)
            }
            [Word(word), rest @ ..] => self.word(word, rest),
            _ => None,
        }
    }

    fn clock(&mut self, hour: i64, tokens: &[Token]) -> Option<usize> {
        use Token::{Mark, Number, Word};
        let Some(Number { sign: None, value: minute, fraction: None, .. }) = tokens.get(2) else { return None };
        let (mut second, mut nanos, mut taken) = (0, 0, 3);
        if let (Some(Mark(b':')), Some(Number { sign: None, value, fraction, .. })) = (tokens.get(3), tokens.get(4)) {
            (second, nanos, taken) = (*value, fraction.unwrap_or(0), 5);
        }
        let mut hour = hour;
        if let Some(Word(half)) = tokens.get(taken)
            && (half == "am" || half == "pm")
        {
            hour = hour_of(hour, half)?;
            taken += 1;
        }
        self.set_time(hour, *minute, second, nanos)?;
        Some(taken)
    }

    fn set_date(&mut self, year: Option<i64>, month: i64, day: i64) -> Option<()> {
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && self.date.is_none();
        self.date = fits.then(|| (year, month as u32, day as u32));
        self.date.map(|_| ())
    }

    fn set_time(&mut self, hour: i64, minute: i64, second: i64, nanos: u32) -> Option<()> {
        let fits =
            (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second) && self.time.is_none();
        self.time = fits.then(|| (hour as u32, minute as u32, second as u32, nanos));
        self.time.map(|_| ())
    }

    fn plain_number(&mut self, value: i64, digits: usize) -> Option<()> {
        if let Some((None, month, day)) = self.date
            && self.offset.is_none()
            && (self.time.is_some() || digits > 2)
        {
            self.date = Some((Some(full_year(value, digits)), month, day));
            return Some(());
        }
        if digits > 4 {
            return self.set_date(Some(full_year(value / 10000, digits - 4)), value / 100 % 100, value % 100);
        }
        let (hour, minute) = if digits <= 2 { (value, 0) } else { (value / 100, value % 100) };
        self.set_time(hour, minute, 0, 0)
    }

    fn word(&mut self, word: &str, rest: &[Token]) -> Option<usize> {
        match word {
            "now" | "today" => {
                self.offset.get_or_insert_default();
                return Some(1);
            }
            "tomorrow" | "yesterday" => {
                self.offset.get_or_insert_default().days += if word == "tomorrow" { 1 } else { -1 };
                return Some(1);
            }
            _ => {}
        }
        if let Some((_, ordinal)) = ORDINALS.iter().find(|(name, _)| *name == word) {
            if is_unit(rest.first()) {
                let unit = rest.first()?;
                return Some(2 + self.displace(*ordinal, unit, rest.get(1..)?)?);
            }
            let Some(Token::Word(day)) = rest.first() else { return None };
            self.set_weekday(*ordinal, weekday(day)?)?;
            return Some(2);
        }
        if let Some(day) = weekday(word) {
            self.set_weekday(0, day)?;
            return Some(if matches!(rest.first(), Some(Token::Mark(b','))) { 2 } else { 1 });
        }
        if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == word) {
            if self.zone.is_some() {
                return None;
            }
            self.zone = Some(hours * 3600);
            // A displacement of the zone itself: UTC+2.
            if let Some(Token::Number { sign: Some(sign), value, digits, fraction: None }) = rest.first()
                && !is_unit(rest.get(1))
            {
                self.zone = Some(hours * 3600 + zone_offset(*sign, *value, *digits, None)?);
                return Some(2);
            }
            return Some(1);
        }
        if is_unit(Some(&Token::Word(word.to_owned()))) {
            return Some(1 + self.displace(1, &Token::Word(word.to_owned()), rest)?);
        }
        None
    }

    fn set_weekday(&mut self, ordinal: i64, day: u32) -> Option<()> {
        if self.weekday.is_some() {
            return None;
        }
        self.weekday = Some((ordinal, day));
        Some(())
    }

    /// Adds a displacement; how many tokens behind it belonged to it.
    fn displace(&mut self, amount: i64, unit: &Token, rest: &[Token]) -> Option<usize> {
        let Token::Word(unit) = unit else { return None };
        let ago = matches!(rest.first(), Some(Token::Word(word)) if word == "ago");
        let amount = if ago { amount.checked_neg()? } else { amount };
        let offset = self.offset.get_or_insert_default();
        let (slot, factor) = match unit.strip_suffix('s').unwrap_or(unit) {
            "year" => (&mut offset.years, 1),
            "month" => (&mut offset.months, 1),
            "fortnight" => (&mut offset.days, 14),
            "week" => (&mut offset.days, 7),
            "day" => (&mut offset.days, 1),
            "hour" => (&mut offset.seconds, 3600),
            "minute" | "min" => (&mut offset.seconds, 60),
            _ => (&mut offset.seconds, 1),
        };
        *slot = slot.checked_add(amount.checked_mul(factor)?)?;
        Some(usize::from(ago))
    }

    fn result(&self, base: Timestamp, zone: &Zone) -> Option<Timestamp> {
        if let Some((seconds, nanos)) = self.epoch {
            let alone = self.date.is_none() && self.time.is_none() && self.weekday.is_none() && self.zone.is_none();
            return alone.then_some(Timestamp { sec: seconds, nsec: nanos });
        }
        let shifted = |seconds: i64| match self.zone {
            Some(east) => Civil::from_seconds(seconds + east),
            None => zone.local(seconds).civil,
        };
        let mut civil = shifted(base.sec);
        let mut nanos = base.nsec;
        if let Some((year, month, day)) = self.date {
            (civil.year, civil.month, civil.day) = (year.unwrap_or(civil.year), month, day);
        }
        if let Some((hour, minute, second, fraction)) = self.time {
            (civil.hour, civil.minute, civil.second, nanos) = (hour, minute, second, fraction);
        } else if self.date.is_some() || self.weekday.is_some() || self.offset.is_none() {
            (civil.hour, civil.minute, civil.second, nanos) = (0, 0, 0, 0);
        }
        let back = |civil: Civil| match self.zone {
            Some(east) => civil.to_seconds() - east,
            None => zone.seconds(civil),
        };
        // A day that its month does not have is no date.
        if self.date.is_some() {
            let again = Civil::from_seconds(civil.to_seconds());
            if (again.month, again.day) != (civil.month, civil.day) {
                return None;
            }
        }
        let mut days = 0;
        if let Some((ordinal, day)) = self.weekday.filter(|_| self.date.is_none()) {
            let today = i64::from(civil.weekday());
            let wanted = i64::from(day);
            days += (wanted - today + 7) % 7 + 7 * (ordinal - i64::from(ordinal > 0 && wanted != today));
        }
        let offset = self.offset.unwrap_or_default();
        if offset.years != 0 || offset.months != 0 {
            let months = civil.year.checked_add(offset.years)?.checked_mul(12)?;
            let months = months.checked_add(i64::from(civil.month) - 1)?.checked_add(offset.months)?;
            (civil.year, civil.month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
        }
        days = days.checked_add(offset.days)?;
        let moved = Civil::from_seconds(civil.to_seconds().checked_add(days.checked_mul(86400)?)?);
        let seconds = back(moved).checked_add(offset.seconds)?;
        Some(Timestamp { sec: seconds, nsec: nanos })
    }
}

fn full_year(year: i64, digits: usize) -> i64 {
    match (digits, year) {
        (..=2, ..69) => year + 2000,
        (..=2, _) => year + 1900,
        _ => year,
    }
}

fn hour_of(hour: i64, half: &str) -> Option<i64> {
    let within = (1..=12).contains(&hour);
    within.then_some(hour % 12 + if half == "pm" { 12 } else { 0 })
}

fn zone_offset(sign: u8, value: i64, digits: usize, minutes: Option<i64>) -> Option<i64> {
    let (hours, minutes) = match minutes {
        Some(minutes) => (value, minutes),
        None if digits <= 2 => (value, 0),
        None => (value / 100, value % 100),
    };
    let seconds = hours * 3600 + minutes * 60;
    (seconds <= 24 * 3600).then_some(if sign == b'-' { -seconds } else { seconds })
}

fn is_unit(token: Option<&Token>) -> bool {
    let Some(Token::Word(word)) = token else { return false };
    let word = word.strip_suffix('s').unwrap_or(word);
    matches!(word, "year" | "month" | "fortnight" | "week" | "day" | "hour" | "minute" | "min" | "second" | "sec")
}

/// The name's number, from 1 on: in full, its first three letters, or `sept`.
fn month(word: &str) -> Option<i64> {
    let index = MONTHS.iter().position(|name| named(name, word) || word == "sept" && *name == "September")?;
    i64::try_from(index + 1).ok()
}

fn weekday(word: &str) -> Option<u32> {
    let word = match word {
        "tues" => "tue",
        "wednes" => "wed",
        "thur" | "thurs" => "thu",
        word => word,
    };
    DAYS.iter().position(|name| named(name, word)).and_then(|index| u32::try_from(index).ok())
}

fn named(name: &str, word: &str) -> bool {
    word.len() >= 3 && name.len() >= word.len() && {
        let lower = name.to_ascii_lowercase();
        lower == word || word.len() == 3 && lower.starts_with(word)
    }
}

/// A month's name behind a day, with a dash before it or not; and how many tokens that is.
fn month_behind(rest: &[Token]) -> Option<(i64, usize)> {
    match rest {
        [Token::Word(word), ..] => Some((month(word)?, 1)),
        [Token::Mark(b'-'), Token::Word(word), ..] => Some((month(word)?, 2)),
        _ => None,
    }
}

/// `[[CC]YY]MMDDhhmm[.ss]`, as `touch -t` takes it. Seconds since the epoch.
#[must_use]
pub fn posix(text: &[u8], base: Timestamp, zone: &Zone) -> Option<i64> {
    let (number, second) = match text.iter().position(|byte| *byte == b'.') {
        Some(dot) => (text.get(..dot)?, Some(text.get(dot + 1..)?)),
        None => (text, None),
    };
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let pair = |text: &[u8]| text.iter().fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    if !digits(number) || second.is_some_and(|second| second.len() != 2 || !digits(second)) {
        return None;
    }
    let (year, rest) = match number.len() {
        8 => number.split_at(0),
        10 => number.split_at(2),
        12 => number.split_at(4),
        _ => return None,
    };
    let mut civil = zone.local(base.sec).civil;
    match year.len() {
        0 => {}
        digits => civil.year = full_year(pair(year).into(), digits),
    }
    let mut fields = rest.chunks(2).map(pair);
    let mut next = || fields.next();
    (civil.month, civil.day, civil.hour, civil.minute) = (next()?, next()?, next()?, next()?);
    civil.second = second.map_or(0, pair);
    let fits = (1..=12).contains(&civil.month)
        && (1..=31).contains(&civil.day)
        && civil.hour < 24
        && civil.minute < 60
        && civil.second <= 60;
    fits.then(|| zone.seconds(civil))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As GNU date 9.1 answers on Friday, 27 November 2026, 01:02:03 UTC.
    #[test]
    fn dates_in_words() {
        let base = Timestamp { sec: 1_795_741_323, nsec: 5 };
        let read = |text: &str| parse(text.as_bytes(), base, &Zone::utc()).map(|time| time.sec);
        for (text, seconds) in [
            ("2024-01-02", 1_704_153_600),
            ("2024-01-02T03:04:05Z", 1_704_164_645),
            ("2024-01-02 03:04:05 +0200", 1_704_157_445),
            ("1 Jan 2024 10:00 +2 days", 1_704_182_400),
            ("Jan 5", 1_767_571_200),
            ("1/2/24", 1_704_153_600),
            ("20240102 0304", 1_704_164_640),
            ("tomorrow", base.sec + 86400),
            ("10:00 tomorrow", 1_795_860_000),
            ("2 hours ago", base.sec - 7200),
            ("3 weeks ago", base.sec - 3 * 7 * 86400),
            ("next monday", 1_795_996_800),
            ("last friday", 1_795_132_800),
            ("friday", 1_795_737_600),
            ("@12", 12),
            ("@-1.5", -2),
            ("12pm 2024-01-02", 1_704_196_800),
            ("", 1_795_737_600),
        ] {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        for text in ["foo", "2024-13-01", "2024-02-30", "25:00", "1:60", "yesterday foo"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn digits_of_touch() {
        let base = Timestamp { sec: 0, nsec: 0 };
        let read = |text: &str| posix(text.as_bytes(), base, &Zone::utc());
        assert_eq!(read("202401020304.05"), Some(1_704_164_645));
        assert_eq!(read("2401020304"), Some(1_704_164_640));
        assert_eq!((read("99"), read("13010000")), (None, None));
    }
}

//! Time zones: the `TZ` variable's POSIX form (POSIX.1 base definitions, 8.3) and the files of the image's
//! zone database, with the C library's choices where POSIX leaves them open.

use wcr_sys::fs;

use super::calendar::{Civil, days_of, is_leap};
use super::zonefile::Transitions;

/// A moment in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// The local date and time of day.
    pub civil: Civil,
    /// Seconds east of UTC.
    pub offset: i32,
    /// Whether daylight saving time is in force.
    pub dst: bool,
    /// The zone's abbreviation.
    pub name: Vec<u8>,
}

/// One of a zone's kinds of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) offset: i32,
    pub(super) dst: bool,
    pub(super) name: Vec<u8>,
}

/// What holds where nothing is said.
static UTC: Kind = Kind { offset: 0, dst: false, name: Vec::new() };

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// What the zone file says; times behind its last transition follow the rules.
    pub(super) table: Option<Transitions>,
    rules: Option<Rules>,
}

/// The rules of a `TZ` string.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules {
    standard: Kind,
    daylight: Option<Daylight>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Daylight {
    kind: Kind,
    /// Begin and end, each a day and a local time of day; `None` when it is always in force.
    span: Option<[Change; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    day: Day,
    seconds: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    /// 1 to 365, February 29th never counted.
    Julian(i64),
    /// 0 to 365.
    Zero(i64),
    /// The week (5: the last) and weekday of a month.
    Month { month: u32, week: i64, weekday: i64 },
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self::fixed(b"UTC")
    }

    fn fixed(name: &[u8]) -> Self {
        let standard = Kind { offset: 0, dst: false, name: name.to_vec() };
        Self { table: None, rules: Some(Rules { standard, daylight: None }) }
    }

    /// The zone that `TZ` names in the process's environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variable(crate::environ::var(b"TZ").as_deref())
    }

    /// The zone that this value of `TZ` means; without one the image's `/etc/localtime`.
    #[must_use]
    pub fn from_variable(value: Option<&[u8]>) -> Self {
        let name = match value {
            None => return Self::from_file(b"/etc/localtime").unwrap_or_else(Self::utc),
            Some(b"") => return Self::from_database(b"Universal").unwrap_or_else(|| Self::fixed(b"Universal")),
            Some(value) => value.strip_prefix(b":").unwrap_or(value),
        };
        if name.is_empty() {
            return Self::utc();
        }
        Self::from_database(name).unwrap_or_else(|| Self::from_posix(name))
    }

    fn from_database(name: &[u8]) -> Option<Self> {
        if name.starts_with(b"/") {
            return Self::from_file(name);
        }
        if name.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return None;
        }
        Self::from_file(&[b"/usr/share/zoneinfo/", name].concat())
    }

    fn from_file(path: &[u8]) -> Option<Self> {
        let (table, footer) = Transitions::decode(&fs::read_file(path).ok()?)?;
        let rules = if footer.is_empty() { None } else { Rules::parse(&footer).ok() };
        Some(Self { table: Some(table), rules })
    }

    /// The zone of a POSIX string; what cannot be read is UTC under the name it begins with.
    #[must_use]
    pub fn from_posix(text: &[u8]) -> Self {
        match Rules::parse(text) {
            Ok(rules) => Self { table: None, rules: Some(rules) },
            Err(name) => Self::fixed(&name),
        }
    }

    /// The local time at `seconds` since the epoch.
    #[must_use]
    pub fn local(&self, seconds: i64) -> LocalTime {
        let kind = self.kind_at(seconds);
        let civil = Civil::from_seconds(seconds.saturating_add(kind.offset.into()));
        LocalTime { civil, offset: kind.offset, dst: kind.dst, name: kind.name.clone() }
    }

    fn kind_at(&self, seconds: i64) -> &Kind {
        match (&self.table, &self.rules) {
            (Some(table), Some(rules)) => table.kind_before_end(seconds).unwrap_or_else(|| rules.kind_at(seconds)),
            (Some(table), None) => table.kind_at(seconds),
            (None, Some(rules)) => rules.kind_at(seconds),
            (None, None) => &UTC,
        }
    }

    /// Seconds since the epoch of a local time, found as `mktime(3)` does without a hint about daylight
    /// saving: from the guess that it is UTC, corrected until it fits. A time that a change to daylight
    /// saving leaves out becomes the daylight saving time that an hour-long step leads to.
    #[must_use]
    pub fn seconds(&self, civil: Civil) -> i64 {
        let wanted = civil.to_seconds();
        let (mut guess, mut last, mut before) = (wanted, wanted, wanted);
        let mut last_dst = false;
        for _ in 0..8 {
            let kind = self.kind_at(guess);
            let off = wanted.saturating_sub(guess.saturating_add(kind.offset.into()));
            if off == 0 || guess == before && guess != last && (kind.dst || !last_dst) {
                return guess;
            }
            last_dst = kind.dst;
            (before, last, guess) = (last, guess, guess.saturating_add(off));
        }
        guess
    }
}

impl Rules {
    /// Reads a POSIX zone. The error is the name that stands at its beginning, if one does.
    fn parse(text: &[u8]) -> Result<Self, Vec<u8>> {
        let mut text = text;
        let name = take_name(&mut text).ok_or_else(Vec::new)?;
        let offset = take_offset(&mut text).ok_or_else(|| name.clone())?;
        let standard = Kind { offset: -offset, dst: false, name };
        let daylight = take_name(&mut text).map(|name| {
            let offset = take_offset(&mut text).map_or(standard.offset + 3600, |offset| -offset);
            Daylight { kind: Kind { offset, dst: true, name }, span: take_span(text) }
        });
        Ok(Self { standard, daylight })
    }

    fn kind_at(&self, seconds: i64) -> &Kind {
        let Some(daylight) = &self.daylight else { return &self.standard };
        let Some([begin, end]) = daylight.span else { return &daylight.kind };
        let year = Civil::from_seconds(seconds.saturating_add(self.standard.offset.into())).year;
        let begin = begin.seconds(year) - i64::from(self.standard.offset);
        let end = end.seconds(year) - i64::from(daylight.kind.offset);
        let inside = if begin <= end { (begin..end).contains(&seconds) } else { !(end..begin).contains(&seconds) };
        if inside { &daylight.kind } else { &self.standard }
    }
}

impl Change {
    /// The local time of the change in `year`, as seconds since the epoch.
    fn seconds(self, year: i64) -> i64 {
        let first = days_of(year, 1, 1);
        let day = match self.day {
            Day::Julian(day) => first + day - 1 + i64::from(day >= 60 && is_leap(year)),
            Day::Zero(day) => first + day,
            Day::Month { month, week, weekday } => {
                let first = days_of(year, month, 1);
                let day = first + (weekday - (first + 4)).rem_euclid(7) + (week - 1) * 7;
                if day >= days_of(year, month + 1, 1) { day - 7 } else { day }
            }
        };
        day * 86_400 + i64::from(self.seconds)
    }
}

fn take_name(text: &mut &[u8]) -> Option<Vec<u8>> {
    let (name, rest) = match *text {
        [b'<', quoted @ ..] => {
            let end = quoted.iter().position(|byte| *byte == b'>')?;
            let name = quoted.get(..end)?;
            if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(byte)) {
                return None;
            }
            (name, quoted.get(end + 1..)?)
        }
        plain => plain.split_at(plain.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(plain.len())),
    };
    if name.len() < 3 {
        return None;
    }
    let name = name.to_vec();
    *text = rest;
    Some(name)
}

fn take_number(text: &mut &[u8]) -> Option<i64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let number = crate::format::parse_decimal(text.get(..end)?)?;
    *text = text.get(end..)?;
    i64::try_from(number).ok().filter(|number| *number <= 99_999)
}

fn take_byte(text: &mut &[u8], byte: u8) -> Option<()> {
    *text = text.strip_prefix(&[byte])?;
    Some(())
}

/// `[+-]hh[:mm[:ss]]` in seconds; hours are clamped to 24.
fn take_offset(text: &mut &[u8]) -> Option<i32> {
    take_time(text, 24)
}

fn take_time(text: &mut &[u8], most: i64) -> Option<i32> {
    let mut rest = *text;
    let negative = rest.first() == Some(&b'-');
    if matches!(rest.first(), Some(b'+' | b'-')) {
        rest = rest.get(1..)?;
    }
    let mut seconds = take_number(&mut rest)?.min(most) * 3600;
    for unit in [60, 1] {
        let mut tail = rest;
        let Some(number) = take_byte(&mut tail, b':').and_then(|()| take_number(&mut tail)) else { break };
        seconds += number.min(59) * unit;
        rest = tail;
    }
    *text = rest;
    i32::try_from(if negative { -seconds } else { seconds }).ok()
}

/// Begin and end of daylight saving; what is left out are the rules of the United States.
fn take_span(mut text: &[u8]) -> Option<[Change; 2]> {
    let month = |month, week| Change { day: Day::Month { month, week, weekday: 0 }, seconds: 7200 };
    let mut span = [month(3, 2), month(11, 1)];
    for change in &mut span {
        if text.is_empty() {
            break;
        }
        *change = take_change(&mut text)?;
    }
    Some(span)
}

fn take_change(text: &mut &[u8]) -> Option<Change> {
    take_byte(text, b',')?;
    let day = match text.first()? {
        b'J' => {
            take_byte(text, b'J')?;
            Day::Julian(take_number(text)?)
        }
        b'M' => {
            take_byte(text, b'M')?;
            let month = u32::try_from(take_number(text)?).ok().filter(|month| (1..=12).contains(month))?;
            take_byte(text, b'.')?;
            let week = take_number(text).filter(|week| (1..=5).contains(week))?;
            take_byte(text, b'.')?;
            Day::Month { month, week, weekday: take_number(text).filter(|day| *day < 7)? }
        }
        _ => Day::Zero(take_number(text)?),
    };
    let seconds = match take_byte(text, b'/') {
        Some(()) => take_time(text, 167)?,
        None => 7200,
    };
    Some(Change { day, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(zone: &str, seconds: i64) -> (String, i32, u32) {
        let local = Zone::from_posix(zone.as_bytes()).local(seconds);
        (String::from_utf8_lossy(&local.name).into_owned(), local.offset, local.civil.hour)
    }

    const JULY: i64 = 1_688_212_800;
    const JANUARY: i64 = 1_672_574_400;

    #[test]
    fn posix_strings() {
        let cases = [
            ("EST5EDT", JULY, ("EDT", -14_400, 8)),
            ("EST5EDT", JANUARY, ("EST", -18_000, 7)),
            ("CET-1CEST,M3.5.0,M10.5.0/3", JULY, ("CEST", 7200, 14)),
            ("<+0530>-5:30", JULY, ("+0530", 19_800, 17)),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", JANUARY, ("NZDT", 46_800, 1)),
            ("ABC25", JULY, ("ABC", -86_400, 12)),
            ("Bogus", JULY, ("Bogus", 0, 12)),
            ("ab", JULY, ("", 0, 12)),
            ("EST5EDT,foo", JANUARY, ("EDT", -14_400, 8)),
        ];
        for (zone, seconds, (name, offset, hour)) in cases {
            assert_eq!(show(zone, seconds), (name.to_owned(), offset, hour), "{zone}");
        }
    }

    #[test]
    fn local_times_become_seconds() {
        let civil = |month, day, hour| Civil { year: 2023, month, day, hour, minute: 30, second: 0 };
        let eastern = Zone::from_posix(b"EST5EDT");
        assert_eq!(eastern.seconds(civil(3, 12, 2)), 1_678_606_200, "the hour that is left out");
        assert_eq!(eastern.seconds(civil(11, 5, 1)), 1_699_162_200, "the hour that comes twice");
        let paris = Zone::from_posix(b"CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(paris.seconds(civil(3, 26, 2)), 1_679_794_200);
        assert_eq!(paris.seconds(civil(10, 29, 2)), 1_698_543_000);
        assert_eq!(paris.seconds(civil(1, 29, 2)), 1_674_955_800);
    }
}

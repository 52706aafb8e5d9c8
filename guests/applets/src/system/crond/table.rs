//! A user's table: when which command runs. See `crontab(5)`.

use crate::core::time::calendar::Civil;
use crate::format::parse_decimal;

/// The times of a line, a bit for each value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    pub command: Vec<u8>,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The values of a field: the least, how many, and their names.
struct Kind {
    least: u64,
    count: u64,
    names: &'static [&'static str],
}

/// The entries of a table; a line that is none is left out.
pub(super) fn parse(text: &[u8]) -> Vec<Entry> {
    text.split(|byte| *byte == b'\n').filter_map(entry).collect()
}

fn entry(line: &[u8]) -> Option<Entry> {
    let mut rest = line.trim_ascii_start();
    if rest.is_empty() || rest.starts_with(b"#") {
        return None;
    }
    let mut next = |least, count, names| {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        let (word, behind) = rest.split_at(end);
        rest = behind.trim_ascii_start();
        field(word, &Kind { least, count, names })
    };
    let minutes = next(0, 60, &[])?;
    let hours = next(0, 24, &[])?;
    let days = next(1, 31, &[])?;
    let months = next(1, 12, &MONTHS)?;
    let weekdays = next(0, 8, &WEEKDAYS)?;
    // 7 is Sunday as well.
    let weekdays = (weekdays | weekdays >> 7) & 0x7f;
    (!rest.is_empty()).then(|| Entry { minutes, hours, days, months, weekdays, command: rest.to_vec() })
}

/// A list of `*`, values and ranges, each with a step.
fn field(text: &[u8], kind: &Kind) -> Option<u64> {
    let value = |text: &[u8]| {
        let named = kind.names.iter().position(|name| text.to_ascii_lowercase().starts_with(name.as_bytes()));
        let value = named.map_or_else(|| parse_decimal(text), |at| Some(at as u64 + kind.least))?;
        (kind.least..kind.least + kind.count).contains(&value).then_some(value)
    };
    let mut bits = 0;
    for part in text.split(|byte| *byte == b',') {
        let mut halves = part.splitn(2, |byte| *byte == b'/');
        let (range, step) = (halves.next()?, halves.next());
        let step = step.map_or(Some(1), parse_decimal).filter(|step| *step > 0)?;
        let (first, last) = if range == b"*" {
            (kind.least, kind.least + kind.count - 1)
        } else {
            let mut ends = range.splitn(2, |byte| *byte == b'-');
            let first = value(ends.next()?)?;
            (first, ends.next().map_or(Some(first), value)?)
        };
        if last < first {
            return None;
        }
        (first..=last).step_by(usize::try_from(step).ok()?).for_each(|value| bits |= 1 << value);
    }
    Some(bits)
}

impl Entry {
    /// Whether it runs at this minute. Of two kinds of days that are both narrowed, one is enough.
    pub(super) fn runs_at(&self, time: &Civil) -> bool {
        let has = |bits: u64, value: u32| bits >> value & 1 == 1;
        let (by_day, by_weekday) = (has(self.days, time.day), has(self.weekdays, time.weekday()));
        let all_days = self.days == ((1 << 31) - 1) << 1;
        let day = if all_days || self.weekdays == 0x7f { by_day && by_weekday } else { by_day || by_weekday };
        day && has(self.minutes, time.minute) && has(self.hours, time.hour) && has(self.months, time.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_none() {
        let table = b"# c\n* * * * * a b\nbad line\n1 2 3 4\n60 * * * * x\nMAILTO=x\n*/5 1-3,7 * jan sun y\n";
        let commands: Vec<Vec<u8>> = parse(table).into_iter().map(|entry| entry.command).collect();
        assert_eq!(commands, [b"a b".to_vec(), b"y".to_vec()]);
    }

    #[test]
    fn times() {
        // 26 November 2026 is a Thursday.
        let time = Civil::from_seconds(1_795_728_600);
        let runs = |line: &str| entry(line.as_bytes()).unwrap().runs_at(&time);
        assert!(runs("30 21 * * * x") && runs("*/10 * 26 * * x") && runs("* * * nov thu x") && runs("* * 1 * 4 x"));
        assert!(!runs("31 * * * * x") && !runs("* * 1 * * x") && !runs("* * * * 7 x"));
    }
}

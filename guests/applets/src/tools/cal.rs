//! `cal`: a calendar of a month or a year. Britain's change of calendars in September 1752 is its own.

use crate::core::time::strftime::MONTHS;
use crate::core::time::{Civil, Zone};
use crate::count::in_range;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cal",
    "cal [-jmy] [[MONTH] YEAR]\n\n\
     Display a calendar\n\n\
     \t-j\tUse julian dates\n\
     \t-m\tWeek starts on Monday\n\
     \t-y\tDisplay the entire year",
    main,
);

const WEEKDAYS: [&str; 7] = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
/// The rows of a month.
const ROWS: usize = 6;
/// A row of months in a calendar of a year that has no day.
const BLANK_YEAR_ROW: usize = 79;

/// How a calendar is written.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// Days of the year instead of the month.
    julian: bool,
    monday: bool,
}

impl Style {
    /// The columns of a day, with the blank behind it.
    const fn cell(self) -> usize {
        if self.julian { 4 } else { 3 }
    }

    /// The columns of a week.
    const fn width(self) -> usize {
        7 * self.cell() - 1
    }
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("jmy").parse(ctx)?;
    let style = Style { julian: parsed.has(b'j'), monday: parsed.has(b'm') };
    let (month, year) = match parsed.operands.as_slice() {
        [] => {
            let today: Civil = Zone::from_env().local(wcr_sys::time::now().sec).civil;
            ((!parsed.has(b'y')).then_some(today.month), today.year)
        }
        [year] => (None, in_range(ctx, year, 1, 9999)? as i64),
        [month, year] => {
            let month = if parsed.has(b'y') { None } else { Some(in_range(ctx, month, 1, 12)? as u32) };
            (month, in_range(ctx, year, 1, 9999)? as i64)
        }
        _ => return Err(ctx.usage()),
    };
    let text = match month {
        Some(month) => one_month(month, year, style),
        None => whole_year(year, style),
    };
    ctx.put(text.as_bytes());
    Ok(0)
}

fn one_month(month: u32, year: i64, style: Style) -> String {
    let title = format!("{} {year}", name(month));
    let mut text = format!("{}\n{}\n", centred(&title, style.width()).trim_end(), weekdays(style));
    for row in rows(month, year, style) {
        let row = if row.trim().is_empty() { format!("{row} ") } else { row.trim_end().to_owned() };
        text.push_str(&row);
        text.push('\n');
    }
    text
}

fn whole_year(year: i64, style: Style) -> String {
    let beside = if style.julian { 2 } else { 3 };
    let total = beside * style.width() + 2 * (beside - 1);
    let mut text = format!("{}\n\n", centred(&year.to_string(), total));
    for first in (1..=12).step_by(beside) {
        let months: Vec<u32> = (first..first + beside as u32).collect();
        let join = |parts: Vec<String>| parts.join("  ");
        text.push_str(&join(months.iter().map(|month| centred(name(*month), style.width())).collect()));
        text.push('\n');
        text.push_str(&join(months.iter().map(|_| weekdays(style)).collect()));
        text.push('\n');
        let months: Vec<[String; ROWS]> = months.into_iter().map(|month| rows(month, year, style)).collect();
        for row in 0..ROWS {
            let line = join(months.iter().filter_map(|rows| rows.get(row).cloned()).collect());
            let line = line.trim_end();
            if line.is_empty() {
                text.push_str(&" ".repeat(BLANK_YEAR_ROW))
            } else {
                text.push_str(line)
            }
            text.push('\n');
        }
    }
    text
}

fn name(month: u32) -> &'static str {
    MONTHS.get(month as usize - 1).copied().unwrap_or_default()
}

/// The text in the middle of so many columns; what is left over goes to the right.
fn centred(text: &str, width: usize) -> String {
    let left = width.saturating_sub(text.len()) / 2;
    format!("{:width$}", format!("{:left$}{text}", ""))
}

fn weekdays(style: Style) -> String {
    let first = usize::from(style.monday);
    let cell = style.cell() - 1;
    let days: Vec<String> = WEEKDAYS.iter().cycle().skip(first).take(7).map(|day| format!("{day:>cell$}")).collect();
    days.join(" ")
}

/// The rows of a month, each as wide as a week.
fn rows(month: u32, year: i64, style: Style) -> [String; ROWS] {
    let mut cells = vec![String::new(); 7 * ROWS];
    let days = days_of(month, year);
    let first_of_year = day_number(1, 1, year);
    let mut at = weekday(1, month, year);
    if style.monday {
        at = (at + 6) % 7;
    }
    for day in days {
        let shown = if style.julian { day_number(day, month, year) - first_of_year + 1 } else { i64::from(day) };
        if let Some(cell) = cells.get_mut(at) {
            *cell = shown.to_string();
        }
        at += 1;
    }
    let width = style.cell() - 1;
    core::array::from_fn(|row| {
        let week: Vec<String> = cells.iter().skip(row * 7).take(7).map(|cell| format!("{cell:>width$}")).collect();
        week.join(" ")
    })
}

/// The days of a month: all of them, but for the eleven that Britain left out.
fn days_of(month: u32, year: i64) -> Vec<u32> {
    let last = match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=last).filter(|day| (year, month) != (1752, 9) || !(3..=13).contains(day)).collect()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year <= 1752 || year % 100 != 0 || year % 400 == 0)
}

/// The number of a day, counted as if no day had been left out.
fn day_number(day: u32, month: u32, year: i64) -> i64 {
    let before: usize =
        (1..month).map(|month| if (year, month) == (1752, 9) { 30 } else { days_of(month, year).len() }).sum();
    let past = year - 1;
    let leaps = past / 4 - if past > 1752 { past / 100 - past / 400 - (1752 / 100 - 1752 / 400) } else { 0 };
    past * 365 + leaps + before as i64 + i64::from(day)
}

/// The day of the week, Sunday first.
fn weekday(day: u32, month: u32, year: i64) -> usize {
    let new_style = (year, month, day) >= (1752, 9, 14);
    // The first of January of the year 1 was a Saturday.
    let number = day_number(day, month, year) + 5 - if new_style { 11 } else { 0 };
    number.rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { julian: false, monday: false };

    #[test]
    fn weekdays_of_both_calendars() {
        assert_eq!(weekday(1, 1, 1), 6);
        assert_eq!(weekday(2, 9, 1752), 3);
        assert_eq!(weekday(14, 9, 1752), 4);
        assert_eq!(weekday(29, 2, 2024), 4);
        assert_eq!(weekday(1, 1, 9999), 5);
    }

    #[test]
    fn a_month() {
        let expected = "   September 1752\nSu Mo Tu We Th Fr Sa\n       1  2 14 15 16\n17 18 19 20 21 22 23\n\
                        24 25 26 27 28 29 30\n                     \n                     \n                     \n";
        assert_eq!(one_month(9, 1752, PLAIN), expected);
        let julian = one_month(1, 2023, Style { julian: true, monday: false });
        assert!(julian.starts_with("       January 2023\n Su  Mo  Tu  We  Th  Fr  Sa\n  1   2   3   4   5   6   7\n"));
    }

    #[test]
    fn a_year_has_its_months_side_by_side() {
        let text = whole_year(2020, PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("{}2020{}", " ".repeat(30), " ".repeat(30)));
        assert_eq!(lines[2], "      January               February               March        ");
        assert_eq!(lines[4], "          1  2  3  4                     1   1  2  3  4  5  6  7");
        assert_eq!(lines[9], " ".repeat(79));
    }
}

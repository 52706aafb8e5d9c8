//! The proleptic Gregorian calendar.

/// A broken-down time: no time zone is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Civil {
    /// The year, astronomically numbered.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, 1 to 31.
    pub day: u32,
    /// The hour, 0 to 23.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
    /// The second; 60 and more carry over.
    pub second: u32,
}

impl Civil {
    /// The time `seconds` after 1970-01-01 00:00:00.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32);
        let (year, month, day) = date_of(days);
        Self { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// Seconds from 1970-01-01 00:00:00; fields out of range carry over.
    #[must_use]
    pub fn to_seconds(self) -> i64 {
        let days = days_of(self.year, self.month, self.day);
        let second = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days.saturating_mul(86_400).saturating_add(second)
    }

    /// The day of the week, 0 is Sunday.
    #[must_use]
    pub fn weekday(self) -> u32 {
        (days_of(self.year, self.month, self.day) + 4).rem_euclid(7) as u32
    }

    /// The day of the year, 0 is January 1st.
    #[must_use]
    pub fn year_day(self) -> u32 {
        (days_of(self.year, self.month, self.day) - days_of(self.year, 1, 1)) as u32
    }

    /// The ISO 8601 year and week.
    #[must_use]
    pub fn iso_week(self) -> (i64, u32) {
        // The week belongs to the year that holds its Thursday.
        let monday_based = (self.weekday() + 6) % 7;
        let thursday = days_of(self.year, self.month, self.day) - i64::from(monday_based) + 3;
        let (year, _, _) = date_of(thursday);
        (year, ((thursday - days_of(year, 1, 1)) / 7 + 1) as u32)
    }
}

/// Whether February has 29 days.
#[must_use]
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the date; a month beyond 12 carries into the year.
#[must_use]
pub fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let months = i64::from(month) - 1;
    let (year, month) = (year + months.div_euclid(12), months.rem_euclid(12) + 1);
    // Years that begin in March put the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
    let (year, month) = (era * 400 + year_of_era, if month < 10 { month + 3 } else { month - 9 });
    (if month <= 2 { year + 1 } else { year }, month as u32, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_trip() {
        for seconds in [0, -1, 951_782_400, 1_709_210_096, -62_135_596_800, 253_402_300_799, -86_401] {
            assert_eq!(Civil::from_seconds(seconds).to_seconds(), seconds);
        }
        let leap = Civil::from_seconds(1_709_210_096);
        assert_eq!((leap.year, leap.month, leap.day, leap.weekday(), leap.year_day()), (2024, 2, 29, 4, 59));
    }

    #[test]
    fn iso_weeks_cross_the_year() {
        let date = |year, month, day| Civil { year, month, day, ..Civil::default() };
        assert_eq!(date(2021, 1, 3).iso_week(), (2020, 53));
        assert_eq!(date(2018, 12, 31).iso_week(), (2019, 1));
        assert_eq!(date(2023, 1, 1).iso_week(), (2022, 52));
        assert!(is_leap(2000) && !is_leap(1900) && is_leap(2024));
    }
}

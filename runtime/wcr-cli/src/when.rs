//! Points in time, as JSON and tables show them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in seconds since 1970-01-01 UTC.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Now, in nanoseconds since 1970-01-01 UTC.
pub(crate) fn now_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| nanos_of(since.as_nanos()))
}

fn nanos_of(nanos: u128) -> u64 {
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970-01-01 UTC of a time as RFC 3339 writes it; `None` for anything else.
pub(crate) fn nanos(text: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339(text).ok()?;
    Some(nanos_of(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()))
}

/// A point in time as docker takes it, in nanoseconds since 1970-01-01 UTC: RFC 3339, also without a zone or a time of day
/// (UTC), seconds since then with or without a fraction, or how long ago, as in `1h30m`.
///
/// # Errors
/// It is none of these.
pub(crate) fn since(text: &str) -> anyhow::Result<u64> {
    let ago = |ago: std::time::Duration| now_nanos().saturating_sub(nanos_of(ago.as_nanos()));
    let seconds = || text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0).map(|seconds| (seconds * 1e9) as u64);
    let weak = || {
        let whole = if text.len() == 10 { format!("{text}T00:00:00") } else { text.to_owned() };
        let time = humantime::parse_rfc3339_weak(&whole).ok()?;
        Some(nanos_of(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()))
    };
    let time = seconds()
        .or_else(|| nanos(text))
        .or_else(|| self::seconds(text).map(|seconds| seconds.saturating_mul(1_000_000_000)))
        .or_else(weak)
        .or_else(|| humantime::parse_duration(text).ok().map(ago));
    time.ok_or_else(|| {
        let message = format!("invalid time {text:?}: it is RFC 3339, seconds since 1970, or how long ago, as in 10m");
        crate::exit::Failure::new(wcr_image::Class::Usage, message).into()
    })
}

/// How long something took, in docker's words: `Less than a second`, `5 minutes`.
pub(crate) fn took(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0 => return "Less than a second".into(),
        1..60 => (seconds, "second"),
        60..120 => return "About a minute".into(),
        120..3600 => (seconds / 60, "minute"),
        3600..7200 => return "About an hour".into(),
        7200..172_800 => (seconds / 3600, "hour"),
        172_800..1_209_600 => (seconds / 86_400, "day"),
        1_209_600..5_184_000 => (seconds / 604_800, "week"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The time `seconds` after 1970-01-01 UTC, as RFC 3339 writes it.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The time `seconds` after 1970-01-01 UTC, as Go shows it and docker's tables have it: `2024-02-29 12:00:00 +0000 UTC`.
pub(crate) fn go_time(seconds: u64) -> String {
    format!("{} +0000 UTC", rfc3339(seconds).replace('T', " ").trim_end_matches('Z'))
}

/// Seconds after 1970-01-01 UTC of a time as RFC 3339 writes it; fractions are dropped. `None` for anything else, and
/// for times before.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let offset_at = time.find(['Z', 'z', '+', '-'])?;
    let (time, offset) = (time.get(..offset_at)?, time.get(offset_at..)?);
    let numbers = |text: &str, separator| -> Option<Vec<i64>> {
        text.split(separator).map(|part| part.split('.').next()?.parse().ok()).collect()
    };
    let ([year, month, day], [hour, minute, second]) =
        (<[i64; 3]>::try_from(numbers(date, '-')?).ok()?, <[i64; 3]>::try_from(numbers(time, ':')?).ok()?);
    let offset = match offset {
        "Z" | "z" => 0,
        _ => {
            let [hours, minutes] = <[i64; 2]>::try_from(numbers(offset.get(1..)?, ':')?).ok()?;
            (hours * 60 + minutes) * if offset.starts_with('-') { -60 } else { 60 }
        }
    };
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok()
}

/// Days after 1970-01-01: the other way round of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days after 1970-01-01 in the Gregorian calendar, counted in eras of
/// 400 years that begin on 1 March, so that the leap day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// How long before `now` a point in time was, roughly.
pub(crate) fn ago(seconds: u64, now: u64) -> String {
    let past = now.saturating_sub(seconds);
    let (count, unit) = match past {
        0..60 => return "just now".into(),
        60..3600 => (past / 60, "minute"),
        3600..86_400 => (past / 3600, "hour"),
        86_400..1_209_600 => (past / 86_400, "day"),
        1_209_600..5_184_000 => (past / 604_800, "week"),
        5_184_000..63_072_000 => (past / 2_592_000, "month"),
        _ => (past / 31_536_000, "year"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_704_067_200, "2024-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
            assert_eq!(super::seconds(text), Some(seconds));
        }
        assert_eq!(go_time(951_782_400), "2000-02-29 00:00:00 +0000 UTC");
    }

    #[test]
    fn times_with_fractions_and_offsets() {
        for (text, expected) in [
            ("2024-01-01T01:30:00.123456789+01:30", Some(1_704_067_200)),
            ("2023-12-31T19:00:00-05:00", Some(1_704_067_200)),
            ("0001-01-01T00:00:00Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn rough_times() {
        for (past, text) in [
            (0, "just now"),
            (60, "1 minute ago"),
            (7199, "1 hour ago"),
            (86_400 * 13, "13 days ago"),
            (86_400 * 20, "2 weeks ago"),
            (86_400 * 70, "2 months ago"),
            (86_400 * 800, "2 years ago"),
        ] {
            assert_eq!(ago(1_000_000_000 - past, 1_000_000_000), text);
        }
        assert_eq!(ago(10, 5), "just now");
    }
}

//! The options of `wcr run` that set limits, as docker names them.

use std::str::FromStr;
use std::time::Duration;

use wcr_container::Limits;

/// Reads a number of bytes, with `b`, `k`, `m`, `g` or `t` behind it for powers of 1,024.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.strip_suffix("ib").or_else(|| lower.strip_suffix('b')).unwrap_or(&lower);
    let units = [('k', 10), ('m', 20), ('g', 30), ('t', 40)];
    let unit = units.iter().find_map(|(unit, shift)| Some((lower.strip_suffix(*unit)?, *shift)));
    let (digits, shift) = unit.unwrap_or((lower, 0));
    let number: Option<u64> = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let bytes = number.and_then(|number| number.checked_mul(1 << shift)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "a size is a number with b, k, m or g behind it, as in 64m".into())
}

/// Reads a number of processes; -1 means as many as there may be.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn processes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(-1) => Ok(usize::MAX),
        Ok(count @ 1..) => usize::try_from(count).map_err(|error: std::num::TryFromIntError| error.to_string()),
        Ok::<i64, _>(_) | Err(_) => Err("it is a number from 1 on, or -1 for no limit".into()),
    }
}

/// Reads a length of time: a number of seconds, or numbers with `h`, `m`, `s` or `ms` behind them, as in `1h30m`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().or_else(|| in_units(text)).filter(|seconds| *seconds > 0.0);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| "it is a number of seconds, or a time as in 90s, 1.5m or 1h30m".into())
}

/// The sum of numbers with units, in seconds.
fn in_units(text: &str) -> Option<f64> {
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let unit = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let end = rest.get(unit..)?.find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |end| unit + end);
        let seconds = match rest.get(unit..end)? {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        let number: f64 = rest.get(..unit)?.parse().ok().filter(|number| *number >= 0.0)?;
        sum += number * seconds;
        rest = rest.get(end..)?;
    }
    Some(sum)
}

/// A resource's limit: `NAME=SOFT[:HARD]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ulimit {
    resource: usize,
    soft: u64,
    hard: u64,
}

/// The names of resources, by their numbers.
const RESOURCES: [&str; 16] = [
    "cpu",
    "fsize",
    "data",
    "stack",
    "core",
    "rss",
    "nproc",
    "nofile",
    "memlock",
    "as",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "rttime",
];
/// The number of the limit on open files, and the most that it can be.
const NOFILE: (usize, u64) = (7, 1 << 20);

impl FromStr for Ulimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "a limit is NAME=SOFT[:HARD], as in nofile=1024:4096".to_owned();
        let (name, values) = text.split_once('=').ok_or_else(form)?;
        let known = || format!("there is no limit `{name}`; there are {}", RESOURCES.join(", "));
        let resource = RESOURCES.iter().position(|other| *other == name).ok_or_else(known)?;
        let value = |text: &str| match text {
            "-1" => Ok(u64::MAX),
            text => text.parse().map_err(|_| form()),
        };
        let (soft, hard) = match values.split_once(':') {
            Some((soft, hard)) => (value(soft)?, value(hard)?),
            None => (value(values)?, value(values)?),
        };
        if soft > hard {
            return Err(format!("the soft limit {soft} is above the hard limit {hard}"));
        }
        if resource == NOFILE.0 && hard > NOFILE.1 {
            return Err(format!("a process cannot have over {} open files", NOFILE.1));
        }
        Ok(Self { resource, soft, hard })
    }
}

impl Ulimit {
    /// Sets it.
    pub(crate) fn apply(self, limits: &mut Limits) {
        if let Some(slot) = limits.resources.get_mut(self.resource) {
            *slot = (self.soft, self.hard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("1", 1), ("10b", 10), ("64k", 65_536), ("2M", 2 << 20), ("3g", 3 << 30), ("1GiB", 1 << 30), ("5kb", 5120)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "0", "-1", "k", "1.5g", "1x", "+1", "99999999999t", "1kk"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn processes_and_times() {
        assert_eq!((processes("5"), processes("-1")), (Ok(5), Ok(usize::MAX)));
        assert!(["0", "-2", "x", ""].iter().all(|bad| processes(bad).is_err()));
        for (text, milliseconds) in
            [("1.5", 1500), ("2s", 2000), ("1.5m", 90_000), ("1h30m", 5_400_000), ("1m0.5s", 60_500), ("250ms", 250)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for bad in ["0", "-1", "x", "nan", "inf", "1e300", "", "s", "2x", "1s2", "0s", "-1s", "1h-1s", "2 s", "infs"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_of_resources() {
        let mut limits = Limits::default();
        "nofile=10:20".parse::<Ulimit>().unwrap().apply(&mut limits);
        "core=-1".parse::<Ulimit>().unwrap().apply(&mut limits);
        assert_eq!((limits.resources[7], limits.resources[4]), ((10, 20), (u64::MAX, u64::MAX)));
        for bad in ["", "nofile", "nofile=", "nofile=2:1", "files=1", "nofile=9999999", "nofile=-1", "cpu=x"] {
            assert!(bad.parse::<Ulimit>().is_err(), "{bad}");
        }
    }
}

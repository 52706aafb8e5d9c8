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

/// Reads a number of seconds.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok().filter(|seconds| *seconds > 0.0);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| "it is a number of seconds, as in 1.5".into())
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
    fn processes_and_seconds() {
        assert_eq!((processes("5"), processes("-1")), (Ok(5), Ok(usize::MAX)));
        assert!(["0", "-2", "x", ""].iter().all(|bad| processes(bad).is_err()));
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(["0", "-1", "x", "nan", "inf", "1e300"].iter().all(|bad| seconds(bad).is_err()));
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

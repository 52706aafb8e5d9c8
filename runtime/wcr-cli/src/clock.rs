//! The options for the time and the randomness of containers: `--clock`, `--seed`, `--deterministic`.

use std::ops::RangeInclusive;

use clap::Args;
use wcr_container::{VIRTUAL_SEED, VIRTUAL_START};

use crate::when;

/// The latest start of a clock, in nanoseconds since 1970-01-01 UTC: 2500-01-01. Time has to pass from there on, and 64 bits
/// hold it until 2554.
const LATEST: u64 = 16_725_225_600 * 1_000_000_000;

/// The clock that a container gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockArg {
    /// The host's.
    Host,
    /// One of its own that starts so many nanoseconds after the epoch, and moves on by what the container does.
    Virtual(u64),
}

impl ClockArg {
    /// Reads `host`, `virtual`, `fixed=TIME` or `fixed=now`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "host" => Ok(Self::Host),
            None if text == "virtual" => Ok(Self::Virtual(VIRTUAL_START)),
            Some(("fixed", "now")) => Ok(Self::Virtual(when::now_nanos())),
            Some(("fixed", time)) => match when::since(time).map_err(|error| error.to_string())? {
                start if start > LATEST => Err("the clock goes up to the year 2500".into()),
                start => Ok(Self::Virtual(start)),
            },
            _ => Err("it is host, virtual, fixed=now, or fixed=TIME, as in fixed=2024-01-01T00:00:00Z".into()),
        }
    }
}

/// What a container's time and randomness come from.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// Give the container a clock and a randomness of its own, the same every time: --clock virtual --seed 0
    #[arg(long)]
    pub(crate) deterministic: bool,
    /// The clock: host; virtual, which starts in 2024 and moves on by what the container does, so that a sleep ends at once;
    /// fixed=TIME (or fixed=now), the same from another start
    #[arg(long, value_name = "CLOCK", value_parser = ClockArg::read)]
    clock: Option<ClockArg>,
    /// The number that all randomness follows from, instead of the host's randomness
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Let the processes run in another order that they have to put up with: seed=NUMBER, each number another one
    #[arg(long, value_name = "seed=NUMBER", value_parser = schedule)]
    pub(crate) schedule: Option<u64>,
}

/// Reads `seed=NUMBER`.
fn schedule(text: &str) -> Result<u64, String> {
    let seed = text.strip_prefix("seed=").and_then(|number| number.parse().ok());
    seed.ok_or_else(|| "it is seed=NUMBER, as in seed=7".into())
}

/// Reads `seeds=FIRST..LAST` (both are tried), or `seed=NUMBER`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn schedules(text: &str) -> Result<RangeInclusive<u64>, String> {
    if let Ok(seed) = schedule(text) {
        return Ok(seed..=seed);
    }
    let range = text.strip_prefix("seeds=").and_then(|range| range.split_once(".."));
    let read = |number: &str| number.trim_start_matches('=').parse::<u64>().ok();
    let range = range.and_then(|(first, last)| Some(read(first)?..=read(last)?));
    range.filter(|range| !range.is_empty()).ok_or_else(|| "it is seeds=FIRST..LAST, as in seeds=0..99".into())
}

impl SourceArgs {
    /// The start of a clock of the container's own; `None` for the host's.
    pub(crate) fn clock(&self) -> Option<u64> {
        match self.clock {
            Some(ClockArg::Host) => None,
            Some(ClockArg::Virtual(start)) => Some(start),
            None => self.deterministic.then_some(VIRTUAL_START),
        }
    }

    /// The seed of a randomness of the container's own; `None` for the host's.
    pub(crate) fn seed(&self) -> Option<u64> {
        self.seed.or_else(|| self.deterministic.then_some(VIRTUAL_SEED))
    }

    /// Whether nothing of the host's shows.
    pub(crate) fn repeats(&self) -> bool {
        self.clock().is_some() && self.seed().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_read() {
        for (text, clock) in [
            ("host", ClockArg::Host),
            ("virtual", ClockArg::Virtual(VIRTUAL_START)),
            ("fixed=2024-01-01T00:00:00Z", ClockArg::Virtual(VIRTUAL_START)),
            ("fixed=2024-01-01", ClockArg::Virtual(VIRTUAL_START)),
            ("fixed=1000000000.5", ClockArg::Virtual(1_000_000_000_500_000_000)),
        ] {
            assert_eq!(ClockArg::read(text), Ok(clock), "{text}");
        }
        for text in ["", "fixed", "fixed=", "fixed=noon", "fixed=2500-01-02", "fixed=1e30", "virtual=1", "Host"] {
            assert!(ClockArg::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn orders_are_read() {
        assert_eq!((schedule("seed=7"), schedules("seeds=0..99"), schedules("seed=3")), (Ok(7), Ok(0..=99), Ok(3..=3)));
        for text in ["", "7", "seed=", "seeds=9..1", "seeds=1", "seeds=a..b"] {
            assert!(schedules(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_said_counts_more_than_deterministic() {
        let with = |deterministic, clock, seed| SourceArgs { deterministic, clock, seed, schedule: None };
        let both = with(true, None, None);
        assert_eq!((both.clock(), both.seed(), both.repeats()), (Some(VIRTUAL_START), Some(VIRTUAL_SEED), true));
        let other = with(true, Some(ClockArg::Virtual(5)), Some(7));
        assert_eq!((other.clock(), other.seed()), (Some(5), Some(7)));
        assert!(!with(true, Some(ClockArg::Host), None).repeats() && !with(false, None, Some(1)).repeats());
    }
}

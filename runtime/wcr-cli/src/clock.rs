//! The options for the time and the randomness of containers: `--clock`, `--seed`, `--deterministic`.

use clap::Args;
use wcr_container::{VIRTUAL_SEED, VIRTUAL_START};

use crate::when;

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
            Some(("fixed", time)) => when::since(time).map(Self::Virtual).map_err(|error| error.to_string()),
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
        for text in ["", "fixed", "fixed=", "fixed=noon", "virtual=1", "Host"] {
            assert!(ClockArg::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_said_counts_more_than_deterministic() {
        let with = |deterministic, clock, seed| SourceArgs { deterministic, clock, seed };
        let both = with(true, None, None);
        assert_eq!((both.clock(), both.seed(), both.repeats()), (Some(VIRTUAL_START), Some(VIRTUAL_SEED), true));
        let other = with(true, Some(ClockArg::Virtual(5)), Some(7));
        assert_eq!((other.clock(), other.seed()), (Some(5), Some(7)));
        assert!(!with(true, Some(ClockArg::Host), None).repeats() && !with(false, None, Some(1)).repeats());
    }
}

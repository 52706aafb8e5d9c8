//! The health of a container: what its checks have said, by docker's rules.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wcr_image::Healthcheck;

/// How many results are kept.
const KEPT: usize = 5;
/// How much of a check's output is kept, in bytes.
pub(crate) const OUTPUT_MAX: usize = 4096;
/// The exit code of a check that took too long.
pub(crate) const TOO_LONG: i32 = -1;
/// What holds where nobody says otherwise.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const START_INTERVAL: Duration = Duration::from_secs(5);
const RETRIES: u32 = 3;

/// How healthy a container is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It is not known yet.
    #[default]
    Starting,
    /// The last check was good.
    Healthy,
    /// Several checks in a row have failed.
    Unhealthy,
}

impl HealthStatus {
    /// Its name, as Docker has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// The health of a container that is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How healthy it is.
    pub status: HealthStatus,
    /// How many checks in a row have failed.
    pub failing_streak: u32,
    /// The last results, the oldest first.
    pub log: VecDeque<CheckResult>,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// When it began, in nanoseconds since the epoch.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Its exit code; 0 is healthy. -1 when it took too long.
    pub exit_code: i32,
    /// What it has written.
    pub output: String,
}

/// A check, with what holds where neither the image nor the user says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) command: Vec<String>,
    interval: Duration,
    pub(crate) timeout: Duration,
    start_period: Duration,
    start_interval: Duration,
    retries: u32,
}

impl Check {
    /// The check that an image and a user have agreed on; `None` when there is none.
    pub(crate) fn of(healthcheck: &Healthcheck) -> Option<Self> {
        let command = match healthcheck.test.split_first()? {
            (kind, rest) if kind == "CMD-SHELL" => {
                ["/bin/sh".into(), "-c".into()].into_iter().chain(rest.to_vec()).collect()
            }
            (kind, rest) if kind == "CMD" => rest.to_vec(),
            _ => return None,
        };
        let or = |nanos: i64, default| match u64::try_from(nanos) {
            Ok(nanos @ 1..) => Duration::from_nanos(nanos),
            _ => default,
        };
        Some(Self {
            command,
            interval: or(healthcheck.interval, INTERVAL),
            timeout: or(healthcheck.timeout, TIMEOUT),
            start_period: or(healthcheck.start_period, Duration::ZERO),
            start_interval: or(healthcheck.start_interval, START_INTERVAL),
            retries: u32::try_from(healthcheck.retries).ok().filter(|retries| *retries > 0).unwrap_or(RETRIES),
        })
    }

    /// How long it is to the next check of a container that was started so long ago.
    pub(crate) fn pause(&self, status: HealthStatus, running: Duration) -> Duration {
        let is_starting = status == HealthStatus::Starting && running < self.start_period;
        if is_starting { self.start_interval } else { self.interval }
    }

    /// Takes in what came of a check; whether the status is another one now.
    pub(crate) fn judge(&self, health: &mut Health, result: CheckResult, started: u64) -> bool {
        let before = health.status;
        let running = Duration::from_nanos(result.start.saturating_sub(started));
        if result.exit_code == 0 {
            (health.status, health.failing_streak) = (HealthStatus::Healthy, 0);
        } else if before != HealthStatus::Starting || running >= self.start_period {
            health.failing_streak += 1;
            if health.failing_streak >= self.retries {
                health.status = HealthStatus::Unhealthy;
            }
        }
        health.log.push_back(result);
        while health.log.len() > KEPT {
            health.log.pop_front();
        }
        health.status != before
    }
}

/// A length of time as Go writes it: `1m30s`, `1.5s`, `200ms`.
pub(crate) fn go_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds == 0 {
        return format!("{}ms", time.as_secs_f64() * 1e3);
    }
    let rest = (time - Duration::from_secs(seconds / 60 * 60)).as_secs_f64();
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{rest}s"),
        (0, minutes) => format!("{minutes}m{rest}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(exit_code: i32, second: u64) -> CheckResult {
        CheckResult { start: second * 1_000_000_000, end: 0, exit_code, output: String::new() }
    }

    fn check(start_period: i64) -> Check {
        let test = vec!["CMD-SHELL".into(), "true".into()];
        Check::of(&Healthcheck { test, start_period, ..Healthcheck::default() }).unwrap()
    }

    #[test]
    fn health_goes_by_the_last_checks() {
        let (check, mut health) = (check(0), Health::default());
        for (code, status, streak) in [
            (1, HealthStatus::Starting, 1),
            (0, HealthStatus::Healthy, 0),
            (1, HealthStatus::Healthy, 1),
            (TOO_LONG, HealthStatus::Healthy, 2),
            (1, HealthStatus::Unhealthy, 3),
            (1, HealthStatus::Unhealthy, 4),
            (0, HealthStatus::Healthy, 0),
        ] {
            let before = health.status;
            assert_eq!(check.judge(&mut health, result(code, 1), 0), before != status);
            assert_eq!((health.status, health.failing_streak), (status, streak));
        }
        assert_eq!(health.log.len(), KEPT);
    }

    #[test]
    fn what_fails_at_the_start_does_not_count() {
        let (check, mut health) = (check(10_000_000_000), Health::default());
        for second in [1, 5, 9] {
            assert!(!check.judge(&mut health, result(1, second), 0));
            assert_eq!((health.status, health.failing_streak), (HealthStatus::Starting, 0));
        }
        check.judge(&mut health, result(1, 10), 0);
        assert_eq!(health.failing_streak, 1);
        let pause = |status, seconds| check.pause(status, Duration::from_secs(seconds)).as_secs();
        assert_eq!((pause(HealthStatus::Starting, 9), pause(HealthStatus::Starting, 10)), (5, 30));
        assert_eq!(pause(HealthStatus::Healthy, 1), 30);
    }

    #[test]
    fn commands_are_those_of_the_test() {
        let of = |words: &[&str]| {
            let test = words.iter().map(|&word| word.into()).collect();
            Check::of(&Healthcheck { test, ..Healthcheck::default() }).map(|check| check.command.join(" "))
        };
        assert_eq!(of(&["CMD-SHELL", "a | b"]).as_deref(), Some("/bin/sh -c a | b"));
        assert_eq!(of(&["CMD", "a", "b"]).as_deref(), Some("a b"));
        assert_eq!((of(&["NONE"]), of(&[])), (None, None));
    }

    #[test]
    fn times_are_written_as_go_does() {
        for (millis, text) in
            [(200, "200ms"), (1500, "1.5s"), (30_000, "30s"), (90_000, "1m30s"), (3_600_000, "1h0m0s")]
        {
            assert_eq!(go_duration(Duration::from_millis(millis)), text);
        }
    }
}

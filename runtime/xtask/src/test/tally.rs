//! Counts of passed, failed and skipped tests, and how to read them from libtest's output.

use std::fmt;

/// How many lines of what failing tests printed are kept for the summary.
const KEPT_LINES: usize = 400;

/// What stands behind a failure that a test in the TAP format expects.
const UNFINISHED: &str = concat!("# TO", "DO");

/// How many tests passed, failed and were skipped, why those were skipped, and what those that failed printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    reasons: Vec<String>,
    failures: Vec<String>,
    /// Whether the lines read now tell about a failure.
    in_failure: bool,
}

impl Tally {
    /// One passed check.
    pub fn success() -> Self {
        Tally { passed: 1, ..Tally::default() }
    }

    /// One failed check.
    pub fn failure() -> Self {
        Tally { failed: 1, ..Tally::default() }
    }

    /// One skipped check.
    pub fn skip(reason: impl Into<String>) -> Self {
        Tally { skipped: 1, reasons: vec![reason.into()], ..Tally::default() }
    }

    /// One check that passed or failed.
    pub fn of(good: bool) -> Self {
        if good { Tally::success() } else { Tally::failure() }
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        for reason in &other.reasons {
            if !self.reasons.contains(reason) {
                self.reasons.push(reason.clone());
            }
        }
        for line in &other.failures {
            self.keep(line);
        }
    }

    /// Adds what one line of libtest's output says, if it is a result line, or belongs to a failure: libtest tells about
    /// these between a line `failures:` and the same line once more, before the list of their names.
    pub fn read_line(&mut self, line: &str) {
        if line == "failures:" {
            self.in_failure = !self.in_failure;
        } else if self.in_failure {
            self.keep(line);
        }
        let Some(counts) = line.trim().strip_prefix("test result: ") else { return };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(kind)) = (words.next(), words.next()) else { continue };
            let Ok(count) = count.parse::<usize>() else { continue };
            match kind {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }

    /// Adds what one line of Node.js's test runner (in the TAP format) says, if it is one of its totals, or belongs to a
    /// failure: a line `not ok` and the block of YAML after it.
    pub fn read_tap_line(&mut self, line: &str) {
        let text = line.trim_start();
        if text.starts_with("not ok ") && !text.contains(UNFINISHED) {
            self.in_failure = true;
        }
        if self.in_failure {
            self.keep(line);
            self.in_failure = text != "...";
        }
        let mut words = line.split_whitespace();
        let (Some("#"), Some(kind), Some(count), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        let Ok(count) = count.parse::<usize>() else { return };
        match kind {
            "pass" => self.passed += count,
            "fail" | "cancelled" => self.failed += count,
            "skipped" | "todo" => self.skipped += count,
            _ => {}
        }
    }

    /// Accounts for a runner that ended badly without reporting a failed test: it crashed or did not compile.
    pub fn runner_failed(&mut self) {
        if self.failed == 0 {
            self.failed = 1;
        }
    }

    /// Keeps a line for the summary, as long as there are not too many.
    fn keep(&mut self, line: &str) {
        if self.failures.len() < KEPT_LINES && !line.is_empty() {
            self.failures.push(line.to_owned());
        }
    }

    /// Turns tests that noted in the skip log that they could not run, and returned, from passed into skipped.
    ///
    /// Each line of the log is `NAME: REASON`.
    pub fn apply_skip_log(&mut self, log: &str) {
        for line in log.lines() {
            let reason = line.split_once(": ").map_or(line, |(_, reason)| reason);
            self.passed = self.passed.saturating_sub(1);
            self.add(&Tally::skip(reason));
        }
    }

    /// Whether nothing failed.
    pub fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// What the tests that failed printed, line by line.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Each distinct reason for skipping.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, UNFINISHED};

    #[test]
    fn result_lines_add_up() {
        let mut tally = Tally::default();
        tally.read_line("test tests::one ... ok");
        tally.read_line(
            "test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.51s",
        );
        tally.read_line(
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 12.00s",
        );
        assert_eq!(tally.to_string(), "15 passed, 1 failed, 2 skipped");
        assert!(!tally.is_good());
    }

    #[test]
    fn totals_of_tap_add_up() {
        let mut tally = Tally::default();
        let lines =
            ["ok 1 - # pass 7", "# tests 9", "# pass 5", "# fail 1", "# cancelled 1", "# skipped 2", "# Subtest: x"];
        lines.into_iter().for_each(|line| tally.read_tap_line(line));
        assert_eq!(tally.to_string(), "5 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn what_failing_tests_printed_is_kept() {
        let mut tally = Tally::default();
        let libtest =
            "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nwhy\n\nfailures:\n    b\n\n";
        libtest.lines().for_each(|line| tally.read_line(line));
        assert_eq!(tally.failures(), ["---- b stdout ----", "why"]);
        let mut tally = Tally::default();
        let tap = "ok 1 - a\n  ---\n  ...\n  not ok 2 - b\n    ---\n    why\n    ...\nok 3 - c\nnot ok 4 - d ";
        let tap = format!("{tap}{UNFINISHED}\n");
        tap.lines().for_each(|line| tally.read_tap_line(line));
        assert_eq!(tally.failures(), ["  not ok 2 - b", "    ---", "    why", "    ..."]);
    }

    #[test]
    fn a_crash_counts_once() {
        let mut tally = Tally::default();
        tally.runner_failed();
        tally.runner_failed();
        assert_eq!(tally.to_string(), "0 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn the_skip_log_moves_tests() {
        let mut tally = Tally::default();
        tally.read_line("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.apply_skip_log("pull::a: no skopeo\npull::b: no skopeo\n");
        assert_eq!(tally.to_string(), "3 passed, 0 failed, 2 skipped");
        assert_eq!(tally.reasons(), ["no skopeo"]);
    }
}

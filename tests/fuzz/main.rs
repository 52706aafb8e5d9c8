//! Random scripts, a fixed number of them from a fixed seed; `cargo xtask fuzz shell` runs more.

use wcr_tests::fuzz::shell::{self, Subject, Verdict};

/// How many scripts are run.
const COUNT: u64 = 300;
/// How many of them may end otherwise than in BusyBox: what is known today, and some for a busy machine. It may fall,
/// and not grow.
const KNOWN: usize = 20;

#[test]
fn random_scripts_end_as_in_busybox() {
    let Some(subject) = Subject::prepare() else { return };
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let mut different = Vec::new();
    shell::run(&subject, 0..COUNT, jobs, |seed, _, verdict| {
        if matches!(verdict, Verdict::Different { .. }) {
            different.push(seed);
        }
        true
    });
    assert!(
        different.len() <= KNOWN,
        "{} scripts end otherwise than in BusyBox; `cargo xtask fuzz shell --seed N --count 1` shows one: {different:?}",
        different.len()
    );
}

//! Random scripts and calls of applets, a fixed number of them from a fixed seed; `cargo xtask fuzz` runs more.

use wcr_tests::fuzz::applets;
use wcr_tests::fuzz::layers;
use wcr_tests::fuzz::shell::{self, Difference, Script, Subject, Verdict};

/// How many scripts are run.
const COUNT: u64 = 1000;

#[test]
fn random_scripts_end_as_in_busybox() {
    let Some(subject) = Subject::prepare() else { return };
    // Where BusyBox itself answers now so, now so, there is no telling whether wcr's answer is one of these.
    let unexplained = |verdict: &Verdict| matches!(verdict, Verdict::Different { stable: true, .. });
    end_alike(&subject, COUNT, Script::random, unexplained);
}

/// How many scripts of calls of applets are run.
const APPLET_COUNT: u64 = 200;

#[test]
fn random_calls_of_applets_end_as_in_busybox() {
    let Some(subject) = Subject::for_applets() else { return };
    let unexplained = |verdict: &Verdict| matches!(verdict, Verdict::Different { .. });
    end_alike(&subject, APPLET_COUNT, |seed| applets::script(None, seed), unexplained);
}

/// Runs this many scripts, and shows those whose verdict is a difference that counts.
#[track_caller]
fn end_alike(subject: &Subject, count: u64, make: impl Fn(u64) -> Script + Sync, counts: impl Fn(&Verdict) -> bool) {
    let mut different = Vec::new();
    shell::run(subject, 0..count, shell::jobs(), make, |seed, script, verdict| {
        if counts(&verdict) {
            different.push(Difference { seed, script: script.clone(), verdict });
        }
        true
    });
    let shown: String = different.iter().map(Difference::to_string).collect();
    assert!(
        different.is_empty(),
        "{} scripts end otherwise than in BusyBox; `cargo xtask fuzz shell|applets --seed N --count 1` makes one \
         small\n{shown}",
        different.len()
    );
}

/// How many random images are unpacked and compared.
const LAYER_COUNT: u64 = 40;

#[test]
fn fault_46_random_layers_make_the_tree_that_tar_and_umoci_make() {
    if !layers::can_run() {
        return;
    }
    let mut different = layers::run(0..LAYER_COUNT, |_| {});
    different.retain(|found| found.reason.is_none());
    assert!(different.is_empty(), "`cargo xtask fuzz layers --seed N --count 1` shows one: {different:#?}");
}

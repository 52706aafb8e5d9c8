//! Random scripts and calls of applets, a fixed number of them from a fixed seed; `cargo xtask fuzz` runs more.

use wcr_tests::fuzz::applets;
use wcr_tests::fuzz::layers;
use wcr_tests::fuzz::shell::{self, Script, Subject, Verdict};

/// How many scripts are run.
const COUNT: u64 = 1000;

#[test]
fn random_scripts_end_as_in_busybox() {
    let Some(subject) = Subject::prepare() else { return };
    let mut different = Vec::new();
    shell::run(&subject, 0..COUNT, shell::jobs(), Script::random, |seed, _, verdict| {
        // Where BusyBox itself answers now so, now so, there is no telling whether wcr's answer is one of these.
        if matches!(verdict, Verdict::Different { stable: true, .. }) {
            different.push(seed);
        }
        true
    });
    assert!(
        different.is_empty(),
        "{} scripts end otherwise than in BusyBox; `cargo xtask fuzz shell --seed N --count 1` shows one: {different:?}",
        different.len()
    );
}

/// How many scripts of calls of applets are run.
const APPLET_COUNT: u64 = 200;

#[test]
fn random_calls_of_applets_end_as_in_busybox() {
    let Some(subject) = Subject::for_applets() else { return };
    let mut different = Vec::new();
    shell::run(
        &subject,
        0..APPLET_COUNT,
        shell::jobs(),
        |seed| applets::script(None, seed),
        |seed, _, verdict| {
            if matches!(verdict, Verdict::Different { .. }) {
                different.push(seed);
            }
            true
        },
    );
    assert!(
        different.is_empty(),
        "{} scripts end otherwise than in BusyBox; `cargo xtask fuzz applets --seed N --count 1` shows one: {different:?}",
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

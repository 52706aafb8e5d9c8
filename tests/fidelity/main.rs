//! The corpora as tests: a case that starts to fail is an error; one that passes but is still listed is told.

use std::collections::BTreeSet;

use wcr_tests::fidelity::{self, Flavour, Subject, Verdict};

/// How many cases of a kind a failure lists.
const SHOWN: usize = 30;

#[test]
fn the_corpus_fails_only_where_it_is_known_to() {
    check(Flavour::BusyBox);
}

#[test]
fn the_corpus_of_coreutils_fails_only_where_it_is_known_to() {
    check(Flavour::Gnu);
}

#[test]
fn the_corpus_of_dash_fails_only_where_it_is_known_to() {
    check(Flavour::Dash);
}

#[test]
fn the_corpus_of_bash_fails_only_where_it_is_known_to() {
    check(Flavour::Bash);
}

fn check(flavour: Flavour) {
    let Some(subject) = Subject::prepare(flavour) else { return };
    let known = fidelity::known_failures(flavour);
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let mut failed = BTreeSet::new();
    let mut regressions = Vec::new();
    let mut scores = fidelity::Scores::new();
    fidelity::run(&fidelity::corpus(flavour), &subject, jobs, |case, verdict| {
        let (passed, cases) = scores.entry(flavour.program(case).to_owned()).or_default();
        *cases += 1;
        *passed += usize::from(verdict.is_pass());
        if let Verdict::Fail { why, .. } = verdict {
            failed.insert(case.key().to_owned());
            if !known.contains(case.key()) {
                regressions.push(format!("{}: {why}", case.id));
            }
        }
    });
    let repaired = known.difference(&failed).count();
    if repaired > 0 {
        println!("{repaired} listed cases pass: `cargo xtask fidelity --bless` takes them off the list");
    }
    assert!(
        regressions.is_empty(),
        "{} cases fail that passed: {:#?}\n`cargo xtask fidelity --only ID --diff` shows a case",
        regressions.len(),
        regressions.iter().take(SHOWN).collect::<Vec<_>>(),
    );
    for (applet, (least, _)) in fidelity::floor(flavour) {
        let passed = scores.get(&applet).map_or(0, |(passed, _)| *passed);
        assert!(passed >= least, "{applet}: {passed} cases pass, and {least} did");
    }
}

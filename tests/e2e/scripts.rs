//! Whole scripts as they are met in images: what BusyBox's shell makes of them, wcr makes of them.

use wcr_tests::fuzz::shell::{Care, Mode, Script, Subject, Verdict};

/// Runs a script of `tests/scripts` on both sides.
#[track_caller]
fn runs_alike(name: &str, text: &str) {
    let Some(subject) = Subject::prepare() else { return };
    let script = Script { mode: Mode::File, text: text.to_owned() };
    let verdict = subject.verdict(&subject.place(), &script, Care::FULL);
    assert!(verdict == Verdict::Same, "{name}\n{verdict}");
}

#[test]
fn an_entry_point() {
    runs_alike("entrypoint.sh", include_str!("../scripts/entrypoint.sh"));
}

#[test]
fn an_installer() {
    runs_alike("install.sh", include_str!("../scripts/install.sh"));
}

#[test]
fn a_configure_script() {
    runs_alike("configure.sh", include_str!("../scripts/configure.sh"));
}

#[test]
fn a_library_of_more_than_a_thousand_lines() {
    runs_alike("library.sh", include_str!("../scripts/library.sh"));
}

#[test]
fn copies_of_blocks() {
    runs_alike("dd.sh", include_str!("../scripts/dd.sh"));
}

#[test]
fn files_as_lines_of_letters() {
    runs_alike("uuencode.sh", include_str!("../scripts/uuencode.sh"));
}

#[test]
fn overwritten_files() {
    runs_alike("shred.sh", include_str!("../scripts/shred.sh"));
}

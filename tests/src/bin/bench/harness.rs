//! How fast the test harness is: a suite of small cases, and what recording a run costs.

use std::path::Path;

use wcr_tests::lab::Lab;

use crate::report::{Report, Table};
use crate::timing::{Contestant, compare};

/// The suite of some two hundred cases.
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suite");

/// What is recorded: calls of the file system, a pipeline, and processes.
const SCRIPT: &str = "i=0; while [ $i -lt 10000 ]; do echo $i >/tmp/f; read x </tmp/f; i=$((i+1)); done; \
                      seq 1 500000 | sort | md5sum; i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done";

/// Measures the suite alone, and a run beside the same run recorded.
pub fn run(report: &mut Report, rounds: usize) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    if !Path::new(SUITE).is_dir() {
        return eprintln!("bench: harness: no {SUITE}");
    }
    let suite = vec![Contestant::new("wcr test", || lab.wcr(["test", SUITE]).into_command())];
    report.add(Table {
        key: "harness-suite",
        title: "Harness: a suite of 200 small cases".into(),
        about: "`wcr test tests/suite`".into(),
        outcomes: compare(suite, rounds, None),
    });
    let file = lab.path("run.rec");
    let run = ["run", "--rm", "--clock", "virtual", "--seed", "1"];
    let command = [image.as_str(), "sh", "-c", SCRIPT];
    let recorded = || {
        let _ = std::fs::remove_file(&file);
        lab.wcr(run).args(["--record"]).args([&file]).args(command).into_command()
    };
    let contestants = vec![
        Contestant::new("wcr run", || lab.wcr(run).args(command).into_command()),
        Contestant::new("wcr run --record", recorded),
    ];
    report.add(Table {
        key: "harness-record",
        title: "Harness: a run recorded".into(),
        about: format!("`{SCRIPT}`"),
        outcomes: compare(contestants, rounds, None),
    });
}

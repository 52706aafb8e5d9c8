//! Compares what other hosts have answered with what this machine has: `hosts NATIVE HOST…`, each a folder that the
//! example `answers` of wcr-container has written. Prints what differs, and the total as the last line.

use std::path::PathBuf;
use std::process::ExitCode;

use wcr_tests::answers::{self, Answers};

fn main() -> ExitCode {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let Some((native, others)) = folders.split_first().filter(|(_, others)| !others.is_empty()) else {
        eprintln!("usage: hosts NATIVE HOST…");
        return ExitCode::from(2);
    };
    match compare(native, others) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("hosts: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all hosts have answered alike.
fn compare(native: &PathBuf, others: &[PathBuf]) -> Result<bool, String> {
    let native = Answers::read(native)?;
    let (mut different, mut totals) = (0, Vec::new());
    for folder in others {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let answers = Answers::read(folder)?;
        let found = answers::differences(&native, &answers);
        for difference in &found {
            println!("=== {name}: {difference}");
        }
        different += found.len();
        totals.push(format!("{name} {} the same, {} different", native.len() - found.len(), found.len()));
    }
    println!("{} cases: {}", native.len(), totals.join("; "));
    Ok(different == 0 && !native.is_empty())
}

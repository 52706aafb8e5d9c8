//! The benchmarks: wcr beside the programs it is compared with, in one run, on one machine.
//!
//! `bench [start] [pull] [web] [shell] [kernel] [applets] [--quick] [--rounds N] [--out FOLDER]` prints tables as
//! Markdown and writes `bench.md` and `bench.json`.

mod applets;
mod cgroups;
mod harness;
mod images;
mod kernel;
mod memory;
mod peers;
mod pull;
mod report;
mod shell;
mod start;
mod timing;
mod tree;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

use report::Report;

const USAGE: &str = "\
Usage: cargo xtask bench [start] [pull] [web] [shell] [kernel] [applets] [harness] [--quick] [--rounds N]
                         [--out FOLDER]

  start         time to run `busybox echo hi`: wcr, natively, in a chroot, with crun, with podman
  pull          time to pull a large image from a registry on loopback: wcr, skopeo, podman, umoci
  web           the page in Chromium: transfer and first output, a process and a call beside native
  shell         scripts in BusyBox's shell and in wcr: loops, functions, subshells, programs, a pipeline
  kernel        calls, processes, pipes and a walk over 60,000 files, beside Linux's
  applets       BusyBox's tools over 200 MB of text and over a tree of 60,000 files
  harness       a suite of 200 test cases, and a run recorded beside the same run not recorded
  --quick       10 MB of text instead
  --rounds N    how often each is measured (default: 300 for start, 7 for pull, 5 for applets, 11 for the others; slow
                programs less often)
  --out FOLDER  where bench.md and bench.json go (default: target/bench)
";

/// A benchmark that can be asked for by name.
struct Bench {
    name: &'static str,
    /// How often each contestant is measured, where the command line does not say.
    rounds: usize,
    run: fn(&mut Report, usize, &Options),
}

/// In the order they run.
const BENCHES: [Bench; 7] = [
    Bench { name: "start", rounds: 300, run: |report, rounds, _| start::run(report, rounds) },
    Bench { name: "pull", rounds: 7, run: |report, rounds, _| pull::run(report, rounds) },
    Bench { name: "web", rounds: 11, run: |report, rounds, _| web::run(report, rounds) },
    Bench { name: "shell", rounds: 11, run: |report, rounds, _| shell::run(report, rounds) },
    Bench { name: "kernel", rounds: 11, run: |report, rounds, _| kernel::run(report, rounds) },
    Bench {
        name: "applets",
        rounds: 5,
        run: |report, rounds, options| applets::run(report, rounds, options.megabytes),
    },
    Bench { name: "harness", rounds: 11, run: |report, rounds, _| harness::run(report, rounds) },
];

/// The command line.
struct Options {
    /// The benchmarks named; all when none is.
    named: Vec<String>,
    /// How much text the applets get.
    megabytes: usize,
    rounds: Option<usize>,
    out: PathBuf,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options =
            Options { named: Vec::new(), megabytes: 200, rounds: None, out: PathBuf::from("target/bench") };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "--quick" => options.megabytes = 10,
                "--rounds" => options.rounds = Some(value()?.parse().map_err(|error| format!("--rounds: {error}"))?),
                "--out" => options.out = PathBuf::from(value()?),
                name if BENCHES.iter().any(|bench| bench.name == name) => options.named.push(arg),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    fn wants(&self, bench: &Bench) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| name == bench.name)
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    cgroups::enter_unified_view();
    let mut report = Report::new();
    for bench in BENCHES.iter().filter(|bench| options.wants(bench)) {
        (bench.run)(&mut report, options.rounds.unwrap_or(bench.rounds), &options);
    }
    println!("{}", report.markdown());
    match report.write(&options.out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {}: {error}", options.out.display());
            ExitCode::FAILURE
        }
    }
}

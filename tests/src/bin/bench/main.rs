//! The benchmarks: wcr beside the programs it is compared with, in one run, on one machine.
//!
//! `bench [start] [pull] [web] [shell] [kernel] [applets] [--quick] [--rounds N] [--out FOLDER]` prints tables as
//! Markdown and writes `bench.md` and `bench.json`.

mod applets;
mod cgroups;
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
Usage: cargo xtask bench [start] [pull] [web] [shell] [kernel] [applets] [--quick] [--rounds N]
                         [--out FOLDER]

  start         time to run `busybox echo hi`: wcr, natively, in a chroot, with crun, with podman
  pull          time to pull a large image from a registry on loopback: wcr, skopeo, podman, umoci
  web           the page in Chromium: transfer and first output, a process and a call beside native
  shell         scripts in BusyBox's shell and in wcr: loops, functions, subshells, programs, a pipeline
  kernel        calls, processes, pipes and a walk over 60,000 files, beside Linux's
  applets       BusyBox's tools over 200 MB of text and over a tree of 60,000 files
  --quick       10 MB of text instead
  --rounds N    how often each is measured (default: 300 for start, 7 for pull, 5 for applets, 11 for the others; slow
                programs less often)
  --out FOLDER  where bench.md and bench.json go (default: target/bench)
";

/// The command line.
struct Options {
    start: bool,
    pull: bool,
    web: bool,
    shell: bool,
    kernel: bool,
    applets: bool,
    quick: bool,
    rounds: Option<usize>,
    out: PathBuf,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options {
            start: false,
            pull: false,
            web: false,
            shell: false,
            kernel: false,
            applets: false,
            quick: false,
            rounds: None,
            out: PathBuf::from("target/bench"),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "start" => options.start = true,
                "pull" => options.pull = true,
                "web" => options.web = true,
                "shell" => options.shell = true,
                "kernel" => options.kernel = true,
                "applets" => options.applets = true,
                "--quick" => options.quick = true,
                "--rounds" => options.rounds = Some(value()?.parse().map_err(|error| format!("--rounds: {error}"))?),
                "--out" => options.out = PathBuf::from(value()?),
                _ => return Err(USAGE.into()),
            }
        }
        let named = [options.start, options.pull, options.web, options.shell, options.kernel, options.applets];
        if !named.contains(&true) {
            (options.start, options.pull, options.web) = (true, true, true);
            (options.shell, options.kernel, options.applets) = (true, true, true);
        }
        Ok(options)
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
    if options.start {
        start::run(&mut report, options.rounds.unwrap_or(300));
    }
    if options.pull {
        pull::run(&mut report, options.rounds.unwrap_or(7));
    }
    if options.web {
        web::run(&mut report, options.rounds.unwrap_or(11));
    }
    if options.shell {
        shell::run(&mut report, options.rounds.unwrap_or(11));
    }
    if options.kernel {
        kernel::run(&mut report, options.rounds.unwrap_or(11));
    }
    if options.applets {
        applets::run(&mut report, options.rounds.unwrap_or(5), if options.quick { 10 } else { 200 });
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

//! The project's own commands: what builds the guests and the binary, runs it, tests it and measures it.
//!
//! `cargo wcr ARGS…` and `cargo xtask COMMAND` are aliases in `.cargo/config.toml`.

mod answers;
mod build;
mod bundle;
mod failure;
mod fingerprint;
mod host;
mod hosts;
mod launch;
mod start_order;
mod suites;
mod test;
mod toolchain;
mod web;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::{Failure, Result};
use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  build                       Build the guests, the built-in image and the wcr binary (release)
  wcr ARGS…                   Build what is missing, then run wcr with ARGS (the same as `cargo wcr ARGS…`)
  web                         Build the page for browsers into web/dist, and for the next build of wcr
  test [STEP…]                Run the tests; steps: host guests wasm web windows macos lint (default: all)
  parity [NUMBER/SHARES]      Compare every case of the corpora in a browser and natively, or a share of them
  hosts [HOST…] [CASES]       Compare every case of the corpora natively and on other hosts: windows (in wine), aarch64
                              (in qemu); or only some: COUNT, NUMBER/SHARES, or an area as in `awk:`
  fidelity [OPTION…]          Run the fidelity corpus: --gnu, --dash, --bash, --only RE, --diff, --bless, --jobs N
  differential [N [SEED]]     Compare files with this machine's Linux: N operations (default: 10,000,000) from SEED on
  schedules [FROM..TO]        Run scripts in other orders of their processes (default: 0..1000)
  fuzz shell [OPTION…]        Compare random scripts with BusyBox: --dash, --count N, --seed S, --script FILE
  fuzz applets [NAME]         Compare random calls of applets with BusyBox: --count N, --seed S
  fuzz containers [OPTION…]   Run random commands for containers and kill some of them: --count N, --seed S, --jobs N,
                              --kills N
  fuzz layers [OPTION…]       Compare the trees of random layers with GNU tar and umoci: --count N, --seed S
  podman [OPTION…]            Compare docker's command lines with podman: --record, --bless, --only RE
  start-order IMAGE           List the functions that a start runs, for the linker (needs valgrind)
  bench [OPTION…]             Run the benchmarks: start, pull, web, shell, kernel, applets (default: all),
                              --quick, --rounds N, --out DIR
";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<OsString> = args.collect();
    match run(&command.to_string_lossy(), rest) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: &str, args: Vec<OsString>) -> Result<ExitCode> {
    match command {
        "build" => {
            let binary = build::wcr(&Workspace::locate()?)?;
            println!("{}", binary.display());
            Ok(ExitCode::SUCCESS)
        }
        "wcr" => {
            let binary = build::wcr(&Workspace::locate()?)?;
            launch::replace(&binary, &args)
        }
        "web" => {
            let workspace = Workspace::locate()?;
            let folder = web::build(&workspace)?;
            web::time_first_use(&workspace)?;
            println!("{}", folder.display());
            Ok(ExitCode::SUCCESS)
        }
        "test" => test::run(&Workspace::locate()?, &strings(args)?),
        "parity" => match strings(args)?.as_slice() {
            [] => test::parity(&Workspace::locate()?, "1/1"),
            [share] => test::parity(&Workspace::locate()?, share),
            _ => Err(Failure::usage("parity takes one share, as in 1/4")),
        },
        "hosts" => hosts::compare(&Workspace::locate()?, &strings(args)?),
        "start-order" => match strings(args)?.as_slice() {
            [image] => {
                println!("{}", start_order::record(&Workspace::locate()?, image)?.display());
                Ok(ExitCode::SUCCESS)
            }
            _ => Err(Failure::usage("start-order takes one image, which is in the store and has BusyBox in it")),
        },
        "schedules" => match strings(args)?.as_slice() {
            [] => suites::schedules(&Workspace::locate()?, "0..1000"),
            [seeds] => suites::schedules(&Workspace::locate()?, seeds),
            _ => Err(Failure::usage("schedules takes one range of seeds, as in 0..1000")),
        },
        "differential" => suites::differential(&Workspace::locate()?, &strings(args)?),
        "fidelity" | "fuzz" | "podman" | "bench" => suites::run(&Workspace::locate()?, command, &args),
        "" | "help" | "-h" | "--help" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Failure::usage(format!("no such command: {other}\n\n{USAGE}"))),
    }
}

fn strings(args: Vec<OsString>) -> Result<Vec<String>> {
    args.into_iter()
        .map(|arg| arg.into_string().map_err(|bad| Failure::usage(format!("not UTF-8: {}", bad.display()))))
        .collect()
}

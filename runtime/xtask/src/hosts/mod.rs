//! The same answers on every host: the corpora's cases, and the scripts of `tests/suite` with all of their traces,
//! natively (twice, as if in two places), as a Windows program in wine and as one for 64-bit Arm in qemu. All of it is built here.

mod emulated;
mod suite;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::answers;
use crate::bundle;
use crate::failure::{Context, Failure, Result};
use crate::host::Host;
use crate::test::tools;
use crate::workspace::Workspace;
use emulated::{EMULATED, Emulated};

/// The program of the test crate that compares answers.
const COMPARISON: &str = "hosts";

/// What was asked for.
struct Request<'a> {
    hosts: Vec<&'static Emulated>,
    cases: &'a str,
}

impl<'a> Request<'a> {
    /// Hosts by their names (all when none is named), and which cases, in any order.
    fn parse(args: &'a [String]) -> Result<Self> {
        let (mut hosts, mut cases) = (Vec::new(), None);
        for arg in args {
            if let Some(host) = EMULATED.iter().find(|host| host.name == *arg) {
                hosts.push(host);
            } else if arg.contains([':', '/']) || arg.parse::<usize>().is_ok() {
                if cases.replace(arg.as_str()).is_some() {
                    return Err(Failure::usage("hosts takes the cases once"));
                }
            } else {
                let known: Vec<&str> = EMULATED.iter().map(|host| host.name).collect();
                return Err(Failure::usage(format!("no such host: {arg} (known: {})", known.join(" "))));
            }
        }
        if hosts.is_empty() {
            hosts = EMULATED.iter().collect();
        }
        Ok(Request { hosts, cases: cases.unwrap_or("1/1") })
    }
}

/// Lets this machine and the other hosts run scripts and answer cases, and prints what differs and the total.
///
/// # Errors
/// A program that is needed cannot be had, or a build failed; an answer that differs is no error but exit code 1.
pub fn compare(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let request = Request::parse(args)?;
    let native = Host::detect()?;
    if !native.triple.starts_with("x86_64-unknown-linux-") {
        return Err(Failure::new(format!("{} does not emulate the other hosts; Linux on x86-64 does", native.triple)));
    }
    let hosts = request.hosts.iter().map(|host| host.provide(workspace)).collect::<Result<Vec<Host>>>()?;
    build(workspace, &native)?;
    for host in &hosts {
        build(workspace, host)?;
    }
    let mut command = Command::new(comparison(workspace, &native)?);
    let suite = suite::run(workspace, &native)?;
    let mut all_pass = true;
    for (emulated, host) in request.hosts.iter().zip(&hosts) {
        all_pass &= suite.is_same(emulated.name, &suite::run(workspace, host)?);
    }
    command.arg(answer(workspace, "native", &native, request.cases, |usual| usual)?);
    command.arg(answer(workspace, "elsewhere", &native, request.cases, elsewhere)?);
    for (emulated, host) in request.hosts.iter().zip(&hosts) {
        command.arg(answer(workspace, emulated.name, host, request.cases, |usual| usual)?);
    }
    let status = command.status().context(|| format!("start {COMPARISON}"))?;
    Ok(if status.success() && all_pass { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the bundle, what answers, and `wcr` itself for a host.
fn build(workspace: &Workspace, host: &Host) -> Result<()> {
    bundle::prepare(workspace, host)?;
    workspace.build_for(host, &["--bin", "wcr", "--example", answers::EXAMPLE], &format!("for {}", host.triple))
}

/// Lets a host answer by its command, changed by `place`, and gives the folder of its answers.
///
/// A host that breaks off has not answered the cases that follow, which the comparison says of each.
fn answer(
    workspace: &Workspace,
    name: &str,
    host: &Host,
    cases: &str,
    place: impl FnOnce(Command) -> Command,
) -> Result<PathBuf> {
    eprintln!("xtask: {name} answers");
    let folder = workspace.target_dir.join("hosts").join(name);
    let mut command = place(answers::command(workspace, host, &folder, cases));
    let status = command.status().context(|| format!("start the answers of {name}"))?;
    if !status.success() {
        println!("{name} has not answered all cases: {status}");
    }
    Ok(folder)
}

/// A command of this machine as if that stood elsewhere: another time zone, language, user, home and terminal, and one
/// processor.
fn elsewhere(command: Command) -> Command {
    const ELSEWHERE: [(&str, &str); 9] = [
        ("TZ", "Asia/Tokyo"),
        ("LANG", "de_DE.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HOME", "/nonexistent"),
        ("USER", "somebody"),
        ("LOGNAME", "somebody"),
        ("COLUMNS", "200"),
        ("LINES", "7"),
        ("TERM", "xterm"),
    ];
    let mut command = match tools::find("taskset") {
        Some(taskset) => {
            let mut bound = Command::new(taskset);
            bound.args(["-c", "0"]).arg(command.get_program()).args(command.get_args()).stdout(std::io::stderr());
            bound
        }
        None => command,
    };
    command.envs(ELSEWHERE);
    command
}

/// Builds the program that compares.
fn comparison(workspace: &Workspace, native: &Host) -> Result<PathBuf> {
    workspace.build_for(native, &["--bin", COMPARISON], "what compares answers")?;
    Ok(workspace.host_binary(native, COMPARISON))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<(Vec<&'static str>, String)> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let request = Request::parse(&args)?;
        Ok((request.hosts.iter().map(|host| host.name).collect(), request.cases.to_owned()))
    }

    #[test]
    fn hosts_and_cases_are_told_apart() {
        assert_eq!(parsed(&[]).unwrap(), (vec!["windows", "aarch64"], "1/1".into()));
        assert_eq!(parsed(&["aarch64", "200"]).unwrap(), (vec!["aarch64"], "200".into()));
        assert_eq!(parsed(&["2/8", "windows"]).unwrap(), (vec!["windows"], "2/8".into()));
        assert_eq!(parsed(&["awk:"]).unwrap(), (vec!["windows", "aarch64"], "awk:".into()));
        assert_eq!(parsed(&["1/2", "2/2"]).unwrap_err().to_string(), "hosts takes the cases once");
        assert_eq!(parsed(&["macos"]).unwrap_err().to_string(), "no such host: macos (known: windows aarch64)");
    }
}

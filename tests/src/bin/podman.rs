//! Plays the sessions of `tests/podman` with podman and compares its answers with the recorded ones:
//! `podman [--record] [--bless] [--only RE]`.

use std::process::ExitCode;

use regex_lite::Regex;
use wcr_tests::podman::{self, Answer, Other, Podman, Scenario, Step, UNEXPLAINED, Wcr};

const USAGE: &str = "\
Usage: cargo xtask podman [--record] [--bless] [--only RE]

  --record   take over what podman answers now
  --bless    take over where wcr answers otherwise; the reasons have to be put in by hand, and in differences.txt
  --only RE  only the scenarios whose titles match
";

struct Options {
    record: bool,
    bless: bool,
    only: Option<Regex>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options { record: false, bless: false, only: None };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--record" => options.record = true,
                "--bless" => options.bless = true,
                "--only" => {
                    let pattern = args.next().ok_or(USAGE)?;
                    options.only = Some(Regex::new(&pattern).map_err(|error| error.to_string())?);
                }
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    fn takes(&self, scenario: &Scenario) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(&scenario.title))
    }
}

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

/// Whether nothing is other than recorded.
fn run(options: &Options) -> Result<bool, String> {
    let live = match Podman::open() {
        Ok(podman) => Some(podman),
        Err(problem) if options.record => return Err(problem),
        Err(problem) => {
            println!("podman's recorded answers are used: {problem}");
            None
        }
    };
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let (mut lines, mut other) = (0, 0);
    for (path, mut transcript) in podman::transcripts()? {
        let chosen: Vec<usize> =
            (0..transcript.scenarios.len()).filter(|at| options.takes(&transcript.scenarios[*at])).collect();
        let scenarios: Vec<&Scenario> = chosen.iter().map(|at| &transcript.scenarios[*at]).collect();
        // Podman's commands lock each other out, and one at a time answers always the same.
        let expected = live.as_ref().map(|podman| podman::play(&scenarios, podman, 1));
        let actual = options.bless.then(|| podman::play(&scenarios, &Wcr, jobs));
        for (number, at) in chosen.into_iter().enumerate() {
            let scenario = &mut transcript.scenarios[at];
            for (index, step) in scenario.steps.iter_mut().enumerate() {
                lines += 1;
                if let Some(expected) = &expected {
                    let now = &expected[number][index];
                    if *now != step.answer {
                        other += usize::from(!options.record);
                        println!("{}\n$ {}\n{now}--- was\n{}", scenario.title, step.line, step.answer);
                    }
                    if options.record {
                        step.answer = now.clone();
                    }
                }
                if let Some(actual) = &actual {
                    bless(step, &actual[number][index]);
                }
            }
        }
        if options.record || options.bless {
            std::fs::write(&path, transcript.to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    let version = live.as_ref().map_or(Ok("podman's recorded answers".into()), Podman::version)?;
    println!("{lines} command lines, {other} answered otherwise than recorded ({version})");
    Ok(other == 0)
}

/// Writes down how wcr answers, if it does so otherwise than podman; the reason stays what it was.
fn bless(step: &mut Step, actual: &Answer) {
    let reason = step.other.take().map_or_else(|| UNEXPLAINED.to_owned(), |other| other.reason);
    step.other = (*actual != step.answer).then(|| Other { reason, answer: actual.clone() });
}

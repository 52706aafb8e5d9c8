//! Runs a fidelity corpus and says what differs: `fidelity [--gnu|--dash|--bash] [--only RE] [--diff] [--bless] [--jobs N]`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use regex_lite::Regex;
use wcr_tests::fidelity::{self, Answer, Case, Flavour, Scores, Subject, Verdict};

const USAGE: &str = "\
Usage: cargo xtask fidelity [--gnu|--dash|--bash] [--only RE] [--diff] [--bless] [--jobs N]

  --gnu       the corpus of Debian's GNU programs instead of BusyBox's
  --dash      the corpus of Debian's dash
  --bash      the corpus of Debian's bash
  --only RE   only cases whose id or script matches
  --diff      show what was expected and what came of each failing case
  --bless     take cases that pass off the list of known failures, raise the floor of the applets' scores (not with
              --only)
  --jobs N    how many cases run at a time (default: one for each processor)
";

/// How much of each stream is shown, in bytes.
const SHOWN: usize = 1500;

/// The command line.
struct Options {
    flavour: Flavour,
    only: Option<Regex>,
    diff: bool,
    bless: bool,
    jobs: usize,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let jobs = std::thread::available_parallelism().map_or(2, usize::from);
        let mut options = Options { flavour: Flavour::BusyBox, only: None, diff: false, bless: false, jobs };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "--only" => options.only = Some(Regex::new(&value()?).map_err(|error| error.to_string())?),
                "--gnu" => options.flavour = Flavour::Gnu,
                "--dash" => options.flavour = Flavour::Dash,
                "--bash" => options.flavour = Flavour::Bash,
                "--diff" => options.diff = true,
                "--bless" => options.bless = true,
                "--jobs" => options.jobs = value()?.parse().map_err(|error| format!("--jobs: {error}"))?,
                _ => return Err(USAGE.into()),
            }
        }
        if options.bless && options.only.is_some() {
            return Err("--bless needs the whole corpus, without --only".into());
        }
        Ok(options)
    }

    fn wants(&self, case: &Case) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(&case.id) || only.is_match(&case.script))
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
    let Some(subject) = Subject::prepare(options.flavour) else { return ExitCode::FAILURE };
    let cases: Vec<Case> = fidelity::corpus(options.flavour).into_iter().filter(|case| options.wants(case)).collect();
    let mut areas: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut scores = Scores::new();
    let mut failed = BTreeSet::new();
    fidelity::run(&cases, &subject, options.jobs, |case, verdict| {
        let (passed, total) = areas.entry(case.area().to_owned()).or_default();
        *total += 1;
        let (passed_of_applet, cases_of_applet) = scores.entry(options.flavour.program(case).to_owned()).or_default();
        *cases_of_applet += 1;
        *passed_of_applet += usize::from(verdict.is_pass());
        match verdict {
            Verdict::Pass => *passed += 1,
            Verdict::Fail { why, actual } => {
                failed.insert(case.key().to_owned());
                if options.diff {
                    show(case, &why, &actual);
                } else {
                    println!("{}: {why}", case.id.replace('\n', "\\n"));
                }
            }
        }
    });
    println!("{:12} {:>6} {:>6} {:>6}", "applet", "passed", "cases", "floor");
    let floor = fidelity::floor(options.flavour);
    for (applet, (passed, total)) in &scores {
        println!("{applet:12} {passed:>6} {total:>6} {:>6}", floor.get(applet).map_or(0, |(passed, _)| *passed));
    }
    println!("\n{:12} {:>6} {:>6}", "area", "passed", "cases");
    for (area, (passed, total)) in &areas {
        println!("{area:12} {passed:>6} {total:>6}");
    }
    println!("{:12} {:>6} {:>6}", "total", cases.len() - failed.len(), cases.len());
    if options.bless {
        return bless(options.flavour, &failed, &scores);
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Shortens the list of known failures to those that still fail, and raises the scores of the applets; an empty list is
/// filled for the first time.
fn bless(flavour: Flavour, failed: &BTreeSet<String>, scores: &Scores) -> ExitCode {
    let (known, mut floor) = (fidelity::known_failures(flavour), fidelity::floor(flavour));
    for (applet, (passed, cases)) in scores {
        let (least, of) = floor.entry(applet.clone()).or_default();
        (*least, *of) = ((*least).max(*passed), *cases);
    }
    fidelity::write_scores(flavour, &floor);
    if known.is_empty() {
        fidelity::write_known_failures(flavour, failed);
        return ExitCode::SUCCESS;
    }
    fidelity::write_known_failures(flavour, &known.intersection(failed).cloned().collect());
    let regressions: Vec<&String> = failed.difference(&known).collect();
    if regressions.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} cases fail that passed: {regressions:#?}", regressions.len());
    ExitCode::FAILURE
}

fn show(case: &Case, why: &str, actual: &Answer) {
    println!("=== {}: {why}\n--- script\n{}", case.id, case.script);
    if let Some(expected) = case.expected.first() {
        show_answer("expected", expected);
    }
    show_answer("got", actual);
}

fn show_answer(title: &str, answer: &Answer) {
    let code = answer.code.map_or("none (timeout)".to_owned(), |code| code.to_string());
    println!("--- {title}: exit code {code}");
    for (name, bytes) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
        let shown = bytes.get(..SHOWN).unwrap_or(bytes);
        println!("--- {title} {name}\n{}", String::from_utf8_lossy(shown).trim_end_matches('\n'));
    }
}

//! Runs random input on the real program and on wcr, and says what differs; or random commands for containers:
//! `fuzz shell|applets [NAME]|layers|containers [--count N] [--seed S] [--jobs N] [--show N] [--script FILE]`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use wcr_tests::fuzz::applets;
use wcr_tests::fuzz::containers::{self, Plan};
use wcr_tests::fuzz::layers;
use wcr_tests::fuzz::shell::{self, Care, Difference, Mode, Script, Shell, Subject, Verdict};
use wcr_tests::scratch::Scratch;

const USAGE: &str = "\
Usage: cargo xtask fuzz shell [--dash] [--count N] [--seed S] [--jobs N] [--show N] [--trials N] [--script FILE]
       cargo xtask fuzz applets [NAME] [--count N] [--seed S] [--jobs N] [--show N] [--trials N]
       cargo xtask fuzz layers [--count N] [--seed S] [--show N]
       cargo xtask fuzz containers [--count N] [--seed S] [--jobs N] [--kills N]

  --dash         compare with Debian's dash instead of BusyBox's ash
  --count N      how many scripts, or commands (default: 20000)
  --seed S       the first script's seed; the others follow (default: 0)
  --jobs N       how many run at a time (default: one for each processor)
  --kills N      how many commands in a hundred are killed, or kill a container's process (default: 30)
  --show N       stop after so many differences (default: 20), each made small and shown
  --trials N     how often each of them is run at most to make it smaller (default: 250)
  --script FILE  compare this script instead, given to the shell in all ways
";

/// What is made of a seed.
enum Grammar {
    Shell,
    /// Calls of this applet, or of all in turns.
    Applets(Option<String>),
    /// Layers of images, beside GNU tar and umoci.
    Layers,
    /// Commands for containers over one store, of which some are killed.
    Containers,
}

impl Grammar {
    /// The script of a seed; layers are none.
    fn script(&self, seed: u64) -> Script {
        match self {
            Grammar::Shell | Grammar::Layers | Grammar::Containers => Script::random(seed),
            Grammar::Applets(name) => applets::script(name.as_deref(), seed),
        }
    }
}

struct Options {
    grammar: Grammar,
    shell: Shell,
    count: u64,
    seed: u64,
    jobs: u32,
    kills: usize,
    show: usize,
    trials: usize,
    script: Option<String>,
}

impl Options {
    fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = args.peekable();
        let grammar = match args.next().as_deref() {
            Some("shell") => Grammar::Shell,
            Some("layers") => Grammar::Layers,
            Some("containers") => Grammar::Containers,
            Some("applets") => Grammar::Applets(args.next_if(|name| !name.starts_with("--"))),
            _ => return Err(USAGE.into()),
        };
        if let Grammar::Applets(Some(name)) = &grammar
            && !applets::names().any(|known| known == name)
        {
            let known: Vec<&str> = applets::names().collect();
            return Err(format!("there is no grammar for {name}, but for {}", known.join(", ")));
        }
        let jobs = shell::jobs();
        let shell = Shell::Ash;
        let mut options =
            Options { grammar, shell, count: 20_000, seed: 0, jobs, kills: 30, show: 20, trials: 250, script: None };
        if matches!(options.grammar, Grammar::Shell) && args.next_if(|arg| arg == "--dash").is_some() {
            options.shell = Shell::Dash;
        }
        while let Some(arg) = args.next() {
            let value = args.next().ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"))?;
            let wrong = |error: std::num::ParseIntError| format!("{arg}: {error}");
            match arg.as_str() {
                "--count" => options.count = value.parse().map_err(wrong)?,
                "--seed" => options.seed = value.parse().map_err(wrong)?,
                "--jobs" => options.jobs = value.parse().map_err(wrong)?,
                "--kills" => options.kills = value.parse().map_err(wrong)?,
                "--show" => options.show = value.parse().map_err(wrong)?,
                "--trials" => options.trials = value.parse().map_err(wrong)?,
                "--script" => {
                    options.script =
                        Some(std::fs::read_to_string(&value).map_err(|error| format!("{value}: {error}"))?);
                }
                _ => return Err(USAGE.into()),
            }
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
    match options.grammar {
        Grammar::Layers => return compare_layers(&options),
        Grammar::Containers => return disturb_containers(&options),
        Grammar::Shell | Grammar::Applets(_) => {}
    }
    let subject = match options.grammar {
        Grammar::Applets(_) => Subject::for_applets(),
        _ => Subject::of(options.shell),
    };
    let Some(subject) = subject else { return ExitCode::FAILURE };
    if let Some(text) = options.script {
        return compare(&subject, &text);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut different, mut unexplained) = (Vec::new(), 0);
    let (seeds, make) = (options.seed..options.seed + options.count, |seed| options.grammar.script(seed));
    shell::run(&subject, seeds, options.jobs, make, |seed, script, verdict| {
        let kind = match &verdict {
            Verdict::Same => "the same".into(),
            Verdict::Unstable => "the same but for the order of lines, which is open".into(),
            Verdict::Reordered => "the same but for the order of errors of processes that run at the same time".into(),
            Verdict::Endless => "endless or broken in the real program, not compared".into(),
            Verdict::Explained(reason) => format!("different: {reason}"),
            Verdict::Different { stable, .. } => {
                let kind = if *stable {
                    unexplained += 1;
                    "different without a reason"
                } else {
                    "open: the real program answers now so, now so"
                };
                different.push(Difference { seed, script: script.clone(), verdict });
                kind.into()
            }
        };
        *counts.entry(kind).or_default() += 1;
        different.len() < options.show
    });
    shell::shrink_all(&subject, different, options.jobs, options.trials, |found| {
        print!("{found}");
    });
    for (kind, count) in counts {
        println!("{count:>7} {kind}");
    }
    if unexplained == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs commands for containers and kills some of them.
fn disturb_containers(options: &Options) -> ExitCode {
    let home = Scratch::new("fuzz-containers");
    let plan = Plan { count: options.count, seed: options.seed, jobs: options.jobs.max(4), kills: options.kills };
    match containers::run(home.path(), plan) {
        Ok(counts) => {
            for (kind, count) in counts {
                println!("{count:>7} {kind}");
            }
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            println!("{wrong}");
            ExitCode::FAILURE
        }
    }
}

/// Compares random layers.
fn compare_layers(options: &Options) -> ExitCode {
    if !layers::can_run() {
        return ExitCode::FAILURE;
    }
    let seeds = options.seed..options.seed + options.count;
    let different = layers::run(seeds.clone(), |done| {
        if done % 1000 == 0 {
            eprintln!("{done} of {}", seeds.end);
        }
    });
    let (explained, unexplained): (Vec<_>, Vec<_>) = different.iter().partition(|found| found.reason.is_some());
    for found in unexplained.iter().take(options.show) {
        println!("=== seed {}\n{}--- differs\n{}", found.seed, found.case, found.lines.join("\n"));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in explained {
        *counts.entry(found.reason.as_deref().unwrap_or_default()).or_default() += 1;
    }
    println!("{:>7} the same", options.count - different.len() as u64);
    counts.iter().for_each(|(reason, count)| println!("{count:>7} different: {reason}"));
    println!("{:>7} different without a reason", unexplained.len());
    if unexplained.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compares one script in all ways of giving it to the shell.
fn compare(subject: &Subject, text: &str) -> ExitCode {
    let place = subject.place();
    let mut same = true;
    for mode in [Mode::Argument, Mode::File, Mode::Input] {
        let script = Script { mode, text: text.to_owned() };
        let verdict = subject.verdict(&place, &script, Care::FULL);
        if verdict != Verdict::Same {
            same = false;
            print!("{script}{verdict}");
        }
    }
    if same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Docker's command lines, as podman answers them: the answers were recorded, so that podman is not needed here.
//! `cargo xtask podman` asks it anew.

use wcr_tests::podman::{self, Scenario, Wcr};
use wcr_tests::skip;

#[test]
fn command_lines_are_answered_as_podman_does_or_differ_with_a_reason() {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let transcripts = podman::transcripts().unwrap();
    let scenarios: Vec<&Scenario> = transcripts.iter().flat_map(|(_, transcript)| &transcript.scenarios).collect();
    let lines: usize = scenarios.iter().map(|scenario| scenario.steps.len()).sum();
    assert!(lines >= LEAST, "there are {lines} command lines only");
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let mut problems = podman::unreasoned(&podman::reasons().unwrap(), transcripts.iter().map(|(_, text)| text));
    for (scenario, answers) in scenarios.iter().zip(podman::play(&scenarios, &Wcr, jobs)) {
        for (step, answer) in scenario.steps.iter().zip(answers) {
            let (title, line) = (&scenario.title, &step.line);
            if answer == *step.expected() {
                continue;
            }
            problems.push(match &step.other {
                Some(other) if answer == step.answer => {
                    format!("{title}\n$ {line}\nno longer differs, but is listed ({})\n", other.reason)
                }
                _ => format!("{title}\n$ {line}\n{answer}--- instead of\n{}", step.expected()),
            });
        }
    }
    assert!(
        problems.is_empty(),
        "{} of {lines} command lines; `cargo xtask podman --bless` takes wcr's answers over\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// How many command lines there are at least.
const LEAST: usize = 150;

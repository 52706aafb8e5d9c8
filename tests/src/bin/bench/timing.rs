//! Measuring how long programs take, in turns.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program that takes longer is measured in fewer rounds: about this much time for each of all rounds, or so many
/// times what the fastest of them takes, whichever is more.
const SLICE: Duration = Duration::from_millis(40);
const SLICE_OF_FASTEST: u32 = 3;

/// The fewest measurements of a program, however slow it is.
const FEWEST: usize = 2;

/// A program that takes longer than this gains nothing from a first run that does not count.
const SLOW: Duration = Duration::from_secs(5);

/// One of the programs that are compared.
pub struct Contestant<'a> {
    /// What stands in the table.
    pub name: String,
    /// Makes the command; called before each measurement, outside the measured time.
    pub command: Box<dyn FnMut() -> Command + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant whose command is made by `command`.
    pub fn new(name: impl Into<String>, command: impl FnMut() -> Command + 'a) -> Self {
        Contestant { name: name.into(), command: Box::new(command) }
    }
}

/// What came of a contestant.
pub struct Outcome {
    /// What stands in the table.
    pub name: String,
    /// The measured times, in order; or why it could not run.
    pub times: Result<Vec<Duration>, String>,
}

impl Outcome {
    /// The middle of the times, if it ran.
    pub fn median(&self) -> Option<Duration> {
        let mut times = self.times.as_ref().ok()?.clone();
        times.sort();
        times.get(times.len() / 2).copied()
    }

    /// The shortest time, if it ran.
    pub fn minimum(&self) -> Option<Duration> {
        self.times.as_ref().ok()?.iter().min().copied()
    }
}

/// Runs the contestants in turns, so that what else the machine does hits all alike.
///
/// Each runs once before, which counts only for slow ones, and its output must be `expected` then, if there is one.
pub fn compare(mut contestants: Vec<Contestant>, rounds: usize, expected: Option<&[u8]>) -> Vec<Outcome> {
    let trials: Vec<_> = contestants.iter_mut().map(|contestant| trial(contestant, expected)).collect();
    let fastest = trials.iter().flatten().min().copied().unwrap_or_default();
    let slice = SLICE.max(fastest * SLICE_OF_FASTEST);
    let mut plans: Vec<Plan> = trials.into_iter().map(|took| Plan::new(took, slice, rounds)).collect();
    for round in 0..rounds {
        for (contestant, plan) in contestants.iter_mut().zip(&mut plans) {
            let Ok(times) = &mut plan.times else { continue };
            if round % plan.every != 0 {
                continue;
            }
            match measure((contestant.command)()) {
                Ok(time) => times.push(time),
                Err(reason) => plan.times = Err(reason),
            }
        }
    }
    contestants
        .into_iter()
        .zip(plans)
        .map(|(contestant, plan)| Outcome { name: contestant.name, times: plan.times })
        .collect()
}

/// How often a contestant is measured, and its times so far.
struct Plan {
    every: usize,
    times: Result<Vec<Duration>, String>,
}

impl Plan {
    fn new(trial: Result<Duration, String>, slice: Duration, rounds: usize) -> Self {
        let took = match trial {
            Ok(took) => took,
            Err(reason) => return Self { every: 1, times: Err(reason) },
        };
        let slices = (took.as_nanos() / slice.as_nanos()) as usize;
        let most = rounds.div_ceil(FEWEST).max(1);
        let first = if took > SLOW { vec![took] } else { Vec::new() };
        Self { every: slices.clamp(1, most), times: Ok(first) }
    }
}

/// Runs a contestant for the first time: how long that took, or why it is of no use.
fn trial(contestant: &mut Contestant, expected: Option<&[u8]>) -> Result<Duration, String> {
    let mut command = (contestant.command)();
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let took = started.elapsed();
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let last = message.lines().last().unwrap_or_default().trim();
        return Err(format!("{}: {last}", output.status));
    }
    if expected.is_some_and(|expected| expected != output.stdout) {
        return Err("unexpected output".into());
    }
    Ok(took)
}

fn measure(mut command: Command) -> Result<Duration, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().map_err(|error| error.to_string())?;
    let took = started.elapsed();
    if status.success() { Ok(took) } else { Err(status.to_string()) }
}

//! Random commands for containers by several processes at a time over one store, some of them killed, and the processes of
//! containers, too. Whatever happens, commands end cleanly and the store makes sense afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Random;
use crate::wcr::Wcr;

/// The names that all fight for.
const NAMES: [&str; 4] = ["one", "two", "three", "four"];
/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(180);
/// The exit codes of commands that have done something or say why not: a failure of the store (15) or a conflict (16), those
/// of `run` (125 to 127), those of containers (0, 1, 3, 7), and of containers that were killed.
const CODES: [i32; 12] = [0, 1, 3, 7, 15, 16, 125, 126, 127, 137, 130, 143];

/// What is said where there is no registry: why the image comes from elsewhere.
const BUILT_IN: &str = "the built-in busybox image is used instead";

/// What is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many commands there are.
    pub count: u64,
    /// The seed of the first one.
    pub seed: u64,
    /// How many run at a time.
    pub jobs: u32,
    /// How many commands in a hundred are killed, or kill the process of a container.
    pub kills: usize,
}

/// A command line.
fn command(random: &mut Random, folder: &Path) -> Vec<String> {
    let name = random.pick(&NAMES);
    let file = folder.join("file").display().to_string();
    let out = folder.join(format!("out-{}", random.below(8))).display().to_string();
    let script = random.pick(&[
        "true",
        "echo out; echo err >&2; exit 3",
        "echo $$ > /pid; sync; sleep 0.2",
        "trap 'exit 7' TERM; while :; do sleep 0.01; done",
        "while :; do echo x >> /grows; sleep 0.01; done",
        "seq 5000; rm -f /etc/motd; mkdir -p /d/e; sleep 1",
    ]);
    let inside = format!("{name}:/tmp/x");
    let line: Vec<&str> = match random.below(24) {
        0 | 1 => vec!["create", "--name", name, "busybox", "sh", "-c", script],
        2 | 3 => vec!["run", "-d", "--name", name, "busybox", "sh", "-c", script],
        4 => vec!["run", "-d", "--rm", "--init", "--name", name, "busybox", "sh", "-c", script],
        5 => vec!["run", "--rm", "busybox", "true"],
        6 => vec!["run", "busybox", "sh", "-c", "echo kept > /kept"],
        7 | 8 => vec!["start", name],
        9 => vec!["stop", "-t", "0", name],
        10 => vec!["restart", "-t", "0", name],
        11 => vec!["kill", name],
        12 => vec!["rm", name],
        13 => vec!["rm", "-f", name],
        14 => vec!["pause", name],
        15 => vec!["unpause", name],
        16 => vec!["exec", name, "sh", "-c", "echo in > /in; cat /in"],
        17 => vec!["cp", "-q", &file, &inside],
        18 => vec!["cp", "-q", &inside, &out],
        19 => vec!["export", "-o", &out, name],
        20 => vec!["logs", name],
        21 => vec!["rename", name, NAMES[random.below(NAMES.len())]],
        22 => vec!["ps", "-a"],
        _ => vec!["diff", name],
    };
    line.into_iter().map(str::to_owned).collect()
}

/// Does it all in the folder `home`; how often each command ended with each code.
///
/// # Errors
/// What is wrong, in words.
pub fn run(home: &Path, plan: Plan) -> Result<BTreeMap<String, u64>, String> {
    std::fs::write(home.join("file"), "content").map_err(|error| error.to_string())?;
    let next = std::sync::atomic::AtomicU64::new(0);
    let counts = std::sync::Mutex::new(BTreeMap::new());
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= plan.count || !wrong.lock().expect("the list").is_empty() {
                        return;
                    }
                    match one(home, plan.seed + number, plan.kills) {
                        Ok(kind) => *counts.lock().expect("the counts").entry(kind).or_insert(0) += 1,
                        Err(text) => wrong.lock().expect("the list").push(text),
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("the list");
    if wrong.is_empty() {
        wrong.extend(check(home, plan.kills > 0).err());
    }
    if wrong.is_empty() { Ok(counts.into_inner().expect("the counts")) } else { Err(wrong.join("\n")) }
}

/// One command.
fn one(home: &Path, seed: u64, kills: usize) -> Result<String, String> {
    let mut random = Random::new(seed);
    let args = command(&mut random, home);
    let verb = args[0].clone();
    if random.chance(kills / 2) {
        kill_keeper(home, NAMES[random.below(NAMES.len())]);
    }
    if random.chance(kills) {
        let after = Duration::from_micros(random.below(30_000) as u64);
        let mut child = Wcr::new(home).args(&args).start();
        let ended = crate::wcr::wait(&mut child, after).is_some();
        return Ok(format!("{verb} {}", if ended { "ended before it was killed" } else { "was killed" }));
    }
    let Some(ended) = Wcr::new(home).args(&args).run_within(LIMIT) else {
        return Err(format!("seed {seed}: {args:?} has not ended"));
    };
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    // What others have done meanwhile is a conflict with them, and no error of the system.
    // Files of the host that several write at a time are theirs to look after.
    let may_fail = |line: &str| line.contains(BUILT_IN) || line.contains("/out-");
    let is_clean = |line: &str| may_fail(line) || !line.contains("panicked") && !line.contains("(os error");
    match ended.code() {
        Some(code) if CODES.contains(&code) && said.lines().all(is_clean) => Ok(format!("{verb} {code}")),
        code => Err(format!("seed {seed}: {args:?} ended with {code:?}: {said}")),
    }
}

/// Kills the process that a container runs in.
fn kill_keeper(home: &Path, name: &str) {
    let shown = Wcr::new(home).args(["inspect", "-f", "{{.State.Pid}}", name]).run_within(LIMIT);
    let pid = shown.and_then(|shown| shown.stdout().trim().parse().ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended just now.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Whether the store makes sense: what `killed` commands have left can be repaired, others leave nothing; all that is there
/// can be looked at, and everything can be removed.
///
/// # Errors
/// What is wrong, in words.
pub fn check(home: &Path, killed: bool) -> Result<(), String> {
    let run = |args: &[&str]| {
        let ended = Wcr::new(home).args(args).run_within(LIMIT).ok_or_else(|| format!("{args:?} has not ended"))?;
        match ended.code() {
            Some(0) => Ok(ended.stdout()),
            code => Err(format!("{args:?} ended with {code:?}: {}{}", ended.stdout(), ended.stderr())),
        }
    };
    if killed {
        run(&["fsck", "--repair"])?;
    }
    run(&["fsck"])?;
    let ids = run(&["ps", "-aq", "--no-trunc"])?;
    for id in ids.lines() {
        let state = run(&["inspect", "-f", "{{.State.Status}} {{.State.Pid}} {{.Name}}", id])?;
        let known = ["created ", "running ", "paused ", "restarting ", "exited "];
        if !known.iter().any(|known| state.starts_with(known)) {
            return Err(format!("{id} is {state}"));
        }
        run(&["logs", id])?;
        run(&["diff", id])?;
        run(&["rm", "-f", id])?;
    }
    let left = run(&["ps", "-aq"])?;
    if !left.is_empty() {
        return Err(format!("{left} cannot be removed"));
    }
    let folders = std::fs::read_dir(home.join("store/containers")).map_err(|error| error.to_string())?;
    let names: Vec<String> =
        folders.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    if names != ["names"] {
        return Err(format!("folders are left: {names:?}"));
    }
    Ok(())
}

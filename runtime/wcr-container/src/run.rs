//! One run of a container, from its image to its exit code.

use std::thread::JoinHandle;
use std::time::Duration;

use wcr_abi::WinSize;
use wcr_engine::{Engine, EngineOptions, Finished, Remote};
use wcr_kernel::{Clock, Entropy, MemoryInput, MemoryOutput, SeededEntropy, Stdio};
use wcr_machine::{ContainerImage, Host, LastRefusal, Root, boot};

use crate::error::RunError;
use crate::host::{self, Clocks, HostEntropy};
use crate::options::RunOptions;
use crate::recording::TapeUse;
use crate::{bind, bundle};

/// The most memory of one process, in bytes.
const MEMORY_MAX: usize = 512 << 20;

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code of its first process; 128+n when signal n killed it.
    pub code: u8,
    /// What the user should know beside the container's own output, a sentence each.
    pub notes: Vec<String>,
    /// The digest of its trace (SHA-256), if the settings asked for one.
    pub trace: Option<[u8; 32]>,
}

/// A container that has ended, and what it wrote.
pub struct Captured {
    /// How it ended.
    pub outcome: Outcome,
    /// What it wrote on standard output.
    pub stdout: Vec<u8>,
    /// What it wrote on standard error.
    pub stderr: Vec<u8>,
    finished: Finished,
}

impl Captured {
    /// The end of a container whose output others have taken.
    pub(crate) fn of(ended: Ended) -> Self {
        Self { outcome: ended.outcome(), stdout: Vec::new(), stderr: Vec::new(), finished: ended.finished }
    }

    /// The container's clock at its end, in nanoseconds since the epoch.
    #[must_use]
    pub fn ended_at(&self) -> u64 {
        self.finished.kernel().now().to_nanos()
    }

    /// The files that the container left, for another run to go on from. They can be taken once.
    pub fn take_root(&mut self) -> Option<Root> {
        Root::take(self.finished.kernel().vfs())
    }
}

/// Runs a container of `image` to its end, on this process's standard streams.
///
/// # Errors
/// [`RunError`]: it was not started, or the engine failed.
pub fn run(image: &ContainerImage, options: RunOptions) -> Result<Outcome, RunError> {
    let last = options.last;
    let (stdio, raw) = if options.settings.tty {
        host::terminal(options.stdin).map_err(RunError::Terminal)?
    } else {
        (host::stdio(options.stdin, options.clock.is_some()), None)
    };
    let (engine, ended) = live(image, options, stdio)?;
    let outcome = ended.outcome();
    drop(raw);
    if last {
        // What the system takes back in a moment need not be put in order before.
        core::mem::forget((engine, ended));
    }
    Ok(outcome)
}

/// Runs a container of `image` to its end: `input` is its standard input, what it writes is kept.
///
/// # Errors
/// [`RunError`]: it was not started, or the engine failed.
pub fn run_captured(image: &ContainerImage, options: RunOptions, input: Vec<u8>) -> Result<Captured, RunError> {
    let (output, error) = (MemoryOutput::default(), MemoryOutput::default());
    let stdio = Stdio {
        input: Some(Box::new(MemoryInput::new(input))),
        output: Box::new(output.clone()),
        error: Box::new(error.clone()),
        // As wide as a terminal is when nobody says otherwise.
        terminal: options.settings.tty.then_some(WinSize { rows: 24, cols: 80 }),
    };
    let (_, ended) = live(image, options, stdio)?;
    Ok(Captured { outcome: ended.outcome(), stdout: output.take(), stderr: error.take(), finished: ended.finished })
}

/// A container at its end.
pub(crate) struct Ended {
    pub(crate) finished: Finished,
    refusal: LastRefusal,
}

impl Ended {
    pub(crate) fn outcome(&self) -> Outcome {
        let code = self.finished.status.shell_code();
        let mut notes = self.finished.faults.clone();
        if matches!(code, 126 | 127) {
            notes.extend(self.refusal.take());
        }
        Outcome { code, notes, trace: self.finished.kernel().trace_digest() }
    }
}

/// Runs a container to its end.
///
/// # Errors
/// [`RunError`]: it was not started, or the engine failed.
pub(crate) fn live(image: &ContainerImage, options: RunOptions, stdio: Stdio) -> Result<(Engine, Ended), RunError> {
    let guests = bundle::guests();
    if guests.is_empty() {
        return Err(RunError::NoBundle);
    }
    let (clock, entropy) = sources(options.clock, options.seed);
    let (clock, entropy, stdio) = match &options.tape {
        Some(tape) => tape.between(clock, entropy, options.seed.is_some(), stdio),
        None => (clock, entropy, stdio),
    };
    let mounts = bind::mounts(&options.binds)?;
    let host = Host {
        clock,
        entropy,
        stdio,
        guests,
        components: true,
        root: options.root,
        mounts,
        explain: options.explain,
        trace: options.trace,
        persist: options.persist,
        answers: options.answers,
        schedule: options.schedule,
    };
    let (kernel, refusal) = boot(image, &options.settings, host)?.into_parts();
    if let Some(started) = options.started {
        started(&refusal);
    }
    let remote = options.remote.or_else(|| options.timeout.map(|_| Remote::default()));
    let watched = options.timeout.zip(remote.clone());
    let engine = Engine::new(EngineOptions {
        guests: bundle::compiled(),
        process_memory: MEMORY_MAX,
        memory: options.memory.and_then(|memory| usize::try_from(memory).ok()).unwrap_or(usize::MAX),
        cache: options.cache,
        stoppable: options.stoppable || watched.is_some(),
        remote,
        patient: options.patient,
        instant: matches!(options.tape, Some(TapeUse::Replay(_))),
        lasting: options.lasting,
        out_of_memory: options.out_of_memory,
    })?;
    let timer = watched.map(|(time, remote)| Timer::start(time, remote));
    let mut finished = engine.run(kernel)?;
    finished.faults.extend(timer.and_then(Timer::end));
    Ok((engine, Ended { finished, refusal }))
}

/// A thread that stops a container when its time is up.
struct Timer {
    thread: JoinHandle<bool>,
    time: Duration,
}

impl Timer {
    fn start(time: Duration, remote: Remote) -> Self {
        let watch = move || {
            let late = !remote.wait_for_end(time);
            if late {
                remote.stop();
            }
            late
        };
        Self { thread: std::thread::spawn(watch), time }
    }

    /// What it has done, in words, now that the container has ended.
    fn end(self) -> Option<String> {
        let late = self.thread.join().unwrap_or_default();
        late.then(|| format!("stopped after {} seconds, its time", self.time.as_secs_f64()))
    }
}

/// The container's clock and randomness: the host's, or its own.
fn sources(clock: Option<u64>, seed: Option<u64>) -> (Clock, Box<dyn Entropy>) {
    let clock = clock.map_or_else(|| Clock::Host(Box::new(Clocks::new())), Clock::fixed);
    match seed {
        Some(seed) => (clock, Box::new(SeededEntropy::new(seed))),
        None => (clock, Box::new(HostEntropy)),
    }
}

//! Who runs the containers of scripts: an engine of this host, or a browser.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wcr_image::{Digest, RunConfig};
use wcr_machine::{ContainerImage, Root, Settings};

/// Why a container could not be run.
pub type ContainerError = Box<dyn Error + Send + Sync>;

/// Answers what programs of a container ask; see [`wcr_abi::MockCall`].
pub type Answer<'a> = &'a mut dyn FnMut(&[u8]) -> Vec<u8>;

/// Runs containers that are the same every time.
pub trait Containers: Send + Sync {
    /// Runs a container to its end on this input. Without `answer` its programs have nobody to ask; while it is asked, the
    /// container stands still.
    ///
    /// # Errors
    /// It was not started, or the engine failed.
    fn run(
        &self,
        image: &Arc<ContainerImage>,
        order: Order,
        input: Vec<u8>,
        answer: Option<Answer<'_>>,
    ) -> Result<Captured, ContainerError>;

    /// Starts a container whose input comes step by step.
    ///
    /// # Errors
    /// It could not be made, where that shows before its end.
    fn start(&self, image: &Arc<ContainerImage>, order: Order) -> Result<Box<dyn Led>, ContainerError>;

    /// The time that has passed since some moment, by a clock that never goes back.
    fn now(&self) -> Duration;
}

/// A container that is led step by step. It is stopped when the value goes.
pub trait Led {
    /// Lets it go on until it has come to its next step.
    fn next_step(&mut self) -> Step;

    /// Answers what a program has asked.
    fn answer(&mut self, answer: Vec<u8>);

    /// Gives it input. To be called while it waits, as what follows.
    fn feed(&mut self, bytes: Vec<u8>);

    /// Ends its input.
    fn close(&mut self);

    /// Lets the time come that somebody waits for.
    fn pass_time(&mut self);

    /// Starts a program beside its first one, with no input.
    fn exec(&mut self, config: RunConfig, settings: Settings) -> Box<dyn Beside>;

    /// What it has written on standard output and standard error since the last time.
    fn take_output(&mut self) -> [Vec<u8>; 2];

    /// The end of the container, which has come.
    ///
    /// # Errors
    /// It was not started, or the engine failed.
    fn end(self: Box<Self>) -> Result<Captured, ContainerError>;
}

/// A program that was started beside the first one of a container.
pub trait Beside {
    /// How it has ended, if it has: the exit code, or why it was not started.
    fn ended(&self) -> Option<Result<u8, String>>;

    /// What it has written on standard output and standard error.
    fn take_output(&self) -> [Vec<u8>; 2];
}

/// What a container that is led has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A program has asked a question; the container stands still until the answer is given.
    Asked(Vec<u8>),
    /// All of its processes wait, one of them for input. `time`: others for a time, too.
    Waits {
        /// Whether somebody waits for a time.
        time: bool,
    },
    /// It has ended.
    Ended,
}

/// What is asked of one run.
#[derive(Debug, Default)]
pub struct Order {
    /// What the container is like.
    pub settings: Settings,
    /// Its files as an earlier run left them; `None` for the image's own.
    pub root: Option<Root>,
    /// Folders and files of the host that it sees, as `HOST:CONTAINER[:ro]`.
    pub binds: Vec<String>,
    /// The wall clock at the start, in nanoseconds since the epoch.
    pub clock: u64,
    /// What all randomness follows from.
    pub seed: u64,
    /// The seed of another legal order in which processes run; `None` for the usual one.
    pub schedule: Option<u64>,
    /// How long it may run by the clock of the host before it is killed.
    pub timeout: Duration,
    /// Takes its calls, a line each, if they are wanted.
    pub calls: Option<CallLines>,
}

/// A container that has ended, and what is left of it.
#[derive(Debug, Default)]
pub struct Captured {
    /// How it ended.
    pub outcome: Outcome,
    /// What it wrote on standard output.
    pub stdout: Vec<u8>,
    /// What it wrote on standard error.
    pub stderr: Vec<u8>,
    /// Its clock at the end, in nanoseconds since the epoch.
    pub ended_at: u64,
    /// The files that it left.
    pub root: Option<Root>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code of its first process; 128+n when signal n killed it.
    pub code: u8,
    /// What the user should know beside the container's own output, a sentence each.
    pub notes: Vec<String>,
    /// The digest of its trace (SHA-256).
    pub trace: Option<[u8; 32]>,
}

impl Outcome {
    /// The digest of the trace in hexadecimal; empty where there is none.
    pub(crate) fn trace_hex(&self) -> String {
        self.trace.map(|digest| Digest::from_bytes(digest).hex()).unwrap_or_default()
    }
}

/// The calls of a container's programs as lines of a trace; copies are the same lines.
#[derive(Debug, Clone, Default)]
pub struct CallLines(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    lines: Vec<u8>,
    left: usize,
}

impl CallLines {
    /// The most that is kept, in bytes; what comes after it is counted.
    const MAX: usize = 16 << 20;

    /// What takes the lines while the container runs.
    pub fn sink(&self) -> Box<dyn FnMut(&[u8]) + Send> {
        let kept = self.0.clone();
        Box::new(move |line| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.left == 0 && kept.lines.len() + line.len() <= Self::MAX {
                kept.lines.extend_from_slice(line);
            } else {
                kept.left += 1;
            }
        })
    }

    /// What was kept, as text.
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from_utf8_lossy(&kept.lines).into_owned();
        if kept.left > 0 {
            let _ = writeln!(text, "… and {} more", kept.left);
        }
        text
    }
}

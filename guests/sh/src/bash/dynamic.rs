//! The variables that bash computes when they are read.

use std::rc::Rc;

use wcr_sys::process;

use super::array::Array;
use crate::vars::{Dynamics, Map};

/// What a computed variable tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `BASHPID`
    Pid,
    /// `SECONDS`
    Seconds,
    /// `LINENO`
    Line,
    /// `RANDOM`
    Random,
    /// `SRANDOM`
    StrongRandom,
    /// `FUNCNAME`
    Functions,
    /// `BASH_SOURCE`
    Files,
    /// `BASH_LINENO`
    CallLines,
    /// `PIPESTATUS`
    PipeStatus,
    /// `BASH_SUBSHELL`
    Depth,
    /// `BASH_COMMAND`
    Command,
    /// `_`
    LastArgument,
    /// `GROUPS`
    Groups,
    /// `DIRSTACK`
    Directories,
}

impl Source {
    /// Whether the variable is an array.
    #[must_use]
    pub const fn is_array(self) -> bool {
        matches!(
            self,
            Self::Functions | Self::Files | Self::CallLines | Self::PipeStatus | Self::Groups | Self::Directories
        )
    }
}

/// A function that runs, or a file that is read by `source`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What `FUNCNAME` calls it.
    pub name: Rc<[u8]>,
    /// The file that it comes from.
    pub file: Rc<[u8]>,
    /// The line that called it.
    pub line: u32,
    /// Whether it is a function.
    pub is_function: bool,
}

/// What the computed variables are made of.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    /// What runs, innermost last.
    pub frames: Vec<Frame>,
    /// The script, if the shell reads one.
    pub script: Option<Rc<[u8]>>,
    /// Where functions come from.
    pub files: Map<Rc<[u8]>>,
    /// How many subshells this one is in.
    pub depth: u32,
    /// The second from which `SECONDS` counts.
    pub started: i64,
    /// The exit statuses of the last pipeline.
    pub pipe_status: Vec<u8>,
    /// The command that runs.
    pub command: Rc<[u8]>,
    /// The last command's last word.
    pub last_argument: Vec<u8>,
    /// What `pushd` remembers, the last one first, without the current directory.
    pub directories: Vec<Vec<u8>>,
    /// The current directory, as `DIRSTACK` begins with it.
    pub directory: Vec<u8>,
}

impl Calls {
    /// The file that the running commands come from.
    #[must_use]
    pub fn file(&self) -> Rc<[u8]> {
        let frame = self.frames.last().map(|frame| &frame.file);
        frame.or(self.script.as_ref()).cloned().unwrap_or_else(|| Rc::from(&b"environment"[..]))
    }

    /// Whether a function runs.
    #[must_use]
    pub fn in_function(&self) -> bool {
        self.frames.iter().any(|frame| frame.is_function)
    }

    /// Whether a function or a file of `source` runs, so that `return` has something to leave.
    #[must_use]
    pub fn may_return(&self) -> bool {
        !self.frames.is_empty()
    }

    /// The innermost call and those around it, with the script at the end.
    #[must_use]
    pub fn stack(&self) -> Vec<Frame> {
        let bottom = self.script.as_ref().map(|file| Frame {
            name: Rc::from(&b"main"[..]),
            file: file.clone(),
            line: 0,
            is_function: false,
        });
        self.frames.iter().rev().cloned().chain(bottom).collect()
    }
}

impl Dynamics {
    /// The value of a computed variable; of one that is an array its first.
    pub(crate) fn bash_value(&self, source: Source) -> Option<Vec<u8>> {
        let text = match source {
            Source::Pid => process::ids().pid.to_string(),
            Source::Seconds => (wcr_sys::time::now().sec - self.calls.started).to_string(),
            Source::Line => self.line.to_string(),
            Source::Random => self.next_random().to_string(),
            Source::StrongRandom => {
                let mut bytes = [0; 4];
                let _ = wcr_sys::random(&mut bytes);
                u32::from_le_bytes(bytes).to_string()
            }
            Source::Depth => self.calls.depth.to_string(),
            Source::Command => return Some(self.calls.command.to_vec()),
            Source::LastArgument => return Some(self.calls.last_argument.clone()),
            source => return self.bash_array(source)?.first().map(<[u8]>::to_vec),
        };
        Some(text.into_bytes())
    }

    /// The values of a computed array.
    pub(crate) fn bash_array(&self, source: Source) -> Option<Array> {
        let numbers = |numbers: Vec<u32>| Array::of(numbers.into_iter().map(|number| number.to_string().into_bytes()));
        let stack = || self.calls.stack();
        Some(match source {
            Source::Functions if !self.calls.in_function() => return None,
            Source::Functions => Array::of(stack().into_iter().map(|frame| frame.name.to_vec())),
            Source::Files => Array::of(stack().into_iter().map(|frame| frame.file.to_vec())),
            Source::CallLines => numbers(stack().into_iter().map(|frame| frame.line).collect()),
            Source::PipeStatus => numbers(self.calls.pipe_status.iter().copied().map(u32::from).collect()),
            Source::Groups => numbers(vec![process::user_ids().egid]),
            Source::Directories => {
                Array::of(core::iter::once(self.calls.directory.clone()).chain(self.calls.directories.iter().cloned()))
            }
            _ => return None,
        })
    }

    /// What an assignment to a computed variable does: it begins anew there, or nothing.
    pub(crate) fn set_bash(&mut self, source: Source, value: &[u8]) {
        let number = core::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
        match source {
            Source::Seconds => self.calls.started = wcr_sys::time::now().sec - number,
            Source::Random => self.random.set((number as u32).wrapping_mul(2).wrapping_add(1)),
            Source::Line => self.line = number as u32,
            Source::LastArgument => self.calls.last_argument = value.to_vec(),
            _ => {}
        }
    }
}

/// The computed variables: their names, and whether they are whole numbers.
pub const NAMES: [(&str, Source, bool); 14] = [
    ("BASHPID", Source::Pid, true),
    ("SECONDS", Source::Seconds, true),
    ("LINENO", Source::Line, false),
    ("RANDOM", Source::Random, true),
    ("SRANDOM", Source::StrongRandom, true),
    ("FUNCNAME", Source::Functions, false),
    ("BASH_SOURCE", Source::Files, false),
    ("BASH_LINENO", Source::CallLines, false),
    ("PIPESTATUS", Source::PipeStatus, false),
    ("BASH_SUBSHELL", Source::Depth, false),
    ("BASH_COMMAND", Source::Command, false),
    ("_", Source::LastArgument, false),
    ("GROUPS", Source::Groups, false),
    ("DIRSTACK", Source::Directories, false),
];

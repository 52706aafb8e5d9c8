//! Files and commands that a program has opened.

use std::collections::BTreeMap;
use std::io::Write;

use wcr_sys::abi::{FdAction, OpenFlags, Pid, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, Fd, Output, fd, fs, process};

use crate::run::wait;

use super::reader::Reader;

/// The shell that runs commands.
const SHELL: &[u8] = b"/bin/sh";

/// Which way a command's pipe goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Its output is read.
    From,
    /// Its input is written.
    To,
}

#[derive(Debug)]
enum End {
    Reading(Reader),
    Writing(Output, Fd),
}

#[derive(Debug)]
struct Stream {
    end: End,
    /// The command at the other end.
    process: Option<Pid>,
}

/// How a file is opened for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteMode {
    Truncate,
    Append,
}

/// All that is open, by the names that the program uses.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<Vec<u8>, Stream>,
}

impl Streams {
    /// The reader of a file.
    /// # Errors
    /// As `open(2)`.
    pub(super) fn file_reader(&mut self, path: &[u8]) -> Result<&mut Reader, Errno> {
        self.reader(path, || fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).map(|file| (file, None)))
    }

    /// The reader of a command's output.
    /// # Errors
    /// As `pipe(2)` and `spawn`.
    pub(super) fn command_reader(&mut self, command: &[u8]) -> Result<&mut Reader, Errno> {
        self.flush();
        self.reader(command, || start(command, Direction::From).map(|(end, process)| (end, Some(process))))
    }

    fn reader(
        &mut self,
        name: &[u8],
        open: impl FnOnce() -> Result<(Fd, Option<Pid>), Errno>,
    ) -> Result<&mut Reader, Errno> {
        if !self.open.contains_key(name) {
            let (file, process) = open()?;
            self.open.insert(name.to_vec(), Stream { end: End::Reading(Reader::new(file)), process });
        }
        match self.open.get_mut(name) {
            Some(Stream { end: End::Reading(reader), .. }) => Ok(reader),
            _ => Err(Errno::Badf),
        }
    }

    /// The writer to a file.
    /// # Errors
    /// As `open(2)`.
    pub(super) fn file_writer(&mut self, path: &[u8], mode: WriteMode) -> Result<&mut Output, Errno> {
        let how = if mode == WriteMode::Append { OpenFlags::APPEND } else { OpenFlags::TRUNC };
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(how);
        self.writer(path, || fs::open(path, flags, 0o666).map(|file| (file, None)))
    }

    /// The writer to a command.
    /// # Errors
    /// As `pipe(2)` and `spawn`.
    pub(super) fn command_writer(&mut self, command: &[u8]) -> Result<&mut Output, Errno> {
        self.writer(command, || start(command, Direction::To).map(|(end, process)| (end, Some(process))))
    }

    fn writer(
        &mut self,
        name: &[u8],
        open: impl FnOnce() -> Result<(Fd, Option<Pid>), Errno>,
    ) -> Result<&mut Output, Errno> {
        if !self.open.contains_key(name) {
            let (file, process) = open()?;
            self.open.insert(name.to_vec(), Stream { end: End::Writing(Output::new(file), file), process });
        }
        match self.open.get_mut(name) {
            Some(Stream { end: End::Writing(output, _), .. }) => Ok(output),
            _ => Err(Errno::Badf),
        }
    }

    /// Whether a stream of this name is open.
    pub(super) fn is_open(&self, name: &[u8]) -> bool {
        self.open.contains_key(name)
    }

    /// Writes what the writers hold.
    pub(super) fn flush(&mut self) {
        for stream in self.open.values_mut() {
            if let End::Writing(output, _) = &mut stream.end {
                // A failure shows when the stream is closed, if at all.
                let _ = output.flush();
            }
        }
    }

    /// Closes a stream; its status is a command's as `wait(2)` gives it. `None` when there is no such stream.
    pub(super) fn close(&mut self, name: &[u8]) -> Option<i32> {
        self.open.remove(name).map(Stream::close)
    }

    /// Closes all streams and waits for their commands.
    pub(super) fn close_all(&mut self) {
        self.flush();
        while let Some((_, stream)) = self.open.pop_first() {
            stream.close();
        }
    }
}

impl Stream {
    fn close(self) -> i32 {
        let (file, flushed) = match self.end {
            End::Reading(reader) => (reader.fd(), true),
            End::Writing(mut output, file) => (file, output.flush().is_ok()),
        };
        let closed = fd::close(file).is_ok();
        match self.process {
            Some(process) => wait(process).map_or(-1, |status| status.encode() as i32),
            None if flushed && closed => 0,
            None => -1,
        }
    }
}

fn shell(command: &[u8], actions: Vec<FdAction>) -> Result<Pid, Errno> {
    let argv = vec![b"sh".to_vec(), b"-c".to_vec(), command.to_vec()];
    process::spawn(&SpawnRequest {
        path: SHELL.to_vec(),
        argv,
        envp: wcr_sys::env(),
        actions,
        ..SpawnRequest::default()
    })
}

/// Starts a command with a pipe; returns this end and the process.
fn start(command: &[u8], direction: Direction) -> Result<(Fd, Pid), Errno> {
    let (read, write) = fd::pipe(OpenFlags::CLOEXEC)?;
    let (ours, theirs, as_fd) = match direction {
        Direction::From => (read, write, fd::STDOUT),
        Direction::To => (write, read, fd::STDIN),
    };
    let started = shell(command, vec![FdAction::Dup { from: theirs, to: as_fd }]);
    fd::close(theirs)?;
    Ok((ours, started?))
}

/// Runs a command and waits for it.
/// # Errors
/// As `spawn` and `wait(2)`.
pub(super) fn run(command: &[u8]) -> Result<WaitStatus, Errno> {
    wait(shell(command, Vec::new())?)
}

//! The programs that compress and decompress.

use applets::{Context, Quit, environ, run};
use wcr_sys::abi::{FdAction, OpenFlags, Pid, Signal, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, Fd, fd, process};

use super::FATAL;
use super::say;

/// A program that runs beside.
pub(super) struct Child {
    pid: Pid,
}

/// What came of starting one.
pub(super) enum Started {
    Running(Child),
    /// There is none, which has been told as the program itself would.
    Missing,
    /// There is one, but it cannot run.
    Unable(Errno),
}

/// Whether a program is found in `PATH`.
pub(super) fn is_there(words: &[Vec<u8>]) -> bool {
    let path = environ::var(b"PATH").unwrap_or_else(|| b"/bin:/usr/bin".to_vec());
    words.first().is_some_and(|name| run::candidates(name, &path).iter().any(|path| run::is_executable(path)))
}

/// Starts a program with these standard streams, which this process then closes.
pub(super) fn start(ctx: &mut Context<'_>, words: &[Vec<u8>], input: Fd, output: Fd, other: Fd) -> Started {
    let name = words.first().cloned().unwrap_or_default();
    let path = environ::var(b"PATH").unwrap_or_else(|| b"/bin:/usr/bin".to_vec());
    let mut failure = Errno::Noent;
    for candidate in run::candidates(&name, &path) {
        let request = SpawnRequest {
            path: candidate,
            argv: words.to_vec(),
            envp: wcr_sys::env(),
            actions: vec![
                FdAction::Dup { from: input, to: fd::STDIN },
                FdAction::Dup { from: output, to: fd::STDOUT },
                FdAction::Close(other),
            ],
            ..SpawnRequest::default()
        };
        match process::spawn(&request) {
            Ok(pid) => return Started::Running(Child { pid }),
            Err(Errno::Noent | Errno::Notdir) => {}
            Err(error) => failure = error,
        }
    }
    if failure != Errno::Noent {
        return Started::Unable(failure);
    }
    tell_missing(ctx, &name, failure);
    Started::Missing
}

/// Tells that a program cannot be run, as the process that was to become it does.
pub(super) fn tell_missing(ctx: &mut Context<'_>, name: &[u8], error: Errno) {
    let own = ctx.name;
    let said = [own, b" (child): "].concat();
    let reason = error.message().as_bytes();
    let line = [&said, name, b": Cannot exec: ", reason, b"\n", &said, b"Error is not recoverable: exiting now\n"];
    ctx.put_err(&line.concat());
}

/// A pipe whose ends do not go on to other programs.
pub(super) fn pipe(ctx: &mut Context<'_>) -> Result<(Fd, Fd), Quit> {
    fd::pipe(OpenFlags::CLOEXEC).map_err(|error| {
        ctx.perror(&[b"pipe"], error);
        Quit(FATAL)
    })
}

impl Child {
    /// Waits for its end; a failure of it is this program's.
    pub(super) fn wait(self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        match run::wait(self.pid) {
            Ok(WaitStatus::Exited(0)) | Err(_) => Ok(()),
            Ok(WaitStatus::Exited(code)) => Err(failed(ctx, code.into())),
            // Not all that it had was wanted.
            Ok(WaitStatus::Signaled(Signal::PIPE)) => Ok(()),
            Ok(WaitStatus::Signaled(signal)) => {
                let number = applets::format::decimal(signal.0.into());
                ctx.complain(&[b"Child died with signal ", &number]);
                Err(say::not_recoverable(ctx))
            }
            Ok(_) => Ok(()),
        }
    }
}

/// Tells of a child's exit code, and is the reason to stop.
pub(super) fn failed(ctx: &mut Context<'_>, code: u64) -> Quit {
    ctx.complain(&[b"Child returned status ", &applets::format::decimal(code)]);
    say::not_recoverable(ctx)
}

//! Commands that a script runs.

use wcr_sys::abi::{FdAction, OpenFlags, SpawnRequest};
use wcr_sys::{Errno, fd, fs, process};

/// What a command line for the shell prints.
/// # Errors
/// As `pipe(2)` and `spawn`.
pub(super) fn output_of(command: &[u8]) -> Result<Vec<u8>, Errno> {
    let (read, write) = fd::pipe(OpenFlags::CLOEXEC)?;
    let request = SpawnRequest {
        path: b"/bin/sh".to_vec(),
        argv: vec![b"sh".to_vec(), b"-c".to_vec(), command.to_vec()],
        envp: wcr_sys::env(),
        actions: vec![FdAction::Dup { from: write, to: fd::STDOUT }],
        ..SpawnRequest::default()
    };
    let started = process::spawn(&request);
    fd::close(write)?;
    let printed = started.and_then(|pid| {
        let printed = fs::read_to_end(read)?;
        applets::run::wait(pid)?;
        Ok(printed)
    });
    fd::close(read)?;
    printed
}

//! `tar --to-command`: each file's content is the standard input of a command.

use wcr_sys::abi::{FdAction, OpenFlags, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, fd, process, signal};

use super::super::extract::short_read;
use super::super::feed::Feed;
use super::super::member::Member;
use crate::format::{decimal, octal};
use crate::{Context, Quit, run};

/// Runs `command` with the shell, with a member's content and, in its environment, its metadata.
/// # Errors
/// It failed, or the archive is too short, which has been reported.
pub(super) fn feed_command(
    ctx: &mut Context<'_>,
    command: &[u8],
    member: &Member,
    feed: &mut Feed,
) -> Result<(), Quit> {
    ctx.flush();
    let (input, output) =
        fd::pipe(OpenFlags::CLOEXEC).map_err(|error| ctx.die_errno(&[b"can't create pipe"], error))?;
    let request = SpawnRequest {
        path: b"/bin/sh".to_vec(),
        argv: vec![b"sh".to_vec(), b"-c".to_vec(), command.to_vec()],
        envp: environment(member),
        actions: vec![FdAction::Dup { from: input, to: fd::STDIN }],
        ..SpawnRequest::default()
    };
    let child = process::spawn(&request).map_err(|error| ctx.die_errno(&[b"can't execute '/bin/sh'"], error))?;
    // The command has it now.
    let _ = fd::close(input);
    let copied = write_content(ctx, member, feed, output);
    // Nothing is buffered: closing only tells the command that this was all.
    let _ = fd::close(output);
    copied?;
    match run::wait(child) {
        Ok(WaitStatus::Exited(0)) => Ok(()),
        Ok(WaitStatus::Exited(code)) => Err(ctx.die(&[b"'", command, b"' returned status ", &decimal(code.into())])),
        Ok(WaitStatus::Signaled(signal)) => {
            Err(ctx.die(&[b"'", command, b"' terminated by signal ", &decimal(signal.0.into())]))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(ctx.die_errno(&[b"waitpid"], error)),
    }
}

/// Writes the content into the pipe. A command that does not want all of it is no failure.
fn write_content(ctx: &mut Context<'_>, member: &Member, feed: &mut Feed, to: wcr_sys::Fd) -> Result<(), Quit> {
    use std::io::BufRead;
    let ignored = signal::set_disposition(wcr_sys::abi::Signal::PIPE, wcr_sys::abi::Disposition::Ignore);
    let mut left = member.size;
    let mut result = Ok(());
    let mut wanted = true;
    while left > 0 {
        let bytes = feed.fill_buf().unwrap_or_default();
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        if n == 0 {
            result = Err(short_read(ctx, feed));
            break;
        }
        wanted = wanted && fd::write_all(to, bytes.get(..n).unwrap_or_default()) != Err(Errno::Pipe);
        feed.consume(n);
        left -= n as u64;
    }
    if let Ok(before) = ignored {
        // It was set before, so that it can be set again.
        let _ = signal::set_disposition(wcr_sys::abi::Signal::PIPE, before);
    }
    result
}

fn environment(member: &Member) -> Vec<Vec<u8>> {
    let mut environment = wcr_sys::env();
    let mut set = |name: &[u8], value: &[u8]| environment.push([b"TAR_", name, b"=", value].concat());
    set(b"FILETYPE", b"f");
    set(b"MODE", &octal(member.mode.0.into()));
    set(b"FILENAME", &member.name);
    set(b"REALNAME", &member.name);
    set(b"UNAME", &member.user.1);
    set(b"GNAME", &member.group.1);
    set(b"SIZE", &decimal(member.size));
    set(b"UID", &decimal(member.user.0.into()));
    set(b"GID", &decimal(member.group.0.into()));
    environment
}

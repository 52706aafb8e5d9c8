//! `tar --to-command`: each file's content is the standard input of a command.

use std::io::BufRead;

use applets::{Context, Quit, run};
use wcr_sys::abi::{Disposition, FdAction, Signal, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, fd, process, signal};

use super::block::Member;
use super::child;
use super::reader::Reader;
use super::say;

/// Runs the command with the shell, with a member's content and, in its environment, what is known of it.
/// # Errors
/// The archive ends too early, or there is no shell, which has been told.
pub(super) fn feed(
    ctx: &mut Context<'_>,
    command: &[u8],
    member: &Member,
    reader: &mut Reader,
    failed: &mut bool,
) -> Result<(), Quit> {
    let (input, output) = child::pipe(ctx)?;
    let request = SpawnRequest {
        path: b"/bin/sh".to_vec(),
        argv: vec![b"/bin/sh".to_vec(), b"-c".to_vec(), command.to_vec()],
        envp: environment(member),
        actions: vec![FdAction::Dup { from: input, to: fd::STDIN }],
        ..SpawnRequest::default()
    };
    let started = process::spawn(&request);
    // The command has it now.
    let _ = fd::close(input);
    let pid = started.map_err(|error| {
        ctx.perror(&[b"/bin/sh: Cannot exec"], error);
        say::not_recoverable(ctx)
    })?;
    let before = signal::set_disposition(Signal::PIPE, Disposition::Ignore);
    let mut left = member.size;
    let mut wanted = true;
    let mut result = Ok(());
    while left > 0 {
        let bytes = reader.feed.fill_buf().unwrap_or_default();
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        if n == 0 {
            result = Err(reader.short(ctx));
            break;
        }
        wanted = wanted && fd::write_all(output, bytes.get(..n).unwrap_or_default()) != Err(Errno::Pipe);
        reader.feed.consume(n);
        left -= n as u64;
    }
    if let Ok(before) = before {
        // It was set before, so that it can be set again.
        let _ = signal::set_disposition(Signal::PIPE, before);
    }
    // Nothing is buffered: closing only tells the command that this was all.
    let _ = fd::close(output);
    let ended = run::wait(pid);
    let number = applets::format::decimal(pid.into());
    match ended {
        Ok(WaitStatus::Exited(code)) if code != 0 => {
            *failed = true;
            ctx.complain(&[&number, b": Child returned status ", &applets::format::decimal(code.into())]);
        }
        Ok(WaitStatus::Signaled(signal)) => {
            *failed = true;
            ctx.complain(&[&number, b": Child terminated on signal ", &applets::format::decimal(signal.0.into())]);
        }
        _ => {}
    }
    result?;
    reader.skip_bytes(ctx, member.padded() - member.size)
}

fn environment(member: &Member) -> Vec<Vec<u8>> {
    let mut environment = wcr_sys::env();
    let mut set = |name: &str, value: &[u8]| environment.push([b"TAR_", name.as_bytes(), b"=", value].concat());
    set("VERSION", b"1.34");
    set("FILETYPE", b"f");
    set("MODE", format!("0{:o}", member.mode).as_bytes());
    set("FILENAME", &member.name);
    set("REALNAME", &member.name);
    set("UNAME", &member.user);
    set("GNAME", &member.group);
    set("UID", member.uid.to_string().as_bytes());
    set("GID", member.gid.to_string().as_bytes());
    set("SIZE", member.size.to_string().as_bytes());
    set("MTIME", member.mtime.sec.to_string().as_bytes());
    environment
}

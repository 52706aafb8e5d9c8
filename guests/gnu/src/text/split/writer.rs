//! The pieces of `split`, and the files and filters that they are written to.

use applets::format::decimal;
use applets::{Context, Quit};
use wcr_sys::abi::{FdAction, FileKind, OpenFlags, Signal, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, Fd, fd, fs, process};

use super::names::Names;
use crate::quote;

/// A piece that is being written.
pub(super) struct Piece {
    pub name: Vec<u8>,
    pub file: Fd,
    pub child: Option<u32>,
    /// Whether a filter has had enough.
    pub closed: bool,
}

/// What the pieces are written with.
pub(super) struct Writer<'a> {
    pub names: Names,
    pub filter: Option<&'a [u8]>,
    pub verbose: bool,
    pub elide: bool,
    /// The file that is read, which no piece may replace.
    pub input: (u64, u64),
    pub open: Option<Piece>,
    /// Whether a piece has to be begun even when nothing is written to it.
    pub pending: bool,
}

impl Piece {
    pub(super) fn write(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        if self.closed {
            return Ok(());
        }
        match fd::write_all(self.file, bytes) {
            Ok(()) => Ok(()),
            Err(Errno::Pipe) if self.child.is_some() => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(ctx.die_errno(&[&quote::as_needed(&self.name)], error)),
        }
    }
}

impl Writer<'_> {
    /// Ends the piece and has another one follow.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        if self.pending && !self.elide {
            self.begin(ctx)?;
        }
        self.close(ctx)?;
        self.pending = true;
        Ok(())
    }

    pub(super) fn end(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        if self.pending && !self.elide {
            self.begin(ctx)?;
        }
        self.close(ctx)
    }

    pub(super) fn name(&mut self, ctx: &mut Context<'_>) -> Result<Vec<u8>, Quit> {
        self.names.next().ok_or_else(|| ctx.die(&[b"output file suffixes exhausted"]))
    }

    pub(super) fn begin(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        self.pending = false;
        let name = self.name(ctx)?;
        self.open = Some(self.create(ctx, name)?);
        Ok(())
    }

    pub(super) fn create(&self, ctx: &mut Context<'_>, name: Vec<u8>) -> Result<Piece, Quit> {
        if let Some(command) = self.filter {
            if self.verbose {
                ctx.put(&[b"executing with FILE=", &quote::as_needed(&name)[..], b"\n"].concat());
                ctx.flush();
            }
            let (read, write) =
                fd::pipe(OpenFlags::CLOEXEC).map_err(|error| ctx.die_errno(&[b"failed to create pipe"], error))?;
            let mut envp: Vec<Vec<u8>> = wcr_sys::env();
            envp.retain(|entry| !entry.starts_with(b"FILE="));
            envp.push([b"FILE=", &name[..]].concat());
            let shell = applets::environ::var(b"SHELL").unwrap_or_else(|| b"/bin/sh".to_vec());
            let zero = shell.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
            let request = SpawnRequest {
                path: shell.clone(),
                argv: vec![zero, b"-c".to_vec(), command.to_vec()],
                envp,
                actions: vec![FdAction::Dup { from: read, to: fd::STDIN }],
                default_signals: 1 << (Signal::PIPE.0 - 1),
                ..SpawnRequest::default()
            };
            let child = process::spawn(&request).map_err(|error| {
                let line = [&shell[..], b" -c ", command].concat();
                ctx.die_errno(&[b"failed to run command: \"", &line, b"\""], error)
            })?;
            // The other end is the filter's.
            let _ = fd::close(read);
            return Ok(Piece { name, file: write, child: Some(child), closed: false });
        }
        if self.verbose {
            ctx.put(&[b"creating file ", &quote::always(&name)[..], b"\n"].concat());
            ctx.flush();
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC);
        let opened = fs::open(&name, flags, 0o666);
        let file = opened.map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error))?;
        let stat = fd::stat(file).map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error))?;
        if (stat.dev, stat.ino) == self.input {
            return Err(ctx.die(&[&quote::always(&name), b" would overwrite input; aborting"]));
        }
        if stat.mode.kind() == FileKind::Regular {
            fd::truncate(file, 0).map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error))?;
        }
        Ok(Piece { name, file, child: None, closed: false })
    }

    pub(super) fn write(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        if self.pending {
            self.begin(ctx)?;
        }
        match &mut self.open {
            Some(piece) => piece.write(ctx, bytes),
            None => Ok(()),
        }
    }

    /// Closes the piece and waits for its filter.
    pub(super) fn close(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let Some(piece) = self.open.take() else { return Ok(()) };
        fd::close(piece.file).map_err(|error| ctx.die_errno(&[&quote::as_needed(&piece.name)], error))?;
        let Some(child) = piece.child else { return Ok(()) };
        let status = loop {
            match process::wait(child as i32, 0) {
                Ok(Some((_, status))) => break status,
                Ok(None) | Err(Errno::Intr) => {}
                Err(error) => return Err(ctx.die_errno(&[b"waiting for child process"], error)),
            }
        };
        let command = self.filter.unwrap_or_default();
        let name = quote::as_needed(&piece.name);
        let (what, code) = match status {
            WaitStatus::Exited(0) => return Ok(()),
            WaitStatus::Signaled(Signal::PIPE) => return Ok(()),
            WaitStatus::Exited(code) => ([b"exit ", &decimal(code.into())[..]].concat(), code),
            WaitStatus::Signaled(signal) => {
                let name = applets::system::signals::name(signal.0.into());
                ([b"signal ", &name[..]].concat(), signal.0 + 128)
            }
            _ => (b"unknown status".to_vec(), 1),
        };
        ctx.complain(&[b"with FILE=", &name, b", ", &what, b" from command: ", command]);
        Err(Quit(code))
    }
}

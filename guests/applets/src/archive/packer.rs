//! Files in, files out: what the programs that compress or decompress single files share.

use wcr_sys::abi::{OpenFlags, Stat, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, Input, fd, fs};

use super::fault::Fault;
use super::unpack::Unpack;
use crate::format::decimal;
use crate::options::Parsed;
use crate::{Context, Quit};

/// How much is written at once, in bytes.
const BLOCK: usize = 64 << 10;

/// Where the result goes: a descriptor, or nowhere.
#[derive(Debug)]
pub(super) struct Sink {
    fd: Option<Fd>,
    buf: Vec<u8>,
    /// How many bytes were put.
    pub(super) len: u64,
    /// Why they could not be written.
    pub(super) failed: Option<Errno>,
}

impl Sink {
    /// A sink into a descriptor, or into nothing.
    pub(super) fn new(fd: Option<Fd>) -> Self {
        Self { fd, buf: Vec::new(), len: 0, failed: None }
    }

    /// Takes bytes; whether it can take more.
    pub(super) fn put(&mut self, bytes: &[u8]) -> bool {
        self.len += bytes.len() as u64;
        if self.fd.is_none() {
            return true;
        }
        self.buf.extend_from_slice(bytes);
        self.buf.len() < BLOCK || self.flush()
    }

    /// Writes what is held; whether all could be written so far.
    pub(super) fn flush(&mut self) -> bool {
        if let (Some(fd), None) = (self.fd, self.failed) {
            self.failed = fd::write_all(fd, &self.buf).err();
        }
        self.buf.clear();
        self.failed.is_none()
    }

    /// Why nothing can be written any more, for [`wcr_sys::Output::errno`].
    fn error(&self) -> std::io::Error {
        std::io::Error::other(self.failed.unwrap_or(Errno::Io))
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.put(bytes) { Ok(()) } else { Err(self.error()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if Self::flush(self) { Ok(()) } else { Err(self.error()) }
    }
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    to_stdout: bool,
    force: bool,
    keep: bool,
    test: bool,
    verbose: bool,
}

impl Request {
    /// Reads the options that all of these programs have.
    pub(super) fn new(parsed: &Parsed) -> Self {
        Self {
            to_stdout: parsed.has(b'c'),
            force: parsed.has(b'f'),
            keep: parsed.has(b'k'),
            test: parsed.has(b't'),
            verbose: parsed.has(b'v'),
        }
    }

    /// The request of a program that removes its input only when asked to.
    pub(super) fn keeping(mut self, keep: bool) -> Self {
        self.keep = keep;
        self
    }

    /// The request of a program that writes to standard output whatever the options.
    pub(super) fn to_stdout(mut self) -> Self {
        self.to_stdout = true;
        self
    }
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Done {
    /// How many bytes were written, for the message of `-v`; 0 when nobody counts.
    pub(super) written: u64,
    /// The time that the result is given.
    pub(super) mtime: Option<u32>,
}

/// Why the work on one file was stopped; it has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// This file failed; the next one may do.
    File,
    /// The program ends.
    All,
}

/// Turns an open file into another one.
pub(super) type Work<'w> = &'w mut dyn FnMut(&mut Context<'_>, &mut Input, &mut Sink) -> Result<Done, Stop>;

/// A program of the kind: how it names its results, and what it does.
pub(super) struct Packer<'w> {
    /// What was asked for.
    pub(super) request: Request,
    /// The name of the result; `None` when the input's name does not end as it should.
    pub(super) rename: &'w dyn Fn(&[u8]) -> Option<Vec<u8>>,
    /// The work itself.
    pub(super) work: Work<'w>,
}

impl Packer<'_> {
    /// Works on each operand, or on standard input when there is none. The exit code.
    /// # Errors
    /// The work cannot go on with the next file.
    pub(super) fn run(&mut self, ctx: &mut Context<'_>, operands: &[Vec<u8>]) -> Result<u8, Quit> {
        let stdin = [b"-".to_vec()];
        let mut code = 0;
        for operand in if operands.is_empty() { stdin.as_slice() } else { operands } {
            code |= self.code(|packer| packer.one(ctx, operand))?;
        }
        if self.request.to_stdout && !self.request.test {
            code |= self.code(|_| close_stdout(ctx).map_err(|_| Stop::File))?;
        }
        Ok(code)
    }

    fn code(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<u8, Quit> {
        match work(self) {
            Ok(()) => Ok(0),
            Err(Stop::File) => Ok(1),
            Err(Stop::All) => Err(Quit(1)),
        }
    }

    fn one(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<(), Stop> {
        ctx.flush();
        if name == b"-" {
            return self.convert_stdin(ctx);
        }
        let input = match fs::open(name, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            Ok(input) => input,
            Err(error) => {
                // What is there and cannot be opened is told of in other words than what is not there.
                if fs::stat(name).is_ok() {
                    ctx.perror(&[b"can't open '", name, b"'"], error);
                } else {
                    ctx.perror(&[name], error);
                }
                return Err(Stop::File);
            }
        };
        let result = self.convert_file(ctx, name, input);
        // It was only read.
        let _ = fd::close(input);
        result
    }

    fn convert_stdin(&mut self, ctx: &mut Context<'_>) -> Result<(), Stop> {
        if !self.request.force && fd::is_tty(fd::STDIN) {
            ctx.complain(&[b"compressed data not read from terminal, use -f to force it"]);
            return Err(Stop::File);
        }
        let sink = Sink::new((!self.request.test).then_some(fd::STDOUT));
        let converted = self.convert(ctx, fd::STDIN, sink).map(|_| ());
        if !self.request.test && !self.request.to_stdout && converted != Err(Stop::All) {
            // The result is complete; nothing may follow it.
            close_stdout(ctx)?;
        }
        converted
    }

    fn convert_file(&mut self, ctx: &mut Context<'_>, name: &[u8], input: Fd) -> Result<(), Stop> {
        if self.request.test || self.request.to_stdout {
            let sink = Sink::new((!self.request.test).then_some(fd::STDOUT));
            return self.convert(ctx, input, sink).map(|_| ());
        }
        let Some(target) = (self.rename)(name) else {
            ctx.complain(&[name, b": unknown suffix - ignored"]);
            return Err(Stop::File);
        };
        let stat = fd::stat(input).map_err(|error| {
            ctx.perror(&[name], error);
            Stop::File
        })?;
        let output = self.create(ctx, &target, &stat)?;
        let converted = self.convert(ctx, input, Sink::new(Some(output)));
        let closed = fd::close(output);
        let converted = converted.and_then(|done| match closed {
            Ok(()) => Ok(done),
            Err(error) => {
                ctx.perror(&[b"close failed"], error);
                Err(Stop::File)
            }
        });
        match converted {
            Ok(done) => self.finish(ctx, name, stat.size, &target, done),
            Err(Stop::File) => {
                remove(ctx, &target)?;
                Err(Stop::File)
            }
            Err(Stop::All) => Err(Stop::All),
        }
    }

    fn create(&self, ctx: &mut Context<'_>, target: &[u8], stat: &Stat) -> Result<Fd, Stop> {
        if self.request.force {
            // When there is nothing to remove, that is as well.
            let _ = fs::unlink(target);
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
        fs::open(target, flags, stat.mode.permissions()).map_err(|error| {
            ctx.perror(&[b"can't open '", target, b"'"], error);
            Stop::File
        })
    }

    fn convert(&mut self, ctx: &mut Context<'_>, input: Fd, mut sink: Sink) -> Result<Done, Stop> {
        (self.work)(ctx, &mut Input::new(input), &mut sink)
    }

    /// What follows when a result is complete.
    fn finish(&self, ctx: &mut Context<'_>, name: &[u8], size: u64, target: &[u8], done: Done) -> Result<(), Stop> {
        if let Some(seconds) = done.mtime {
            let time = SetTime::At(Timestamp { sec: seconds.into(), nsec: 0 });
            // A result whose time cannot be set is complete all the same.
            let _ = fs::utimens(target, time, time, true);
        }
        if self.request.verbose {
            // As in C, where this is computed without a sign.
            let percent = (size * 100).checked_div(done.written).map_or(100, |part| 100u32.wrapping_sub(part as u32));
            ctx.put_err(&[name, b": ", &decimal(percent.into()), b"% - replaced with ", target, b"\n"].concat());
        }
        if self.request.keep { Ok(()) } else { remove(ctx, name) }
    }
}

/// Closes standard output, which ends the program when it cannot be done.
fn close_stdout(ctx: &mut Context<'_>) -> Result<(), Stop> {
    fd::close(fd::STDOUT).map_err(|error| {
        ctx.perror(&[b"close failed"], error);
        Stop::All
    })
}

fn remove(ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Stop> {
    fs::unlink(path).map_err(|error| {
        ctx.perror(&[b"can't remove file '", path, b"'"], error);
        Stop::All
    })
}

/// The name without `suffix`.
pub(super) fn without(name: &[u8], suffix: &[u8]) -> Option<Vec<u8>> {
    name.strip_suffix(suffix).map(<[u8]>::to_vec)
}

/// Reports that a compressed result cannot be written, which ends the program.
pub(super) fn write_error(ctx: &mut Context<'_>, sink: &Sink) -> Stop {
    ctx.perror(&[b"write error"], sink.failed.unwrap_or(Errno::Io));
    Stop::All
}

/// Decompresses all of the input.
pub(super) fn unpack(
    ctx: &mut Context<'_>,
    unpacker: &mut dyn Unpack,
    input: &mut Input,
    sink: &mut Sink,
) -> Result<Done, Stop> {
    let fault = loop {
        match unpacker.piece(input) {
            Ok([]) => break None,
            Ok(piece) => {
                if !sink.put(piece) {
                    break None;
                }
            }
            Err(fault) => break Some(fault),
        }
    };
    sink.flush();
    if let Some(error) = sink.failed {
        ctx.perror(&[b"write"], error);
        return Err(Stop::File);
    }
    if let Some(fault) = fault {
        ctx.complain(&[&fault.message()]);
        return Err(if matches!(fault, Fault::Fatal(_)) { Stop::All } else { Stop::File });
    }
    Ok(Done { written: sink.len, mtime: unpacker.mtime() })
}

/// As [`unpack`], where a result that cannot be written counts as damage, too.
pub(super) fn unpack_or_corrupted(
    ctx: &mut Context<'_>,
    unpacker: &mut dyn Unpack,
    input: &mut Input,
    sink: &mut Sink,
) -> Result<Done, Stop> {
    let done = unpack(ctx, unpacker, input, sink);
    if sink.failed.is_some() {
        ctx.complain(&[&Fault::Corrupted.message()]);
    }
    done
}

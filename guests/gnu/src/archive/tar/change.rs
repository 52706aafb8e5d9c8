//! `tar -r`, `-u`, `-A`, `--delete`: archives that are changed where they lie.

use std::collections::HashMap;

use applets::core::paths::strip_slashes;
use applets::{Context, Quit};
use wcr_sys::abi::{OpenFlags, Timestamp};
use wcr_sys::{Errno, Fd, fd, fs};

use super::block::BLOCK;
use super::create::Creator;
use super::options::{Named, Operation, Options};
use super::reader::Reader;
use super::select::Selection;
use super::writer::Writer;
use super::{FATAL, say};

/// Opens the archive to read and to write; what is appended to may be new.
fn open(ctx: &mut Context<'_>, options: &Options) -> Result<Fd, Quit> {
    if options.compressor.is_some() {
        ctx.complain(&[b"Cannot update compressed archives"]);
        return Err(say::not_recoverable(ctx));
    }
    let flags = OpenFlags::RDWR.with(OpenFlags::CLOEXEC);
    let flags = if options.operation == Operation::Delete { flags } else { flags.with(OpenFlags::CREAT) };
    fs::open(&options.archive, flags, 0o666).map_err(|error| {
        say::cannot(ctx, &options.archive, "open", error);
        say::not_recoverable(ctx)
    })
}

/// The members that are there and when each was changed, and where the archive's end begins.
fn survey(ctx: &mut Context<'_>, file: Fd) -> Result<(HashMap<Vec<u8>, Timestamp>, u64), Quit> {
    let mut present = HashMap::new();
    if fd::stat(file).is_ok_and(|stat| stat.size == 0) {
        return Ok((present, 0));
    }
    let mut reader = Reader::over(file, false);
    while let Some(member) = reader.next(ctx)? {
        reader.skip(ctx, &member)?;
        present.insert(strip_slashes(&member.name).to_vec(), member.mtime);
    }
    if reader.failed {
        return Err(say::not_recoverable(ctx));
    }
    Ok((present, reader.start))
}

/// A writer that goes on at a place of the file.
fn writer_at(ctx: &mut Context<'_>, options: &Options, file: Fd, at: u64) -> Result<Writer, Quit> {
    let place = i64::try_from(at).map_err(|_| Errno::Overflow);
    if let Err(error) = place.and_then(|place| fd::seek(file, place, fd::Whence::Set)) {
        say::cannot(ctx, &options.archive, "seek", error);
        return Err(say::not_recoverable(ctx));
    }
    Ok(Writer::over(file, &options.archive, at, options.blocking))
}

/// Adds files behind the members; with `-u` only those that are newer. Whether something was wrong.
/// # Errors
/// The program cannot go on, which has been told.
pub(super) fn append(ctx: &mut Context<'_>, options: &Options) -> Result<bool, Quit> {
    let file = open(ctx, options)?;
    let (present, end) = survey(ctx, file)?;
    let present = if options.operation == Operation::Update { present } else { HashMap::new() };
    let writer = writer_at(ctx, options, file, end)?;
    Creator::new(options, writer, present).run(ctx)
}

/// Adds the members of other archives. Whether something was wrong.
/// # Errors
/// As [`append`].
pub(super) fn concatenate(ctx: &mut Context<'_>, options: &Options) -> Result<bool, Quit> {
    let file = open(ctx, options)?;
    let (_, end) = survey(ctx, file)?;
    let mut writer = writer_at(ctx, options, file, end)?;
    let mut failed = false;
    for named in &options.names {
        let Named::Name(path) = named else { continue };
        let other = match fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            Ok(other) => other,
            Err(error) => {
                failed = true;
                say::cannot(ctx, path, "open", error);
                continue;
            }
        };
        // With its end, behind which another may begin.
        let len = fd::stat(other).map_or(0, |stat| stat.size);
        copy(ctx, &mut writer, other, (0, len), path)?;
        // It was only read.
        let _ = fd::close(other);
    }
    writer.finish(ctx)?;
    Ok(failed)
}

/// Copies a part of a file into the archive.
fn copy(
    ctx: &mut Context<'_>,
    writer: &mut Writer,
    file: Fd,
    (start, end): (u64, u64),
    path: &[u8],
) -> Result<(), Quit> {
    let mut buf = vec![0; 64 << 10];
    let mut at = start;
    while at < end {
        let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(buf.len());
        let n = match fd::pread(file, buf.get_mut(..room).unwrap_or_default(), at) {
            Ok(n) if n > 0 => n,
            Ok(_) => break,
            Err(error) => {
                say::cannot(ctx, path, "read", error);
                return Err(Quit(FATAL));
            }
        };
        writer.put(ctx, buf.get(..n).unwrap_or_default())?;
        at += n as u64;
    }
    Ok(())
}

/// Takes members out. Whether something was wrong.
/// # Errors
/// As [`append`].
pub(super) fn delete(ctx: &mut Context<'_>, options: &Options) -> Result<bool, Quit> {
    let file = open(ctx, options)?;
    let mut selection = Selection::new(options);
    let mut reader = Reader::over(file, options.ignore_zeros);
    // The parts that stay: each goes from a header to behind the content.
    let (mut kept, mut len): (Vec<(u64, u64)>, u64) = (Vec::new(), 0);
    let mut gone = false;
    while let Some(member) = reader.next(ctx)? {
        let start = reader.start;
        reader.skip(ctx, &member)?;
        let end = reader.feed.position.next_multiple_of(BLOCK as u64);
        if selection.takes(&member.name).is_some() {
            gone = true;
            continue;
        }
        len += end - start;
        match kept.last_mut() {
            Some((_, before)) if *before == start => *before = end,
            _ => kept.push((start, end)),
        }
    }
    let failed = reader.failed | selection.tell_missing(ctx);
    if !gone {
        return Ok(failed);
    }
    // What stays only moves to the front, so that nothing is overwritten before it was read.
    let mut content = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    for (start, end) in kept {
        let mut part = vec![0; usize::try_from(end - start).unwrap_or(0)];
        let mut filled = 0;
        while filled < part.len() {
            match fd::pread(file, part.get_mut(filled..).unwrap_or_default(), start + filled as u64) {
                Ok(n) if n > 0 => filled += n,
                _ => break,
            }
        }
        content.extend_from_slice(&part);
    }
    let mut writer = writer_at(ctx, options, file, 0)?;
    writer.put(ctx, &content)?;
    let len = writer.finish(ctx)?;
    if let Err(error) = fs::truncate(&options.archive, len) {
        say::cannot(ctx, &options.archive, "truncate", error);
        return Err(say::not_recoverable(ctx));
    }
    Ok(failed)
}

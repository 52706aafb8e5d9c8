//! `cpio -o`: the files that are named on standard input, as an archive.

use std::io::Write;

use wcr_sys::abi::{FileKind, OpenFlags, Stat};
use wcr_sys::{Errno, Fd, fd, fs};

use super::super::packer::Sink;
use super::header;
use crate::core::owner::KEEP;
use crate::core::stat::{major, minor};
use crate::lines::LineReader;
use crate::{Context, Quit};

/// How the archive is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creating {
    /// Links are followed.
    pub(super) follow: bool,
    /// Devices of files are 0.
    pub(super) ignore_device: bool,
    /// Inodes are counted from 1.
    pub(super) renumber: bool,
    /// The owner and the group of all members.
    pub(super) owner: Option<(u32, u32)>,
    /// What ends a name.
    pub(super) delimiter: u8,
}

struct Creator<'a> {
    how: &'a Creating,
    sink: Sink,
    /// The files that have several names, in the order in which they were met.
    linked: Vec<Linked>,
    next_inode: u32,
}

/// A file with several names.
struct Linked {
    stat: Stat,
    names: Vec<Vec<u8>>,
}

/// Writes the archive to a descriptor. The exit code.
/// # Errors
/// A file cannot be read or the archive cannot be written, which has been reported.
pub(super) fn create(ctx: &mut Context<'_>, how: &Creating, to: Fd) -> Result<u8, Quit> {
    let mut creator = Creator { how, sink: Sink::new(Some(to)), linked: Vec::new(), next_inode: 0 };
    let mut names = LineReader::new(fd::STDIN, how.delimiter);
    loop {
        let name = match names.next_line() {
            Ok(Some(line)) => line.text.to_vec(),
            Ok(None) => break,
            Err(error) => return Err(ctx.die_errno(&[b"read error"], error)),
        };
        if name.is_empty() {
            continue;
        }
        if let Err(quit) = creator.add(ctx, from_here(&name)) {
            // What there is already is written.
            creator.sink.flush();
            return Err(quit);
        }
    }
    creator.add_linked(ctx)?;
    let mut trailer = Vec::new();
    header::append(&mut trailer, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], header::TRAILER);
    creator.write(ctx, &trailer)?;
    creator.pad(ctx)?;
    if !creator.sink.flush() {
        return Err(creator.broken(ctx));
    }
    Ok(0)
}

/// The name without what says that it is relative.
fn from_here(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"./") {
        name = relative(rest);
    }
    name
}

/// The name without what makes it absolute.
fn relative(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"/") {
        name = rest;
    }
    name
}

impl Creator<'_> {
    fn add(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<(), Quit> {
        let stat = if self.how.follow { fs::stat(name) } else { fs::lstat(name) };
        let stat = stat.map_err(|error| ctx.die_errno(&[name], error))?;
        if stat.mode.kind() != FileKind::Directory && stat.nlink > 1 {
            // They come at the end, the content with the last of the names.
            let same = |linked: &&mut Linked| (linked.stat.dev, linked.stat.ino) == (stat.dev, stat.ino);
            match self.linked.iter_mut().find(same) {
                Some(linked) => linked.names.push(name.to_vec()),
                None => self.linked.push(Linked { stat, names: vec![name.to_vec()] }),
            }
            return Ok(());
        }
        let inode = self.inode(&stat);
        self.add_whole(ctx, name, &stat, inode)
    }

    /// Adds a file with its content.
    fn add_whole(&mut self, ctx: &mut Context<'_>, name: &[u8], stat: &Stat, inode: u32) -> Result<(), Quit> {
        match stat.mode.kind() {
            FileKind::Regular => self.add_file(ctx, name, stat, inode),
            FileKind::Symlink => {
                let target =
                    fs::readlink(name).map_err(|error| ctx.die_errno(&[name, b": cannot read link"], error))?;
                self.write_header(ctx, name, stat, inode, target.len() as u64)?;
                self.write(ctx, &target)?;
                self.pad(ctx)
            }
            _ => self.write_header(ctx, name, stat, inode, 0),
        }
    }

    fn add_linked(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        // What was met last comes first.
        for linked in core::mem::take(&mut self.linked).into_iter().rev() {
            let inode = self.inode(&linked.stat);
            // The first name is the last one to be written.
            let Some((first, others)) = linked.names.split_first() else { continue };
            for name in others.iter().rev() {
                self.write_header(ctx, name, &linked.stat, inode, 0)?;
            }
            self.add_whole(ctx, first, &linked.stat, inode)?;
        }
        Ok(())
    }

    fn inode(&mut self, stat: &Stat) -> u32 {
        if !self.how.renumber {
            return stat.ino as u32;
        }
        self.next_inode += 1;
        self.next_inode
    }

    fn add_file(&mut self, ctx: &mut Context<'_>, name: &[u8], stat: &Stat, inode: u32) -> Result<(), Quit> {
        self.write_header(ctx, name, stat, inode, stat.size)?;
        let file = fs::open(name, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).map_err(|error| {
            // The archive breaks off behind the header.
            self.sink.flush();
            ctx.die_errno(&[b"can't open '", name, b"'"], error)
        })?;
        let written = self.copy(ctx, file, stat.size);
        // It was only read.
        let _ = fd::close(file);
        written?;
        self.pad(ctx)
    }

    fn copy(&mut self, ctx: &mut Context<'_>, file: Fd, size: u64) -> Result<(), Quit> {
        let mut block = vec![0; 64 << 10];
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            match fd::read(file, block.get_mut(..room).unwrap_or_default()) {
                Ok(0) => return Err(ctx.die(&[b"short read"])),
                Ok(n) => {
                    self.write(ctx, block.get(..n).unwrap_or_default())?;
                    left -= n as u64;
                }
                Err(Errno::Intr) => {}
                Err(error) => return Err(ctx.die_errno(&[b"read error"], error)),
            }
        }
        Ok(())
    }

    fn write_header(
        &mut self,
        ctx: &mut Context<'_>,
        name: &[u8],
        stat: &Stat,
        inode: u32,
        size: u64,
    ) -> Result<(), Quit> {
        let (mut uid, mut gid) = (stat.uid, stat.gid);
        if let Some((user, group)) = self.how.owner {
            uid = if user == KEEP { uid } else { user };
            gid = if group == KEEP { gid } else { group };
        }
        let device = if self.how.ignore_device { 0 } else { stat.dev };
        let numbers = [
            inode,
            stat.mode.0,
            uid,
            gid,
            stat.nlink,
            stat.mtime.sec as u32,
            size as u32,
            major(device) as u32,
            minor(device) as u32,
            major(stat.rdev) as u32,
            minor(stat.rdev) as u32,
        ];
        let mut bytes = Vec::new();
        header::append(&mut bytes, numbers, relative(name));
        self.write(ctx, &bytes)?;
        self.pad(ctx)
    }

    fn pad(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let padding = self.sink.len.next_multiple_of(4) - self.sink.len;
        self.write(ctx, [0; 4].get(..padding as usize).unwrap_or_default())
    }

    fn write(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        self.sink.write_all(bytes).map_err(|_| self.broken(ctx))
    }

    fn broken(&self, ctx: &mut Context<'_>) -> Quit {
        ctx.die_errno(&[b"write error"], self.sink.failed.unwrap_or(Errno::Io))
    }
}

#[cfg(test)]
mod tests {
    use super::{from_here, relative};

    #[test]
    fn names_are_relative() {
        let cases: [(&[u8], &[u8]); 4] = [(b"./a", b"a"), (b"././/a", b"a"), (b"../a", b"../a"), (b".", b".")];
        for (name, expected) in cases {
            assert_eq!(from_here(name), expected);
        }
        assert_eq!((from_here(b"/a"), relative(b"//a")), (&b"/a"[..], &b"a"[..]));
    }
}

//! `tar c`: files into a tar file.

use std::collections::HashMap;
use std::io::Write;

use bzip2::write::BzEncoder;
use wcr_sys::abi::{FileKind, OpenFlags, Stat};
use wcr_sys::{Errno, Fd, fd, fs};

use super::super::gzip::GzipWriter;
use super::super::member::{Member, inside};
use super::super::packer::Sink;
use super::header::{BLOCK, append};
use super::read::warn_removed;
use crate::core::accounts::Accounts;
use crate::core::paths::{join, strip_slashes};
use crate::{Context, Quit};

/// How files are put into the archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creating {
    /// Links are followed.
    pub(super) follow: bool,
    /// What is in directories is left out.
    pub(super) flat: bool,
    /// Each member is named.
    pub(super) verbose: bool,
    /// How the archive is compressed.
    pub(super) packing: Packing,
}

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Bzip2,
}

/// Where the archive goes.
enum Packed {
    Plain(Sink),
    Gzip(Box<GzipWriter<Sink>>),
    Bzip2(BzEncoder<Sink>),
}

struct Creator<'a> {
    how: &'a Creating,
    output: Packed,
    /// The archive itself, which is no member of it.
    own: Option<(u64, u64)>,
    /// Whether names are told on standard error, because the archive goes to standard output.
    names_to_stderr: bool,
    accounts: Accounts,
    /// The files with several names that are in the archive.
    linked: HashMap<(u64, u64), Vec<u8>>,
    warned: bool,
    failed: bool,
}

/// Writes the archive of `names` to a descriptor. The exit code.
/// # Errors
/// The archive cannot be written, which has been reported.
pub(super) fn create(ctx: &mut Context<'_>, how: &Creating, names: &[Vec<u8>], to: Fd) -> Result<u8, Quit> {
    let sink = Sink::new(Some(to));
    let output = match how.packing {
        Packing::None => Packed::Plain(sink),
        Packing::Gzip => {
            Packed::Gzip(Box::new(GzipWriter::new(sink).map_err(|error| broken(ctx, how.packing, &error))?))
        }
        Packing::Bzip2 => Packed::Bzip2(BzEncoder::new(sink, bzip2::Compression::best())),
    };
    let own = fd::stat(to).ok().filter(|stat| stat.mode.kind() == FileKind::Regular);
    let mut creator = Creator {
        how,
        output,
        own: own.map(|stat| (stat.dev, stat.ino)),
        names_to_stderr: to == fd::STDOUT,
        accounts: Accounts::default(),
        linked: HashMap::new(),
        warned: false,
        failed: false,
    };
    for name in names {
        creator.add(ctx, strip_slashes(name))?;
    }
    creator.write(ctx, &[0; 2 * BLOCK])?;
    let failed = creator.failed;
    creator.finish(ctx)?;
    if failed {
        ctx.complain(&[b"error exit delayed from previous errors"]);
    }
    Ok(u8::from(failed))
}

impl Creator<'_> {
    /// Adds a file and, of a directory, what is in it.
    fn add(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
        let stat = match if self.how.follow { fs::stat(path) } else { fs::lstat(path) } {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[path], error);
                self.failed = true;
                return Ok(());
            }
        };
        if self.own == Some((stat.dev, stat.ino)) {
            ctx.complain(&[path, b": file is the archive; skipping"]);
            return Ok(());
        }
        if stat.mode.kind() == FileKind::Socket {
            ctx.complain(&[path, b": socket ignored"]);
            return Ok(());
        }
        let (name, removed) = inside(path);
        if !removed.is_empty() {
            warn_removed(ctx, removed, &mut self.warned);
        }
        // The root itself has no name left.
        if !name.is_empty() {
            self.add_one(ctx, path, name, &stat)?;
        }
        if stat.mode.kind() == FileKind::Directory && !self.how.flat {
            match fs::read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        self.add(ctx, &join(path, &entry.name))?;
                    }
                }
                Err(error) => {
                    ctx.perror(&[path], error);
                    self.failed = true;
                }
            }
        }
        Ok(())
    }

    fn add_one(&mut self, ctx: &mut Context<'_>, path: &[u8], name: &[u8], stat: &Stat) -> Result<(), Quit> {
        let kind = stat.mode.kind();
        let Some(mut member) = self.member(ctx, path, name, stat) else { return Ok(()) };
        let mut content = None;
        if member.is_file() {
            match fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
                Ok(file) => content = Some(file),
                Err(error) => {
                    ctx.perror(&[b"can't open '", path, b"'"], error);
                    self.failed = true;
                    return Ok(());
                }
            }
        }
        if kind == FileKind::Directory {
            member.name.push(b'/');
        }
        if self.how.verbose {
            let line = [&member.name, b"\n".as_slice()].concat();
            if self.names_to_stderr { ctx.put_err(&line) } else { ctx.put(&line) }
        }
        let mut header = Vec::new();
        append(&mut header, &member);
        self.write(ctx, &header)?;
        if let Some(file) = content {
            let copied = self.write_content(ctx, file, member.size);
            // It was only read.
            let _ = fd::close(file);
            copied?;
        }
        Ok(())
    }

    /// The member for a file; `None` when that cannot be told, which has been reported.
    fn member(&mut self, ctx: &mut Context<'_>, path: &[u8], name: &[u8], stat: &Stat) -> Option<Member> {
        let kind = stat.mode.kind();
        let mut member = Member {
            name: name.to_vec(),
            mode: stat.mode,
            target: Vec::new(),
            hard_link: false,
            user: (stat.uid, self.accounts.user_text(stat.uid)),
            group: (stat.gid, self.accounts.group_text(stat.gid)),
            mtime: stat.mtime.sec,
            size: if kind == FileKind::Regular { stat.size } else { 0 },
            device: stat.rdev,
        };
        if kind != FileKind::Directory && stat.nlink > 1 {
            if let Some(first) = self.linked.get(&(stat.dev, stat.ino)) {
                (member.target, member.hard_link, member.size) = (first.clone(), true, 0);
                return Some(member);
            }
            self.linked.insert((stat.dev, stat.ino), name.to_vec());
        }
        if kind == FileKind::Symlink {
            match fs::readlink(path) {
                Ok(target) => member.target = target,
                Err(error) => {
                    ctx.perror(&[path, b": cannot read link"], error);
                    self.failed = true;
                    return None;
                }
            }
        }
        Some(member)
    }

    /// Copies a file's content; what it lacks of its size is made up for with zeros.
    fn write_content(&mut self, ctx: &mut Context<'_>, file: Fd, size: u64) -> Result<(), Quit> {
        let mut block = vec![0; size.min(64 << 10) as usize];
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            let n = match fd::read(file, block.get_mut(..room).unwrap_or_default()) {
                Ok(0) => {
                    ctx.complain(&[b"short read"]);
                    return Err(Quit(1));
                }
                Ok(n) => n,
                Err(Errno::Intr) => continue,
                Err(error) => return Err(ctx.die_errno(&[b"read error"], error)),
            };
            self.write(ctx, block.get(..n).unwrap_or_default())?;
            left -= n as u64;
        }
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        self.write(ctx, [0; BLOCK].get(..padding as usize).unwrap_or_default())
    }

    fn write(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        let written = match &mut self.output {
            Packed::Plain(sink) => sink.write_all(bytes),
            Packed::Gzip(gzip) => gzip.write_all(bytes),
            Packed::Bzip2(encoder) => encoder.write_all(bytes),
        };
        written.map_err(|error| broken(ctx, self.how.packing, &error))
    }

    fn finish(self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let packing = self.how.packing;
        let finished = match self.output {
            Packed::Plain(sink) => Ok(sink),
            Packed::Gzip(gzip) => gzip.finish(),
            Packed::Bzip2(encoder) => encoder.finish(),
        };
        finished.and_then(|mut sink| Write::flush(&mut sink)).map_err(|error| broken(ctx, packing, &error))
    }
}

/// Reports that the archive cannot be written, in the name of the program that compresses it.
fn broken(ctx: &mut Context<'_>, packing: Packing, error: &std::io::Error) -> Quit {
    let reason = wcr_sys::Output::errno(error).message().as_bytes();
    let program: &[u8] = match packing {
        Packing::None => b"tar",
        Packing::Gzip => b"gzip",
        Packing::Bzip2 => b"bzip2",
    };
    ctx.put_err(&[program, b": write error: ", reason, b"\n"].concat());
    Quit(1)
}

//! `tar -d`: how members differ from the files of their names.

use std::io::BufRead;

use applets::core::paths::strip_slashes;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use super::block::{self, Member};
use super::reader::Reader;
use super::say;

/// Compares a member with the file of that name; whether they differ.
/// # Errors
/// The archive ends too early, which has been told.
pub(super) fn compare(
    ctx: &mut Context<'_>,
    reader: &mut Reader,
    member: &Member,
    name: &[u8],
    link: &[u8],
) -> Result<bool, Quit> {
    let name = strip_slashes(name);
    let mut differs = false;
    let mut tell = |ctx: &mut Context<'_>, text: &[u8]| {
        differs = true;
        ctx.put(&[say::shown(name).as_slice(), b": ", text, b"\n"].concat());
    };
    let stat = if member.kind == block::SYMLINK {
        match fs::readlink(name) {
            Ok(target) => {
                if target != link {
                    tell(ctx, b"Symlink differs");
                }
            }
            Err(error) => {
                warn(ctx, name, "readlink", error);
                differs = true;
            }
        }
        reader.skip(ctx, member)?;
        return Ok(differs);
    } else {
        match fs::lstat(name) {
            Ok(stat) => stat,
            Err(error) => {
                warn(ctx, name, "stat", error);
                reader.skip(ctx, member)?;
                return Ok(true);
            }
        }
    };
    match member.kind {
        block::HARD_LINK => match fs::lstat(link) {
            Ok(other) if (other.dev, other.ino) == (stat.dev, stat.ino) => {}
            Ok(_) => {
                let text = [b"Not linked to ".as_slice(), &say::shown(link)].concat();
                tell(ctx, &text);
            }
            Err(error) => {
                warn(ctx, link, "stat", error);
                differs = true;
            }
        },
        block::DIRECTORY => {
            if stat.mode.kind() != FileKind::Directory {
                tell(ctx, b"File type differs");
            } else if stat.mode.permissions() != member.mode {
                tell(ctx, b"Mode differs");
            }
        }
        block::FILE => {
            if stat.mode.kind() != FileKind::Regular {
                tell(ctx, b"File type differs");
            } else {
                if stat.mode.permissions() != member.mode {
                    tell(ctx, b"Mode differs");
                }
                if u64::from(stat.uid) != member.uid {
                    tell(ctx, b"Uid differs");
                }
                if u64::from(stat.gid) != member.gid {
                    tell(ctx, b"Gid differs");
                }
                let precise = member.mtime.nsec != 0;
                if stat.mtime.sec != member.mtime.sec || precise && stat.mtime.nsec != member.mtime.nsec {
                    tell(ctx, b"Mod time differs");
                }
                if stat.size != member.size {
                    tell(ctx, b"Size differs");
                } else if member.size > 0 {
                    match same_content(ctx, reader, member, name)? {
                        Ok(true) => {}
                        Ok(false) => tell(ctx, b"Contents differ"),
                        Err(error) => {
                            say::cannot(ctx, name, "open", error);
                            differs = true;
                        }
                    }
                    return Ok(differs);
                }
            }
        }
        _ => {
            let kind = match member.kind {
                block::FIFO => FileKind::Fifo,
                block::CHAR_DEVICE => FileKind::CharDevice,
                _ => FileKind::BlockDevice,
            };
            if stat.mode.kind() != kind {
                tell(ctx, b"File type differs");
            } else if stat.mode.permissions() != member.mode {
                tell(ctx, b"Mode differs");
            }
        }
    }
    reader.skip(ctx, member)?;
    Ok(differs)
}

fn warn(ctx: &mut Context<'_>, name: &[u8], what: &str, error: Errno) {
    let name = say::shown(name);
    ctx.perror(&[&name, b": Warning: Cannot ", what.as_bytes()], error);
}

/// Whether the member's content, which is read, is the file's.
fn same_content(
    ctx: &mut Context<'_>,
    reader: &mut Reader,
    member: &Member,
    name: &[u8],
) -> Result<Result<bool, Errno>, Quit> {
    let file = match fs::open(name, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
        Ok(file) => file,
        Err(error) => {
            reader.skip(ctx, member)?;
            return Ok(Err(error));
        }
    };
    let mut input = wcr_sys::Input::new(file);
    let mut left = member.size;
    let mut same = true;
    while left > 0 {
        let bytes = reader.feed.fill_buf().unwrap_or_default();
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let mut there = vec![0; n];
        same = same
            && std::io::Read::read_exact(&mut input, &mut there).is_ok()
            && Some(there.as_slice()) == bytes.get(..n);
        if n == 0 {
            // It was only read.
            let _ = fd::close(file);
            return Err(reader.short(ctx));
        }
        reader.feed.consume(n);
        left -= n as u64;
    }
    let _ = fd::close(file);
    reader.skip_bytes(ctx, member.padded() - member.size)?;
    Ok(Ok(same))
}

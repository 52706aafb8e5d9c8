//! Names, and the room that files take.

use wcr_abi::Fd;

use super::{check, text};
use crate::sys::Outcome;

pub fn mkdir(path: &str) -> Outcome<()> {
    call!(mkdir(text(path).as_ptr(), 0o755)).map(drop)
}

pub fn link(from: &str, to: &str) -> Outcome<()> {
    call!(link(text(from).as_ptr(), text(to).as_ptr())).map(drop)
}

/// Renames as flags say.
pub fn rename_with(from: &str, to: &str, flags: u32) -> Outcome<()> {
    let (here, from, to) = (libc::AT_FDCWD, text(from), text(to));
    call!(syscall(libc::SYS_renameat2, here, from.as_ptr(), here, to.as_ptr(), flags)).map(drop)
}

pub fn truncate_path(path: &str, len: i64) -> Outcome<()> {
    call!(truncate(text(path).as_ptr(), len)).map(drop)
}

pub fn truncate(fd: Fd, len: u64) -> Outcome<()> {
    call!(ftruncate(fd as i32, len as i64)).map(drop)
}

/// The first place from `offset` on that has data, or that has none.
pub fn seek_data(fd: Fd, offset: i64, hole: bool) -> Outcome<u64> {
    let whence = if hole { libc::SEEK_HOLE } else { libc::SEEK_DATA };
    call!(lseek(fd as i32, offset, whence)).map(|at| at as u64)
}

/// The size of the file at a path.
pub fn size(path: &str) -> Outcome<u64> {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    call!(stat(text(path).as_ptr(), &raw mut stat))?;
    Ok(stat.st_size as u64)
}

pub fn read_into(fd: Fd, buf: &mut [u8]) -> Outcome<usize> {
    call!(read(fd as i32, buf.as_mut_ptr().cast(), buf.len())).map(|count| count as usize)
}

/// Sets room aside for a part of a file, or makes a hole there.
pub fn allocate(fd: Fd, mode: u32, offset: i64, len: i64) -> Outcome<()> {
    call!(fallocate(fd as i32, mode as i32, offset, len)).map(drop)
}

/// Size, and how many units of 512 bytes are taken.
pub fn room(fd: Fd) -> Outcome<(u64, u64)> {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    call!(fstat(fd as i32, &raw mut stat))?;
    Ok((stat.st_size as u64, stat.st_blocks as u64))
}

/// What a symbolic link says.
pub fn link_text(path: &str) -> Outcome<String> {
    let mut buf = vec![0u8; 4096];
    let len = call!(readlink(text(path).as_ptr(), buf.as_mut_ptr().cast(), buf.len()))?;
    Ok(String::from_utf8_lossy(&buf[..len as usize]).into_owned())
}

pub fn chdir(path: &str) -> Outcome<()> {
    call!(chdir(text(path).as_ptr())).map(drop)
}

pub fn rmdir(path: &str) -> Outcome<()> {
    call!(rmdir(text(path).as_ptr())).map(drop)
}

pub fn symlink(target: &str, path: &str) -> Outcome<()> {
    call!(symlink(text(target).as_ptr(), text(path).as_ptr())).map(drop)
}

/// The inode number of an open file.
pub fn inode(fd: Fd) -> Outcome<u64> {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    call!(fstat(fd as i32, &raw mut stat))?;
    Ok(stat.st_ino)
}

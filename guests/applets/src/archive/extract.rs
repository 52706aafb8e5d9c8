//! How files come out of an archive into the file system.

use std::io::BufRead;

use wcr_sys::abi::{FileKind, OpenFlags, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, fd, fs};

use super::feed::Feed;
use super::member::Member;
use crate::core::accounts::Accounts;
use crate::core::dirname::parent;
use crate::core::mkdir::{self, Making};
use crate::core::paths::strip_slashes;
use crate::{Context, Quit};

/// What is done with files that exist, and which metadata is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// What is there already is removed first.
    pub(super) replace: bool,
    /// What is there already is written into; otherwise it is an error.
    pub(super) overwrite: bool,
    /// What is there already stays, unless it is older.
    pub(super) keep_newer: bool,
    /// Missing directories are made.
    pub(super) parents: bool,
    /// The owner and the group are set, by name where there is one of that name.
    pub(super) owner: bool,
    /// They are set by number only.
    pub(super) numeric: bool,
    /// What they are set to whatever the archive says; `u32::MAX` leaves one as it is.
    pub(super) forced_owner: Option<(u32, u32)>,
    /// The permissions are set whatever the umask.
    pub(super) mode: bool,
    /// The time is set.
    pub(super) time: bool,
}

/// Puts members into the file system.
pub(super) struct Extractor {
    policy: Policy,
    accounts: Accounts,
    /// Links that are made at the end: then nothing of the archive can be written through them any more.
    links: Vec<Link>,
}

struct Link {
    name: Vec<u8>,
    target: Vec<u8>,
    hard: bool,
}

impl Extractor {
    /// One that has done nothing yet.
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, accounts: Accounts::default(), links: Vec::new() }
    }

    /// Makes the member, and reads its content from `feed`.
    /// # Errors
    /// The program cannot go on, which has been reported.
    pub(super) fn extract(&mut self, ctx: &mut Context<'_>, member: &Member, feed: &mut Feed) -> Result<(), Quit> {
        let name = &member.name;
        if self.policy.parents {
            make_parents(ctx, name);
        }
        if self.policy.keep_newer
            && let Ok(there) = fs::lstat(name)
        {
            if member.is_dir() && there.mode.kind() == FileKind::Directory {
                return Ok(());
            }
            if there.mtime.sec >= member.mtime {
                if !member.is_dir() {
                    ctx.complain(&[name, b" not created: newer or same age file exists"]);
                }
                return skip(ctx, member, feed);
            }
        }
        if (self.policy.replace || self.policy.keep_newer)
            && !member.is_dir()
            && let Err(error) = fs::unlink(name)
            && error != Errno::Noent
        {
            return Err(ctx.die_errno(&[b"can't remove old file ", name], error));
        }
        if member.hard_link {
            self.links.push(Link { name: name.clone(), target: member.target.clone(), hard: true });
            return Ok(());
        }
        match member.mode.kind() {
            FileKind::Regular => self.write_file(ctx, member, feed)?,
            FileKind::Directory => match fs::mkdir(name, member.mode.permissions()) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(error) => ctx.perror(&[b"can't make dir ", strip_slashes(name)], error),
            },
            FileKind::Symlink if leads_away(&member.target) => {
                self.links.push(Link { name: name.clone(), target: member.target.clone(), hard: false });
                return Ok(());
            }
            FileKind::Symlink => {
                if let Err(error) = fs::symlink(&member.target, name) {
                    let parts: [&[u8]; 5] = [b"can't create symlink '", name, b"' to '", &member.target, b"'"];
                    return Err(ctx.die_errno(&parts, error));
                }
            }
            _ => {
                if let Err(error) = fs::mknod(name, member.mode, member.device) {
                    ctx.perror(&[b"can't create node ", name], error);
                    return Ok(());
                }
            }
        }
        self.set_metadata(member);
        Ok(())
    }

    /// Makes the links that were left for the end.
    /// # Errors
    /// One cannot be made, which has been reported.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        for link in core::mem::take(&mut self.links) {
            let (made, kind): (_, &[u8]) = if link.hard {
                (fs::link(&link.target, &link.name, false), b"hard")
            } else {
                (fs::symlink(&link.target, &link.name), b"sym")
            };
            if made.is_err() {
                return Err(ctx.die(&[b"can't create ", kind, b"link '", &link.name, b"' to '", &link.target, b"'"]));
            }
        }
        Ok(())
    }

    fn write_file(&self, ctx: &mut Context<'_>, member: &Member, feed: &mut Feed) -> Result<(), Quit> {
        let how = if self.policy.overwrite { OpenFlags::TRUNC } else { OpenFlags::EXCL };
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(how);
        let file = fs::open(&member.name, flags, member.mode.permissions())
            .map_err(|error| ctx.die_errno(&[b"can't open '", &member.name, b"'"], error))?;
        let copied = copy(ctx, feed, member.size, file);
        if let Err(error) = fd::close(file) {
            return Err(ctx.die_errno(&[b"close failed"], error));
        }
        copied
    }

    /// Sets what the policy says, of anything but symbolic links. That it cannot be set is nothing to tell.
    fn set_metadata(&mut self, member: &Member) {
        let name = &member.name;
        if member.mode.kind() == FileKind::Symlink {
            return;
        }
        if let Some((uid, gid)) = self.policy.forced_owner {
            let _ = fs::chown(name, uid, gid, false);
        } else if self.policy.owner {
            let (mut uid, mut gid) = (member.user.0, member.group.0);
            if !self.policy.numeric {
                uid = self.accounts.user_named(&member.user.1).map_or(uid, |user| user.uid);
                gid = self.accounts.group_named(&member.group.1).map_or(gid, |group| group.gid);
            }
            let _ = fs::chown(name, uid, gid, false);
        }
        if self.policy.mode {
            let _ = fs::chmod(name, member.mode.permissions());
        }
        if self.policy.time {
            let time = SetTime::At(Timestamp { sec: member.mtime, nsec: 0 });
            let _ = fs::utimens(name, time, time, true);
        }
    }
}

fn make_parents(ctx: &mut Context<'_>, name: &[u8]) {
    let dir = parent(name);
    if dir != b"." && dir != b"/" {
        // When it fails the member itself will, too.
        mkdir::make(ctx, dir, Making { parents: true, ..Making::default() });
    }
}

/// Whether a link's target may lie outside of the directory that is extracted into.
pub(super) fn leads_away(target: &[u8]) -> bool {
    target.starts_with(b"/") || target.split(|byte| *byte == b'/').any(|part| part == b"..")
}

/// Passes over the content of a member.
/// # Errors
/// The archive ends before, which has been reported.
pub(super) fn skip(ctx: &mut Context<'_>, member: &Member, feed: &mut Feed) -> Result<(), Quit> {
    feed.skip(member.size).map_err(|_| short_read(ctx, feed))
}

/// Copies `len` bytes of the archive to a descriptor.
/// # Errors
/// The archive ends before, or they cannot be written, which has been reported.
pub(super) fn copy(ctx: &mut Context<'_>, feed: &mut Feed, mut len: u64, to: Fd) -> Result<(), Quit> {
    while len > 0 {
        let bytes = feed.fill_buf().unwrap_or_default();
        let n = usize::try_from(len).unwrap_or(usize::MAX).min(bytes.len());
        if n == 0 {
            return Err(short_read(ctx, feed));
        }
        let written = fd::write_all(to, bytes.get(..n).unwrap_or_default());
        feed.consume(n);
        if let Err(error) = written {
            return Err(ctx.die_errno(&[b"write error"], error));
        }
        len -= n as u64;
    }
    Ok(())
}

/// Reports that the archive is too short, and why.
pub(super) fn short_read(ctx: &mut Context<'_>, feed: &mut Feed) -> Quit {
    report_fault(ctx, feed);
    ctx.die(&[b"short read"])
}

/// Reports what is wrong with the compressed data, if anything is.
pub(super) fn report_fault(ctx: &mut Context<'_>, feed: &mut Feed) {
    if let Some(fault) = feed.take_fault() {
        ctx.complain(&[&fault.message()]);
    }
}

#[cfg(test)]
mod tests {
    use super::leads_away;

    #[test]
    fn targets_that_lead_away() {
        for away in ["/etc", "..", "../x", "a/../b", "a/.."] {
            assert!(leads_away(away.as_bytes()), "{away}");
        }
        for inside in ["a", "a/b", "a..", "..a/b", ""] {
            assert!(!leads_away(inside.as_bytes()), "{inside}");
        }
    }
}

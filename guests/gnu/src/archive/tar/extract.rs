//! `tar -x`: members become files.

use std::io::BufRead;

use applets::core::accounts::Accounts;
use applets::core::paths::{join, strip_slashes};
use applets::core::{folder, mkdir, stat};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Mode, OpenFlags, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, fd, fs};

use super::block::{self, Member};
use super::options::{Options, Present};
use super::reader::Reader;
use super::say;
use crate::quote;

/// What is set at the end: until then a folder must be written into.
struct Folder {
    place: Vec<u8>,
    name: Vec<u8>,
    member: Member,
}

/// A link that is made at the end: then nothing of the archive can be written through it any more.
struct Link {
    place: Vec<u8>,
    name: Vec<u8>,
    member: Member,
    target: Vec<u8>,
    /// The file that keeps its place.
    holder: (u64, u64),
}

/// Puts members into the file system.
pub(super) struct Extractor<'a> {
    options: &'a Options,
    accounts: Accounts,
    umask: u32,
    folders: Vec<Folder>,
    links: Vec<Link>,
    pub(super) failed: bool,
}

impl<'a> Extractor<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self {
            options,
            accounts: Accounts::default(),
            umask: mkdir::umask(),
            folders: Vec::new(),
            links: Vec::new(),
            failed: false,
        }
    }

    fn fail(&mut self, ctx: &mut Context<'_>, name: &[u8], what: &str, error: Errno) {
        self.failed = true;
        say::cannot(ctx, name, what, error);
    }

    /// Makes the member under a name, in the current folder, which is `place`.
    /// # Errors
    /// The program cannot go on, which has been told.
    pub(super) fn extract(
        &mut self,
        ctx: &mut Context<'_>,
        reader: &mut Reader,
        (member, name, link): (&Member, &[u8], &[u8]),
        place: &[u8],
    ) -> Result<(), Quit> {
        let name = if name == b"/" { name } else { strip_slashes(name) };
        if self.options.to_stdout {
            return if member.is_file() {
                self.copy(ctx, reader, member, name, Some(fd::STDOUT))
            } else {
                reader.skip(ctx, member)
            };
        }
        if let Some(command) = &self.options.to_command {
            return if member.is_file() {
                ctx.flush();
                super::command::feed(ctx, command, member, reader, &mut self.failed)
            } else {
                reader.skip(ctx, member)
            };
        }
        if self.options.present == Present::KeepNewer
            && !member.is_dir()
            && let Ok(there) = fs::lstat(name)
            && there.mtime >= member.mtime
        {
            let shown = quote::locale(name);
            ctx.complain(&[b"Current ", &shown, b" is newer or same age"]);
            return reader.skip(ctx, member);
        }
        if self.options.unlink_first && !member.is_dir() {
            self.remove(name);
        }
        match member.kind {
            block::DIRECTORY => self.folder(ctx, member, name, place),
            block::SYMLINK => self.symlink(ctx, member, name, link, place),
            block::HARD_LINK => self.hard_link(ctx, name, link),
            block::CHAR_DEVICE | block::BLOCK_DEVICE | block::FIFO => self.node(ctx, member, name),
            kind => {
                if kind != block::FILE {
                    let shown = say::shown(name);
                    let kind = [kind];
                    ctx.complain(&[&shown, b": Unknown file type '", &kind, b"', extracted as normal file"]);
                }
                return self.file(ctx, reader, member, name);
            }
        }
        reader.skip(ctx, member)
    }

    /// Removes what has the name; whether it is gone.
    fn remove(&self, name: &[u8]) -> bool {
        match fs::unlink(name) {
            Err(Errno::Isdir | Errno::Perm) if self.options.recursive_unlink => remove_tree(name),
            Err(Errno::Isdir | Errno::Perm) => fs::rmdir(name).is_ok(),
            result => result.is_ok(),
        }
    }

    /// Tries to make something, after missing folders were made and what is in its place was removed.
    fn attempt<T>(
        &mut self,
        ctx: &mut Context<'_>,
        name: &[u8],
        what: &str,
        mut make: impl FnMut() -> Result<T, Errno>,
    ) -> Option<T> {
        let mut result = make();
        if let Err(Errno::Noent) = result
            && self.parents(name)
        {
            result = make();
        }
        if let Err(Errno::Exist) = result {
            match self.options.present {
                Present::Skip => return None,
                Present::Keep => {}
                _ => {
                    if self.remove(name) {
                        result = make();
                    }
                }
            }
        }
        match result {
            Ok(made) => Some(made),
            Err(error) => {
                self.fail(ctx, name, what, error);
                None
            }
        }
    }

    /// Makes the missing folders above a name; whether there are any new ones.
    fn parents(&self, name: &[u8]) -> bool {
        let mut made = false;
        for (at, _) in name.iter().enumerate().filter(|(at, byte)| **byte == b'/' && *at > 0) {
            made |= fs::mkdir(name.get(..at).unwrap_or_default(), 0o777).is_ok();
        }
        made
    }

    fn file(&mut self, ctx: &mut Context<'_>, reader: &mut Reader, member: &Member, name: &[u8]) -> Result<(), Quit> {
        let how = if self.options.present == Present::Overwrite { OpenFlags::TRUNC } else { OpenFlags::EXCL };
        let flags =
            OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(OpenFlags::NOFOLLOW).with(how);
        let mode = member.mode & 0o700 | 0o200;
        let opened = self.attempt(ctx, name, "open", || fs::open(name, flags, mode));
        let Some(file) = opened else { return reader.skip(ctx, member) };
        let copied = self.copy(ctx, reader, member, name, Some(file));
        if let Err(error) = fd::close(file) {
            self.fail(ctx, name, "close", error);
        }
        // A file of which the end is missing has its rights and its time nevertheless.
        self.set_metadata(ctx, member, name, true);
        copied
    }

    /// Copies a member's content to a descriptor.
    fn copy(
        &mut self,
        ctx: &mut Context<'_>,
        reader: &mut Reader,
        member: &Member,
        name: &[u8],
        to: Option<Fd>,
    ) -> Result<(), Quit> {
        ctx.flush();
        let mut to = to;
        let mut left = member.size;
        while left > 0 {
            let bytes = reader.feed.fill_buf().unwrap_or_default();
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            if n == 0 {
                ctx.complain(&[b"Unexpected EOF in archive"]);
                return Err(reader.short(ctx));
            }
            let written = to.map(|fd| fd::write_all(fd, bytes.get(..n).unwrap_or_default()));
            reader.feed.consume(n);
            left -= n as u64;
            if let Some(Err(error)) = written {
                self.fail(ctx, name, "write", error);
                to = None;
            }
        }
        let padding = member.padded() - member.size;
        reader.skip_bytes(ctx, padding)
    }

    fn folder(&mut self, ctx: &mut Context<'_>, member: &Member, name: &[u8], place: &[u8]) {
        let mode = member.mode & 0o777 | 0o700;
        let mut result = fs::mkdir(name, mode);
        if result == Err(Errno::Noent) && self.parents(name) {
            result = fs::mkdir(name, mode);
        }
        if result == Err(Errno::Exist) {
            let is_folder = fs::lstat(name).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory);
            let keeps = matches!(self.options.present, Present::Keep | Present::Skip);
            if is_folder {
                result = Ok(());
                if keeps {
                    return;
                }
            } else if !keeps && self.remove(name) {
                result = fs::mkdir(name, mode);
            }
        }
        match result {
            Ok(()) => {
                let folder = Folder { place: place.to_vec(), name: name.to_vec(), member: member.clone() };
                self.folders.push(folder);
            }
            Err(error) => self.fail(ctx, name, "mkdir", error),
        }
    }

    fn symlink(&mut self, ctx: &mut Context<'_>, member: &Member, name: &[u8], target: &[u8], place: &[u8]) {
        let quoted = quote::locale(target);
        let what = [b"create symlink to ", quoted.as_slice()].concat();
        let what = String::from_utf8_lossy(&what).into_owned();
        if !self.options.absolute && leads_away(target) {
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
            let Some(file) = self.attempt(ctx, name, "open", || fs::open(name, flags, 0)) else { return };
            let holder = fd::stat(file).map_or((0, 0), |stat| (stat.dev, stat.ino));
            // Nothing was written into it.
            let _ = fd::close(file);
            let link = Link {
                place: place.to_vec(),
                name: name.to_vec(),
                member: member.clone(),
                target: target.to_vec(),
                holder,
            };
            self.links.push(link);
            return;
        }
        if self.attempt(ctx, name, &what, || fs::symlink(target, name)).is_some() {
            self.set_metadata(ctx, member, name, false);
        }
    }

    fn hard_link(&mut self, ctx: &mut Context<'_>, name: &[u8], target: &[u8]) {
        let id = |path: &[u8]| fs::lstat(path).map(|stat| (stat.dev, stat.ino));
        let what = [b"hard link to ", quote::locale(target).as_slice()].concat();
        let what = String::from_utf8_lossy(&what).into_owned();
        let make = || match fs::link(target, name, false) {
            Err(Errno::Exist) if id(target).is_ok_and(|one| id(name) == Ok(one)) => Ok(()),
            result => result,
        };
        // A link to one that is made at the end is one more of those.
        let held = id(target).ok().and_then(|one| self.links.iter().find(|link| link.holder == one));
        if let Some(held) = held {
            let link = Link {
                place: held.place.clone(),
                name: name.to_vec(),
                member: held.member.clone(),
                target: held.target.clone(),
                holder: held.holder,
            };
            if self.attempt(ctx, name, &what, make).is_some() {
                self.links.push(link);
            }
            return;
        }
        let _ = self.attempt(ctx, name, &what, make);
    }

    fn node(&mut self, ctx: &mut Context<'_>, member: &Member, name: &[u8]) {
        let (kind, what) = match member.kind {
            block::FIFO => (FileKind::Fifo, "mkfifo"),
            block::CHAR_DEVICE => (FileKind::CharDevice, "mknod"),
            _ => (FileKind::BlockDevice, "mknod"),
        };
        let device = stat::device(member.device.0, member.device.1);
        let mode = Mode::new(kind, member.mode & 0o777);
        if self.attempt(ctx, name, what, || fs::mknod(name, mode, device)).is_some() {
            self.set_metadata(ctx, member, name, true);
        }
    }

    /// Sets owner, rights and time. With `follows` it is no symbolic link, which has no rights.
    fn set_metadata(&mut self, ctx: &mut Context<'_>, member: &Member, name: &[u8], follows: bool) {
        if self.options.same_owner {
            let (uid, gid) = self.owner(member);
            if let Err(error) = fs::chown(name, uid, gid, false) {
                let what = format!("change ownership to uid {uid}, gid {gid}");
                self.fail(ctx, name, &what, error);
            }
        }
        if follows {
            let mode = if self.options.same_mode { member.mode } else { member.mode & 0o777 & !self.umask };
            if let Err(error) = fs::chmod(name, mode) {
                self.fail(ctx, name, &format!("change mode to {mode:o}"), error);
            }
        }
        if !self.options.touch {
            let time = SetTime::At(Timestamp { sec: member.mtime.sec, nsec: member.mtime.nsec });
            if let Err(error) = fs::utimens(name, SetTime::Now, time, false) {
                self.fail(ctx, name, "utime", error);
            }
        }
    }

    /// The numbers of a member's owner and group: those of the names, where there are any.
    fn owner(&mut self, member: &Member) -> (u32, u32) {
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (mut uid, mut gid) = (number(member.uid), number(member.gid));
        if !self.options.numeric {
            if !member.user.is_empty() {
                uid = self.accounts.user_named(&member.user).map_or(uid, |user| user.uid);
            }
            if !member.group.is_empty() {
                gid = self.accounts.group_named(&member.group).map_or(gid, |group| group.gid);
            }
        }
        (uid, gid)
    }

    /// Makes the links and sets what folders have, which both were left for the end.
    /// # Errors
    /// A folder cannot be entered, which has been told.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>, place: &mut super::select::Place) -> Result<(), Quit> {
        for folder in core::mem::take(&mut self.folders).into_iter().rev() {
            place.enter(ctx, &folder.place, &folder.place)?;
            self.set_metadata(ctx, &folder.member, &folder.name, true);
        }
        for link in core::mem::take(&mut self.links) {
            place.enter(ctx, &link.place, &link.place)?;
            let is_held = fs::lstat(&link.name).is_ok_and(|stat| (stat.dev, stat.ino) == link.holder);
            if !is_held {
                continue;
            }
            let parent = link.name.iter().rposition(|byte| *byte == b'/');
            let parent = parent.map_or(&b"."[..], |at| link.name.get(..at).unwrap_or_default());
            let before = fs::stat(parent).map(|stat| (stat.atime, stat.mtime));
            let made = fs::unlink(&link.name).and_then(|()| fs::symlink(&link.target, &link.name));
            match made {
                Ok(()) => self.set_metadata(ctx, &link.member, &link.name, false),
                Err(error) => {
                    let target = quote::locale(&link.target);
                    let what = format!("create symlink to {}", String::from_utf8_lossy(&target));
                    self.fail(ctx, &link.name, &what, error);
                }
            }
            if let Ok((atime, mtime)) = before {
                // The folder's own time has been set already.
                let _ = fs::utimens(parent, SetTime::At(atime), SetTime::At(mtime), true);
            }
        }
        Ok(())
    }
}

/// Whether a link's target may lie outside of the folder that is extracted into.
fn leads_away(target: &[u8]) -> bool {
    target.starts_with(b"/") || target.split(|byte| *byte == b'/').any(|part| part == b"..")
}

/// Removes a folder with all that is in it; whether it is gone.
fn remove_tree(path: &[u8]) -> bool {
    for entry in folder::entries(path).unwrap_or_default() {
        let path = join(path, &entry.name);
        if fs::unlink(&path).is_err() {
            remove_tree(&path);
        }
    }
    fs::rmdir(path).is_ok()
}

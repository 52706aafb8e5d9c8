//! `tar -c`, `-r`, `-u`: files become members.

use std::collections::HashMap;

use applets::core::accounts::Accounts;
use applets::core::paths::{join, strip_slashes};
use applets::core::{mkdir, mode, stat};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags, Stat, Timestamp};
use wcr_sys::{Errno, Fd, fd, fs};

use super::block::{self, Format, Member, Unfit};
use super::listing::Listing;
use super::options::{Named, Options};
use super::say::{self, Removed};
use super::select::{Excluded, Place, within};
use super::transform::{self, Scope};
use super::writer::Writer;

/// Puts files into an archive.
pub(super) struct Creator<'a> {
    options: &'a Options,
    writer: Writer,
    accounts: Accounts,
    excluded: Excluded,
    listing: Listing,
    removed: Removed,
    /// The files with several names that are in the archive, by their numbers.
    linked: HashMap<(u64, u64), Vec<u8>>,
    /// Of the members that are there already, when each was changed.
    present: HashMap<Vec<u8>, Timestamp>,
    failed: bool,
}

impl<'a> Creator<'a> {
    pub(super) fn new(options: &'a Options, writer: Writer, present: HashMap<Vec<u8>, Timestamp>) -> Self {
        Self {
            options,
            writer,
            accounts: Accounts::default(),
            excluded: Excluded::new(options),
            listing: Listing::new(options.zone(), options.numeric, options.full_time),
            removed: Removed::default(),
            linked: HashMap::new(),
            present,
            failed: false,
        }
    }

    /// Adds what was named and ends the archive. Whether something was wrong.
    /// # Errors
    /// The program cannot go on, which has been told.
    pub(super) fn run(mut self, ctx: &mut Context<'_>) -> Result<bool, Quit> {
        let mut place = Place::new();
        let mut folder = Vec::new();
        for named in &self.options.names {
            match named {
                Named::Folder(next) => {
                    folder = within(&folder, next);
                    place.enter(ctx, &folder, next)?;
                }
                Named::Name(name) => {
                    let stripped = strip_slashes(name);
                    if !self.excluded.has(stripped) {
                        self.add(ctx, stripped, None)?;
                    }
                }
            }
        }
        let (totals, failed) = (self.options.totals, self.failed);
        let len = self.writer.finish(ctx)?;
        if totals {
            let text = format!("Total bytes written: {len} ({}, {}/s)\n", human(len), human(len));
            ctx.put_err(text.as_bytes());
        }
        Ok(failed)
    }

    fn fail(&mut self, ctx: &mut Context<'_>, path: &[u8], what: &str, error: Errno) {
        self.failed |= !self.options.ignore_failed_read;
        if self.options.ignore_failed_read {
            let path = say::shown(path);
            ctx.perror(&[&path, b": Warning: Cannot ", what.as_bytes()], error);
        } else {
            say::cannot(ctx, path, what, error);
        }
    }

    /// Adds a file and, of a folder, what is in it.
    fn add(&mut self, ctx: &mut Context<'_>, path: &[u8], device: Option<u64>) -> Result<(), Quit> {
        let looked = if self.options.follow { fs::stat(path) } else { fs::lstat(path) };
        let stat = match looked {
            Ok(stat) => stat,
            Err(error) => {
                self.fail(ctx, path, "stat", error);
                return Ok(());
            }
        };
        let shown = say::shown(path);
        if self.writer.own == Some((stat.dev, stat.ino)) {
            ctx.complain(&[&shown, b": file is the archive; not dumped"]);
            return Ok(());
        }
        let is_folder = stat.mode.kind() == FileKind::Directory;
        if stat.mode.kind() == FileKind::Socket {
            ctx.complain(&[&shown, b": socket ignored"]);
            return Ok(());
        }
        let is_old = self.options.newer.is_some_and(|newer| stat.mtime < newer);
        if is_old && !is_folder {
            return Ok(());
        }
        let fresh = self.is_fresh(path, &stat);
        if fresh {
            self.add_one(ctx, path, &stat)?;
        }
        let crosses = self.options.one_file_system && device.is_some_and(|device| device != stat.dev);
        if is_folder && self.options.recursion && !crosses {
            self.add_folder(ctx, path, stat.dev)?;
        }
        if self.options.remove_files && !self.failed {
            let removed = if is_folder { fs::rmdir(path) } else { fs::unlink(path) };
            if let Err(error) = removed {
                self.fail(ctx, path, if is_folder { "rmdir" } else { "unlink" }, error);
            }
        }
        Ok(())
    }

    /// Whether the archive has not got it as it is.
    fn is_fresh(&self, path: &[u8], stat: &Stat) -> bool {
        let sought = strip_slashes(path);
        self.present.get(sought).is_none_or(|there| stat.mtime.sec > there.sec)
    }

    fn add_folder(&mut self, ctx: &mut Context<'_>, path: &[u8], device: u64) -> Result<(), Quit> {
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if self.options.sorted {
                    entries.sort_by(|one, other| one.name.cmp(&other.name));
                }
                for entry in entries {
                    let path = join(path, &entry.name);
                    if !self.excluded.has(&path) {
                        self.add(ctx, &path, Some(device))?;
                    }
                }
            }
            Err(error) => self.fail(ctx, path, "open", error),
        }
        Ok(())
    }

    fn add_one(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat) -> Result<(), Quit> {
        let kind = stat.mode.kind();
        let stored = self.stored_name(ctx, path, kind == FileKind::Directory);
        let mut member = self.member(stat);
        member.name = stored;
        if kind == FileKind::Symlink {
            match fs::readlink(path) {
                Ok(target) => member.link = transform::apply(&self.options.transforms, &target, Scope::Symlink),
                Err(error) => {
                    self.fail(ctx, path, "readlink", error);
                    return Ok(());
                }
            }
        }
        // Folders have several names always, and are none of these.
        let several = stat.nlink > 1 && kind != FileKind::Directory && !self.options.follow_hard;
        if several {
            if let Some(first) = self.linked.get(&(stat.dev, stat.ino)) {
                member.link = transform::apply(&self.options.transforms, first, Scope::HardLink);
                (member.kind, member.size) = (block::HARD_LINK, 0);
            } else {
                let name = if self.options.absolute { path.to_vec() } else { self.removed.take_off(ctx, path, true) };
                self.linked.insert((stat.dev, stat.ino), name);
            }
        }
        let mut content = None;
        if member.kind == block::FILE {
            match fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
                Ok(file) => content = Some(file),
                Err(error) => {
                    self.fail(ctx, path, "open", error);
                    return Ok(());
                }
            }
        }
        let header = match block::encode(&member, self.options.format) {
            Ok(header) => header,
            Err(unfit) => {
                let (name, text) = match unfit {
                    Unfit::Name(text) => (&member.name, text),
                    Unfit::Link(text) => (&member.link, text),
                };
                let name = say::shown(name);
                ctx.complain(&[&name, b": ", text.as_bytes(), b"; not dumped"]);
                self.failed = true;
                if let Some(file) = content {
                    // It was not read.
                    let _ = fd::close(file);
                }
                return Ok(());
            }
        };
        self.tell(ctx, path, &member);
        self.writer.put(ctx, &header)?;
        if let Some(file) = content {
            let copied = self.content(ctx, path, file, member.size);
            // It was only read.
            let _ = fd::close(file);
            copied?;
        }
        Ok(())
    }

    /// Names the member, when that is asked for.
    fn tell(&mut self, ctx: &mut Context<'_>, path: &[u8], member: &Member) {
        let slash: &[u8] = if member.is_dir() && path != b"/" { b"/" } else { b"" };
        let name = if self.options.show_transformed { member.name.clone() } else { [path, slash].concat() };
        let line = match self.options.verbose {
            0 => return,
            1 => [&say::shown(&name), b"\n".as_slice()].concat(),
            _ => self.listing.line(member, &name, &member.link),
        };
        if self.writer.is_stdout() { ctx.put_err(&line) } else { ctx.put(&line) }
    }

    /// The name in the archive.
    fn stored_name(&mut self, ctx: &mut Context<'_>, path: &[u8], is_folder: bool) -> Vec<u8> {
        let mut name = transform::apply(&self.options.transforms, path, Scope::Member);
        if is_folder && name != b"/" {
            name.push(b'/');
        }
        if self.options.absolute { name } else { self.removed.take_off(ctx, &name, false) }
    }

    /// What is known of a file but for its name.
    fn member(&mut self, stat: &Stat) -> Member {
        let kind = match stat.mode.kind() {
            FileKind::Symlink => block::SYMLINK,
            FileKind::CharDevice => block::CHAR_DEVICE,
            FileKind::BlockDevice => block::BLOCK_DEVICE,
            FileKind::Directory => block::DIRECTORY,
            FileKind::Fifo => block::FIFO,
            FileKind::Regular | FileKind::Socket => block::FILE,
        };
        let options = self.options;
        let mut mode = stat.mode.permissions();
        if let Some(text) = &options.mode
            && kind != block::SYMLINK
        {
            mode = mode::apply(text, mode, kind == block::DIRECTORY, mkdir::umask()).unwrap_or(mode);
        }
        let (mut uid, mut gid) = (u64::from(stat.uid), u64::from(stat.gid));
        let mut user = self.accounts.user(stat.uid).map(|user| user.name.clone()).unwrap_or_default();
        let mut group = self.accounts.group(stat.gid).map(|group| group.name.clone()).unwrap_or_default();
        if let Some((number, name)) = &options.user {
            (uid, user) = (number.unwrap_or(uid), name.clone());
        }
        if let Some((number, name)) = &options.group {
            (gid, group) = (number.unwrap_or(gid), name.clone());
        }
        if options.numeric {
            user.clear();
            group.clear();
        }
        let is_device = matches!(kind, block::CHAR_DEVICE | block::BLOCK_DEVICE);
        Member {
            name: Vec::new(),
            kind,
            mode,
            uid,
            gid,
            user,
            group,
            size: if kind == block::FILE { stat.size } else { 0 },
            mtime: options.mtime.unwrap_or(stat.mtime),
            others: (options.format == Format::Pax).then_some((stat.atime, stat.ctime)),
            link: Vec::new(),
            device: if is_device { (stat::major(stat.rdev), stat::minor(stat.rdev)) } else { (0, 0) },
        }
    }

    /// Copies a file's content; what it lacks of its size is made up for with zeros.
    fn content(&mut self, ctx: &mut Context<'_>, path: &[u8], file: Fd, size: u64) -> Result<(), Quit> {
        let mut buf = vec![0; size.min(64 << 10) as usize];
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
            let n = match fd::read(file, buf.get_mut(..room).unwrap_or_default()) {
                Ok(0) => {
                    let shown = say::shown(path);
                    let text = format!(": File shrank by {left} bytes; padding with zeros");
                    ctx.complain(&[&shown, text.as_bytes()]);
                    self.failed = true;
                    buf.fill(0);
                    room
                }
                Ok(n) => n,
                Err(Errno::Intr) => continue,
                Err(error) => {
                    self.fail(ctx, path, "read", error);
                    buf.fill(0);
                    room
                }
            };
            self.writer.put(ctx, buf.get(..n).unwrap_or_default())?;
            left -= n as u64;
        }
        self.writer.align(ctx)
    }
}

/// A number of bytes with the unit that suits it.
fn human(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut amount, mut unit) = (bytes as f64, 0);
    while amount >= 1024.0 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let text = if amount < 10.0 && unit > 0 { format!("{amount:.1}") } else { format!("{amount:.0}") };
    format!("{}{}", text.strip_suffix(".0").unwrap_or(&text), units.get(unit).copied().unwrap_or("B"))
}

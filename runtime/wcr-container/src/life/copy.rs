//! Files on their way into a container and out of it, as a tar.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write};
use std::path::Path;

use tar::{Archive, EntryType};
use wcr_abi::{Errno, FileKind, Mode, OpenFlags, Stat, Timestamp};
use wcr_image::{InodeTar, Inodes};
use wcr_vfs::{Creds, MountInfo, Node, SetTime, SetTimes, Vfs, Walk};

use crate::life::error::LifeError;
use crate::life::frame::Found;

/// In which pieces contents are copied, in bytes.
const PIECE: usize = 256 << 10;

fn failed(path: &[u8]) -> impl Fn(Errno) -> LifeError {
    let path = String::from_utf8_lossy(path).escape_debug().to_string();
    move |errno| LifeError::Path { path: path.clone(), reason: errno.to_string() }
}

fn broken(archive: &Path) -> impl Fn(io::Error) -> LifeError {
    let path = archive.display().to_string();
    move |error| LifeError::Path { path: path.clone(), reason: error.to_string() }
}

/// What is at a path, as root sees it.
///
/// # Errors
/// [`LifeError::Path`] when not even the folder that it would be in is there.
pub(crate) fn find(vfs: &mut Vfs, path: &[u8], follow: bool) -> Result<Found, LifeError> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    match vfs.resolve_node(&walk, None, path, follow) {
        Ok(node) => {
            let is_dir = vfs.perm(node).map_err(failed(path))?.mode.kind() == FileKind::Directory;
            Ok(if is_dir { Found::Folder } else { Found::File })
        }
        Err(Errno::Noent) => {
            let trimmed = path.strip_suffix(b"/").unwrap_or(path);
            let end = trimmed.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
            let parent = trimmed.get(..end).filter(|parent| !parent.is_empty()).unwrap_or(b"/");
            vfs.resolve_node(&walk, None, parent, true).map_err(failed(path))?;
            Ok(Found::Nothing)
        }
        Err(errno) => Err(failed(path)(errno)),
    }
}

/// Writes what is at a path to a tar of the host's: the folder with all that is in it, or the one file. Its name in the tar
/// is the last one of the path, and `.` where the path asks for what is in the folder.
///
/// # Errors
/// [`LifeError::Path`].
pub(crate) fn pack(vfs: &mut Vfs, path: &[u8], follow: bool, archive: &Path) -> Result<(), LifeError> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let node = vfs.resolve_node(&walk, None, path, follow).map_err(failed(path))?;
    let file = File::create(archive).map_err(broken(archive))?;
    let mut out = BufWriter::with_capacity(PIECE, file);
    let name = path.split(|byte| *byte == b'/').rfind(|part| !part.is_empty());
    write_tree(vfs, vec![(name.unwrap_or(b".").to_vec(), node)], &mut out)?;
    out.flush().map_err(broken(archive))
}

/// Writes all files as a tar, whose names begin below the root.
///
/// # Errors
/// [`LifeError::Path`].
pub(crate) fn pack_all(vfs: &mut Vfs, out: &mut dyn Write) -> Result<(), LifeError> {
    let root = vfs.root();
    let mut left = Vec::new();
    for entry in vfs.entries(root).map_err(failed(b"/"))?.into_iter().rev() {
        let child = vfs.entry(root, &entry.name).map_err(failed(&entry.name))?;
        left.push((entry.name, child));
    }
    write_tree(vfs, left, out)
}

/// The inodes of all mounts.
struct Mounted<'a>(&'a mut Vfs);

impl Inodes for Mounted<'_> {
    type Id = Node;

    fn stat(&mut self, id: Node) -> Result<Stat, Errno> {
        self.0.stat_node(id)
    }

    fn readlink(&mut self, id: Node) -> Result<Vec<u8>, Errno> {
        let walk = Walk::new(self.0.root(), Creds::root(), 0);
        self.0.readlink_node(&walk, id)
    }

    fn read(&mut self, id: Node, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        self.0.read_node(id, offset, buf)
    }
}

/// The devices of what every container gets mounted: what is in there is no file of its own, and changes as it is read.
fn systems(vfs: &mut Vfs) -> Vec<u64> {
    let is_systems =
        |mount: &MountInfo| matches!(mount.options.fstype.as_str(), "proc" | "sysfs") || mount.path == b"/dev";
    vfs.mounts().into_iter().filter(is_systems).map(|mount| mount.dev).collect()
}

/// Writes inodes under their names, and what is in them; the last one first. What every container gets mounted is empty
/// where a folder leads there.
fn write_tree(vfs: &mut Vfs, start: Vec<(Vec<u8>, Node)>, out: &mut dyn Write) -> Result<(), LifeError> {
    let systems = systems(vfs);
    let mut tar = InodeTar::new(Mounted(vfs), out);
    let mut left: Vec<(Vec<u8>, Node, Option<u64>)> =
        start.into_iter().map(|(name, node)| (name, node, None)).collect();
    while let Some((name, node, outer)) = left.pop() {
        tar.add(&name, node).map_err(|error| LifeError::Path {
            path: String::from_utf8_lossy(&name).escape_debug().to_string(),
            reason: error.to_string(),
        })?;
        let vfs = &mut *tar.inodes().0;
        let stat = vfs.stat_node(node).map_err(failed(&name))?;
        let is_entered = outer.is_none_or(|outer| outer == stat.dev || !systems.contains(&stat.dev));
        if stat.mode.kind() == FileKind::Directory && is_entered {
            for entry in vfs.entries(node).map_err(failed(&name))?.into_iter().rev() {
                let child = vfs.entry(node, &entry.name).map_err(failed(&entry.name))?;
                left.push(([name.as_slice(), b"/", &entry.name].concat(), child, Some(stat.dev)));
            }
        }
    }
    tar.finish().map_err(broken(Path::new("the archive")))
}

/// Puts the entries of a tar of the host's into a folder, which is there. What is there already is replaced; names cannot
/// lead out of the container, since its own rules hold for them.
///
/// # Errors
/// [`LifeError::Path`].
pub(crate) fn unpack(vfs: &mut Vfs, folder: &[u8], archive: &Path, now: Timestamp) -> Result<(), LifeError> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let folder = vfs.resolve_node(&walk, None, folder, true).map_err(failed(folder))?;
    let file = File::open(archive).map_err(broken(archive))?;
    let mut tar = Archive::new(BufReader::new(file));
    let mut times = Vec::new();
    for entry in tar.entries().map_err(broken(archive))? {
        let mut entry = entry.map_err(broken(archive))?;
        let bytes = entry.path_bytes().into_owned();
        let name = clean(&bytes).ok_or_else(|| LifeError::Path {
            path: String::from_utf8_lossy(&bytes).escape_debug().to_string(),
            reason: "the name leads out of the folder".into(),
        })?;
        if name.is_empty() {
            continue;
        }
        let fail = failed(&name);
        let header = entry.header().clone();
        let number =
            |value: io::Result<u64>| value.ok().and_then(|value| u32::try_from(value).ok()).unwrap_or_default();
        let permissions = header.mode().unwrap_or(0o644) & 0o7777;
        parents(vfs, &walk, folder, &name, now).map_err(&fail)?;
        let kind = header.entry_type();
        let is_dir = kind == EntryType::Directory;
        let there = vfs.resolve_node(&walk, Some(folder), &name, false);
        let is_there_dir = |vfs: &mut Vfs, node| vfs.perm(node).map(|perm| perm.mode.kind() == FileKind::Directory);
        match there {
            Ok(node) if is_there_dir(vfs, node).map_err(&fail)? => {
                if !is_dir {
                    return Err(fail(Errno::Isdir));
                }
            }
            Ok(_) => drop(vfs.unlink(&walk, Some(folder), &name, now).map_err(&fail)?),
            Err(_) => {}
        }
        let link = || entry.link_name_bytes().map(|link| link.into_owned()).unwrap_or_default();
        match kind {
            EntryType::Directory => {
                if there.is_err() {
                    vfs.mkdir(&walk, Some(folder), &name, permissions, now).map_err(&fail)?;
                }
            }
            EntryType::Symlink => {
                vfs.symlink(&walk, &link(), Some(folder), &name, now).map_err(&fail)?;
            }
            EntryType::Link => {
                let target = clean(&link()).ok_or_else(|| fail(Errno::Noent))?;
                vfs.link(&walk, Some(folder), &target, false, Some(folder), &name, now).map_err(&fail)?;
                continue;
            }
            EntryType::Fifo => {
                let mode = Mode::new(FileKind::Fifo, permissions);
                vfs.mknod(&walk, Some(folder), &name, mode.0, 0, now).map_err(&fail)?;
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL);
                let found = vfs.open(&walk, Some(folder), &name, flags, permissions, now).map_err(&fail)?;
                let wcr_vfs::Found::Here(opened) = found else { return Err(fail(Errno::Io)) };
                let mut piece = vec![0; PIECE];
                let mut at = 0;
                loop {
                    let got = entry.read(&mut piece).map_err(broken(archive))?;
                    let mut rest = piece.get(..got).unwrap_or_default();
                    while !rest.is_empty() {
                        let done = vfs.write_node(Creds::root(), opened.node, at, rest, now).map_err(&fail)?;
                        rest = rest.get(done..).unwrap_or_default();
                        at += done as u64;
                    }
                    if got == 0 {
                        break;
                    }
                }
            }
            other => {
                let reason = format!("entries of the kind {other:?} cannot be copied");
                return Err(LifeError::Path {
                    path: String::from_utf8_lossy(&name).escape_debug().to_string(),
                    reason,
                });
            }
        }
        let node = vfs.resolve_node(&walk, Some(folder), &name, false).map_err(&fail)?;
        let (uid, gid) = (number(header.uid()), number(header.gid()));
        vfs.chown_node(Creds::root(), node, Some(uid), Some(gid), now).map_err(&fail)?;
        if kind != EntryType::Symlink {
            vfs.chmod_node(Creds::root(), node, permissions, now).map_err(&fail)?;
        }
        let mtime = i64::try_from(header.mtime().unwrap_or_default()).unwrap_or_default();
        times.push((node, Timestamp { sec: mtime, nsec: 0 }));
    }
    // Last, since what is put into a folder changes its time.
    for (node, mtime) in times {
        let times = SetTimes { atime: SetTime::At(mtime), mtime: SetTime::At(mtime) };
        vfs.utimens_node(Creds::root(), node, times, now).map_err(failed(b"a file's times"))?;
    }
    Ok(())
}

/// Makes the folders that a name leads through and that are not there.
fn parents(vfs: &mut Vfs, walk: &Walk<'_>, folder: Node, name: &[u8], now: Timestamp) -> Result<(), Errno> {
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    for end in slashes {
        let part = name.get(..end).unwrap_or_default();
        match vfs.mkdir(walk, Some(folder), part, 0o755, now) {
            Ok(_) | Err(Errno::Exist) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A name of an archive without what means nothing in it; `None` when it leads upwards.
fn clean(name: &[u8]) -> Option<Vec<u8>> {
    let parts = name.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let parts: Vec<&[u8]> = parts.collect();
    (!parts.contains(&&b".."[..])).then(|| parts.join(&b'/'))
}

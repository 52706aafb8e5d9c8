//! A container's file systems: the image's layers with a writable tree over them, and what is mounted there.

use std::collections::BTreeSet;

use wcr_abi::{Errno, FileKind, OpenFlags, Timestamp};
use wcr_kernel::{ProcFs, ProcTable};
use wcr_vfs::{Creds, FileSystem, Found, MountOptions, Node, SetTime, SetTimes, Tree, TreeLimits, Vfs, Walk, dev};

use crate::error::BootError;
use crate::path::clean;
use crate::root::Root;
use crate::settings::FileIn;
use crate::text::shown;

/// The most of `/etc/passwd` and `/etc/group` that is read, in bytes.
const ACCOUNTS_MAX: u64 = 4 << 20;
/// The most bytes in `/dev`, as with Docker.
const DEV_BYTES: u64 = 64 << 20;
/// The longest file that is read as a whole, in bytes.
const READ_MAX: u64 = 256 << 20;

/// Puts the file systems together that every container has: its root, `/proc`, `/dev`, `/sys`.
///
/// # Errors
/// [`BootError::Rootfs`].
pub(crate) fn assemble(root: Root, proc_table: &ProcTable, now: Timestamp) -> Result<Vfs, BootError> {
    let fail = |what: &'static str| move |errno| BootError::Rootfs { what, errno };
    let mut vfs = root.into_vfs();
    let mut dev = Tree::new(TreeLimits { bytes: DEV_BYTES, ..TreeLimits::default() }, now);
    dev::populate(&mut dev, now).map_err(fail("/dev"))?;
    let sys = Tree::new(TreeLimits { bytes: 0, inodes: 0 }, now);
    let plain = |kind: &str| MountOptions { no_exec: true, no_dev: true, no_suid: true, ..options(kind, kind) };
    let proc_options = plain(ProcFs::TYPE);
    mount(&mut vfs, "/proc", Box::new(ProcFs::new(proc_table.clone())), proc_options, now).map_err(fail("/proc"))?;
    let data = format!("size={}k,mode=755", DEV_BYTES >> 10);
    let dev_options = MountOptions { no_suid: true, data, ..options("tmpfs", "tmpfs") };
    mount(&mut vfs, "/dev", Box::new(dev), dev_options, now).map_err(fail("/dev"))?;
    let sys_options = MountOptions { read_only: true, ..plain("sysfs") };
    mount(&mut vfs, "/sys", Box::new(sys), sys_options, now).map_err(fail("/sys"))?;
    Ok(vfs)
}

/// A file system that the host has for a container.
pub struct Mount {
    /// Where it appears: an absolute path without `.`, `..` and double slashes, not `/`.
    pub path: String,
    /// The file system; its root may be a file.
    pub fs: Box<dyn FileSystem>,
    /// What `/proc/mounts` says of it.
    pub options: MountOptions,
}

/// Puts back when folders were last changed: what a container gets anyway is no change of its image's.
pub(crate) fn put_back_times(vfs: &mut Vfs, times: &[(&[u8], Timestamp)], now: Timestamp) {
    for (path, mtime) in times {
        let walk = Walk::new(vfs.root(), Creds::root(), 0);
        let Ok(node) = vfs.resolve_node(&walk, None, path, true) else { continue };
        let times = SetTimes { atime: SetTime::Omit, mtime: SetTime::At(*mtime) };
        // Nothing depends on it.
        let _ = vfs.utimens_node(Creds::root(), node, times, now);
    }
}

/// Mounts what the host has. From here on, what is written may be written on the host.
///
/// # Errors
/// [`BootError::Mount`], [`BootError::MountTwice`].
pub(crate) fn mount_all(vfs: &mut Vfs, mut mounts: Vec<Mount>, now: Timestamp) -> Result<(), BootError> {
    // The outer ones first, whatever their order was, so that none covers another.
    mounts.sort_by_key(|mount| mount.path.matches('/').count());
    let mut places = BTreeSet::new();
    if let Some(twice) = mounts.iter().find(|mount| !places.insert(&mount.path)) {
        return Err(BootError::MountTwice(shown(twice.path.as_bytes())));
    }
    for Mount { path, fs, options } in mounts {
        mount(vfs, &path, fs, options, now)
            .map_err(|errno| BootError::Mount { path: shown(path.as_bytes()), errno })?;
    }
    Ok(())
}

/// Puts a file into the container, in place of one that is there; missing directories are made.
///
/// # Errors
/// [`BootError::FileIn`].
pub(crate) fn put_file(vfs: &mut Vfs, file: &FileIn, now: Timestamp) -> Result<(), BootError> {
    let fail = |reason: String| BootError::FileIn { path: shown(file.path.as_bytes()), reason };
    if !file.path.starts_with('/') || file.path.contains('\0') {
        return Err(fail("it needs an absolute path".into()));
    }
    let path = clean(&file.path);
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    make_dirs(vfs, &walk, parent, now)
        .and_then(|()| write_file(vfs, &walk, path.as_bytes(), &file.content, file.mode, now))
        .map_err(|errno| fail(errno.to_string()))
}

/// Writes a whole file, which is made with `mode` when it is missing.
///
/// # Errors
/// Those of `open` and `write`.
pub(crate) fn write_file(
    vfs: &mut Vfs,
    walk: &Walk<'_>,
    path: &[u8],
    content: &[u8],
    mode: u32,
    now: Timestamp,
) -> Result<(), Errno> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
    let Found::Here(opened) = vfs.open(walk, None, path, flags, mode, now)? else { return Err(Errno::Noent) };
    let mut done = 0;
    while let Some(rest) = content.get(done..).filter(|rest| !rest.is_empty()) {
        done += vfs.write_node(walk.creds, opened.node, done as u64, rest, now)?;
    }
    Ok(())
}

fn options(source: &str, fstype: &str) -> MountOptions {
    MountOptions { source: source.into(), fstype: fstype.into(), ..MountOptions::default() }
}

/// Mounts at `path`, making what is missing of it: folders, and at last a folder or an empty file.
fn mount(
    vfs: &mut Vfs,
    path: &str,
    mut fs: Box<dyn FileSystem>,
    options: MountOptions,
    now: Timestamp,
) -> Result<(), Errno> {
    let root = fs.root();
    let is_dir = fs.perm(root)?.mode.kind() == FileKind::Directory;
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    match vfs.resolve(&walk, None, path.as_bytes(), true) {
        Ok(_) => {}
        Err(Errno::Noent) if is_dir => make_dirs(vfs, &walk, path, now)?,
        Err(Errno::Noent) => {
            make_dirs(vfs, &walk, path.rsplit_once('/').map_or("", |(parent, _)| parent), now)?;
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT);
            vfs.open(&walk, None, path.as_bytes(), flags, 0o755, now)?;
        }
        Err(errno) => return Err(errno),
    }
    vfs.mount_at(&walk, path.as_bytes(), fs, options).map(drop)
}

/// Makes a directory and those above it, where they are missing.
///
/// # Errors
/// `NOTDIR` when something else is in the way; `ROFS` on a read-only bind.
pub(crate) fn make_dirs(vfs: &mut Vfs, walk: &Walk<'_>, path: &str, now: Timestamp) -> Result<(), Errno> {
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    for end in ends {
        let Some(part) = path.get(..end).filter(|part| part.len() > 1) else { continue };
        match vfs.resolve(walk, None, part.as_bytes(), true) {
            Ok(_) => {}
            Err(Errno::Noent) => drop(vfs.mkdir(walk, None, part.as_bytes(), 0o755, now)?),
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Makes sure that the working directory is there.
///
/// # Errors
/// [`BootError::Workdir`].
pub(crate) fn make_workdir(vfs: &mut Vfs, path: &str, now: Timestamp) -> Result<(), BootError> {
    let fail = |errno: Errno| BootError::Workdir { path: shown(path.as_bytes()), reason: errno.to_string() };
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    make_dirs(vfs, &walk, path, now).map_err(fail)?;
    check_workdir(vfs, path)
}

/// Checks that the working directory is there, and is one.
///
/// # Errors
/// [`BootError::NoWorkdir`], [`BootError::Workdir`].
pub(crate) fn check_workdir(vfs: &mut Vfs, path: &str) -> Result<(), BootError> {
    let fail = |errno: Errno| match errno {
        Errno::Noent => BootError::NoWorkdir(shown(path.as_bytes())),
        _ => BootError::Workdir { path: shown(path.as_bytes()), reason: errno.to_string() },
    };
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let node = vfs.resolve_node(&walk, None, path.as_bytes(), true).map_err(fail)?;
    let is_dir = vfs.perm(node).map_err(fail)?.mode.kind() == FileKind::Directory;
    if is_dir { Ok(()) } else { Err(fail(Errno::Notdir)) }
}

/// The whole content of a file, as root reads it; links are followed.
///
/// # Errors
/// Those of the path walk; `ISDIR` a directory; `INVAL` another special file; `FBIG` over [`READ_MAX`].
pub(crate) fn read_file(vfs: &mut Vfs, path: &[u8]) -> Result<Vec<u8>, Errno> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let node = vfs.resolve_node(&walk, None, path, true)?;
    let stat = vfs.stat_node(node)?;
    match stat.mode.kind() {
        FileKind::Regular if stat.size <= READ_MAX => read_node(vfs, node, stat.size),
        FileKind::Regular => Err(Errno::Fbig),
        FileKind::Directory => Err(Errno::Isdir),
        _ => Err(Errno::Inval),
    }
}

/// The first `size` bytes of a file, or as many as there are.
pub(crate) fn read_node(vfs: &mut Vfs, node: Node, size: u64) -> Result<Vec<u8>, Errno> {
    let mut content = vec![0; usize::try_from(size).map_err(|_| Errno::Fbig)?];
    let mut done = 0;
    while let Some(rest) = content.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match vfs.read_node(node, done as u64, rest)? {
            0 => break,
            count => done += count,
        }
    }
    content.truncate(done);
    Ok(content)
}

/// The content of a small file of the image; empty when there is no such file.
pub(crate) fn read_accounts(vfs: &mut Vfs, path: &[u8]) -> Vec<u8> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let Ok(Found::Here(node)) = vfs.resolve(&walk, None, path, true) else { return Vec::new() };
    let Ok(stat) = vfs.stat_node(node) else { return Vec::new() };
    if stat.mode.kind() != FileKind::Regular {
        return Vec::new();
    }
    read_node(vfs, node, stat.size.min(ACCOUNTS_MAX)).unwrap_or_default()
}

/// The lines of `/proc/mounts`.
pub(crate) fn mounts_text(vfs: &mut Vfs) -> String {
    let line = |mount: wcr_vfs::MountInfo| {
        let MountOptions { source, fstype, .. } = &mount.options;
        let path = escape(&String::from_utf8_lossy(&mount.path));
        format!("{} {path} {fstype} {} 0 0\n", escape(source), mount.options.text())
    };
    vfs.mounts().into_iter().map(line).collect()
}

/// The lines of `/proc/PID/mountinfo` (proc(5)).
pub(crate) fn mountinfo_text(vfs: &mut Vfs) -> String {
    let line = |mount: wcr_vfs::MountInfo| {
        let MountOptions { source, fstype, data, read_only, .. } = &mount.options;
        let path = escape(&String::from_utf8_lossy(&mount.path));
        let flags = MountOptions { data: String::new(), ..mount.options.clone() }.text();
        let access = if *read_only { "ro" } else { "rw" };
        let own = if data.is_empty() { access.to_owned() } else { format!("{access},{data}") };
        let (id, parent) = (FIRST_MOUNT + mount.dev, mount.parent.map_or(FIRST_MOUNT, |parent| FIRST_MOUNT + parent));
        format!("{id} {parent} 0:{} / {path} {flags} - {fstype} {} {own}\n", mount.dev, escape(source))
    };
    vfs.mounts().into_iter().map(line).collect()
}

/// The number before those of the container's own mounts.
const FIRST_MOUNT: u64 = 20;

/// Space, tab, newline and backslash in octal, as the kernel writes them (fstab(5)).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\n' | '\\' => out.push_str(&format!("\\{:03o}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::ContainerImage;

    const NOW: Timestamp = Timestamp { sec: 1, nsec: 0 };

    fn assembled() -> Vfs {
        let empty = ContainerImage { layers: Vec::new(), config: Default::default(), platform: Default::default() };
        assemble(Root::new(&empty, None).unwrap(), &ProcTable::default(), NOW).unwrap()
    }

    #[test]
    fn an_empty_image_gets_its_mounts() {
        let mut vfs = assembled();
        let text = mounts_text(&mut vfs);
        assert_eq!(
            text,
            "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n\
             tmpfs /dev tmpfs rw,nosuid,relatime,size=65536k,mode=755 0 0\n\
             sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0\n"
        );
        assert_eq!(escape("a b\\"), "a\\040b\\134");
    }

    #[test]
    fn mounts_appear_where_they_are_asked_for() {
        let mut vfs = assembled();
        let mount = |path: &str, read_only| Mount {
            path: path.into(),
            fs: Box::new(Tree::new(TreeLimits::default(), NOW)),
            options: MountOptions { read_only, ..options(path, "test") },
        };
        // The inner one is named first and must not be covered.
        mount_all(&mut vfs, vec![mount("/a/b/c", true), mount("/a/b", false)], NOW).unwrap();
        let walk = Walk::new(vfs.root(), Creds::root(), 0);
        assert_eq!(vfs.mkdir(&walk, None, b"/a/b/c/x", 0o755, NOW), Err(Errno::Rofs));
        assert!(vfs.mkdir(&walk, None, b"/a/b/x", 0o755, NOW).is_ok());
        let error = mount_all(&mut vfs, vec![mount("/dev/null", false)], NOW).unwrap_err();
        assert!(matches!(error, BootError::Mount { errno: Errno::Notdir, .. }), "{error}");
        let error = mount_all(&mut vfs, vec![mount("/c", false), mount("/c", false)], NOW).unwrap_err();
        assert!(matches!(error, BootError::MountTwice(_)), "{error}");
    }

    #[test]
    fn files_are_put_where_they_are_asked_for() {
        let mut vfs = assembled();
        let file = |path: &str| FileIn { path: path.into(), content: b"content".to_vec(), mode: 0o600 };
        put_file(&mut vfs, &file("/new/./folder/../name"), NOW).unwrap();
        assert_eq!(read_accounts(&mut vfs, b"/new/name"), b"content");
        for path in ["relative", "/", "/dev", "/dev/null/x", "/a\0b"] {
            let error = put_file(&mut vfs, &file(path), NOW).unwrap_err();
            assert!(matches!(error, BootError::FileIn { .. }), "{path}: {error}");
        }
    }

    #[test]
    fn the_working_directory_is_made() {
        let mut vfs = assembled();
        make_workdir(&mut vfs, "/made/for/this", NOW).unwrap();
        make_workdir(&mut vfs, "/", NOW).unwrap();
        let error = make_workdir(&mut vfs, "/dev/null", NOW).unwrap_err();
        assert_eq!(error.to_string(), "working directory /dev/null: Not a directory");
    }
}

//! A container's file systems: the image's layers with a writable tree over them, and what is mounted there.

use std::collections::BTreeSet;

use wcr_abi::{Errno, FileKind, OpenFlags, Timestamp};
use wcr_kernel::{ProcFs, ProcTable};
use wcr_vfs::{Creds, FileSystem, Found, MountOptions, Tree, TreeLimits, Vfs, Walk, dev};

use crate::bind::Bind;
use crate::error::RunError;
use crate::hostfs::HostFs;
use crate::image::ContainerImage;
use crate::text::shown;

/// The most of `/etc/passwd` and `/etc/group` that is read, in bytes.
const ACCOUNTS_MAX: u64 = 4 << 20;

/// Puts the file systems together that every container has: the image, `/proc`, `/dev`, `/sys`.
///
/// # Errors
/// [`RunError::Rootfs`].
pub(crate) fn assemble(image: &ContainerImage, proc_table: &ProcTable, now: Timestamp) -> Result<Vfs, RunError> {
    let fail = |what: &'static str| move |errno| RunError::Rootfs { what, errno };
    let tree = Tree::over(image.layers.clone(), TreeLimits::default()).map_err(fail("the layers"))?;
    let mut vfs = Vfs::new(Box::new(tree), options("overlay", "overlay", false));
    let mut dev = Tree::new(TreeLimits::default(), now);
    dev::populate(&mut dev, now).map_err(fail("/dev"))?;
    let sys = Tree::new(TreeLimits::default(), now);
    mount(&mut vfs, "/proc", Box::new(ProcFs::new(proc_table.clone())), options("proc", "proc", false), now)
        .map_err(fail("/proc"))?;
    mount(&mut vfs, "/dev", Box::new(dev), options("tmpfs", "tmpfs", false), now).map_err(fail("/dev"))?;
    mount(&mut vfs, "/sys", Box::new(sys), options("sysfs", "sysfs", true), now).map_err(fail("/sys"))?;
    Ok(vfs)
}

/// Mounts the folders and files of the host. From here on, what is written may be written on the host.
///
/// # Errors
/// [`RunError::BindHost`], [`RunError::BindTwice`], [`RunError::BindPlace`].
pub(crate) fn mount_binds(vfs: &mut Vfs, binds: &[Bind], now: Timestamp) -> Result<(), RunError> {
    let mut places = BTreeSet::new();
    for bind in binds {
        if !places.insert(&bind.container) {
            return Err(RunError::BindTwice(bind.container.clone()));
        }
    }
    // The outer ones first, whatever their order was, so that none covers another.
    let mut sorted: Vec<&Bind> = binds.iter().collect();
    sorted.sort_by_key(|bind| bind.container.matches('/').count());
    for bind in sorted {
        mount_bind(vfs, bind, now)?;
    }
    Ok(())
}

fn options(source: &str, fstype: &str, read_only: bool) -> MountOptions {
    MountOptions { read_only, source: source.into(), fstype: fstype.into() }
}

fn mount_bind(vfs: &mut Vfs, bind: &Bind, now: Timestamp) -> Result<(), RunError> {
    let opened = HostFs::open(&bind.host);
    let fs = opened.map_err(|source| RunError::BindHost { path: bind.host.clone(), source })?;
    let options = options(&bind.host.to_string_lossy(), "bind", bind.read_only);
    mount(vfs, &bind.container, Box::new(fs), options, now)
        .map_err(|errno| RunError::BindPlace { path: shown(bind.container.as_bytes()), errno })
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
/// [`RunError::Workdir`].
pub(crate) fn make_workdir(vfs: &mut Vfs, path: &str, now: Timestamp) -> Result<(), RunError> {
    let fail = |errno: Errno| RunError::Workdir { path: shown(path.as_bytes()), reason: errno.to_string() };
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    make_dirs(vfs, &walk, path, now).map_err(fail)?;
    let node = vfs.resolve_node(&walk, None, path.as_bytes(), true).map_err(fail)?;
    let is_dir = vfs.perm(node).map_err(fail)?.mode.kind() == FileKind::Directory;
    if is_dir { Ok(()) } else { Err(fail(Errno::Notdir)) }
}

/// The content of a small file of the image; empty when there is no such file.
pub(crate) fn read_accounts(vfs: &mut Vfs, path: &[u8]) -> Vec<u8> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let Ok(Found::Here(node)) = vfs.resolve(&walk, None, path, true) else { return Vec::new() };
    let Ok(stat) = vfs.stat_node(node) else { return Vec::new() };
    if stat.mode.kind() != FileKind::Regular {
        return Vec::new();
    }
    let mut content = vec![0; usize::try_from(stat.size.min(ACCOUNTS_MAX)).unwrap_or_default()];
    let mut done = 0;
    while let Some(rest) = content.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match vfs.read_node(node, done as u64, rest) {
            Ok(0) | Err(_) => break,
            Ok(count) => done += count,
        }
    }
    content.truncate(done);
    content
}

/// The lines of `/proc/mounts`.
pub(crate) fn mounts_text(vfs: &mut Vfs) -> String {
    let line = |mount: wcr_vfs::MountInfo| {
        let options = if mount.options.read_only { "ro" } else { "rw" };
        let path = escape(&String::from_utf8_lossy(&mount.path));
        format!("{} {path} {} {options},relatime 0 0\n", escape(&mount.options.source), mount.options.fstype)
    };
    vfs.mounts().into_iter().map(line).collect()
}

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

    const NOW: Timestamp = Timestamp { sec: 1, nsec: 0 };

    fn empty() -> ContainerImage {
        ContainerImage { layers: Vec::new(), config: Default::default(), platform: Default::default() }
    }

    fn assembled(binds: &[Bind]) -> Result<Vfs, RunError> {
        let mut vfs = assemble(&empty(), &ProcTable::default(), NOW)?;
        mount_binds(&mut vfs, binds, NOW).map(|()| vfs)
    }

    fn bind(host: &std::path::Path, container: &str, read_only: bool) -> Bind {
        Bind { host: host.to_owned(), container: container.into(), read_only }
    }

    #[test]
    fn an_empty_image_gets_its_mounts() {
        let mut vfs = assembled(&[]).unwrap();
        let text = mounts_text(&mut vfs);
        assert_eq!(
            text,
            "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n\
             tmpfs /dev tmpfs rw,relatime 0 0\nsysfs /sys sysfs ro,relatime 0 0\n"
        );
        assert_eq!(escape("a b\\"), "a\\040b\\134");
    }

    #[test]
    fn binds_appear_where_they_are_asked_for() {
        let host = tempfile::tempdir().unwrap();
        std::fs::write(host.path().join("file"), "content").unwrap();
        let inner = tempfile::tempdir().unwrap();
        std::fs::write(inner.path().join("inner"), "inner").unwrap();
        // The inner one is named first and must not be covered.
        let binds = [bind(inner.path(), "/a/b/c", true), bind(host.path(), "/a/b", false)];
        let mut vfs = assembled(&binds).unwrap();
        assert_eq!(read_accounts(&mut vfs, b"/a/b/file"), b"content");
        assert_eq!(read_accounts(&mut vfs, b"/a/b/c/inner"), b"inner");
        let walk = Walk::new(vfs.root(), Creds::root(), 0);
        assert_eq!(vfs.mkdir(&walk, None, b"/a/b/c/x", 0o755, NOW), Err(Errno::Rofs));
        assert!(vfs.mkdir(&walk, None, b"/a/b/x", 0o755, NOW).is_ok());
        assert!(host.path().join("x").is_dir());
    }

    #[test]
    fn a_file_is_bound_over_a_missing_or_existing_one() {
        let host = tempfile::tempdir().unwrap();
        let file = host.path().join("file");
        std::fs::write(&file, "content").unwrap();
        let mut vfs = assembled(&[bind(&file, "/new/name", true), bind(&file, "/dev/null", true)]).unwrap();
        assert_eq!(read_accounts(&mut vfs, b"/new/name"), b"content");
        assert_eq!(read_accounts(&mut vfs, b"/dev/null"), b"content");
    }

    #[test]
    fn bad_binds_are_refused() {
        let host = tempfile::tempdir().unwrap();
        let missing = host.path().join("missing");
        let error = assembled(&[bind(&missing, "/a", false)]).unwrap_err();
        assert!(matches!(&error, RunError::BindHost { .. }) && error.exit_code() == 125);
        assert!(error.to_string().contains("missing"), "{error}");
        let error = assembled(&[bind(host.path(), "/a", false), bind(host.path(), "/a", true)]).unwrap_err();
        assert!(matches!(error, RunError::BindTwice(_)));
        let error = assembled(&[bind(host.path(), "/dev/null", false)]).unwrap_err();
        assert!(matches!(error, RunError::BindPlace { errno: Errno::Notdir, .. }), "{error}");
        let error = assembled(&[bind(host.path(), "/dev/null/x", false)]).unwrap_err();
        assert!(matches!(error, RunError::BindPlace { errno: Errno::Notdir, .. }), "{error}");
    }

    #[test]
    fn the_working_directory_is_made() {
        let mut vfs = assembled(&[]).unwrap();
        make_workdir(&mut vfs, "/made/for/this", NOW).unwrap();
        make_workdir(&mut vfs, "/", NOW).unwrap();
        let error = make_workdir(&mut vfs, "/dev/null", NOW).unwrap_err();
        assert_eq!(error.to_string(), "working directory /dev/null: Not a directory");
    }
}

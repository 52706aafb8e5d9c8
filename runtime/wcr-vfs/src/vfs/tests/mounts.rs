//! File systems over others.

use super::*;
use wcr_abi::FileKind;

fn named(source: &str, read_only: bool) -> MountOptions {
    MountOptions { read_only, source: source.to_owned(), fstype: "tmpfs".to_owned(), ..MountOptions::default() }
}

/// `/` with `/mnt/deep`, and a tmpfs with `/inner` over `/mnt`.
fn mounted(read_only: bool) -> (Vfs, Node, Node) {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let at = vfs.mkdir(&walk, None, b"mnt", 0o755, NOW).unwrap();
    vfs.mkdir(&walk, None, b"mnt/deep", 0o755, NOW).unwrap();
    let mut inner = tree();
    let new = crate::fs::NewInode {
        mode: wcr_abi::Mode::new(FileKind::Directory, 0o700),
        uid: 0,
        gid: 0,
        rdev: 0,
        target: &[],
    };
    inner.create(inner.root(), b"inner", &new, NOW).unwrap();
    let top = vfs.mount(at, inner, named("inner", read_only)).unwrap();
    (vfs, at, top)
}

#[test]
fn a_mount_covers_and_dot_dot_leads_out() {
    let (mut vfs, at, top) = mounted(false);
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    assert_eq!(vfs.resolve(&walk, None, b"/mnt/../mnt/.", true), Ok(Found::Here(top)));
    assert_eq!(vfs.resolve(&walk, None, b"mnt/deep", true), Err(Errno::Noent));
    assert_eq!(vfs.resolve(&walk, None, b"mnt/inner/../..", true), Ok(Found::Here(vfs.root())));
    let inner = vfs.resolve_node(&walk, None, b"mnt/inner", true).unwrap();
    assert_eq!(vfs.path_of(inner).unwrap(), b"/mnt/inner");
    assert_eq!(vfs.path_of(top).unwrap(), b"/mnt");
    assert_eq!(vfs.path_of(vfs.root()).unwrap(), b"/");
    assert_eq!((vfs.stat_node(at).unwrap().dev, vfs.stat_node(inner).unwrap().dev), (1, 2));
    let entries = vfs.entries(vfs.root()).unwrap();
    assert_eq!((entries[0].ino, entries[0].kind), (top.ino, FileKind::Directory));
}

#[test]
fn entries_are_described_as_they_are_found_by_name() {
    let (mut vfs, _, top) = mounted(false);
    open(&mut vfs, Creds::root(), b"file", CREATE).unwrap();
    open(&mut vfs, Creds::root(), b"mnt/inner/file", CREATE).unwrap();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    for dir in [vfs.root(), top, vfs.resolve_node(&walk, None, b"mnt/inner", true).unwrap()] {
        let names = vfs.entries(dir).unwrap();
        let described = vfs.entries_stat(dir).unwrap();
        assert!(!names.is_empty());
        assert_eq!(names, described.iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>());
        for (entry, stat) in described {
            let node = vfs.entry(dir, &entry.name).unwrap();
            // Of what is mounted there it is not at hand.
            assert_eq!(stat, (node != top).then(|| vfs.stat_node(node).unwrap()), "{entry:?}");
        }
    }
}

#[test]
fn mount_points_stay_and_nothing_crosses() {
    let (mut vfs, ..) = mounted(false);
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    assert_eq!(vfs.rmdir(&walk, None, b"mnt", NOW), Err(Errno::Busy));
    assert_eq!(vfs.rename(&walk, None, b"mnt", None, b"other", Rename::Replace, NOW), Err(Errno::Busy));
    open(&mut vfs, Creds::root(), b"f", CREATE).unwrap();
    assert_eq!(vfs.rename(&walk, None, b"f", None, b"mnt/f", Rename::Replace, NOW), Err(Errno::Xdev));
    assert_eq!(vfs.link(&walk, None, b"f", false, None, b"mnt/f", NOW), Err(Errno::Xdev));
    let root = vfs.root();
    assert_eq!(vfs.mount(Node { mount: 9, ..root }, tree(), named("x", false)), Err(Errno::Stale));
}

#[test]
fn a_read_only_mount_refuses_changes() {
    let (mut vfs, ..) = mounted(true);
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let user = user();
    let others = Walk::new(vfs.root(), &user, 1);
    assert_eq!(open(&mut vfs, Creds::root(), b"mnt/f", CREATE), Err(Errno::Rofs));
    assert_eq!(vfs.mkdir(&walk, None, b"mnt/d", 0o755, NOW), Err(Errno::Rofs));
    assert_eq!(vfs.mkdir(&walk, None, b"mnt/inner", 0o755, NOW), Err(Errno::Exist));
    assert_eq!(vfs.rmdir(&walk, None, b"mnt/inner", NOW), Err(Errno::Rofs));
    assert_eq!(vfs.unlink(&walk, None, b"mnt/none", NOW), Err(Errno::Rofs));
    assert_eq!(vfs.chmod(&walk, None, b"mnt/inner", 0o755, NOW), Err(Errno::Rofs));
    assert_eq!(vfs.access(&walk, None, b"mnt/inner", true, Access::WRITE), Err(Errno::Rofs));
    assert_eq!(vfs.access(&others, None, b"mnt/inner", true, Access::WRITE), Err(Errno::Acces));
    assert!(open(&mut vfs, Creds::root(), b"mnt/inner", OpenFlags::RDONLY).is_ok());
}

#[test]
fn files_can_be_mounted_on_and_mounts_are_listed() {
    let (mut vfs, ..) = mounted(false);
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    vfs.mkdir(&walk, None, b"proc", 0o755, NOW).unwrap();
    vfs.symlink(&walk, b"/proc", None, b"link", NOW).unwrap();
    open(&mut vfs, Creds::root(), b"f", CREATE).unwrap();
    assert_eq!(vfs.mount_at(&walk, b"f", tree(), named("x", false)), Err(Errno::Notdir));
    vfs.mount_at(&walk, b"link", tree(), named("proc", true)).unwrap();
    let lines: Vec<_> = vfs.mounts().into_iter().map(|mount| (mount.path, mount.dev, mount.options.source)).collect();
    let line = |path: &[u8], dev, source: &str| (path.to_vec(), dev, source.to_owned());
    assert_eq!(lines, [line(b"/", 1, ""), line(b"/mnt", 2, "inner"), line(b"/proc", 3, "proc")]);
    // A second mount at the same place hides the first.
    let top = vfs.mount_at(&walk, b"mnt", tree(), named("top", false)).unwrap();
    assert_eq!(vfs.resolve(&walk, None, b"mnt", true), Ok(Found::Here(top)));
    assert_eq!(vfs.resolve(&walk, None, b"mnt/..", true), Ok(Found::Here(vfs.root())));
    assert_eq!(vfs.path_of(top).unwrap(), b"/mnt");
}

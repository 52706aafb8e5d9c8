//! Paths, permissions and mounts. What is expected here was observed on Linux 6.18 with ext4.

mod magic;
mod model;
mod mounts;

use super::*;
use crate::tree::{Tree, TreeLimits};
use wcr_abi::{OpenFlags, SYMLOOP_MAX, StatFs, Timestamp};

const NOW: Timestamp = Timestamp { sec: 1_000, nsec: 5 };
const CREATE: OpenFlags = OpenFlags(OpenFlags::CREAT.0 | OpenFlags::RDWR.0);

fn tree() -> Box<Tree> {
    Box::new(Tree::new(TreeLimits::default(), NOW))
}

fn vfs() -> Vfs {
    Vfs::new(tree(), MountOptions::default())
}

fn user() -> Creds {
    Creds { uid: 1000, gid: 1000, groups: vec![50] }
}

/// A tree with a file `f`, a directory `d` with a file `d/x`, and links to the file, the directory and nothing.
fn sample() -> Vfs {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    vfs.mkdir(&walk, None, b"d", 0o755, NOW).unwrap();
    for file in [&b"f"[..], b"d/x"] {
        vfs.open(&walk, None, file, CREATE, 0o644, NOW).unwrap();
    }
    for (target, link) in [(&b"f"[..], &b"to-f"[..]), (b"d/", b"to-d"), (b"/new", b"to-new"), (b"me", b"me")] {
        vfs.symlink(&walk, target, None, link, NOW).unwrap();
    }
    vfs
}

fn open(vfs: &mut Vfs, creds: &Creds, path: &[u8], flags: OpenFlags) -> Result<Opened, Errno> {
    let walk = Walk::new(vfs.root(), creds, 1);
    match vfs.open(&walk, None, path, flags, 0o644, NOW)? {
        Found::Here(opened) => Ok(opened),
        Found::Fd { .. } => Err(Errno::Io),
    }
}

#[test]
fn a_file_is_made_written_and_read_by_path() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 7);
    vfs.mkdir(&walk, None, b"/tmp/", 0o1777, NOW).unwrap();
    let opened = open(&mut vfs, Creds::root(), b"tmp/x", CREATE).unwrap();
    assert!(opened.created);
    assert_eq!(vfs.name_of(opened.node, &opened.name).unwrap(), b"/tmp/x");
    assert_eq!(vfs.write_node(Creds::root(), opened.node, 0, b"hello", NOW), Ok(5));
    let mut buf = [0; 10];
    assert_eq!(vfs.read_node(opened.node, 1, &mut buf), Ok(4));
    assert_eq!(vfs.view(opened.node, 0, 9), Some(&b"hello"[..]));
}

#[test]
fn opening_fails_as_on_linux() {
    use OpenFlags as F;
    let cases: [(&[u8], OpenFlags, Result<bool, Errno>); 27] = [
        (b"", F::RDONLY, Err(Errno::Noent)),
        (b"none", F::RDONLY, Err(Errno::Noent)),
        (b"none/x", CREATE, Err(Errno::Noent)),
        (b"f/x", CREATE, Err(Errno::Notdir)),
        (b"f/", F::RDONLY, Err(Errno::Notdir)),
        (b"f/.", F::RDONLY, Err(Errno::Notdir)),
        (b"f", F::DIRECTORY, Err(Errno::Notdir)),
        (b"f", CREATE.with(F::EXCL), Err(Errno::Exist)),
        (b"d", F::RDONLY, Ok(false)),
        (b"d/", F::RDONLY, Ok(false)),
        (b"d", F::WRONLY, Err(Errno::Isdir)),
        (b"d", F::TRUNC, Err(Errno::Isdir)),
        (b"d", CREATE, Err(Errno::Isdir)),
        (b".", CREATE, Err(Errno::Isdir)),
        (b"/", CREATE.with(F::EXCL), Err(Errno::Exist)),
        (b"new/", CREATE, Err(Errno::Isdir)),
        (b"f/", CREATE, Err(Errno::Isdir)),
        (b"new", CREATE.with(F::DIRECTORY), Err(Errno::Inval)),
        (b"to-f", F::NOFOLLOW, Err(Errno::Loop)),
        (b"to-f", F::NOFOLLOW.with(F::DIRECTORY), Err(Errno::Notdir)),
        (b"to-f", F::NOFOLLOW.with(F::PATH), Ok(false)),
        (b"to-d/", F::NOFOLLOW, Ok(false)),
        (b"to-new", F::RDONLY, Err(Errno::Noent)),
        (b"to-new", CREATE.with(F::EXCL), Err(Errno::Exist)),
        (b"to-new", CREATE, Ok(true)),
        (b"new", F::RDONLY, Ok(false)),
        (b"me", CREATE, Err(Errno::Loop)),
    ];
    let mut vfs = sample();
    for (path, flags, expected) in cases {
        let created = open(&mut vfs, Creds::root(), path, flags).map(|opened| opened.created);
        assert_eq!(created, expected, "{} {flags:?}", path.escape_ascii());
    }
}

#[test]
fn names_are_made_and_removed_as_on_linux() {
    type Act = fn(&mut Vfs, &Walk<'_>) -> Result<(), Errno>;
    let cases: [(&str, Act, Result<(), Errno>); 30] = [
        ("mkdir d", |v, w| v.mkdir(w, None, b"d", 0o755, NOW).map(drop), Err(Errno::Exist)),
        ("mkdir .", |v, w| v.mkdir(w, None, b"d/.", 0o755, NOW).map(drop), Err(Errno::Exist)),
        ("mkdir n/", |v, w| v.mkdir(w, None, b"n/", 0o755, NOW).map(drop), Ok(())),
        ("mkdir to-new/", |v, w| v.mkdir(w, None, b"to-new/", 0o755, NOW).map(drop), Err(Errno::Exist)),
        ("mkdir f/n", |v, w| v.mkdir(w, None, b"f/n", 0o755, NOW).map(drop), Err(Errno::Notdir)),
        ("mknod n/", |v, w| v.mknod(w, None, b"o/", 0o644, 0, NOW).map(drop), Err(Errno::Noent)),
        ("mknod d/", |v, w| v.mknod(w, None, b"d/", 0o644, 0, NOW).map(drop), Err(Errno::Exist)),
        ("mknod dir", |v, w| v.mknod(w, None, b"o", 0o040_755, 0, NOW).map(drop), Err(Errno::Perm)),
        ("mknod link", |v, w| v.mknod(w, None, b"o", 0o120_777, 0, NOW).map(drop), Err(Errno::Inval)),
        ("symlink ''", |v, w| v.symlink(w, b"", None, b"o", NOW).map(drop), Err(Errno::Noent)),
        ("symlink d", |v, w| v.symlink(w, b"x", None, b"d", NOW).map(drop), Err(Errno::Exist)),
        ("link d", |v, w| v.link(w, None, b"d", false, None, b"o", NOW), Err(Errno::Perm)),
        ("link f/", |v, w| v.link(w, None, b"f/", false, None, b"o", NOW), Err(Errno::Notdir)),
        ("link f to f", |v, w| v.link(w, None, b"f", false, None, b"f", NOW), Err(Errno::Exist)),
        ("unlink d", |v, w| v.unlink(w, None, b"d", NOW).map(drop), Err(Errno::Isdir)),
        ("unlink d/", |v, w| v.unlink(w, None, b"d/", NOW).map(drop), Err(Errno::Isdir)),
        ("unlink f/", |v, w| v.unlink(w, None, b"f/", NOW).map(drop), Err(Errno::Notdir)),
        ("unlink to-d/", |v, w| v.unlink(w, None, b"to-d/", NOW).map(drop), Err(Errno::Notdir)),
        ("unlink .", |v, w| v.unlink(w, None, b".", NOW).map(drop), Err(Errno::Isdir)),
        ("rmdir f", |v, w| v.rmdir(w, None, b"f", NOW).map(drop), Err(Errno::Notdir)),
        ("rmdir d", |v, w| v.rmdir(w, None, b"d", NOW).map(drop), Err(Errno::Notempty)),
        ("rmdir to-d/", |v, w| v.rmdir(w, None, b"to-d/", NOW).map(drop), Err(Errno::Notdir)),
        ("rmdir d/.", |v, w| v.rmdir(w, None, b"d/.", NOW).map(drop), Err(Errno::Inval)),
        ("rmdir d/..", |v, w| v.rmdir(w, None, b"d/..", NOW).map(drop), Err(Errno::Notempty)),
        ("rmdir /", |v, w| v.rmdir(w, None, b"/", NOW).map(drop), Err(Errno::Busy)),
        (
            "rename d d/e",
            |v, w| v.rename(w, None, b"d", None, b"d/e", Rename::Replace, NOW).map(drop),
            Err(Errno::Inval),
        ),
        (
            "rename d/x d",
            |v, w| v.rename(w, None, b"d/x", None, b"d", Rename::Replace, NOW).map(drop),
            Err(Errno::Notempty),
        ),
        (
            "rename f g/",
            |v, w| v.rename(w, None, b"f", None, b"g/", Rename::Replace, NOW).map(drop),
            Err(Errno::Notdir),
        ),
        (
            "rename n d",
            |v, w| v.rename(w, None, b"n", None, b"d", Rename::Replace, NOW).map(drop),
            Err(Errno::Notempty),
        ),
        ("rename f .", |v, w| v.rename(w, None, b"f", None, b"d/.", Rename::Replace, NOW).map(drop), Err(Errno::Busy)),
    ];
    let mut vfs = sample();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    for (what, act, expected) in cases {
        assert_eq!(act(&mut vfs, &walk), expected, "{what}");
    }
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    open(&mut vfs, Creds::root(), b"0", CREATE).unwrap();
    for i in 1..=SYMLOOP_MAX + 1 {
        let (target, name) = ((i - 1).to_string(), i.to_string());
        vfs.symlink(&walk, target.as_bytes(), None, name.as_bytes(), NOW).unwrap();
    }
    assert!(vfs.resolve(&walk, None, b"40", true).is_ok());
    assert_eq!(vfs.resolve(&walk, None, b"41", true), Err(Errno::Loop));
    assert!(vfs.resolve(&walk, None, b"41", false).is_ok());
}

#[test]
fn long_paths_and_names() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let mut path = b"./".repeat(2047);
    path.push(b'.');
    assert_eq!((path.len(), vfs.resolve(&walk, None, &path, true)), (4095, Ok(Found::Here(vfs.root()))));
    path.push(b'/');
    assert_eq!(vfs.resolve(&walk, None, &path, true), Err(Errno::Nametoolong));
    assert!(vfs.mkdir(&walk, None, &[b'n'; 255], 0o755, NOW).is_ok());
    assert_eq!(vfs.mkdir(&walk, None, &[b'n'; 256], 0o755, NOW), Err(Errno::Nametoolong));
    assert_eq!(vfs.resolve(&walk, None, &[b'n'; 256], true), Err(Errno::Nametoolong));
}

#[test]
fn deep_trees_can_be_walked_named_and_removed() {
    let mut vfs = vfs();
    let mut node = vfs.root();
    for _ in 0..20_000 {
        let walk = Walk::new(node, Creds::root(), 1);
        node = vfs.mkdir(&walk, None, b"deep", 0o755, NOW).unwrap();
    }
    assert_eq!(vfs.path_of(node).unwrap().len(), 100_000);
    for _ in 0..20_000 {
        node = vfs.parent(node).unwrap();
        let walk = Walk::new(node, Creds::root(), 1);
        vfs.rmdir(&walk, None, b"deep", NOW).unwrap();
    }
    assert_eq!(node, vfs.root());
}

#[test]
fn a_removed_directory_still_has_its_parent() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let a = vfs.mkdir(&walk, None, b"a", 0o755, NOW).unwrap();
    let b = vfs.mkdir(&walk, None, b"a/b", 0o755, NOW).unwrap();
    vfs.pin(b).unwrap();
    vfs.rmdir(&walk, None, b"a/b", NOW).unwrap();
    vfs.rmdir(&walk, None, b"a", NOW).unwrap();
    let inside = Walk::new(b, Creds::root(), 1);
    assert_eq!(vfs.stat_node(b).map(|stat| stat.nlink), Ok(0));
    assert_eq!(vfs.path_of(b), Err(Errno::Noent));
    assert_eq!(vfs.mkdir(&inside, None, b"c", 0o755, NOW), Err(Errno::Noent));
    assert_eq!(vfs.resolve(&inside, None, b"..", true), Ok(Found::Here(a)));
    assert_eq!(vfs.resolve(&inside, None, b"../..", true), Ok(Found::Here(vfs.root())));
    vfs.unpin(b);
    assert_eq!((vfs.stat_node(b), vfs.stat_node(a)), (Err(Errno::Stale), Err(Errno::Stale)));
}

#[test]
fn content_lives_as_long_as_it_is_used() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let free = |vfs: &mut Vfs| vfs.statfs(&walk, None, b"/").map(|StatFs { bfree, ffree, .. }| (bfree, ffree)).unwrap();
    let before = free(&mut vfs);
    let node = open(&mut vfs, Creds::root(), b"f", CREATE).unwrap().node;
    vfs.pin(node).unwrap();
    vfs.write_node(Creds::root(), node, 0, &[1; 100_000], NOW).unwrap();
    vfs.symlink(&walk, &[b't'; 100], None, b"s", NOW).unwrap();
    vfs.unlink(&walk, None, b"f", NOW).unwrap();
    vfs.unlink(&walk, None, b"s", NOW).unwrap();
    assert!(free(&mut vfs).0 < before.0);
    assert_eq!(vfs.read_node(node, 99_999, &mut [0; 4]), Ok(1));
    vfs.unpin(node);
    assert_eq!(free(&mut vfs), before);
    assert_eq!(vfs.read_node(node, 0, &mut [0; 4]), Err(Errno::Stale));
}

#[test]
fn limits_end_in_nospc() {
    let limits = TreeLimits { bytes: 8192, inodes: 4 };
    let mut vfs = Vfs::new(Box::new(Tree::new(limits, NOW)), MountOptions::default());
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let node = open(&mut vfs, Creds::root(), b"f", CREATE).unwrap().node;
    assert_eq!(vfs.write_node(Creds::root(), node, 0, &[1; 5000], NOW), Ok(5000));
    assert_eq!(vfs.symlink(&walk, &[b't'; 100], None, b"s", NOW), Err(Errno::Nospc));
    vfs.truncate(&walk, None, b"f", 10, NOW).unwrap();
    vfs.symlink(&walk, &[b't'; 100], None, b"s", NOW).unwrap();
    vfs.link(&walk, None, b"f", false, None, b"g", NOW).unwrap();
    vfs.mkdir(&walk, None, b"d", 0o755, NOW).unwrap();
    assert_eq!(vfs.mkdir(&walk, None, b"e", 0o755, NOW), Err(Errno::Nospc));
    vfs.unlink(&walk, None, b"g", NOW).unwrap();
    vfs.mkdir(&walk, None, b"e", 0o755, NOW).unwrap();
}

#[test]
fn permissions_guard_every_step() {
    let mut vfs = sample();
    let (root, user) = (Walk::new(vfs.root(), Creds::root(), 1), user());
    let walk = Walk::new(vfs.root(), &user, 1);
    assert_eq!(open(&mut vfs, &user, b"new", CREATE), Err(Errno::Acces));
    assert_eq!(open(&mut vfs, &user, b"f", OpenFlags::WRONLY), Err(Errno::Acces));
    assert_eq!(vfs.unlink(&walk, None, b"f", NOW), Err(Errno::Acces));
    assert_eq!(vfs.chmod(&walk, None, b"f", 0o777, NOW), Err(Errno::Perm));
    assert_eq!(vfs.chown(&walk, None, b"f", true, Some(1000), None, NOW), Err(Errno::Perm));
    vfs.chmod(&root, None, b"d", 0o600, NOW).unwrap();
    assert_eq!(vfs.stat(&walk, None, b"d/x", true), Err(Errno::Acces));
    assert!(vfs.stat(&root, None, b"d/x", true).is_ok());
    vfs.chmod(&root, None, b"d", 0o1777, NOW).unwrap();
    assert_eq!(vfs.unlink(&walk, None, b"d/x", NOW), Err(Errno::Perm));
    assert_eq!(vfs.rename(&walk, None, b"d/x", None, b"d/y", Rename::Replace, NOW), Err(Errno::Perm));
    assert_eq!(vfs.access(&walk, None, b"f", true, Access::EXECUTE), Err(Errno::Acces));
    assert_eq!(vfs.access(&walk, None, b"f", true, Access::READ), Ok(Found::Here(())));
    // A device of somebody else in a directory that everybody may write is not taken for a new file.
    vfs.mknod(&root, None, b"d/null", 0o020_666, crate::dev::NULL, NOW).unwrap();
    vfs.chown(&root, None, b"d/null", true, Some(1001), None, NOW).unwrap();
    assert_eq!(open(&mut vfs, &user, b"d/null", CREATE), Err(Errno::Acces));
    assert!(open(&mut vfs, &user, b"d/null", OpenFlags::RDWR).is_ok());
}

#[test]
fn set_id_bits_and_groups() {
    let mut vfs = vfs();
    let (root, user) = (Walk::new(vfs.root(), Creds::root(), 1), user());
    let walk = Walk::new(vfs.root(), &user, 1);
    vfs.mkdir(&root, None, b"g", 0o755, NOW).unwrap();
    vfs.chown(&root, None, b"g", true, None, Some(77), NOW).unwrap();
    vfs.chmod(&root, None, b"g", 0o2777, NOW).unwrap();
    let dir = vfs.mkdir(&walk, None, b"g/d", 0o755, NOW).unwrap();
    let stat = vfs.stat_node(dir).unwrap();
    assert_eq!((stat.mode.permissions(), stat.uid, stat.gid), (0o2755, 1000, 77));
    let file = open(&mut vfs, &user, b"g/f", CREATE).unwrap();
    assert_eq!((file.stat.mode.permissions(), file.stat.gid), (0o644, 77));
    // The owner may give it to a group of theirs, and only to such a one.
    assert_eq!(vfs.chown(&walk, None, b"g/f", true, None, Some(51), NOW), Err(Errno::Perm));
    vfs.chown(&walk, None, b"g/f", true, Some(1000), Some(50), NOW).unwrap();
    vfs.chmod(&walk, None, b"g/f", 0o6755, NOW).unwrap();
    vfs.write_node(Creds::root(), file.node, 0, b"x", NOW).unwrap();
    assert_eq!(vfs.stat_node(file.node).unwrap().mode.permissions(), 0o6755);
    vfs.write_node(&user, file.node, 0, b"x", NOW).unwrap();
    assert_eq!(vfs.stat_node(file.node).unwrap().mode.permissions(), 0o755);
    vfs.chmod(&root, None, b"g/f", 0o6755, NOW).unwrap();
    vfs.chown(&root, None, b"g/f", true, Some(0), None, NOW).unwrap();
    assert_eq!(vfs.stat_node(file.node).unwrap().mode.permissions(), 0o755);
}

#[test]
fn timestamps_change_when_they_should() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let at = |sec| Timestamp { sec, nsec: 0 };
    let times = |vfs: &mut Vfs, path: &[u8]| {
        let Ok(Found::Here(stat)) = vfs.stat(&walk, None, path, false) else { panic!() };
        (stat.atime.sec, stat.mtime.sec, stat.ctime.sec)
    };
    let Ok(Found::Here(file)) = vfs.open(&walk, None, b"f", CREATE, 0o644, at(10)) else { panic!() };
    assert_eq!((times(&mut vfs, b"f"), times(&mut vfs, b"/")), ((10, 10, 10), (1000, 10, 10)));
    vfs.write_node(Creds::root(), file.node, 0, b"x", at(11)).unwrap();
    assert_eq!((times(&mut vfs, b"f"), times(&mut vfs, b"/")), ((10, 11, 11), (1000, 10, 10)));
    vfs.link(&walk, None, b"f", false, None, b"g", at(12)).unwrap();
    assert_eq!((times(&mut vfs, b"f"), times(&mut vfs, b"/")), ((10, 11, 12), (1000, 12, 12)));
    vfs.rename(&walk, None, b"g", None, b"h", Rename::Replace, at(13)).unwrap();
    assert_eq!((times(&mut vfs, b"f"), times(&mut vfs, b"/")), ((10, 11, 13), (1000, 13, 13)));
    let set = SetTimes { atime: SetTime::At(at(3)), mtime: SetTime::Now };
    vfs.utimens(&walk, None, b"f", true, set, at(14)).unwrap();
    assert_eq!(times(&mut vfs, b"f"), (3, 14, 14));
    vfs.truncate(&walk, None, b"f", 1, at(15)).unwrap();
    assert_eq!(times(&mut vfs, b"f"), (3, 14, 14));
    let none = SetTimes { atime: SetTime::Omit, mtime: SetTime::Omit };
    assert_eq!(vfs.utimens(&walk, None, b"missing", true, none, at(16)), Ok(()));
}

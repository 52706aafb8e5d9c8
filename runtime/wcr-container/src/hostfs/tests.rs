use super::*;
use wcr_abi::Mode;

const NOW: Timestamp = Timestamp { sec: 1, nsec: 0 };

fn bound() -> (tempfile::TempDir, HostFs) {
    let dir = tempfile::tempdir().unwrap();
    let fs = HostFs::open(dir.path()).unwrap();
    (dir, fs)
}

fn new(mode: Mode) -> NewInode<'static> {
    NewInode { mode, uid: 0, gid: 0, rdev: 0, target: b"" }
}

fn create(fs: &mut HostFs, dir: Ino, name: &str, kind: FileKind) -> Ino {
    fs.create(dir, name.as_bytes(), &new(Mode::new(kind, 0o755)), NOW).unwrap()
}

fn read(fs: &mut HostFs, ino: Ino) -> Vec<u8> {
    let mut buf = vec![0; 100];
    let len = fs.read(ino, 0, &mut buf).unwrap();
    buf.truncate(len);
    buf
}

#[test]
fn what_the_container_writes_is_on_the_host() {
    let (dir, mut fs) = bound();
    let sub = create(&mut fs, ROOT, "sub", FileKind::Directory);
    let file = create(&mut fs, sub, "file", FileKind::Regular);
    assert_eq!(fs.write(file, 3, b"abc", NOW), Ok(3));
    assert_eq!(std::fs::read(dir.path().join("sub/file")).unwrap(), b"\0\0\0abc");
    fs.truncate(file, 4, NOW).unwrap();
    assert_eq!((read(&mut fs, file), fs.stat(file).unwrap().size), (b"\0\0\0a".to_vec(), 4));
    assert_eq!(fs.create(sub, b"file", &new(Mode::new(FileKind::Regular, 0)), NOW), Err(Errno::Exist));
    assert_eq!((fs.parent(sub), fs.name(sub), fs.name(ROOT)), (Ok(ROOT), Ok(b"sub".to_vec()), Ok(Vec::new())));
    let names: Vec<_> = fs.entries(ROOT).unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect();
    assert_eq!(names, [(b"sub".to_vec(), FileKind::Directory)]);
}

#[test]
fn inode_numbers_stay_and_entries_are_sorted() {
    let (dir, mut fs) = bound();
    for name in ["b", "a", "c"] {
        std::fs::write(dir.path().join(name), name).unwrap();
    }
    let entries = fs.entries(ROOT).unwrap();
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_slice()).collect();
    assert_eq!(names, [b"a", b"b", b"c"]);
    for entry in entries {
        assert_eq!(fs.lookup(ROOT, &entry.name), Ok(entry.ino));
    }
    assert_eq!(fs.lookup(ROOT, b"d"), Err(Errno::Noent));
    assert_eq!(fs.stat(99), Err(Errno::Stale));
}

#[test]
fn what_comes_with_a_name_is_what_is_told_of_it_alone() {
    let (dir, mut fs) = bound();
    std::fs::write(dir.path().join("file"), "text").unwrap();
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("folder", dir.path().join("link")).unwrap();
    let described = fs.entries_stat(ROOT).unwrap();
    assert_eq!(described.len(), fs.entries(ROOT).unwrap().len());
    for (entry, stat) in described {
        let alone = fs.stat(entry.ino).unwrap();
        assert_eq!(stat, (entry.kind != FileKind::Symlink).then_some(alone), "{entry:?}");
        let Stat { mode, uid, gid, .. } = alone;
        assert_eq!(fs.lookup_perm(ROOT, &entry.name), Ok((entry.ino, Perm { mode, uid, gid })));
    }
    assert_eq!(fs.lookup_perm(ROOT, b"none"), Err(Errno::Noent));
}

#[test]
fn errors_are_those_of_the_contract() {
    let (_dir, mut fs) = bound();
    let sub = create(&mut fs, ROOT, "sub", FileKind::Directory);
    let file = create(&mut fs, sub, "file", FileKind::Regular);
    assert_eq!(fs.unlink(ROOT, b"sub", NOW), Err(Errno::Isdir));
    assert_eq!(fs.rmdir(ROOT, b"sub", NOW), Err(Errno::Notempty));
    assert_eq!(fs.rmdir(sub, b"file", NOW), Err(Errno::Notdir));
    assert_eq!(fs.lookup(file, b"x"), Err(Errno::Notdir));
    assert_eq!(fs.entries(file), Err(Errno::Notdir));
    assert_eq!(fs.read(sub, 0, &mut [0]), Err(Errno::Isdir));
    assert_eq!(fs.readlink(file), Err(Errno::Inval));
    assert_eq!(fs.link(sub, ROOT, b"x", NOW), Err(Errno::Perm));
    assert_eq!(fs.create(ROOT, b"dev", &new(Mode::new(FileKind::CharDevice, 0o644)), NOW), Err(Errno::Perm));
}

#[test]
fn rename_moves_replaces_and_refuses() {
    let (dir, mut fs) = bound();
    let a = create(&mut fs, ROOT, "a", FileKind::Directory);
    let file = create(&mut fs, a, "file", FileKind::Regular);
    fs.write(file, 0, b"1", NOW).unwrap();
    let other = create(&mut fs, ROOT, "other", FileKind::Regular);
    fs.rename(ROOT, b"a", ROOT, b"b", NOW).unwrap();
    // The moved directory and what is in it are still found.
    assert_eq!((fs.name(a), fs.stat(file).unwrap().size), (Ok(b"b".to_vec()), 1));
    fs.rename(a, b"file", ROOT, b"other", NOW).unwrap();
    assert_eq!((fs.lookup(ROOT, b"other"), fs.stat(other)), (Ok(file), Err(Errno::Stale)));
    assert_eq!(std::fs::read(dir.path().join("other")).unwrap(), b"1");
    let inner = create(&mut fs, a, "inner", FileKind::Directory);
    assert_eq!(fs.rename(ROOT, b"b", inner, b"x", NOW), Err(Errno::Inval));
    assert_eq!(fs.rename(ROOT, b"other", ROOT, b"other", NOW), Ok(()));
    assert_eq!(fs.rename(ROOT, b"none", ROOT, b"x", NOW), Err(Errno::Noent));
}

#[test]
fn a_pinned_file_outlives_its_name() {
    let (_dir, mut fs) = bound();
    let file = create(&mut fs, ROOT, "file", FileKind::Regular);
    fs.pin(file).unwrap();
    fs.write(file, 0, b"kept", NOW).unwrap();
    fs.unlink(ROOT, b"file", NOW).unwrap();
    assert_eq!(read(&mut fs, file), b"kept");
    fs.write(file, 4, b"!", NOW).unwrap();
    assert_eq!(fs.stat(file).unwrap().size, 5);
    // Many other files later it is still there.
    for number in 0..2 * HANDLES_KEPT {
        let other = create(&mut fs, ROOT, &number.to_string(), FileKind::Regular);
        fs.write(other, 0, b"x", NOW).unwrap();
    }
    assert_eq!(read(&mut fs, file), b"kept!");
    fs.unpin(file);
    assert_eq!(fs.stat(file), Err(Errno::Stale));
}

#[test]
fn deep_folders_are_reached_with_few_handles() {
    let (_dir, mut fs) = bound();
    let mut at = ROOT;
    for _ in 0..300 {
        at = create(&mut fs, at, "d", FileKind::Directory);
    }
    let file = create(&mut fs, at, "file", FileKind::Regular);
    let first = fs.lookup(ROOT, b"d").unwrap();
    for _ in 0..HANDLES_KEPT {
        create(&mut fs, first, "x", FileKind::Directory);
        fs.rmdir(first, b"x", NOW).unwrap();
    }
    fs.write(file, 0, b"deep", NOW).unwrap();
    assert_eq!(read(&mut fs, file), b"deep");
}

#[test]
fn times_can_be_set_and_left() {
    let (_dir, mut fs) = bound();
    let file = create(&mut fs, ROOT, "file", FileKind::Regular);
    let mtime = Timestamp { sec: 1_000_000_000, nsec: 500 };
    let before = fs.stat(file).unwrap();
    fs.set_attr(file, &SetAttr { mtime: Some(mtime), ..SetAttr::default() }, NOW).unwrap();
    let after = fs.stat(file).unwrap();
    assert_eq!((after.mtime, after.atime), (mtime, before.atime));
    fs.set_attr(ROOT, &SetAttr { mtime: Some(mtime), ..SetAttr::default() }, NOW).unwrap();
    assert_eq!(fs.stat(ROOT).unwrap().mtime, mtime);
}

#[test]
fn a_single_file_is_bound_without_its_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one"), "1").unwrap();
    std::fs::write(dir.path().join("two"), "2").unwrap();
    let mut fs = HostFs::open(&dir.path().join("one")).unwrap();
    assert_eq!(read(&mut fs, ROOT), b"1");
    fs.write(ROOT, 1, b"!", NOW).unwrap();
    fs.set_attr(ROOT, &SetAttr { mtime: Some(NOW), ..SetAttr::default() }, NOW).unwrap();
    assert_eq!(std::fs::read(dir.path().join("one")).unwrap(), b"1!");
    assert_eq!(fs.stat(ROOT).unwrap().mode.kind(), FileKind::Regular);
    for name in [&b"two"[..], b"..", b"."] {
        assert_eq!(fs.lookup(ROOT, name), Err(Errno::Notdir));
    }
    assert_eq!(fs.entries(ROOT), Err(Errno::Notdir));
}

#[test]
fn a_missing_path_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(HostFs::open(&dir.path().join("none")).is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_are_not_followed_by_the_bind() {
        let (dir, mut fs) = bound();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        symlink("/etc/passwd", dir.path().join("absolute")).unwrap();
        let out = fs.lookup(ROOT, b"out").unwrap();
        assert_eq!(fs.stat(out).unwrap().mode.kind(), FileKind::Symlink);
        assert_eq!(fs.lookup(out, b"secret"), Err(Errno::Notdir));
        let absolute = fs.lookup(ROOT, b"absolute").unwrap();
        assert_eq!(
            (fs.readlink(absolute), fs.read(absolute, 0, &mut [0])),
            (Ok(b"/etc/passwd".to_vec()), Err(Errno::Inval))
        );
        assert_eq!(fs.stat(absolute).unwrap().size, 11);
    }

    #[test]
    fn a_folder_swapped_for_a_link_is_not_entered() {
        let (dir, mut fs) = bound();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("file"), "s").unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/file"), "mine").unwrap();
        let sub = fs.lookup(ROOT, b"sub").unwrap();
        std::fs::rename(dir.path().join("sub"), dir.path().join("was")).unwrap();
        symlink(outside.path(), dir.path().join("sub")).unwrap();
        assert!(fs.lookup(sub, b"file").is_err());
    }

    #[test]
    fn symbolic_links_keep_any_target() {
        let (_dir, mut fs) = bound();
        for target in [&b"/abs/olute"[..], b"../../up", b"\xff\xfe"] {
            let new = NewInode { target, ..new(Mode::new(FileKind::Symlink, 0o777)) };
            let link = fs.create(ROOT, b"link", &new, NOW).unwrap();
            assert_eq!(fs.readlink(link), Ok(target.to_vec()));
            fs.unlink(ROOT, b"link", NOW).unwrap();
        }
    }

    #[test]
    fn hard_links_share_an_inode() {
        let (_dir, mut fs) = bound();
        let file = create(&mut fs, ROOT, "a", FileKind::Regular);
        fs.link(file, ROOT, b"b", NOW).unwrap();
        assert_eq!((fs.lookup(ROOT, b"b"), fs.stat(file).unwrap().nlink), (Ok(file), 2));
        assert_eq!(fs.link(file, ROOT, b"b", NOW), Err(Errno::Exist));
        fs.unlink(ROOT, b"b", NOW).unwrap();
        assert_eq!((fs.lookup(ROOT, b"a"), fs.stat(file).unwrap().nlink), (Ok(file), 1));
    }

    #[test]
    fn modes_are_set_whatever_the_host_masks() {
        let (dir, mut fs) = bound();
        let file = fs.create(ROOT, b"f", &new(Mode::new(FileKind::Regular, 0o666)), NOW).unwrap();
        assert_eq!(fs.stat(file).unwrap().mode.permissions(), 0o666);
        fs.set_attr(file, &SetAttr { permissions: Some(0o4711), ..SetAttr::default() }, NOW).unwrap();
        assert_eq!(std::fs::metadata(dir.path().join("f")).unwrap().permissions().mode() & 0o7777, 0o4711);
        // What belongs to whoever runs this belongs to root inside.
        assert_eq!(fs.stat(file).unwrap().uid, 0);
        let host = std::fs::metadata(dir.path().join("f")).unwrap();
        assert_eq!(host.uid(), rustix::process::geteuid().as_raw());
    }

    #[test]
    fn names_are_any_bytes() {
        let (_dir, mut fs) = bound();
        let name = b"\xff \\ :\x01";
        let file = fs.create(ROOT, name, &new(Mode::new(FileKind::Regular, 0o644)), NOW).unwrap();
        assert_eq!((fs.lookup(ROOT, name), fs.entries(ROOT).unwrap()[0].name.as_slice()), (Ok(file), &name[..]));
    }

    #[test]
    fn a_pipe_of_the_host_does_not_block() {
        let (dir, mut fs) = bound();
        if cfg!(target_vendor = "apple") {
            return;
        }
        create(&mut fs, ROOT, "pipe", FileKind::Fifo);
        assert!(std::os::unix::fs::FileTypeExt::is_fifo(&dir.path().join("pipe").metadata().unwrap().file_type()));
        let pipe = fs.lookup(ROOT, b"pipe").unwrap();
        assert_eq!(fs.stat(pipe).unwrap().mode.kind(), FileKind::Fifo);
        assert_eq!(fs.read(pipe, 0, &mut [0]), Err(Errno::Inval));
    }
}

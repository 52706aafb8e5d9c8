//! Links of `/proc` that are more than their text.

use super::*;
use crate::fs::{DirEntry, MagicLink, NewInode, SetAttr};

/// A tree in which a symbolic link `@self` means the process, and `@N` its descriptor N.
struct Magic(Box<Tree>);

impl FileSystem for Magic {
    fn root(&self) -> Ino {
        self.0.root()
    }
    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.0.lookup(dir, name)
    }
    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno> {
        self.0.parent(dir)
    }
    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno> {
        self.0.name(dir)
    }
    fn stat(&mut self, ino: Ino) -> Result<wcr_abi::Stat, Errno> {
        self.0.stat(ino)
    }
    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        self.0.entries(dir)
    }
    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.0.readlink(ino)
    }
    fn magic_link(&mut self, ino: Ino) -> Option<MagicLink> {
        let text = String::from_utf8(self.0.readlink(ino).ok()?).ok()?;
        match text.strip_prefix('@')? {
            "self" => Some(MagicLink::SelfPid),
            "exe" => Some(MagicLink::Exe(7)),
            fd => Some(MagicLink::Fd { pid: 7, fd: fd.parse().ok()? }),
        }
    }
    fn create(&mut self, dir: Ino, name: &[u8], new: &NewInode<'_>, now: Timestamp) -> Result<Ino, Errno> {
        self.0.create(dir, name, new, now)
    }
    fn link(&mut self, ino: Ino, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        self.0.link(ino, dir, name, now)
    }
    fn unlink(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        self.0.unlink(dir, name, now)
    }
    fn rmdir(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        self.0.rmdir(dir, name, now)
    }
    fn rename(&mut self, dir: Ino, name: &[u8], to_dir: Ino, to: &[u8], now: Timestamp) -> Result<(), Errno> {
        self.0.rename(dir, name, to_dir, to, now)
    }
    fn set_attr(&mut self, ino: Ino, attr: &SetAttr, now: Timestamp) -> Result<(), Errno> {
        self.0.set_attr(ino, attr, now)
    }
    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        self.0.read(ino, offset, buf)
    }
    fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8], now: Timestamp) -> Result<usize, Errno> {
        self.0.write(ino, offset, bytes, now)
    }
    fn truncate(&mut self, ino: Ino, len: u64, now: Timestamp) -> Result<(), Errno> {
        self.0.truncate(ino, len, now)
    }
    fn pin(&mut self, ino: Ino) -> Result<(), Errno> {
        self.0.pin(ino)
    }
    fn unpin(&mut self, ino: Ino) {
        self.0.unpin(ino);
    }
    fn statfs(&mut self) -> Result<StatFs, Errno> {
        self.0.statfs()
    }
}

#[test]
fn links_to_open_files_lead_to_them() {
    let mut vfs = Vfs::new(Box::new(Magic(tree())), MountOptions::default());
    let walk = Walk::new(vfs.root(), Creds::root(), 7);
    let root = vfs.root();
    let file = open(&mut vfs, Creds::root(), b"f", CREATE).unwrap().node;
    let dir = vfs.mkdir(&walk, None, b"d", 0o755, NOW).unwrap();
    let inside = vfs.mkdir(&walk, None, b"d/in", 0o755, NOW).unwrap();
    vfs.mkdir(&walk, None, b"7", 0o755, NOW).unwrap();
    for (target, link) in
        [(&b"@self"[..], &b"self"[..]), (b"@0", b"7/0"), (b"@1", b"7/1"), (b"@2", b"7/2"), (b"@exe", b"7/exe")]
    {
        vfs.symlink(&walk, target, None, link, NOW).unwrap();
    }
    vfs.symlink(&walk, b"self/2", None, b"stderr", NOW).unwrap();
    // 0 is a file, 1 a directory, 2 a pipe.
    let links = |link| {
        let MagicLink::Fd { pid: 7, fd } = link else { return Err(Errno::Acces) };
        let place = Place { dir: root, name: b"f".to_vec() };
        Ok(match fd {
            0 => Target { node: Some(file), name: Name::At(place) },
            1 => Target { node: Some(dir), name: Name::Own },
            _ => Target { node: None, name: Name::Text(b"pipe:[1]".to_vec()) },
        })
    };
    let walk = Walk { links: &links, ..walk };
    let pipe = Found::Fd { pid: 7, fd: 2 };
    assert_eq!(vfs.readlink(&walk, None, b"self"), Ok(b"7".to_vec()));
    for (fd, text) in [(0, &b"/f"[..]), (1, b"/d"), (2, b"pipe:[1]")] {
        assert_eq!(vfs.readlink(&walk, None, format!("self/{fd}").as_bytes()).as_deref(), Ok(text));
    }
    assert_eq!(vfs.readlink(&walk, None, b"7/exe"), Err(Errno::Acces));
    assert_eq!(vfs.resolve(&walk, None, b"7/exe", true), Err(Errno::Acces));
    assert_eq!(vfs.resolve(&walk, None, b"self/0", true), Ok(Found::Here(file)));
    assert_eq!(vfs.resolve(&walk, None, b"self/1/in", true), Ok(Found::Here(inside)));
    assert_eq!(vfs.resolve(&walk, None, b"self/1/", true), Ok(Found::Here(dir)));
    assert_eq!(vfs.resolve(&walk, None, b"stderr", true), Ok(pipe));
    assert_eq!(vfs.resolve(&walk, None, b"self/0/", true), Err(Errno::Notdir));
    assert_eq!(vfs.resolve(&walk, None, b"self/2/", true), Err(Errno::Notdir));
    assert_eq!(vfs.resolve(&walk, None, b"self/2/x", true), Err(Errno::Notdir));
    assert_eq!(vfs.open(&walk, None, b"stderr", CREATE, 0o644, NOW), Ok(Found::Fd { pid: 7, fd: 2 }));
    let exclusive = CREATE.with(OpenFlags::EXCL);
    assert_eq!(vfs.open(&walk, None, b"self/2", exclusive, 0o644, NOW), Err(Errno::Exist));
    assert_eq!(vfs.open(&walk, None, b"self/2", OpenFlags::NOFOLLOW, 0, NOW), Err(Errno::Loop));
    let Ok(Found::Here(opened)) = vfs.open(&walk, None, b"self/0", OpenFlags::RDONLY, 0, NOW) else { panic!() };
    assert_eq!((opened.node, opened.name), (file, Name::At(Place { dir: root, name: b"f".to_vec() })));
    assert_eq!(vfs.truncate(&walk, None, b"stderr", 0, NOW), Err(Errno::Inval));
    assert_eq!(vfs.chmod(&walk, None, b"stderr", 0, NOW), Err(Errno::Perm));
}

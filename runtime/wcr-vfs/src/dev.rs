//! The content of `/dev`.

use wcr_abi::{Errno, FileKind, Mode, Timestamp};

use crate::fs::{FileSystem, NewInode};

/// A device's number in Linux's encoding, from its major and minor number (`makedev(3)`).
#[must_use]
pub const fn makedev(major: u32, minor: u32) -> u64 {
    let (major, minor) = (major as u64, minor as u64);
    (major & 0xffff_f000) << 32 | (major & 0xfff) << 8 | (minor & 0xffff_ff00) << 12 | minor & 0xff
}

/// `/dev/null`: reads nothing, swallows everything.
pub const NULL: u64 = makedev(1, 3);
/// `/dev/zero`.
pub const ZERO: u64 = makedev(1, 5);
/// `/dev/full`: zeros to read, `NOSPC` for every write.
pub const FULL: u64 = makedev(1, 7);
/// `/dev/random`.
pub const RANDOM: u64 = makedev(1, 8);
/// `/dev/urandom`.
pub const URANDOM: u64 = makedev(1, 9);
/// `/dev/tty`: the process's controlling terminal.
pub const TTY: u64 = makedev(5, 0);
/// `/dev/console`.
pub const CONSOLE: u64 = makedev(5, 1);
/// `/dev/ptmx`: opening it makes a pseudo-terminal.
pub const PTMX: u64 = makedev(5, 2);

const DEVICES: [(&[u8], u64, u32); 8] = [
    (b"null", NULL, 0o666),
    (b"zero", ZERO, 0o666),
    (b"full", FULL, 0o666),
    (b"random", RANDOM, 0o666),
    (b"urandom", URANDOM, 0o666),
    (b"tty", TTY, 0o666),
    (b"console", CONSOLE, 0o620),
    (b"ptmx", PTMX, 0o666),
];

const LINKS: [(&[u8], &[u8]); 4] = [
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
];

const DIRECTORIES: [(&[u8], u32); 2] = [(b"shm", 0o1777), (b"pts", 0o755)];

/// Fills the root of a file system with what a container's `/dev` has.
///
/// # Errors
/// Those of [`FileSystem::create`].
pub fn populate(fs: &mut impl FileSystem, now: Timestamp) -> Result<(), Errno> {
    let root = fs.root();
    let blank = NewInode { mode: Mode::new(FileKind::Symlink, 0o777), uid: 0, gid: 0, rdev: 0, target: &[] };
    for (name, rdev, permissions) in DEVICES {
        let mode = Mode::new(FileKind::CharDevice, permissions);
        fs.create(root, name, &NewInode { mode, rdev, ..blank }, now)?;
    }
    for (name, target) in LINKS {
        fs.create(root, name, &NewInode { target, ..blank }, now)?;
    }
    for (name, permissions) in DIRECTORIES {
        let mode = Mode::new(FileKind::Directory, permissions);
        fs.create(root, name, &NewInode { mode, ..blank }, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Tree, TreeLimits};

    #[test]
    fn device_numbers_are_linux_ones() {
        assert_eq!((NULL, TTY, makedev(0x1234, 0x5_6789)), (0x103, 0x500, 0x1000_5672_3489));
    }

    #[test]
    fn dev_has_its_devices() {
        let now = Timestamp { sec: 5, nsec: 0 };
        let mut tree = Tree::new(TreeLimits::default(), now);
        populate(&mut tree, now).unwrap();
        assert_eq!(tree.entries(1).unwrap().len(), 14);
        let null = tree.lookup(1, b"null").unwrap();
        let stat = tree.stat(null).unwrap();
        assert_eq!((stat.mode, stat.rdev, stat.nlink), (Mode(0o20666), 0x103, 1));
        let stdin = tree.lookup(1, b"stdin").unwrap();
        assert_eq!(tree.readlink(stdin).unwrap(), b"/proc/self/fd/0");
        assert_eq!(tree.stat(1).unwrap().nlink, 4);
    }
}

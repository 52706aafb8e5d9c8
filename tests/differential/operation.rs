//! The operations that both systems are asked to do, and how they are made up.

use wcr_abi::{AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, OpenFlags, Timestamp};

use crate::random::Random;

/// How many open files a sequence can have at a time.
pub const SLOTS: usize = 6;

/// Where a path starts: the current directory, or an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Cwd,
    Slot(usize),
}

/// A path and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub start: Start,
    pub path: String,
}

/// A timestamp to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    Now,
    Omit,
    At(Timestamp),
}

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Open {
        slot: usize,
        at: At,
        flags: OpenFlags,
        mode: u32,
    },
    Close(usize),
    Dup {
        from: usize,
        to: usize,
    },
    Read {
        slot: usize,
        len: usize,
        offset: Option<u64>,
    },
    Write {
        slot: usize,
        len: usize,
        byte: u8,
        offset: Option<u64>,
    },
    Seek {
        slot: usize,
        offset: i64,
        whence: u32,
    },
    Ftruncate {
        slot: usize,
        len: u64,
    },
    Entries(usize),
    Fstat(usize),
    Fchmod {
        slot: usize,
        mode: u32,
    },
    Fchown {
        slot: usize,
        uid: Option<u32>,
        gid: Option<u32>,
    },
    Futimens {
        slot: usize,
        atime: Time,
        mtime: Time,
    },
    Fchdir(usize),
    Getcwd,
    Chdir(String),
    Umask(u32),
    Stat {
        at: At,
        flags: u32,
    },
    Access {
        at: At,
        mode: u32,
    },
    Readlink(At),
    Truncate {
        path: String,
        len: u64,
    },
    Mkdir {
        at: At,
        mode: u32,
    },
    Mknod {
        at: At,
        mode: u32,
        rdev: u64,
    },
    Symlink {
        target: String,
        at: At,
    },
    Link {
        from: At,
        to: At,
        flags: u32,
    },
    Unlink(At),
    Rmdir(At),
    Rename {
        from: At,
        to: At,
    },
    Chmod {
        at: At,
        mode: u32,
    },
    Chown {
        at: At,
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    },
    Utimens {
        at: At,
        atime: Time,
        mtime: Time,
        flags: u32,
    },
    /// The same, done by the superuser, with paths from the root.
    Root(Box<Op>),
}

impl Op {
    /// Gives a truncation a length that no file has yet: whether one that changes nothing counts as a change is each
    /// file system's own.
    pub fn set_another_length(&mut self, number: usize) {
        match self {
            Self::Truncate { len, .. } | Self::Ftruncate { len, .. } => *len = 100_000 + number as u64,
            Self::Root(op) => op.set_another_length(number),
            _ => {}
        }
    }

    /// The open file that it changes.
    pub fn changes_open_file(&self) -> Option<usize> {
        match self {
            Self::Write { slot, .. }
            | Self::Ftruncate { slot, .. }
            | Self::Fchmod { slot, .. }
            | Self::Fchown { slot, .. }
            | Self::Futimens { slot, .. } => Some(*slot),
            _ => None,
        }
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Numbers of devices whose files can be opened without harm: null, zero, full.
const DEVICES: [u64; 3] = [0x103, 0x105, 0x107];

fn path(random: &mut Random) -> String {
    if random.rarely(150) {
        return String::new();
    }
    if random.rarely(150) {
        return "n".repeat(random.pick(&[255, 256]));
    }
    let mut path = if random.rarely(3) { "/".to_owned() } else { String::new() };
    let depth = random.pick(&[1, 1, 1, 2, 2, 3]);
    for part in 0..depth {
        if part > 0 {
            path.push_str(if random.rarely(20) { "//" } else { "/" });
        }
        path.push_str(match random.below(24) {
            0 => ".",
            1 => "..",
            _ => random.pick(&NAMES),
        });
    }
    if random.rarely(15) {
        path.push('/');
    }
    path
}

fn at(random: &mut Random) -> At {
    let start = if random.rarely(6) { Start::Slot(slot(random)) } else { Start::Cwd };
    At { start, path: path(random) }
}

fn slot(random: &mut Random) -> usize {
    random.below(SLOTS as u64) as usize
}

fn mode(random: &mut Random) -> u32 {
    match random.below(6) {
        0 => random.below(0o10000) as u32,
        1 => random.pick(&[0o4755, 0o2775, 0o1777, 0o2770, 0o6711, 0o2644]),
        2 => random.below(0o1000) as u32,
        _ => random.pick(&[0o755, 0o777, 0o644, 0o700]),
    }
}

fn id(random: &mut Random) -> Option<u32> {
    random.pick(&[None, Some(0), Some(1000), Some(1000), Some(100), Some(77)])
}

fn time(random: &mut Random) -> Time {
    match random.below(4) {
        0 => Time::Now,
        1 => Time::Omit,
        _ => Time::At(Timestamp { sec: random.below(1000) as i64 - 100, nsec: random.below(1_000_000_000) as u32 }),
    }
}

fn times(random: &mut Random) -> (Time, Time) {
    if random.rarely(4) { (Time::Now, Time::Now) } else { (time(random), time(random)) }
}

fn offset(random: &mut Random) -> u64 {
    match random.below(12) {
        0 => random.pick(&[4095, 4096, 65_535, 65_536, 200_000]),
        1 => random.pick(&[1 << 30, 1 << 40]),
        _ => random.below(9000),
    }
}

fn flags(random: &mut Random) -> OpenFlags {
    // Without it, a FIFO's opening waits.
    let mut flags = OpenFlags(random.pick(&[0, 0, 1, 2, 2, 2, 3])).with(OpenFlags::NONBLOCK);
    for (flag, once_in) in [
        (OpenFlags::CREAT, 2),
        (OpenFlags::EXCL, 8),
        (OpenFlags::TRUNC, 6),
        (OpenFlags::APPEND, 6),
        (OpenFlags::NOFOLLOW, 8),
        (OpenFlags::DIRECTORY, 8),
        (OpenFlags::PATH, 12),
        (OpenFlags::NOATIME, 20),
    ] {
        if random.rarely(once_in) {
            flags = flags.with(flag);
        }
    }
    flags
}

fn no_follow(random: &mut Random) -> u32 {
    if random.rarely(3) { AT_SYMLINK_NOFOLLOW } else { 0 }
}

/// Makes up an operation of a process.
pub fn operation(random: &mut Random) -> Op {
    match random.below(60) {
        0..9 => Op::Open { slot: slot(random), at: at(random), flags: flags(random), mode: mode(random) },
        9 => Op::Close(slot(random)),
        10 => Op::Dup { from: slot(random), to: slot(random) },
        11..15 => Op::Read {
            slot: slot(random),
            // Whether reading nothing counts as an access is each file system's own.
            len: random.pick(&[1, 10, 100, 5000]),
            offset: if random.rarely(2) { None } else { Some(offset(random)) },
        },
        15..19 => Op::Write {
            slot: slot(random),
            len: random.pick(&[0, 1, 100, 5000]),
            byte: random.below(255) as u8 + 1,
            offset: if random.rarely(3) { Some(offset(random)) } else { None },
        },
        19 => Op::Seek {
            slot: slot(random),
            offset: if random.rarely(10) {
                random.pick(&[i64::MIN, -(1 << 40), i64::MAX])
            } else {
                offset(random) as i64 - 4000
            },
            whence: random.below(3) as u32,
        },
        20..22 => Op::Ftruncate { slot: slot(random), len: offset(random) },
        22..24 => Op::Entries(slot(random)),
        24 => Op::Fstat(slot(random)),
        25 => Op::Fchmod { slot: slot(random), mode: mode(random) },
        26 => Op::Fchown { slot: slot(random), uid: id(random), gid: id(random) },
        27 => {
            let (atime, mtime) = times(random);
            Op::Futimens { slot: slot(random), atime, mtime }
        }
        28 => Op::Fchdir(slot(random)),
        29 => Op::Getcwd,
        30..32 => Op::Chdir(path(random)),
        32 => Op::Umask(random.pick(&[0o022, 0o022, 0, 0o077, 0o777])),
        33 => Op::Access { at: at(random), mode: random.below(8) as u32 },
        34 => Op::Readlink(at(random)),
        _ => on_paths(random),
    }
}

/// Makes up an operation on paths alone.
fn on_paths(random: &mut Random) -> Op {
    match random.below(30) {
        0..2 => Op::Stat { at: at(random), flags: no_follow(random) },
        2 => Op::Truncate { path: format!("/{}", path(random)), len: offset(random) },
        3..8 => Op::Mkdir { at: at(random), mode: mode(random) },
        8 => {
            let kind = random.pick(&[0, 0o100_000, 0o010_000, 0o010_000, 0o140_000, 0o020_000, 0o040_000, 0o120_000]);
            Op::Mknod { at: at(random), mode: kind | mode(random), rdev: random.pick(&DEVICES) }
        }
        9..11 => {
            let target = if random.rarely(8) { "t".repeat(random.pick(&[59, 60, 300])) } else { path(random) };
            Op::Symlink { target, at: at(random) }
        }
        11..14 => {
            let flags = if random.rarely(3) { AT_SYMLINK_FOLLOW } else { 0 };
            Op::Link { from: at(random), to: at(random), flags }
        }
        14..17 => Op::Unlink(at(random)),
        17..19 => Op::Rmdir(at(random)),
        19..24 => Op::Rename { from: at(random), to: at(random) },
        24..26 => Op::Chmod { at: at(random), mode: mode(random) },
        26..28 => Op::Chown { at: at(random), uid: id(random), gid: id(random), flags: no_follow(random) },
        _ => {
            let (atime, mtime) = times(random);
            Op::Utimens { at: at(random), atime, mtime, flags: no_follow(random) }
        }
    }
}

/// Makes up an operation that the superuser does meanwhile: only paths from the root.
pub fn operation_of_root(random: &mut Random) -> Op {
    let mut op = on_paths(random);
    let absolute = |at: &mut At| {
        at.start = Start::Cwd;
        at.path = format!("/{}", at.path.trim_start_matches('/'));
    };
    match &mut op {
        Op::Stat { at, .. }
        | Op::Mkdir { at, .. }
        | Op::Mknod { at, .. }
        | Op::Symlink { at, .. }
        | Op::Unlink(at)
        | Op::Rmdir(at)
        | Op::Chmod { at, .. }
        | Op::Chown { at, .. }
        | Op::Utimens { at, .. } => absolute(at),
        Op::Link { from, to, .. } | Op::Rename { from, to } => {
            absolute(from);
            absolute(to);
        }
        _ => {}
    }
    Op::Root(Box::new(op))
}

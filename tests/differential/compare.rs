//! What must be alike after an operation.

use std::collections::BTreeMap;

use wcr_abi::{Stat, Timestamp};

use crate::system::{Seen, Snapshot};

/// Times before this are set by operations, in seconds; all others come from a clock.
const CLOCK: i64 = 1_000_000_000;

/// What one system shows before and after an operation.
pub struct Change<'a> {
    pub before: &'a Snapshot,
    pub after: &'a Snapshot,
    /// The clock before the operation, in nanoseconds.
    pub start: u64,
    /// The clock has moved on since the operation before.
    pub ticked: bool,
}

/// What became of a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Kept,
    /// It is what the clock says.
    Now,
    Set(Timestamp),
    /// It is another time from the clock: only the opposite of `Now` can be meant.
    Other,
}

/// Compares; the difference in words when there is one.
pub fn difference(ours: &Change<'_>, linux: &Change<'_>, overlay: bool) -> Option<String> {
    let ours_paths: Vec<_> = ours.after.keys().collect();
    let linux_paths: Vec<_> = linux.after.keys().collect();
    if ours_paths != linux_paths {
        return Some(format!("the files are\n  wcr   {ours_paths:?}\n  linux {linux_paths:?}"));
    }
    let (ours_first, linux_first) = (first_paths(ours.after), first_paths(linux.after));
    for ((path, a), b) in ours.after.iter().zip(linux.after.values()) {
        let see = if path.starts_with('@') { Seen::of_open } else { Seen::new };
        let (seen, expected) = (see(a, overlay), see(b, overlay));
        if seen != expected {
            return Some(format!("{path} is\n  wcr   {seen:?}\n  linux {expected:?}"));
        }
        let (one, other) = (ours_first[&a.ino], linux_first[&b.ino]);
        if one != other {
            return Some(format!("{path} is the same file as {one} with wcr and {other} with Linux"));
        }
        let (old_a, old_b) = (old(ours, a), old(linux, b));
        for (name, time) in TIMES {
            let ours_became = became(old_a.map(time), time(a), ours.start);
            let linux_became = became(old_b.map(time), time(b), linux.start);
            let read = old_a.zip(old_b).filter(|_| name == "atime");
            // Marks of its own, and copying up itself, show in the overlay's ctime; it copies up what is opened for
            // writing and folders around it, and then takes note of reading and of a length that stays. What was
            // open before that is another file, of which it takes no note. A folder that is removed is emptied first.
            // Whether a read counts it decides by what it remembers of the times.
            let marked = match (ours_became, linux_became) {
                _ if !overlay => false,
                (Became::Kept, Became::Now | Became::Other) if name == "ctime" => true,
                (Became::Kept, Became::Now) => a.ctime.sec < CLOCK || a.nlink == 0,
                (Became::Now, Became::Kept) => name == "atime" || name == "ctime" && path.starts_with('@'),
                _ => false,
            };
            if !marked && !alike(ours_became, linux_became, linux.ticked, old_b.map(time), read) {
                return Some(format!(
                    "{path}: {name} became\n  wcr   {ours_became:?} ({:?} -> {:?})\n  linux {linux_became:?} ({:?} -> {:?})",
                    old_a.map(times),
                    times(a),
                    old_b.map(times),
                    times(b)
                ));
            }
        }
    }
    None
}

type Part = fn(&Stat) -> Timestamp;

const TIMES: [(&str, Part); 3] =
    [("atime", |stat| stat.atime), ("mtime", |stat| stat.mtime), ("ctime", |stat| stat.ctime)];

fn times(stat: &Stat) -> [(i64, u32); 3] {
    [stat.atime, stat.mtime, stat.ctime].map(|time| (time.sec, time.nsec))
}

/// The first path of each inode.
fn first_paths(snapshot: &Snapshot) -> BTreeMap<u64, &String> {
    let mut first = BTreeMap::new();
    for (path, stat) in snapshot {
        first.entry(stat.ino).or_insert(path);
    }
    first
}

fn old<'a>(change: &'a Change<'_>, now: &Stat) -> Option<&'a Stat> {
    change.before.values().find(|stat| stat.ino == now.ino)
}

fn became(old: Option<Timestamp>, new: Timestamp, start: u64) -> Became {
    if old == Some(new) {
        return Became::Kept;
    }
    match new.sec {
        ..CLOCK => Became::Set(new),
        _ if new.to_nanos() >= start => Became::Now,
        _ => Became::Other,
    }
}

/// Whether a timestamp became the same on both. `read` is the metadata before, when it is that of the last access.
///
/// Linux's clock has ticks: without one in between, a stamp may keep its value, and whether a read comes after a write
/// is not told apart.
fn alike(ours: Became, linux: Became, ticked: bool, was: Option<Timestamp>, read: Option<(&Stat, &Stat)>) -> bool {
    if ours == linux {
        return ours != Became::Other;
    }
    let due = |stat: &Stat| stat.mtime >= stat.atime || stat.ctime >= stat.atime;
    match (ours, linux) {
        _ if ticked => false,
        (Became::Now, Became::Kept) => was.is_some_and(|was| was.sec >= CLOCK),
        (Became::Kept, Became::Now) => read.is_some_and(|(ours, linux)| due(linux) && !due(ours)),
        _ => false,
    }
}

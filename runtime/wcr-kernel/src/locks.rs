//! Locks of whole files that hold by agreement only (`flock(2)`). One belongs to an open file, whichever processes share
//! that, and goes with its last descriptor.

use wcr_abi::{Errno, Fd, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, OpenFlags, Pid};
use wcr_vfs::Node;

use crate::file::FileId;
use crate::kernel::{Call, Kernel};
use crate::sched::Event;

/// What is locked: a file, or an open file that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Locked {
    Node(Node),
    File(FileId),
}

/// The locks of one file: one for writing, or any number for reading.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    exclusive: bool,
    files: Vec<FileId>,
}

impl Kernel {
    /// Locks a file for its open file, for reading (`LOCK_SH`) or writing (`LOCK_EX`), and waits while others hold what
    /// stands against it, unless with `LOCK_NB`; or unlocks it (`LOCK_UN`). An open file that has a lock loses it to the
    /// new one before it waits.
    ///
    /// # Errors
    /// `AGAIN` others hold it, with `LOCK_NB`; `INVAL` no such operation; `BADF` not open, or only as a path; `INTR`.
    pub fn lock(&mut self, pid: Pid, fd: Fd, operation: u32) -> Call<()> {
        let (id, file) = self.file_of(pid, fd)?;
        if file.flags.contains(OpenFlags::PATH) {
            return Err(Errno::Badf.into());
        }
        let locked = file.backing.node().map_or(Locked::File(id), Locked::Node);
        let exclusive = match operation & !LOCK_NB {
            LOCK_SH => false,
            LOCK_EX => true,
            LOCK_UN => {
                self.unlock(id, locked);
                return Ok(());
            }
            _ => return Err(Errno::Inval.into()),
        };
        let holders = self.locks.entry(locked).or_default();
        if holders.files.contains(&id) && holders.exclusive == exclusive {
            return Ok(());
        }
        self.unlock(id, locked);
        let holders = self.locks.entry(locked).or_default();
        if holders.files.is_empty() || !holders.exclusive && !exclusive {
            holders.exclusive = exclusive;
            holders.files.push(id);
            return Ok(());
        }
        if operation & LOCK_NB != 0 {
            return Err(Errno::Again.into());
        }
        Err(self.block(pid, &[Event::Unlocked(locked)]))
    }

    /// Takes the lock of an open file from it, if it has one.
    pub(crate) fn unlock(&mut self, id: FileId, locked: Locked) {
        let Some(holders) = self.locks.get_mut(&locked) else { return };
        let before = holders.files.len();
        holders.files.retain(|holder| *holder != id);
        let (fewer, none) = (holders.files.len() < before, holders.files.is_empty());
        if none {
            self.locks.remove(&locked);
        }
        if fewer {
            self.wake(Event::Unlocked(locked));
        }
    }
}

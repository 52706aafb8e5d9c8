//! A process's descriptor table.

use wcr_abi::{Errno, Fd};

use crate::file::FileId;

/// One descriptor: the open file it stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptor {
    pub(crate) file: FileId,
    pub(crate) cloexec: bool,
    /// A directory given to a WASI module as its preopened root.
    pub(crate) preopen: bool,
}

/// Descriptors by number. Reference counts of the open files are the kernel's concern.
#[derive(Debug, Clone, Default)]
pub(crate) struct FdTable {
    slots: Vec<Option<Descriptor>>,
}

impl FdTable {
    /// The descriptor `fd`. `BADF` when it is not open.
    pub(crate) fn get(&self, fd: Fd) -> Result<Descriptor, Errno> {
        self.slots.get(fd as usize).copied().flatten().ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The lowest free number from `min` on. `MFILE` when it would reach `limit`.
    pub(crate) fn free(&self, min: Fd, limit: u64) -> Result<Fd, Errno> {
        let start = min as usize;
        let found = self.slots.iter().skip(start).position(Option::is_none).map(|at| at + start);
        let fd = found.unwrap_or_else(|| self.slots.len().max(start));
        if (fd as u64) < limit { Ok(fd as Fd) } else { Err(Errno::Mfile) }
    }

    /// Puts a descriptor at `fd` and returns what was there. `fd` is below the limit on open files.
    pub(crate) fn set(&mut self, fd: Fd, descriptor: Descriptor) -> Option<Descriptor> {
        let at = fd as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, None);
        }
        self.slots[at].replace(descriptor)
    }

    /// Takes the descriptor out. `BADF` when it is not open.
    pub(crate) fn take(&mut self, fd: Fd) -> Result<Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// All open descriptors, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Fd, Descriptor)> + '_ {
        self.slots.iter().enumerate().filter_map(|(fd, slot)| Some((fd as Fd, (*slot)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_lowest_free_ones() {
        let mut table = FdTable::default();
        let descriptor = Descriptor { file: FileId(0), cloexec: false, preopen: false };
        for fd in [0, 1, 2, 5] {
            table.set(fd, descriptor);
        }
        assert_eq!(table.free(0, 1024), Ok(3));
        assert_eq!(table.free(5, 1024), Ok(6));
        assert_eq!(table.free(9, 1024), Ok(9));
        assert_eq!(table.free(0, 3), Err(Errno::Mfile));
        assert!(table.take(5).is_ok() && table.take(5).is_err() && table.get(4).is_err());
    }
}

//! Room that is set aside for a file, and holes in it (`fallocate(2)`).

use wcr_abi::{Errno, FALLOC_KEEP_SIZE, FALLOC_PUNCH_HOLE, Fd, FileKind, OpenFlags, Pid};
use wcr_vfs::Part;

use crate::file::Backing;
use crate::kernel::{Call, Kernel};

impl Kernel {
    /// Sets room aside for a part of a file, or makes a hole there (`KEEP_SIZE` with `PUNCH_HOLE`).
    ///
    /// # Errors
    /// `INVAL` no such part; `NOTSUP` other modes, or a file system without them; `BADF` not open for writing; `SPIPE` a
    /// pipe; `ISDIR`; `NODEV` no regular file; `FBIG` no file may be as long, with `SIGXFSZ` when it is the caller's
    /// limit that says so; `NOSPC`.
    pub fn allocate(&mut self, pid: Pid, fd: Fd, mode: u32, offset: i64, len: i64) -> Call<()> {
        let (_, file) = self.file_of(pid, fd)?;
        let (backing, flags) = (file.backing, file.flags);
        if flags.contains(OpenFlags::PATH) {
            return Err(Errno::Badf.into());
        }
        let (Ok(offset), Ok(len @ 1..)) = (u64::try_from(offset), u64::try_from(len)) else {
            return Err(Errno::Inval.into());
        };
        let (keep_size, hole) = match mode {
            0 => (false, false),
            FALLOC_KEEP_SIZE => (true, false),
            mode if mode == FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE => (true, true),
            _ => return Err(Errno::Notsup.into()),
        };
        if !flags.writable() {
            return Err(Errno::Badf.into());
        }
        let node = match backing {
            Backing::Node { node, kind: FileKind::Regular } => node,
            Backing::Node { kind: FileKind::Directory, .. } => return Err(Errno::Isdir.into()),
            Backing::Pipe { .. } | Backing::HostInput | Backing::HostOutput | Backing::HostError => {
                return Err(Errno::Spipe.into());
            }
            _ => return Err(Errno::Nodev.into()),
        };
        let part = Part { offset, len };
        if i64::try_from(part.end()).is_err() {
            return Err(Errno::Fbig.into());
        }
        let old = self.vfs.stat_node(node)?.size;
        if !keep_size {
            self.may_be_as_long(pid, old, part.end())?;
        }
        if hole {
            self.within_seals(node, offset, &[])?;
        } else {
            // Also where the length stays.
            self.may_resize(node, old, part.end().max(old))?;
        }
        let now = self.now();
        Ok(self.with_walk(pid, |vfs, walk| match hole {
            true => vfs.punch_node(walk.creds, node, part, now),
            false => vfs.allocate_node(walk.creds, node, part, keep_size, now),
        })?)
    }
}

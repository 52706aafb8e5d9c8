//! Files without names, which lie in memory (`memfd_create(2)`).

use wcr_abi::{Errno, Fd, FileKind, OpenFlags, Pid};
use wcr_vfs::{Node, Tree, TreeLimits};

use crate::file::{Backing, OpenFile};
use crate::kernel::{Call, Kernel};

/// The longest name, in bytes.
const NAME_MAX: usize = 249;
/// The most that all of them hold together, in bytes.
const BYTES_MAX: u64 = 256 << 20;

impl Kernel {
    /// A new file in memory; its name is shown in `/proc` only. `flags`: `CLOEXEC`.
    ///
    /// # Errors
    /// `INVAL` the name is too long; `MFILE` no descriptor left.
    pub fn memory_file(&mut self, pid: Pid, name: &[u8], flags: OpenFlags) -> Call<Fd> {
        if name.len() > NAME_MAX {
            return Err(Errno::Inval.into());
        }
        let (dir, now) = (self.nameless()?, self.now());
        let node = self.with_walk(pid, |vfs, walk| vfs.nameless_file(dir, 0o777, walk.creds, now))?;
        let backing = Backing::Node { node, kind: FileKind::Regular };
        let file = self.add_file(OpenFile::new(backing, OpenFlags::RDWR));
        let fd = self.install_fd(pid, file, 0, flags.contains(OpenFlags::CLOEXEC));
        let fd = fd.inspect_err(|_| self.release(file))?;
        self.proc_table.open(pid, fd, [b"/memfd:", name, b" (deleted)"].concat());
        Ok(fd)
    }

    fn nameless(&mut self) -> Result<Node, Errno> {
        if let Some(root) = self.nameless {
            return Ok(root);
        }
        let tree = Tree::new(TreeLimits { bytes: BYTES_MAX, ..TreeLimits::default() }, self.now());
        let root = self.vfs.mount_nowhere(Box::new(tree))?;
        self.nameless = Some(root);
        Ok(root)
    }
}

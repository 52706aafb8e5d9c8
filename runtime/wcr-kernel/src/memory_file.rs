//! Files without names, which lie in memory (`memfd_create(2)`).

use wcr_abi::{Errno, Fd, FileKind, OpenFlags, Pid, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE};
use wcr_vfs::{Name, Node, Tree, TreeLimits};

use crate::file::{Backing, OpenFile};
use crate::kernel::{Call, Kernel};

/// The longest name, in bytes.
const NAME_MAX: usize = 249;
/// A page of memory, in bytes: what is written at a time.
const PAGE: u64 = 4096;
/// All seals there are.
const SEALS: u32 = SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE;
/// The most that all of them hold together, in bytes.
const BYTES_MAX: u64 = 256 << 20;

impl Kernel {
    /// A new file in memory; its name is shown in `/proc` only. `flags`: `CLOEXEC`. It can be sealed when `sealing` says
    /// so.
    ///
    /// # Errors
    /// `INVAL` the name is too long; `MFILE` no descriptor left.
    pub fn memory_file(&mut self, pid: Pid, name: &[u8], flags: OpenFlags, sealing: bool) -> Call<Fd> {
        if name.len() > NAME_MAX {
            return Err(Errno::Inval.into());
        }
        let (dir, now) = (self.nameless()?, self.now());
        let node = self.with_walk(pid, |vfs, walk| vfs.nameless_file(dir, 0o777, walk.creds, now))?;
        let backing = Backing::Node { node, kind: FileKind::Regular };
        let name = Name::Text([b"/memfd:", name, b" (deleted)"].concat());
        let file = self.add_file(OpenFile::new(backing, OpenFlags::RDWR).named(name));
        let fd = self.install_fd(pid, file, 0, flags.contains(OpenFlags::CLOEXEC));
        self.seals.insert(node, if sealing { 0 } else { SEAL_SEAL });
        Ok(fd.inspect_err(|_| self.release(file))?)
    }

    /// The seals of a file (`F_GET_SEALS`). `INVAL` it can have none.
    pub fn seals(&self, pid: Pid, fd: Fd) -> Call<u32> {
        let node = self.file_of(pid, fd)?.1.backing.node();
        Ok(node.and_then(|node| self.seals.get(&node).copied()).ok_or(Errno::Inval)?)
    }

    /// Adds seals to a file (`F_ADD_SEALS`).
    ///
    /// # Errors
    /// `INVAL` it can have none, or there are no such; `PERM` it can get no more, or is not open for writing.
    pub fn add_seals(&mut self, pid: Pid, fd: Fd, seals: u32) -> Call<()> {
        let file = self.file_of(pid, fd)?.1;
        let (node, writable) = (file.backing.node(), file.flags.writable());
        if !writable {
            return Err(Errno::Perm.into());
        }
        if seals & !SEALS != 0 {
            return Err(Errno::Inval.into());
        }
        let node = node.ok_or(Errno::Inval)?;
        let old = self.seals.get(&node).copied().ok_or(Errno::Inval)?;
        if old & SEAL_SEAL != 0 {
            return Err(Errno::Perm.into());
        }
        self.seals.insert(node, old | seals);
        Ok(())
    }

    /// The part of `bytes` that a file's seals let be written at `at`. `PERM` when they let none.
    pub(crate) fn within_seals<'a>(&mut self, node: Node, at: u64, bytes: &'a [u8]) -> Result<&'a [u8], Errno> {
        let seals = self.seals.get(&node).copied().unwrap_or(0);
        if seals & (SEAL_WRITE | SEAL_FUTURE_WRITE) != 0 {
            return Err(Errno::Perm);
        }
        if seals & SEAL_GROW == 0 || bytes.is_empty() {
            return Ok(bytes);
        }
        let size = self.vfs.stat_node(node)?.size;
        if at.saturating_add(bytes.len() as u64) <= size {
            return Ok(bytes);
        }
        // It is written page by page, and the first page that would make it longer is not.
        let whole = (size / PAGE * PAGE).checked_sub(at).filter(|whole| *whole > 0).ok_or(Errno::Perm)?;
        Ok(bytes.get(..whole as usize).unwrap_or(bytes))
    }

    /// `PERM` when a file's seals do not let it get another length.
    pub(crate) fn may_resize(&self, node: Node, old: u64, new: u64) -> Result<(), Errno> {
        let seals = self.seals.get(&node).copied().unwrap_or(0);
        let sealed = new < old && seals & SEAL_SHRINK != 0 || new > old && seals & SEAL_GROW != 0;
        if sealed { Err(Errno::Perm) } else { Ok(()) }
    }

    /// Forgets the seals of a file that nobody has open any more.
    pub(crate) fn forget_seals(&mut self, node: Node) {
        let nameless = self.nameless.is_some_and(|root| root.mount == node.mount);
        if nameless && !self.files.iter().any(|(_, file)| file.backing.node() == Some(node)) {
            self.seals.remove(&node);
        }
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

//! What `/proc` calls open files, programs and current directories: by the names that they have now.

use std::collections::BTreeMap;

use wcr_abi::{Errno, Pid};
use wcr_vfs::{Creds, MagicLink, Name, Node, Place, Removed, Renamed, Target, Walk};

use crate::capability::Capability;
use crate::file::{Backing, FileId, OpenFile, Slab};
use crate::kernel::Kernel;
use crate::process::Process;

/// The inode number of an anonymous pipe, or of a stream of the host.
pub(crate) fn pipe_ino(id: FileId, backing: Backing) -> u64 {
    match backing {
        Backing::Pipe { pipe, .. } => 100 + pipe.0 as u64,
        _ => 1 + id.0 as u64,
    }
}

/// What an open file is called.
fn name_of_file(id: FileId, file: &OpenFile) -> Name {
    match (file.backing, &file.name) {
        (_, Name::Text(text)) => Name::Text(text.clone()),
        (Backing::Socket(socket), _) => Name::Text(format!("socket:[{}]", socket.0).into_bytes()),
        (backing, _) if backing.node().is_none() => {
            Name::Text(format!("pipe:[{}]", pipe_ino(id, backing)).into_bytes())
        }
        (_, name) => name.clone(),
    }
}

/// Whether a process may look into another one (`ptrace(2)`, the check for reading by the effective ids).
fn may_look(caller: &Process, target: &Process) -> bool {
    let users = [target.user.real, target.creds.uid, target.user.saved];
    let groups = [target.group.real, target.creds.gid, target.group.saved];
    let same = users.iter().all(|id| *id == caller.creds.uid) && groups.iter().all(|id| *id == caller.creds.gid);
    same || caller.is_capable(Capability::Ptrace)
}

/// What a link of `/proc` stands for, as the process `pid` sees it.
pub(crate) fn target(
    procs: &BTreeMap<Pid, Process>,
    files: &Slab<OpenFile>,
    pid: Pid,
    link: MagicLink,
) -> Result<Target, Errno> {
    let (MagicLink::Fd { pid: other, .. } | MagicLink::Exe(other) | MagicLink::Cwd(other)) = link else {
        return Err(Errno::Inval);
    };
    let (caller, process) = (procs.get(&pid).ok_or(Errno::Srch)?, procs.get(&other).ok_or(Errno::Noent)?);
    if pid != other && !may_look(caller, process) {
        return Err(Errno::Acces);
    }
    match link {
        MagicLink::Fd { fd, .. } => {
            let id = process.fds.get(fd).map_err(|_| Errno::Noent)?.file;
            let file = files.get(id.0).ok_or(Errno::Noent)?;
            Ok(Target { node: file.backing.node(), name: name_of_file(id, file) })
        }
        _ if process.is_zombie() => Err(Errno::Noent),
        MagicLink::Exe(_) => Ok(Target { node: Some(process.exe), name: process.exe_name.clone() }),
        _ => Ok(Target { node: Some(process.cwd), name: process.cwd_name.clone() }),
    }
}

impl Kernel {
    /// Whether a process may look into another one's memory.
    pub(crate) fn may_look(&self, pid: Pid, other: Pid) -> Result<bool, Errno> {
        Ok(pid == other || may_look(self.process(pid)?, self.process(other)?))
    }

    /// All names in use, with their files.
    fn names_in_use(&mut self) -> impl Iterator<Item = (Node, &mut Name)> {
        let files = self.files.iter_mut().filter_map(|file| Some((file.backing.node()?, &mut file.name)));
        let processes = self.procs.values_mut();
        files.chain(
            processes.flat_map(|process| [(process.exe, &mut process.exe_name), (process.cwd, &mut process.cwd_name)]),
        )
    }

    /// Removes a name from outside the container, as its root would: of a file, or of an empty folder.
    ///
    /// # Errors
    /// Those of [`wcr_vfs::Vfs::unlink`] and [`wcr_vfs::Vfs::rmdir`].
    pub fn remove_from_outside(&mut self, path: &[u8]) -> Result<(), Errno> {
        let now = self.now();
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let (removed, is_dir) = match self.vfs.unlink(&walk, None, path, now) {
            Err(Errno::Isdir) => (self.vfs.rmdir(&walk, None, path, now)?, true),
            removed => (removed?, false),
        };
        self.name_removed(&removed, is_dir);
        Ok(())
    }

    /// Takes note that a name is gone.
    pub(crate) fn name_removed(&mut self, removed: &Removed, is_dir: bool) {
        if self.names_in_use().any(|(node, _)| node == removed.node) {
            let text = self.vfs.path_at(&removed.place).unwrap_or_default();
            self.names_in_use().for_each(|(node, name)| name.lose(node, removed, is_dir, &text));
        }
    }

    /// Takes note that names have changed.
    pub(crate) fn renamed(&mut self, renamed: Renamed, other_is_dir: bool) {
        let Renamed { moved, to, other, exchanged } = renamed;
        let other = other.map(|node| Removed { node, place: to.clone() });
        if let Some(other) = other.as_ref().filter(|_| !exchanged) {
            self.name_removed(other, other_is_dir);
        }
        let exchanged: Option<(Removed, Place)> = other.filter(|_| exchanged).map(|other| (other, moved.place.clone()));
        for (node, name) in self.names_in_use() {
            name.follow(node, &moved, &to);
            if let Some((other, to)) = exchanged.as_ref().filter(|(other, _)| other.node == node && node != moved.node)
            {
                name.follow(node, other, to);
            }
        }
    }
}

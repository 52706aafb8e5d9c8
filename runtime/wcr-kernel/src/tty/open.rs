//! Opening and closing terminals, and their names in `/dev/pts`.

use wcr_abi::{Errno, FileKind, Mode, OpenFlags, Pid, Signal};
use wcr_vfs::{Creds, Node, Walk, dev};

use crate::file::Backing;
use crate::kernel::Kernel;
use crate::sched::Event;

use super::{Tty, TtyId};

/// The major number of the slaves of pseudo-terminals.
const PTS_MAJOR: u32 = 136;
/// The group that terminals belong to (`tty` in most images).
const TTY_GROUP: u32 = 5;
/// The most terminals of a container.
const MAX: usize = 4096;

/// A terminal's device number.
pub(super) const fn rdev(id: TtyId) -> u64 {
    dev::makedev(PTS_MAJOR, id.0 as u32)
}

/// The name of a terminal.
pub(crate) fn path(id: TtyId) -> Vec<u8> {
    format!("/dev/pts/{}", id.0).into_bytes()
}

impl Kernel {
    /// What opening a terminal's device node gives; `None` when `number` is no terminal's.
    ///
    /// # Errors
    /// `NXIO` the process has no controlling terminal; `IO` the terminal is gone or locked; `NOSPC` too many.
    pub(crate) fn open_tty(
        &mut self,
        pid: Pid,
        node: Node,
        number: u64,
        flags: OpenFlags,
    ) -> Option<Result<Backing, Errno>> {
        let slave = |tty: Option<TtyId>| tty.map(|tty| Backing::Tty { tty, node });
        Some(match number {
            dev::TTY => slave(self.controlling_tty(pid)).ok_or(Errno::Nxio),
            dev::CONSOLE => slave(self.console).ok_or(Errno::Nxio),
            dev::PTMX => self.new_pty(pid).map(|tty| Backing::PtyMaster { tty, node }),
            _ => {
                let id = (0..self.ttys.len()).map(TtyId).find(|id| rdev(*id) == number)?;
                self.open_slave(pid, id, flags).map(|()| Backing::Tty { tty: id, node })
            }
        })
    }

    fn new_pty(&mut self, pid: Pid) -> Result<TtyId, Errno> {
        if self.ttys.iter().count() >= MAX {
            return Err(Errno::Nospc);
        }
        let uid = self.process(pid)?.creds.uid;
        let id = TtyId(self.ttys.insert(Tty { locked: true, ..Tty::default() }));
        self.name_tty(id, uid).inspect_err(|_| drop(self.ttys.remove(id.0)))?;
        Ok(id)
    }

    /// Gives a terminal its name in `/dev/pts`.
    pub(crate) fn name_tty(&mut self, id: TtyId, uid: u32) -> Result<Node, Errno> {
        let now = self.now();
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let mode = Mode::new(FileKind::CharDevice, 0o620);
        let node = self.vfs.mknod(&walk, None, &path(id), mode.0, rdev(id), now)?;
        self.vfs.chown_node(Creds::root(), node, Some(uid), Some(TTY_GROUP), now)?;
        Ok(node)
    }

    fn open_slave(&mut self, pid: Pid, id: TtyId, flags: OpenFlags) -> Result<(), Errno> {
        let has_none = self.controlling_tty(pid).is_none();
        let process = self.process(pid)?;
        let (leads, session) = (process.sid == pid, process.sid);
        let tty = self.ttys.get(id.0).filter(|tty| !tty.locked && !tty.hung_up).ok_or(Errno::Io)?;
        if leads && has_none && tty.session.is_none() && !flags.contains(OpenFlags::NOCTTY) && flags.readable() {
            self.control_session(id, session);
        }
        Ok(())
    }

    /// Counts one more open file of a terminal's side.
    pub(crate) fn count_tty(&mut self, backing: Backing) {
        match backing {
            Backing::Tty { tty, .. } => {
                if let Some(tty) = self.ttys.get_mut(tty.0) {
                    tty.slaves += 1;
                    tty.left = false;
                }
            }
            Backing::PtyMaster { tty, .. } => {
                if let Some(tty) = self.ttys.get_mut(tty.0) {
                    tty.masters += 1;
                }
            }
            _ => {}
        }
    }

    /// Counts one open file of the slave less; with the last one the master's reader sees the end.
    pub(crate) fn close_slave(&mut self, id: TtyId) {
        let Some(tty) = self.ttys.get_mut(id.0) else { return };
        tty.slaves -= 1;
        if tty.slaves > 0 {
            return;
        }
        tty.left = true;
        if tty.hung_up && Some(id) != self.console {
            self.ttys.remove(id.0);
        } else {
            self.wake(Event::MasterReadable(id));
        }
    }

    /// Counts one open file of the master less; the last one hangs the terminal up, and its name goes.
    pub(crate) fn close_master(&mut self, id: TtyId) {
        let Some(tty) = self.ttys.get_mut(id.0) else { return };
        tty.masters -= 1;
        if tty.masters > 0 {
            return;
        }
        self.hang_up(id);
        let now = self.now();
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        // Somebody may have removed the name.
        if let Ok(removed) = self.vfs.unlink(&walk, None, &path(id), now) {
            self.name_removed(&removed, false);
        }
        if self.ttys.get(id.0).is_some_and(|tty| tty.slaves == 0) {
            self.ttys.remove(id.0);
        }
    }

    /// Nobody is at the other side any more: readers see the end, writers fail, the session's leader gets `HUP`.
    pub(super) fn hang_up(&mut self, id: TtyId) {
        let Some(tty) = self.ttys.get_mut(id.0) else { return };
        tty.hung_up = true;
        tty.line.flush();
        tty.foreground = None;
        let leader = tty.session.take();
        for event in [Event::TtyReadable(id), Event::TtyWritable(id)] {
            self.wake(event);
        }
        if let Some(leader) = leader {
            self.post_guarded(leader, Signal::HUP);
            self.post_guarded(leader, Signal::CONT);
        }
    }
}

//! The console: the terminal whose other side is the host's.

use wcr_abi::{Errno, OpenFlags, Pid, Signal, WaitStatus, WinSize};
use wcr_vfs::{Name, Node};

use crate::file::{Backing, FileId, OpenFile};
use crate::kernel::Kernel;
use crate::sched::Event;
use crate::stdio::HostEvent;

use super::open::path;
use super::{Tty, TtyId};

/// How much is taken from the host at a time, in bytes.
const PIECE: usize = 1024;

impl Kernel {
    /// Makes the console, and an open file of it for the first process's three streams.
    pub(crate) fn open_console(&mut self, pid: Pid, size: WinSize) -> Result<FileId, Errno> {
        let uid = self.process(pid)?.creds.uid;
        let id = TtyId(self.ttys.insert(Tty { size, masters: 1, slaves: 1, ..Tty::default() }));
        self.console = Some(id);
        let node: Node = self.name_tty(id, uid)?;
        self.vfs.pin(node)?;
        self.control_session(id, pid);
        let mut file = OpenFile::new(Backing::Tty { tty: id, node }, OpenFlags::RDWR);
        (file.refs, file.name) = (3, Name::Text(path(id)));
        Ok(self.add_file(file))
    }

    /// Whether somebody waits for what the host's terminal has, or should be told when it changes. Virtual time does
    /// not pass while a key is awaited, and else passes without the keyboard.
    pub(crate) fn console_waits(&self) -> bool {
        let Some(id) = self.console else { return false };
        let wanted = self.clock.is_host() || self.is_awaited(Event::TtyReadable(id));
        wanted && self.stdin.is_some() && self.ttys.get(id.0).is_some_and(|tty| !tty.hung_up && tty.master_writable())
    }

    /// Takes what the host's terminal has: keys, a new size, its end.
    pub(crate) fn pump_console(&mut self) {
        let Some(id) = self.console else { return };
        loop {
            let Some(stdin) = &mut self.stdin else { return };
            match stdin.event() {
                Some(HostEvent::Resized(size)) => {
                    self.resize(id, size);
                    continue;
                }
                Some(HostEvent::Ended(signal)) => {
                    self.terminate(1, WaitStatus::Signaled(signal));
                    return;
                }
                None => {}
            }
            let room = self.ttys.get(id.0).map_or(0, |tty| tty.line.room(&tty.termios)).min(PIECE);
            let mut piece = [0; PIECE];
            match stdin.try_read(piece.get_mut(..room).unwrap_or_default()) {
                _ if room == 0 => return,
                Ok(Some(0)) | Err(_) => {
                    self.stdin = None;
                    if let Some(tty) = self.ttys.get_mut(id.0) {
                        tty.ended = true;
                        tty.line.finish();
                    }
                    self.wake(Event::TtyReadable(id));
                    return;
                }
                Ok(Some(count)) => {
                    // The only failure is that the host's output is gone, and with it the container.
                    if self.type_in(id, piece.get(..count).unwrap_or_default()).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
            }
        }
    }

    /// Sends a signal to a process group, as a terminal does: process 1 takes only those that it catches.
    pub(crate) fn signal_group(&mut self, group: Pid, signal: Signal) {
        let members: Vec<Pid> =
            self.procs.iter().filter(|(_, process)| process.pgid == group).map(|(pid, _)| *pid).collect();
        for member in members {
            self.post_guarded(member, signal);
        }
    }
}

//! The end of processes, and waiting for it.

use std::collections::BTreeSet;

use wcr_abi::{Errno, Pid, SA_NOCLDWAIT, Signal, WCONTINUED, WNOHANG, WUNTRACED, WaitStatus};

use crate::kernel::{Call, Halt, Kernel};
use crate::process::{Process, State};
use crate::sched::Event;

impl Kernel {
    /// Ends the caller with an exit code.
    pub fn exit(&mut self, pid: Pid, code: u8) -> Halt {
        self.terminate(pid, WaitStatus::Exited(code));
        Halt::Exit
    }

    /// Ends a process: it becomes a zombie, its children are process 1's. When process 1 ends, all end.
    pub fn terminate(&mut self, pid: Pid, status: WaitStatus) {
        let alive = |process: &Process| !matches!(process.state, State::Zombie(_));
        if !self.procs.get(&pid).is_some_and(alive) {
            return;
        }
        if let Some(trace) = &mut self.trace {
            trace.add_end(pid, status);
        }
        self.release_all(pid);
        self.sched.dead.push(pid);
        let mut leads = false;
        if let Some(process) = self.procs.get_mut(&pid) {
            process.state = State::Zombie(status);
            process.alarm = None;
            leads = process.sid == pid;
        }
        if leads && pid != 1 {
            self.leave_tty(pid, true);
        }
        if pid == 1 {
            self.finished = Some(status);
            let rest: Vec<Pid> = self.procs.keys().copied().filter(|other| *other != 1).collect();
            for other in rest {
                if self.procs.get(&other).is_some_and(alive) {
                    self.log(|log| log.status(other, WaitStatus::Signaled(Signal::KILL)));
                }
                self.release_all(other);
                self.sched.dead.push(other);
                self.procs.remove(&other);
                self.proc_table.remove(other);
            }
            return;
        }
        let watched = self.groups_to_watch(pid);
        let orphans: Vec<Pid> = self.procs.iter().filter(|(_, p)| p.ppid == pid).map(|(pid, _)| *pid).collect();
        for orphan in orphans {
            if let Some(process) = self.procs.get_mut(&orphan) {
                process.ppid = 1;
            }
            self.show_process(orphan);
            if self.process(orphan).is_ok_and(|process| !alive(process)) {
                self.tell_parent(orphan);
            }
        }
        for group in watched {
            self.hang_up_if_orphaned(group);
        }
        self.show_process(pid);
        let parent = self.process(pid).map_or(0, |process| process.ppid);
        let ignored = wcr_abi::Disposition::Ignore;
        let signals = self.process(parent).map(|parent| &parent.signals);
        let ignores = signals.is_ok_and(|signals| signals.disposition(Signal::CHLD) == ignored);
        if ignores || signals.is_ok_and(|signals| signals.child_flags & SA_NOCLDWAIT != 0) {
            self.reap(pid);
            if !ignores {
                self.post_signal(parent, Signal::CHLD);
            }
            self.wake(Event::Child(parent));
        } else {
            self.tell_parent(pid);
        }
    }

    /// The groups with stopped members that a process's end may leave without anybody to continue them.
    fn groups_to_watch(&self, pid: Pid) -> BTreeSet<Pid> {
        let stopped = self.procs.values().filter(|process| matches!(process.state, State::Stopped { .. }));
        let stopped: BTreeSet<Pid> = stopped.map(|process| process.pgid).collect();
        if stopped.is_empty() {
            return stopped;
        }
        let near = self.procs.iter().filter(|(other, process)| **other == pid || process.ppid == pid);
        let near: BTreeSet<Pid> = near.map(|(_, process)| process.pgid).collect();
        stopped.intersection(&near).copied().filter(|group| !self.is_orphaned_but_for(*group, Some(pid))).collect()
    }

    /// As POSIX has it: a stopped group that has become orphaned gets `HUP` and `CONT`.
    fn hang_up_if_orphaned(&mut self, group: Pid) {
        if self.is_orphaned(group) {
            self.signal_group(group, Signal::HUP);
            self.signal_group(group, Signal::CONT);
        }
    }

    pub(crate) fn reap(&mut self, pid: Pid) {
        self.procs.remove(&pid);
        self.proc_table.remove(pid);
    }

    /// Waits for a child as `waitpid(2)` does; see `wcr_sys::process::wait` for `target`. `None` only
    /// with `WNOHANG`.
    ///
    /// # Errors
    /// `CHILD` no such child; `INTR` a caught signal came first; `INVAL` unknown flags; `SRCH` no such group.
    pub fn wait(&mut self, pid: Pid, target: i32, flags: u32) -> Call<Option<(Pid, WaitStatus)>> {
        if flags & !(WNOHANG | WUNTRACED | WCONTINUED) != 0 {
            return Err(Errno::Inval.into());
        }
        if target == i32::MIN {
            return Err(Errno::Srch.into());
        }
        let own_group = self.process(pid)?.pgid;
        let mut any = false;
        for (&child, process) in &mut self.procs {
            let wanted = match target {
                1.. => child == target.unsigned_abs(),
                0 => process.pgid == own_group,
                -1 => true,
                _ => process.pgid == target.unsigned_abs(),
            };
            if process.ppid != pid || !wanted {
                continue;
            }
            any = true;
            if let State::Zombie(status) = process.state {
                let ran = process.ran + process.children_ran;
                self.reap(child);
                self.process_mut(pid)?.children_ran += ran;
                return Ok(Some((child, status)));
            }
            let wanted = |status: &mut WaitStatus| match status {
                WaitStatus::Continued => flags & WCONTINUED != 0,
                _ => flags & WUNTRACED != 0,
            };
            if let Some(status) = process.report.take_if(wanted) {
                return Ok(Some((child, status)));
            }
        }
        if !any {
            return Err(Errno::Child.into());
        }
        if flags & WNOHANG != 0 {
            return Ok(None);
        }
        Err(self.block(pid, &[Event::Child(pid)]))
    }
}

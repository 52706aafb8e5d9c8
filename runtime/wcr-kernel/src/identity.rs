//! Who a process is: its numbers, users and groups, times and limits.

use wcr_abi::{Errno, Ids, Pid, Times};

use crate::kernel::{Call, Kernel};
use crate::limits::RLIMIT_NOFILE;

impl Kernel {
    /// The caller's own, parent's, group's and session's numbers.
    pub fn proc_ids(&self, pid: Pid) -> Call<[Pid; 4]> {
        let process = self.process(pid)?;
        Ok([pid, process.ppid, process.pgid, process.sid])
    }

    /// The caller's users and groups.
    pub fn user_ids(&self, pid: Pid) -> Call<Ids> {
        let creds = &self.process(pid)?.creds;
        Ok(Ids { uid: creds.uid, euid: creds.uid, gid: creds.gid, egid: creds.gid, groups: creds.groups.clone() })
    }

    /// Puts a process (0: the caller) into a process group (0: its own number) of the same session.
    ///
    /// # Errors
    /// `INVAL` no number of a group; `SRCH` not the caller nor its child; `ACCES` a child that has executed a program;
    /// `PERM` a session leader, or another session's group.
    pub fn setpgid(&mut self, pid: Pid, target: Pid, pgid: Pid) -> Call<()> {
        let target = if target == 0 { pid } else { target };
        let pgid = if pgid == 0 { target } else { pgid };
        if pgid.cast_signed() < 0 {
            return Err(Errno::Inval.into());
        }
        let session = self.process(pid)?.sid;
        let process = self.process(target)?;
        if target != pid {
            if process.ppid != pid {
                return Err(Errno::Srch.into());
            }
            if process.sid != session {
                return Err(Errno::Perm.into());
            }
            if process.executed {
                return Err(Errno::Acces.into());
            }
        }
        let exists = pgid == target || self.procs.values().any(|other| other.pgid == pgid && other.sid == session);
        if process.sid == target || !exists {
            return Err(Errno::Perm.into());
        }
        self.process_mut(target)?.pgid = pgid;
        self.show_process(target);
        Ok(())
    }

    /// The group and the session of a process (0: the caller). `SRCH` no such process.
    pub fn group_and_session(&self, pid: Pid, target: Pid) -> Call<(Pid, Pid)> {
        let process = self.process(if target == 0 { pid } else { target })?;
        Ok((process.pgid, process.sid))
    }

    /// Makes the caller the leader of a new session. `PERM` when it leads a process group.
    pub fn setsid(&mut self, pid: Pid) -> Call<Pid> {
        let leads = self.procs.values().any(|process| process.pgid == pid);
        if leads {
            return Err(Errno::Perm.into());
        }
        let process = self.process_mut(pid)?;
        (process.sid, process.pgid, process.left_tty) = (pid, pid, false);
        Ok(pid)
    }

    /// CPU times. Partial: the container's clock stands in for CPU time, all of it user time.
    pub fn times(&self, pid: Pid) -> Call<Times> {
        let started = self.process(pid)?.started;
        Ok(Times { user: self.clock.monotonic().saturating_sub(started), ..Times::default() })
    }

    /// A resource's soft and hard limit. `INVAL` no such resource.
    pub fn rlimit(&self, pid: Pid, resource: u32) -> Call<(u64, u64)> {
        self.process(pid)?.limits.get(resource as usize).copied().ok_or(Errno::Inval.into())
    }

    /// Sets a resource's limits. `INVAL` soft above hard; `PERM` raising the hard one without being root.
    /// Partial: only the limit on open files is enforced.
    pub fn set_rlimit(&mut self, pid: Pid, resource: u32, soft: u64, hard: u64) -> Call<()> {
        let process = self.process_mut(pid)?;
        let root = process.creds.uid == 0;
        let limit = process.limits.get_mut(resource as usize).ok_or(Errno::Inval)?;
        if soft > hard {
            return Err(Errno::Inval.into());
        }
        let ceiling = resource as usize == RLIMIT_NOFILE && hard > 1 << 20;
        if hard > limit.1 && !root || ceiling {
            return Err(Errno::Perm.into());
        }
        *limit = (soft, hard);
        Ok(())
    }
}

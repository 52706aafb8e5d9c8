//! Who a process is: its numbers, users and groups, times and limits.

use wcr_abi::{Errno, Ids, Pid, Times};
use wcr_vfs::Creds;

use crate::capability::Capability;
use crate::kernel::{Call, Kernel};
use crate::limits::RLIMIT_NOFILE;
use crate::process::{OtherIds, Process};

/// Whose ids are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The user's.
    User,
    /// The group's.
    Group,
}

/// The most supplementary groups (Linux's `NGROUPS_MAX`).
const GROUPS_MAX: usize = 65536;

impl Kernel {
    /// The caller's own, parent's, group's and session's numbers.
    pub fn proc_ids(&self, pid: Pid) -> Call<[Pid; 4]> {
        let process = self.process(pid)?;
        Ok([pid, process.ppid, process.pgid, process.sid])
    }

    /// The caller's users and groups.
    pub fn user_ids(&self, pid: Pid) -> Call<Ids> {
        let process = self.process(pid)?;
        let (creds, groups) = (&process.creds, process.creds.groups.clone());
        Ok(Ids { uid: process.user.real, euid: creds.uid, gid: process.group.real, egid: creds.gid, groups })
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
            if process.has_executed {
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

    /// CPU times: how long the process ran, all of it as user time, and its children that were waited for.
    pub fn times(&self, pid: Pid) -> Call<Times> {
        let process = self.process(pid)?;
        let (user, child_user) = (self.cpu_time(pid, process), process.children_ran);
        Ok(Times { user, child_user, ..Times::default() })
    }

    /// How long a process ran, in nanoseconds.
    pub(crate) fn cpu_time(&self, pid: Pid, process: &Process) -> u64 {
        let current = self.running.filter(|(running, _)| *running == pid);
        process.ran + current.map_or(0, |(_, since)| self.clock.monotonic().saturating_sub(since))
    }

    /// Who the caller is by its real ids, by which `access(2)` asks.
    pub(crate) fn real_creds(&self, pid: Pid) -> Result<Creds, Errno> {
        let process = self.process(pid)?;
        Ok(Creds { uid: process.user.real, gid: process.group.real, groups: process.creds.groups.clone() })
    }

    /// The caller's real, effective and saved id.
    pub fn id(&self, pid: Pid, whose: Whose) -> Call<[u32; 3]> {
        let process = self.process(pid)?;
        Ok(match whose {
            Whose::User => [process.user.real, process.creds.uid, process.user.saved],
            Whose::Group => [process.group.real, process.creds.gid, process.group.saved],
        })
    }

    /// Sets the caller's id (`setuid(2)`, `setgid(2)`): all three for root, else the effective one.
    ///
    /// # Errors
    /// `INVAL` no id; `PERM` neither root's wish nor the real or the saved one.
    pub fn set_id(&mut self, pid: Pid, whose: Whose, id: u32) -> Call<()> {
        let [real, _, saved] = self.id(pid, whose)?;
        if id == u32::MAX {
            return Err(Errno::Inval.into());
        }
        if self.process(pid)?.creds.uid == 0 {
            return self.put_ids(pid, whose, [id, id, id]);
        }
        if id != real && id != saved {
            return Err(Errno::Perm.into());
        }
        self.put_ids(pid, whose, [real, id, saved])
    }

    /// Sets the caller's real and effective id (`setreuid(2)`, `setregid(2)`); `u32::MAX` leaves one.
    ///
    /// # Errors
    /// `PERM` an id that is not the caller's, unless it is root.
    pub fn set_real_and_effective(&mut self, pid: Pid, whose: Whose, new_real: u32, new_effective: u32) -> Call<()> {
        let [real, effective, saved] = self.id(pid, whose)?;
        let root = self.process(pid)?.creds.uid == 0;
        let real_is_own = [u32::MAX, real, effective].contains(&new_real);
        let effective_is_own = [u32::MAX, real, effective, saved].contains(&new_effective);
        if !(root || real_is_own && effective_is_own) {
            return Err(Errno::Perm.into());
        }
        let kept = |new: u32, old: u32| if new == u32::MAX { old } else { new };
        let (next_real, next_effective) = (kept(new_real, real), kept(new_effective, effective));
        let moves = new_real != u32::MAX || new_effective != u32::MAX && new_effective != real;
        self.put_ids(pid, whose, [next_real, next_effective, if moves { next_effective } else { saved }])
    }

    /// Sets the caller's three ids (`setresuid(2)`, `setresgid(2)`); `u32::MAX` leaves one.
    ///
    /// # Errors
    /// `PERM` an id that is not the caller's, unless it is root.
    pub fn set_ids(&mut self, pid: Pid, whose: Whose, new: [u32; 3]) -> Call<()> {
        let old = self.id(pid, whose)?;
        let root = self.process(pid)?.creds.uid == 0;
        if !root && new.iter().any(|id| *id != u32::MAX && !old.contains(id)) {
            return Err(Errno::Perm.into());
        }
        let kept = |at: usize| if new[at] == u32::MAX { old[at] } else { new[at] };
        self.put_ids(pid, whose, [kept(0), kept(1), kept(2)])
    }

    fn put_ids(&mut self, pid: Pid, whose: Whose, [real, effective, saved]: [u32; 3]) -> Call<()> {
        let process = self.process_mut(pid)?;
        match whose {
            Whose::User => (process.creds.uid, process.user) = (effective, OtherIds { real, saved }),
            Whose::Group => (process.creds.gid, process.group) = (effective, OtherIds { real, saved }),
        }
        self.show_process(pid);
        Ok(())
    }

    /// Sets the caller's supplementary groups (`setgroups(2)`). `PERM` not root; `INVAL` too many.
    pub fn set_groups(&mut self, pid: Pid, groups: Vec<u32>) -> Call<()> {
        let process = self.process_mut(pid)?;
        if process.creds.uid != 0 {
            return Err(Errno::Perm.into());
        }
        if groups.len() > GROUPS_MAX {
            return Err(Errno::Inval.into());
        }
        process.creds.groups = groups;
        Ok(())
    }

    /// A resource's soft and hard limit. `INVAL` no such resource.
    pub fn rlimit(&self, pid: Pid, resource: u32) -> Call<(u64, u64)> {
        self.process(pid)?.limits.get(resource as usize).copied().ok_or(Errno::Inval.into())
    }

    /// Sets a resource's limits. `INVAL` soft above hard; `PERM` raising the hard one: that takes more than the
    /// superuser of a container may. Partial: those on CPU time, the size of files, processes, open files and memory count.
    pub fn set_rlimit(&mut self, pid: Pid, resource: u32, soft: u64, hard: u64) -> Call<()> {
        let process = self.process_mut(pid)?;
        let may_raise = process.is_capable(Capability::Resource);
        let limit = process.limits.get_mut(resource as usize).ok_or(Errno::Inval)?;
        if soft > hard {
            return Err(Errno::Inval.into());
        }
        let ceiling = resource as usize == RLIMIT_NOFILE && hard > 1 << 20;
        if hard > limit.1 && !may_raise || ceiling {
            return Err(Errno::Perm.into());
        }
        *limit = (soft, hard);
        Ok(())
    }
}

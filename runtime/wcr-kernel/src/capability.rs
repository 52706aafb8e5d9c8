//! Capabilities (`capabilities(7)`): a container's superuser has those that Docker gives by default.

use crate::process::Process;

/// A right of the superuser that the kernel asks for by itself, with the number of Linux's `CAP_SYS_…`. What the file
/// system asks for (`CHOWN`, `DAC_OVERRIDE`, `FOWNER`, `FSETID`, `MKNOD`), `KILL`, `SETUID` and `SETGID` every superuser
/// has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capability {
    /// Look into other users' processes.
    Ptrace = 19,
    /// Whatever has no other name.
    Admin = 21,
    /// Prefer processes to others.
    Nice = 23,
    /// Go beyond limits.
    Resource = 24,
}

/// Those that a process can have at all: `CHOWN`, `DAC_OVERRIDE`, `FOWNER`, `FSETID`, `KILL`, `SETGID`, `SETUID`,
/// `SETPCAP`, `NET_BIND_SERVICE`, `NET_RAW`, `SYS_CHROOT`, `MKNOD`, `AUDIT_WRITE`, `SETFCAP`.
pub(crate) const BOUNDING: u64 = 0xa804_25fb;

impl Process {
    /// Whether it has a capability now.
    pub(crate) fn is_capable(&self, capability: Capability) -> bool {
        self.effective_capabilities() >> capability as u32 & 1 == 1
    }

    pub(crate) fn effective_capabilities(&self) -> u64 {
        if self.creds.is_root() { BOUNDING } else { 0 }
    }

    /// Those that it has or can take back.
    pub(crate) fn permitted_capabilities(&self) -> u64 {
        if [self.user.real, self.creds.uid, self.user.saved].contains(&0) { BOUNDING } else { 0 }
    }
}

//! What a container may use up.

/// No limit.
pub(crate) const UNLIMITED: u64 = u64::MAX;

/// The resource number of the limit on open files.
pub(crate) const RLIMIT_NOFILE: usize = 7;

/// Resource limits as `getrlimit(2)` has them, soft and hard, by Linux's numbers of resources.
pub type Resources = [(u64, u64); 16];

/// The limits of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most processes at a time, those included that have ended and that nobody has waited for. One more is
    /// `AGAIN`.
    pub processes: usize,
    /// The most bytes on standard output and standard error together. What comes after is `FBIG`, with `SIGXFSZ`, as
    /// for a file that is as large as may be.
    pub output: u64,
    /// What the first process starts with.
    pub resources: Resources,
}

impl Default for Limits {
    /// 256 processes and 1,024 open files each.
    fn default() -> Self {
        let mut resources = [(UNLIMITED, UNLIMITED); 16];
        resources[3] = (8 << 20, UNLIMITED); // stack
        resources[4] = (0, UNLIMITED); // core
        resources[6] = (256, 256); // processes
        resources[RLIMIT_NOFILE] = (1024, 4096);
        Self { processes: 256, output: UNLIMITED, resources }
    }
}

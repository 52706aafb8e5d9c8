//! The container's clocks: the host's, or a virtual one that only the container's own doings advance.

/// A source of the host's time.
pub trait HostClock: Send {
    /// Nanoseconds since 1970-01-01 UTC.
    fn realtime(&self) -> u64;

    /// Nanoseconds on a clock that never goes back, from any fixed start.
    fn monotonic(&self) -> u64;

    /// Whether its readings are recorded, or are recorded ones: then nothing may happen just because time passes between
    /// two of them.
    fn is_on_tape(&self) -> bool {
        false
    }
}

/// The clock that guests see.
pub enum Clock {
    /// The host's.
    Host(Box<dyn HostClock>),
    /// Starts at a fixed instant; each guest call takes a microsecond, giving way a millisecond, a wait with nobody ready takes
    /// as long as it says, at once.
    Virtual {
        /// The wall clock at the start, in nanoseconds since the epoch.
        start: u64,
        /// Nanoseconds since the start.
        elapsed: u64,
    },
}

/// What one guest call costs on the virtual clock, in nanoseconds.
const CALL_COST: u64 = 1_000;
/// What a turn costs on the virtual clock that a process ends itself, in nanoseconds: programs that compute do so about
/// each millisecond.
const TURN_COST: u64 = 1_000_000;

impl Clock {
    /// A virtual clock that starts at `start` nanoseconds since the epoch.
    #[must_use]
    pub const fn fixed(start: u64) -> Self {
        Self::Virtual { start, elapsed: 0 }
    }

    /// The wall clock, in nanoseconds since the epoch.
    #[must_use]
    pub fn realtime(&self) -> u64 {
        match self {
            Self::Host(host) => host.realtime(),
            Self::Virtual { start, elapsed } => start.saturating_add(*elapsed),
        }
    }

    /// The monotonic clock, in nanoseconds.
    #[must_use]
    pub fn monotonic(&self) -> u64 {
        match self {
            Self::Host(host) => host.monotonic(),
            Self::Virtual { elapsed, .. } => *elapsed,
        }
    }

    /// Whether it is the host's, and goes on while nobody looks.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Self::Host(host) if !host.is_on_tape())
    }

    /// Counts one guest call.
    pub(crate) fn tick(&mut self) {
        if let Self::Virtual { elapsed, .. } = self {
            *elapsed = elapsed.saturating_add(CALL_COST);
        }
    }

    /// Counts the computing of a process that gives way.
    pub(crate) fn compute(&mut self) {
        if let Self::Virtual { elapsed, .. } = self {
            *elapsed = elapsed.saturating_add(TURN_COST);
        }
    }

    /// Lets a virtual clock jump to `deadline` on its monotonic scale; false for a host clock.
    pub(crate) fn jump(&mut self, deadline: u64) -> bool {
        match self {
            Self::Host(_) => false,
            Self::Virtual { elapsed, .. } => {
                *elapsed = deadline.max(*elapsed);
                true
            }
        }
    }
}

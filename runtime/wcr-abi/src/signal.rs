//! Signal numbers and what a process does about a signal.

/// A signal, with its Linux number (1..=64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(pub u8);

#[expect(missing_docs, reason = "the names are POSIX's")]
impl Signal {
    pub const HUP: Self = Self(1);
    pub const INT: Self = Self(2);
    pub const QUIT: Self = Self(3);
    pub const ILL: Self = Self(4);
    pub const TRAP: Self = Self(5);
    pub const ABRT: Self = Self(6);
    pub const BUS: Self = Self(7);
    pub const FPE: Self = Self(8);
    pub const KILL: Self = Self(9);
    pub const USR1: Self = Self(10);
    pub const SEGV: Self = Self(11);
    pub const USR2: Self = Self(12);
    pub const PIPE: Self = Self(13);
    pub const ALRM: Self = Self(14);
    pub const TERM: Self = Self(15);
    pub const CHLD: Self = Self(17);
    pub const CONT: Self = Self(18);
    pub const STOP: Self = Self(19);
    pub const TSTP: Self = Self(20);
    pub const TTIN: Self = Self(21);
    pub const TTOU: Self = Self(22);
    pub const URG: Self = Self(23);
    pub const XCPU: Self = Self(24);
    pub const XFSZ: Self = Self(25);
    pub const WINCH: Self = Self(28);
}

impl Signal {
    /// The highest signal number.
    pub const MAX: u8 = 64;

    /// The signal with this number; `None` when there is no such signal.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw >= 1 && raw <= Self::MAX as u32 { Some(Self(raw as u8)) } else { None }
    }

    /// This signal's bit in a signal set (signal 1 is bit 0).
    #[must_use]
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

/// A parent is not told of children that stop and go on.
pub const SA_NOCLDSTOP: u32 = 1;
/// A parent has not to wait for children that end.
pub const SA_NOCLDWAIT: u32 = 2;

/// What a process does when a signal is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Disposition {
    /// The signal's default action.
    #[default]
    Default = 0,
    /// Nothing.
    Ignore = 1,
    /// The guest is told: a blocking call fails with `INTR`, and the guest asks which signals came.
    Catch = 2,
}

impl Disposition {
    /// The disposition with this number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            0 => Some(Self::Default),
            1 => Some(Self::Ignore),
            2 => Some(Self::Catch),
            _ => None,
        }
    }
}

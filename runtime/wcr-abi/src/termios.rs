//! Terminal attributes, with Linux's numbers and layout (`termios(3)`, `struct termios2`).

/// The attributes of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Termios {
    /// What happens to input: bits of [`iflag`].
    pub iflag: u32,
    /// What happens to output: bits of [`oflag`].
    pub oflag: u32,
    /// What the line is like: bits of [`cflag`].
    pub cflag: u32,
    /// Editing, echo and signals: bits of [`lflag`].
    pub lflag: u32,
    /// The line discipline; 0 is the only one.
    pub line: u8,
    /// The control characters, at the places that [`cc`] names.
    pub cc: [u8; 19],
    /// The speed of input, in bits a second.
    pub ispeed: u32,
    /// The speed of output, in bits a second.
    pub ospeed: u32,
}

/// Bits of [`Termios::iflag`].
#[expect(missing_docs, reason = "the names are POSIX's")]
pub mod iflag {
    pub const IGNBRK: u32 = 0o1;
    pub const BRKINT: u32 = 0o2;
    pub const IGNPAR: u32 = 0o4;
    pub const PARMRK: u32 = 0o10;
    pub const INPCK: u32 = 0o20;
    pub const ISTRIP: u32 = 0o40;
    pub const INLCR: u32 = 0o100;
    pub const IGNCR: u32 = 0o200;
    pub const ICRNL: u32 = 0o400;
    pub const IUCLC: u32 = 0o1000;
    pub const IXON: u32 = 0o2000;
    pub const IXANY: u32 = 0o4000;
    pub const IXOFF: u32 = 0o10000;
    pub const IMAXBEL: u32 = 0o20000;
    pub const IUTF8: u32 = 0o40000;
}

/// Bits of [`Termios::oflag`].
#[expect(missing_docs, reason = "the names are POSIX's")]
pub mod oflag {
    pub const OPOST: u32 = 0o1;
    pub const OLCUC: u32 = 0o2;
    pub const ONLCR: u32 = 0o4;
    pub const OCRNL: u32 = 0o10;
    pub const ONOCR: u32 = 0o20;
    pub const ONLRET: u32 = 0o40;
    pub const TABDLY: u32 = 0o14000;
    pub const XTABS: u32 = 0o14000;
}

/// Bits of [`Termios::cflag`].
#[expect(missing_docs, reason = "the names are POSIX's")]
pub mod cflag {
    pub const B38400: u32 = 0o17;
    pub const CSIZE: u32 = 0o60;
    pub const CS8: u32 = 0o60;
    pub const CREAD: u32 = 0o200;
    pub const PARENB: u32 = 0o400;
}

/// Bits of [`Termios::lflag`].
#[expect(missing_docs, reason = "the names are POSIX's")]
pub mod lflag {
    pub const ISIG: u32 = 0o1;
    pub const ICANON: u32 = 0o2;
    pub const ECHO: u32 = 0o10;
    pub const ECHOE: u32 = 0o20;
    pub const ECHOK: u32 = 0o40;
    pub const ECHONL: u32 = 0o100;
    pub const NOFLSH: u32 = 0o200;
    pub const TOSTOP: u32 = 0o400;
    pub const ECHOCTL: u32 = 0o1000;
    pub const ECHOPRT: u32 = 0o2000;
    pub const ECHOKE: u32 = 0o4000;
    pub const IEXTEN: u32 = 0o100_000;
}

/// Places in [`Termios::cc`].
#[expect(missing_docs, reason = "the names are POSIX's")]
pub mod cc {
    pub const VINTR: usize = 0;
    pub const VQUIT: usize = 1;
    pub const VERASE: usize = 2;
    pub const VKILL: usize = 3;
    pub const VEOF: usize = 4;
    pub const VTIME: usize = 5;
    pub const VMIN: usize = 6;
    pub const VSTART: usize = 8;
    pub const VSTOP: usize = 9;
    pub const VSUSP: usize = 10;
    pub const VEOL: usize = 11;
    pub const VREPRINT: usize = 12;
    pub const VDISCARD: usize = 13;
    pub const VWERASE: usize = 14;
    pub const VLNEXT: usize = 15;
    pub const VEOL2: usize = 16;
}

impl Default for Termios {
    /// What Linux gives a new pseudo-terminal.
    fn default() -> Self {
        use lflag::{ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ICANON, IEXTEN, ISIG};
        let mut chars = [0; 19];
        for (at, byte) in [
            (cc::VINTR, 3),
            (cc::VQUIT, 28),
            (cc::VERASE, 127),
            (cc::VKILL, 21),
            (cc::VEOF, 4),
            (cc::VMIN, 1),
            (cc::VSTART, 17),
            (cc::VSTOP, 19),
            (cc::VSUSP, 26),
            (cc::VREPRINT, 18),
            (cc::VDISCARD, 15),
            (cc::VWERASE, 23),
            (cc::VLNEXT, 22),
        ] {
            chars[at] = byte;
        }
        Self {
            iflag: iflag::ICRNL | iflag::IXON,
            oflag: oflag::OPOST | oflag::ONLCR,
            cflag: cflag::B38400 | cflag::CS8 | cflag::CREAD,
            lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            line: 0,
            cc: chars,
            ispeed: 38400,
            ospeed: 38400,
        }
    }
}

impl Termios {
    /// The length of the encoded form.
    pub const SIZE: usize = 44;

    /// The encoded form.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        let words = [(0, self.iflag), (4, self.oflag), (8, self.cflag), (12, self.lflag)];
        for (at, word) in words.into_iter().chain([(36, self.ispeed), (40, self.ospeed)]) {
            out[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        out[16] = self.line;
        out[17..36].copy_from_slice(&self.cc);
        out
    }

    /// The inverse of [`Self::encode`].
    #[must_use]
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| u32::from_le_bytes(core::array::from_fn(|i| bytes[at + i]));
        Self {
            iflag: word(0),
            oflag: word(4),
            cflag: word(8),
            lflag: word(12),
            line: bytes[16],
            cc: core::array::from_fn(|i| bytes[17 + i]),
            ispeed: word(36),
            ospeed: word(40),
        }
    }

    /// What `cfmakeraw(3)` makes of it: bytes pass as they are, one at a time.
    #[must_use]
    pub fn raw(mut self) -> Self {
        use iflag::{BRKINT, ICRNL, IGNBRK, IGNCR, INLCR, ISTRIP, IXON, PARMRK};
        self.iflag &= !(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        self.oflag &= !oflag::OPOST;
        self.lflag &= !(lflag::ECHO | lflag::ECHONL | lflag::ICANON | lflag::ISIG | lflag::IEXTEN);
        self.cflag = self.cflag & !(cflag::CSIZE | cflag::PARENB) | cflag::CS8;
        (self.cc[cc::VMIN], self.cc[cc::VTIME]) = (1, 0);
        self
    }
}

/// When new attributes of a terminal take effect (`tcsetattr(3)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SetWhen {
    /// At once.
    Now = 0,
    /// When what was written has gone out.
    Drain = 1,
    /// So, and input that nobody has read is dropped.
    Flush = 2,
}

impl SetWhen {
    /// The value with this number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            0 => Some(Self::Now),
            1 => Some(Self::Drain),
            2 => Some(Self::Flush),
            _ => None,
        }
    }
}

/// Which of a terminal's queues are dropped (`tcflush(3)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Queue {
    /// Input that nobody has read.
    Input = 0,
    /// Output that has not gone out.
    Output = 1,
    /// Both.
    Both = 2,
}

impl Queue {
    /// The value with this number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            0 => Some(Self::Input),
            1 => Some(Self::Output),
            2 => Some(Self::Both),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_round_trip() {
        let termios = Termios { ispeed: 9600, line: 1, ..Termios::default() };
        assert_eq!(Termios::decode(&termios.encode()), termios);
        assert_eq!(termios.encode()[17..22], [3, 28, 127, 21, 4]);
        assert_eq!(termios.raw().lflag & lflag::ICANON, 0);
    }
}

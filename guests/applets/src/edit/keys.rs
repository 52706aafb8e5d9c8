//! Keys from a terminal that passes them as they come.

use wcr_sys::abi::{SetWhen, Termios, cc, iflag, lflag};
use wcr_sys::{Fd, Result, fd, tty};

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Byte(u8),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    /// Another one.
    Other,
}

/// A terminal in a state for single keys; it gets its old one back at the end.
pub(super) struct Keys {
    fd: Fd,
    old: Termios,
    ahead: Vec<u8>,
}

impl Keys {
    /// Takes over a terminal: keys come at once, and are not shown; `signals` says whether some still send signals.
    /// # Errors
    /// The descriptor is no terminal.
    pub(super) fn new(fd: Fd, signals: bool) -> Result<Self> {
        let old = tty::attributes(fd)?;
        let mut new = old;
        new.lflag &= !(lflag::ICANON | lflag::ECHO | lflag::ECHONL);
        if !signals {
            new.lflag &= !lflag::ISIG;
        }
        new.iflag &= !(iflag::IXON | iflag::ICRNL);
        (new.cc[cc::VMIN], new.cc[cc::VTIME]) = (1, 0);
        tty::set_attributes(fd, SetWhen::Now, &new)?;
        Ok(Self { fd, old, ahead: Vec::new() })
    }

    /// The next key; `None` at the end of the input.
    pub(super) fn next(&mut self) -> Option<Key> {
        if self.ahead.is_empty() {
            let mut bytes = [0; 16];
            let count = fd::read(self.fd, &mut bytes).unwrap_or(0);
            self.ahead = bytes.get(..count)?.to_vec();
        }
        let (key, len) = decode(&self.ahead)?;
        self.ahead.drain(..len);
        Some(key)
    }

    /// Gives the terminal its old state back.
    pub(super) fn restore(&self) {
        // A terminal that is gone needs none.
        let _ = tty::set_attributes(self.fd, SetWhen::Now, &self.old);
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.restore();
    }
}

/// The sequences of keys that are no character.
const SEQUENCES: [(&[u8], Key); 14] = [
    (b"\x1b[A", Key::Up),
    (b"\x1bOA", Key::Up),
    (b"\x1b[B", Key::Down),
    (b"\x1bOB", Key::Down),
    (b"\x1b[C", Key::Right),
    (b"\x1b[D", Key::Left),
    (b"\x1b[5~", Key::PageUp),
    (b"\x1b[6~", Key::PageDown),
    (b"\x1b[H", Key::Home),
    (b"\x1bOH", Key::Home),
    (b"\x1b[1~", Key::Home),
    (b"\x1b[F", Key::End),
    (b"\x1bOF", Key::End),
    (b"\x1b[4~", Key::End),
];

/// The first key of what was read, and its length.
fn decode(bytes: &[u8]) -> Option<(Key, usize)> {
    let first = *bytes.first()?;
    if let Some((sequence, key)) = SEQUENCES.iter().find(|(sequence, _)| bytes.starts_with(sequence)) {
        return Some((*key, sequence.len()));
    }
    if let [0x1b, b'[', rest @ ..] = bytes {
        let len = rest.iter().position(|byte| matches!(byte, b'@'..=b'~')).map_or(rest.len(), |end| end + 1);
        return Some((Key::Other, 2 + len));
    }
    Some((Key::Byte(first), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_keys() {
        assert_eq!(decode(b"\x1b[Ax"), Some((Key::Up, 3)));
        assert_eq!(decode(b"\x1b[6~"), Some((Key::PageDown, 4)));
        assert_eq!(decode(b"\x1b[15~j"), Some((Key::Other, 5)));
        assert_eq!(
            (decode(b"\x1b"), decode(b"q"), decode(b"")),
            (Some((Key::Byte(0x1b), 1)), Some((Key::Byte(b'q'), 1)), None)
        );
    }
}

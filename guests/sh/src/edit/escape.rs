//! From the bytes of a terminal to keys.

/// A key, by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Character(u8),
    Enter,
    Interrupt,
    /// `^D`
    EndOrDelete,
    Delete,
    Backspace,
    Left,
    Right,
    Start,
    End,
    KillRest,
    KillStart,
    KillWord,
    BackWord,
    ForwardWord,
    DeleteWord,
    BackspaceWord,
    Clear,
    Previous,
    Next,
    Tab,
    /// The terminal's answer where its cursor is: the column, counted from 1.
    Position(usize),
    Unknown,
}

/// The longest sequence that is looked at.
const MOST: usize = 16;

/// Collects escape sequences.
#[derive(Debug, Default)]
pub struct Escape(Vec<u8>);

impl Escape {
    /// Whether no more than the escape itself has come.
    pub fn is_open(&self) -> bool {
        self.0.len() == 1
    }

    /// Takes the next byte; gives a key when one is complete.
    pub fn key(&mut self, byte: u8) -> Option<Key> {
        if self.0.is_empty() {
            if byte == 0x1b {
                self.0.push(byte);
                return None;
            }
            return Some(control(byte));
        }
        self.0.push(byte);
        let key = match self.0.as_slice() {
            [_, b'[' | b'O'] => return None,
            [_, b'O', last] => cursor(*last),
            [_, b'[', .., last] if last.is_ascii_digit() || *last == b';' => {
                if self.0.len() < MOST {
                    return None;
                }
                Key::Unknown
            }
            [_, b'[', parameters @ .., last] => sequence(parameters, *last),
            [_, byte] => meta(*byte),
            _ => Key::Unknown,
        };
        self.0.clear();
        Some(key)
    }
}

fn control(byte: u8) -> Key {
    match byte {
        b'\r' | b'\n' => Key::Enter,
        0x01 => Key::Start,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::EndOrDelete,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x08 | 0x7f => Key::Backspace,
        b'\t' => Key::Tab,
        0x0b => Key::KillRest,
        0x0c => Key::Clear,
        0x0e => Key::Next,
        0x10 => Key::Previous,
        0x15 => Key::KillStart,
        0x17 => Key::KillWord,
        0..0x20 => Key::Unknown,
        byte => Key::Character(byte),
    }
}

fn meta(byte: u8) -> Key {
    match byte {
        b'b' => Key::BackWord,
        b'f' => Key::ForwardWord,
        b'd' => Key::DeleteWord,
        0x08 | 0x7f => Key::BackspaceWord,
        byte => control(byte),
    }
}

fn cursor(last: u8) -> Key {
    match last {
        b'A' => Key::Previous,
        b'B' => Key::Next,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Start,
        b'F' => Key::End,
        _ => Key::Unknown,
    }
}

fn sequence(parameters: &[u8], last: u8) -> Key {
    match (parameters, last) {
        (b"", last) => cursor(last),
        (b"1" | b"7", b'~') => Key::Start,
        (b"4" | b"8", b'~') => Key::End,
        (b"3", b'~') => Key::Delete,
        (b"1;5" | b"1;3", b'D') => Key::BackWord,
        (b"1;5" | b"1;3", b'C') => Key::ForwardWord,
        (parameters, b'R') => {
            let column = parameters.split(|byte| *byte == b';').nth(1);
            let column = column.and_then(|digits| core::str::from_utf8(digits).ok()?.parse().ok());
            column.map_or(Key::Unknown, Key::Position)
        }
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_become_keys() {
        for (bytes, keys) in [
            (&b"a\x1b[A"[..], &[Key::Character(b'a'), Key::Previous][..]),
            (b"\x1bOD", &[Key::Left]),
            (b"\x1b[1;5C\x1bf", &[Key::ForwardWord, Key::ForwardWord]),
            (b"\x1b[12;40R", &[Key::Position(40)]),
            (b"\x1b[15~\x1bx", &[Key::Unknown, Key::Character(b'x')]),
        ] {
            let mut escape = Escape::default();
            let found: Vec<Key> = bytes.iter().filter_map(|byte| escape.key(*byte)).collect();
            assert_eq!(found, keys);
        }
    }
}

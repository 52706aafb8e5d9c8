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
    Up,
    Next,
    Tab,
    /// The terminal's answer where its cursor is: the column, counted from 1.
    Position(usize),
    Unknown,
}

/// How many bytes are collected of a sequence that nobody knows: they are dropped together.
const MOST: usize = 16;

/// Collects escape sequences.
#[derive(Debug, Default)]
pub struct Escape(Vec<u8>);

impl Escape {
    /// Whether a sequence has begun and not ended.
    pub fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Takes the next byte; gives a key when one is complete.
    pub fn key(&mut self, byte: u8) -> Option<Key> {
        if self.0.is_empty() && byte != 0x1b {
            return Some(control(byte));
        }
        self.0.push(byte);
        let key = sequence(&self.0);
        if key.is_some() || self.0.len() == MOST {
            self.0.clear();
        }
        key
    }

    /// Ends a sequence that nothing has followed in time: an escape before one byte is nothing, and others are dropped.
    pub fn close(&mut self) -> Option<Key> {
        match core::mem::take(&mut self.0).as_slice() {
            [_, byte] => Some(control(*byte)),
            _ => None,
        }
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

/// The key that a whole sequence stands for.
fn sequence(bytes: &[u8]) -> Option<Key> {
    Some(match bytes.get(1..)? {
        b"b" | b"[1;5D" | b"[1;3D" => Key::BackWord,
        b"f" | b"[1;5C" | b"[1;3C" => Key::ForwardWord,
        b"d" => Key::DeleteWord,
        b"\x08" | b"\x7f" => Key::BackspaceWord,
        b"[A" | b"OA" => Key::Up,
        b"[B" | b"OB" => Key::Next,
        b"[C" | b"OC" => Key::Right,
        b"[D" | b"OD" => Key::Left,
        b"[H" | b"OH" | b"[1~" | b"[7~" => Key::Start,
        b"[F" | b"OF" | b"[4~" | b"[8~" => Key::End,
        b"[3~" => Key::Delete,
        b"[2~" | b"[5~" | b"[6~" => Key::Unknown,
        [b'[', place @ .., b'R'] => {
            let (row, column) = core::str::from_utf8(place).ok()?.split_once(';')?;
            row.parse::<usize>().ok()?;
            Key::Position(column.parse().ok()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that come of bytes which follow each other at once, and of the end of the last sequence.
    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut escape = Escape::default();
        let mut keys: Vec<Key> = bytes.iter().filter_map(|byte| escape.key(*byte)).collect();
        keys.extend(escape.close());
        keys
    }

    #[test]
    fn sequences_become_keys() {
        for (bytes, expected) in [
            (&b"a\x1b[A"[..], &[Key::Character(b'a'), Key::Up][..]),
            (b"\x1bOD", &[Key::Left]),
            (b"\x1b[1;5C\x1bf", &[Key::ForwardWord, Key::ForwardWord]),
            (b"\x1b[12;40R", &[Key::Position(40)]),
            (b"\x1b[5~x", &[Key::Unknown, Key::Character(b'x')]),
            (b"\x1b", &[]),
            (b"\x1bx", &[Key::Character(b'x')]),
            (b"\x1b[", &[Key::Character(b'[')]),
        ] {
            assert_eq!(keys(bytes), expected);
        }
    }

    #[test]
    fn an_unknown_sequence_takes_what_follows_it_along() {
        for (bytes, expected) in [
            (&b"\x1b[15~\x1b[D"[..], &[][..]),
            (b"\x1b[200~paste\x1b[201~", &[Key::Character(b'~')]),
            (b"\x1b[1;5", &[]),
        ] {
            assert_eq!(keys(bytes), expected);
        }
    }
}

//! What joining a container's streams is told, and how it ends.

use crate::life::Container;

/// How being joined has ended, and what the user should know beside the output, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// How it has ended.
    pub end: JoinEnd,
    /// The sentences.
    pub notes: Vec<String>,
}

/// How being joined has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinEnd {
    /// With the other side: its exit code.
    Exit(u8),
    /// The user has left.
    Detached,
    /// The process that the container ran in was killed.
    Lost,
}

/// The keys that leave a container's terminal, pressed one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachKeys(Vec<u8>);

impl Default for DetachKeys {
    /// `ctrl-p,ctrl-q`.
    fn default() -> Self {
        Self(vec![0x10, 0x11])
    }
}

/// What is wrong with the text of [`DetachKeys`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid detach keys {0:?}: keys are single characters or ctrl-X, with commas between them")]
pub struct DetachKeysError(String);

impl std::str::FromStr for DetachKeys {
    type Err = DetachKeysError;

    fn from_str(text: &str) -> Result<Self, DetachKeysError> {
        let key = |part: &str| match part.as_bytes() {
            [key] => Some(*key),
            [b'c', b't', b'r', b'l', b'-', key @ b'a'..=b'z'] => Some(key - b'a' + 1),
            [b'c', b't', b'r', b'l', b'-', key @ (b'@' | b'[' | b'\\' | b']' | b'^' | b'_')] => Some(key & 0x1f),
            _ => None,
        };
        let keys: Option<Vec<u8>> = text.split(',').map(key).collect();
        keys.map(Self).ok_or_else(|| DetachKeysError(text.to_owned()))
    }
}

impl DetachKeys {
    /// Finds the keys in what is typed: what goes on to the container, and whether they were complete. `pressed` says how
    /// many of them came before.
    pub(crate) fn filter(&self, typed: &[u8], pressed: &mut usize) -> (Vec<u8>, bool) {
        let mut out = Vec::with_capacity(typed.len());
        for byte in typed {
            if self.0.get(*pressed) == Some(byte) {
                *pressed += 1;
                if *pressed == self.0.len() {
                    return (out, true);
                }
                continue;
            }
            out.extend_from_slice(self.0.get(..*pressed).unwrap_or_default());
            *pressed = 0;
            if self.0.first() == Some(byte) {
                *pressed = 1;
            } else {
                out.push(*byte);
            }
        }
        (out, false)
    }
}

/// How streams are joined.
#[derive(Debug, Clone)]
pub struct Join {
    /// Standard input goes there, too.
    pub input: bool,
    /// Both sides are terminals.
    pub terminal: bool,
    /// The keys that leave.
    pub keys: DetachKeys,
    /// Signals go to this container's first process.
    pub signals: Option<Box<Container>>,
    /// This container ends when the terminal goes, or a signal ends this process.
    pub ends: Option<Box<Container>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read() {
        assert_eq!("ctrl-p,ctrl-q".parse(), Ok(DetachKeys::default()));
        assert_eq!("a,ctrl-@,ctrl-[".parse(), Ok(DetachKeys(vec![b'a', 0, 27])));
        assert!(["", "ctrl-", "ab", "ctrl-A", "a,,b"].iter().all(|text| text.parse::<DetachKeys>().is_err()));
    }

    #[test]
    fn keys_are_found_in_what_is_typed() {
        let keys = DetachKeys::default();
        let mut pressed = 0;
        assert_eq!(keys.filter(b"ab\x10c", &mut pressed), (b"ab\x10c".to_vec(), false));
        assert_eq!(keys.filter(b"d\x10", &mut pressed), (b"d".to_vec(), false));
        assert_eq!(keys.filter(b"\x10", &mut pressed), (b"\x10".to_vec(), false));
        assert_eq!(keys.filter(b"\x11e", &mut pressed), (Vec::new(), true));
    }
}

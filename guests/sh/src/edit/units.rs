//! What the cursor goes over in one step: a byte, or a character where the locale has UTF-8.

/// What can be shown of Unicode, as BusyBox is built: the Latin letters, and no marks that combine.
const LAST_SHOWN: char = '\u{2ff}';

/// How a line's bytes are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Units {
    /// One by one.
    #[default]
    Bytes,
    /// As characters; a byte that belongs to none stands for itself.
    Characters,
}

impl Units {
    /// What the value of `LC_ALL`, `LC_CTYPE` or `LANG` asks for.
    #[must_use]
    pub fn of_locale(locale: &[u8]) -> Self {
        let locale = locale.to_ascii_lowercase();
        let is_utf8 = [&b".utf-8"[..], b".utf8"].iter().any(|part| locale.windows(part.len()).any(|at| at == *part));
        if is_utf8 { Self::Characters } else { Self::Bytes }
    }

    /// The length of the first unit in bytes; 0 without any.
    pub fn first(self, text: &[u8]) -> usize {
        self.character(text).map_or(text.len().min(1), char::len_utf8)
    }

    /// The length of the last unit in bytes; 0 without any.
    pub fn last(self, text: &[u8]) -> usize {
        let whole = |length: &usize| {
            text.len().checked_sub(*length).is_some_and(|at| self.first(text.get(at..).unwrap_or_default()) == *length)
        };
        (2..=4).rev().find(whole).unwrap_or(text.len().min(1))
    }

    /// How many units there are.
    pub fn count(self, text: &[u8]) -> usize {
        self.iter(text).count()
    }

    /// The units one after the other.
    pub fn iter(self, mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
        core::iter::from_fn(move || {
            let (unit, rest) = text.split_at(self.first(text));
            text = rest;
            (!unit.is_empty()).then_some(unit)
        })
    }

    /// Whether more bytes could make a character of these.
    pub fn is_partial(self, bytes: &[u8]) -> bool {
        self == Self::Characters && core::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
    }

    /// What the screen shows of a unit: one column wide.
    pub fn shown(self, unit: &[u8]) -> &[u8] {
        match (self, self.character(unit)) {
            (Self::Bytes, _) => unit,
            (Self::Characters, Some(character)) if character <= LAST_SHOWN => unit,
            (Self::Characters, _) => b"?",
        }
    }

    /// What a list of names shows of a name.
    pub fn listed(self, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Bytes => name.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }).collect(),
            Self::Characters => self.iter(name).flat_map(|unit| self.shown(unit)).copied().collect(),
        }
    }

    /// Whether a unit belongs to a word.
    pub fn is_word(self, unit: &[u8]) -> bool {
        match self.character(unit) {
            Some(character) => character.is_alphanumeric(),
            None => unit.first().is_some_and(u8::is_ascii_alphanumeric),
        }
    }

    /// The character that a text begins with, where characters count.
    fn character(self, text: &[u8]) -> Option<char> {
        if self == Self::Bytes {
            return None;
        }
        text.get(..text.len().min(4))?.utf8_chunks().next()?.valid().chars().next()
    }
}

#[cfg(test)]
mod tests {
    use super::Units::{Bytes, Characters};
    use super::*;

    #[test]
    fn a_text_has_units() {
        let text = "aä日\u{301}".as_bytes();
        assert_eq!((Bytes.count(text), Characters.count(text)), (8, 4));
        assert_eq!((Bytes.last(text), Characters.last(text)), (1, 2));
        assert_eq!(Characters.iter(b"a\xffb\xe2\x82").map(<[u8]>::len).collect::<Vec<_>>(), [1; 5]);
        assert_eq!(Characters.last(b"\xe2\x82"), 1);
        assert_eq!((Characters.first(b""), Characters.last(b"")), (0, 0));
        assert!(Characters.is_partial(b"\xe2\x82") && !Characters.is_partial(b"\xff") && !Bytes.is_partial(b"\xe2"));
    }

    #[test]
    fn what_cannot_be_shown_is_a_question_mark() {
        let listed = |units: Units, text: &str| String::from_utf8(units.listed(text.as_bytes())).unwrap();
        assert_eq!((listed(Bytes, "ünü"), listed(Characters, "ünü日\u{301}")), ("??n??".into(), "ünü??".into()));
    }

    #[test]
    fn the_locale_decides() {
        for (locale, units) in
            [("C.UTF-8", Characters), ("de_DE.utf8@euro", Characters), ("C", Bytes), ("UTF-8", Bytes), ("", Bytes)]
        {
            assert_eq!(Units::of_locale(locale.as_bytes()), units, "{locale}");
        }
    }
}

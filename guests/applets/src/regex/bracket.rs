//! Bracket expressions: `[a-z[:digit:]]`.

use super::ast::ByteSet;
use super::syntax::Error;

/// The longest name between `[:` and `:]`.
const NAME_MAX: usize = 31;

/// An element of the list.
enum Element {
    Byte(u8),
    Class(ByteSet),
    Equivalence(u8),
}

/// Parses the bracket expression that follows a `[`; returns the set and how many bytes it took.
/// With `ignore_case` a range's ends are lower-case letters, as the bytes that it is compared with.
pub(super) fn parse(pattern: &[u8], ignore_case: bool) -> Result<(ByteSet, usize), Error> {
    let mut reader = Reader { pattern, at: 0 };
    let lower = |byte: u8| if ignore_case { byte.to_ascii_lowercase() } else { byte };
    let negated = reader.peek() == Some(b'^');
    if negated {
        reader.at += 1;
    }
    let mut set = ByteSet::default();
    let mut first = true;
    loop {
        match reader.peek() {
            None if first => return Err(Error::Pattern),
            None => return Err(Error::UnmatchedBracket),
            Some(b']') if !first => break,
            Some(b'-') if !first => {
                // Inside the list a hyphen stands for itself only at the end.
                match reader.pattern.get(reader.at + 1) {
                    None => return Err(Error::UnmatchedBracket),
                    Some(b']') => {}
                    Some(_) => return Err(Error::Range),
                }
            }
            Some(_) => {}
        }
        first = false;
        let start = reader.element()?;
        if reader.peek() == Some(b'-') && reader.pattern.get(reader.at + 1).is_some_and(|next| *next != b']') {
            reader.at += 1;
            let (Element::Byte(low), Element::Byte(high)) = (start, reader.element()?) else {
                return Err(Error::Range);
            };
            let (low, high) = (lower(low), lower(high));
            if low > high {
                return Err(Error::Range);
            }
            (low..=high).for_each(|byte| set.insert(byte));
        } else {
            match start {
                Element::Byte(byte) | Element::Equivalence(byte) => set.insert(byte),
                Element::Class(class) => set.union(class),
            }
        }
    }
    Ok((if negated { set.complement() } else { set }, reader.at + 1))
}

struct Reader<'a> {
    pattern: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn element(&mut self) -> Result<Element, Error> {
        let byte = self.peek().ok_or(Error::UnmatchedBracket)?;
        self.at += 1;
        match (byte, self.peek()) {
            (b'[', Some(kind @ (b':' | b'.' | b'='))) => {
                self.at += 1;
                let name = self.name(kind)?;
                match (kind, name) {
                    (b':', name) => class(name).map(Element::Class).ok_or(Error::ClassName),
                    (b'.', [byte]) => Ok(Element::Byte(*byte)),
                    (b'=', [byte]) => Ok(Element::Equivalence(*byte)),
                    _ => Err(Error::Collation),
                }
            }
            _ => Ok(Element::Byte(byte)),
        }
    }

    /// The name up to `kind` and `]`.
    fn name(&mut self, kind: u8) -> Result<&[u8], Error> {
        let rest = self.pattern.get(self.at..).unwrap_or_default();
        let len = rest.windows(2).position(|pair| pair == [kind, b']']).ok_or(Error::UnmatchedBracket)?;
        if len > NAME_MAX {
            return Err(Error::UnmatchedBracket);
        }
        self.at += len + 2;
        Ok(&rest[..len])
    }
}

/// The set that a class name stands for in the C locale.
fn class(name: &[u8]) -> Option<ByteSet> {
    let test: fn(&u8) -> bool = match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |byte| matches!(byte, b' ' | 9..=13),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"punct" => u8::is_ascii_punctuation,
        b"print" => |byte| matches!(byte, 32..=126),
        b"graph" => u8::is_ascii_graphic,
        b"cntrl" => u8::is_ascii_control,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    Some(ByteSet::of(|byte| test(&byte)))
}

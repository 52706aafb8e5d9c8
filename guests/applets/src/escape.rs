//! Backslash escapes in the arguments of `echo`, `printf` and the like.

/// What a backslash and what follows it stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// This byte.
    Byte(u8),
    /// `\c`: output ends here.
    End,
    /// Nothing: the backslash is text.
    None,
}

/// How many digits an octal escape may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Octal {
    /// Three, a leading zero included, as in a format.
    Three,
    /// Three behind a leading zero, as in the operands of `echo -e` and `%b`.
    ThreeAfterZero,
}

/// Reads what follows a backslash; returns its meaning and how many bytes it takes.
#[must_use]
pub fn read(text: &[u8], octal: Octal) -> (Escape, usize) {
    let Some(first) = text.first() else { return (Escape::None, 0) };
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b'e' => 27,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'c' => return (Escape::End, 1),
        b'x' => return digits(text, 1, 2, 16),
        b'0' if octal == Octal::ThreeAfterZero => {
            let (escape, len) = digits(text, 1, 3, 8);
            return if len == 0 { (Escape::Byte(0), 1) } else { (escape, len) };
        }
        b'0'..=b'7' => return digits(text, 0, 3, 8),
        _ => return (Escape::None, 0),
    };
    (Escape::Byte(byte), 1)
}

/// A number of at most `max` digits from `at` on. A digit that would go beyond a byte is left.
fn digits(text: &[u8], at: usize, max: usize, base: u32) -> (Escape, usize) {
    let (mut value, mut len) = (0u32, 0);
    while len < max {
        let Some(digit) = text.get(at + len).and_then(|byte| char::from(*byte).to_digit(base)) else { break };
        if value * base + digit > 255 {
            break;
        }
        value = value * base + digit;
        len += 1;
    }
    if len == 0 { (Escape::None, 0) } else { (Escape::Byte(value as u8), at + len) }
}

/// Appends `text` with its escapes replaced; whether it goes on, which `\c` denies.
pub fn expand(out: &mut Vec<u8>, mut text: &[u8], octal: Octal) -> bool {
    while let Some(at) = memchr::memchr(b'\\', text) {
        out.extend_from_slice(text.get(..at).unwrap_or_default());
        text = text.get(at + 1..).unwrap_or_default();
        let (escape, len) = read(text, octal);
        match escape {
            Escape::Byte(byte) => out.push(byte),
            Escape::End => return false,
            Escape::None => out.push(b'\\'),
        }
        text = text.get(len..).unwrap_or_default();
    }
    out.extend_from_slice(text);
    true
}

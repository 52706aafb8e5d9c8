//! The backslash sequences of dash's `echo` and `printf`.

/// What a sequence stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// A byte.
    Byte(u8),
    /// The end of all output: `\c`.
    End,
    /// Nothing: the backslash stands for itself.
    None,
}

/// What the text behind a backslash stands for, and how much of it that takes.
pub(super) fn read(text: &[u8]) -> (Escape, usize) {
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
        b'0'..=b'7' => {
            let (value, length) = octal(text);
            return (Escape::Byte(value), length);
        }
        _ => return (Escape::None, 0),
    };
    (Escape::Byte(byte), 1)
}

/// As [`read`], in the arguments of `echo` and of `%b`: an octal number may have another zero in front, and `\c` ends all.
fn read_argument(text: &[u8]) -> (Escape, usize) {
    match text {
        [b'c', ..] => (Escape::End, 1),
        [b'0', rest @ ..] => {
            let (value, length) = octal(rest);
            (Escape::Byte(value), length + 1)
        }
        text => read(text),
    }
}

/// The value of up to three octal digits, and how many there are; of what is more than a byte its low eight bits.
fn octal(text: &[u8]) -> (u8, usize) {
    let digits = text.iter().take(3).take_while(|digit| (b'0'..=b'7').contains(digit));
    let (value, length) =
        digits.fold((0u16, 0), |(value, length), digit| (value * 8 + u16::from(digit - b'0'), length + 1));
    (value as u8, length)
}

/// Appends an argument with its sequences resolved. Returns whether output goes on behind it.
pub(super) fn expand(out: &mut Vec<u8>, mut text: &[u8]) -> bool {
    while let Some(at) = text.iter().position(|byte| *byte == b'\\') {
        let (before, rest) = text.split_at(at);
        out.extend_from_slice(before);
        let rest = rest.get(1..).unwrap_or_default();
        let (escape, length) = read_argument(rest);
        match escape {
            Escape::Byte(byte) => out.push(byte),
            Escape::End => return false,
            Escape::None => out.push(b'\\'),
        }
        text = rest.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(text);
    true
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn sequences() {
        for (text, expected, goes_on) in [
            ("a\\tb", &b"a\tb"[..], true),
            ("\\0101\\101\\1", b"AA\x01", true),
            ("\\q\\x41\\8\\", b"\\q\\x41\\8\\", true),
            ("a\\cb", b"a", false),
            ("\\e\\0", b"\x1b\0", true),
        ] {
            let mut out = Vec::new();
            assert_eq!(expand(&mut out, text.as_bytes()), goes_on, "{text}");
            assert_eq!(out, expected, "{text}");
        }
    }
}

//! Text from images and registries, made safe to show.

/// The longest text that is shown whole, in characters.
const SHOWN_MAX: usize = 300;

/// `bytes` as text in which control characters are escaped, so that a terminal takes no orders from them;
/// long text is cut.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN_MAX {
            out.push('…');
            break;
        }
        if c.is_control() || is_format(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Characters that print nothing but change how what follows is shown: directions, joiners, byte order mark.
const fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_do_harm_is_escaped() {
        assert_eq!(shown("naïve \"ü\" \\ €".as_bytes()), "naïve \"ü\" \\ €");
        assert_eq!(shown(b"a\x1b[31m\r\n\x07\xc2\x9b"), "a\\u{1b}[31m\\u{d}\\u{a}\\u{7}\\u{9b}");
        assert_eq!(shown("\u{202e}txt".as_bytes()), "\\u{202e}txt");
        assert_eq!(shown(b"\xff"), "\u{fffd}");
        assert_eq!(shown(&[b'a'; 1000]).chars().count(), SHOWN_MAX + 1);
    }
}

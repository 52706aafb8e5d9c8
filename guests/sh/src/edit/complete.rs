//! Completion: which part of a line is completed, and by what.

/// What the word before the cursor can become.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidates {
    /// Where the word begins in the line.
    pub start: usize,
    /// The whole words, sorted, without quotes; folders end in a slash.
    pub names: Vec<Vec<u8>>,
}

/// Knows what words can become.
pub trait Completion {
    /// The candidates for the word at the end of `line`.
    fn candidates(&mut self, line: &[u8]) -> Candidates;
}

/// Characters that a completed word has a backslash before.
const SPECIAL: &[u8] = b" \t\n\\'\"`$&;|<>()*?[#~=%!{}";

/// The word with backslashes where the shell needs them.
pub fn escaped(word: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(word.len());
    for (index, byte) in word.iter().enumerate() {
        if SPECIAL.contains(byte) && !(index == 0 && *byte == b'~') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text
}

/// The word without its quotes and backslashes.
pub fn unescaped(word: &[u8]) -> Vec<u8> {
    let (mut text, mut quote, mut bytes) = (Vec::new(), None, word.iter());
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (None | Some(b'"'), b'\\') => text.extend(bytes.next()),
            (_, byte) => text.push(*byte),
        }
    }
    text
}

/// Where the word at the line's end begins: behind the quote that it is in.
pub fn word_start(line: &[u8]) -> usize {
    let (mut start, mut quote, mut skip) = (0, None, false);
    for (index, byte) in line.iter().enumerate() {
        if core::mem::take(&mut skip) {
            continue;
        }
        match (quote, byte) {
            (None | Some(b'"'), b'\\') => skip = true,
            (None, b'\'' | b'"') => {
                quote = Some(*byte);
                if start == index {
                    start = index + 1;
                }
            }
            (Some(open), byte) if open == *byte => {
                quote = None;
                start = start.min(index);
            }
            (None, b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'{' | b'`' | b'=') => {
                start = index + 1
            }
            _ => {}
        }
    }
    start
}

/// The part of a line before a word that belongs to the same command.
pub fn command_part(before: &[u8]) -> &[u8] {
    let mut start = 0;
    for (index, byte) in before.iter().enumerate() {
        let duplicates = *byte == b'&' && index > 0 && matches!(before.get(index - 1), Some(b'<' | b'>'));
        if matches!(byte, b';' | b'&' | b'|' | b'(' | b'`' | b'{') && !duplicates {
            start = index + 1;
        }
    }
    before.get(start..).unwrap_or_default().trim_ascii_start()
}

/// Whether the word that begins at `start` is a command's name: neither a blank nor a redirection stands between it and
/// the command's start.
pub fn is_command(line: &[u8], start: usize) -> bool {
    let before = command_part(line.get(..start).unwrap_or_default());
    !before.iter().any(|byte| matches!(byte, b' ' | b'<' | b'>'))
}

/// The longest beginning that all names share; `None` without names.
pub fn common(names: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (first, others) = names.split_first()?;
    let mut length = first.len();
    for name in others {
        length = first.iter().zip(name).take(length).take_while(|(one, other)| one == other).count();
    }
    first.get(..length).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_and_get_their_quotes() {
        assert_eq!(unescaped(b"a\\ b'c d'\"e\\\"f\""), b"a bc de\"f");
        assert_eq!(escaped(b"sp ace$"), b"sp\\ ace\\$");
        for (line, start, command) in [
            ("ls al", 3, false),
            ("a; b", 3, true),
            ("'a b", 1, true),
            ("x \"a", 3, false),
            ("x=al", 2, true),
            ("a x=b", 4, false),
            ("x a\\ b", 2, false),
            ("a|b", 2, true),
            ("{ b", 2, true),
            ("a{b", 2, true),
            ("a<b", 2, false),
            ("a; >b", 4, false),
            ("a >&b", 4, false),
            ("a &b", 3, true),
        ] {
            assert_eq!(word_start(line.as_bytes()), start, "{line}");
            assert_eq!(is_command(line.as_bytes(), start), command, "{line}");
        }
    }

    #[test]
    fn names_share_a_beginning() {
        let names = |list: &[&str]| list.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(common(&names(&["alpha", "alphabet"])).as_deref(), Some(&b"alpha"[..]));
        assert_eq!(common(&names(&["a", "b"])).as_deref(), Some(&b""[..]));
        assert_eq!(common(&[]), None);
    }
}

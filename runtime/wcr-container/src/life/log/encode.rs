//! Entries as `serde_json` writes them, byte for byte, but eight bytes at a time: a program may print hundreds of
//! megabytes a second.

use super::Stream;
use crate::life::time::rfc3339_nanos;

const HEAD: &[u8; 8] = b"{\"log\":\"";
const WORD: usize = size_of::<u64>();
/// A word of NULs.
const NULS: &[u8; 6 * WORD] = b"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000";
const ONES: u64 = u64::MAX / 0xff;
const HIGHS: u64 = ONES << 7;

/// Writes entries that have the same stream and time.
pub(super) struct Encoder {
    /// What each ends with.
    tail: Vec<u8>,
}

impl Encoder {
    pub(super) fn new(stream: Stream, time: u64) -> Self {
        let stream = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        Self { tail: format!("\",\"stream\":\"{stream}\",\"time\":\"{}\"}}\n", rfc3339_nanos(time)).into_bytes() }
    }

    /// Appends `line` as an entry.
    pub(super) fn entry(&self, out: &mut Vec<u8>, line: &[u8]) {
        out.extend_from_slice(HEAD);
        let mut rest = line;
        while !rest.is_empty() {
            rest = escape_line(out, rest);
        }
        out.extend_from_slice(&self.tail);
    }

    /// Appends the first line of `text`, or its first `most` bytes, as an entry, and gives what follows; `None`, with
    /// nothing appended, when neither is there as a whole.
    pub(super) fn first_line<'a>(&self, out: &mut Vec<u8>, text: &'a [u8], most: usize) -> Option<&'a [u8]> {
        let piece = text.get(..most).unwrap_or(text);
        let before = out.len();
        out.extend_from_slice(HEAD);
        let rest = escape_line(out, piece);
        let taken = piece.len() - rest.len();
        if taken < most && piece.get(taken.wrapping_sub(1)) != Some(&b'\n') {
            out.truncate(before);
            return None;
        }
        out.extend_from_slice(&self.tail);
        text.get(taken..)
    }
}

/// Appends text up to its first newline, that included, as the inside of a JSON string; gives what follows.
fn escape_line<'a>(out: &mut Vec<u8>, text: &'a [u8]) -> &'a [u8] {
    let mut rest = text;
    loop {
        while let Some((word, behind)) = rest.split_first_chunk::<WORD>() {
            out.extend_from_slice(word);
            let special = special(u64::from_le_bytes(*word));
            if special != 0 {
                let plain = special.trailing_zeros() as usize / 8;
                out.truncate(out.len() - WORD + plain);
                rest = rest.get(plain..).unwrap_or_default();
                break;
            }
            rest = behind;
        }
        let Some((&byte, behind)) = rest.split_first() else { return rest };
        if byte.is_ascii() {
            escape(out, byte);
            rest = behind;
            if byte == b'\n' {
                return rest;
            }
        } else {
            rest = replace_invalid(out, rest);
        }
        // Where one is there are often more: what pads an archive, or the code of a program.
        while let [byte @ ..b' ', behind @ ..] = rest
            && *byte != b'\n'
        {
            escape(out, *byte);
            rest = behind;
            while let Some((&[0, 0, 0, 0, 0, 0, 0, 0], behind)) = rest.split_first_chunk::<WORD>() {
                out.extend_from_slice(NULS);
                rest = behind;
            }
        }
    }
}

/// Appends what is not ASCII at the beginning of `text`, as `String::from_utf8_lossy` has it; gives what follows.
fn replace_invalid<'a>(out: &mut Vec<u8>, text: &'a [u8]) -> &'a [u8] {
    let length = text.iter().position(u8::is_ascii).unwrap_or(text.len());
    let (run, behind) = text.split_at(length);
    for chunk in run.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    behind
}

/// Appends a character of ASCII.
fn escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        ..0x20 => {
            let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' - 10 + value };
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        _ => return out.push(byte),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Has the high bit set in the first byte, from the lowest on, that is no plain character of a JSON string: a control
/// character, a quotation mark, a backslash, or one that is not ASCII. Bits behind it may be set in error.
fn special(word: u64) -> u64 {
    let below = |word: u64, end: u8| word.wrapping_sub(ONES * u64::from(end)) & !word;
    let same = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, b' ') | same(b'"') | same(b'\\') | word) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::log::Entry;

    fn expected(line: &[u8], time: u64) -> Vec<u8> {
        let log = String::from_utf8_lossy(line).into_owned();
        let mut json = serde_json::to_vec(&Entry { log, stream: Stream::Stderr, time: rfc3339_nanos(time) }).unwrap();
        json.push(b'\n');
        json
    }

    #[test]
    fn entries_are_those_of_serde_json() {
        let all: Vec<u8> = (0..=255).collect();
        let texts: [&[u8]; 8] =
            [&[0; 21], b"", b"\n", b"twelve bytes", b"one\ntwo\nthr", b"\"q\\", "gr\u{fc}n\u{20ac}\n".as_bytes(), &all];
        let encoder = Encoder::new(Stream::Stderr, 1_700_000_000_123_456_789);
        for text in texts {
            // Wherever a byte stands within a word, and after whatever.
            for shift in 0..9 {
                let line = [&b"abcdefghi"[..shift], text, b"\xe2\x82", text].concat();
                let mut out = Vec::new();
                encoder.entry(&mut out, &line);
                assert_eq!(out, expected(&line, 1_700_000_000_123_456_789), "{line:?}");
            }
        }
    }

    #[test]
    fn bytes_are_plain_or_special() {
        for byte in 0..=255_u8 {
            let plain = matches!(byte, b' '..=0x7f) && byte != b'"' && byte != b'\\';
            for at in 0..WORD {
                let mut word = *b"plain it";
                word[at] = byte;
                let found = special(u64::from_le_bytes(word));
                assert_eq!(found == 0, plain, "{byte}");
                assert!(plain || found.trailing_zeros() as usize / 8 == at);
            }
        }
    }

    #[test]
    fn lines_are_taken_one_after_the_other() {
        let encoder = Encoder::new(Stream::Stderr, 5);
        let mut out = Vec::new();
        let rest = encoder.first_line(&mut out, b"one\ntwo", 16).unwrap();
        assert_eq!((rest, &out), (&b"two"[..], &expected(b"one\n", 5)));
        assert_eq!(encoder.first_line(&mut out, rest, 16), None);
        assert_eq!(out, expected(b"one\n", 5));
        out.clear();
        assert_eq!(encoder.first_line(&mut out, b"123456789", 8), Some(&b"9"[..]));
        assert_eq!(out, expected(b"12345678", 5));
        assert_eq!(encoder.first_line(&mut out, b"", 8), None);
    }
}

//! Names in diagnostics and listings, quoted as GNU programs quote them.

use applets::locale;

/// A name as a word for the shell, in quotes always: `'name'`.
#[must_use]
pub fn always(name: &[u8]) -> Vec<u8> {
    shell(name, true, locale::is_utf8())
}

/// A name as a word for the shell, in quotes where it needs them.
#[must_use]
pub fn as_needed(name: &[u8]) -> Vec<u8> {
    shell(name, false, locale::is_utf8())
}

/// A name as a word for the shell, in quotes where it needs them or always; bytes that cannot be shown stay as they are.
#[must_use]
pub fn plain_shell(name: &[u8], always: bool) -> Vec<u8> {
    let fits = name.iter().all(|byte| !b"\"$`\\!&()*;<=>?[^|{}".contains(byte));
    let controls = name.iter().any(|byte| matches!(byte, b'\n' | b'\t' | b'\r' | 7..=8 | 11..=12));
    if name.contains(&b'\'') && fits {
        return [b"\"", name, b"\""].concat();
    }
    if !always && !name.is_empty() && !needs_quotes(name) && !controls {
        return name.to_vec();
    }
    let mut out = b"'".to_vec();
    for byte in name {
        if *byte == b'\'' { out.extend_from_slice(b"'\\''") } else { out.push(*byte) }
    }
    out.push(b'\'');
    out
}

/// An argument in the quotes of the locale: `'argument'`, or in typographic ones where the encoding is UTF-8.
#[must_use]
pub fn locale(text: &[u8]) -> Vec<u8> {
    let utf8 = locale::is_utf8();
    let (open, close): (&[u8], &[u8]) = if utf8 { ("‘".as_bytes(), "’".as_bytes()) } else { (b"'", b"'") };
    let mut out = open.to_vec();
    escape_into(&mut out, text, if utf8 { b"\\" } else { b"\\'" }, utf8);
    out.extend_from_slice(close);
    out
}

/// With backslashes as in C, without quotes around: bytes of `special` get a backslash.
#[must_use]
pub fn c_style(text: &[u8], special: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    escape_into(&mut out, text, special, locale::is_utf8());
    out
}

fn escape_into(out: &mut Vec<u8>, text: &[u8], special: &[u8], utf8: bool) {
    for (piece, printable) in pieces(text, utf8) {
        match piece {
            [byte] if special.contains(byte) => out.extend_from_slice(&[b'\\', *byte]),
            piece if printable => out.extend_from_slice(piece),
            piece => piece.iter().for_each(|byte| escape_byte(out, *byte)),
        }
    }
}

fn escape_byte(out: &mut Vec<u8>, byte: u8) {
    out.push(b'\\');
    match byte {
        7 => out.push(b'a'),
        8 => out.push(b'b'),
        b'\t' => out.push(b't'),
        b'\n' => out.push(b'n'),
        11 => out.push(b'v'),
        12 => out.push(b'f'),
        b'\r' => out.push(b'r'),
        byte => out.extend_from_slice(&[b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]),
    }
}

/// The text's characters, and whether each can be shown.
pub(crate) fn pieces(text: &[u8], utf8: bool) -> Vec<(&[u8], bool)> {
    if !utf8 {
        return text.chunks(1).map(|byte| (byte, matches!(byte, [b' '..=b'~']))).collect();
    }
    let mut out = Vec::new();
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(letter) = rest.chars().next() {
            let (piece, behind) = rest.split_at(letter.len_utf8());
            out.push((piece.as_bytes(), !letter.is_control()));
            rest = behind;
        }
        out.extend(chunk.invalid().chunks(1).map(|byte| (byte, false)));
    }
    out
}

fn shell(name: &[u8], always: bool, utf8: bool) -> Vec<u8> {
    let pieces = pieces(name, utf8);
    let plain = pieces.iter().all(|(_, printable)| *printable);
    if plain && name.contains(&b'\'') && name.iter().all(|byte| !b"\"$`\\!&()*;<=>?[^|{}".contains(byte)) {
        return [b"\"", name, b"\""].concat();
    }
    if !always && plain && !name.is_empty() && !needs_quotes(name) {
        return name.to_vec();
    }
    let mut out = b"'".to_vec();
    let mut escaped = false;
    for (piece, printable) in pieces {
        if !printable {
            if !escaped {
                out.extend_from_slice(b"'$'");
                escaped = true;
            }
            piece.iter().for_each(|byte| escape_byte(&mut out, *byte));
            continue;
        }
        if escaped {
            out.extend_from_slice(b"''");
            escaped = false;
        }
        if piece == b"'" { out.extend_from_slice(b"'\\''") } else { out.extend_from_slice(piece) }
    }
    out.push(b'\'');
    out
}

/// Whether a shell would read the name as something else than itself.
fn needs_quotes(name: &[u8]) -> bool {
    let anywhere = name.iter().any(|byte| b" !\"$&'()*;<=>?[\\^`|".contains(byte));
    let first = name.first().is_some_and(|byte| b"#~".contains(byte));
    anywhere || first || matches!(name, [b'{' | b'}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As GNU ls 9.1 shows such names with LC_ALL=C.
    #[test]
    fn words_for_the_shell() {
        let cases: [(&str, &str, &str); 10] = [
            ("a", "a", "'a'"),
            ("a b", "'a b'", "'a b'"),
            ("it's", "\"it's\"", "\"it's\""),
            ("it's $x", "'it'\\''s $x'", "'it'\\''s $x'"),
            ("a\nb", "'a'$'\\n''b'", "'a'$'\\n''b'"),
            ("", "''", "''"),
            ("~a", "'~a'", "'~a'"),
            ("a~#", "a~#", "'a~#'"),
            ("{", "'{'", "'{'"),
            ("\u{e9}", "''$'\\303\\251'", "''$'\\303\\251'"),
        ];
        for (name, needed, forced) in cases {
            assert_eq!(String::from_utf8_lossy(&shell(name.as_bytes(), false, false)), needed);
            assert_eq!(String::from_utf8_lossy(&shell(name.as_bytes(), true, false)), forced);
        }
        assert_eq!(shell("\u{e9}".as_bytes(), false, true), "\u{e9}".as_bytes());
    }

    #[test]
    fn arguments_in_the_quotes_of_the_locale() {
        let mut out = Vec::new();
        escape_into(&mut out, b"it's\n\\", b"\\'", false);
        assert_eq!(out, b"it\\'s\\n\\\\");
    }
}

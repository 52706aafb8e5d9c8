//! How bash quotes a text so that it reads it back: by backslashes, in single quotes, in double quotes, as `$'…'`.

/// Whether a text can only be written as `$'…'`.
#[must_use]
pub fn needs_escapes(text: &[u8]) -> bool {
    let utf8 = super::locale::is_utf8();
    text.iter().any(|byte| byte.is_ascii_control() || !byte.is_ascii() && !utf8)
}

/// As `$'…'`.
#[must_use]
pub fn escaped(text: &[u8]) -> Vec<u8> {
    let utf8 = super::locale::is_utf8();
    let mut out = b"$'".to_vec();
    for byte in text {
        match byte {
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            11 => out.extend_from_slice(b"\\v"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x1b => out.extend_from_slice(b"\\E"),
            b'\\' | b'\'' => out.extend_from_slice(&[b'\\', *byte]),
            control if control.is_ascii_control() || !control.is_ascii() && !utf8 => {
                out.extend_from_slice(format!("\\{control:03o}").as_bytes())
            }
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

/// In single quotes, each quote of the text as `'\''`.
#[must_use]
pub fn single(text: &[u8]) -> Vec<u8> {
    if text == b"'" {
        return b"\\'".to_vec();
    }
    let mut out = vec![b'\''];
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

/// As `declare -p` shows a value.
#[must_use]
pub fn double(text: &[u8]) -> Vec<u8> {
    if needs_escapes(text) {
        return escaped(text);
    }
    let mut out = vec![b'"'];
    for byte in text {
        if matches!(byte, b'"' | b'$' | b'`' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

/// As `printf %q` does: backslashes in front of what is special.
#[must_use]
pub fn backslashed(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return b"''".to_vec();
    }
    if needs_escapes(text) {
        return escaped(text);
    }
    let mut out = Vec::with_capacity(text.len());
    for (place, byte) in text.iter().enumerate() {
        let special = match byte {
            b'~' | b'#' => place == 0,
            byte => b" \t\n'\"\\|&;()<>!{}*[]?^$`,".contains(byte),
        };
        if special {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

/// As `${x@Q}` does.
#[must_use]
pub fn quoted(text: &[u8]) -> Vec<u8> {
    if needs_escapes(text) { escaped(text) } else { single(text) }
}

/// As `set` does: only where it is needed.
#[must_use]
pub fn if_needed(text: &[u8]) -> Vec<u8> {
    if needs_escapes(text) { escaped(text) } else { traced(text) }
}

/// As `set -x` does: only where it is needed, and never with escapes.
#[must_use]
pub fn traced(text: &[u8]) -> Vec<u8> {
    let special = |(place, byte): (usize, &u8)| match byte {
        b'~' | b'#' => place == 0,
        byte => b" \t\n'\"\\|&;()<>!{}*[]?^$`,".contains(byte),
    };
    if text.iter().enumerate().any(special) { single(text) } else { text.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_reads_back() {
        assert_eq!(backslashed(b"a b*~"), b"a\\ b\\*~");
        assert_eq!(backslashed(b"a\nb"), b"$'a\\nb'");
        assert_eq!(double(b"a\"$"), b"\"a\\\"\\$\"");
        assert_eq!(quoted(b"it's"), b"'it'\\''s'");
        assert_eq!(if_needed(b"a b"), b"'a b'");
        assert_eq!(if_needed(b"a=b"), b"a=b");
    }
}

//! The command `l`: a line in a form that shows every byte.

/// The line without its end, folded at `width` columns; 0 is no folding.
pub(super) fn listed(text: &[u8], width: u64, delimiter: u8) -> Vec<u8> {
    let room = usize::try_from(width).unwrap_or(usize::MAX).saturating_sub(1);
    let (mut out, mut column) = (Vec::new(), 0);
    for byte in text {
        let shown = shown(*byte);
        if width > 0 && column + shown.len() > room {
            out.extend_from_slice(&[b'\\', delimiter]);
            column = 0;
        }
        column += shown.len();
        out.extend_from_slice(&shown);
    }
    out.push(b'$');
    out
}

fn shown(byte: u8) -> Vec<u8> {
    let letter = match byte {
        b'\\' => b'\\',
        7 => b'a',
        8 => b'b',
        12 => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        11 => b'v',
        b' '..=b'~' => return vec![byte],
        byte => return format!("\\{byte:03o}").into_bytes(),
    };
    vec![b'\\', letter]
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn every_byte_is_shown_and_lines_are_folded() {
        assert_eq!(listed(b"a\x01\t\x1b\x80\\", 70, b'\n'), b"a\\001\\t\\033\\200\\\\$");
        assert_eq!(listed(b"one", 3, b'\n'), b"on\\\ne$");
        assert_eq!(listed(b"ab", 1, 0), b"\\\0a\\\0b$");
        assert_eq!(listed(&[b'x'; 100], 0, b'\n').len(), 101);
    }
}

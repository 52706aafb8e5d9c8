//! Text of programs and scripts, made visible: nothing in it can give a terminal orders or hide.

use wcr_machine::is_unseen;

/// `text` with control characters, invisible marks and the spaces at its end escaped; a backslash stays.
pub(crate) fn visible(text: &str) -> String {
    let kept = text.trim_end_matches(' ').len();
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if at >= kept { out.push_str("\\u{20}") } else { push(&mut out, c) }
    }
    out
}

/// `text` in quotes, with control characters, invisible marks, quotes and backslashes escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        push(&mut out, c);
    }
    out.push('"');
    out
}

/// `text`, cut after `max` characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unseen(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(visible("a b\tc\x1b[1m\\ü  "), "a b\\tc\\u{1b}[1m\\ü\\u{20}\\u{20}");
        assert_eq!(visible("\u{202e}x\r"), "\\u{202e}x\\r");
        assert_eq!(quoted("a \"b\"\\\n "), r#""a \"b\"\\\n ""#);
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}

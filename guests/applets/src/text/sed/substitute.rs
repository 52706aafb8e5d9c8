//! The command `s` on one pattern space.

use wcr_sys::append;

use super::command::{Part, Substitution};
use crate::regex::{Captures, Regex, Span};

/// Replaces matches in `text`. The result is in `out`; whether anything was replaced.
///
/// Each search begins behind the last match as if the text began there, but not at a line's start.
pub(super) fn substitute(substitution: &Substitution, regex: &Regex, text: &[u8], out: &mut Vec<u8>) -> bool {
    if let ([byte], true, 0) = (regex.required_literal(), regex.is_literal(), substitution.which) {
        return replace_byte(*byte, &substitution.replacement, text, out);
    }
    let groups = substitution.replacement.iter().any(|part| matches!(part, Part::Group(1..)));
    out.clear();
    let (mut rest, mut count, mut replaced) = (text, 0, false);
    // An empty match right behind another one is none.
    let (mut before_empty, mut tried_at_end) = (true, false);
    let mut captures = Captures::new();
    while let Some((start, end)) =
        search(regex, rest, count > 0 || rest.len() < text.len(), groups.then_some(&mut captures))
    {
        let (head, tail) = rest.split_at(end);
        if end == 0 && !before_empty {
            before_empty = true;
            copy_one(&mut rest, out);
        } else {
            count += 1;
            if substitution.which != 0 && count != substitution.which {
                append(out, head);
                rest = tail;
                if start == end {
                    copy_one(&mut rest, out);
                }
            } else {
                append(out, rest.get(..start).unwrap_or_default());
                replace(substitution, rest, (start, end), &captures, out);
                replaced = true;
                rest = tail;
                before_empty = start == end;
                if before_empty {
                    tried_at_end |= rest.is_empty();
                    copy_one(&mut rest, out);
                }
                if substitution.which != 0 {
                    break;
                }
            }
        }
        if rest.is_empty() && core::mem::replace(&mut tried_at_end, true) {
            break;
        }
    }
    if replaced {
        append(out, rest);
    }
    replaced
}

/// Replaces each such byte, of which there may be many: each is found by less than a search.
fn replace_byte(byte: u8, replacement: &[Part], text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut from = 0;
    for at in memchr::memchr_iter(byte, text) {
        append(out, text.get(from..at).unwrap_or_default());
        for part in replacement {
            match part {
                Part::Text(text) => append(out, text),
                Part::Group(0) => out.push(byte),
                // There are none.
                Part::Group(_) => {}
            }
        }
        from = at + 1;
    }
    if from > 0 {
        append(out, text.get(from..).unwrap_or_default());
    }
    from > 0
}

/// The next match; what its subexpressions matched is put into `captures`, if that is asked for.
fn search(regex: &Regex, text: &[u8], continued: bool, captures: Option<&mut Captures>) -> Option<Span> {
    let Some(captures) = captures else { return regex.find_at(text, 0, continued) };
    if !regex.captures_into(text, 0, continued, captures) {
        return None;
    }
    captures.first().copied().flatten()
}

fn copy_one(rest: &mut &[u8], out: &mut Vec<u8>) {
    if let Some((first, tail)) = rest.split_first() {
        out.push(*first);
        *rest = tail;
    }
}

fn replace(substitution: &Substitution, text: &[u8], span: Span, captures: &Captures, out: &mut Vec<u8>) {
    for part in &substitution.replacement {
        match part {
            Part::Text(text) => append(out, text),
            Part::Group(number) => {
                let part = if *number == 0 { Some(span) } else { captures.get(*number).copied().flatten() };
                if let Some((start, end)) = part {
                    append(out, text.get(start..end).unwrap_or_default());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::Syntax;

    #[test]
    fn a_byte_is_replaced_as_any_match_is() {
        let replacements = [
            vec![],
            vec![Part::Text(b"X".to_vec())],
            vec![Part::Text(b"<".to_vec()), Part::Group(0), Part::Group(0), Part::Text(b">".to_vec())],
        ];
        let regex = |pattern: &[u8]| Regex::new(pattern, Syntax::BASIC).unwrap();
        for replacement in replacements {
            let substitution = Substitution { pattern: None, replacement, which: 0, print: false, file: None };
            for text in [&b""[..], b"e", b"ee", b"none", b"x", b"where the bees are, e", b"\xff\0e\ne"] {
                let (mut quick, mut slow) = (Vec::new(), Vec::new());
                let replaced = substitute(&substitution, &regex(b"e"), text, &mut quick);
                // As a set in a group it is no literal.
                assert_eq!(substitute(&substitution, &regex(b"\\(e\\)"), text, &mut slow), replaced);
                assert!(!replaced || quick == slow, "{text:?}");
                assert_eq!(replaced, text.contains(&b'e'));
            }
        }
    }
}

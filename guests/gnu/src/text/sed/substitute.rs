//! The command `s` on one pattern space.

use applets::regex::{Captures, Regex, Span};
use wcr_sys::append;

use super::command::{Case, Part, Substitution};

/// Replaces matches in `text`. The result is in `out`; whether anything was replaced.
pub(super) fn substitute(substitution: &Substitution, regex: &Regex, text: &[u8], out: &mut Vec<u8>) -> bool {
    replace_matches(&substitution.replacement, (substitution.first, substitution.all), regex, text, out)
}

/// Replaces the match of this number, and with `all` those behind it, in `text`.
pub(crate) fn replace_matches(
    replacement: &[Part],
    (number, all): (u64, bool),
    regex: &Regex,
    text: &[u8],
    out: &mut Vec<u8>,
) -> bool {
    out.clear();
    let groups = replacement.iter().any(|part| matches!(part, Part::Group(1..)));
    let (mut start, mut copied, mut count, mut replaced) = (0, 0, 0, false);
    // An empty match right behind another match is none.
    let mut last_end = None;
    let mut captures = Captures::new();
    while start <= text.len() {
        let Some((from, to)) = search(regex, text, start, groups.then_some(&mut captures)) else { break };
        if from == to && last_end == Some(from) {
            start = to + 1;
            continue;
        }
        count += 1;
        last_end = Some(to);
        start = if from == to { to + 1 } else { to };
        if count < number {
            continue;
        }
        append(out, text.get(copied..from).unwrap_or_default());
        replace(replacement, text, (from, to), &captures, out);
        copied = to;
        replaced = true;
        if !all {
            break;
        }
    }
    if replaced {
        append(out, text.get(copied..).unwrap_or_default());
    }
    replaced
}

/// The next match; what its subexpressions matched is put into `captures`, if that is asked for.
fn search(regex: &Regex, text: &[u8], start: usize, captures: Option<&mut Captures>) -> Option<Span> {
    let Some(captures) = captures else { return regex.find_at(text, start, false) };
    if !regex.captures_into(text, start, false, captures) {
        return None;
    }
    captures.first().copied().flatten()
}

fn replace(parts: &[Part], text: &[u8], span: Span, captures: &Captures, out: &mut Vec<u8>) {
    let (mut all, mut one) = (Case::Keep, None);
    for part in parts {
        let piece = match part {
            Part::Text(text) => text.as_slice(),
            Part::Group(number) => {
                let span = if *number == 0 { Some(span) } else { captures.get(*number).copied().flatten() };
                span.and_then(|(start, end)| text.get(start..end)).unwrap_or_default()
            }
            Part::Case(case @ (Case::UpperOne | Case::LowerOne)) => {
                one = Some(*case);
                continue;
            }
            Part::Case(case) => {
                // What was to happen to the next letter is forgotten.
                (all, one) = (*case, None);
                continue;
            }
        };
        if all == Case::Keep && one.is_none() {
            append(out, piece);
            continue;
        }
        let mut letters = piece.iter();
        if let (Some(case), Some(first)) = (one, piece.first()) {
            out.push(changed(case, *first));
            letters.next();
            one = None;
        }
        out.extend(letters.map(|letter| changed(all, *letter)));
    }
}

fn changed(case: Case, letter: u8) -> u8 {
    match case {
        Case::Upper | Case::UpperOne => letter.to_ascii_uppercase(),
        Case::Lower | Case::LowerOne => letter.to_ascii_lowercase(),
        Case::Keep => letter,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use applets::regex::Syntax;

    use super::super::escape::replacement;
    use super::*;

    fn run(pattern: &str, by: &str, first: u64, all: bool, text: &str) -> String {
        let regex = Rc::new(Regex::new(pattern.as_bytes(), Syntax::EXTENDED).unwrap());
        let substitution = Substitution {
            pattern: Some(Rc::clone(&regex)),
            replacement: replacement(by.as_bytes()),
            first,
            all,
            print: (false, false),
            run: false,
            file: None,
        };
        let mut out = Vec::new();
        if substitute(&substitution, &regex, text.as_bytes(), &mut out) {
            String::from_utf8_lossy(&out).into_owned()
        } else {
            text.to_owned()
        }
    }

    /// As GNU sed 4.9 answers.
    #[test]
    fn matches_are_counted_and_replaced() {
        assert_eq!(run("b*", "x", 1, true, "abc"), "xaxcx");
        assert_eq!(run("b*", "x", 2, false, "a"), "ax");
        assert_eq!(run("b*", "x", 2, false, "b"), "b");
        assert_eq!(run("x*", "-", 1, true, "ab"), "-a-b-");
        assert_eq!(run("a", "[&]", 2, true, "aaa"), "a[a][a]");
        assert_eq!(run("^a", "x", 1, true, "aaa"), "xaa");
        assert_eq!(run("a", "&-", 1, true, "banana"), "ba-na-na-");
        assert_eq!(run("\\<.", "X", 1, true, "ab cd"), "Xb Xd");
    }

    #[test]
    fn the_case_of_letters() {
        for (by, result) in [
            ("\\u\\LABC&", "abca"),
            ("\\L\\uabc", "Abc"),
            ("\\Ufoo\\lBAR\\EBaz", "FOObARBaz"),
            ("\\uab\\Ucd\\uef\\Lgh\\uij", "AbCDEFghIj"),
            ("\\u\\E&", "a"),
            ("x\\u y", "x y"),
        ] {
            assert_eq!(run("a", by, 1, false, "a"), result, "{by}");
        }
    }
}

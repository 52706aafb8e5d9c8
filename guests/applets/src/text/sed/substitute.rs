//! The command `s` on one pattern space.

use super::command::{Part, Substitution};
use crate::regex::{Captures, Regex};

/// Replaces matches in `text`. The result is in `out`; whether anything was replaced.
///
/// Each search begins behind the last match as if the text began there, but not at a line's start.
pub(super) fn substitute(substitution: &Substitution, regex: &Regex, text: &[u8], out: &mut Vec<u8>) -> bool {
    let groups = substitution.replacement.iter().any(|part| matches!(part, Part::Group(1..)));
    out.clear();
    let (mut rest, mut count, mut replaced) = (text, 0, false);
    // An empty match right behind another one is none.
    let (mut before_empty, mut tried_at_end) = (true, false);
    while let Some(captures) = search(regex, rest, count > 0 || rest.len() < text.len(), groups) {
        let Some((start, end)) = captures.first().copied().flatten() else { break };
        let (head, tail) = rest.split_at(end);
        if end == 0 && !before_empty {
            before_empty = true;
            copy_one(&mut rest, out);
        } else {
            count += 1;
            if substitution.which != 0 && count != substitution.which {
                out.extend_from_slice(head);
                rest = tail;
                if start == end {
                    copy_one(&mut rest, out);
                }
            } else {
                out.extend_from_slice(rest.get(..start).unwrap_or_default());
                replace(substitution, rest, &captures, out);
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
    out.extend_from_slice(rest);
    replaced
}

fn search(regex: &Regex, text: &[u8], continued: bool, groups: bool) -> Option<Captures> {
    if groups {
        return regex.captures_at(text, 0, continued);
    }
    regex.find_at(text, 0, continued).map(|span| vec![Some(span)])
}

fn copy_one(rest: &mut &[u8], out: &mut Vec<u8>) {
    if let Some((first, tail)) = rest.split_first() {
        out.push(*first);
        *rest = tail;
    }
}

fn replace(substitution: &Substitution, text: &[u8], captures: &Captures, out: &mut Vec<u8>) {
    for part in &substitution.replacement {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Group(number) => {
                if let Some((start, end)) = captures.get(*number).copied().flatten() {
                    out.extend_from_slice(text.get(start..end).unwrap_or_default());
                }
            }
        }
    }
}

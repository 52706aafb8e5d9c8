//! Files as lines, and what of a line is compared.

use std::collections::HashMap;

use super::options::{Ignoring, Options, Style};
use super::script::{self, Change};

/// The lines of a file, each with the newline at its end; the last one may have none.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The line without its newline.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// The changes from one file to another, those that do not count marked.
pub(super) fn changes(left: &[&[u8]], right: &[&[u8]], options: &Options) -> Vec<Change> {
    // A script for `ed` cannot leave out the last newline.
    let completes = matches!(options.style, Style::Ed | Style::ForwardEd);
    let mut numbers: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut classes = |lines: &[&[u8]]| {
        lines
            .iter()
            .map(|line| {
                let next = numbers.len();
                let mut key = key(line, &options.ignoring);
                if completes && !key.ends_with(b"\n") {
                    key.push(b'\n');
                }
                *numbers.entry(key).or_insert(next)
            })
            .collect::<Vec<_>>()
    };
    let (left_classes, right_classes) = (classes(left), classes(right));
    // What both begin and end with takes no part, so that no change moves into it.
    let prefix = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    let rest = |lines: &'_ [&'_ [u8]]| lines.len() - prefix;
    let most = rest(left).min(rest(right));
    let suffix = left.iter().rev().zip(right.iter().rev()).take(most).take_while(|(one, other)| one == other).count();
    let inner = |classes: &[usize]| classes.get(prefix..classes.len() - suffix).unwrap_or_default().to_vec();
    let mut changes = script::changes(&inner(&left_classes), &inner(&right_classes));
    for (from, to) in changes.iter_mut().flat_map(|change| [&mut change.left, &mut change.right]) {
        (*from, *to) = (*from + prefix, *to + prefix);
    }
    if options.ignoring.blank_lines || !options.ignored_lines.is_empty() {
        for change in &mut changes {
            let of = |lines: &'_ [&[u8]], (from, to): (usize, usize)| {
                lines.get(from..to).unwrap_or_default().iter().all(|line| is_ignored(line, options))
            };
            change.ignored = of(left, change.left) && of(right, change.right);
        }
    }
    changes
}

fn is_ignored(line: &[u8], options: &Options) -> bool {
    let line = bare(line);
    let ignoring = &options.ignoring;
    let any_space = ignoring.all_space || ignoring.space_change || ignoring.trailing_space;
    let blank = line.is_empty() || any_space && line.iter().all(|byte| is_space(*byte));
    ignoring.blank_lines && blank || options.ignored_lines.iter().any(|regex| regex.is_match(line))
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// What of a line is compared.
fn key(line: &[u8], ignoring: &Ignoring) -> Vec<u8> {
    if *ignoring == Ignoring::default() {
        return line.to_vec();
    }
    let mut text = line.to_vec();
    if ignoring.trailing_cr && text.ends_with(b"\r\n") {
        text.truncate(text.len() - 2);
        text.push(b'\n');
    }
    if ignoring.all_space || ignoring.space_change || ignoring.trailing_space {
        // A missing newline is missing white space, too.
        while text.last().is_some_and(|byte| is_space(*byte)) {
            text.pop();
        }
    }
    if ignoring.all_space {
        text.retain(|byte| !is_space(*byte));
    } else if ignoring.space_change {
        let mut out = Vec::with_capacity(text.len());
        for byte in text {
            if !is_space(byte) {
                out.push(byte);
            } else if out.last() != Some(&b' ') {
                out.push(b' ');
            }
        }
        text = out;
    } else if ignoring.tab_expansion {
        let mut out = Vec::with_capacity(text.len());
        for byte in text {
            if byte == b'\t' {
                out.resize(out.len() / 8 * 8 + 8, b' ');
            } else {
                out.push(byte);
            }
        }
        text = out;
    }
    if ignoring.case {
        text.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared() {
        let with = |set: fn(&mut Ignoring)| {
            let mut ignoring = Ignoring::default();
            set(&mut ignoring);
            ignoring
        };
        assert_eq!(key(b"a  b \n", &with(|it| it.space_change = true)), b"a b");
        assert_eq!(key(b" a b\n", &with(|it| it.all_space = true)), b"ab");
        assert_eq!(key(b" aB \n", &with(|it| it.trailing_space = true)), b" aB");
        assert_eq!(key(b"aB\n", &with(|it| it.case = true)), b"ab\n");
        assert_eq!(key(b"a\tb\n", &with(|it| it.tab_expansion = true)), b"a       b\n");
        assert_eq!(key(b"a\r\n", &with(|it| it.trailing_cr = true)), b"a\n");
    }
}

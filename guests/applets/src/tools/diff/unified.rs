//! Differences as unified hunks.

use crate::Context;
use crate::format::decimal;

use super::Options;
use super::lcs::Change;

/// A file's lines, each with its newline, if it has one.
pub(super) type Lines<'a> = Vec<&'a [u8]>;

/// Cuts a text into lines.
pub(super) fn lines(text: &[u8]) -> Lines<'_> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The hunks that the changes make: those that are near enough to share their context go together.
pub(super) fn hunks(changes: &[Change], context: usize) -> Vec<Vec<Change>> {
    let mut hunks: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        match hunks.last_mut() {
            Some(hunk) if hunk.last().is_some_and(|last| change.left.0 - last.left.1 <= 2 * context) => {
                hunk.push(*change);
            }
            _ => hunks.push(vec![*change]),
        }
    }
    hunks
}

/// Prints a hunk.
pub(super) fn put(ctx: &mut Context<'_>, hunk: &[Change], left: &Lines<'_>, right: &Lines<'_>, options: &Options) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let before = options.context.min(first.left.0);
    let behind = options.context.min(left.len() - last.left.1);
    let (from, to) = (first.left.0 - before, last.left.1 + behind);
    let mut out = b"@@ -".to_vec();
    range(&mut out, from, to);
    out.extend_from_slice(b" +");
    range(&mut out, first.right.0 - before, last.right.1 + behind);
    out.extend_from_slice(b" @@\n");
    let mut at = from;
    for change in hunk {
        all(&mut out, b' ', left, (at, change.left.0), options);
        all(&mut out, b'-', left, change.left, options);
        all(&mut out, b'+', right, change.right, options);
        at = change.left.1;
    }
    all(&mut out, b' ', left, (at, to), options);
    ctx.put(&out);
}

/// The first line's number and how many there are, when that is not one.
fn range(out: &mut Vec<u8>, from: usize, to: usize) {
    let count = to - from;
    out.extend(decimal(if count == 0 { from } else { from + 1 } as u64));
    if count != 1 {
        out.push(b',');
        out.extend(decimal(count as u64));
    }
}

fn all(out: &mut Vec<u8>, mark: u8, lines: &Lines<'_>, (from, to): (usize, usize), options: &Options) {
    for line in lines.get(from..to).unwrap_or_default() {
        out.push(mark);
        if options.aligns_tabs {
            out.push(b'\t');
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let mut column = 0;
        for byte in text {
            if options.expands_tabs && *byte == b'\t' {
                let fill = 8 - column % 8;
                out.resize(out.len() + fill, b' ');
                column += fill;
            } else {
                out.push(*byte);
                column += 1;
            }
        }
        out.push(b'\n');
        if text.len() == line.len() {
            out.extend_from_slice(b"\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_changes_share_a_hunk() {
        let change = |at: usize| Change { left: (at, at + 1), right: (at, at + 1) };
        assert_eq!(hunks(&[change(1), change(8), change(20)], 3).len(), 2);
        assert_eq!(hunks(&[change(1), change(9)], 3).len(), 2);
        let mut out = Vec::new();
        range(&mut out, 2, 3);
        range(&mut out, 5, 5);
        assert_eq!(out, b"35,0");
    }
}

//! Changes without context: for readers, for `ed`, for RCS, for the C preprocessor.

use applets::Context;

use super::Pair;
use super::lines::bare;
use super::options::{Options, Style};
use super::print::{Colour, coloured, line};
use super::script::Change;

/// A range of lines, counted from 1; of none the line before.
fn range((from, to): (usize, usize), between: char) -> String {
    match to - from {
        0 => from.to_string(),
        1 => to.to_string(),
        _ => format!("{}{between}{to}", from + 1),
    }
}

fn letter(change: &Change) -> char {
    match (change.left.0 == change.left.1, change.right.0 == change.right.1) {
        (true, _) => 'a',
        (_, true) => 'd',
        _ => 'c',
    }
}

fn of<'a>(lines: &'a [&'a [u8]], (from, to): (usize, usize)) -> &'a [&'a [u8]] {
    lines.get(from..to).unwrap_or_default()
}

/// `2c2`, the lines that go, the lines that come.
pub(super) fn normal(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change], options: &Options) {
    for change in changes.iter().filter(|change| !change.ignored) {
        let place = format!("{}{}{}", range(change.left, ','), letter(change), range(change.right, ','));
        coloured(ctx, options, Colour::Place, place.as_bytes());
        ctx.put(b"\n");
        for text in of(&pair.left.lines, change.left) {
            line(ctx, options, Colour::Old, "< ", text);
        }
        if letter(change) == 'c' {
            ctx.put(b"---\n");
        }
        for text in of(&pair.right.lines, change.right) {
            line(ctx, options, Colour::New, "> ", text);
        }
    }
}

/// A script for `ed`, from the last change to the first; or the same forwards, which `ed` cannot read.
pub(super) fn ed(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change], options: &Options) {
    let forward = options.style == Style::ForwardEd;
    let mut order: Vec<&Change> = changes.iter().filter(|change| !change.ignored).collect();
    if !forward {
        order.reverse();
    }
    for change in order {
        let letter = letter(change);
        let place = if forward {
            format!("{letter}{}\n", range(change.left, ' '))
        } else {
            format!("{}{letter}\n", range(change.left, ','))
        };
        ctx.put(place.as_bytes());
        if letter == 'd' {
            continue;
        }
        let mut inserting = true;
        for text in of(&pair.right.lines, change.right) {
            let bare = bare(text);
            if !inserting {
                ctx.put(b"a\n");
                inserting = true;
            }
            // A dot alone would end the text.
            if bare == b"." && !forward {
                ctx.put(b"..\n.\ns/.//\n");
                inserting = false;
                continue;
            }
            ctx.put(&[bare, b"\n"].concat());
        }
        if inserting {
            ctx.put(b".\n");
        }
    }
}

/// What RCS keeps.
pub(super) fn rcs(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change]) {
    for change in changes.iter().filter(|change| !change.ignored) {
        let (gone, come) = (change.left.1 - change.left.0, change.right.1 - change.right.0);
        if gone > 0 {
            ctx.put(format!("d{} {gone}\n", change.left.0 + 1).as_bytes());
        }
        if come > 0 {
            ctx.put(format!("a{} {come}\n", change.left.1).as_bytes());
            of(&pair.right.lines, change.right).iter().for_each(|text| ctx.put(text));
        }
    }
}

/// Both files in one, with the changes between lines of the C preprocessor.
pub(super) fn ifdef(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change], options: &Options) {
    let name = options.ifdef.as_slice();
    let mut at = 0;
    for change in changes.iter().filter(|change| !change.ignored) {
        of(&pair.left.lines, (at, change.left.0)).iter().for_each(|text| ctx.put(text));
        at = change.left.1;
        let letter = letter(change);
        let start: &[u8] = if letter == 'a' { b"#ifdef " } else { b"#ifndef " };
        ctx.put(&[start, name, b"\n"].concat());
        of(&pair.left.lines, change.left).iter().for_each(|text| whole(ctx, text));
        if letter == 'c' {
            ctx.put(&[b"#else /* ", name, b" */\n"].concat());
        }
        of(&pair.right.lines, change.right).iter().for_each(|text| whole(ctx, text));
        let not: &[u8] = if letter == 'd' { b"! " } else { b"" };
        ctx.put(&[b"#endif /* ", not, name, b" */\n"].concat());
    }
    of(&pair.left.lines, (at, pair.left.lines.len())).iter().for_each(|text| ctx.put(text));
}

/// Puts a line with a newline, whether it has one or not.
fn whole(ctx: &mut Context<'_>, text: &[u8]) {
    ctx.put(&[bare(text), b"\n"].concat());
}

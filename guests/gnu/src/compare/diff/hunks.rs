//! Changes with the lines around them.

use applets::Context;
use applets::core::time::strftime::strftime;
use applets::core::time::zone::Zone;

use super::lines::bare;
use super::options::{Options, Style};
use super::print::{Colour, coloured, line};
use super::script::Change;
use super::{Pair, Side};

/// How much of the line of a function is shown.
const FUNCTION_MAX: usize = 40;

/// Puts all hunks that have a change that counts.
pub(super) fn put(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change], options: &Options) {
    header(ctx, pair, options);
    let mut functions = Functions { next: 0, last: None };
    for hunk in group(changes, options.context) {
        if hunk.iter().all(|change| change.ignored) {
            continue;
        }
        if options.style == Style::Unified {
            unified(ctx, pair, hunk, options, &mut functions);
        } else {
            context(ctx, pair, hunk, options, &mut functions);
        }
    }
}

/// The changes that stand close together; those that do not count keep no hunk alive.
fn group(changes: &[Change], context: usize) -> Vec<&[Change]> {
    let mut groups = Vec::new();
    let mut start = 0;
    for at in 1..=changes.len() {
        let ends = match (changes.get(at - 1), changes.get(at)) {
            (Some(before), Some(next)) => {
                let gap = next.left.0 - before.left.1;
                let threshold = if next.ignored { context } else { 2 * context + 1 };
                gap >= threshold
            }
            _ => true,
        };
        if ends {
            groups.push(changes.get(start..at).unwrap_or_default());
            start = at;
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn header(ctx: &mut Context<'_>, pair: &Pair<'_>, options: &Options) {
    let (old, new) = if options.style == Style::Unified { ("---", "+++") } else { ("***", "---") };
    for (sign, side, label) in [(old, &pair.left, 0), (new, &pair.right, 1)] {
        let text = match options.labels.get(label) {
            Some(label) => label.clone(),
            None => [side.name.as_slice(), b"\t", &time(side, options.style)].concat(),
        };
        coloured(ctx, options, Colour::Header, &[sign.as_bytes(), b" ", &text].concat());
        ctx.put(b"\n");
    }
}

fn time(side: &Side<'_>, style: Style) -> Vec<u8> {
    let (seconds, zone) = (side.mtime.sec, Zone::from_env());
    let local = zone.local(seconds);
    let mut out = Vec::new();
    // In the C locale the time of copied context is that of POSIX.
    if style == Style::Unified || applets::locale::is_utf8() {
        strftime(&mut out, b"%Y-%m-%d %H:%M:%S", &local, seconds);
        out.extend_from_slice(format!(".{:09} ", side.mtime.nsec).as_bytes());
        strftime(&mut out, b"%z", &local, seconds);
    } else {
        strftime(&mut out, b"%a %b %e %T %Y", &local, seconds);
    }
    out
}

/// The line of the function that a hunk is in.
struct Functions {
    next: usize,
    last: Option<usize>,
}

impl Functions {
    /// The last line that begins a function before this one.
    fn before<'a>(&mut self, lines: &'a [&'a [u8]], end: usize, options: &Options) -> Option<&'a [u8]> {
        let regex = options.function.as_ref()?;
        while self.next < end {
            if lines.get(self.next).is_some_and(|line| regex.is_match(bare(line))) {
                self.last = Some(self.next);
            }
            self.next += 1;
        }
        let line = bare(lines.get(self.last?)?).trim_ascii_start();
        Some(line.get(..line.len().min(FUNCTION_MAX))?.trim_ascii_end())
    }
}

/// The lines that a hunk shows: from and to in both files.
fn bounds(pair: &Pair<'_>, hunk: &[Change], context: usize) -> ((usize, usize), (usize, usize)) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return ((0, 0), (0, 0)) };
    let before = context.min(first.left.0).min(first.right.0);
    let (left_rest, right_rest) = (pair.left.lines.len() - last.left.1, pair.right.lines.len() - last.right.1);
    let after = context.min(left_rest).min(right_rest);
    ((first.left.0 - before, last.left.1 + after), (first.right.0 - before, last.right.1 + after))
}

fn unified(ctx: &mut Context<'_>, pair: &Pair<'_>, hunk: &[Change], options: &Options, functions: &mut Functions) {
    let (left, right) = bounds(pair, hunk, options.context);
    let range = |(from, to): (usize, usize)| match to - from {
        1 => to.to_string(),
        0 => format!("{from},0"),
        count => format!("{},{count}", from + 1),
    };
    let place = format!("@@ -{} +{} @@", range(left), range(right));
    coloured(ctx, options, Colour::Place, place.as_bytes());
    if let Some(function) = functions.before(&pair.left.lines, left.0, options) {
        ctx.put(&[b" ", function].concat());
    }
    ctx.put(b"\n");
    let mut at = left.0;
    for change in hunk {
        for text in pair.left.lines.get(at..change.left.0).unwrap_or_default() {
            line(ctx, options, Colour::Plain, " ", text);
        }
        for text in pair.left.lines.get(change.left.0..change.left.1).unwrap_or_default() {
            line(ctx, options, Colour::Old, "-", text);
        }
        for text in pair.right.lines.get(change.right.0..change.right.1).unwrap_or_default() {
            line(ctx, options, Colour::New, "+", text);
        }
        at = change.left.1;
    }
    for text in pair.left.lines.get(at..left.1).unwrap_or_default() {
        line(ctx, options, Colour::Plain, " ", text);
    }
}

fn context(ctx: &mut Context<'_>, pair: &Pair<'_>, hunk: &[Change], options: &Options, functions: &mut Functions) {
    let (left, right) = bounds(pair, hunk, options.context);
    let range = |(from, to): (usize, usize)| {
        if to - from <= 1 { to.to_string() } else { format!("{},{to}", from + 1) }
    };
    ctx.put(b"***************");
    if let Some(function) = functions.before(&pair.left.lines, left.0, options) {
        ctx.put(&[b" ", function].concat());
    }
    ctx.put(b"\n");
    coloured(ctx, options, Colour::Place, format!("*** {} ****", range(left)).as_bytes());
    ctx.put(b"\n");
    if hunk.iter().any(|change| change.left.0 < change.left.1) {
        part(ctx, options, &pair.left.lines, left, hunk, false);
    }
    coloured(ctx, options, Colour::Place, format!("--- {} ----", range(right)).as_bytes());
    ctx.put(b"\n");
    if hunk.iter().any(|change| change.right.0 < change.right.1) {
        part(ctx, options, &pair.right.lines, right, hunk, true);
    }
}

/// The lines of one of the files in a hunk.
fn part(
    ctx: &mut Context<'_>,
    options: &Options,
    lines: &[&[u8]],
    (from, to): (usize, usize),
    hunk: &[Change],
    new: bool,
) {
    let colour = if new { Colour::New } else { Colour::Old };
    for at in from..to {
        let Some(text) = lines.get(at) else { continue };
        let inside = hunk.iter().find(|change| {
            let own = if new { change.right } else { change.left };
            (own.0..own.1).contains(&at)
        });
        let sign = match inside {
            None => "  ",
            Some(change) if change.left.0 < change.left.1 && change.right.0 < change.right.1 => "! ",
            Some(_) if new => "+ ",
            Some(_) => "- ",
        };
        line(ctx, options, colour, sign, text);
    }
}

//! Both files side by side.

use applets::Context;

use super::Pair;
use super::lines::bare;
use super::options::Options;
use super::script::Change;

/// Where the columns are.
struct Columns {
    half: usize,
    second: usize,
    tab: usize,
    expands: bool,
}

/// Puts all lines, or those that differ.
pub(super) fn put(ctx: &mut Context<'_>, pair: &Pair<'_>, changes: &[Change], options: &Options) {
    let tab = if options.expand_tabs { 1 } else { options.tab_size };
    let width = options.width;
    let off = (width + tab + 3) / (2 * tab) * tab;
    let half = off.saturating_sub(3).min(width.saturating_sub(off));
    let columns = Columns {
        half,
        second: if half > 0 { off } else { width },
        tab: options.tab_size,
        expands: options.expand_tabs,
    };
    let (mut i, mut j) = (0, 0);
    let common = |ctx: &mut Context<'_>, from: (usize, usize), to: usize| {
        if options.suppress_common {
            return;
        }
        for step in 0..to - from.0 {
            let (left, right) = (pair.left.lines.get(from.0 + step), pair.right.lines.get(from.1 + step));
            if options.left_column {
                row(ctx, &columns, left.copied(), '(', None);
            } else {
                row(ctx, &columns, left.copied(), ' ', right.copied());
            }
        }
    };
    for change in changes.iter().filter(|change| !change.ignored) {
        common(ctx, (i, j), change.left.0);
        (i, j) = (change.left.0, change.right.0);
        while i < change.left.1 && j < change.right.1 {
            row(ctx, &columns, pair.left.lines.get(i).copied(), '|', pair.right.lines.get(j).copied());
            (i, j) = (i + 1, j + 1);
        }
        while j < change.right.1 {
            row(ctx, &columns, None, '>', pair.right.lines.get(j).copied());
            j += 1;
        }
        while i < change.left.1 {
            row(ctx, &columns, pair.left.lines.get(i).copied(), '<', None);
            i += 1;
        }
    }
    common(ctx, (i, j), pair.left.lines.len());
}

fn row(ctx: &mut Context<'_>, columns: &Columns, left: Option<&[u8]>, sign: char, right: Option<&[u8]>) {
    let mut out = Vec::new();
    let mut column = 0;
    let mut newline = false;
    let mut sign = sign;
    if let Some(left) = left {
        newline |= left.ends_with(b"\n");
        column = half(&mut out, columns, left, 0);
    }
    if sign != ' ' {
        let place = (columns.half + columns.second - 1) / 2;
        column = gap(&mut out, columns, column, place) + 1;
        if sign == '|'
            && let (Some(left), Some(right)) = (left, right)
            && left.ends_with(b"\n") != right.ends_with(b"\n")
        {
            sign = if left.ends_with(b"\n") { '/' } else { '\\' };
        }
        out.push(sign as u8);
    }
    if let Some(right) = right {
        newline |= right.ends_with(b"\n");
        if !bare(right).is_empty() {
            column = gap(&mut out, columns, column, columns.second);
            half(&mut out, columns, right, column);
        }
    }
    if newline {
        out.push(b'\n');
    }
    ctx.put(&out);
}

/// Goes to a column.
fn gap(out: &mut Vec<u8>, columns: &Columns, from: usize, to: usize) -> usize {
    let mut from = from;
    if !columns.expands {
        let mut stop = from + columns.tab - from % columns.tab;
        while stop <= to {
            out.push(b'\t');
            from = stop;
            stop += columns.tab;
        }
    }
    out.resize(out.len() + to.saturating_sub(from), b' ');
    from.max(to)
}

/// Puts as much of a line as its column has room for; the column behind it.
fn half(out: &mut Vec<u8>, columns: &Columns, line: &[u8], indent: usize) -> usize {
    let bound = columns.half;
    let (mut at, mut shown) = (0, 0);
    for byte in bare(line) {
        match byte {
            b'\t' => {
                let spaces = columns.tab - at % columns.tab;
                if at == shown {
                    let stop = (shown + spaces).min(bound);
                    if columns.expands {
                        out.resize(out.len() + stop.saturating_sub(shown), b' ');
                        shown = stop.max(shown);
                    } else if shown + spaces < bound {
                        shown += spaces;
                        out.push(b'\t');
                    }
                }
                at += spaces;
            }
            b'\r' => {
                out.push(*byte);
                gap(out, columns, 0, indent);
                (at, shown) = (0, 0);
            }
            0x08 => {
                if at > 0 {
                    at -= 1;
                    if at < bound {
                        shown = at;
                        out.push(*byte);
                    }
                }
            }
            0x0b | 0x0c => out.push(*byte),
            _ => {
                let width = usize::from(!byte.is_ascii_control());
                if width == 0 {
                    if at < bound {
                        out.push(*byte);
                    }
                    continue;
                }
                if at < bound {
                    shown = at + 1;
                    out.push(*byte);
                }
                at += 1;
            }
        }
    }
    shown
}

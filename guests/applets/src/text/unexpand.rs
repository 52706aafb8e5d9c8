//! `unexpand`: tabs for spaces.

use super::expand::{convert_files, tab_stop};
use crate::options::{Long, Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "unexpand",
    "unexpand [-fa][-t N] [FILE]...\n\n\
     Convert spaces to tabs, writing to stdout\n\n\
     \t-a\tConvert all blanks\n\
     \t-f\tConvert only leading blanks\n\
     \t-t N\tTabstops every N chars",
    main,
);

const LONG: [Long; 3] =
    [("first-only", Takes::Nothing, b'f'), ("tabs", Takes::Value, b't'), ("all", Takes::Nothing, b'a')];
const SPEC: Spec = Spec::new("ft:a", &LONG);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let all = (parsed.has(b'a') || parsed.has(b't')) && !parsed.has(b'f');
    let stop = tab_stop(ctx, parsed.value(b't'))?;
    convert_files(ctx, &parsed.operands, |line, ends, out| unexpand(line, ends, out, stop, all))
}

/// Converts a line; unless `all`, only the first blanks of it, which need not stand at its start.
fn unexpand(mut line: &[u8], newline_follows: bool, out: &mut Vec<u8>, stop: u64, all: bool) {
    let mut column = 0;
    while !line.is_empty() {
        let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (gap, rest) = line.split_at(blanks);
        if gap.last() == Some(&b'\t') && rest.is_empty() && !newline_follows {
            // BusyBox forgets blanks that end in a tab when nothing stands behind.
            return;
        }
        let target = gap.iter().fold(column, |column: u64, byte| match byte {
            b'\t' => (column / stop + 1) * stop,
            _ => column + 1,
        });
        let tabs = target / stop - column / stop;
        out.resize(out.len() + tabs as usize, b'\t');
        let spaces = if tabs > 0 { target % stop } else { target - column };
        out.resize(out.len() + spaces as usize, b' ');
        if !all && !gap.is_empty() {
            out.extend_from_slice(rest);
            return;
        }
        let (text, rest) = rest.split_at(rest.iter().take_while(|byte| !matches!(byte, b' ' | b'\t')).count());
        out.extend_from_slice(text);
        column = target + text.len() as u64;
        line = rest;
    }
}

//! `nl`: lines with numbers.

use crate::count::natural;
use crate::format::{decimal, right};
use crate::lines::LineReader;
use crate::options::{Long, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "nl",
    "nl [OPTIONS] [FILE]...\n\n\
     Write FILEs to standard output with line numbers added\n\n\
     \t-b STYLE\tWhich lines to number - a: all, t: nonempty, n: none\n\
     \t-i N\t\tLine number increment\n\
     \t-s STRING\tUse STRING as line number separator\n\
     \t-v N\t\tStart from N\n\
     \t-w N\t\tWidth of line numbers",
    main,
);

const LONG: [Long; 6] = [
    ("body-numbering", Takes::Value, b'b'),
    ("line-increment", Takes::Value, b'i'),
    ("no-renumber", Takes::Nothing, b'p'),
    ("number-separator", Takes::Value, b's'),
    ("number-width", Takes::Value, b'w'),
    ("starting-line-number", Takes::Value, b'v'),
];
const SPEC: Spec = Spec::new("pw:s:v:i:b:", &LONG);

/// Which lines get a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    All,
    Nonempty,
    None,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"wvi", natural)?;
    let mut count = |key: u8, default: usize| match parsed.value(key) {
        Some(text) => natural(ctx, text),
        None => Ok(default),
    };
    let (width, mut number, step) = (count(b'w', 6)?, count(b'v', 1)? as u64, count(b'i', 1)? as u64);
    let separator = parsed.value(b's').unwrap_or(b"\t");
    let style = match parsed.value(b'b').map(<[u8]>::first) {
        Some(Some(b'a')) => Style::All,
        None | Some(Some(b't')) => Style::Nonempty,
        _ => Style::None,
    };
    let mut operands = parsed.operands.clone();
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for path in &operands {
        let source = match Source::open(path) {
            Ok(source) => source,
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
                continue;
            }
        };
        let mut reader = LineReader::text(source.fd());
        let mut out = Vec::new();
        // What cannot be read ends the file, as it does in BusyBox.
        while let Ok(Some(line)) = reader.next_line() {
            out.clear();
            if style == Style::All || (style == Style::Nonempty && !line.text.is_empty()) {
                right(&mut out, &decimal(number), width, b' ');
                out.extend_from_slice(separator);
                number += step;
            } else {
                out.resize(width + separator.len(), b' ');
            }
            out.extend_from_slice(line.text);
            out.push(b'\n');
            ctx.put(&out);
        }
    }
    Ok(code)
}

//! `cat`: copies files to standard output, if asked with numbered lines or visible control characters.

use wcr_sys::{Errno, fd};

use crate::format::{decimal, right};
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cat",
    "cat [-nbvteA] [FILE]...\n\n\
     Print FILEs to stdout\n\n\
     \t-n\tNumber output lines\n\
     \t-b\tNumber nonempty lines\n\
     \t-v\tShow nonprinting characters as ^x or M-x\n\
     \t-t\t...and tabs as ^I\n\
     \t-e\t...and end lines with $\n\
     \t-A\tSame as -vte",
    main,
)
.on_write_failure(WriteFailure::Fail);

const SPEC: Spec = Spec::short("nbvteAu");
const BLOCK: usize = 64 << 10;

/// Which lines get a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    None,
    All,
    Nonempty,
}

/// How the bytes are changed on their way; numbers count on from file to file.
#[derive(Debug, Clone)]
struct Filter {
    visible: bool,
    tabs: bool,
    ends: bool,
    number: Number,
    line: u64,
    at_line_start: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let has = |keys: &[u8]| parsed.last_of(keys).is_some();
    let filter = Filter {
        visible: has(b"vteA"),
        tabs: has(b"tA"),
        ends: has(b"eA"),
        number: match (has(b"n"), has(b"b")) {
            (_, true) => Number::Nonempty,
            (true, false) => Number::All,
            _ => Number::None,
        },
        line: 0,
        at_line_start: true,
    };
    Ok(copy(ctx, parsed.operands, filter))
}

/// Copies files to standard output as they are; without any, standard input. Gives the exit code.
pub fn copy_all(ctx: &mut Context<'_>, operands: &[Vec<u8>]) -> u8 {
    let filter =
        Filter { visible: false, tabs: false, ends: false, number: Number::None, line: 0, at_line_start: true };
    copy(ctx, operands.to_vec(), filter)
}

fn copy(ctx: &mut Context<'_>, mut operands: Vec<Vec<u8>>, mut filter: Filter) -> u8 {
    let changes = filter.visible || filter.number != Number::None;
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let (mut code, mut block) = (0, vec![0; BLOCK]);
    for path in &operands {
        let source = match Source::open(path) {
            Ok(source) => source,
            Err(error) => {
                let quoted: [&[u8]; 3] = [b"can't open '", path, b"'"];
                let is_plain = filter.number == Number::None || filter.visible;
                ctx.perror(if is_plain { &quoted } else { &quoted[1..2] }, error);
                code = 1;
                continue;
            }
        };
        loop {
            let bytes = match fd::read(source.fd(), &mut block) {
                Ok(0) => break,
                Ok(n) => block.get(..n).unwrap_or_default(),
                Err(Errno::Intr) => continue,
                // Streams, by which changed bytes are read, end where they fail; nobody asks why who numbers lines only.
                Err(_) if changes => {
                    code = code.max(u8::from(filter.visible));
                    break;
                }
                Err(error) => {
                    ctx.perror(&[b"read error"], error);
                    code = 1;
                    break;
                }
            };
            if changes {
                ctx.put(&filter.apply(bytes))
            } else {
                // What was read goes on at once: whoever sends a line waits for it.
                ctx.put(bytes);
                ctx.flush();
            }
            if ctx.write_error().is_some() {
                return 1;
            }
        }
        if filter.number != Number::None && !filter.visible && !filter.at_line_start {
            filter.at_line_start = true;
            ctx.put(b"\n");
        }
        ctx.flush();
    }
    code
}

impl Filter {
    fn apply(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() * 2);
        // Numbered lines are read as text, in which a NUL ends a line, too.
        let nul_ends = self.number != Number::None && !self.visible;
        for byte in bytes {
            let byte = if nul_ends && *byte == 0 { &b'\n' } else { byte };
            if self.at_line_start && !(self.number == Number::Nonempty && *byte == b'\n') {
                self.put_number(&mut out);
            }
            self.at_line_start = *byte == b'\n';
            match byte {
                b'\n' if self.ends => out.extend_from_slice(b"$\n"),
                b'\t' if self.tabs => out.extend_from_slice(b"^I"),
                b'\n' | b'\t' => out.push(*byte),
                byte if self.visible => put_visible(&mut out, *byte),
                byte => out.push(*byte),
            }
        }
        out
    }

    fn put_number(&mut self, out: &mut Vec<u8>) {
        if self.number == Number::None {
            return;
        }
        self.line += 1;
        right(out, &decimal(self.line), 6, b' ');
        out.extend_from_slice(if self.visible { b"  " } else { b"\t" });
    }
}

/// Appends `byte` as `^X` for control characters and with `M-` before it beyond ASCII.
fn put_visible(out: &mut Vec<u8>, byte: u8) {
    if byte >= 0x80 {
        out.extend_from_slice(b"M-");
    }
    match byte & 0x7f {
        0x7f => out.extend_from_slice(b"^?"),
        low @ 0..0x20 => out.extend_from_slice(&[b'^', low + b'@']),
        plain => out.push(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(number: Number, visible: bool) -> Filter {
        Filter { visible, tabs: visible, ends: visible, number, line: 0, at_line_start: true }
    }

    #[test]
    fn visible_bytes() {
        assert_eq!(filter(Number::None, true).apply(b"a\tb\n\x01\x80\xff\x7f"), b"a^Ib$\n^AM-^@M-^?^?");
    }

    #[test]
    fn numbers() {
        assert_eq!(filter(Number::All, false).apply(b"a\n\nb"), b"     1\ta\n     2\t\n     3\tb");
        assert_eq!(filter(Number::Nonempty, false).apply(b"a\n\nb"), b"     1\ta\n\n     2\tb");
        assert_eq!(filter(Number::All, true).apply(b"a"), b"     1  a");
        assert_eq!(filter(Number::All, false).apply(b"a\0b\n"), b"     1\ta\n     2\tb\n");
        assert_eq!(filter(Number::All, true).apply(b"a\0"), b"     1  a^@");
    }
}

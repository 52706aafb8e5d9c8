//! `cat`.

use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, Fd, fd};

use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// How much is read at once, in bytes.
const BLOCK: usize = 128 << 10;

/// The program.
pub const PROGRAM: Program = Program::new(
    "cat",
    "[OPTION]... [FILE]...",
    "Prints the content of each FILE, or of standard input.",
    "benstuvAET",
    &[
        ("number-nonblank", Takes::Nothing, b'b'),
        ("number", Takes::Nothing, b'n'),
        ("squeeze-blank", Takes::Nothing, b's'),
        ("show-nonprinting", Takes::Nothing, b'v'),
        ("show-ends", Takes::Nothing, b'E'),
        ("show-tabs", Takes::Nothing, b'T'),
        ("show-all", Takes::Nothing, b'A'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// What is done to the text, and where in it the output stands.
struct View {
    number: bool,
    number_filled: bool,
    squeeze: bool,
    ends: bool,
    tabs: bool,
    controls: bool,
    line: u64,
    /// How many line ends stand before the next byte, two at most; one at the start.
    newlines: u8,
    /// A carriage return that may be half of a line end.
    return_held: bool,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let has = |keys: &[u8]| keys.iter().any(|key| parsed.has(*key));
    let mut view = View {
        number: has(b"nb"),
        number_filled: has(b"b"),
        squeeze: has(b"s"),
        ends: has(b"eAE"),
        tabs: has(b"tAT"),
        controls: has(b"vetA"),
        line: 0,
        newlines: 1,
        return_held: false,
    };
    let plain = !(view.number || view.squeeze || view.ends || view.tabs || view.controls);
    let stdin = [b"-".to_vec()];
    let operands = if parsed.operands.is_empty() { &stdin[..] } else { &parsed.operands };
    let output = fd::stat(fd::STDOUT).ok().filter(|stat| stat.mode.kind() == FileKind::Regular);
    let mut code = 0;
    for operand in operands {
        let source = match Source::open(operand) {
            Ok(source) => source,
            Err(error) => {
                ctx.perror(&[&quote::as_needed(operand)], error);
                code = 1;
                continue;
            }
        };
        if let (Some(output), Ok(input)) = (&output, fd::stat(source.fd()))
            && (output.dev, output.ino) == (input.dev, input.ino)
            && fd::seek(source.fd(), 0, fd::Whence::Current).unwrap_or(0) < input.size
        {
            ctx.complain(&[&quote::as_needed(operand), b": input file is output file"]);
            code = 1;
            continue;
        }
        let copied = if plain { copy(ctx, source.fd()) } else { view.copy(ctx, source.fd()) };
        if let Err(error) = copied {
            ctx.perror(&[&quote::as_needed(operand)], error);
            code = 1;
        }
        if ctx.write_error().is_some() {
            return Ok(1);
        }
    }
    view.release(ctx);
    Ok(code)
}

fn copy(ctx: &mut Context<'_>, input: Fd) -> Result<(), Errno> {
    let mut block = vec![0; BLOCK];
    loop {
        match fd::read(input, &mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                ctx.put(block.get(..n).unwrap_or_default());
                ctx.flush();
                if ctx.write_error().is_some() {
                    return Ok(());
                }
            }
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
}

impl View {
    fn copy(&mut self, ctx: &mut Context<'_>, input: Fd) -> Result<(), Errno> {
        let mut block = vec![0; BLOCK];
        loop {
            let n = match fd::read(input, &mut block) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(Errno::Intr) => continue,
                Err(error) => return Err(error),
            };
            let mut out = Vec::with_capacity(n * 2);
            block.iter().take(n).for_each(|byte| self.byte(&mut out, *byte));
            ctx.put(&out);
            if ctx.write_error().is_some() {
                return Ok(());
            }
        }
    }

    fn byte(&mut self, out: &mut Vec<u8>, byte: u8) {
        if self.return_held {
            self.return_held = false;
            // With -E, and without -v, a carriage return is shown where it belongs to a line end.
            out.extend_from_slice(if byte == b'\n' { b"^M" } else { b"\r" });
        }
        if byte == b'\n' {
            if self.newlines >= 2 && self.squeeze {
                return;
            }
            let empty = self.newlines > 0;
            if empty && self.number && !self.number_filled {
                self.count(out);
            }
            self.newlines = if empty { 2 } else { 1 };
            out.extend_from_slice(if self.ends { b"$\n" } else { b"\n" });
            return;
        }
        if self.newlines > 0 {
            self.newlines = 0;
            if self.number {
                self.count(out);
            }
        }
        match byte {
            b'\t' if self.tabs => out.extend_from_slice(b"^I"),
            b'\r' if self.ends && !self.controls => self.return_held = true,
            b'\t' => out.push(b'\t'),
            byte if self.controls => visible(out, byte),
            byte => out.push(byte),
        }
    }

    fn count(&mut self, out: &mut Vec<u8>) {
        self.line += 1;
        applets::format::right(out, &applets::format::decimal(self.line), 6, b' ');
        out.push(b'\t');
    }

    fn release(&mut self, ctx: &mut Context<'_>) {
        if self.return_held {
            ctx.put(b"\r");
        }
    }
}

/// A byte in caret notation, those above 127 with `M-` before them.
fn visible(out: &mut Vec<u8>, byte: u8) {
    let low = byte & 0x7f;
    if byte >= 128 {
        out.extend_from_slice(b"M-");
    }
    match low {
        127 => out.extend_from_slice(b"^?"),
        low if low < 32 => out.extend_from_slice(&[b'^', low + 64]),
        low => out.push(low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(options: &str, text: &[u8]) -> String {
        let has = |letter: char| options.contains(letter);
        let mut view = View {
            number: has('n') || has('b'),
            number_filled: has('b'),
            squeeze: has('s'),
            ends: has('E'),
            tabs: has('T'),
            controls: has('v'),
            line: 0,
            newlines: 1,
            return_held: false,
        };
        let mut out = Vec::new();
        text.iter().for_each(|byte| view.byte(&mut out, *byte));
        String::from_utf8_lossy(&out).into_owned()
    }

    /// As coreutils 9.1 answers.
    #[test]
    fn views_of_a_text() {
        assert_eq!(view("n", b"a\n\nb"), "     1\ta\n     2\t\n     3\tb");
        assert_eq!(view("b", b"a\n\nb\n"), "     1\ta\n\n     2\tb\n");
        assert_eq!(view("s", b"\n\n\na\n\n\n\nb\n"), "\na\n\nb\n");
        assert_eq!(view("ET", b"a\tb\r\nc\r"), "a^Ib^M$\nc");
        assert_eq!(view("v", b"\x01\x7f\x80\xff\t\n"), "^A^?M-^@M-^?\t\n");
    }
}

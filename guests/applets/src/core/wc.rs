//! `wc`: counts of lines, words, characters and bytes.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, Fd, fd};

use crate::format::{decimal, right};
use crate::locale;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "wc",
    "wc [-cmlwL] [FILE]...\n\n\
     Count lines, words, and bytes for FILEs (or stdin)\n\n\
     \t-c\tCount bytes\n\
     \t-m\tCount characters\n\
     \t-l\tCount newlines\n\
     \t-w\tCount words\n\
     \t-L\tPrint longest line length",
    main,
);

const SPEC: Spec = Spec::short("cmlwL");
const BLOCK: usize = 64 << 10;
/// The counts in the order they are printed.
const KEYS: [u8; 5] = *b"lwmcL";

/// The counts of an input; `longest` in columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    lines: u64,
    words: u64,
    chars: u64,
    bytes: u64,
    longest: u64,
}

/// Which counts are wanted, in the order of [`KEYS`].
type Wanted = [bool; 5];

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut wanted = KEYS.map(|key| parsed.has(key));
    if wanted == [false; 5] {
        wanted = [true, true, false, true, false];
    }
    let (mut code, mut total) = (0, Counts::default());
    let columns = wanted.iter().filter(|wanted| **wanted).count();
    let width = if columns > 1 || parsed.operands.len() > 1 { 9 } else { 0 };
    if parsed.operands.is_empty() {
        let counts = count(fd::STDIN, &wanted);
        report(ctx, &mut code, b"standard input", counts.1);
        print(ctx, &counts.0, &wanted, width, b"");
        return Ok(code);
    }
    for path in &parsed.operands {
        let source = match Source::open(path) {
            Ok(source) => source,
            Err(error) => {
                report(ctx, &mut code, path, Some(error));
                continue;
            }
        };
        let (counts, error) = count(source.fd(), &wanted);
        report(ctx, &mut code, path, error);
        print(ctx, &counts, &wanted, width, path);
        total.lines += counts.lines;
        total.words += counts.words;
        total.chars += counts.chars;
        total.bytes += counts.bytes;
        total.longest = total.longest.max(counts.longest);
    }
    if parsed.operands.len() > 1 {
        print(ctx, &total, &wanted, width, b"total");
    }
    Ok(code)
}

fn report(ctx: &mut Context<'_>, code: &mut u8, path: &[u8], error: Option<Errno>) {
    if let Some(error) = error {
        ctx.perror(&[path], error);
        *code = 1;
    }
}

fn print(ctx: &mut Context<'_>, counts: &Counts, wanted: &Wanted, width: usize, name: &[u8]) {
    let values = [counts.lines, counts.words, counts.chars, counts.bytes, counts.longest];
    let mut line = Vec::new();
    for (value, _) in values.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
        if !line.is_empty() {
            line.push(b' ');
        }
        right(&mut line, &decimal(*value), width, b' ');
    }
    if !name.is_empty() {
        line.push(b' ');
        line.extend_from_slice(name);
    }
    line.push(b'\n');
    ctx.put(&line);
}

/// Counts what can be read from `fd`, up to an error.
fn count(fd: Fd, wanted: &Wanted) -> (Counts, Option<Errno>) {
    let [_, words, chars, bytes, longest] = *wanted;
    if *wanted == [false, false, false, true, false] {
        if let Some(bytes) = size_left(fd) {
            return (Counts { bytes, ..Counts::default() }, None);
        }
    }
    let is_utf8 = chars && locale::is_utf8();
    let (mut counter, mut block) = (Counter::default(), vec![0; BLOCK]);
    loop {
        let text = match fd::read(fd, &mut block) {
            Ok(0) => return (counter.finish(), None),
            Ok(n) => block.get(..n).unwrap_or_default(),
            Err(Errno::Intr) => continue,
            Err(error) => return (counter.finish(), Some(error)),
        };
        counter.counts.bytes += text.len() as u64;
        if chars {
            let inner = |byte: &&u8| is_utf8 && **byte & 0xc0 == 0x80;
            counter.counts.chars += (text.len() - text.iter().filter(inner).count()) as u64;
        }
        if longest {
            counter.columns(text);
        } else if words {
            counter.words(text);
        } else if !(bytes && *wanted == [false, false, false, true, false]) {
            counter.counts.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        }
    }
}

/// For a regular file how much is left in it; moves to its end.
fn size_left(fd: Fd) -> Option<u64> {
    let stat = fd::stat(fd).ok().filter(|stat| stat.mode.kind() == FileKind::Regular && stat.size > 0)?;
    let position = fd::seek(fd, 0, fd::Whence::Current).ok()?;
    let left = stat.size.checked_sub(position)?;
    fd::seek(fd, 0, fd::Whence::End).ok()?;
    Some(left)
}

#[derive(Debug, Default)]
struct Counter {
    counts: Counts,
    in_word: bool,
    column: u64,
}

/// What a byte does to the count of words: 0 nothing, 1 it belongs to one, 2 it ends one.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte {
            9..=13 | 32 => 2,
            33..=126 => 1,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// How many bytes are looked at side by side, and how many in one piece: a sum of each lane fits into a byte.
const LANES: usize = 16;
const PIECE: usize = LANES * 255;

/// Whether a byte ends a word.
fn is_blank(byte: u8) -> bool {
    (byte.wrapping_sub(9) < 5) | (byte == b' ')
}

/// Whether a byte neither ends a word nor belongs to one.
fn is_neither(byte: u8) -> bool {
    (byte.wrapping_sub(9) >= 5) & (byte.wrapping_sub(b' ') >= 95)
}

impl Counter {
    /// Counts lines and words.
    fn words(&mut self, text: &[u8]) {
        for piece in text.chunks(PIECE) {
            if piece.iter().fold(false, |met, byte| met | is_neither(*byte)) {
                self.words_one_by_one(piece);
            } else {
                self.words_side_by_side(piece);
            }
        }
        self.counts.lines += memchr::memchr_iter(b'\n', text).count() as u64;
    }

    /// Counts words where each byte belongs to one or ends one: those that end one behind a byte that does not.
    fn words_side_by_side(&mut self, piece: &[u8]) {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return };
        let ends = |before: u8, here: u8| u8::from(!is_blank(before) & is_blank(here));
        let mut words = u64::from(self.in_word & is_blank(*first));
        let (before, before_rest) = piece.get(..piece.len() - 1).unwrap_or_default().as_chunks::<LANES>();
        let (here, here_rest) = piece.get(1..).unwrap_or_default().as_chunks::<LANES>();
        let mut sums = [0_u8; LANES];
        for (before, here) in before.iter().zip(here) {
            for ((sum, before), here) in sums.iter_mut().zip(before).zip(here) {
                *sum += ends(*before, *here);
            }
        }
        words += sums.iter().map(|sum| u64::from(*sum)).sum::<u64>();
        words += before_rest.iter().zip(here_rest).map(|(before, here)| u64::from(ends(*before, *here))).sum::<u64>();
        self.counts.words += words;
        self.in_word = !is_blank(*last);
    }

    fn words_one_by_one(&mut self, text: &[u8]) {
        let (mut words, mut in_word) = (0u64, self.in_word);
        for byte in text {
            let kind = KINDS[usize::from(*byte)];
            words += u64::from(in_word & (kind == 2));
            in_word = if kind == 0 { in_word } else { kind == 1 };
        }
        self.in_word = in_word;
        self.counts.words += words;
    }

    /// Counts lines and words, and measures lines.
    fn columns(&mut self, text: &[u8]) {
        for byte in text {
            match byte {
                b'\n' | b'\r' | 12 => {
                    self.counts.lines += u64::from(*byte == b'\n');
                    self.end_line();
                }
                b'\t' => self.column = (self.column | 7) + 1,
                b' '..=b'~' => self.column += 1,
                _ => {}
            }
            match KINDS[usize::from(*byte)] {
                1 => self.in_word = true,
                2 => self.end_word(),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        self.counts.longest = self.counts.longest.max(self.column);
        self.column = 0;
    }

    fn end_word(&mut self) {
        self.counts.words += u64::from(core::mem::take(&mut self.in_word));
    }

    fn finish(mut self) -> Counts {
        self.end_line();
        self.end_word();
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Counts};

    fn count(text: &[u8]) -> Counts {
        let (mut all, mut words) = (Counter::default(), Counter::default());
        all.columns(text);
        words.words(text);
        let (all, words) = (all.finish(), words.finish());
        assert_eq!((all.lines, all.words), (words.lines, words.words));
        all
    }

    #[test]
    fn words_are_printable_and_lines_are_measured_in_columns() {
        let counts = |text: &[u8]| {
            let counts = count(text);
            (counts.lines, counts.words, counts.longest)
        };
        assert_eq!(counts(b"a b\nc\td\n"), (2, 4, 9));
        assert_eq!(counts(b"a \x80 b"), (0, 2, 4));
        assert_eq!(counts(b"a\x01b\x7f"), (0, 1, 2));
        assert_eq!(counts(b"abc\rdefg"), (0, 2, 4));
        assert_eq!(counts(b"abc\x0bde"), (0, 2, 5));
    }

    #[test]
    fn pieces_of_a_long_text_count_as_the_whole() {
        let mut state = 7_u32;
        let mut text: Vec<u8> = (0..3 * super::PIECE + 77)
            .map(|_| {
                state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                b"word  x\t\n\x0b~!"[(state >> 16) as usize % 12]
            })
            .collect();
        let plain = count(&text);
        assert!(plain.words > 2000 && plain.lines > 500);
        // Some bytes that are neither, in one piece and at the border of two.
        for at in [100, super::PIECE - 1, super::PIECE] {
            text[at] = 0x80;
        }
        count(&text);
        count(&vec![b'x'; 2 * super::PIECE]);
        count(&b" x".repeat(2 * super::PIECE));
        count(b"");
    }
}

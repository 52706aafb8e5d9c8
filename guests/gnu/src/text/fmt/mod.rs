//! `fmt`.

mod paragraph;

use applets::options::{Parsed, Spec, Takes};
use applets::{Context, Quit};
use wcr_sys::Errno;

use super::input::{cannot_open, content, or_stdin};
use crate::Program;
use crate::dispatch::{parse, try_help};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;
use paragraph::{Layout, Word};

const SPEC: Spec = Spec::new(
    "0123456789cg:p:stuw:",
    &[
        ("crown-margin", Takes::Nothing, b'c'),
        ("prefix", Takes::Value, b'p'),
        ("split-only", Takes::Nothing, b's'),
        ("tagged-paragraph", Takes::Nothing, b't'),
        ("uniform-spacing", Takes::Nothing, b'u'),
        ("width", Takes::Value, b'w'),
        ("goal", Takes::Value, b'g'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
);

/// The program.
pub const PROGRAM: Program = Program {
    reading: crate::Reading::Raw { exact: false },
    ..Program::new("fmt", "[-WIDTH] [OPTION]... [FILE]...", "Fills and joins lines.", "", &[], run)
};

/// The longest line, unless it is said otherwise, and the longest one that can be asked for.
const WIDTH: usize = 75;
const WIDTH_MAX: u64 = 2500;
/// By how much, in hundredths, lines are made shorter than they may be.
const LEEWAY: usize = 7;
/// How many words and bytes are held of one paragraph.
const WORDS: usize = 998;
const BYTES: usize = 5000;
/// The indent of further lines, where all lines of a tagged paragraph would have that of the first.
const INDENT: usize = 3;

/// Which lines make up a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Crown,
    Tagged,
    Split,
}

/// The part of a prefix that has to stand in a line.
struct Prefix<'a> {
    text: &'a [u8],
    /// How many blanks stand before it.
    lead: usize,
    /// Its length with the blanks behind it.
    full: usize,
}

struct Job<'a> {
    mode: Mode,
    uniform: bool,
    prefix: Prefix<'a>,
    width: usize,
    goal: usize,
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let mut args = ctx.args.to_vec();
    let mut width_text = None;
    if let Some([b'-', digits @ ..]) = args.first().map(Vec::as_slice)
        && digits.first().is_some_and(u8::is_ascii_digit)
    {
        width_text = Some(digits.to_vec());
        args.remove(0);
    }
    let parsed = parse(&PROGRAM, ctx, &SPEC, &args)?;
    if let Some((digit, _)) = parsed.options.iter().find(|(key, _)| key.is_ascii_digit()) {
        ctx.complain(&[
            b"invalid option -- ",
            &[*digit],
            b"; -WIDTH is recognized only when it is the first\noption; use -w N instead",
        ]);
        return Err(try_help(ctx, 1));
    }
    let width_text = parsed.value(b'w').map(<[u8]>::to_vec).or(width_text);
    let mut number = |text: &[u8], max: u64| {
        let what = b"invalid width";
        match size::parse_or_tell(ctx, text, b"", what, 1)? {
            value if value > max => Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Range)),
            value => Ok(value as usize),
        }
    };
    let mut width = width_text.as_deref().map(|text| number(text, WIDTH_MAX)).transpose()?;
    let goal = match parsed.value(b'g') {
        None => None,
        Some(text) => {
            let goal = number(text, width.unwrap_or(WIDTH) as u64)?;
            width = width.or(Some(goal + 10));
            Some(goal)
        }
    };
    let width = width.unwrap_or(WIDTH);
    let mode = match () {
        () if parsed.has(b's') => Mode::Split,
        () if parsed.has(b'c') => Mode::Crown,
        () if parsed.has(b't') => Mode::Tagged,
        () => Mode::Plain,
    };
    let given = parsed.value(b'p').unwrap_or_default();
    let lead = given.iter().take_while(|byte| **byte == b' ').count();
    let text = given.get(lead..).unwrap_or_default();
    let end = text.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at + 1);
    let prefix = Prefix { text: text.get(..end).unwrap_or_default(), lead, full: text.len() };
    let goal = goal.unwrap_or(width * (2 * (100 - LEEWAY) + 1) / 200);
    let job = Job { mode, uniform: parsed.has(b'u'), prefix, width, goal };
    let mut code = 0;
    for name in or_stdin(&parsed.operands) {
        match content(&name) {
            Ok(text) => {
                let out = Reader::new(&job, &text).all();
                ctx.put(&out);
            }
            Err(Errno::Isdir) => {
                ctx.complain(&[b"read error"]);
                code = 1;
            }
            Err(error) => {
                cannot_open(ctx, &name, error);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// A text on the way through its paragraphs.
struct Reader<'a> {
    job: &'a Job<'a>,
    text: &'a [u8],
    at: usize,
    /// The column behind the blanks, and the prefix, that a line begins with.
    column: usize,
    /// The indent of the prefix in the line that is read now.
    indent: usize,
    layout: Layout,
    words: Vec<Word>,
    bytes: usize,
    /// The indents of the paragraph: of the prefix, of its first and of its other lines.
    prefix_indent: usize,
    first: usize,
    other: usize,
    out: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(job: &'a Job<'a>, text: &'a [u8]) -> Self {
        Self {
            job,
            text,
            at: 0,
            column: 0,
            indent: 0,
            layout: Layout { width: job.width, goal: job.goal, tabs: false, last_length: 0 },
            words: Vec::new(),
            bytes: 0,
            prefix_indent: 0,
            first: 0,
            other: 0,
            out: Vec::new(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn all(mut self) -> Vec<u8> {
        self.line_start();
        while self.paragraph() {
            self.layout.arrange(&mut self.words, self.first, self.other);
            self.put_lines(self.words.len());
            self.words.clear();
            self.bytes = 0;
        }
        self.out
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t')) = self.peek() {
            self.at += 1;
            if byte == b' ' {
                self.column += 1;
            } else {
                self.layout.tabs = true;
                self.column = (self.column / 8 + 1) * 8;
            }
        }
    }

    /// Reads the blanks and the prefix that a line begins with.
    fn line_start(&mut self) {
        self.column = 0;
        self.blanks();
        if self.job.prefix.text.is_empty() {
            self.indent = self.job.prefix.lead.min(self.column);
            return;
        }
        self.indent = self.column;
        for byte in self.job.prefix.text {
            if self.peek() != Some(*byte) {
                return;
            }
            self.at += 1;
            self.column += 1;
        }
        self.blanks();
    }

    fn has_prefix(&self) -> bool {
        self.column >= self.indent + self.job.prefix.full
    }

    /// Whether the line that begins here goes on with the paragraph, but for its indent.
    fn goes_on(&self) -> bool {
        self.indent == self.prefix_indent && self.has_prefix() && !matches!(self.peek(), None | Some(b'\n'))
    }

    /// Reads a paragraph, after the lines before it that are copied as they are; whether there was one.
    fn paragraph(&mut self) -> bool {
        self.layout.last_length = 0;
        while matches!(self.peek(), None | Some(b'\n')) || self.indent < self.job.prefix.lead || !self.has_prefix() {
            let ended = self.copy_line();
            if ended {
                return false;
            }
            self.out.push(b'\n');
            self.at += 1;
            self.line_start();
        }
        (self.prefix_indent, self.first) = (self.indent, self.column);
        self.line();
        self.set_other(self.goes_on());
        match self.job.mode {
            Mode::Split => {}
            Mode::Crown | Mode::Tagged => {
                let begins = self.goes_on() && (self.job.mode == Mode::Crown || self.column != self.first);
                if begins {
                    self.line();
                    while self.goes_on() && self.column == self.other {
                        self.line();
                    }
                }
            }
            Mode::Plain => {
                while self.goes_on() && self.column == self.other {
                    self.line();
                }
            }
        }
        if let Some(last) = self.words.last_mut() {
            (last.period, last.ends) = (true, true);
        }
        true
    }

    /// Copies a line that is not to be formatted, up to its end; whether that is the end of all.
    fn copy_line(&mut self) -> bool {
        let empty = matches!(self.peek(), None | Some(b'\n'));
        if self.column > self.indent || !empty {
            let mut at = 0;
            paragraph::put_blanks(&mut self.out, &mut at, self.indent, self.layout.tabs);
            for byte in self.job.prefix.text {
                if at == self.column {
                    break;
                }
                self.out.push(*byte);
                at += 1;
            }
            if !empty {
                let to = self.column;
                paragraph::put_blanks(&mut self.out, &mut at, to, self.layout.tabs);
            } else if self.peek().is_none() && self.column >= self.indent + self.job.prefix.text.len() {
                self.out.push(b'\n');
            }
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.out.extend_from_slice(rest.get(..len).unwrap_or_default());
        self.at += len;
        self.peek().is_none()
    }

    /// Reads the words of a line, and the start of the next one.
    fn line(&mut self) {
        loop {
            let start = self.at;
            let mut from = start;
            while self.peek().is_some_and(|byte| from == self.at || !applets::number::is_space(byte)) {
                if self.bytes == BYTES {
                    self.set_other(true);
                    self.flush(self.text.get(from..self.at).unwrap_or_default());
                    from = start;
                }
                self.at += 1;
                self.bytes += 1;
            }
            let mut word = Word::new(self.text.get(start..self.at).unwrap_or_default());
            self.column += word.text.len();
            let before = self.column;
            self.blanks();
            word.space = self.column - before;
            let end = matches!(self.peek(), None | Some(b'\n'));
            word.ends = self.peek().is_none() || word.period && (end || word.space > 1);
            if end || self.job.uniform {
                word.space = if word.ends { 2 } else { 1 };
            }
            if self.words.len() == WORDS {
                self.set_other(true);
                self.flush(&word.text);
            }
            self.words.push(word);
            if end {
                break;
            }
        }
        if self.peek().is_some() {
            self.at += 1;
        }
        self.line_start();
    }

    fn set_other(&mut self, same: bool) {
        self.other = match self.job.mode {
            Mode::Split | Mode::Plain => self.first,
            Mode::Crown if same => self.column,
            Mode::Crown => self.first,
            Mode::Tagged if same && self.column != self.first => self.column,
            Mode::Tagged if self.other == self.first => {
                if self.first == 0 {
                    INDENT
                } else {
                    0
                }
            }
            Mode::Tagged => self.other,
        };
    }

    /// Writes as much of a paragraph that is too long to be held as can be cut off well. `begun` is the start of a word.
    fn flush(&mut self, begun: &[u8]) {
        if self.words.is_empty() {
            // A word that is longer than all that is held comes out as it is.
            self.out.extend_from_slice(begun);
            self.bytes = 0;
            return;
        }
        self.layout.arrange(&mut self.words, self.first, self.other);
        let split = self.layout.cut(&self.words);
        self.put_lines(split);
        self.words.drain(..split);
        self.bytes = self.words.iter().map(|word| word.text.len()).sum::<usize>() + begun.len();
        self.first = self.other;
    }

    /// Writes the lines of the words up to this one.
    fn put_lines(&mut self, end: usize) {
        let (mut at, mut indent) = (0, self.first);
        while at < end {
            let next = self.words.get(at).map_or(end, |word| word.next);
            let words = self.words.get(at..next).unwrap_or_default();
            let lead = (self.prefix_indent, self.job.prefix.text);
            self.layout.put_line(&mut self.out, words, lead, indent);
            (at, indent) = (next.max(at + 1), self.other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(width: usize, text: &str) -> String {
        let prefix = Prefix { text: b"", lead: 0, full: 0 };
        let job = Job { mode: Mode::Plain, uniform: false, prefix, width, goal: width * 187 / 200 };
        String::from_utf8(Reader::new(&job, text.as_bytes()).all()).unwrap()
    }

    /// As fmt of coreutils 9.1.
    #[test]
    fn paragraphs() {
        let text = "The quick brown fox jumps over the lazy dog.\nthe end of The line\n\n  indented\n";
        let wide = "The quick brown fox jumps over the lazy dog.  the end of The line\n\n  indented\n";
        assert_eq!(format(75, text), wide);
        let narrow = "The quick brown\nfox jumps over the\nlazy dog.  the end\nof The line\n\n  indented\n";
        assert_eq!(format(20, text), narrow);
    }
}

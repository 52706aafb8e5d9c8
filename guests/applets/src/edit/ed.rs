//! `ed`: the line editor, with the few commands that BusyBox's has.

mod buffer;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use crate::format::decimal;
use crate::lines::LineReader;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};
use buffer::{Buffer, NoLine};

/// The applet.
pub const APPLET: Applet = Applet::new("ed", include_str!("usage/ed.txt"), main).on_write_failure(WriteFailure::Ignore);

/// How many lines `z` prints behind the current one.
const WINDOW: i64 = 21;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("p:").parse(ctx)?;
    let mut editor = Editor {
        buffer: Buffer::default(),
        marks: [0; 26],
        searched: Vec::new(),
        file: parsed.operands.first().cloned(),
        changed: false,
        input: LineReader::new(fd::STDIN, b'\n'),
    };
    let prompt = parsed.value(b'p').unwrap_or_default();
    if let Some(path) = editor.file.clone() {
        if let Err(Fault(message)) = editor.read(ctx, 1, &path) {
            ctx.complain(&[&message]);
            return Ok(0);
        }
        editor.changed = false;
    }
    loop {
        ctx.put(prompt);
        let Some(line) = editor.line(ctx) else { return Ok(0) };
        match editor.command(ctx, line.trim_ascii()) {
            Ok(true) => return Ok(0),
            Ok(false) => {}
            Err(Fault(message)) => ctx.complain(&[&message]),
        }
    }
}

/// Why a command was not carried out.
struct Fault(Vec<u8>);

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self(message.into())
    }
}

impl From<NoLine> for Fault {
    fn from(NoLine(number): NoLine) -> Self {
        Self(format!("line number {number} does not exist").into_bytes())
    }
}

/// The addresses of a command; a missing one is the current line, or the other end of a range.
struct Range {
    given: bool,
    first: i64,
    last: i64,
}

struct Editor {
    buffer: Buffer,
    /// The lines that `k` has named, by letter; 0 for none. They stay numbers whatever happens to the lines.
    marks: [i64; 26],
    searched: Vec<u8>,
    file: Option<Vec<u8>>,
    changed: bool,
    input: LineReader,
}

impl Editor {
    /// The next line of input, after what was printed has gone out.
    fn line(&mut self, ctx: &mut Context<'_>) -> Option<Vec<u8>> {
        ctx.flush();
        self.input.next_line().ok().flatten().map(|line| line.text.to_vec())
    }

    /// Carries out a command; whether it was the last one.
    fn command(&mut self, ctx: &mut Context<'_>, line: &[u8]) -> Result<bool, Fault> {
        let mut rest = line;
        let range = self.range(&mut rest)?;
        rest = rest.trim_ascii_start();
        let (name, rest) = rest.split_first().map_or((0, rest), |(name, rest)| (*name, rest));
        match name {
            b'a' => self.add(ctx, range.first + 1)?,
            b'c' => {
                // Where nothing can be deleted there may still be room for lines.
                if let Err(Fault(message)) = self.delete(&range) {
                    ctx.complain(&[&message]);
                }
                self.add(ctx, range.first)?;
            }
            b'd' => self.delete(&range)?,
            b'f' => self.name_file(ctx, rest)?,
            b'i' => self.add(ctx, range.first)?,
            b'k' => match rest.trim_ascii_start() {
                [letter @ b'a'..=b'z'] => self.marks[usize::from(letter - b'a')] = range.first,
                _ => return Err("bad mark name".into()),
            },
            b'l' => self.print(ctx, range.first, range.last, true)?,
            b'p' => self.print(ctx, range.first, range.last, false)?,
            b'q' => {
                if !rest.trim_ascii_start().is_empty() || range.given {
                    return Err("bad quit command".into());
                }
                return Ok(self.may_quit(ctx));
            }
            b'r' => {
                let path = argument(rest).ok_or(Fault::from("bad read command"))?;
                if path.is_empty() {
                    return Err("no file name".into());
                }
                let at = if range.given { range.first } else { self.buffer.last() };
                self.read(ctx, at + 1, path)?;
            }
            b's' => self.substitute(ctx, rest, &range)?,
            b'w' => {
                let path = argument(rest).ok_or(Fault::from("bad write command"))?;
                let path = if path.is_empty() { self.file.clone() } else { Some(path.to_vec()) };
                let path = path.ok_or(Fault::from("no file name specified"))?;
                let (first, last) = if range.given { (range.first, range.last) } else { (1, self.buffer.last()) };
                self.write(ctx, first, last, &path)?;
            }
            b'z' => {
                let current = self.buffer.current();
                self.print(ctx, current, current + WINDOW, false)?;
            }
            b'.' => {
                if range.given {
                    return Err("no arguments allowed".into());
                }
                let current = self.buffer.current();
                self.print(ctx, current, current, false)?;
            }
            b'-' => self.step(ctx, -1)?,
            b'=' => ctx.put(&[&crate::format::signed(range.first), b"\n".as_slice()].concat()),
            0 if range.given => self.print(ctx, range.last, range.last, false)?,
            0 => self.step(ctx, 1)?,
            _ => return Err("unimplemented command".into()),
        }
        Ok(false)
    }

    /// Goes so many lines further, and prints.
    fn step(&mut self, ctx: &mut Context<'_>, lines: i64) -> Result<(), Fault> {
        let number = self.buffer.current() + lines;
        self.buffer.set_current(number)?;
        self.print(ctx, number, number, false)
    }

    fn range(&mut self, rest: &mut &[u8]) -> Result<Range, Fault> {
        let (first, mut last) = (self.address(rest)?, None);
        *rest = rest.trim_ascii_start();
        let mut start = first;
        if let [b',', behind @ ..] = rest {
            *rest = behind;
            last = Some(self.address(rest)?.unwrap_or(self.buffer.last()));
            start = first.or(Some(1));
        }
        let number = start.unwrap_or(self.buffer.current());
        Ok(Range { given: start.is_some(), first: number, last: last.unwrap_or(number) })
    }

    /// A number, `.`, `$`, `'x` or `/text/`, with further ones to add and take away.
    fn address(&mut self, rest: &mut &[u8]) -> Result<Option<i64>, Fault> {
        let (mut sum, mut sign, mut found) = (0, 1, false);
        loop {
            *rest = rest.trim_ascii_start();
            let term = match rest {
                [b'.', behind @ ..] if !found => {
                    *rest = behind;
                    self.buffer.current()
                }
                [b'.', ..] => return Ok(Some(sum)),
                [b'$', behind @ ..] => {
                    *rest = behind;
                    self.buffer.last()
                }
                [b'\'', letter, behind @ ..] => {
                    if !letter.is_ascii_lowercase() {
                        return Err("bad mark name".into());
                    }
                    *rest = behind;
                    self.marks[usize::from(letter - b'a')]
                }
                [b'\''] => return Err("bad mark name".into()),
                [b'/', behind @ ..] => {
                    let end = behind.iter().position(|byte| *byte == b'/');
                    let text = behind.get(..end.unwrap_or(behind.len())).unwrap_or_default().to_vec();
                    *rest = end.and_then(|end| behind.get(end + 1..)).unwrap_or_default();
                    self.search(&text)?
                }
                [b'0'..=b'9', ..] => {
                    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let number = crate::number::signed(rest.get(..digits).unwrap_or_default(), 10).value;
                    *rest = rest.get(digits..).unwrap_or_default();
                    number
                }
                _ => return Ok(found.then_some(sum)),
            };
            sum += term * sign;
            found = true;
            *rest = rest.trim_ascii_start();
            match rest {
                [b'-', behind @ ..] => (sign, *rest) = (-1, behind),
                [b'+', behind @ ..] => (sign, *rest) = (1, behind),
                _ => return Ok(Some(sum)),
            }
        }
    }

    /// The first line from the current one on that has the text.
    fn search(&mut self, text: &[u8]) -> Result<i64, Fault> {
        self.remember(text)?;
        let (first, last) = (self.buffer.current(), self.buffer.last());
        self.check(first, last, "search")?;
        let finder = memchr::memmem::Finder::new(&self.searched);
        let found = self.buffer.texts(first, last)?.iter().position(|line| finder.find(line).is_some());
        match found {
            Some(at) => Ok(first + at as i64),
            None => Err(Fault([b"can't find string \"", self.searched.as_slice(), b"\""].concat())),
        }
    }

    /// Keeps what is looked for; nothing means what was looked for before.
    fn remember(&mut self, text: &[u8]) -> Result<(), Fault> {
        if !text.is_empty() {
            self.searched = text.to_vec();
        } else if self.searched.is_empty() {
            return Err("no previous search string".into());
        }
        Ok(())
    }

    /// Lines of input up to one with a dot alone.
    fn add(&mut self, ctx: &mut Context<'_>, mut number: i64) -> Result<(), Fault> {
        while let Some(line) = self.line(ctx) {
            if line == b"." {
                break;
            }
            if number < 1 || number > self.buffer.last() + 1 {
                return Err("inserting at bad line number".into());
            }
            self.buffer.insert(number, [line.as_slice(), b"\n"].concat())?;
            self.changed = true;
            number += 1;
        }
        Ok(())
    }

    fn check(&self, first: i64, last: i64, what: &str) -> Result<(), Fault> {
        if first < 1 || last > self.buffer.last() || first > last {
            return Err(format!("bad line range for {what}").as_str().into());
        }
        Ok(())
    }

    fn delete(&mut self, range: &Range) -> Result<(), Fault> {
        self.check(range.first, range.last, "delete")?;
        self.buffer.delete(range.first, range.last)?;
        self.changed = true;
        Ok(())
    }

    fn print(&mut self, ctx: &mut Context<'_>, first: i64, last: i64, unambiguous: bool) -> Result<(), Fault> {
        self.check(first, last, "print")?;
        let mut out = Vec::new();
        self.buffer.walk(first, last, |text| {
            if unambiguous {
                let text = text.strip_suffix(b"\n").unwrap_or(text);
                text.iter().for_each(|byte| put_visible(&mut out, *byte));
                out.extend_from_slice(b"$\n");
            } else {
                out.extend_from_slice(text);
            }
        })?;
        ctx.put(&out);
        Ok(())
    }

    fn name_file(&mut self, ctx: &mut Context<'_>, rest: &[u8]) -> Result<(), Fault> {
        let path = argument(rest).ok_or(Fault::from("bad file command"))?;
        if !path.is_empty() {
            self.file = Some(path.to_vec());
            return Ok(());
        }
        let line = match &self.file {
            Some(file) => [b"\"", file.as_slice(), b"\"\n"].concat(),
            None => b"No file name\n".to_vec(),
        };
        ctx.put(&line);
        Ok(())
    }

    /// Whether nothing would be lost, or may be.
    fn may_quit(&mut self, ctx: &mut Context<'_>) -> bool {
        if !self.changed {
            return true;
        }
        ctx.put(b"Really quit? ");
        self.line(ctx).is_some_and(|answer| matches!(answer.trim_ascii_start().first(), Some(b'y' | b'Y')))
    }

    /// Reads a file in before a line.
    fn read(&mut self, ctx: &mut Context<'_>, mut number: i64, path: &[u8]) -> Result<(), Fault> {
        if number < 1 || number > self.buffer.last() + 1 {
            return Err("bad line for read".into());
        }
        let text = fs::read_file(path).map_err(|error| failed(path, error))?;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.buffer.insert(number, line.to_vec())?;
            self.changed = true;
            number += 1;
        }
        ctx.put(&[&decimal(text.len() as u64), b"\n".as_slice()].concat());
        Ok(())
    }

    fn write(&mut self, ctx: &mut Context<'_>, first: i64, last: i64, path: &[u8]) -> Result<(), Fault> {
        self.check(first, last, "write")?;
        let mut text = Vec::new();
        for line in self.buffer.texts(first, last)? {
            text.extend_from_slice(line);
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let file = fs::open(path, flags, 0o666).map_err(|error| failed(path, error))?;
        let written = fd::write_all(file, &text).and_then(|()| fd::close(file));
        written.map_err(|error| failed(path, error))?;
        ctx.put(&[&decimal(text.len() as u64), b"\n".as_slice()].concat());
        self.changed = false;
        Ok(())
    }

    /// `/old/new/` with `g` and `p` behind. All is taken as it is: there are no regular expressions.
    fn substitute(&mut self, ctx: &mut Context<'_>, rest: &[u8], range: &Range) -> Result<(), Fault> {
        self.check(range.first, range.last, "substitute")?;
        let Some((delimiter, rest)) = rest.split_first().filter(|(first, _)| !first.is_ascii_whitespace()) else {
            return Err("bad delimiter for substitute".into());
        };
        let mut parts = rest.splitn(3, |byte| byte == delimiter);
        let (old, new, flags) = (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
        let new = new.ok_or(Fault::from("missing 2nd delimiter for substitute"))?;
        if flags.iter().any(|flag| !matches!(flag, b'g' | b'p')) {
            return Err("unknown option for substitute".into());
        }
        let (all, print) = (flags.contains(&b'g'), flags.contains(&b'p'));
        self.remember(old)?;
        let old = self.searched.clone();
        let (mut done, mut from) = (Vec::new(), 0);
        for (number, line) in (range.first..).zip(self.buffer.texts(range.first, range.last)?) {
            // The real applet goes on in a line where it left off in the one before.
            let head = line.get(..from).unwrap_or(line).to_vec();
            from = match replaced(line.get(from..).unwrap_or_default(), &old, new, all) {
                Some((changed, end)) => {
                    let end = head.len() + end;
                    *line = [head, changed].concat();
                    done.push(number);
                    if all { 0 } else { end }
                }
                None => 0,
            };
        }
        if done.is_empty() {
            return Err(Fault([b"no substitutions found for \"", old.as_slice(), b"\""].concat()));
        }
        self.changed = true;
        if print {
            for number in done {
                self.print(ctx, number, number, false)?;
            }
        }
        Ok(())
    }
}

fn failed(path: &[u8], error: wcr_sys::Errno) -> Fault {
    Fault([path, b": ", error.message().as_bytes()].concat())
}

/// What follows a command after a blank; `None` when there is none between.
fn argument(rest: &[u8]) -> Option<&[u8]> {
    (rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t")).then(|| rest.trim_ascii_start())
}

/// The line with the first, or each, occurrence changed, and where the last one ends; `None` when there is none.
fn replaced(line: &[u8], old: &[u8], new: &[u8], all: bool) -> Option<(Vec<u8>, usize)> {
    let (mut out, mut rest) = (Vec::new(), line);
    let mut end = None;
    while let Some(at) = memchr::memmem::find(rest, old).filter(|_| all || end.is_none()) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        end = Some(out.len());
        rest = rest.get(at + old.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    end.map(|end| (out, end))
}

/// A byte as `l` shows it.
fn put_visible(out: &mut Vec<u8>, mut byte: u8) {
    if byte >= 128 {
        out.extend_from_slice(b"M-");
        byte -= 128;
    }
    match byte {
        0..32 => out.extend_from_slice(&[b'^', byte + 64]),
        127 => out.extend_from_slice(b"^?"),
        _ => out.push(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_replaced_as_it_is() {
        assert_eq!(replaced(b"five foo bar foo", b"foo", b"&", true), Some((b"five & bar &".to_vec(), 12)));
        assert_eq!(replaced(b"foo foo", b"foo", b"", false), Some((b" foo".to_vec(), 0)));
        assert_eq!(replaced(b"foo", b"o*", b"", false), None);
    }

    #[test]
    fn arguments_follow_a_blank() {
        assert_eq!(argument(b" a b"), Some(&b"a b"[..]));
        assert_eq!((argument(b""), argument(b"x")), (Some(&b""[..]), None));
    }

    #[test]
    fn bytes_are_made_visible() {
        let mut out = Vec::new();
        b"\x01\x7f\x80\xffa\t".iter().for_each(|byte| put_visible(&mut out, *byte));
        assert_eq!(out, b"^A^?M-^@M-^?a^I");
    }
}

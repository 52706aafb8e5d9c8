//! From the text of a script to its commands.

use std::rc::Rc;

use super::command::{Action, Command, End, Part, Pattern, Program, Start, Substitution, When};
use crate::number::is_space;
use crate::regex::{Regex, Syntax};
use crate::{Context, Quit};

/// A script while it is read. A line that ends in a backslash goes on in the next, in another part as well.
#[derive(Debug)]
pub(super) struct Script {
    syntax: Syntax,
    program: Program,
    /// The blocks that are open.
    open: Vec<usize>,
    /// A line that is not complete.
    pending: Option<Vec<u8>>,
    quiet: bool,
    is_first: bool,
}

impl Script {
    /// An empty script.
    pub(super) fn new(extended: bool) -> Self {
        Self {
            syntax: if extended { Syntax::EXTENDED } else { Syntax::BASIC },
            program: Program { commands: Vec::new(), labels: Vec::new(), files: Vec::new() },
            open: Vec::new(),
            pending: None,
            quiet: false,
            is_first: true,
        }
    }

    /// Adds the lines of `text`.
    pub(super) fn add(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> Result<(), Quit> {
        for line in text.split(|byte| *byte == b'\n') {
            let line = match self.pending.take() {
                Some(before) => [&before, b"\n".as_slice(), line].concat(),
                None => line.to_vec(),
            };
            let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
            if backslashes % 2 == 1 {
                self.pending = Some(line);
            } else {
                self.line(ctx, &line)?;
            }
        }
        Ok(())
    }

    /// The whole program, and whether its first line says that nothing is printed unasked.
    pub(super) fn finish(mut self, ctx: &mut Context<'_>) -> Result<(Program, bool), Quit> {
        if let Some(line) = self.pending.take() {
            self.line(ctx, &[line, b"\n".to_vec()].concat())?;
        }
        Ok((self.program, self.quiet))
    }

    fn line(&mut self, ctx: &mut Context<'_>, line: &[u8]) -> Result<(), Quit> {
        if core::mem::take(&mut self.is_first) && line.starts_with(b"#n") {
            self.quiet = true;
        }
        let mut reader = Reader { ctx, script: self, text: line, at: 0 };
        reader.commands()
    }

    fn file(&mut self, path: &[u8]) -> usize {
        let known = self.program.files.iter().position(|known| known == path);
        known.unwrap_or_else(|| {
            self.program.files.push(path.to_vec());
            self.program.files.len() - 1
        })
    }
}

struct Reader<'a, 'c> {
    ctx: &'a mut Context<'c>,
    script: &'a mut Script,
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, test: impl Fn(u8) -> bool) {
        self.at += self.rest().iter().take_while(|byte| test(**byte)).count();
    }

    fn commands(&mut self) -> Result<(), Quit> {
        loop {
            self.skip(|byte| is_space(byte) || byte == b';');
            match self.peek() {
                None => return Ok(()),
                Some(b'#') => {
                    self.skip(|byte| byte != b'\n');
                }
                Some(_) => self.command()?,
            }
        }
    }

    fn command(&mut self) -> Result<(), Quit> {
        let start = self.start()?;
        let end = if self.peek() == Some(b',') {
            self.at += 1;
            Some(self.end()?)
        } else {
            None
        };
        self.skip(is_space);
        let negated = self.peek() == Some(b'!');
        if negated {
            self.at += 1;
            self.skip(is_space);
        }
        let Some(letter) = self.peek() else { return Err(self.ctx.die(&[b"missing command"])) };
        self.at += 1;
        if matches!(letter, b'a' | b'i' | b'r') && end.is_some() {
            return Err(self.ctx.die(&[b"command '", &[letter], b"' uses only one address"]));
        }
        let place = self.script.program.commands.len();
        let action = self.action(letter, place)?;
        // Line 0 is no line; alone it is no address either.
        let start = start.filter(|start| !matches!(start, Start::Line(0)) || end.is_some());
        self.script.program.commands.push(Command {
            start,
            end,
            negated,
            action,
            in_range: false,
            last_line: 0,
            spent: false,
        });
        Ok(())
    }

    fn start(&mut self) -> Result<Option<Start>, Quit> {
        Ok(match self.peek() {
            Some(b'0'..=b'9') => Some(Start::Line(self.number())),
            Some(b'$') => {
                self.at += 1;
                Some(Start::Last)
            }
            Some(b'/' | b'\\') => Some(Start::Match(self.pattern_address()?)),
            _ => None,
        })
    }

    fn end(&mut self) -> Result<End, Quit> {
        Ok(match (self.peek(), self.text.get(self.at + 1)) {
            (Some(b'0'..=b'9'), _) => End::Line(self.number()),
            (Some(b'+'), Some(b'0'..=b'9')) => {
                self.at += 1;
                End::Plus(self.number())
            }
            (Some(b'$'), _) => {
                self.at += 1;
                End::Last
            }
            (Some(b'/' | b'\\'), _) => End::Match(self.pattern_address()?),
            _ => return Err(self.ctx.die(&[b"no address after comma"])),
        })
    }

    fn number(&mut self) -> u64 {
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    fn pattern_address(&mut self) -> Result<Pattern, Quit> {
        if self.peek() == Some(b'\\') {
            self.at += 1;
        }
        let delimiter = self.peek().unwrap_or(b'\n');
        self.at += 1;
        let text = self.delimited(delimiter, true)?;
        self.pattern(text, false)
    }

    /// The text up to the next delimiter that no backslash, and in a pattern no bracket, protects.
    fn delimited(&mut self, delimiter: u8, is_pattern: bool) -> Result<&'a [u8], Quit> {
        let text = self.rest();
        let mut at = 0;
        loop {
            match text.get(at) {
                None => return Err(self.ctx.die(&[b"unmatched '", &[delimiter], b"'"])),
                Some(b'\\') => at += 2,
                Some(byte) if *byte == delimiter => break,
                Some(b'[') if is_pattern => {
                    at += 1;
                    at += usize::from(text.get(at) == Some(&b'^'));
                    at += usize::from(text.get(at) == Some(&b']'));
                    let rest = text.get(at..).unwrap_or_default();
                    at += memchr::memchr(b']', rest).map_or(rest.len(), |end| end + 1);
                }
                Some(_) => at += 1,
            }
        }
        self.at += at + 1;
        Ok(text.get(..at).unwrap_or_default())
    }

    fn pattern(&mut self, text: &[u8], ignore_case: bool) -> Result<Pattern, Quit> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut pattern = Vec::with_capacity(text.len());
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            match (byte, byte == b'\\') {
                (_, true) => match bytes.next() {
                    Some(b'n') => pattern.push(b'\n'),
                    Some(b't') => pattern.push(b'\t'),
                    Some(b'r') => pattern.push(b'\r'),
                    Some(next) => pattern.extend([b'\\', next]),
                    None => pattern.push(b'\\'),
                },
                (byte, false) => pattern.push(byte),
            }
        }
        let syntax = Syntax { ignore_case, ..self.script.syntax };
        match Regex::new(&pattern, syntax) {
            Ok(regex) => Ok(Some(Rc::new(regex))),
            Err(error) => Err(self.ctx.die(&[b"bad regex '", &pattern, b"': ", error.message().as_bytes()])),
        }
    }

    fn action(&mut self, letter: u8, place: usize) -> Result<Action, Quit> {
        Ok(match letter {
            b'{' => {
                self.script.open.push(place);
                Action::Open(None)
            }
            b'}' => {
                if let Some(open) = self.script.open.pop() {
                    if let Some(command) = self.script.program.commands.get_mut(open) {
                        command.action = Action::Open(Some(place));
                    }
                }
                Action::Nothing
            }
            b':' => {
                let label = self.label();
                self.script.program.labels.push((label, place));
                Action::Nothing
            }
            b'a' => Action::Append(self.text()),
            b'i' => Action::Insert(self.text()),
            b'c' => Action::Change(self.text()),
            b'b' | b't' | b'T' => {
                let when = match letter {
                    b'b' => When::Always,
                    b't' => When::Substituted,
                    _ => When::NotSubstituted,
                };
                Action::Jump(when, Some(self.label()).filter(|label| !label.is_empty()))
            }
            b'r' => Action::ReadFile(self.path()?.into()),
            b'w' => {
                let path = self.path()?;
                Action::WriteFile(self.script.file(path))
            }
            b's' => Action::Substitute(Box::new(self.substitution()?)),
            b'y' => Action::Translate(self.translation()?),
            b'=' => Action::PrintNumber,
            b'd' => Action::Delete,
            b'D' => Action::DeleteFirst,
            b'g' => Action::Get,
            b'G' => Action::GetAppend,
            b'h' => Action::Hold,
            b'H' => Action::HoldAppend,
            // This build knows the command, but prints nothing for it.
            b'l' => Action::Nothing,
            b'n' => Action::Next,
            b'N' => Action::NextAppend,
            b'p' => Action::Print,
            b'P' => Action::PrintFirst,
            b'q' => Action::Quit,
            b'x' => Action::Exchange,
            letter => return Err(self.ctx.die(&[b"unsupported command ", &[letter]])),
        })
    }

    /// A label: up to a blank or semicolon.
    fn label(&mut self) -> Vec<u8> {
        self.skip(is_space);
        let start = self.at;
        self.skip(|byte| !is_space(byte) && byte != b';');
        self.text.get(start..self.at).unwrap_or_default().to_vec()
    }

    /// A file's name: all that is left of the line.
    fn path(&mut self) -> Result<&'a [u8], Quit> {
        self.skip(is_space);
        let rest = self.rest();
        let path = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        self.at += path.len();
        if path.is_empty() {
            return Err(self.ctx.die(&[b"empty filename"]));
        }
        Ok(path)
    }

    /// The text of `a`, `i` and `c`: all that is left, behind blanks or a backslash and a newline.
    fn text(&mut self) -> Rc<[u8]> {
        self.skip(|byte| is_space(byte) && byte != b'\n');
        if self.peek() == Some(b'\\') {
            self.at += 1;
        }
        if self.peek() == Some(b'\n') {
            self.at += 1;
        }
        let text = unescape(self.rest());
        self.at = self.text.len();
        text.into()
    }

    fn substitution(&mut self) -> Result<Substitution, Quit> {
        let delimiter = self.opening_delimiter()?;
        let pattern = self.delimited(delimiter, true)?;
        let replacement = replacement(self.delimited(delimiter, false)?);
        let (mut which, mut print, mut file, mut ignore_case) = (1, false, None, false);
        while let Some(flag) = self.peek() {
            self.at += 1;
            match flag {
                b'\n' => break,
                flag if is_space(flag) => {}
                b'0'..=b'9' => {
                    self.at -= 1;
                    // As a C integer.
                    which = self.number() & u64::from(u32::MAX);
                }
                b'g' => which = 0,
                b'p' => print = true,
                b'i' | b'I' => ignore_case = true,
                b'w' => {
                    let path = self.path()?;
                    file = Some(self.script.file(path));
                    break;
                }
                b'#' => {
                    self.skip(|byte| byte != b'\n');
                    break;
                }
                b';' => break,
                b'}' => {
                    self.at -= 1;
                    break;
                }
                _ => return Err(self.ctx.die(&[b"bad option in substitution expression"])),
            }
        }
        if which != 0 && pattern.first() == Some(&b'^') {
            // An anchored pattern is taken to match but once.
            which = 1;
        }
        Ok(Substitution { pattern: self.pattern(pattern, ignore_case)?, replacement, which, print, file })
    }

    fn opening_delimiter(&mut self) -> Result<u8, Quit> {
        match self.peek() {
            None | Some(b'\n') => Err(self.ctx.die(&[b"bad format in substitution expression"])),
            Some(delimiter) => {
                self.at += 1;
                Ok(delimiter)
            }
        }
    }

    fn translation(&mut self) -> Result<Box<[u8; 256]>, Quit> {
        let delimiter = self.opening_delimiter()?;
        let from = letters(self.delimited(delimiter, false)?, delimiter);
        let to = letters(self.delimited(delimiter, false)?, delimiter);
        let mut table: [u8; 256] = core::array::from_fn(|byte| byte as u8);
        // The first of several letters for the same one counts.
        for (from, to) in from.iter().zip(&to).rev() {
            table[usize::from(*from)] = *to;
        }
        Ok(Box::new(table))
    }
}

/// A byte that an escape in text stands for.
fn escaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        byte => byte,
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next().map(escaped)),
            byte => out.push(byte),
        }
    }
    out
}

/// The letters of `y`.
fn letters(text: &[u8], delimiter: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let next = bytes.peek().copied();
        match (byte, next) {
            (b'\\', Some(next)) if next == delimiter || matches!(next, b'\\' | b'n' | b't' | b'r') => {
                out.push(if next == delimiter { next } else { escaped(next) });
                bytes.next();
            }
            _ => out.push(byte),
        }
    }
    out
}

fn replacement(text: &[u8]) -> Vec<Part> {
    let (mut parts, mut literal) = (Vec::new(), Vec::new());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let group = match byte {
            b'&' => 0,
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => usize::from(digit - b'0'),
                next => {
                    literal.extend(next.map(escaped));
                    continue;
                }
            },
            byte => {
                literal.push(byte);
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(Part::Text(core::mem::take(&mut literal)));
        }
        parts.push(Part::Group(group));
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    parts
}

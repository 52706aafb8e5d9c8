//! From the text of a script to its commands.

use std::rc::Rc;

use applets::number::is_space;
use applets::regex::{Regex, Syntax};
use applets::{Context, Quit};

use super::brackets::List;
use super::command::{Action, Command, End, Pattern, Program, Range, Start, Substitution, When};
use super::escape::{self, invalid_reference};
use super::source::{Piece, Source};

/// How a script is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// With extended regular expressions.
    pub(super) extended: bool,
    /// Without what runs commands and touches other files.
    pub(super) sandbox: bool,
    /// Lines end with NULs, so that newlines are nothing special.
    pub(super) null_data: bool,
}

/// Reads a script.
pub(super) fn parse(ctx: &mut Context<'_>, pieces: &[Piece], dialect: Dialect) -> Result<Program, Quit> {
    let mut parser = Parser {
        ctx,
        source: Source::new(pieces),
        dialect,
        program: Program::default(),
        open: Vec::new(),
        labels: Vec::new(),
        jumps: Vec::new(),
    };
    loop {
        parser.commands()?;
        if !parser.source.next_piece() {
            break;
        }
    }
    parser.finish()
}

struct Parser<'a, 'c> {
    ctx: &'a mut Context<'c>,
    source: Source<'a>,
    dialect: Dialect,
    program: Program,
    /// The blocks that are open, each with what its beginning is called in messages.
    open: Vec<(usize, Vec<u8>)>,
    labels: Vec<(Vec<u8>, usize)>,
    jumps: Vec<(usize, Vec<u8>)>,
}

impl Parser<'_, '_> {
    fn wrong<T>(&mut self, message: impl AsRef<[u8]>) -> Result<T, Quit> {
        Err(self.source.wrong(self.ctx, message.as_ref()))
    }

    /// The next byte behind blanks.
    fn next_visible(&mut self) -> Option<u8> {
        self.source.skip_blanks();
        self.source.next()
    }

    fn commands(&mut self) -> Result<(), Quit> {
        loop {
            self.source.take(|byte| is_space(byte) || byte == b';');
            if self.source.peek().is_none() {
                return Ok(());
            }
            self.command()?;
        }
    }

    fn command(&mut self) -> Result<(), Quit> {
        let start = self.start()?;
        let mut end = None;
        if start.is_some() && self.next_is(b',') {
            end = Some(self.end()?);
        }
        let mut letter = self.next_visible();
        let is_zero = matches!(start, Some(Start::Line(0) | Start::Step(0, 0)));
        let zero_is_allowed = matches!(end, Some(End::Match(_))) || end.is_none() && letter == Some(b'r');
        if is_zero && !zero_is_allowed {
            return self.wrong("invalid usage of line address 0");
        }
        let negated = letter == Some(b'!');
        if negated {
            letter = self.next_visible();
            if letter == Some(b'!') {
                return self.wrong("multiple `!'s");
            }
        }
        let Some(letter) = letter else { return self.wrong("missing command") };
        let addresses = usize::from(start.is_some()) + usize::from(end.is_some());
        let action = self.action(letter, addresses)?;
        let Some(action) = action else { return Ok(()) };
        let mut command = Command { start, end, negated, action, range: Range::Before };
        command.range = command.initial_range();
        self.program.commands.push(command);
        Ok(())
    }

    /// Takes the byte behind blanks if it is this one.
    fn next_is(&mut self, byte: u8) -> bool {
        self.source.skip_blanks();
        let is = self.source.peek() == Some(byte);
        if is {
            self.source.next();
        }
        is
    }

    fn number(&mut self) -> u64 {
        let digits = self.source.take(|byte| byte.is_ascii_digit());
        let add = |number: u64, digit: &u8| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        digits.iter().fold(0, add)
    }

    fn start(&mut self) -> Result<Option<Start>, Quit> {
        Ok(Some(match self.source.peek() {
            Some(b'0'..=b'9') => {
                let first = self.number();
                if !self.next_is(b'~') {
                    return Ok(Some(Start::Line(first)));
                }
                self.source.skip_blanks();
                match self.number() {
                    0 => Start::Line(first),
                    step => Start::Step(first, step),
                }
            }
            Some(b'+' | b'~') => {
                self.source.next();
                self.number();
                return self.wrong("invalid usage of +N or ~N as first address");
            }
            Some(b'$') => {
                self.source.next();
                Start::Last
            }
            Some(b'/' | b'\\') => Start::Match(self.pattern_address()?),
            _ => return Ok(None),
        }))
    }

    fn end(&mut self) -> Result<End, Quit> {
        self.source.skip_blanks();
        match self.source.peek() {
            Some(b'0'..=b'9') => {
                let line = self.number();
                if self.next_is(b'~') {
                    self.source.skip_blanks();
                    self.number();
                }
                Ok(End::Line(line))
            }
            Some(sign @ (b'+' | b'~')) => {
                self.source.next();
                self.source.skip_blanks();
                let number = self.number();
                Ok(if sign == b'+' { End::Plus(number) } else { End::Multiple(number) })
            }
            Some(b'$') => {
                self.source.next();
                Ok(End::Last)
            }
            Some(b'/' | b'\\') => Ok(End::Match(self.pattern_address()?)),
            _ => self.wrong("unexpected `,'"),
        }
    }

    fn pattern_address(&mut self) -> Result<Pattern, Quit> {
        let mut delimiter = self.source.next();
        if delimiter == Some(b'\\') {
            delimiter = self.source.next();
        }
        let text = delimiter.and_then(|delimiter| self.delimited(delimiter, true));
        let Some(text) = text else { return self.wrong("unterminated address regex") };
        let (mut ignore_case, mut multi_line) = (false, false);
        loop {
            if self.next_is(b'I') {
                ignore_case = true;
            } else if self.next_is(b'M') {
                multi_line = true;
            } else {
                return self.pattern(&text, ignore_case, multi_line);
            }
        }
    }

    /// The text up to the delimiter; `None` where that is missing. An escaped delimiter loses its backslash.
    fn delimited(&mut self, delimiter: u8, is_pattern: bool) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        // The delimiter ends no bracket expression.
        let mut list: Option<List> = None;
        loop {
            let byte = self.source.next()?;
            if byte == b'\n' {
                self.source.back();
                return None;
            }
            if let Some(inside) = &mut list {
                text.push(byte);
                if inside.ends_at(byte) {
                    list = None;
                }
                continue;
            }
            match byte {
                byte if byte == delimiter => return Some(text),
                b'\\' => {
                    let next = self.source.next()?;
                    if next == delimiter && (is_pattern || next != b'&') {
                        text.push(next);
                    } else {
                        text.extend_from_slice(&[b'\\', next]);
                    }
                }
                byte => {
                    text.push(byte);
                    if byte == b'[' && is_pattern {
                        list = Some(List::default());
                    }
                }
            }
        }
    }

    fn pattern(&mut self, text: &[u8], ignore_case: bool, multi_line: bool) -> Result<Pattern, Quit> {
        if text.is_empty() {
            return Ok(None);
        }
        let syntax = if self.dialect.extended { Syntax::GNU_EXTENDED } else { Syntax::BASIC };
        let multi = multi_line && !self.dialect.null_data;
        let syntax = Syntax { ignore_case, multi_line: multi, newline_sensitive: multi, ..syntax };
        match Regex::new(&escape::pattern(text), syntax) {
            Ok(regex) => Ok(Some(Rc::new(regex))),
            Err(error) => self.wrong(error.gnu_message()),
        }
    }

    /// What may stand behind a command.
    fn end_of_command(&mut self) -> Result<(), Quit> {
        match self.next_visible() {
            None | Some(b'\n' | b';') => Ok(()),
            Some(b'}' | b'#') => {
                self.source.back();
                Ok(())
            }
            Some(_) => self.wrong("extra characters after command"),
        }
    }

    fn simple(&mut self, action: Action) -> Result<Option<Action>, Quit> {
        self.end_of_command()?;
        Ok(Some(action))
    }

    fn action(&mut self, letter: u8, addresses: usize) -> Result<Option<Action>, Quit> {
        let place = self.program.commands.len();
        match letter {
            b'#' => {
                if addresses > 0 {
                    return self.wrong("comments don't accept any addresses");
                }
                if self.source.peek() == Some(b'n') {
                    self.source.next();
                    self.program.quiet |= self.source.is_behind_first_two();
                }
                self.source.take(|byte| byte != b'\n');
                return Ok(None);
            }
            b':' => {
                if addresses > 0 {
                    return self.wrong(": doesn't want any addresses");
                }
                let label = self.label();
                if label.is_empty() {
                    return self.wrong("\":\" lacks a label");
                }
                self.labels.push((label, place));
                return Ok(None);
            }
            b'{' => {
                self.open.push((place, self.source.whole()));
                return Ok(Some(Action::Open(0)));
            }
            b'}' => {
                let Some((open, _)) = self.open.pop() else { return self.wrong("unexpected `}'") };
                if addresses > 0 {
                    return self.wrong("`}' doesn't want any addresses");
                }
                self.end_of_command()?;
                if let Some(command) = self.program.commands.get_mut(open) {
                    command.action = Action::Open(place);
                }
                return Ok(None);
            }
            _ => {}
        }
        match letter {
            b'=' => self.simple(Action::PrintNumber),
            b'd' => self.simple(Action::Delete),
            b'D' => self.simple(Action::DeleteFirst),
            b'F' => self.simple(Action::PrintName),
            b'g' => self.simple(Action::Get),
            b'G' => self.simple(Action::GetAppend),
            b'h' => self.simple(Action::Hold),
            b'H' => self.simple(Action::HoldAppend),
            b'n' => self.simple(Action::Next),
            b'N' => self.simple(Action::NextAppend),
            b'p' => self.simple(Action::Print),
            b'P' => self.simple(Action::PrintFirst),
            b'x' => self.simple(Action::Exchange),
            b'z' => self.simple(Action::Zap),
            b'a' | b'i' | b'c' => {
                let text = self.text()?.into();
                Ok(Some(match letter {
                    b'a' => Action::Append(text),
                    b'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }))
            }
            b'b' | b't' | b'T' => {
                let when = match letter {
                    b'b' => When::Always,
                    b't' => When::Substituted,
                    _ => When::NotSubstituted,
                };
                let label = self.label();
                self.end_of_command()?;
                if !label.is_empty() {
                    self.jumps.push((place, label));
                }
                Ok(Some(Action::Jump(when, None)))
            }
            b'e' => {
                self.refuse_in_sandbox()?;
                self.source.skip_blanks();
                let command = self.source.take(|byte| byte != b'\n').into();
                Ok(Some(Action::Run(command)))
            }
            b'l' | b'q' | b'Q' => {
                if letter != b'l' && addresses > 1 {
                    return self.wrong("command only uses one address");
                }
                self.source.skip_blanks();
                let number = self.source.peek().filter(u8::is_ascii_digit).map(|_| self.number());
                let code = (number.unwrap_or(0) & 0xff) as u8;
                self.simple(match letter {
                    b'l' => Action::List(number),
                    b'q' => Action::Quit(code),
                    _ => Action::QuitSilently(code),
                })
            }
            b'r' => {
                let path = self.path()?.into();
                Ok(Some(Action::ReadFile(path)))
            }
            b'R' => {
                let path = self.path()?;
                Ok(Some(Action::ReadLine(number_of(&mut self.program.inputs, path))))
            }
            b'w' | b'W' => {
                let path = self.path()?;
                let number = number_of(&mut self.program.outputs, path);
                Ok(Some(if letter == b'w' { Action::WriteFile(number) } else { Action::WriteFirst(number) }))
            }
            b's' => Ok(Some(Action::Substitute(Box::new(self.substitution()?)))),
            b'y' => Ok(Some(Action::Translate(self.translation()?))),
            b'v' => {
                let version = self.label();
                if is_newer(&version) {
                    return self.wrong("expected newer version of sed");
                }
                self.end_of_command()?;
                Ok(None)
            }
            letter => self.wrong([b"unknown command: `", &[letter][..], b"'"].concat()),
        }
    }

    fn refuse_in_sandbox(&mut self) -> Result<(), Quit> {
        if self.dialect.sandbox { self.wrong("e/r/w commands disabled in sandbox mode") } else { Ok(()) }
    }

    /// A label: up to a blank, a semicolon or a closing brace.
    fn label(&mut self) -> Vec<u8> {
        self.source.skip_blanks();
        self.source.take(|byte| !is_space(byte) && byte != b';' && byte != b'}').to_vec()
    }

    /// A file's name: all that is left of the line.
    fn path(&mut self) -> Result<Vec<u8>, Quit> {
        self.refuse_in_sandbox()?;
        self.source.skip_blanks();
        let path = self.source.take(|byte| byte != b'\n').to_vec();
        if path.is_empty() {
            return self.wrong("missing filename in r/R/w/W commands");
        }
        Ok(path)
    }

    /// The text of `a`, `i` and `c`, with its newline.
    fn text(&mut self) -> Result<Vec<u8>, Quit> {
        self.source.skip_blanks();
        if self.source.peek().is_none() && !self.source.next_piece() {
            return self.wrong("expected \\ after `a', `c' or `i'");
        }
        if self.source.peek() == Some(b'\\') {
            self.source.next();
            let blanks = self.source.take(|byte| byte == b' ' || byte == b'\t').len();
            if self.source.peek() == Some(b'\n') {
                self.source.next();
            } else {
                (0..blanks).for_each(|_| self.source.back());
            }
            if self.source.peek().is_none() && !self.source.next_piece() {
                return Ok(Vec::new());
            }
        }
        let mut raw = Vec::new();
        loop {
            match self.source.next() {
                Some(b'\n') => break,
                Some(b'\\') => match self.source.next() {
                    Some(next) => raw.extend_from_slice(&[b'\\', next]),
                    None if self.source.next_piece() => raw.extend_from_slice(b"\\\n"),
                    None => break,
                },
                Some(byte) => raw.push(byte),
                None => break,
            }
        }
        let mut text = escape::text(&raw);
        text.push(b'\n');
        Ok(text)
    }

    fn substitution(&mut self) -> Result<Substitution, Quit> {
        let delimiter = self.source.next();
        let pattern = delimiter.and_then(|delimiter| self.delimited(delimiter, true));
        let (Some(delimiter), Some(pattern)) = (delimiter, pattern) else {
            return self.wrong("unterminated `s' command");
        };
        let Some(replacement) = self.delimited(delimiter, false) else {
            return self.wrong("unterminated `s' command");
        };
        let (mut first, mut all, mut print, mut run, mut file) = (None, false, (false, false), false, None);
        let (mut ignore_case, mut multi_line) = (false, false);
        loop {
            match self.source.next() {
                Some(b'i' | b'I') => ignore_case = true,
                Some(b'm' | b'M') => multi_line = true,
                Some(b'e') => {
                    self.refuse_in_sandbox()?;
                    run = true;
                }
                Some(b'p') => {
                    if print != (false, false) {
                        return self.wrong("multiple `p' options to `s' command");
                    }
                    print = if run { (false, true) } else { (true, false) };
                }
                Some(b'g') => {
                    if all {
                        return self.wrong("multiple `g' options to `s' command");
                    }
                    all = true;
                }
                Some(b'0'..=b'9') => {
                    self.source.back();
                    let number = self.number();
                    if first.is_some() {
                        return self.wrong("multiple number options to `s' command");
                    }
                    if number == 0 {
                        return self.wrong("number option to `s' command may not be zero");
                    }
                    first = Some(number);
                }
                Some(b'w') => {
                    let path = self.path()?;
                    file = Some(number_of(&mut self.program.outputs, path));
                    break;
                }
                Some(b'}' | b'#') => {
                    self.source.back();
                    break;
                }
                None | Some(b'\n' | b';') => break,
                Some(byte) if is_space(byte) => {}
                Some(_) => return self.wrong("unknown option to `s'"),
            }
        }
        if !run {
            print = (false, print != (false, false));
        }
        let pattern = self.pattern(&pattern, ignore_case, multi_line)?;
        let replacement = escape::replacement(&replacement);
        if let Some(number) = pattern.as_ref().and_then(|regex| invalid_reference(&replacement, regex)) {
            return self.wrong(format!("invalid reference \\{number} on `s' command's RHS"));
        }
        Ok(Substitution { pattern, replacement, first: first.unwrap_or(1), all, print, run, file })
    }

    fn translation(&mut self) -> Result<Box<[u8; 256]>, Quit> {
        let delimiter = self.source.next();
        let from = delimiter.and_then(|delimiter| self.delimited(delimiter, false));
        let (Some(delimiter), Some(from)) = (delimiter, from) else {
            return self.wrong("unterminated `y' command");
        };
        let Some(to) = self.delimited(delimiter, false) else { return self.wrong("unterminated `y' command") };
        let (from, to) = (letters(&from), letters(&to));
        if from.len() != to.len() {
            return self.wrong("strings for `y' command are different lengths");
        }
        let mut table: [u8; 256] = core::array::from_fn(|byte| byte as u8);
        for (from, to) in from.iter().zip(&to) {
            table[usize::from(*from)] = *to;
        }
        self.end_of_command()?;
        Ok(Box::new(table))
    }

    fn finish(mut self) -> Result<Program, Quit> {
        if let Some((_, place)) = self.open.pop() {
            self.ctx.complain(&[&place, b": unmatched `{'"]);
            return Err(Quit(1));
        }
        for (place, label) in self.jumps {
            let Some((_, target)) = self.labels.iter().find(|(known, _)| *known == label) else {
                self.ctx.complain(&[b"can't find label for jump to `", &label, b"'"]);
                return Err(Quit(4));
            };
            if let Some(Command { action: Action::Jump(_, to), .. }) = self.program.commands.get_mut(place) {
                *to = Some(*target);
            }
        }
        self.program.place = self.source.whole();
        Ok(self.program)
    }
}

/// The place of a name in a list, which it is added to where it is new.
fn number_of(names: &mut Vec<Vec<u8>>, name: Vec<u8>) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

/// The letters of `y`.
fn letters(text: &[u8]) -> Vec<u8> {
    escape::text(text)
}

/// Whether a version is behind 4.9.
fn is_newer(version: &[u8]) -> bool {
    let mut numbers = version.split(|byte| *byte == b'.').map(|part| applets::number::unsigned(part, 10).value);
    let version = [(); 3].map(|()| numbers.next().unwrap_or(0));
    version > [4, 9, 0]
}

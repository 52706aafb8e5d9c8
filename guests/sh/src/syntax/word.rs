//! Reads words: quoting and the expansions inside them.

mod escape;
mod operator;
mod parts;

use std::rc::Rc;

use self::parts::Parts;
use super::ast::{HereDoc, Param, ParamName, ParamOp, Part, Substitution, Word};
use super::input::Input;
use super::lexer::Expect;
use super::parser::Parser;
use super::token::Token;
use super::{Result, SyntaxError, is_name_byte, is_name_start};
use crate::flavour;

/// Where a piece of text ends, and which characters are special in it.
#[derive(Clone, Copy)]
enum Mode<'d> {
    /// An unquoted word.
    Word,
    /// Inside double quotes.
    DoubleQuotes,
    /// The word of `${x-word}`.
    Brace(Quoting),
    /// Inside `$(( ))`.
    Arith,
    /// A prompt: up to the end of the text.
    Prompt,
    /// A here-document's body.
    HereDoc(&'d HereDoc),
}

/// What of a piece of text counts as quoted.
#[derive(Clone, Copy)]
pub(super) struct Quoting {
    /// What stands there.
    text: bool,
    /// The values that are put in.
    values: bool,
}

impl Quoting {
    pub(super) const NONE: Self = Self { text: false, values: false };
    const ALL: Self = Self { text: true, values: true };
}

/// How deep substitutions may nest: the parser calls itself for each.
const MAX_DEPTH: u32 = 1000;

impl Parser<'_> {
    /// Reads text outside quotes up to a byte, which is left in place; within it nothing else ends it.
    pub(super) fn until(&mut self, end: u8) -> Result<Word> {
        let mut parts = Parts::default();
        self.unquoted(&mut parts, Some(end))?;
        Ok(parts.finish())
    }

    /// Reads the expression of `(( ))`, with what ends it.
    pub(super) fn arithmetic(&mut self) -> Result<Word> {
        self.nested(|parser| parser.parts(Mode::Arith))
    }

    /// Reads a text that is nothing but a word.
    pub fn whole_word(&mut self) -> Result<Word> {
        self.word()
    }

    /// Reads a word that begins at the next byte.
    pub(super) fn word(&mut self) -> Result<Word> {
        self.parts(Mode::Word)
    }

    /// Reads the body of an unquoted here-document.
    pub(super) fn here_document(&mut self, document: &Rc<HereDoc>) -> Result<Word> {
        self.document = Some(Rc::clone(document));
        let body = self.parts(Mode::HereDoc(document));
        self.document = None;
        body
    }

    /// Reads the whole text as if it stood in double quotes: a prompt.
    pub fn prompt(&mut self) -> Result<Word> {
        self.parts(Mode::Prompt)
    }

    fn parts(&mut self, mode: Mode) -> Result<Word> {
        let mut parts = Parts::default();
        match mode {
            Mode::Word => self.unquoted(&mut parts, None)?,
            Mode::Brace(Quoting { text: false, .. }) => self.unquoted(&mut parts, Some(b'}'))?,
            Mode::DoubleQuotes | Mode::Brace(_) | Mode::Arith | Mode::HereDoc(_) | Mode::Prompt => {
                self.quoted(&mut parts, mode)?;
            }
        }
        Ok(parts.finish())
    }

    /// Reads text outside double quotes up to a delimiter of words, or to `}` when `brace` names it.
    fn unquoted(&mut self, parts: &mut Parts, brace: Option<u8>) -> Result<()> {
        loop {
            if brace.is_none() && self.input.at_alias_end() {
                return Ok(());
            }
            let Some(byte) = self.input.peek() else {
                return match brace {
                    Some(end) => Err(self.unclosed(end, "missing '}'")),
                    None => Ok(()),
                };
            };
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' if brace.is_none() => return Ok(()),
                b'<' | b'>'
                    if self.input.peek_second() == Some(b'(')
                        && brace.is_none()
                        && !self.in_delimiter
                        && flavour::is_extended() =>
                {
                    self.input.next();
                    self.input.next();
                    let command = self.substitution()?;
                    parts.part(Part::Process { command, output: byte == b'>' });
                }
                b'<' | b'>' if brace.is_none() => return Ok(()),
                _ if Some(byte) == brace => return Ok(()),
                b'\\' => {
                    self.input.next();
                    match self.input.next() {
                        Some(b'\n') => {}
                        Some(escaped) => parts.push_escaped(escaped),
                        None => parts.push_escaped(b'\\'),
                    }
                }
                b'\'' => {
                    self.input.next();
                    let text = self.single_quotes()?;
                    parts.part(Part::Quoted(text.into()));
                }
                b'"' => {
                    self.input.next();
                    self.double_quotes(parts)?;
                }
                b'$' if flavour::is_bash() && self.input.peek_second() == Some(b'"') => {
                    // No translation is known.
                    self.input.next();
                    self.input.next();
                    self.double_quotes(parts)?;
                }
                b'?' | b'*' | b'+' | b'@' | b'!'
                    if self.extended_patterns && self.input.peek_second() == Some(b'(') =>
                {
                    self.extended_pattern(parts)?;
                }
                b'$' if self.input.peek_second() == Some(b'\'') && flavour::is_extended() => {
                    self.input.next();
                    self.input.next();
                    let text = if flavour::is_bash() { self.escaped_text()? } else { self.dollar_quotes()? };
                    parts.part(Part::Quoted(text.into()));
                }
                b'$' if !self.in_delimiter => self.dollar(parts, Quoting::NONE)?,
                b'`' if !self.in_delimiter => {
                    let part = self.backquotes(false, false)?;
                    parts.part(part);
                }
                _ => {
                    self.input.next();
                    parts.push(byte, false);
                    self.check_document(byte, false)?;
                }
            }
        }
    }

    /// Reads `@(…)` or the like: its patterns are text in which nothing but the closing parenthesis ends a word.
    fn extended_pattern(&mut self, parts: &mut Parts) -> Result<()> {
        for _ in 0..2 {
            if let Some(byte) = self.input.next() {
                parts.push(byte, false);
            }
        }
        self.nested(|parser| parser.unquoted(parts, Some(b')')))?;
        self.input.next();
        parts.push(b')', false);
        Ok(())
    }

    fn double_quotes(&mut self, parts: &mut Parts) -> Result<()> {
        parts.finish_text();
        self.opened_line = self.input.line;
        let before = parts.done.len();
        self.quoted(parts, Mode::DoubleQuotes)?;
        self.input.next();
        parts.finish_text();
        // `"$@"` of no parameters is no field; with anything beside it in the quotes it is one. In a here-document quotes
        // have no fields to make, and a message in `${u?""}` is an empty one.
        let within = parts.done.get(before..).unwrap_or_default();
        let only_lists = within.iter().all(Part::is_list);
        let alone = within.len() == 1 && within.iter().all(Part::is_plain);
        let empty = if flavour::is_bash() { within.is_empty() } else { only_lists && !alone };
        if empty && self.document.is_none() {
            parts.done.push(Part::Quoted(Box::default()));
        }
        Ok(())
    }

    /// Reads text in which only `$`, backquotes and some backslashes are special.
    fn quoted(&mut self, parts: &mut Parts, mode: Mode) -> Result<()> {
        let arith = matches!(mode, Mode::Arith);
        let brace = matches!(mode, Mode::Brace(_));
        let quoting = match mode {
            // All of a here-document is as if quoted, and quotes in it end that for the values of a pattern.
            Mode::DoubleQuotes => Quoting { text: true, values: self.document.is_none() },
            Mode::Brace(quoting) => quoting,
            _ => Quoting::ALL,
        };
        let mut open = 0u32;
        let mut line_start = true;
        let mut continued = false;
        loop {
            let at_start = core::mem::take(&mut line_start);
            if let Mode::HereDoc(document) = mode
                && at_start
            {
                if self.at_delimiter(document) {
                    return Ok(());
                }
                let mut stripped = false;
                continued = false;
                while document.strip_tabs && self.input.peek() == Some(b'\t') {
                    self.input.next();
                    stripped = true;
                }
                if stripped && self.input.peek() == Some(b'\\') && self.input.peek_second() == Some(b'\n') {
                    // Right behind the tabs a line that is continued keeps its backslash and its end.
                    self.input.next();
                    self.input.next_uncounted();
                    parts.push(b'\\', true);
                    parts.push(b'\n', true);
                    continued = true;
                }
            }
            let Some(byte) = self.input.peek() else {
                return match mode {
                    Mode::HereDoc(_) | Mode::Prompt => Ok(()),
                    Mode::DoubleQuotes if flavour::is_bash() => Err(self.unclosed(b'"', "")),
                    _ if flavour::is_bash() => Err(self.unclosed(if arith { b')' } else { b'}' }, "")),
                    _ => Err(self.unterminated(arith)),
                };
            };
            match byte {
                b'"' if matches!(mode, Mode::DoubleQuotes) => return Ok(()),
                b'"' if brace => {
                    self.input.next();
                    self.double_quotes(parts)?;
                }
                b'}' if brace => return Ok(()),
                b'(' if arith => {
                    open += 1;
                    self.input.next();
                    parts.push(byte, true);
                }
                b')' if arith && open == 0 => {
                    self.input.next();
                    if self.input.take_joined(b')') {
                        return Ok(());
                    }
                    parts.push(byte, true);
                }
                b')' if arith => {
                    open -= 1;
                    self.input.next();
                    parts.push(byte, true);
                }
                b'\\' => {
                    self.input.next();
                    match self.input.peek() {
                        Some(b'\n') => {
                            self.input.next();
                            // A line that is continued before it began can still be the delimiter.
                            line_start = at_start && !continued;
                        }
                        // The dollar sign's own code for prompts comes later.
                        Some(b'$') if matches!(mode, Mode::Prompt) => {
                            self.input.next();
                            parts.push(b'\\', true);
                            parts.push(b'$', true);
                        }
                        Some(escaped @ (b'$' | b'`' | b'\\')) => {
                            self.input.next();
                            parts.push(escaped, true);
                        }
                        Some(b'"') if !matches!(mode, Mode::HereDoc(_) | Mode::Prompt | Mode::Arith) => {
                            self.input.next();
                            parts.push(b'"', true);
                        }
                        Some(b'}') if brace || matches!(mode, Mode::DoubleQuotes) && self.braces > 0 => {
                            self.input.next();
                            parts.push(b'}', true);
                        }
                        _ => parts.push(b'\\', true),
                    }
                }
                b'$' if !self.in_delimiter => self.dollar(parts, quoting)?,
                b'`' if !self.in_delimiter => {
                    let part = self.backquotes(quoting.values, true)?;
                    parts.part(part);
                }
                _ => {
                    self.input.next();
                    parts.push(byte, true);
                    line_start = byte == b'\n';
                    if !matches!(mode, Mode::HereDoc(_)) {
                        self.check_document(byte, arith)?;
                    }
                }
            }
        }
    }

    /// What is wrong where the text ends within quotes, or within arithmetic.
    fn unterminated(&self, arith: bool) -> SyntaxError {
        self.error(match (arith, &self.document) {
            (true, _) => "missing '))'",
            // Quotes in a here-document are within braces.
            (false, Some(_)) => "missing '}'",
            (false, None) => "unterminated quoted string",
        })
    }

    /// Behind a byte within `${ }` or `$(( ))`: an error when it begins the line on which the here-document ends.
    fn check_document(&mut self, byte: u8, arith: bool) -> Result<()> {
        match self.document.clone() {
            Some(document) if byte == b'\n' && self.at_delimiter(&document) => Err(self.unterminated(arith)),
            _ => Ok(()),
        }
    }

    fn single_quotes(&mut self) -> Result<Vec<u8>> {
        self.opened_line = self.input.line;
        let mut text = Vec::new();
        loop {
            match self.input.next() {
                Some(b'\'') => return Ok(text),
                Some(byte) => {
                    text.push(byte);
                    self.check_document(byte, false)?;
                }
                None if flavour::is_bash() => return Err(self.unclosed(b'\'', "")),
                None => return Err(self.unterminated(false)),
            }
        }
    }

    /// Reads what follows a `$`, which is the next byte.
    fn dollar(&mut self, parts: &mut Parts, quoting: Quoting) -> Result<()> {
        self.input.next();
        match self.input.peek_joined() {
            Some(b'(') => {
                self.input.next();
                if self.input.take_joined(b'(') {
                    let word = self.nested(|parser| parser.parts(Mode::Arith))?;
                    parts.part(Part::Arith(Box::new(word), quoting.values));
                } else {
                    let command = self.substitution()?;
                    parts.part(Part::Command(command, quoting.values));
                }
            }
            Some(b'{') => {
                self.input.next();
                self.braces += 1;
                let is_bash = flavour::is_bash();
                let read = |parser: &mut Self| if is_bash { parser.bash_brace(quoting) } else { parser.brace(quoting) };
                let (name, op) = self.nested(read)?;
                self.braces -= 1;
                parts.part(Part::Param(Box::new(Param { name, op, quoted: quoting.values })));
            }
            Some(byte) if is_name_start(byte) => {
                let name = ParamName::Variable(self.name());
                parts.part(Part::Param(Box::new(Param { name, op: ParamOp::Plain, quoted: quoting.values })));
            }
            Some(b'[') if flavour::is_bash() => {
                self.input.next();
                let word = self.until(b']')?;
                self.input.next();
                parts.part(Part::Arith(Box::new(word), quoting.values));
            }
            Some(byte) => {
                let name = match byte {
                    b'0'..=b'9' => ParamName::Positional((byte - b'0').into()),
                    b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => ParamName::Special(byte),
                    _ => {
                        parts.push(b'$', quoting.text);
                        return Ok(());
                    }
                };
                self.input.next();
                parts.part(Part::Param(Box::new(Param { name, op: ParamOp::Plain, quoted: quoting.values })));
            }
            None => parts.push(b'$', quoting.text),
        }
        Ok(())
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn name(&mut self) -> Box<[u8]> {
        let mut name = Vec::new();
        while let Some(byte) = self.input.peek_joined().filter(|byte| is_name_byte(*byte)) {
            name.push(byte);
            self.input.next();
        }
        name.into()
    }

    /// Reads the command of `$(…)` or `<(…)`; the opening parenthesis has been taken.
    fn substitution(&mut self) -> Result<Rc<Substitution>> {
        self.nested(|parser| {
            let pending = core::mem::take(&mut parser.pending);
            let pushed_back = parser.pushed_back.take();
            let braces = core::mem::take(&mut parser.braces);
            let document = parser.document.take();
            let declares = core::mem::take(&mut parser.declares);
            let body = parser.list_until_close()?;
            parser.declares = declares;
            parser.document = document;
            parser.braces = braces;
            parser.pending = pending;
            parser.pushed_back = pushed_back;
            Ok(Rc::new(Substitution { body }))
        })
    }

    fn list_until_close(&mut self) -> Result<Option<super::ast::Command>> {
        if core::mem::take(&mut self.behind_end) {
            return Err(self.unexpected(&Token::End, Some("\")\"")));
        }
        let opened = self.input.line;
        let body = self.list()?;
        let token = self.token(Expect::KEYWORD_LINES)?;
        if token == Token::End && flavour::is_bash() {
            let mut error = self.unclosed(b')', "");
            error.line = self.input.line_at_end().max(opened);
            return Err(error);
        }
        if token != Token::Close {
            return Err(self.unexpected(&token, Some("\")\"")));
        }
        Ok(body)
    }

    /// Reads `` `command` ``. `quoted` is whether it stands in quotes, `in_quotes` whether `\"` loses its backslash.
    fn backquotes(&mut self, quoted: bool, in_quotes: bool) -> Result<Part> {
        self.opened_line = self.input.line;
        self.input.next();
        let mut text = Vec::new();
        loop {
            match self.input.next() {
                Some(b'`') => break,
                Some(b'\\') => match self.input.peek() {
                    Some(b'\n') => {
                        self.input.next();
                    }
                    Some(byte @ (b'\\' | b'`' | b'$')) => {
                        self.input.next();
                        text.push(byte);
                    }
                    Some(b'"') if in_quotes => {
                        self.input.next();
                        text.push(b'"');
                    }
                    _ => text.push(b'\\'),
                },
                Some(byte) => text.push(byte),
                None if flavour::is_bash() => return Err(self.unclosed(b'`', "")),
                None => return Err(self.error("EOF in backquote substitution")),
            }
        }
        let (line, aliases) = (self.backquote_line, self.aliases);
        let (depth, patterns) = (self.depth, self.extended_patterns);
        let body = self.nested(|_| {
            let mut input = Input::text(text, line);
            let mut parser = Parser::new(&mut input, aliases, line).with_extended_patterns(patterns);
            parser.depth = depth + 1;
            parser.first_list()
        })?;
        let body = if core::mem::take(&mut self.behind_end) { None } else { body };
        Ok(Part::Command(Rc::new(Substitution { body }), quoted))
    }

    /// Reads what follows `${`.
    fn brace(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        if self.input.peek_joined() == Some(b'#') {
            self.input.next();
            return self.brace_after_hash(quoting);
        }
        let Some(name) = self.brace_name() else { return self.bad_substitution(quoting) };
        let op = self.brace_operator(quoting)?;
        Ok((name, op))
    }

    /// `${#…`: the number of parameters, with or without an operator, or the length of another.
    fn brace_after_hash(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        let count = ParamName::Special(b'#');
        let (first, second) = (self.input.peek_joined(), self.input.peek_second_joined());
        let is_length = match first {
            Some(b'}') | None => false,
            // `${##}`, `${#?}`, `${#-}` are lengths; `${##x}`, `${#?x}` operate on `$#`.
            Some(b'#' | b'?' | b'-' | b':' | b'=' | b'+' | b'%' | b'/') => second == Some(b'}') && first != Some(b':'),
            _ => true,
        };
        if !is_length {
            let op = self.brace_operator(quoting)?;
            return Ok((count, op));
        }
        let Some(name) = self.brace_name() else { return self.bad_substitution(quoting) };
        if self.input.take_joined(b'}') {
            return Ok((name, ParamOp::Length));
        }
        self.brace_word(quoting)?;
        Ok((name, ParamOp::Bad))
    }

    pub(super) fn brace_name(&mut self) -> Option<ParamName> {
        match self.input.peek_joined() {
            Some(byte) if is_name_start(byte) => Some(ParamName::Variable(self.name())),
            Some(b'0'..=b'9') => {
                let mut number = 0u32;
                while let Some(digit @ b'0'..=b'9') = self.input.peek_joined() {
                    number = number.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
                    self.input.next();
                }
                Some(ParamName::Positional(number))
            }
            Some(byte @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')) => {
                self.input.next();
                Some(ParamName::Special(byte))
            }
            _ => None,
        }
    }

    /// Skips to the closing brace of a substitution that is not in the language.
    fn bad_substitution(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        if self.input.next_uncounted() != Some(b'}') {
            self.brace_word(quoting)?;
        }
        Ok((ParamName::Special(b'?'), ParamOp::Bad))
    }

    pub(super) fn brace_word(&mut self, quoting: Quoting) -> Result<Word> {
        let word = self.parts(Mode::Brace(quoting))?;
        self.input.next();
        Ok(word)
    }
}

//! Splits the text into tokens and reads the bodies of here-documents.

use std::rc::Rc;

use super::Result;
use super::ast::{HereDoc, Word};
use super::input::Input;
use super::parser::Parser;
use super::token::{Keyword, RedirectOp, Token};
use crate::flavour;
use crate::vars::Aliases;

/// What the parser looks for in the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expect {
    /// Replace aliases.
    pub aliases: bool,
    /// Recognise reserved words.
    pub keywords: bool,
    /// Skip line ends.
    pub newlines: bool,
}

impl Expect {
    /// The first word of a command.
    pub const COMMAND: Self = Self { aliases: true, keywords: true, newlines: false };
    /// The first word of a command, which may stand on a later line.
    pub const COMMAND_LINES: Self = Self { aliases: true, keywords: true, newlines: true };
    /// A reserved word, which may stand on a later line.
    pub const KEYWORD_LINES: Self = Self { aliases: false, keywords: true, newlines: true };
    /// Any word.
    pub const WORD: Self = Self { aliases: false, keywords: false, newlines: false };
}

/// A token that has been looked at.
pub(super) struct PushedBack {
    pub(super) token: Token,
    /// Whether it has been looked at for aliases.
    pub(super) checked: bool,
    /// Whether it is a word even where a reserved word is looked for.
    pub(super) is_word: bool,
}

impl<'a> Parser<'a> {
    /// A parser of `input`.
    pub fn new(input: &'a mut Input, aliases: &'a Aliases, backquote_line: u32) -> Self {
        Self {
            input,
            aliases,
            // In dash, as that of each text by itself, the lines in backquotes begin with 1.
            backquote_line: if flavour::is_dash() { 1 } else { backquote_line },
            pushed_back: None,
            behind_end: false,
            pending: Vec::new(),
            depth: 0,
            braces: 0,
            document: None,
            in_delimiter: false,
            in_target: false,
            extended_patterns: false,
            declares: false,
            opened_line: 1,
        }
    }

    /// The same, reading `@(…)` and the like as patterns.
    #[must_use]
    pub fn with_extended_patterns(mut self, extended: bool) -> Self {
        self.extended_patterns = extended;
        self
    }

    /// Takes the next token.
    pub(super) fn token(&mut self, expect: Expect) -> Result<Token> {
        let mut expect = expect;
        let in_target = core::mem::take(&mut self.in_target);
        loop {
            let token = match self.pushed_back.take() {
                Some(PushedBack { token, checked, is_word }) => {
                    expect.aliases &= !checked;
                    expect.keywords &= !is_word;
                    token
                }
                None => self.raw_token(&mut expect)?,
            };
            if token == Token::Newline && !in_target {
                self.read_here_documents()?;
                if expect.newlines {
                    continue;
                }
            }
            let Some(text) = token.plain() else { return Ok(token) };
            if expect.keywords
                && let Some(keyword) = Keyword::from_text(text)
            {
                return Ok(Token::Keyword(keyword));
            }
            if expect.aliases
                && !self.input.in_alias(text)
                && let Some((name, value)) = self.aliases.get_key_value(text)
            {
                self.input.push_alias(name.clone(), value.clone());
                continue;
            }
            return Ok(token);
        }
    }

    /// Looks at the next token without taking it.
    pub(super) fn peek(&mut self, expect: Expect) -> Result<Token> {
        let is_word = self.pushed_back.as_ref().is_some_and(|pushed_back| pushed_back.is_word);
        let token = self.token(expect)?;
        let put_back = match &token {
            // A reserved word is put back as the word it came from, for a later look with other expectations.
            Token::Keyword(keyword) => Token::Word(Word::literal(keyword.text().as_bytes())),
            token => token.clone(),
        };
        self.pushed_back = Some(PushedBack { token: put_back, checked: expect.aliases, is_word });
        Ok(token)
    }

    fn raw_token(&mut self, expect: &mut Expect) -> Result<Token> {
        loop {
            match self.input.peek_joined() {
                Some(b' ' | b'\t') => {
                    self.input.next();
                }
                Some(b'#') => {
                    while self.input.peek().is_some_and(|byte| byte != b'\n') {
                        self.input.next();
                    }
                }
                _ => break,
            }
        }
        expect.aliases |= self.input.take_blank_after_alias();
        let Some(byte) = self.input.peek_joined() else { return Ok(Token::End) };
        let token = match byte {
            b'\n' => Token::Newline,
            b';' | b'|' | b'&' | b'<' | b'>' if flavour::is_bash() => return self.bash_operator(byte, *expect),
            b';' => return Ok(self.double(b';', Token::Semicolon, Token::DoubleSemicolon)),
            b'|' => return Ok(self.double(b'|', Token::Pipe, Token::Or)),
            b'&' => {
                self.input.next();
                return Ok(match self.input.peek_joined() {
                    Some(b'&') => self.advance(Token::And),
                    Some(b'>') if flavour::is_extended() => self.advance(Token::Redirect(RedirectOp::WriteBoth, None)),
                    _ => Token::Background,
                });
            }
            b'(' => Token::Open,
            b')' => Token::Close,
            b'<' | b'>' if !flavour::is_extended() || self.input.peek_second() != Some(b'(') => {
                return Ok(Token::Redirect(self.redirect_operator(), None));
            }
            _ if flavour::is_bash() => return self.bash_word_or_descriptor(*expect),
            _ => return self.word_or_descriptor(),
        };
        Ok(self.advance(token))
    }

    pub(super) fn advance(&mut self, token: Token) -> Token {
        self.input.next();
        token
    }

    fn double(&mut self, byte: u8, one: Token, two: Token) -> Token {
        self.input.next();
        if self.input.take_joined(byte) { two } else { one }
    }

    pub(super) fn redirect_operator(&mut self) -> RedirectOp {
        let first = self.input.next();
        let second = self.input.peek_joined();
        let op = match (first, second) {
            (Some(b'<'), Some(b'<')) => {
                self.input.next();
                if flavour::is_bash() && self.input.take_joined(b'<') {
                    return RedirectOp::HereString;
                }
                return if self.input.take_joined(b'-') { RedirectOp::HereDocTabs } else { RedirectOp::HereDoc };
            }
            (Some(b'<'), Some(b'&')) => RedirectOp::DupInput,
            (Some(b'<'), Some(b'>')) => RedirectOp::ReadWrite,
            (Some(b'<'), _) => return RedirectOp::Read,
            (_, Some(b'>')) => RedirectOp::Append,
            (_, Some(b'|')) => RedirectOp::Clobber,
            (_, Some(b'&')) => RedirectOp::DupOutput,
            _ => return RedirectOp::Write,
        };
        self.input.next();
        op
    }

    pub(super) fn word_or_descriptor(&mut self) -> Result<Token> {
        let word = self.word()?;
        if !self.input.at_alias_end()
            && matches!(self.input.peek(), Some(b'<' | b'>'))
            && let Some(text) = word.plain()
            && text.iter().all(u8::is_ascii_digit)
            && (text.len() == 1 || !flavour::is_dash())
            && let Some(fd) = core::str::from_utf8(text).ok().and_then(|text| text.parse().ok())
        {
            return Ok(Token::Redirect(self.redirect_operator(), Some(fd)));
        }
        Ok(Token::Word(word))
    }

    fn read_here_documents(&mut self) -> Result<()> {
        for document in core::mem::take(&mut self.pending) {
            let body = if document.quoted { self.raw_here_document(&document) } else { self.here_document(&document)? };
            let _ = document.body.set(body);
        }
        Ok(())
    }

    fn raw_here_document(&mut self, document: &Rc<HereDoc>) -> Word {
        let mut text = Vec::new();
        while !self.at_delimiter(document) {
            let line = self.input.rest_of_line();
            let tabs = if document.strip_tabs { leading_tabs(line) } else { 0 };
            text.extend_from_slice(line.get(tabs..).unwrap_or_default());
            let length = line.len();
            if !self.input.skip_line(length) {
                break;
            }
            text.push(b'\n');
        }
        Word(vec![super::ast::Part::Quoted(text.into())])
    }

    /// At the start of a line of a here-document: takes the delimiter line, or the text's end, if it is there.
    pub(super) fn at_delimiter(&mut self, document: &HereDoc) -> bool {
        let line = self.input.rest_of_line();
        let tabs = if document.strip_tabs { leading_tabs(line) } else { 0 };
        let length = line.len();
        let found = line.get(tabs..) == Some(&document.delimiter);
        if found && !self.input.skip_line(length) {
            // The line of a delimiter counts, with a newline or without.
            self.input.count_line();
        }
        found || self.input.peek().is_none()
    }
}

fn leading_tabs(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b'\t').count()
}

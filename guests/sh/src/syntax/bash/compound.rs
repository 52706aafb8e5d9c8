//! `(( ))`, `for (( ))`, `select`, `coproc`, `time`, `|&`.

use std::rc::Rc;

use crate::syntax::Result;
use crate::syntax::ast::bash::Extended;
use crate::syntax::ast::{Command, Part, Redirect, RedirectKind, Word};
use crate::syntax::is_name;
use crate::syntax::lexer::Expect;
use crate::syntax::parser::Parser;
use crate::syntax::token::{Keyword, Token};

impl Parser<'_> {
    /// Behind a parenthesis: whether another follows it, and the two are those of an arithmetic command. Where the line
    /// shows that they end apart, they are those of subshells.
    pub(in crate::syntax) fn opens_arithmetic(&mut self) -> bool {
        if self.input.peek() != Some(b'(') || self.pushed_back.is_some() {
            return false;
        }
        let line = self.input.rest_of_line();
        let mut depth = 0u32;
        for (at, byte) in line.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return line.get(at + 1) == Some(&b')');
            }
        }
        true
    }

    pub(in crate::syntax) fn arith_command(&mut self, line: u32) -> Result<Command> {
        self.opened_line = line;
        self.input.next();
        let expression = self.arithmetic()?;
        Ok(Command::Extended(Box::new(Extended::Arith { expression, line })))
    }

    /// `for ((` behind its first parenthesis.
    pub(in crate::syntax) fn arith_for(&mut self, line: u32) -> Result<Command> {
        if self.input.next() != Some(b'(') {
            return Err(self.unexpected_text("("));
        }
        let mut parts = split_at_semicolons(self.arithmetic()?).into_iter();
        let mut next = || parts.next().unwrap_or_default();
        let parts = [next(), next(), next()];
        if self.peek(Expect::COMMAND_LINES)? == Token::Semicolon {
            self.token(Expect::COMMAND_LINES)?;
        }
        let body = self.do_group()?;
        Ok(Command::Extended(Box::new(Extended::For { parts, body, line })))
    }

    pub(in crate::syntax) fn select_command(&mut self, line: u32) -> Result<Command> {
        let token = self.token(Expect::WORD)?;
        let (name, words) = self.loop_head(&token)?;
        let body = self.do_group()?;
        Ok(Command::Extended(Box::new(Extended::Select { name, words, body, line })))
    }

    pub(in crate::syntax) fn coprocess(&mut self) -> Result<Command> {
        let token = self.peek(Expect::COMMAND)?;
        let named = match &token {
            Token::Word(word) => word.plain().filter(|name| is_name(name)).map(Box::from),
            _ => None,
        };
        let (name, body) = match named {
            Some(name) => {
                let token = self.token(Expect::COMMAND)?;
                let compound = matches!(self.peek(Expect::COMMAND)?, Token::Open | Token::Keyword(_));
                let line = self.input.line;
                if compound { (name, self.command()?) } else { (Box::from(*b"COPROC"), self.simple(token, line)?) }
            }
            None => (Box::from(*b"COPROC"), self.command()?),
        };
        Ok(Command::Extended(Box::new(Extended::Coprocess { name, body: Rc::new(body) })))
    }

    /// A pipeline with what may stand in front of it.
    pub(in crate::syntax) fn bash_pipeline(&mut self) -> Result<Command> {
        let (mut negated, mut timed) = (false, None);
        loop {
            match self.peek(Expect::COMMAND)? {
                Token::Keyword(Keyword::Not) => {
                    self.token(Expect::COMMAND)?;
                    negated = !negated;
                }
                Token::Keyword(Keyword::Time) => {
                    self.token(Expect::COMMAND)?;
                    let posix = self.peek(Expect::COMMAND)?.plain() == Some(b"-p");
                    if posix {
                        self.token(Expect::COMMAND)?;
                    }
                    timed = Some(posix);
                }
                _ => break,
            }
        }
        let ended =
            matches!(self.peek(Expect::COMMAND)?, Token::Newline | Token::Semicolon | Token::End | Token::Close);
        let command = if ended && (negated || timed.is_some()) { None } else { Some(self.pipe()?) };
        let command = match timed {
            Some(posix) => Command::Extended(Box::new(Extended::Time { command, posix })),
            None => command.unwrap_or_else(|| Command::Sequence(Vec::new())),
        };
        Ok(if negated { Command::Not(Box::new(command)) } else { command })
    }

    fn pipe(&mut self) -> Result<Command> {
        let mut commands = vec![self.command()?];
        loop {
            let both = match self.peek(Expect::WORD)? {
                Token::Pipe => false,
                Token::PipeBoth => true,
                _ => break,
            };
            self.token(Expect::WORD)?;
            if both && let Some(command) = commands.pop() {
                commands.push(with_errors(command));
            }
            self.peek(Expect::COMMAND_LINES)?;
            commands.push(self.command()?);
        }
        Ok(match commands.pop() {
            Some(only) if commands.is_empty() => only,
            last => Command::Pipeline(commands.into_iter().chain(last).collect()),
        })
    }
}

/// The command with its errors going where its output goes: `|&`.
fn with_errors(command: Command) -> Command {
    let kind = RedirectKind::Dup { output: true, target: Word::literal(b"1") };
    let redirect = Redirect { fd: 2, kind, name: None };
    match command {
        Command::Simple(mut simple) => {
            simple.redirects.push(redirect);
            Command::Simple(simple)
        }
        Command::Redirected { body, mut redirects, line } => {
            redirects.push(redirect);
            Command::Redirected { body, redirects, line }
        }
        Command::Subshell { body, mut redirects, line } => {
            redirects.push(redirect);
            Command::Subshell { body, redirects, line }
        }
        body => Command::Redirected { body: Box::new(body), redirects: vec![redirect], line: 0 },
    }
}

/// The three expressions of `for (( ))`.
fn split_at_semicolons(word: Word) -> Vec<Word> {
    let mut words = vec![Word::default()];
    for part in word.0 {
        let (Part::Quoted(text) | Part::Literal(text)) = &part else {
            words.last_mut().into_iter().for_each(|word| word.0.push(part.clone()));
            continue;
        };
        for (at, piece) in text.split(|byte| *byte == b';').enumerate() {
            if at > 0 {
                words.push(Word::default());
            }
            let piece =
                if words.last().is_some_and(|word| word.0.is_empty()) { piece.trim_ascii_start() } else { piece };
            if !piece.is_empty() {
                words.last_mut().into_iter().for_each(|word| word.0.push(Part::Quoted(piece.into())));
            }
        }
    }
    words
}

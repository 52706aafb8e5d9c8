//! Reads a program by recursive descent.

use super::ast::{Action, Comparison, Expr, Program, Redirection, Rule, Statement, When};
use super::lexer::{Keyword, Lexer, SyntaxError, Token};
use super::names::Names;

pub(super) type Result<T> = core::result::Result<T, SyntaxError>;

/// What an expression may not contain where it stands, unless in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Anything,
    /// An argument of `print`: `>` and `|` are redirections.
    Print,
}

/// Reads one text of the program.
pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) token: Token,
    pub(super) program: &'a mut Program,
    pub(super) names: &'a mut Names,
    pub(super) within: Within,
    loops: usize,
    /// The line that the token begins in.
    pub(super) line: u32,
    /// Whether the token stands right behind `length` without parentheses.
    pub(super) behind_length: bool,
}

impl<'a> Parser<'a> {
    /// A reader of `text` that adds to `program`.
    pub(super) fn new(text: &'a [u8], program: &'a mut Program, names: &'a mut Names) -> Self {
        Self {
            lexer: Lexer::new(text),
            token: Token::Newline,
            program,
            names,
            within: Within::Anything,
            loops: 0,
            line: 1,
            behind_length: false,
        }
    }

    /// The line of what was read last.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Reads all of the text.
    pub(super) fn parse(&mut self) -> Result<()> {
        self.advance()?;
        loop {
            self.skip_newlines()?;
            if self.token == Token::End {
                return Ok(());
            }
            self.item()?;
            self.skip_newlines()?;
            if self.token == Token::Semicolon {
                self.advance()?;
            }
        }
    }

    pub(super) fn advance(&mut self) -> Result<()> {
        let token = self.lexer.next();
        self.line = self.lexer.line;
        self.token = token?;
        if self.token == Token::Newline {
            self.line -= 1;
        }
        self.behind_length = false;
        Ok(())
    }

    pub(super) fn take(&mut self, token: &Token) -> Result<bool> {
        let found = self.token == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn require(&mut self, token: &Token) -> Result<()> {
        if self.take(token)? { Ok(()) } else { Err(SyntaxError::Token) }
    }

    pub(super) fn take_keyword(&mut self, keyword: Keyword) -> Result<bool> {
        self.take(&Token::Keyword(keyword))
    }

    pub(super) fn skip_newlines(&mut self) -> Result<()> {
        while self.take(&Token::Newline)? {}
        Ok(())
    }

    fn item(&mut self) -> Result<()> {
        let line = self.line;
        if self.take_keyword(Keyword::Begin)? {
            let body = self.braces()?;
            self.program.begin.push(body);
        } else if self.take_keyword(Keyword::End)? {
            let body = self.braces()?;
            self.program.end.push(body);
        } else if self.take_keyword(Keyword::Function)? {
            self.function()?;
        } else if self.token == Token::LeftBrace {
            let body = self.braces()?;
            self.program.rules.push(Rule { line, when: When::Always, body: Some(body) });
        } else {
            self.rule(line)?;
        }
        Ok(())
    }

    fn rule(&mut self, line: u32) -> Result<()> {
        let first = self.expression()?;
        let when = if self.take(&Token::Comma)? {
            self.skip_newlines()?;
            When::Range(first, self.expression()?)
        } else {
            When::If(first)
        };
        let body = match self.token {
            Token::LeftBrace => Some(self.braces()?),
            Token::Newline | Token::Semicolon | Token::End => None,
            _ => return Err(SyntaxError::Token),
        };
        self.program.rules.push(Rule { line, when, body });
        Ok(())
    }

    fn function(&mut self) -> Result<()> {
        let (Token::Name(name) | Token::Called(name)) = self.token.clone() else { return Err(SyntaxError::Token) };
        self.advance()?;
        self.require(&Token::LeftParen)?;
        let mut parameters = Vec::new();
        while !self.take(&Token::RightParen)? {
            if !parameters.is_empty() {
                self.require(&Token::Comma)?;
                self.skip_newlines()?;
            }
            let Token::Name(parameter) = self.token.clone() else { return Err(SyntaxError::Token) };
            self.advance()?;
            parameters.push(parameter);
        }
        self.skip_newlines()?;
        let function = self.names.define(self.program, &name, parameters).ok_or(SyntaxError::DuplicateFunction)?;
        let body = self.braces()?;
        self.names.leave();
        self.program.functions[function].body = Some(body);
        Ok(())
    }

    /// Statements in braces.
    fn braces(&mut self) -> Result<Vec<Statement>> {
        self.require(&Token::LeftBrace)?;
        let mut statements = Vec::new();
        loop {
            while self.take(&Token::Newline)? || self.take(&Token::Semicolon)? {}
            if self.take(&Token::RightBrace)? {
                return Ok(statements);
            }
            statements.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Result<Statement> {
        let line = self.line;
        let action = match self.token {
            Token::LeftBrace => Action::Block(self.braces()?),
            Token::Keyword(Keyword::If) => self.if_else()?,
            Token::Keyword(Keyword::While) => {
                self.advance()?;
                let condition = self.condition()?;
                Action::While(condition, self.body()?)
            }
            Token::Keyword(Keyword::Do) => self.do_while()?,
            Token::Keyword(Keyword::For) => self.for_loop()?,
            Token::Semicolon => {
                self.advance()?;
                Action::Nothing
            }
            _ => {
                let action = self.simple()?;
                self.end_of_statement()?;
                action
            }
        };
        Ok(Statement { line, action })
    }

    fn end_of_statement(&mut self) -> Result<()> {
        match self.token {
            Token::Newline | Token::Semicolon => self.advance(),
            Token::RightBrace => Ok(()),
            _ => Err(SyntaxError::Token),
        }
    }

    fn if_else(&mut self) -> Result<Action> {
        self.advance()?;
        let condition = self.condition()?;
        self.skip_newlines()?;
        let then = Box::new(self.statement()?);
        // What is skipped here in vain separates statements anyway.
        self.skip_newlines()?;
        let otherwise = if self.take_keyword(Keyword::Else)? {
            self.skip_newlines()?;
            Some(Box::new(self.statement()?))
        } else {
            None
        };
        Ok(Action::If(condition, then, otherwise))
    }

    fn condition(&mut self) -> Result<Expr> {
        self.require(&Token::LeftParen)?;
        let condition = self.enclosed()?;
        self.require(&Token::RightParen)?;
        Ok(condition)
    }

    /// A loop's statement.
    fn body(&mut self) -> Result<Box<Statement>> {
        self.skip_newlines()?;
        self.loops += 1;
        let body = self.statement()?;
        self.loops -= 1;
        Ok(Box::new(body))
    }

    fn do_while(&mut self) -> Result<Action> {
        self.advance()?;
        let body = self.body()?;
        self.skip_newlines()?;
        if !self.take_keyword(Keyword::While)? {
            return Err(SyntaxError::Token);
        }
        Ok(Action::DoWhile(body, self.condition()?))
    }

    fn for_loop(&mut self) -> Result<Action> {
        self.advance()?;
        self.require(&Token::LeftParen)?;
        let start = self.optional_before(&Token::Semicolon)?;
        if self.token == Token::RightParen {
            let Some(Expr::In(place, array)) = start else { return Err(SyntaxError::Token) };
            self.advance()?;
            return Ok(Action::ForIn(*place, array, self.body()?));
        }
        self.require(&Token::Semicolon)?;
        self.skip_newlines()?;
        let condition = self.optional_before(&Token::Semicolon)?;
        self.require(&Token::Semicolon)?;
        self.skip_newlines()?;
        let step = self.optional_before(&Token::RightParen)?;
        self.require(&Token::RightParen)?;
        Ok(Action::For { start, condition, step, body: self.body()? })
    }

    fn optional_before(&mut self, end: &Token) -> Result<Option<Expr>> {
        if self.token == *end { Ok(None) } else { self.sequence().map(Some) }
    }

    fn simple(&mut self) -> Result<Action> {
        let Token::Keyword(keyword) = self.token else { return Ok(Action::Evaluate(self.sequence()?)) };
        if matches!(keyword, Keyword::Getline) {
            return Ok(Action::Evaluate(self.sequence()?));
        }
        self.advance()?;
        Ok(match keyword {
            Keyword::Print => {
                let (arguments, redirection) = self.print_arguments()?;
                Action::Print(arguments, redirection)
            }
            Keyword::Printf => {
                let (arguments, redirection) = self.print_arguments()?;
                Action::Printf(arguments, redirection)
            }
            Keyword::Next => Action::Next,
            Keyword::NextFile => Action::NextFile,
            Keyword::Exit => Action::Exit(self.optional_value()?),
            Keyword::Return => Action::Return(self.optional_value()?),
            Keyword::Break if self.loops == 0 => return Err(SyntaxError::BreakOutside),
            Keyword::Break => Action::Break,
            Keyword::Continue if self.loops == 0 => return Err(SyntaxError::ContinueOutside),
            Keyword::Continue => Action::Continue,
            Keyword::Delete => self.delete()?,
            _ => return Err(SyntaxError::Token),
        })
    }

    fn ends_statement(&self) -> bool {
        matches!(self.token, Token::Newline | Token::Semicolon | Token::RightBrace | Token::End)
    }

    fn optional_value(&mut self) -> Result<Option<Expr>> {
        if self.ends_statement() { Ok(None) } else { self.sequence().map(Some) }
    }

    fn delete(&mut self) -> Result<Action> {
        if self.ends_statement() {
            return Err(SyntaxError::TooFewArguments);
        }
        match self.expression()? {
            Expr::Variable(name) => {
                self.names.note_array(name);
                Ok(Action::Delete(name, None))
            }
            Expr::Element(name, key) => Ok(Action::Delete(name, Some(*key))),
            _ => Err(SyntaxError::NotArray),
        }
    }

    fn print_arguments(&mut self) -> Result<(Vec<Expr>, Option<Redirection>)> {
        let outer = core::mem::replace(&mut self.within, Within::Print);
        let mut arguments = Vec::new();
        let redirects = matches!(self.token, Token::Compare(Comparison::Greater) | Token::Append | Token::Pipe);
        if !self.ends_statement() && !redirects {
            arguments = self.list()?;
        }
        self.within = outer;
        if let [Expr::Joined(_)] = arguments.as_slice() {
            if let Some(Expr::Joined(list)) = arguments.pop() {
                arguments = list;
            }
        }
        let redirection: fn(Expr) -> Redirection = match self.token {
            Token::Compare(Comparison::Greater) => Redirection::File,
            Token::Append => Redirection::Append,
            Token::Pipe => Redirection::Command,
            _ => return Ok((arguments, None)),
        };
        self.advance()?;
        if self.ends_statement() {
            return Ok((arguments, None));
        }
        let mut target = self.list()?;
        let target = match target.pop() {
            Some(only) if target.is_empty() => only,
            last => {
                target.extend(last);
                Expr::Joined(target)
            }
        };
        Ok((arguments, Some(redirection(target))))
    }
}

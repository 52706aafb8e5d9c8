//! The grammar: lists, pipelines, compound commands, simple commands.

use std::rc::Rc;

use super::ast::{Assignment, Branch, BranchEnd, Command, HereDoc, Part, Redirect, Simple, Word};
use super::input::Input;
use super::lexer::{Expect, PushedBack};
use super::token::{Keyword, Token};
use super::{Result, SyntaxError, is_name};
use crate::flavour;
use crate::vars::Aliases;

/// A parser of one input.
pub struct Parser<'a> {
    pub(super) input: &'a mut Input,
    pub(super) aliases: &'a Aliases,
    /// The number that lines in backquotes start from.
    pub(super) backquote_line: u32,
    pub(super) pushed_back: Option<PushedBack>,
    pub(super) pending: Vec<Rc<HereDoc>>,
    pub(super) depth: u32,
    /// How many `${ }` are open around what is being read.
    pub(super) braces: u32,
    /// The here-document whose body is being read, outside its command substitutions: its delimiter ends it also within
    /// `${ }` and `$(( ))`.
    pub(super) document: Option<Rc<HereDoc>>,
    /// Within the delimiter of a here-document, where `$` and backquotes mean nothing.
    pub(super) in_delimiter: bool,
    /// What comes is the target of a redirection: a line's end there is an error, and the bodies of here-documents that
    /// follow it are not read any more.
    pub(super) in_target: bool,
    /// Whether the first command substitution finds the text at its end: that of the commands, whose parser had looked
    /// ahead to it, is taken for its own.
    pub behind_end: bool,
    /// Whether `@(…)` and the like are patterns.
    pub(super) extended_patterns: bool,
    /// Whether the words being read are those of `declare` and the like, which may be assignments.
    pub(super) declares: bool,
    /// The line on which the last quote or the like was opened.
    pub(super) opened_line: u32,
}

/// What a complete line holds.
#[derive(Debug)]
pub enum Line {
    /// Nothing to run.
    Empty,
    /// Something to run.
    Command(Command),
    /// Something to run, behind which the text ends without a newline.
    Last(Command),
    /// The end of the text.
    End,
}

/// How deep compound commands may nest: parser and evaluator call themselves for each.
const MAX_DEPTH: u32 = 1000;

impl Parser<'_> {
    /// Reads one complete line: commands up to a line's end outside any construct.
    pub fn line(&mut self) -> Result<Line> {
        match self.peek(Expect::COMMAND)? {
            Token::End => return Ok(Line::End),
            Token::Newline => {
                self.token(Expect::COMMAND)?;
                return Ok(Line::Empty);
            }
            _ => {}
        }
        let mut commands = Vec::new();
        let at_end = loop {
            commands.push(self.and_or_background()?);
            match self.token(Expect::COMMAND)? {
                Token::Newline => break false,
                Token::End => break true,
                Token::Semicolon | Token::Background => match self.peek(Expect::COMMAND)? {
                    Token::Newline => {
                        self.token(Expect::COMMAND)?;
                        break false;
                    }
                    Token::End => break true,
                    _ => {}
                },
                token => return Err(self.unexpected(&token, None)),
            }
        };
        if !self.pending.is_empty() {
            // The text ended before a here-document's body.
            self.end_here_documents();
        }
        let command = sequence(commands);
        Ok(if at_end { Line::Last(command) } else { Line::Command(command) })
    }

    fn end_here_documents(&mut self) {
        for document in core::mem::take(&mut self.pending) {
            let _ = document.body.set(Word::default());
        }
    }

    /// Reads the list that a text begins with; what stands behind it is not looked at.
    pub(super) fn first_list(&mut self) -> Result<Option<Command>> {
        let body = self.list()?;
        self.end_here_documents();
        Ok(body)
    }

    /// An and-or list; when `&` follows (left in place) it is made a background command.
    fn and_or_background(&mut self) -> Result<Command> {
        let command = self.and_or()?;
        Ok(if self.peek(Expect::WORD)? == Token::Background { Command::Background(Rc::new(command)) } else { command })
    }

    /// Reads commands over several lines up to something that ends a list.
    pub(super) fn list(&mut self) -> Result<Option<Command>> {
        let mut commands = Vec::new();
        loop {
            if ends_list(&self.peek(Expect::COMMAND_LINES)?) {
                break;
            }
            commands.push(self.and_or_background()?);
            match self.peek(Expect::COMMAND)? {
                Token::Newline | Token::Semicolon | Token::Background => {
                    self.token(Expect::COMMAND)?;
                }
                _ => break,
            }
        }
        Ok(if commands.is_empty() { None } else { Some(sequence(commands)) })
    }

    /// A list that must not be empty, unless the text ends: then what is missing after it is the error.
    pub(super) fn body(&mut self) -> Result<Command> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.depth += 1;
        let list = self.list()?;
        self.depth -= 1;
        match list {
            Some(command) => Ok(command),
            None => match self.peek(Expect::COMMAND_LINES)? {
                Token::End if !flavour::is_bash() => Ok(Command::Sequence(Vec::new())),
                token => Err(self.unexpected(&token, None)),
            },
        }
    }

    pub(super) fn and_or(&mut self) -> Result<Command> {
        let mut left = self.pipeline()?;
        loop {
            let is_and = match self.peek(Expect::WORD)? {
                Token::And => true,
                Token::Or => false,
                _ => return Ok(left),
            };
            self.token(Expect::WORD)?;
            self.peek(Expect::COMMAND_LINES)?;
            let right = Box::new(self.pipeline()?);
            left = if is_and { Command::And(Box::new(left), right) } else { Command::Or(Box::new(left), right) };
        }
    }

    pub(super) fn pipeline(&mut self) -> Result<Command> {
        if flavour::is_bash() {
            return self.bash_pipeline();
        }
        let negated = self.peek(Expect::COMMAND)? == Token::Keyword(Keyword::Not);
        if negated {
            self.token(Expect::COMMAND)?;
            self.peek(Expect::COMMAND)?;
        }
        let first = self.command()?;
        let command = if self.peek(Expect::WORD)? == Token::Pipe {
            let mut commands = vec![first];
            while self.peek(Expect::WORD)? == Token::Pipe {
                self.token(Expect::WORD)?;
                self.peek(Expect::COMMAND_LINES)?;
                commands.push(self.command()?);
            }
            Command::Pipeline(commands)
        } else {
            first
        };
        Ok(if negated { Command::Not(Box::new(command)) } else { command })
    }

    pub(super) fn command(&mut self) -> Result<Command> {
        let token = self.token(Expect::COMMAND)?;
        let line = self.input.line;
        let body = match token {
            Token::Keyword(Keyword::If) => self.if_command()?,
            Token::Keyword(Keyword::While) => self.while_command(false)?,
            Token::Keyword(Keyword::Until) => self.while_command(true)?,
            Token::Keyword(Keyword::For) => self.for_command(line)?,
            Token::Keyword(Keyword::Case) => self.case_command(line)?,
            Token::Keyword(Keyword::Function) => return self.function_keyword(),
            Token::Keyword(Keyword::Begin) => {
                let body = self.body()?;
                self.expect_keyword(Keyword::End)?;
                Command::Group(Box::new(body))
            }
            Token::Keyword(Keyword::Select) => self.select_command(line)?,
            Token::Keyword(Keyword::Condition) => self.condition_command(line)?,
            Token::Keyword(Keyword::Coprocess) => return self.coprocess(),
            Token::Open if flavour::is_bash() && self.opens_arithmetic() => self.arith_command(line)?,
            Token::Open => {
                let body = Box::new(self.body()?);
                let token = self.token(Expect::KEYWORD_LINES)?;
                if token != Token::Close {
                    return Err(self.unexpected(&token, Some("\")\"")));
                }
                let redirects = self.redirects()?;
                return Ok(Command::Subshell { body, redirects, line });
            }
            Token::Word(_) | Token::Redirect(..) | Token::NamedRedirect(..) => return self.simple(token, line),
            token => return Err(self.unexpected(&token, None)),
        };
        let redirects = self.redirects()?;
        Ok(if redirects.is_empty() { body } else { redirected(body, redirects, line) })
    }

    pub(super) fn expect_keyword(&mut self, keyword: Keyword) -> Result<()> {
        let token = self.token(Expect::COMMAND_LINES)?;
        if token == Token::Keyword(keyword) {
            return Ok(());
        }
        Err(self.unexpected(&token, Some(&Token::Keyword(keyword).describe())))
    }

    fn if_command(&mut self) -> Result<Command> {
        let condition = Box::new(self.body()?);
        self.expect_keyword(Keyword::Then)?;
        let then = Box::new(self.body()?);
        let otherwise = match self.token(Expect::KEYWORD_LINES)? {
            Token::Keyword(Keyword::Elif) => Some(Box::new(self.if_command()?)),
            Token::Keyword(Keyword::Else) => {
                let body = self.body()?;
                self.expect_keyword(Keyword::Fi)?;
                Some(Box::new(body))
            }
            Token::Keyword(Keyword::Fi) => None,
            token => return Err(self.unexpected(&token, Some("\"fi\""))),
        };
        Ok(Command::If { condition, then, otherwise })
    }

    pub(super) fn do_group(&mut self) -> Result<Command> {
        if flavour::is_bash() && self.peek(Expect::COMMAND_LINES)? == Token::Keyword(Keyword::Begin) {
            self.token(Expect::COMMAND_LINES)?;
            let body = self.body()?;
            self.expect_keyword(Keyword::End)?;
            return Ok(body);
        }
        self.expect_keyword(Keyword::Do)?;
        let body = self.body()?;
        self.expect_keyword(Keyword::Done)?;
        Ok(body)
    }

    fn while_command(&mut self, until: bool) -> Result<Command> {
        let condition = Box::new(self.body()?);
        let body = Box::new(self.do_group()?);
        Ok(Command::While { condition, body, until })
    }

    fn for_command(&mut self, line: u32) -> Result<Command> {
        let token = self.token(Expect::WORD)?;
        if token == Token::Open && flavour::is_bash() {
            return self.arith_for(line);
        }
        let (name, words) = self.loop_head(&token)?;
        let body = Box::new(self.do_group()?);
        Ok(Command::For { name, words, body, line })
    }

    /// The variable of a loop and its words, behind `for` or `select`.
    pub(super) fn loop_head(&mut self, token: &Token) -> Result<(Box<[u8]>, Option<Vec<Word>>)> {
        // What is no name in bash is found out when the loop runs.
        let Some(name) = token.plain().filter(|name| is_name(name) || flavour::is_bash()) else {
            return Err(self.bad_loop_variable(token));
        };
        let name = name.into();
        let words = if self.peek(Expect::COMMAND_LINES)? == Token::Keyword(Keyword::In) {
            self.token(Expect::COMMAND_LINES)?;
            let mut words = Vec::new();
            loop {
                match self.token(Expect::WORD)? {
                    Token::Word(word) => words.push(word),
                    Token::Newline | Token::Semicolon => break Some(words),
                    token => return Err(self.unexpected(&token, None)),
                }
            }
        } else {
            if self.peek(Expect::WORD)? == Token::Semicolon {
                self.token(Expect::WORD)?;
            }
            None
        };
        Ok((name, words))
    }

    fn case_command(&mut self, line: u32) -> Result<Command> {
        let word = match self.token(Expect::WORD)? {
            Token::Word(word) => word,
            token => return Err(self.unexpected(&token, Some("word"))),
        };
        self.expect_keyword(Keyword::In)?;
        let mut branches = Vec::new();
        loop {
            let mut token = self.token(Expect::KEYWORD_LINES)?;
            if token == Token::Keyword(Keyword::Esac) {
                break;
            }
            if token == Token::Open {
                token = self.token(Expect::WORD)?;
            }
            let patterns = self.patterns(token)?;
            let body = self.list()?;
            self.mark_word(false);
            let token = self.token(Expect::KEYWORD_LINES)?;
            let end = match token {
                Token::FallThrough => BranchEnd::Through,
                Token::TestNext => BranchEnd::Test,
                _ => BranchEnd::Stop,
            };
            branches.push(Branch { patterns, body, end });
            match token {
                Token::DoubleSemicolon | Token::FallThrough | Token::TestNext => {}
                Token::Keyword(Keyword::Esac) => break,
                token => return Err(self.unexpected(&token, Some("\";;\""))),
            }
        }
        Ok(Command::Case { word, branches, line })
    }

    /// The patterns of a branch, from the first token to the closing parenthesis.
    fn patterns(&mut self, first: Token) -> Result<Vec<Word>> {
        let (mut patterns, mut token) = (Vec::new(), first);
        loop {
            patterns.push(match token {
                Token::Word(word) => word,
                Token::Keyword(keyword) => Word::literal(keyword.text().as_bytes()),
                // Anything else is let through: the next token is then the one that is out of place.
                _ => Word::default(),
            });
            match self.token(Expect::WORD)? {
                Token::Pipe => token = self.token(Expect::WORD)?,
                Token::Close => return Ok(patterns),
                token => return Err(self.unexpected(&token, Some("\")\""))),
            }
        }
    }

    fn function_keyword(&mut self) -> Result<Command> {
        let token = self.token(Expect::WORD)?;
        let Token::Word(word) = token else { return Err(self.unexpected(&token, Some("word"))) };
        if self.peek(Expect::WORD)? == Token::Open {
            self.token(Expect::WORD)?;
            self.close_parenthesis()?;
        }
        self.function(&word)
    }

    fn close_parenthesis(&mut self) -> Result<()> {
        let token = self.token(Expect::WORD)?;
        if token == Token::Close { Ok(()) } else { Err(self.unexpected(&token, Some("\")\""))) }
    }

    pub(super) fn function(&mut self, name: &Word) -> Result<Command> {
        let name = match name.plain() {
            Some(name) if flavour::is_bash() => name.into(),
            _ if flavour::is_bash() => {
                let text = super::bash::unparse::word_text(name);
                return Err(self.bare(format!("`{}': not a valid identifier", String::from_utf8_lossy(&text))));
            }
            Some(name) if is_name(name) && !crate::builtins::is_special(name) => name.into(),
            _ => return Err(self.error("bad function name")),
        };
        self.peek(Expect::COMMAND_LINES)?;
        self.depth += 1;
        let body = Rc::new(if self.depth > MAX_DEPTH { Err(self.error("nested too deeply")) } else { self.command() }?);
        self.depth -= 1;
        Ok(Command::Function { name, body })
    }

    pub(super) fn mark_word(&mut self, is_word: bool) {
        if let Some(pushed_back) = self.pushed_back.as_mut().filter(|pushed_back| pushed_back.token.plain().is_some()) {
            pushed_back.is_word = is_word;
        }
    }

    pub(super) fn simple(&mut self, first: Token, line: u32) -> Result<Command> {
        let mut simple = Simple { line, ..Simple::default() };
        let mut token = first;
        loop {
            match token {
                Token::Word(word) => {
                    if simple.words.is_empty()
                        && let Some(assignment) = as_assignment(&word)
                    {
                        simple.assignments.push(assignment);
                    } else {
                        simple.words.push(word);
                    }
                }
                Token::Redirect(op, fd) => self.redirect(op, fd, None, &mut simple.redirects)?,
                Token::NamedRedirect(op, name) => self.redirect(op, None, Some(name), &mut simple.redirects)?,
                _ => {}
            }
            if flavour::is_bash() {
                self.declares = super::bash::declares(&simple.words);
            }
            // Aliases are looked for as long as no command name has come.
            let expect = Expect { aliases: simple.words.is_empty(), ..Expect::WORD };
            match self.peek(expect)? {
                Token::Word(_) | Token::Redirect(..) | Token::NamedRedirect(..) => token = self.token(expect)?,
                connective @ (Token::And | Token::Or) if in_condition(&simple.words) => {
                    self.token(expect)?;
                    let text: &[u8] = if connective == Token::And { b"&&" } else { b"||" };
                    token = Token::Word(Word::literal(text));
                }
                Token::Open
                    if simple.words.len() == 1 && simple.assignments.is_empty() && simple.redirects.is_empty() =>
                {
                    self.token(expect)?;
                    self.close_parenthesis()?;
                    let name = simple.words.pop().unwrap_or_default();
                    return self.function(&name);
                }
                _ => {
                    self.declares = false;
                    return Ok(Command::Simple(simple));
                }
            }
        }
    }

    /// An error at the current line.
    pub(super) fn error(&self, message: &str) -> SyntaxError {
        SyntaxError { message: flavour::current().syntax(message), line: self.input.line, bare: false, shown: None }
    }

    /// An error at the current line that is told by itself.
    pub(super) fn bare(&self, message: String) -> SyntaxError {
        SyntaxError { message, line: self.input.line, bare: true, shown: None }
    }

    /// The error of a token that is out of place.
    pub(super) fn unexpected(&self, token: &Token, expected: Option<&str>) -> SyntaxError {
        if flavour::is_bash() {
            return self.bash_unexpected(token);
        }
        let message = flavour::current().unexpected(&token.describe(), expected);
        SyntaxError { message, line: self.input.line, bare: false, shown: None }
    }
}

/// A compound command with redirections. Behind braces around nothing but a subshell they are the subshell's, in place
/// of those it had, as in BusyBox.
fn redirected(body: Command, redirects: Vec<Redirect>, line: u32) -> Command {
    let mut inner = &body;
    while let Command::Group(next) = inner {
        inner = next;
    }
    if !matches!(inner, Command::Subshell { .. }) || flavour::is_bash() {
        return Command::Redirected { body: Box::new(body), redirects, line };
    }
    let mut inner = body;
    while let Command::Group(next) = inner {
        inner = *next;
    }
    match inner {
        Command::Subshell { body, line, .. } => Command::Subshell { body, redirects, line },
        other => other,
    }
}

fn sequence(mut commands: Vec<Command>) -> Command {
    match commands.pop() {
        Some(only) if commands.is_empty() => only,
        last => {
            commands.extend(last);
            Command::Sequence(commands)
        }
    }
}

/// Whether the words so far are an unfinished `[[ … ]]`, in which `&&` and `||` are words.
fn in_condition(words: &[Word]) -> bool {
    flavour::is_extended()
        && words.first().is_some_and(|first| first.plain() == Some(b"[["))
        && words.last().is_some_and(|last| last.plain() != Some(b"]]"))
}

fn ends_list(token: &Token) -> bool {
    matches!(
        token,
        Token::End
            | Token::Close
            | Token::DoubleSemicolon
            | Token::FallThrough
            | Token::TestNext
            | Token::Keyword(
                Keyword::Do
                    | Keyword::Done
                    | Keyword::Elif
                    | Keyword::Else
                    | Keyword::Esac
                    | Keyword::Fi
                    | Keyword::Then
                    | Keyword::End
            )
    )
}

/// Splits `name=value` off a word that is an assignment.
pub(crate) fn as_assignment(word: &Word) -> Option<Assignment> {
    if let Some((Part::Target(name, target), rest)) = word.0.split_first() {
        return Some(Assignment { name: name.clone(), value: Word(rest.to_vec()), target: Some(target.clone()) });
    }
    let (Part::Literal(text), rest) = word.0.split_first()? else { return None };
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let name = text.get(..equals).filter(|name| is_name(name))?;
    let value = text.get(equals + 1..)?;
    let first = (!value.is_empty()).then(|| Part::Literal(value.into()));
    let value = Word(first.into_iter().chain(rest.iter().cloned()).collect());
    Some(Assignment { name: name.into(), value, target: None })
}

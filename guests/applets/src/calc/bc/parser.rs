//! Programs of `bc` as trees.

use super::lexer::{Lexer, Token};

/// What can be given a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Variable(Vec<u8>),
    Element(Vec<u8>, Box<Expr>),
    Scale,
    InputBase,
    OutputBase,
    Last,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    Number(Vec<u8>),
    Place(Place),
    Assign(Place, Box<Expr>),
    /// `PLACE OP= EXPR`.
    Update(Place, &'static str, Box<Expr>),
    /// `++PLACE` and so on: by how much, and whether the old value is the result.
    Step(Place, i64, bool),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Call(Vec<u8>, Vec<Expr>),
    /// In parentheses: then even an assignment is shown.
    Group(Box<Expr>),
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    Expr(Expr),
    Text(Vec<u8>),
    Print(Vec<Piece>),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    For(Option<Expr>, Option<Expr>, Option<Expr>, Box<Statement>),
    Block(Vec<Statement>),
    Break,
    Continue,
    Return(Option<Expr>),
    Define(Vec<u8>, Function),
    Quit,
    Limits,
    Nothing,
}

/// A piece of a `print` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Expr(Expr),
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub parameters: Vec<Vec<u8>>,
    /// Variables and arrays of its own.
    pub locals: Vec<Vec<u8>>,
    pub body: Vec<Statement>,
}

/// A diagnostic's text.
type Message = Vec<u8>;
type Result<T> = core::result::Result<T, Message>;

/// Reads a program.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    loops: usize,
    in_function: bool,
    /// What is done about extensions of POSIX.
    extensions: Extensions,
    /// Whether a condition is read, the one place for comparisons that POSIX knows.
    in_condition: bool,
    warnings: Vec<Message>,
}

/// What is done about extensions of POSIX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extensions {
    Taken,
    /// Taken, and told of.
    Told,
    Refused,
}

/// The words of more than one letter that POSIX has.
const POSIX_WORDS: [&[u8]; 13] = [
    b"auto", b"break", b"define", b"for", b"if", b"ibase", b"length", b"obase", b"quit", b"return", b"scale", b"sqrt",
    b"while",
];
/// Those that it has not.
const OTHER_WORDS: [&[u8]; 7] = [b"continue", b"else", b"halt", b"last", b"limits", b"print", b"read"];

/// Operators by how strongly they bind, the weakest first; those of one line from left to right.
const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

/// What is said of a function that is not defined as it has to be.
const DEFINITION: &[u8] = b"bad function definition";

const UPDATES: [&str; 6] = ["+=", "-=", "*=", "/=", "%=", "^="];

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8], extensions: Extensions) -> Self {
        let mut parser = Self {
            lexer: Lexer::new(text),
            token: Token::End,
            loops: 0,
            in_function: false,
            extensions,
            in_condition: false,
            warnings: Vec::new(),
        };
        parser.advance();
        parser
    }

    /// What has been noticed since the last call and is only told of.
    pub(super) fn take_warnings(&mut self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.warnings)
    }

    /// Meets an extension of POSIX.
    fn extension(&mut self, message: &[u8]) -> Result<()> {
        match self.extensions {
            Extensions::Taken => Ok(()),
            Extensions::Told => {
                self.warnings.push(message.to_vec());
                Ok(())
            }
            Extensions::Refused => Err(message.to_vec()),
        }
    }

    /// What is an extension about a word, or a comment before it.
    fn extension_of(&self, token: &Token) -> Option<Message> {
        if self.lexer.after_comment {
            return Some(b"POSIX does not allow '#' script comments".to_vec());
        }
        match token {
            Token::Name(name) if OTHER_WORDS.contains(&name.as_slice()) => {
                Some([b"POSIX does not allow the '", name.as_slice(), b"' keyword"].concat())
            }
            Token::Name(name) if name.len() > 1 && !POSIX_WORDS.contains(&name.as_slice()) => {
                let rest = self.lexer.rest_of_line();
                Some([b"POSIX only allows one character names; this is bad: '", rest.as_slice(), b"'"].concat())
            }
            Token::Sign(sign @ ("&&" | "||" | "!")) => {
                Some([b"POSIX does not allow boolean operators; this is bad: ", sign.as_bytes()].concat())
            }
            Token::Sign(".") => Some(b"POSIX does not allow '.' as 'last'".to_vec()),
            _ => None,
        }
    }

    /// The line that has been read up to, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.lexer.line()
    }

    /// Whether all has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.lexer.is_at_end()
    }

    fn advance(&mut self) -> Token {
        let mut next = self.lexer.next();
        if self.extensions != Extensions::Taken
            && let Some(message) = self.extension_of(&next)
            && let Err(message) = self.extension(&message)
        {
            next = Token::Refused(message);
        }
        core::mem::replace(&mut self.token, next)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Name(name) if name == word.as_bytes())
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.advance();
        }
        found
    }

    fn fault(&self, what: &[u8]) -> Message {
        match self.token {
            Token::Refused(ref message) => return message.clone(),
            Token::Unknown(byte) => return [b"bad character '", &[byte][..], b"'"].concat(),
            Token::Unterminated(what) => return [b"unterminated ", what.as_bytes()].concat(),
            _ => {}
        }
        [what, b" at '", &self.lexer.rest_of_line(), b"'"].concat()
    }

    fn require(&mut self, sign: &str) -> Result<()> {
        self.require_or(sign, b"bad expression")
    }

    fn require_or(&mut self, sign: &str, what: &[u8]) -> Result<()> {
        if self.take(sign) { Ok(()) } else { Err(self.fault(what)) }
    }

    fn skip_newlines(&mut self) {
        while self.token == Token::Newline {
            self.advance();
        }
    }

    /// The next statement of the program; `None` at its end.
    pub(super) fn next_statement(&mut self) -> Result<Option<Statement>> {
        while self.token == Token::Newline || self.is(";") {
            self.advance();
        }
        if self.token == Token::End {
            return Ok(None);
        }
        let statement = if self.is_word("define") { self.definition()? } else { self.statement()? };
        self.terminator()?;
        Ok(Some(statement))
    }

    fn terminator(&mut self) -> Result<()> {
        if self.token == Token::Newline || self.take(";") || self.token == Token::End || self.is("}") {
            return Ok(());
        }
        if matches!(self.token, Token::Number(_) | Token::Name(_)) && !self.starts_after_block() {
            return Err(self.fault(b"bad expression"));
        }
        let assigns = matches!(self.token, Token::Sign(sign) if sign == "=" || UPDATES.contains(&sign));
        if assigns {
            return Err(self.fault(b"bad assignment: left side must be variable or array element"));
        }
        Err(self.fault(b"bad statement terminator"))
    }

    /// Whether what was read last ended with a brace or a string, behind which nothing can go on.
    fn starts_after_block(&self) -> bool {
        self.lexer.follows(b'}') || self.lexer.follows(b'"')
    }

    fn definition(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.defined_name()?;
        self.require_or("(", DEFINITION)?;
        let parameters = self.names(")")?;
        self.require_or(")", DEFINITION)?;
        if self.token == Token::Newline {
            self.extension(b"POSIX requires the left brace be on the same line as the function header")?;
        }
        self.skip_newlines();
        if !self.take("{") {
            return Err(b"function { body } expected".to_vec());
        }
        self.skip_newlines();
        let mut locals = Vec::new();
        if self.is_word("auto") {
            self.advance();
            locals = self.names(";")?;
            if self.token != Token::Newline {
                self.require_or(";", DEFINITION)?;
            }
        }
        let outer = core::mem::replace(&mut self.in_function, true);
        let body = self.block_rest();
        self.in_function = outer;
        Ok(Statement::Define(name, Function { parameters, locals, body: body? }))
    }

    /// A name, as a definition needs one here.
    fn defined_name(&mut self) -> Result<Vec<u8>> {
        let Token::Name(name) = &self.token else { return Err(self.fault(DEFINITION)) };
        let name = name.clone();
        self.advance();
        Ok(name)
    }

    /// Names with commas between them; `[]` behind one makes it an array, which is kept apart by that.
    fn names(&mut self, end: &str) -> Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        while !self.is(end) && self.token != Token::Newline {
            let mut name = self.defined_name()?;
            if self.take("[") {
                self.require_or("]", DEFINITION)?;
                name.extend_from_slice(b"[]");
            }
            names.push(name);
            if !self.take(",") {
                break;
            }
        }
        Ok(names)
    }

    /// The statements up to the closing brace.
    fn block_rest(&mut self) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.token == Token::Newline || self.is(";") {
                self.advance();
            }
            if self.take("}") {
                return Ok(statements);
            }
            if self.token == Token::End {
                return Err(self.fault(b"bad token"));
            }
            statements.push(self.statement()?);
            self.terminator()?;
        }
    }

    fn body(&mut self) -> Result<Box<Statement>> {
        self.skip_newlines();
        self.loops += 1;
        let body = self.statement();
        self.loops -= 1;
        Ok(Box::new(body?))
    }

    fn statement(&mut self) -> Result<Statement> {
        match &self.token {
            Token::Text(text) => {
                let text = text.clone();
                self.advance();
                return Ok(Statement::Text(text));
            }
            Token::Sign("{") => {
                self.advance();
                return self.block_rest().map(Statement::Block);
            }
            Token::Sign(";") => return Ok(Statement::Nothing),
            Token::Sign("(" | "-" | "!" | "++" | "--" | ".") => {}
            Token::Sign(_) => return Err(self.fault(b"bad token")),
            Token::Name(name) => {
                let name = name.clone();
                if let Some(statement) = self.keyword(&name)? {
                    return Ok(statement);
                }
            }
            _ => {}
        }
        self.expression().map(Statement::Expr)
    }

    /// The statement that a word begins, if it does.
    fn keyword(&mut self, word: &[u8]) -> Result<Option<Statement>> {
        let at = self.fault(b"bad token");
        Ok(Some(match word {
            b"quit" | b"halt" => {
                self.advance();
                Statement::Quit
            }
            b"limits" => {
                self.advance();
                Statement::Limits
            }
            b"break" | b"continue" if self.loops == 0 => return Err(at),
            b"break" => {
                self.advance();
                Statement::Break
            }
            b"continue" => {
                self.advance();
                Statement::Continue
            }
            b"else" | b"auto" => return Err(at),
            b"return" => {
                if !self.in_function {
                    return Err(b"'return' not in a function".to_vec());
                }
                self.advance();
                let ends = matches!(self.token, Token::Newline | Token::End) || self.is(";") || self.is("}");
                let grouped = self.is("(");
                let value = if ends { None } else { Some(self.expression()?) };
                if !ends && !grouped {
                    self.extension(b"POSIX requires parentheses around return expressions")?;
                }
                Statement::Return(value)
            }
            b"print" => {
                self.advance();
                let mut pieces = Vec::new();
                loop {
                    pieces.push(match &self.token {
                        Token::Text(text) => {
                            let text = text.clone();
                            self.advance();
                            Piece::Text(text)
                        }
                        _ => Piece::Expr(self.expression()?),
                    });
                    if !self.take(",") {
                        break;
                    }
                }
                Statement::Print(pieces)
            }
            b"if" => {
                self.advance();
                self.require_or("(", b"bad token")?;
                let condition = self.condition()?;
                self.require_or(")", b"bad token")?;
                self.skip_newlines();
                let then = self.statement()?;
                let mut other = None;
                if self.is_word("else") {
                    self.advance();
                    self.skip_newlines();
                    other = Some(Box::new(self.statement()?));
                }
                Statement::If(condition, Box::new(then), other)
            }
            b"while" => {
                self.advance();
                self.require_or("(", b"bad token")?;
                let condition = self.condition()?;
                self.require_or(")", b"bad token")?;
                Statement::While(condition, self.body()?)
            }
            b"for" => {
                self.advance();
                self.require_or("(", b"bad token")?;
                let part = |parser: &mut Self, end: &str, what: &str| {
                    let part = if parser.is(end) { None } else { Some(parser.condition()?) };
                    if part.is_none() {
                        let message = format!("POSIX does not allow an empty {what} expression in 'for()'");
                        parser.extension(message.as_bytes())?;
                    }
                    parser.require(end)?;
                    Ok::<_, Message>(part)
                };
                let (first, condition) = (part(self, ";", "init")?, part(self, ";", "condition")?);
                let step = part(self, ")", "update")?;
                Statement::For(first, condition, step, self.body()?)
            }
            _ => return Ok(None),
        }))
    }

    fn condition(&mut self) -> Result<Expr> {
        let outer = core::mem::replace(&mut self.in_condition, true);
        let condition = self.expression();
        self.in_condition = outer;
        condition
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.level(0)
    }

    fn level(&mut self, level: usize) -> Result<Expr> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        // Negation of a condition binds more weakly than the comparisons.
        let mut left = if level == 2 && self.is("!") {
            self.advance();
            Expr::Not(Box::new(self.level(2)?))
        } else {
            self.level(level + 1)?
        };
        while let Token::Sign(sign) = self.token
            && operators.contains(&sign)
        {
            if level == 2 && !self.in_condition {
                self.extension(b"POSIX does not allow comparison operators outside if or loops")?;
            }
            self.advance();
            let right = self.level(level + 1)?;
            left = Expr::Binary(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr> {
        let base = self.signed()?;
        if self.take("^") {
            // From right to left, and a minus belongs to the exponent.
            let exponent = self.unary()?;
            return Ok(Expr::Binary("^", Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    /// An operand, with signs that bind more strongly than a power.
    fn signed(&mut self) -> Result<Expr> {
        if self.take("-") {
            return Ok(Expr::Negate(Box::new(self.signed()?)));
        }
        if self.take("!") {
            return Ok(Expr::Not(Box::new(self.signed()?)));
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<Expr> {
        for (sign, by) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                if !matches!(self.token, Token::Name(_)) && !self.is(".") {
                    return Err(self.fault(b"bad token"));
                }
                return match self.operand()? {
                    Expr::Place(place) => Ok(Expr::Step(place, by, false)),
                    _ => Err(self.fault(b"bad expression")),
                };
            }
        }
        let fault = match self.token {
            // Two operators in a row are told of at the end.
            Token::Sign(sign) if sign == "^" || LEVELS.concat().contains(&sign) => b"bad expression at ''".to_vec(),
            _ => self.fault(b"bad expression"),
        };
        match self.advance() {
            Token::Number(digits) => {
                if self.is("++") || self.is("--") {
                    self.advance();
                    return Err(self.fault(b"bad token"));
                }
                Ok(Expr::Number(digits))
            }
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.require(")")?;
                Ok(Expr::Group(Box::new(inner)))
            }
            Token::Sign(".") => self.placed(Place::Last),
            Token::Name(name) => self.named(name),
            _ => Err(fault),
        }
    }

    fn named(&mut self, name: Vec<u8>) -> Result<Expr> {
        match name.as_slice() {
            b"last" => return self.placed(Place::Last),
            b"ibase" => return self.placed(Place::InputBase),
            b"obase" => return self.placed(Place::OutputBase),
            b"scale" if !self.is("(") => return self.placed(Place::Scale),
            b"read" => {
                self.require("(")?;
                self.require(")")?;
                return Ok(Expr::Call(name, Vec::new()));
            }
            _ => {}
        }
        let builtin = matches!(name.as_slice(), b"length" | b"sqrt" | b"scale");
        if builtin && !self.is("(") {
            return Err(self.fault(b"bad token"));
        }
        if self.take("(") {
            let mut arguments = Vec::new();
            while builtin && arguments.is_empty() || !self.is(")") {
                arguments.push(self.expression()?);
                if !self.take(",") {
                    break;
                }
            }
            self.require(")")?;
            return Ok(Expr::Call(name, arguments));
        }
        if self.take("[") {
            let index = self.expression()?;
            self.require("]")?;
            return self.placed(Place::Element(name, Box::new(index)));
        }
        self.placed(Place::Variable(name))
    }

    /// A place, and what is done with it.
    fn placed(&mut self, place: Place) -> Result<Expr> {
        if self.take("=") {
            return Ok(Expr::Assign(place, Box::new(self.expression()?)));
        }
        for sign in UPDATES {
            if self.take(sign) {
                return Ok(Expr::Update(place, sign, Box::new(self.expression()?)));
            }
        }
        for (sign, by) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                return Ok(Expr::Step(place, by, true));
            }
        }
        Ok(Expr::Place(place))
    }
}

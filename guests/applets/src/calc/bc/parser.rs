//! Reads programs of `bc`.

use super::lexer::{Lexer, Token};
use super::tree::{Expr, Piece, Place, Statement};

/// A diagnostic's text.
pub(super) type Message = Vec<u8>;
pub(super) type Result<T> = core::result::Result<T, Message>;

/// Reads a program.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) token: Token,
    loops: usize,
    pub(super) in_function: bool,
    /// What is done about extensions of POSIX.
    extensions: Extensions,
    /// Whether arguments are read, which may be whole arrays.
    in_arguments: bool,
    /// Whether the expression that is read lacks an operand, and how often it compares; both are told of at its end.
    lacks_operand: bool,
    comparisons: usize,
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

/// Whether a word has a meaning of its own, so that nothing can be called so.
pub(super) fn is_keyword(word: &[u8]) -> bool {
    POSIX_WORDS.contains(&word) || OTHER_WORDS.contains(&word)
}

/// Whether a word begins or divides a statement, so that no operand can begin with it.
fn is_statement(word: &[u8]) -> bool {
    is_keyword(word) && !matches!(word, b"ibase" | b"obase" | b"scale" | b"length" | b"sqrt" | b"last" | b"read")
}

/// Operators by how strongly they bind, the weakest first; those of one line from left to right.
const LEVELS: [&[&str]; 4] = [&["||", "&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

/// The level of comparisons, and that of sums: comparisons bind more weakly than an assignment.
const COMPARISON: usize = 1;
const SUM: usize = 2;

/// The level of a binary operator.
fn level_of(sign: &str) -> Option<usize> {
    LEVELS.iter().position(|operators| operators.contains(&sign))
}

const UPDATES: [&str; 6] = ["+=", "-=", "*=", "/=", "%=", "^="];

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8], extensions: Extensions) -> Self {
        let mut parser = Self {
            lexer: Lexer::new(text),
            token: Token::End,
            loops: 0,
            in_function: false,
            extensions,
            in_arguments: false,
            lacks_operand: false,
            comparisons: 0,
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
    pub(super) fn extension(&mut self, message: &[u8]) -> Result<()> {
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

    pub(super) fn advance(&mut self) -> Token {
        let mut next = self.lexer.next();
        if self.extensions != Extensions::Taken
            && let Some(message) = self.extension_of(&next)
            && let Err(message) = self.extension(&message)
        {
            next = Token::Refused(message);
        }
        core::mem::replace(&mut self.token, next)
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(found) if *found == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Name(name) if name == word.as_bytes())
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn fault(&self, what: &[u8]) -> Message {
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

    pub(super) fn require_or(&mut self, sign: &str, what: &[u8]) -> Result<()> {
        if self.take(sign) { Ok(()) } else { Err(self.fault(what)) }
    }

    pub(super) fn skip_newlines(&mut self) {
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
        let goes_on = match &self.token {
            Token::Number(_) => true,
            Token::Name(name) => !is_statement(name),
            _ => false,
        };
        if goes_on && !self.starts_after_block() {
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

    /// The statements up to the closing brace.
    pub(super) fn block_rest(&mut self) -> Result<Vec<Statement>> {
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
            if self.token == Token::End {
                return Err(self.fault(b"bad statement terminator"));
            }
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
            Token::Sign(_) | Token::End => return Err(self.fault(b"bad token")),
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
                let ends = self.token == Token::Newline || self.is(";") || self.is("}");
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
                    let part = match what {
                        _ if parser.is(end) => None,
                        "condition" => Some(parser.condition()?),
                        _ => Some(parser.expression()?),
                    };
                    if part.is_none() {
                        let message = format!("POSIX does not allow an empty {what} expression in 'for()'");
                        parser.extension(message.as_bytes())?;
                    }
                    parser.require_or(end, b"bad token")?;
                    Ok::<_, Message>(part)
                };
                let (first, condition) = (part(self, ";", "init")?, part(self, ";", "condition")?);
                let step = part(self, ")", "update")?;
                Statement::For(first, condition, step, self.body()?)
            }
            _ => return Ok(None),
        }))
    }

    /// A condition, the one place for comparisons that POSIX knows.
    fn condition(&mut self) -> Result<Expr> {
        self.whole(1, b"POSIX requires exactly one comparison operator per condition")
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.whole(0, b"POSIX does not allow comparison operators outside if or loops")
    }

    /// An expression in which POSIX allows so many comparisons, and what is said where there are more.
    fn whole(&mut self, comparisons: usize, message: &[u8]) -> Result<Expr> {
        let outer = (core::mem::take(&mut self.lacks_operand), core::mem::take(&mut self.comparisons));
        let expr = self.level(0)?;
        if self.lacks_operand || matches!(self.token, Token::Refused(_)) {
            return Err(self.fault(b"bad expression"));
        }
        if self.comparisons > comparisons {
            self.extension(message)?;
        }
        (self.lacks_operand, self.comparisons) = outer;
        Ok(expr)
    }

    /// An expression of operators that bind at least as strongly as those of a level.
    fn level(&mut self, lowest: usize) -> Result<Expr> {
        // Negation of a condition binds more weakly than the comparisons.
        let mut left = if lowest <= COMPARISON && self.is("!") {
            self.advance();
            Expr::Not(Box::new(self.level(COMPARISON)?))
        } else {
            self.unary()?
        };
        while let Token::Sign(sign) = self.token
            && let Some(level) = level_of(sign)
            && level >= lowest
        {
            self.comparisons += usize::from(level == COMPARISON);
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
        if let Token::Sign(sign) = self.token
            && (sign == "^" || level_of(sign).is_some())
        {
            self.lacks_operand = true;
            self.advance();
            return self.unary();
        }
        let is_operand = match &self.token {
            Token::Number(_) | Token::Sign("(" | ".") => true,
            Token::Name(name) => !is_statement(name),
            _ => false,
        };
        if !is_operand {
            return Err(self.fault(b"bad expression"));
        }
        match self.advance() {
            Token::Number(digits) => {
                if self.is("++") || self.is("--") {
                    self.advance();
                    return Err(self.fault(b"bad token"));
                }
                Ok(Expr::Number(digits))
            }
            Token::Sign("(") => {
                let inner = self.level(0)?;
                self.require(")")?;
                Ok(Expr::Group(Box::new(inner)))
            }
            Token::Sign(".") => self.placed(Place::Last),
            Token::Name(name) => self.named(name),
            _ => Err(self.fault(b"bad expression")),
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
            let outer = core::mem::replace(&mut self.in_arguments, name != b"scale");
            let arguments = self.arguments(builtin);
            self.in_arguments = outer;
            return Ok(Expr::Call(name, arguments?));
        }
        if self.take("[") {
            if self.in_arguments && self.take("]") {
                return Ok(Expr::Array(name));
            }
            let index = self.expression()?;
            // An index that the text ends in is whole.
            if self.token != Token::End {
                self.require("]")?;
            }
            return self.placed(Place::Element(name, Box::new(index)));
        }
        self.placed(Place::Variable(name))
    }

    /// Arguments up to the closing parenthesis; a built-in function has at least one.
    fn arguments(&mut self, builtin: bool) -> Result<Vec<Expr>> {
        let mut arguments = Vec::new();
        if builtin || !self.is(")") {
            arguments.push(self.expression()?);
            while self.take(",") {
                arguments.push(self.expression()?);
            }
        }
        self.require_or(")", b"bad token")?;
        Ok(arguments)
    }

    /// A place, and what is done with it.
    fn placed(&mut self, place: Place) -> Result<Expr> {
        if self.take("=") {
            return Ok(Expr::Assign(place, Box::new(self.level(SUM)?)));
        }
        for sign in UPDATES {
            if self.take(sign) {
                return Ok(Expr::Update(place, sign, Box::new(self.level(SUM)?)));
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

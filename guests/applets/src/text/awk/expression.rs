//! Reads expressions.

use std::rc::Rc;

use super::ast::{Arithmetic, Builtin, Comparison, Expr, LineSource, Name, Pattern};
use super::flavour;
use super::lexer::{Keyword, SyntaxError, Token};
use super::parser::{Parser, Result, Within};

impl Parser<'_> {
    /// Expressions with commas between them.
    pub(super) fn list(&mut self) -> Result<Vec<Expr>> {
        let mut list = vec![self.expression()?];
        while self.take(&Token::Comma)? {
            self.skip_newlines()?;
            list.push(self.expression()?);
        }
        Ok(list)
    }

    /// An expression, or several, in parentheses or brackets.
    pub(super) fn enclosed(&mut self) -> Result<Expr> {
        let outer = core::mem::replace(&mut self.within, Within::Anything);
        let value = self.sequence()?;
        self.within = outer;
        Ok(value)
    }

    /// An expression, or several with commas between them, which make one string.
    pub(super) fn sequence(&mut self) -> Result<Expr> {
        let mut list = self.list()?;
        match list.pop() {
            Some(only) if list.is_empty() => Ok(only),
            last => {
                list.extend(last);
                Ok(Expr::Joined(list))
            }
        }
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        let left = self.choice()?;
        let operator = match self.token {
            Token::Assign => None,
            Token::Update(operator) => Some(operator),
            _ => return Ok(left),
        };
        if !left.is_place() {
            return Err(SyntaxError::Token);
        }
        self.operator()?;
        let right = Box::new(self.expression()?);
        let left = Box::new(left);
        Ok(match operator {
            None => Expr::Assign(left, right),
            Some(operator) => Expr::Update(operator, left, right),
        })
    }

    /// Takes an operator, behind which a line may end.
    fn operator(&mut self) -> Result<()> {
        self.advance()?;
        self.skip_newlines()
    }

    fn choice(&mut self) -> Result<Expr> {
        let condition = self.or()?;
        if self.token != Token::Question {
            return Ok(condition);
        }
        self.operator()?;
        let yes = self.expression()?;
        if self.token != Token::Colon {
            return Err(SyntaxError::Token);
        }
        self.operator()?;
        let no = self.expression()?;
        Ok(Expr::Choose(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn or(&mut self) -> Result<Expr> {
        let mut left = self.and()?;
        while self.token == Token::Or {
            if self.within == Within::Print {
                // Its first half is taken for the redirection.
                return Err(SyntaxError::Token);
            }
            self.operator()?;
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.membership()?;
        while self.token == Token::And {
            self.operator()?;
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Result<Expr> {
        let mut left = self.matching()?;
        while self.token == Token::Keyword(Keyword::In) {
            self.operator()?;
            // Anything may stand there; what is no name has no elements.
            let array = match self.token.clone() {
                Token::Name(name) => self.names.array(self.program, &name),
                Token::Number(_) => self.names.array(self.program, b""),
                _ => return Err(SyntaxError::Token),
            };
            self.advance()?;
            left = Expr::In(Box::new(left), array);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<Expr> {
        let mut left = self.comparison()?;
        while matches!(self.token, Token::Match | Token::NoMatch) {
            let negated = self.token == Token::NoMatch;
            self.operator()?;
            let pattern = pattern(self.comparison()?);
            left = Expr::Matches { text: Box::new(left), pattern, negated };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr> {
        let mut left = self.piped()?;
        while let Token::Compare(comparison) = self.token {
            if self.within == Within::Print && !self.behind_length {
                match comparison {
                    Comparison::Greater => break,
                    // Its first half is taken for the redirection.
                    Comparison::GreaterOrEqual => return Err(SyntaxError::Token),
                    _ => {}
                }
            }
            self.operator()?;
            left = Expr::Compare(comparison, Box::new(left), Box::new(self.piped()?));
        }
        Ok(left)
    }

    /// `command | getline`.
    fn piped(&mut self) -> Result<Expr> {
        let mut left = self.concatenation()?;
        while self.token == Token::Pipe && self.within != Within::Print {
            self.operator()?;
            if !self.take_keyword(Keyword::Getline)? {
                return Err(SyntaxError::Token);
            }
            let place = self.line_place()?;
            left = Expr::Getline(LineSource::Command(Box::new(left)), place);
            left = self.concatenation_from(left)?;
        }
        Ok(left)
    }

    fn concatenation(&mut self) -> Result<Expr> {
        let first = self.additive()?;
        self.concatenation_from(first)
    }

    /// The concatenation that begins with `first`.
    fn concatenation_from(&mut self, first: Expr) -> Result<Expr> {
        if !self.starts_operand() {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.starts_operand() {
            parts.push(self.additive()?);
        }
        Ok(Expr::Concat(parts))
    }

    fn starts_operand(&self) -> bool {
        matches!(
            self.token,
            Token::Number(_)
                | Token::Text(_)
                | Token::Name(_)
                | Token::Called(_)
                | Token::Builtin(_)
                | Token::Keyword(Keyword::Getline)
                | Token::Dollar
                | Token::Not
                | Token::LeftParen
                | Token::Increment
                | Token::Decrement
        )
    }

    fn additive(&mut self) -> Result<Expr> {
        let mut left = self.multiplicative()?;
        while let Token::Operator(operator @ (Arithmetic::Add | Arithmetic::Subtract)) = self.token {
            self.operator()?;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.multiplicative()?));
        }
        Ok(left)
    }

    fn multiplicative(&mut self) -> Result<Expr> {
        let mut left = self.unary()?;
        while let Token::Operator(operator @ (Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder)) =
            self.token
        {
            self.operator()?;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr> {
        let wrap: fn(Box<Expr>) -> Expr = match self.token {
            Token::Operator(Arithmetic::Subtract) => Expr::Negate,
            Token::Operator(Arithmetic::Add) => Expr::Plus,
            Token::Not => Expr::Not,
            _ => return self.power(),
        };
        self.advance()?;
        Ok(wrap(Box::new(self.unary()?)))
    }

    fn power(&mut self) -> Result<Expr> {
        let base = self.stepped()?;
        if self.token != Token::Operator(Arithmetic::Power) {
            return Ok(base);
        }
        self.operator()?;
        // The exponent may have a sign, and groups to the right.
        Ok(Expr::Arithmetic(Arithmetic::Power, Box::new(base), Box::new(self.unary()?)))
    }

    /// An operand with `++` or `--` before or behind it.
    fn stepped(&mut self) -> Result<Expr> {
        let prefix = self.step();
        if let Some(by) = prefix {
            self.advance()?;
            let (place, _) = self.operand()?;
            return if place.is_place() {
                Ok(Expr::Step { place: Box::new(place), by, prefix: true })
            } else {
                Err(SyntaxError::Token)
            };
        }
        let (operand, steps) = self.operand()?;
        match self.step() {
            Some(by) if steps && operand.is_place() => {
                self.advance()?;
                if self.step().is_some() {
                    return Err(SyntaxError::Token);
                }
                Ok(Expr::Step { place: Box::new(operand), by, prefix: false })
            }
            _ => Ok(operand),
        }
    }

    fn step(&self) -> Option<f64> {
        match self.token {
            Token::Increment => Some(1.0),
            Token::Decrement => Some(-1.0),
            _ => None,
        }
    }

    /// An operand, and whether a step can stand behind it: not right behind a number.
    fn operand(&mut self) -> Result<(Expr, bool)> {
        let token = core::mem::replace(&mut self.token, Token::Newline);
        match token {
            Token::Dollar => {
                self.advance()?;
                let (index, steps) = self.field_index()?;
                Ok((Expr::Field(Box::new(index)), steps))
            }
            Token::Number(number) => {
                self.advance()?;
                Ok((Expr::Number(number), false))
            }
            Token::Operator(Arithmetic::Divide) | Token::Update(Arithmetic::Divide) => {
                let source = self.lexer.regex()?;
                self.program.patterns.push(source);
                self.advance()?;
                if self.token == Token::Operator(Arithmetic::Divide) {
                    return Err(SyntaxError::Token);
                }
                Ok((Expr::Regex(self.program.patterns.len() - 1), false))
            }
            Token::Text(text) => {
                self.advance()?;
                Ok((Expr::Text(Rc::from(text)), false))
            }
            Token::LeftParen => {
                self.advance()?;
                let inner = self.enclosed()?;
                self.require(&Token::RightParen)?;
                Ok((inner, true))
            }
            Token::Name(name) => {
                self.advance()?;
                Ok((self.variable(&name)?, true))
            }
            Token::Called(name) => {
                self.advance()?;
                Ok((self.call(&name)?, false))
            }
            Token::Builtin(builtin) => {
                self.advance()?;
                Ok((self.builtin(builtin)?, false))
            }
            Token::Keyword(Keyword::Getline) => {
                self.advance()?;
                Ok((self.getline()?, false))
            }
            _ => Err(SyntaxError::Token),
        }
    }

    /// What stands behind `$`.
    fn field_index(&mut self) -> Result<(Expr, bool)> {
        match self.token {
            Token::Operator(Arithmetic::Subtract) => {
                self.advance()?;
                let (operand, steps) = self.field_index()?;
                Ok((Expr::Negate(Box::new(operand)), steps))
            }
            Token::Increment | Token::Decrement => self.stepped().map(|index| (index, true)),
            _ => self.operand(),
        }
    }

    fn variable(&mut self, name: &[u8]) -> Result<Expr> {
        if self.token == Token::LeftBracket {
            let array = self.names.array(self.program, name);
            return self.subscript(array);
        }
        if name == b"NF" && !self.names.is_parameter(name) {
            return Ok(Expr::FieldCount);
        }
        Ok(Expr::Variable(self.names.variable(self.program, name)))
    }

    fn subscript(&mut self, array: Name) -> Result<Expr> {
        self.advance()?;
        let key = if self.token == Token::RightBracket { Expr::Joined(Vec::new()) } else { self.enclosed()? };
        self.require(&Token::RightBracket)?;
        if self.token == Token::LeftBracket {
            return Err(SyntaxError::Token);
        }
        Ok(Expr::Element(array, Box::new(key)))
    }

    /// Arguments in parentheses.
    fn arguments(&mut self) -> Result<Vec<Expr>> {
        self.require(&Token::LeftParen)?;
        let outer = core::mem::replace(&mut self.within, Within::Anything);
        let list = if self.token == Token::RightParen { Vec::new() } else { self.list()? };
        self.within = outer;
        self.require(&Token::RightParen)?;
        Ok(list)
    }

    fn call(&mut self, name: &[u8]) -> Result<Expr> {
        let arguments = self.arguments()?;
        let function = self.names.function(self.program, name);
        self.names.note_call(function, &arguments);
        Ok(Expr::Call(function, arguments))
    }

    fn builtin(&mut self, builtin: Builtin) -> Result<Expr> {
        let arguments = match self.token {
            Token::LeftParen => self.arguments()?,
            _ if builtin == Builtin::Length => {
                // Few tokens may stand there.
                let wrong = matches!(
                    self.token,
                    Token::RightParen
                        | Token::RightBracket
                        | Token::LeftBrace
                        | Token::Dollar
                        | Token::Keyword(Keyword::In)
                        | Token::End
                );
                if wrong {
                    return Err(SyntaxError::Token);
                }
                self.behind_length = true;
                Vec::new()
            }
            _ => return Err(SyntaxError::Token),
        };
        let count = arguments.len();
        if flavour::is_mawk() && (count < super::builtin::least(builtin) || count > super::mawk::most(builtin)) {
            return Err(SyntaxError::Arguments(super::lexer::name_of(builtin)));
        }
        if let (Builtin::Split, Some(Expr::Variable(name))) = (builtin, arguments.get(1)) {
            self.names.note_array(*name);
        }
        Ok(Expr::Builtin(builtin, arguments))
    }

    fn getline(&mut self) -> Result<Expr> {
        let place = self.line_place()?;
        if self.token != Token::Compare(Comparison::Less) {
            return Ok(Expr::Getline(LineSource::Main, place));
        }
        self.operator()?;
        let file = self.concatenation()?;
        Ok(Expr::Getline(LineSource::File(Box::new(file)), place))
    }

    /// The variable behind `getline`.
    fn line_place(&mut self) -> Result<Option<Box<Expr>>> {
        if !matches!(self.token, Token::Name(_) | Token::Dollar) {
            return Ok(None);
        }
        self.operand().map(|(place, _)| Some(Box::new(place)))
    }
}

/// The right side of a match.
fn pattern(expr: Expr) -> Pattern {
    match expr {
        Expr::Regex(number) => Pattern::Literal(number),
        expr => Pattern::Computed(Box::new(expr)),
    }
}

//! Definitions of functions.

use super::lexer::Token;
use super::parser::{Parser, Result, is_keyword};
use super::tree::{Function, Kind, Own, Statement};

/// What is said of a function that is not defined as it has to be.
const DEFINITION: &[u8] = b"bad function definition";
/// What is said of the names of its own.
const AUTO: &[u8] = b"bad 'auto' syntax";

impl Parser<'_> {
    /// A definition, from its first word on.
    pub(super) fn definition(&mut self) -> Result<Statement> {
        self.advance();
        let mut name = self.defined_name(DEFINITION)?;
        let void = name == b"void" && matches!(self.token, Token::Name(_));
        if void {
            name = self.defined_name(DEFINITION)?;
        }
        self.require_or("(", DEFINITION)?;
        let mut own = Vec::new();
        if !self.is(")") {
            self.names(&mut own, DEFINITION)?;
        }
        let parameters = own.len();
        self.require_or(")", DEFINITION)?;
        if !self.is("{") {
            self.extension(b"POSIX requires the left brace be on the same line as the function header")?;
        }
        self.skip_newlines();
        if !self.take("{") {
            return Err(b"function { body } expected".to_vec());
        }
        self.skip_newlines();
        if self.is_word("auto") {
            self.advance();
            self.names(&mut own, AUTO)?;
            if self.token != Token::Newline {
                self.require_or(";", AUTO)?;
            }
        }
        let outer = core::mem::replace(&mut self.in_function, true);
        let body = self.block_rest();
        self.in_function = outer;
        let locals = own.split_off(parameters);
        Ok(Statement::Define(name, Function { parameters: own, locals, body: body?, void }))
    }

    /// A name, as a definition needs one here.
    fn defined_name(&mut self, fault: &[u8]) -> Result<Vec<u8>> {
        let name = match &self.token {
            Token::Name(name) if !is_keyword(name) => name.clone(),
            _ => return Err(self.fault(fault)),
        };
        self.advance();
        Ok(name)
    }

    /// Names with commas between them, for what is wrong with which `fault` is said; `[]` behind one makes it an array,
    /// and a star before that the caller's.
    fn names(&mut self, own: &mut Vec<Own>, fault: &[u8]) -> Result<()> {
        loop {
            let reference = fault == DEFINITION && self.take("*");
            let name = self.defined_name(fault)?;
            let mut kind = Kind::Variable;
            if self.take("[") {
                self.require_or("]", fault)?;
                kind = if reference { Kind::Reference } else { Kind::Array };
            } else if reference {
                return Err(self.fault(b"vars can't be references"));
            }
            let is_array = |kind| kind != Kind::Variable;
            if own.iter().any(|other| other.name == name && is_array(other.kind) == is_array(kind)) {
                return Err(b"duplicate function parameter or auto name".to_vec());
            }
            own.push(Own { name, kind });
            if !self.take(",") {
                return Ok(());
            }
        }
    }
}

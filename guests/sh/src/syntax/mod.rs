//! From text to syntax tree.

pub mod ast;
mod bash;
pub mod input;
mod lexer;
mod parser;
mod redirect;
mod token;
pub mod unparse;
mod word;

pub use bash::{is_declaration, resolve_escapes, unparse as unparse_bash};
pub(crate) use parser::as_assignment;
pub use parser::{Line, Parser};
pub use token::is_keyword;

/// A text that is not in the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, as it follows `syntax error: `.
    pub message: String,
    /// The line it was found on.
    pub line: u32,
    /// Whether the text `syntax error: ` is left out.
    pub bare: bool,
    /// The line itself, which bash shows.
    pub shown: Option<Vec<u8>>,
}

/// The result of parsing.
pub type Result<T> = core::result::Result<T, SyntaxError>;

/// Whether the byte can begin a name.
#[must_use]
pub const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Whether the byte can stand in a name.
#[must_use]
pub const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the text is a name: letters, digits and underscores, no digit first.
#[must_use]
pub fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| is_name_start(*byte)) && text.iter().all(|byte| is_name_byte(*byte))
}

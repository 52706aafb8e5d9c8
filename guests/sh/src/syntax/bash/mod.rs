//! What only bash has in its language.

mod assignment;
mod brace;
mod compound;
mod condition;
mod errors;
mod escape;
mod operator;
pub mod unparse;

pub use escape::resolve as resolve_escapes;

use super::ast::Word;

/// Whether a command with these words takes assignments as its arguments.
pub(super) fn declares(words: &[Word]) -> bool {
    let mut names = words.iter().map(Word::plain);
    let first = loop {
        match names.next() {
            Some(Some(b"command" | b"builtin")) => {}
            first => break first.flatten(),
        }
    };
    is_declaration(first.unwrap_or_default())
}

/// Whether the command of this name takes assignments as its arguments.
#[must_use]
pub fn is_declaration(name: &[u8]) -> bool {
    matches!(name, b"declare" | b"typeset" | b"local" | b"export" | b"readonly")
}

//! How bash tells that a text is not in its language.

use crate::flavour;
use crate::syntax::SyntaxError;
use crate::syntax::parser::Parser;
use crate::syntax::token::Token;

/// A token as it is written.
fn written(token: &Token) -> Vec<u8> {
    match token {
        Token::End => Vec::new(),
        Token::Newline => b"newline".to_vec(),
        Token::Redirect(op, _) | Token::NamedRedirect(op, _) => op.text().into(),
        Token::Word(word) => super::unparse::word_text(word),
        Token::Keyword(keyword) => keyword.text().into(),
        operator => operator.describe().trim_matches('"').into(),
    }
}

impl Parser<'_> {
    /// The error of a token that is out of place.
    pub(in crate::syntax) fn bash_unexpected(&self, token: &Token) -> SyntaxError {
        if *token == Token::End {
            let line = self.input.line_at_end();
            return SyntaxError { message: "unexpected end of file".into(), line, bare: false, shown: None };
        }
        let mut error = self.unexpected_text(&String::from_utf8_lossy(&written(token)));
        error.line -= u32::from(*token == Token::Newline);
        error
    }

    /// The error of a text that is out of place.
    pub(in crate::syntax) fn unexpected_text(&self, text: &str) -> SyntaxError {
        let mut error = self.bare(format!("syntax error near unexpected token `{text}'"));
        error.shown = Some(self.input.current_line().to_vec());
        error
    }

    /// The error of what stands in the place of a loop's variable.
    pub(in crate::syntax) fn bad_loop_variable(&self, token: &Token) -> SyntaxError {
        match token {
            Token::Word(word) if flavour::is_bash() => {
                let text = super::unparse::word_text(word);
                self.bare(format!("`{}': not a valid identifier", String::from_utf8_lossy(&text)))
            }
            token if flavour::is_bash() => self.unexpected(token, None),
            _ => self.error("bad for loop variable"),
        }
    }

    /// The error of a redirection to nothing: in bash the text's end is that of a line.
    pub(in crate::syntax) fn no_target(&self, token: &Token) -> SyntaxError {
        match token {
            Token::End if flavour::is_bash() => self.unexpected_text("newline"),
            token => self.unexpected(token, None),
        }
    }

    /// The error of something that the text's end comes before; for other shells with another message.
    pub(in crate::syntax) fn unclosed(&self, end: u8, message: &str) -> SyntaxError {
        if !flavour::is_bash() {
            return self.error(message);
        }
        let mut error = self.bare(format!("unexpected EOF while looking for matching `{}'", char::from(end)));
        error.line = self.opened_line;
        error
    }
}

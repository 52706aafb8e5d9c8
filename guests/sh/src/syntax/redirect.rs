//! Redirections behind commands.

use std::cell::OnceCell;
use std::rc::Rc;

use super::Result;
use super::ast::{FileMode, HereDoc, Part, Redirect, RedirectKind, Word};
use super::lexer::Expect;
use super::parser::Parser;
use super::token::{RedirectOp, Token};
use crate::flavour;

impl Parser<'_> {
    /// The redirections that come next.
    pub(super) fn redirects(&mut self) -> Result<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            match self.peek(Expect::WORD)? {
                Token::Redirect(op, fd) => {
                    self.token(Expect::WORD)?;
                    self.redirect(op, fd, None, &mut redirects)?;
                }
                Token::NamedRedirect(op, name) => {
                    self.token(Expect::WORD)?;
                    self.redirect(op, None, Some(name), &mut redirects)?;
                }
                _ => break,
            }
        }
        if !redirects.is_empty() && !flavour::is_bash() {
            // On the line of a compound command's redirections no reserved word is seen.
            self.mark_word(true);
        }
        Ok(redirects)
    }

    /// Reads the target of a redirection, and adds that to `out`.
    pub(super) fn redirect(
        &mut self,
        op: RedirectOp,
        fd: Option<u32>,
        name: Option<Box<[u8]>>,
        out: &mut Vec<Redirect>,
    ) -> Result<()> {
        self.in_delimiter = matches!(op, RedirectOp::HereDoc | RedirectOp::HereDocTabs);
        self.in_target = true;
        let token = self.token(Expect::WORD);
        self.in_delimiter = false;
        let token = token?;
        let Token::Word(word) = token else { return Err(self.no_target(&token)) };
        let (default_fd, kind) = match op {
            RedirectOp::Read => (0, RedirectKind::File(FileMode::Read, word)),
            RedirectOp::ReadWrite => (0, RedirectKind::File(FileMode::ReadWrite, word)),
            RedirectOp::Write => (1, RedirectKind::File(FileMode::Write, word)),
            RedirectOp::Clobber => (1, RedirectKind::File(FileMode::Clobber, word)),
            RedirectOp::Append => (1, RedirectKind::File(FileMode::Append, word)),
            RedirectOp::AppendBoth => (1, RedirectKind::File(FileMode::AppendBoth, word)),
            RedirectOp::HereString => (0, RedirectKind::HereString(word)),
            RedirectOp::WriteBoth => (1, RedirectKind::File(FileMode::WriteBoth, word)),
            RedirectOp::DupInput => (0, RedirectKind::Dup { output: false, target: word }),
            RedirectOp::DupOutput => (1, RedirectKind::Dup { output: true, target: word }),
            RedirectOp::HereDoc | RedirectOp::HereDocTabs => {
                let document = Rc::new(HereDoc {
                    quoted: word.0.iter().any(|part| !matches!(part, Part::Literal(_))),
                    delimiter: delimiter(&word),
                    strip_tabs: op == RedirectOp::HereDocTabs,
                    body: OnceCell::new(),
                });
                self.pending.push(document.clone());
                (0, RedirectKind::HereDoc(document))
            }
        };
        out.push(Redirect { fd: fd.unwrap_or(default_fd), kind, name });
        Ok(())
    }
}

/// A here-document's delimiter: the word as written, without its quotes.
fn delimiter(word: &Word) -> Box<[u8]> {
    let mut text = Vec::new();
    for part in &word.0 {
        if let Part::Literal(literal) | Part::Quoted(literal) | Part::Escaped(literal) = part {
            text.extend_from_slice(literal);
        }
    }
    text.into()
}

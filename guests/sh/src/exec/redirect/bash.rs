//! Redirections of bash: one after the other, to what is exactly one word, and to descriptors that are free.

use wcr_sys::{Fd, fd};

use super::{Saved, Target};
use crate::exec::descriptors::{PRIVATE, discard};
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::{FileMode, Redirect, RedirectKind, Word};
use crate::syntax::unparse_bash;

impl Shell {
    pub(super) fn redirect_in_bash(&mut self, redirects: &[Redirect]) -> Flow<Option<Vec<Saved>>> {
        let mut saved = Vec::new();
        for redirect in redirects {
            let done = match &redirect.name {
                Some(name) => self.redirect_named(name, redirect),
                None => self.redirect_one(redirect, &mut saved),
            };
            match done {
                Ok(true) => {}
                Ok(false) => {
                    self.undo(saved);
                    return Ok(None);
                }
                Err(unwind) => {
                    self.undo(saved);
                    return Err(unwind);
                }
            }
        }
        self.around.extend_from_slice(&saved);
        Ok(Some(saved))
    }

    /// Where a redirection leads; `None` where that cannot be told, which has been reported.
    fn target_in_bash<'r>(&mut self, redirect: &'r Redirect) -> Flow<Option<(Target<'r>, Option<Fd>)>> {
        Ok(Some(match &redirect.kind {
            RedirectKind::File(mode, word) => match self.one_word(word)? {
                Some(name) => (Target::File(*mode, name), None),
                None => return Ok(None),
            },
            RedirectKind::Dup { output, target } => {
                let Some(name) = self.one_word(target)? else { return Ok(None) };
                let (digits, moves) = match name.strip_suffix(b"-") {
                    Some(digits) => (digits, true),
                    None => (&name[..], false),
                };
                let number =
                    core::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                match number.and_then(|text| text.parse::<Fd>().ok()) {
                    _ if name == b"-" => (Target::Closed, None),
                    Some(from) => (Target::Descriptor(digits.to_vec(), from), moves.then_some(from)),
                    None if *output && redirect.fd == fd::STDOUT => (Target::File(FileMode::WriteBoth, name), None),
                    None => {
                        let text = unparse_bash::word_text(target);
                        self.complain(&[&text[..], b": ambiguous redirect"].concat());
                        return Ok(None);
                    }
                }
            }
            RedirectKind::HereDoc(document) => (Target::Document(document), None),
            RedirectKind::HereString(word) => (Target::Text([&self.expand_string(word)?[..], b"\n"].concat()), None),
        }))
    }

    fn redirect_one(&mut self, redirect: &Redirect, saved: &mut Vec<Saved>) -> Flow<bool> {
        let Some((target, moved)) = self.target_in_bash(redirect)? else { return Ok(false) };
        let done = self.apply(redirect.fd, target, saved)?;
        if let Some(moved) = moved.filter(|moved| done && *moved != redirect.fd) {
            self.save(moved, saved)?;
            discard(moved);
        }
        Ok(done)
    }

    /// `{name}>file`: the descriptor stays open behind the command.
    fn redirect_named(&mut self, name: &[u8], redirect: &Redirect) -> Flow<bool> {
        let Some((target, _)) = self.target_in_bash(redirect)? else { return Ok(false) };
        if let Target::Closed = target {
            let number = self.vars.get(name).as_deref().and_then(crate::builtins::number);
            match number {
                Some(number) => discard(number),
                None => {
                    self.complain(&[name, b": Bad file descriptor"].concat());
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let Some(place) = (PRIVATE..).find(|number| fd::flags(*number).is_err()) else { return Ok(false) };
        // What the place was does not come back: nothing.
        let mut saved = Vec::new();
        let done = self.apply(place, target, &mut saved);
        for saved in saved {
            saved.copy.into_iter().for_each(discard);
        }
        if !done? {
            return Ok(false);
        }
        match self.assign_named(name, place.to_string().into_bytes()) {
            Ok(()) => Ok(true),
            Err(Unwind::Error) => Ok(false),
            Err(unwind) => Err(unwind),
        }
    }

    /// The word where it is exactly one.
    fn one_word(&mut self, word: &Word) -> Flow<Option<Vec<u8>>> {
        let mut fields = Vec::new();
        self.expand_word(word, &mut fields)?;
        match fields.pop() {
            Some(only) if fields.is_empty() => Ok(Some(only)),
            _ => {
                let text = unparse_bash::word_text(word);
                self.complain(&[&text[..], b": ambiguous redirect"].concat());
                Ok(None)
            }
        }
    }
}

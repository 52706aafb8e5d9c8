//! Expansions that only bash has.

mod brace;
mod glob;
mod param;
mod transform;

use crate::bash::shopt::Shopt;
use crate::expand::fields::Field;
use crate::expand::pattern::Style;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::Parser;
use crate::syntax::ast::{FileMode, RedirectKind, Substitution, Word};
use crate::syntax::input::Input;

impl Shell {
    /// How patterns are understood; within `[[ ]]` groups always are.
    pub(crate) fn pattern_style(&self, in_condition: bool) -> Style {
        Style { extended: in_condition || self.shopt(Shopt::ExtGlob), fold: self.shopt(Shopt::NoCaseMatch) }
    }

    /// The words that braces make of one; `None` where there are none.
    pub(crate) fn without_braces(&self, word: &Word) -> Option<Vec<Word>> {
        (brace::has_braces(word) && self.has(Opt::BraceExpand)).then(|| brace::expand(word))
    }

    /// The names of files that a field matches, or the field.
    pub(super) fn glob_in_bash(&mut self, field: Field, out: &mut Vec<Vec<u8>>) -> Flow {
        let style = Style { extended: self.shopt(Shopt::ExtGlob), fold: self.shopt(Shopt::NoCaseGlob) };
        if !field.magic || self.has(Opt::NoGlob) {
            out.push(field.text);
            return Ok(());
        }
        let pattern = field.pattern();
        if !style.has_magic(&pattern) {
            out.push(field.text);
            return Ok(());
        }
        let options = glob::Options { style, dots: self.shopt(Shopt::DotGlob), deep: self.shopt(Shopt::GlobStar) };
        let found = options.glob(&pattern);
        if !found.is_empty() {
            out.extend(found);
        } else if self.shopt(Shopt::FailGlob) {
            return Err(self.fail(&[b"no match: ", &field.text[..]].concat()));
        } else if !self.shopt(Shopt::NullGlob) {
            out.push(field.text);
        }
        Ok(())
    }

    /// A text expanded as the word that it would be in double quotes.
    pub(crate) fn expand_quoted_text(&mut self, text: &[u8]) -> Flow<Vec<u8>> {
        let mut input = Input::text([b"\"", text, b"\""].concat(), self.vars.dynamics.line);
        let parsed = Parser::new(&mut input, &self.aliases, 0).whole_word();
        match parsed {
            Ok(word) => self.expand_text(&word),
            Err(error) => Err(self.fail_syntax(&error)),
        }
    }

    /// What `$(<file)` stands for; `None` where the command is another.
    pub(super) fn file_content(&mut self, substitution: &Substitution) -> Flow<Option<Vec<u8>>> {
        let Some(crate::syntax::ast::Command::Simple(simple)) = &substitution.body else { return Ok(None) };
        let [redirect] = simple.redirects.as_slice() else { return Ok(None) };
        let RedirectKind::File(FileMode::Read, word) = &redirect.kind else { return Ok(None) };
        if !simple.words.is_empty() || !simple.assignments.is_empty() || redirect.fd != 0 {
            return Ok(None);
        }
        let path = self.expand_string(word)?;
        let (text, status) = match wcr_sys::fs::read_file(&path) {
            Ok(text) => (text, 0),
            Err(error) => {
                self.complain(&crate::flavour::Flavour::Bash.cannot_open(&path, false, error));
                (Vec::new(), 1)
            }
        };
        self.substitution_status = Some(status);
        Ok(Some(text))
    }
}

//! `set -x`.

use wcr_sys::{Fd, fd};

use crate::bash::quote;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{Assignment, Command, Word};
use crate::syntax::input::Input;
use crate::syntax::{Parser, is_keyword, unparse_bash};
use crate::vars::single_quoted;

impl Shell {
    /// Writes a command as it runs, after the prompt `PS4`, to the descriptor.
    pub(super) fn trace(&mut self, to: Fd, assignments: &[(Vec<u8>, Vec<u8>)], args: &[Vec<u8>]) -> Flow {
        let mut line = self.trace_prompt();
        let mut first = true;
        for (name, value) in assignments {
            if !core::mem::take(&mut first) {
                line.push(b' ');
            }
            line.extend_from_slice(name);
            line.push(b'=');
            line.extend_from_slice(&quoted(value, false));
        }
        for arg in args {
            if !core::mem::take(&mut first) {
                line.push(b' ');
            }
            line.extend_from_slice(&quoted(arg, true));
        }
        line.push(b'\n');
        let _ = fd::write_all(to, &line);
        Ok(())
    }

    /// Writes a line behind the prompt `PS4`.
    pub(crate) fn trace_line(&mut self, text: &[u8]) {
        let line = [&self.trace_prompt()[..], text, b"\n"].concat();
        let _ = fd::write_all(fd::STDERR, &line);
    }

    /// Writes an assignment as bash does.
    pub(super) fn trace_assignment(&mut self, to: Fd, prompt: Vec<u8>, assignment: &Assignment) {
        let mut text = prompt;
        let value = self.vars.get(&assignment.name).map(std::borrow::Cow::into_owned).unwrap_or_default();
        match &assignment.target {
            None => text.extend_from_slice(&[&assignment.name[..], b"=", &quote::traced(&value)].concat()),
            Some(_) => unparse_bash::assignment(assignment, &mut text),
        }
        text.push(b'\n');
        let _ = fd::write_all(to, &text);
    }

    /// Runs the trap for `DEBUG` before a round of a loop, and traces what bash traces there.
    pub(super) fn trace_round(&mut self, name: &[u8], words: Option<&[Word]>) -> Flow {
        self.debugged(|| heading(name, words))?;
        if self.has(Opt::XTrace) {
            self.trace_line(&heading(name, words));
        }
        Ok(())
    }

    /// The same before a `case`.
    pub(super) fn trace_case(&mut self, command: &Command, word: &Word) -> Flow {
        if !crate::flavour::is_bash() {
            return Ok(());
        }
        self.debugged(|| unparse_bash::command(command))?;
        if self.has(Opt::XTrace) {
            self.trace_line(&[b"case ", &unparse_bash::word_text(word)[..], b" in"].concat());
        }
        Ok(())
    }

    pub(super) fn trace_prompt(&mut self) -> Vec<u8> {
        if crate::flavour::is_bash() {
            return self.trace_prompt_in_bash();
        }
        let Some(prompt) = self.vars.get(b"PS4").map(std::borrow::Cow::into_owned) else { return Vec::new() };
        if !prompt.iter().any(|byte| matches!(byte, b'$' | b'`' | b'\\')) {
            self.behind_end = false;
            return prompt;
        }
        self.expand_prompt(prompt)
    }

    /// The first character stands there once for each level.
    fn trace_prompt_in_bash(&mut self) -> Vec<u8> {
        let prompt = self.vars.get(b"PS4").map(std::borrow::Cow::into_owned).unwrap_or_default();
        let prompt = if prompt.iter().any(|byte| matches!(byte, b'$' | b'`' | b'\\')) {
            self.expand_prompt(prompt)
        } else {
            prompt
        };
        let first = prompt.first().copied();
        let more = first.into_iter().flat_map(|byte| core::iter::repeat_n(byte, self.trace_depth));
        more.chain(prompt.iter().copied()).collect()
    }

    /// Expands a prompt's parameters and substitutions; a prompt that can't be parsed stays as it is, which is reported.
    pub fn expand_prompt(&mut self, prompt: Vec<u8>) -> Vec<u8> {
        let mut input = Input::text(prompt.clone(), self.vars.dynamics.line);
        let mut parser = Parser::new(&mut input, &self.aliases, 0);
        parser.behind_end = core::mem::take(&mut self.behind_end);
        let parsed = parser.prompt();
        let word = match parsed {
            Ok(word) => word,
            Err(error) => {
                let status = self.status;
                self.fail_syntax(&error);
                self.status = status;
                return prompt;
            }
        };
        // Tracing the prompt's own commands would never end.
        let traced = self.has(crate::options::Opt::XTrace);
        self.options.set(crate::options::Opt::XTrace, false);
        let status = self.status;
        let text = self.expand_text(&word).unwrap_or(prompt);
        self.status = status;
        self.options.set(crate::options::Opt::XTrace, traced);
        text
    }
}

/// What a loop begins with.
fn heading(name: &[u8], words: Option<&[Word]>) -> Vec<u8> {
    let mut out = [b"for ", name, b" in"].concat();
    match words {
        Some(words) => {
            words.iter().for_each(|word| out.extend_from_slice(&[b" ", &unparse_bash::word_text(word)[..]].concat()))
        }
        None => out.extend_from_slice(b" \"$@\""),
    }
    out
}

/// The text as it could be typed: quoted when it holds anything special, and as a `word` when it is a keyword.
fn quoted(text: &[u8], word: bool) -> Vec<u8> {
    match crate::flavour::current() {
        crate::flavour::Flavour::Dash => return text.to_vec(),
        crate::flavour::Flavour::Bash if text.is_empty() => return b"''".to_vec(),
        crate::flavour::Flavour::Bash => return quote::traced(text),
        crate::flavour::Flavour::Ash => {}
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_^@,./:]-+".contains(byte);
    if text.iter().all(plain) && !(word && is_keyword(text)) { text.to_vec() } else { single_quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_what_is_special_is_quoted() {
        for (text, expected) in [("a-b", "a-b"), ("", ""), ("a b", "'a b'"), ("[", "'['"), ("]", "]"), ("if", "'if'")] {
            assert_eq!(quoted(text.as_bytes(), true), expected.as_bytes());
        }
        assert_eq!(quoted(b"if", false), b"if");
    }
}

//! `set -x`.

use wcr_sys::{Fd, fd};

use crate::shell::{Flow, Shell};
use crate::syntax::input::Input;
use crate::syntax::{Parser, is_keyword};
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
            line.extend_from_slice(&quoted(value));
        }
        for arg in args {
            if !core::mem::take(&mut first) {
                line.push(b' ');
            }
            line.extend_from_slice(&quoted(arg));
        }
        line.push(b'\n');
        let _ = fd::write_all(to, &line);
        Ok(())
    }

    fn trace_prompt(&mut self) -> Vec<u8> {
        let Some(prompt) = self.vars.get(b"PS4").map(std::borrow::Cow::into_owned) else { return Vec::new() };
        if !prompt.iter().any(|byte| matches!(byte, b'$' | b'`' | b'\\')) {
            self.behind_end = false;
            return prompt;
        }
        self.expand_prompt(prompt)
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

/// The text as it could be typed: quoted when it holds anything special.
fn quoted(text: &[u8]) -> Vec<u8> {
    if crate::flavour::is_dash() {
        return text.to_vec();
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_^@,./:]-+".contains(byte);
    if text.iter().all(plain) && !is_keyword(text) { text.to_vec() } else { single_quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_what_is_special_is_quoted() {
        for (text, expected) in [("a-b", "a-b"), ("", ""), ("a b", "'a b'"), ("[", "'['"), ("]", "]"), ("if", "'if'")] {
            assert_eq!(quoted(text.as_bytes()), expected.as_bytes());
        }
    }
}

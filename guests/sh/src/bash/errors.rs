//! How bash reports what is wrong.

use wcr_sys::fd;

use crate::options::Opt;
use crate::shell::{Shell, Unwind};
use crate::syntax::SyntaxError;

impl Shell {
    /// What diagnostics begin with: the file that the commands come from.
    fn origin(&self) -> Vec<u8> {
        let calls = &self.vars.dynamics.calls;
        match calls.frames.last() {
            Some(frame) if !self.has(Opt::Interactive) => frame.file.to_vec(),
            _ => self.arg0.to_vec(),
        }
    }

    /// The beginning of a diagnostic about a line.
    pub(crate) fn bash_prefix(&self, line: u32) -> Vec<u8> {
        let mut text = self.origin();
        text.extend_from_slice(b": ");
        if !self.has(Opt::Interactive) || self.in_file {
            text.extend_from_slice(format!("line {line}: ").as_bytes());
        }
        if let Some(name) = self.command_name.as_ref().filter(|name| ***name != *self.arg0) {
            text.extend_from_slice(name);
            text.extend_from_slice(b": ");
        }
        text
    }

    /// Reports a text that is not in the language.
    pub(crate) fn fail_syntax_in_bash(&mut self, error: &SyntaxError) -> Unwind {
        let _ = self.flush();
        let mut start = self.origin();
        start.extend_from_slice(b": ");
        if let Some(name) = self.text_name {
            start.extend_from_slice(&[name, b": "].concat());
        } else if self.bash.from_argument && self.vars.dynamics.calls.frames.is_empty() {
            start.extend_from_slice(b"-c: ");
        }
        if !self.has(Opt::Interactive) || self.in_file {
            start.extend_from_slice(format!("line {}: ", error.line).as_bytes());
        }
        let kind = if error.bare { "" } else { "syntax error: " };
        let mut text = [&start[..], kind.as_bytes(), error.message.as_bytes(), b"\n"].concat();
        if let Some(shown) = error.shown.as_ref().filter(|_| !self.has(Opt::Interactive) || self.in_file) {
            text.extend_from_slice(&[&start[..], b"`", shown, b"'\n"].concat());
        }
        let _ = fd::write_all(fd::STDERR, &text);
        // Within `[[ ]]` bash leaves the status as it was.
        let of_condition = ["conditional ", "unexpected argument", "unexpected token"];
        if !of_condition.iter().any(|start| error.message.starts_with(start)) {
            self.status = 2;
        }
        Unwind::Syntax
    }

    /// Reports how a built-in is called, with what is wrong about this call; the status.
    pub(crate) fn misused(&mut self, message: &[u8], usage: &str) -> u8 {
        self.complain(message);
        self.show_usage(usage);
        2
    }

    /// Shows how a built-in is called.
    pub(crate) fn show_usage(&mut self, usage: &str) {
        let name = usage.split(' ').next().unwrap_or_default();
        let _ = fd::write_all(fd::STDERR, format!("{name}: usage: {usage}\n").as_bytes());
    }
}

//! Prompts: the text of `PS1` and `PS2` with its codes resolved.

use std::borrow::Cow;

use super::Desk;
use super::completion::Words;
use crate::shell::Shell;

/// Stand around what takes no columns while a prompt is put together.
const INVISIBLE: [u8; 2] = [1, 2];

impl Shell {
    /// Puts what the next line needs on the desk.
    pub(super) fn set_desk(&mut self, desk: &mut Desk) {
        desk.prompts = [self.prompt(b"PS1"), self.prompt(b"PS2")];
        let text = |shell: &Self, name: &[u8]| shell.vars.get(name).map(Cow::into_owned).unwrap_or_default();
        let builtins = crate::builtins::names().map(|name| name.as_bytes().to_vec());
        let applets = crate::applet_names::all().map(|name| name.as_bytes().to_vec());
        let own = self.functions.keys().chain(self.aliases.keys()).map(|name| name.to_vec());
        desk.words = Words {
            path: text(self, b"PATH"),
            home: text(self, b"HOME"),
            commands: builtins.chain(applets).chain(own).collect(),
        };
    }

    /// A prompt variable's value: the backslash codes, then parameters; and the columns that its last line takes.
    fn prompt(&mut self, name: &[u8]) -> (Vec<u8>, usize) {
        let Some(prompt) = self.vars.get(name).map(Cow::into_owned) else { return (Vec::new(), 0) };
        let decoded = self.decode_prompt(&prompt);
        let expanded = self.expand_prompt(decoded);
        let (mut text, mut width, mut visible) = (Vec::with_capacity(expanded.len()), 0, true);
        for byte in expanded {
            if INVISIBLE.contains(&byte) {
                visible = byte != INVISIBLE[0];
                continue;
            }
            text.push(byte);
            width = if byte == b'\n' { 0 } else { width + usize::from(visible) };
        }
        (text, width)
    }

    fn decode_prompt(&mut self, prompt: &[u8]) -> Vec<u8> {
        let user = wcr_sys::process::user_ids().euid;
        let mut out = Vec::new();
        let mut bytes = prompt.iter();
        while let Some(byte) = bytes.next() {
            if *byte != b'\\' {
                out.push(*byte);
                continue;
            }
            match bytes.next() {
                Some(b'w') => out.extend_from_slice(&self.short_directory()),
                Some(b'W') => {
                    let cwd = self.short_directory();
                    let base = cwd.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                    out.extend_from_slice(if base.is_empty() { b"/" } else { base });
                }
                Some(b'$') => out.push(if user == 0 { b'#' } else { b'$' }),
                Some(code @ (b'h' | b'H')) => {
                    let host = wcr_sys::process::uname().nodename;
                    let short = host.split('.').next().unwrap_or_default();
                    out.extend_from_slice(if *code == b'h' { short } else { &host }.as_bytes());
                }
                Some(b'u') => {
                    let name = self.vars.get(b"USER").map(Cow::into_owned).unwrap_or_default();
                    out.extend_from_slice(&name);
                }
                Some(b'!') => {
                    let number = self.history.borrow().lines().len();
                    out.extend_from_slice(number.to_string().as_bytes());
                }
                Some(b'n') => out.push(b'\n'),
                Some(b'e' | b'E') => out.push(0x1b),
                Some(b'[') => out.push(INVISIBLE[0]),
                Some(b']') => out.push(INVISIBLE[1]),
                Some(other) => out.extend_from_slice(&[b'\\', *other]),
                None => out.push(b'\\'),
            }
        }
        out
    }

    /// The current directory with the home directory as a tilde.
    fn short_directory(&mut self) -> Vec<u8> {
        let home = self.vars.get(b"HOME").map(Cow::into_owned).unwrap_or_default();
        match self.cwd.strip_prefix(home.as_slice()) {
            Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with(b"/")) => [b"~", rest].concat(),
            _ => self.cwd.clone(),
        }
    }
}

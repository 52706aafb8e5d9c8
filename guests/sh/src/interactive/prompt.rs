//! Prompts: the text of `PS1` and `PS2` with its codes resolved.

use std::borrow::Cow;

use super::Desk;
use super::completion::Words;
use crate::edit::Units;
use crate::flavour;
use crate::shell::Shell;

/// Stand around what takes no columns while a prompt is put together.
pub(super) const INVISIBLE: [u8; 2] = [1, 2];

impl Shell {
    /// Puts what the next line needs on the desk.
    pub(super) fn set_desk(&mut self, desk: &mut Desk) {
        desk.units = self.units();
        desk.prompts = [self.prompt(b"PS1"), self.prompt(b"PS2")];
        desk.traps_interrupt = self.traps.action(wcr_sys::abi::Signal::INT.0).is_some();
        let text = |shell: &Self, name: &[u8]| shell.vars.get(name).map(Cow::into_owned).unwrap_or_default();
        let builtins = crate::builtins::names().map(|name| name.as_bytes().to_vec());
        let applets = crate::applet_names::all().filter(|_| !flavour::is_bash());
        let applets = applets.map(|name| name.as_bytes().to_vec());
        desk.words =
            Words { path: text(self, b"PATH"), home: text(self, b"HOME"), commands: builtins.chain(applets).collect() };
    }

    /// What the locale says that a character is.
    fn units(&self) -> Units {
        let locale = [&b"LC_ALL"[..], b"LC_CTYPE", b"LANG"].into_iter().find_map(|name| self.vars.get(name));
        locale.map_or(Units::Bytes, |locale| Units::of_locale(&locale))
    }

    /// A prompt variable's value: parameters, then the backslash codes; and the columns that its last line takes.
    fn prompt(&mut self, name: &[u8]) -> (Vec<u8>, usize) {
        let Some(prompt) = self.vars.get(name).map(Cow::into_owned) else { return (Vec::new(), 0) };
        if flavour::is_bash() {
            // The codes come first there.
            let decoded = self.decode_prompt_in_bash(&prompt);
            let expanded = self.expand_prompt(decoded);
            return self.measured(&expanded);
        }
        let expanded = self.expand_prompt(prompt);
        if flavour::is_dash() {
            // Backslashes mean nothing, and the terminal edits the line.
            return (expanded, 0);
        }
        let decoded = self.decode_prompt(&expanded);
        self.measured(&decoded)
    }

    /// The prompt without its marks of what is not seen, and the columns that its last line takes.
    fn measured(&self, decoded: &[u8]) -> (Vec<u8>, usize) {
        let (mut text, mut width, mut visible) = (Vec::with_capacity(decoded.len()), 0, true);
        for unit in self.units().iter(decoded) {
            match unit {
                [byte] if INVISIBLE.contains(byte) => visible = *byte != INVISIBLE[0],
                unit => {
                    text.extend_from_slice(unit);
                    width = if unit == b"\n" { 0 } else { width + usize::from(visible) };
                }
            }
        }
        (text, width)
    }

    fn decode_prompt(&mut self, prompt: &[u8]) -> Vec<u8> {
        let user = wcr_sys::process::user_ids().euid;
        let mut out = Vec::new();
        let mut rest = prompt;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            if *byte != b'\\' {
                out.push(*byte);
                continue;
            }
            let Some((code, after)) = rest.split_first() else { break };
            rest = after;
            match code {
                b'w' => out.extend_from_slice(&self.short_directory()),
                b'W' => {
                    let cwd = self.short_directory();
                    out.extend_from_slice(cwd.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
                }
                b'$' => out.push(if user == 0 { b'#' } else { b'$' }),
                b'h' | b'H' => {
                    let host = wcr_sys::process::uname().nodename;
                    let short = host.split('.').next().unwrap_or_default();
                    out.extend_from_slice(if *code == b'h' { short } else { &host }.as_bytes());
                }
                b'u' => out.extend(crate::accounts::name_of(user).unwrap_or_default()),
                b't' | b'T' | b'A' | b'@' => out.extend(time_of_day()),
                b'e' => out.push(0x1b),
                b'[' => out.push(INVISIBLE[0]),
                b']' => out.push(INVISIBLE[1]),
                b'a' => out.push(7),
                b'b' => out.push(8),
                b'f' => out.push(12),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b'v' => out.push(11),
                b'x' => rest = number(rest, 16, 2, &mut out),
                b'0'..=b'7' => rest = number(rest_with(prompt, rest), 8, 3, &mut out),
                other => out.push(*other),
            }
        }
        out
    }

    /// The current directory with the home directory as a tilde.
    fn short_directory(&mut self) -> Vec<u8> {
        let home = crate::accounts::home_of(wcr_sys::process::user_ids().euid).unwrap_or_default();
        match self.cwd.strip_prefix(home.as_slice()) {
            Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with(b"/")) => [b"~", rest].concat(),
            _ => self.cwd.clone(),
        }
    }
}

/// The text from one byte before `rest` on, which is a part of `text`.
fn rest_with<'t>(text: &'t [u8], rest: &[u8]) -> &'t [u8] {
    text.get(text.len() - rest.len() - 1..).unwrap_or_default()
}

/// Adds the byte whose number the text begins with, in at most so many digits, unless it is 0; the text behind them.
fn number<'t>(text: &'t [u8], base: u32, most: usize, out: &mut Vec<u8>) -> &'t [u8] {
    let digits = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(base));
    let (value, count) = digits.fold((0, 0), |(value, count), digit| (value * base + digit, count + 1));
    match (value as u8, count) {
        // What `\x` alone becomes.
        (_, 0) => out.push(b'?'),
        (0, _) => {}
        (byte, _) => out.push(byte),
    }
    text.get(count..).unwrap_or_default()
}

/// Hour and minute, by the clock of UTC.
fn time_of_day() -> Vec<u8> {
    let minutes = wcr_sys::time::now().sec.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_become_bytes() {
        for (text, base, most, byte, left) in
            [("1012", 8, 3, &b"A"[..], "2"), ("414", 16, 2, b"A", "4"), ("g", 16, 2, b"?", "g"), ("0>", 8, 3, b"", ">")]
        {
            let mut out = Vec::new();
            assert_eq!(number(text.as_bytes(), base, most, &mut out), left.as_bytes(), "{text}");
            assert_eq!(out, byte, "{text}");
        }
    }
}

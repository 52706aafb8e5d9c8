//! What bash does at a terminal: its prompt, `PROMPT_COMMAND`.

use applets::core::time::strftime::strftime;
use applets::core::time::zone::Zone;
use wcr_sys::{fd, process, time};

use super::prompt::INVISIBLE;
use crate::shell::Shell;

impl Shell {
    /// Says that there is no terminal to give to jobs.
    pub(super) fn complain_about_job_control(&mut self) {
        let name = self.arg0.to_vec();
        let reason = b": cannot set terminal process group (-1): Inappropriate ioctl for device\n";
        let text = [&name[..], reason, &name, b": no job control in this shell\n"].concat();
        let _ = fd::write_all(fd::STDERR, &text);
    }

    /// Runs what stands in `PROMPT_COMMAND`, before a prompt.
    pub(super) fn run_prompt_command(&mut self) {
        for command in self.vars.all(b"PROMPT_COMMAND") {
            let status = self.status;
            let _ = self.run_text(command, false);
            self.status = status;
        }
    }

    /// A text as a prompt: `${x@P}`.
    pub(crate) fn prompt_text(&mut self, text: Vec<u8>) -> Vec<u8> {
        let decoded = self.decode_prompt_in_bash(&text);
        let mut expanded = self.expand_prompt(decoded);
        expanded.retain(|byte| !INVISIBLE.contains(byte));
        expanded
    }

    /// A prompt with its backslash codes resolved.
    pub(super) fn decode_prompt_in_bash(&mut self, prompt: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = prompt;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            if *byte != b'\\' {
                out.push(*byte);
                continue;
            }
            let Some((code, after)) = rest.split_first() else {
                out.push(b'\\');
                break;
            };
            rest = after;
            match code {
                b'0'..=b'7' => {
                    let digits = core::iter::once(*code).chain(rest.iter().copied()).take(3);
                    let digits: Vec<u32> = digits.map_while(|byte| char::from(byte).to_digit(8)).collect();
                    rest = rest.get(digits.len() - 1..).unwrap_or_default();
                    out.push(digits.iter().fold(0, |value, digit| value * 8 + digit) as u8);
                }
                b'D' => {
                    if let Some(end) =
                        rest.iter().position(|byte| *byte == b'}').filter(|_| rest.first() == Some(&b'{'))
                    {
                        let format = rest.get(1..end).unwrap_or_default();
                        let format = if format.is_empty() { b"%X" } else { format };
                        out.extend_from_slice(&date(format));
                        rest = rest.get(end + 1..).unwrap_or_default();
                    }
                }
                code => self.prompt_code(*code, &mut out),
            }
        }
        out
    }

    fn prompt_code(&mut self, code: u8, out: &mut Vec<u8>) {
        let user = process::user_ids().euid;
        match code {
            b'a' => out.push(7),
            b'e' => out.push(0x1b),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'[' => out.push(INVISIBLE[0]),
            b']' => out.push(INVISIBLE[1]),
            b'$' => out.extend_from_slice(if user == 0 { b"#" } else { b"\\$" }),
            b'h' | b'H' => {
                let host = process::uname().nodename;
                let short = host.split('.').next().unwrap_or_default();
                out.extend_from_slice(if code == b'h' { short } else { &host }.as_bytes());
            }
            b'j' => out.extend_from_slice(self.jobs.list.len().to_string().as_bytes()),
            b'l' => out.extend_from_slice(b"tty"),
            b's' => out.extend_from_slice(self.arg0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()),
            b'u' => out.extend(crate::accounts::name_of(user).unwrap_or_else(|| b"I have no name!".to_vec())),
            b'v' => out.extend_from_slice(b"5.2"),
            b'V' => out.extend_from_slice(b"5.2.15"),
            b'w' => out.extend_from_slice(&self.directory_for_prompt()),
            b'W' => {
                let directory = self.directory_for_prompt();
                let last = directory.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                out.extend_from_slice(if directory == b"/" { b"/" } else { last });
            }
            b'!' | b'#' => out.extend_from_slice((self.history.borrow().lines().len() + 1).to_string().as_bytes()),
            b't' => out.extend_from_slice(&date(b"%H:%M:%S")),
            b'T' => out.extend_from_slice(&date(b"%I:%M:%S")),
            b'@' => out.extend_from_slice(&date(b"%I:%M %p")),
            b'A' => out.extend_from_slice(&date(b"%H:%M")),
            b'd' => out.extend_from_slice(&date(b"%a %b %d")),
            b'\\' => out.push(b'\\'),
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }

    /// The current directory, with the home directory as a tilde.
    fn directory_for_prompt(&self) -> Vec<u8> {
        let home = self.vars.get(b"HOME").unwrap_or_default();
        match self.cwd.strip_prefix(&home[..]) {
            Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with(b"/")) => [b"~", rest].concat(),
            _ => self.cwd.clone(),
        }
    }
}

/// The time by a format of `strftime`.
fn date(format: &[u8]) -> Vec<u8> {
    let seconds = time::now().sec;
    let mut out = Vec::new();
    strftime(&mut out, format, &Zone::from_env().local(seconds), seconds);
    out
}

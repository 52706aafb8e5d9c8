//! Reading commands from a terminal.

use wcr_sys::{Errno, fd};

use crate::options::Opt;
use crate::shell::{Capture, Shell, Unwind};
use crate::syntax::input::{Input, LineReader, Prompt};
use crate::syntax::{Line, Parser};

/// Reads lines as the terminal gives them, after a prompt on standard error.
struct Plain {
    prompts: std::rc::Rc<std::cell::RefCell<[Vec<u8>; 2]>>,
}

impl LineReader for Plain {
    fn read_line(&mut self, prompt: Prompt, line: &mut Vec<u8>) {
        let prompts = self.prompts.borrow();
        let [first, continuation] = &*prompts;
        let _ = fd::write_all(fd::STDERR, if prompt == Prompt::First { first } else { continuation });
        let mut byte = [0];
        loop {
            match fd::read(fd::STDIN, &mut byte) {
                Ok(0) => return,
                Ok(_) => line.extend_from_slice(&byte),
                // The interrupt key throws away what was typed.
                Err(Errno::Intr) => {
                    let _ = wcr_sys::signal::take();
                    line.clear();
                    line.push(b'\n');
                    let _ = fd::write_all(fd::STDERR, b"\n");
                }
                Err(_) => return,
            }
            if line.last() == Some(&b'\n') {
                return;
            }
        }
    }
}

impl Shell {
    /// Reads and runs commands from the terminal until it ends.
    pub fn run_interactive(&mut self) {
        let prompts = std::rc::Rc::new(std::cell::RefCell::new([Vec::new(), Vec::new()]));
        let mut input = Input::terminal(Box::new(Plain { prompts: prompts.clone() }));
        loop {
            self.jobs.poll();
            self.report_finished_jobs();
            *prompts.borrow_mut() = [self.prompt(b"PS1"), self.prompt(b"PS2")];
            input.prompt = Prompt::First;
            let parsed = Parser::new(&mut input, &self.aliases, self.vars.dynamics.line).line();
            self.parser_line = input.line;
            let flow = match parsed {
                Err(error) => Err(self.fail_syntax(&error)),
                Ok(Line::Empty) => Ok(()),
                Ok(Line::Command(command)) => self.eval(&command, false),
                Ok(Line::End) if self.has(Opt::IgnoreEof) => {
                    let _ = fd::write_all(fd::STDERR, b"\nUse \"exit\" to leave shell.\n");
                    input.clear_end();
                    Ok(())
                }
                Ok(Line::End) => {
                    let _ = fd::write_all(fd::STDERR, b"\n");
                    return;
                }
            };
            match flow {
                Ok(()) | Err(Unwind::Break(_) | Unwind::Continue(_)) => {}
                Err(Unwind::Error) => self.recover(&mut input),
                Err(Unwind::Exit | Unwind::Return) => return,
            }
        }
    }

    /// After an error: back to the outermost level.
    fn recover(&mut self, input: &mut Input) {
        input.discard_line();
        while self.vars.in_scope() {
            self.vars.pop_scope();
        }
        self.settle_variables();
        self.vars.dynamics.functions.clear();
        (self.loops, self.tested, self.depth) = (0, 0, 0);
        self.capture = Capture::default();
        self.out.clear();
        self.close_process_fds(0);
        self.command_name = Some(self.arg0.clone());
    }

    fn report_finished_jobs(&mut self) {
        let finished: Vec<_> = self.jobs.list.iter().filter(|job| job.ended()).map(|job| job.number).collect();
        for number in finished {
            if let Some(job) = self.jobs.job(number) {
                let (current, previous) = self.jobs.current();
                let mark = match Some(number) {
                    number if number == current => '+',
                    number if number == previous => '-',
                    _ => ' ',
                };
                let mut line = format!("[{number}]{mark}  {}", job.state()).into_bytes();
                line.resize(line.len().max(32) + 1, b' ');
                line.extend_from_slice(&job.text);
                line.push(b'\n');
                let _ = fd::write_all(fd::STDERR, &line);
            }
            self.jobs.remove(number);
        }
    }

    /// A prompt variable's value: parameters expanded, then the backslash codes.
    fn prompt(&mut self, name: &[u8]) -> Vec<u8> {
        let Some(prompt) = self.vars.get(name).map(std::borrow::Cow::into_owned) else { return Vec::new() };
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
                    out.extend_from_slice(
                        &self.vars.get(b"USER").map(std::borrow::Cow::into_owned).unwrap_or_default(),
                    );
                }
                Some(b'n') => out.push(b'\n'),
                Some(b'e') => out.push(0x1b),
                Some(b'[' | b']') => {}
                Some(other) => out.extend_from_slice(&[b'\\', *other]),
                None => out.push(b'\\'),
            }
        }
        self.expand_prompt(out)
    }

    /// The current directory with the home directory as a tilde.
    fn short_directory(&mut self) -> Vec<u8> {
        let home = self.vars.get(b"HOME").map(std::borrow::Cow::into_owned).unwrap_or_default();
        match self.cwd.strip_prefix(home.as_slice()) {
            Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with(b"/")) => [b"~", rest].concat(),
            _ => self.cwd.clone(),
        }
    }
}

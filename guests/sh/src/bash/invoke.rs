//! How bash is called: its arguments, and what it runs.

use std::rc::Rc;

use wcr_sys::fd;

use super::shopt::Shopt;
use crate::invoke::Commands;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::input::Input;

/// What `--version` prints.
const VERSION: &[u8] = b"GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n\
Copyright (C) 2022 Free Software Foundation, Inc.\n\
License GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\n\
This is free software; you are free to change and redistribute it.\n\
There is NO WARRANTY, to the extent permitted by law.\n";

/// What the arguments say about the start.
#[derive(Debug, Default)]
pub struct Start {
    pub(super) login: bool,
    pub(super) no_profile: bool,
    pub(super) no_rc: bool,
    pub(super) rc_file: Option<Vec<u8>>,
}

impl Shell {
    /// Runs bash with these arguments, and ends the process.
    pub(crate) fn run_bash(&mut self, args: &[Vec<u8>], login: bool, program: &[u8]) -> ! {
        self.options.set(Opt::BraceExpand, true);
        self.options.set(Opt::HashAll, true);
        self.options.set(Opt::InteractiveComments, true);
        let mut start = Start { login, ..Start::default() };
        if program == b"sh" {
            self.options.set(Opt::Posix, true);
        }
        match self.bash_arguments(args, &mut start) {
            Ok(commands) => self.run_bash_commands(commands, &start),
            Err(status) => self.status = status,
        }
        self.leave()
    }

    /// Reads the arguments; the error is the status to end with.
    fn bash_arguments(&mut self, args: &[Vec<u8>], start: &mut Start) -> Result<Commands, u8> {
        let mut rest = args;
        let (mut command_string, mut stdin, mut interactive) = (false, false, false);
        while let Some((arg, after)) = rest.split_first() {
            let (on, letters) = match arg.as_slice() {
                b"-" | b"--" => {
                    rest = after;
                    break;
                }
                [b'-', b'-', name @ ..] => {
                    rest = after;
                    match name {
                        b"login" => start.login = true,
                        b"noprofile" => start.no_profile = true,
                        b"norc" => start.no_rc = true,
                        b"posix" => self.options.set(Opt::Posix, true),
                        b"verbose" => self.options.set(Opt::Verbose, true),
                        b"noediting" | b"restricted" | b"debugger" => {}
                        b"rcfile" | b"init-file" => {
                            let Some((file, after)) = rest.split_first() else {
                                return Err(
                                    self.refuse_argument(&[arg, &b": option requires an argument"[..]].concat())
                                );
                            };
                            start.rc_file = Some(file.clone());
                            rest = after;
                        }
                        b"version" => {
                            let _ = fd::write_all(fd::STDOUT, VERSION);
                            return Err(0);
                        }
                        b"help" => {
                            let _ = fd::write_all(fd::STDOUT, &self.help_text());
                            return Err(0);
                        }
                        _ => {
                            self.refuse_argument(&[arg, &b": invalid option"[..]].concat());
                            let _ = fd::write_all(fd::STDERR, &self.help_text());
                            return Err(2);
                        }
                    }
                    continue;
                }
                [b'-', letters @ ..] => (true, letters),
                [b'+', letters @ ..] if !letters.is_empty() => (false, letters),
                _ => break,
            };
            rest = after;
            for letter in letters {
                match letter {
                    b'c' => command_string = true,
                    b's' => stdin = on,
                    b'i' => interactive = on,
                    b'l' => start.login |= on,
                    b'r' | b'D' => {}
                    b'o' | b'O' => {
                        let Some((name, after)) = rest.split_first() else { continue };
                        rest = after;
                        match (letter, Opt::from_name(name), Shopt::from_name(name)) {
                            (b'o', Some(option), _) => self.options.set(option, on),
                            (b'O', _, Some(option)) => self.change_bash(|state| state.shopts.set(option, on)),
                            (b'o', ..) => {
                                let message =
                                    [b"line 0: ", &self.arg0[..], b": ", name, b": invalid option name"].concat();
                                return Err(self.refuse_argument(&message));
                            }
                            _ => {
                                return Err(self.refuse_argument(&[name, &b": invalid shell option name"[..]].concat()));
                            }
                        }
                    }
                    letter => match Opt::from_letter(*letter) {
                        Some(option) => self.options.set(option, on),
                        None => {
                            let sign: &[u8] = if on { b"-" } else { b"+" };
                            self.refuse_argument(&[sign, &[*letter], b": invalid option"].concat());
                            let _ = fd::write_all(fd::STDERR, &self.help_text());
                            return Err(2);
                        }
                    },
                }
            }
        }
        let commands = if command_string {
            let Some((text, after)) = rest.split_first() else {
                return Err(self.refuse_argument(b"-c: option requires an argument"));
            };
            rest = after;
            if let Some((name, after)) = rest.split_first() {
                self.arg0 = name.as_slice().into();
                rest = after;
            }
            self.options.set(Opt::CommandString, true);
            self.change_bash(|state| state.from_argument = true);
            self.vars.force(b"BASH_EXECUTION_STRING", text);
            Commands::Text(text.clone())
        } else if let Some((path, after)) = rest.split_first().filter(|_| !stdin) {
            rest = after;
            Commands::File(path.clone())
        } else {
            self.options.set(Opt::Stdin, true);
            interactive |= rest.is_empty() && fd::is_tty(fd::STDIN) && fd::is_tty(fd::STDERR);
            Commands::Stdin
        };
        self.options.set(Opt::Interactive, interactive);
        self.params = Rc::new(rest.to_vec());
        if interactive {
            self.change_bash(|state| state.shopts.set(Shopt::ExpandAliases, true));
            self.options.set(Opt::HistExpand, true);
            self.options.set(Opt::History, true);
            self.options.set(Opt::Emacs, true);
        }
        if start.login {
            self.change_bash(|state| state.shopts.set(Shopt::LoginShell, true));
        }
        self.publish_options();
        Ok(commands)
    }

    /// Says what is wrong with an argument; the status.
    fn refuse_argument(&mut self, message: &[u8]) -> u8 {
        let text = [&self.arg0, &b": "[..], message, b"\n"].concat();
        let _ = fd::write_all(fd::STDERR, &text);
        2
    }

    fn help_text(&self) -> Vec<u8> {
        let name = String::from_utf8_lossy(&self.arg0).into_owned();
        format!(
            "Usage:\t{name} [GNU long option] [option] ...\n\t{name} [GNU long option] [option] script-file ...\n\
             GNU long options:\n\t--debug\n\t--debugger\n\t--dump-po-strings\n\t--dump-strings\n\t--help\n\
             \t--init-file\n\t--login\n\t--noediting\n\t--noprofile\n\t--norc\n\t--posix\n\t--pretty-print\n\
             \t--rcfile\n\t--restricted\n\t--verbose\n\t--version\nShell options:\n\
             \t-ilrsD or -c command or -O shopt_option\t\t(invocation only)\n\
             \t-abefhkmnptuvxBCEHPT or -o option\n"
        )
        .into_bytes()
    }

    fn run_bash_commands(&mut self, commands: Commands, start: &Start) {
        self.begin_signals();
        let mut input = match commands {
            Commands::Text(text) => Some(Input::text(text, 1)),
            Commands::Stdin => None,
            Commands::File(path) => match self.open_bash_script(&path) {
                Some(input) => Some(input),
                None => return,
            },
        };
        let from_text = input.as_ref().is_some_and(|input| !input.is_script);
        self.in_file = input.is_some() && !from_text;
        if self.has(Opt::Interactive) {
            self.begin_interactive(from_text);
        }
        if self.run_bash_start_files(start).is_err() {
            return;
        }
        match &mut input {
            Some(input) => self.run_to_end(input, from_text),
            None if self.has(Opt::Interactive) => self.run_interactive(),
            None => {
                let mut input = Input::fd(fd::STDIN);
                input.is_script = true;
                input.by_lines = true;
                self.run_to_end(&mut input, false);
            }
        }
    }

    /// Runs all of the input: behind an error that ends a command line, with the next line.
    fn run_to_end(&mut self, input: &mut Input, last: bool) {
        while let Err(Unwind::Error) = self.run_input(input, last) {
            let status = self.status;
            self.unwind_to_top();
            self.command_name = None;
            self.status = status;
            input.goes_on = true;
            if input.peek().is_none() {
                return;
            }
        }
    }

    /// Opens a script. `None` when it cannot be opened, which has been reported.
    fn open_bash_script(&mut self, path: &[u8]) -> Option<Input> {
        use wcr_sys::Errno;
        use wcr_sys::abi::{FileKind, OpenFlags};

        use crate::exec::descriptors::{PRIVATE, discard, out_of_the_way};

        let flags = OpenFlags::RDONLY.with(OpenFlags::CLOEXEC);
        let mut found = wcr_sys::fs::open(path, flags, 0);
        let mut place = path.to_vec();
        if found == Err(Errno::Noent) && !path.contains(&b'/') {
            let search = self.vars.get(b"PATH").map(std::borrow::Cow::into_owned).unwrap_or_default();
            if let Ok(there) = crate::exec::path::search_path(&search, path) {
                found = wcr_sys::fs::open(&there, flags, 0);
                place = there;
            }
        }
        let is_folder = wcr_sys::fs::stat(&place).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory);
        let (reason, status) = match found {
            Ok(opened) if !is_folder => {
                self.arg0 = place.as_slice().into();
                self.vars.dynamics.calls.script = Some(place.into());
                let script = out_of_the_way(opened, PRIVATE - 1).unwrap_or(opened);
                let mut input = Input::fd(script);
                input.is_script = true;
                return Some(input);
            }
            Ok(opened) => {
                discard(opened);
                self.arg0 = path.into();
                ("Is a directory", 126)
            }
            Err(Errno::Noent) => (Errno::Noent.message(), 127),
            Err(error) => (error.message(), 126),
        };
        let text = [&self.arg0, &b": "[..], path, b": ", reason.as_bytes(), b"\n"].concat();
        let _ = fd::write_all(fd::STDERR, &text);
        self.status = status;
        None
    }

    /// Runs a text whose errors of syntax are told as those of a built-in.
    /// # Errors
    /// As [`Self::run_input`].
    pub(crate) fn run_input_as(&mut self, input: &mut Input, name: &'static [u8]) -> Flow {
        // What its commands say is not the built-in's word.
        let before = core::mem::take(&mut self.command_name);
        self.text_name = Some(name);
        let flow = self.run_input(input, false);
        self.text_name = None;
        self.command_name = before;
        flow
    }
}

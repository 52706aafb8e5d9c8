//! The shell's state, and how it reports errors.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use wcr_sys::abi::Pid;
use wcr_sys::{fd, process};

use crate::edit::History;
use crate::exec::Terminal;
use crate::exec::jobs::Jobs;
use crate::exec::path::Locations;
use crate::exec::trap::Traps;
use crate::expand::fields::Separators;
use crate::flavour;
use crate::options::{Opt, Options};
use crate::syntax::ast::{Command, Part};
use crate::vars::{Aliases, Changed, Map, Variables};

/// Why evaluation leaves the current command before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwind {
    /// `break` out of this many loops.
    Break(u32),
    /// `continue` with the loop this many levels up.
    Continue(u32),
    /// `return` from the function or sourced file.
    Return,
    /// `exit`, or a failure under `set -e`: the shell ends with its current status.
    Exit,
    /// An error that ends a shell that isn't interactive, with its current status; in bash only the command line.
    Error,
    /// A text that is not in the language of bash, which ends that text.
    Syntax,
}

/// The result of evaluating something: the exit status is in the shell.
pub type Flow<T = ()> = Result<T, Unwind>;

/// The options of `getopts` between its calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct OptionCursor {
    /// The next character within the argument before `index`; 0 begins a new argument.
    pub offset: usize,
    /// The argument to be looked at next, counted from 1: `OPTIND`.
    pub index: usize,
}

/// Collects standard output instead of writing it, for a command substitution without a process.
#[derive(Debug, Default)]
pub struct Capture {
    /// What has come so far; `None` when nothing is collected.
    pub text: Option<Vec<u8>>,
    /// How many redirections lead standard output elsewhere meanwhile.
    pub redirected: u32,
}

impl Capture {
    /// Collects from here on.
    #[must_use]
    pub fn collecting() -> Self {
        Self { text: Some(Vec::new()), redirected: 0 }
    }

    /// Where standard output goes instead of its descriptor.
    fn target(&mut self) -> Option<&mut Vec<u8>> {
        self.text.as_mut().filter(|_| self.redirected == 0)
    }
}

/// Everything a shell knows. A forked copy goes on with the same.
pub struct Shell {
    /// Variables.
    pub vars: Variables,
    /// The positional parameters.
    pub params: Rc<Vec<Vec<u8>>>,
    /// `$0`.
    pub arg0: Rc<[u8]>,
    /// The name the shell was called by.
    pub program: Rc<[u8]>,
    /// Whether a script or a start-up file is read, whose lines diagnostics name in an interactive shell, too.
    pub in_file: bool,
    /// What runs, for diagnostics: a built-in or a script; `None` for `-c` without a name.
    pub command_name: Option<Cow<'static, [u8]>>,
    /// Options.
    pub options: Options,
    /// Aliases.
    pub aliases: Aliases,
    /// Alias names in the order they were first defined.
    pub alias_order: Vec<Rc<[u8]>>,
    /// Functions.
    pub functions: Rc<Map<Rc<Command>>>,
    /// The last command's exit status.
    pub status: u8,
    /// The exit status of the last command substitution of the current command.
    pub substitution_status: Option<u8>,
    /// `$$`.
    pub pid: Pid,
    /// The signals whose default action the shell has replaced, as a set.
    pub own: u64,
    /// How many commands have run, for what is not looked at each time.
    pub commands: u8,
    /// `$!`.
    pub last_background: Option<Pid>,
    /// Whether this is a forked copy.
    pub subshell: bool,
    /// Traps.
    pub traps: Traps,
    /// Children.
    pub jobs: Jobs,
    /// Remembered places of commands.
    pub locations: Locations,
    /// The field separators, kept from `IFS`.
    pub separators: Rc<Separators>,
    /// The line the parser has come to.
    pub parser_line: u32,
    /// Whether the parser has looked ahead to the end of the text: a command substitution in `PS4` finds it first.
    pub behind_end: bool,
    /// The line that the reading of the script itself has come to: what a subshell takes for the parser's.
    pub base_line: u32,
    /// How many loops run.
    pub loops: u32,
    /// The status with which a trap for failures has run last: ash leaves with it at an `exit` that names none.
    pub failure: Option<u8>,
    /// Within a condition, where `set -e` doesn't apply.
    pub tested: u32,
    /// What an unknown login name cut off the word of a `${ }`.
    pub cut_off: Vec<Part>,
    /// Where `getopts` stands.
    pub getopts: OptionCursor,
    /// The options as they were when the running function said `local -`.
    pub local_options: Option<Options>,
    /// What the running built-in has written.
    pub out: Vec<u8>,
    /// What happens to standard output.
    pub capture: Capture,
    /// What descriptors were before the redirections of the commands that are running.
    pub around: Vec<crate::exec::redirect::Saved>,
    /// The same of the shell this is a copy of, which the copy's trap for its end still sees.
    pub inherited: Vec<crate::exec::redirect::Saved>,
    /// The shell's ends of the pipes of process substitutions in use.
    pub process_fds: Vec<wcr_sys::Fd>,
    /// The current directory as the shell came to it; empty when it isn't known.
    pub cwd: Vec<u8>,
    /// The terminal, under job control.
    pub terminal: Option<Terminal>,
    /// The process group of the pipeline that is being started, under job control.
    pub pipeline_group: Option<Pid>,
    /// The texts of what is about to run in the foreground, under job control.
    pub foreground_texts: Vec<Vec<u8>>,
    /// The lines that were typed.
    pub history: Rc<RefCell<History>>,
    /// For how many more commands the last word on stopped jobs counts.
    pub warned: u8,
    /// What only bash keeps.
    pub bash: Rc<crate::bash::State>,
    /// How deep command substitutions stand in each other, for `set -x` of bash.
    pub trace_depth: usize,
    /// How many traps of bash are running.
    pub running_traps: u32,
    /// The built-in whose text is being read, for diagnostics about the text.
    pub text_name: Option<&'static [u8]>,
    /// The arrays that are assigned by the arguments of the command that is about to run.
    pub arrays: Vec<Rc<crate::syntax::ast::bash::Target>>,
}

impl Shell {
    /// A shell called `program` with no variables yet.
    #[must_use]
    pub fn new(program: &[u8]) -> Self {
        Self {
            vars: Variables::default(),
            params: Rc::default(),
            arg0: program.into(),
            program: program.into(),
            in_file: false,
            command_name: None,
            options: Options::default(),
            aliases: Aliases::default(),
            alias_order: Vec::new(),
            functions: Rc::default(),
            status: 0,
            substitution_status: None,
            pid: process::ids().pid,
            own: 0,
            commands: 0,
            last_background: None,
            subshell: false,
            traps: Traps::default(),
            jobs: Jobs::default(),
            locations: Locations::default(),
            separators: Rc::new(Separators::new(None)),
            parser_line: 0,
            behind_end: false,
            base_line: 1,
            loops: 0,
            failure: None,
            tested: 0,
            cut_off: Vec::new(),
            getopts: OptionCursor::default(),
            local_options: None,
            out: Vec::new(),
            capture: Capture::default(),
            around: Vec::new(),
            inherited: Vec::new(),
            process_fds: Vec::new(),
            cwd: Vec::new(),
            terminal: None,
            pipeline_group: None,
            foreground_texts: Vec::new(),
            history: Rc::default(),
            warned: 0,
            bash: Rc::default(),
            trace_depth: 0,
            running_traps: 0,
            text_name: None,
            arrays: Vec::new(),
        }
    }

    /// Whether an option is on.
    #[must_use]
    pub fn has(&self, option: Opt) -> bool {
        self.options.has(option)
    }

    /// Follows changes of the special variables.
    pub fn settle_variables(&mut self) {
        while let Some(changed) = self.vars.changed.pop() {
            match changed {
                Changed::Separators => {
                    self.separators = Rc::new(Separators::new(self.vars.get(b"IFS").as_deref()));
                }
                Changed::Path => self.locations.clear(),
                Changed::OptionIndex => {
                    let index = self.vars.get(b"OPTIND").as_deref().and_then(crate::builtins::number);
                    self.getopts = OptionCursor { offset: 0, index: index.unwrap_or(1).max(1) as usize };
                }
            }
        }
    }

    /// Sets a variable as an assignment does.
    /// # Errors
    /// The variable is read-only: an error of the shell.
    pub fn assign(&mut self, name: &[u8], value: Vec<u8>) -> Flow {
        if flavour::is_bash() {
            return self.assign_in_bash(name, value);
        }
        if name == b"OPTIND" {
            self.check_option_index(&value)?;
        }
        if let Err(crate::vars::ReadOnly(name)) = self.vars.set(name, value) {
            return Err(self.fail(&[&name, &b": is read only"[..]].concat()));
        }
        self.export_if_all(name);
        if !self.vars.changed.is_empty() {
            self.settle_variables();
        }
        Ok(())
    }

    /// Unsets a variable.
    /// # Errors
    /// It is read-only.
    pub fn unset(&mut self, name: &[u8]) -> Flow {
        if let Err(crate::vars::ReadOnly(name)) = self.vars.unset(name) {
            return Err(self.fail(&flavour::current().read_only(&name)));
        }
        self.export_if_all(name);
        self.settle_variables();
        Ok(())
    }

    /// Marks a variable for export under `set -a`: one that is set, made by its name alone, or unset.
    pub fn export_if_all(&mut self, name: &[u8]) {
        if self.has(Opt::AllExport) {
            self.vars.attributes(name).exported = true;
        }
    }

    /// What dash wants of `OPTIND`: that it is a number.
    /// # Errors
    /// It is none.
    pub fn check_option_index(&mut self, value: &[u8]) -> Flow {
        if flavour::is_dash() && crate::builtins::number(value).is_none() {
            return Err(self.fail(&[b"Illegal number: ", value].concat()));
        }
        Ok(())
    }

    /// Prints a diagnostic: the shell's name, what runs, the line, the message.
    pub fn complain(&mut self, message: &[u8]) {
        self.complain_at(self.vars.dynamics.line, message);
    }

    /// As [`Self::complain`], with another line.
    pub fn complain_at(&mut self, line: u32, message: &[u8]) {
        self.flush_captured();
        if flavour::is_bash() {
            let text = [&self.bash_prefix(line), message, b"\n"].concat();
            let _ = fd::write_all(fd::STDERR, &text);
            return;
        }
        let mut text = self.arg0.to_vec();
        text.extend_from_slice(b": ");
        if flavour::is_dash() {
            text.extend_from_slice(format!("{line}: ").as_bytes());
            if let Some(name) = self.command_name.as_ref().filter(|name| ***name != *self.arg0) {
                text.extend_from_slice(name);
                text.extend_from_slice(b": ");
            }
        } else if let Some(name) = &self.command_name {
            if **name != *self.arg0 {
                text.extend_from_slice(name);
                text.extend_from_slice(b": ");
            }
            if !self.has(Opt::Interactive) || self.in_file {
                text.extend_from_slice(format!("line {line}: ").as_bytes());
            }
        }
        text.extend_from_slice(message);
        text.push(b'\n');
        let _ = fd::write_all(fd::STDERR, &text);
    }

    /// What the running built-in has written goes out before a diagnostic.
    fn flush_captured(&mut self) {
        // That of dash waits for the built-in's end.
        if !flavour::is_dash() {
            let _ = self.flush();
        }
    }

    /// Prints a diagnostic that begins with the shell's own name only, as its built-in applets do.
    pub fn complain_plainly(&mut self, message: &[u8]) {
        if !flavour::is_ash() {
            // There it has no such built-ins.
            return self.complain(message);
        }
        self.flush_captured();
        let text = [&self.program[..], b": ", message, b"\n"].concat();
        let _ = fd::write_all(fd::STDERR, &text);
    }

    /// Prints a diagnostic and gives the reason to leave, with status 2.
    pub fn fail(&mut self, message: &[u8]) -> Unwind {
        self.complain(message);
        self.status = flavour::current().failure();
        Unwind::Error
    }

    /// Reports a text that is not in the language, with status 2.
    pub fn fail_syntax(&mut self, error: &crate::syntax::SyntaxError) -> Unwind {
        if flavour::is_bash() {
            return self.fail_syntax_in_bash(error);
        }
        let prefix = if error.bare { "" } else { flavour::current().syntax_prefix() };
        self.complain_at(error.line, format!("{prefix}{}", error.message).as_bytes());
        self.status = 2;
        Unwind::Error
    }

    /// Adds to what the running built-in writes.
    pub fn put(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Whether what built-ins write is collected.
    pub fn captures(&mut self) -> bool {
        self.capture.target().is_some()
    }

    /// Writes what the running built-in has written.
    /// # Errors
    /// The descriptor's.
    pub fn flush(&mut self) -> wcr_sys::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let out = core::mem::take(&mut self.out);
        if let Some(text) = self.capture.target() {
            text.extend_from_slice(&out);
            return Ok(());
        }
        let mut rest = out.as_slice();
        while !rest.is_empty() {
            match fd::write(fd::STDOUT, rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(wcr_sys::Errno::Intr) => self.traps.collect(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

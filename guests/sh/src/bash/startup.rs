//! What bash begins with: its variables, and its start-up files.

use std::rc::Rc;

use wcr_sys::{process, time};

use super::array::Array;
use super::dynamic::NAMES;
use super::invoke::Start;
use crate::flavour::Flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::Command;
use crate::syntax::input::Input;
use crate::syntax::{Line, Parser, is_name};
use crate::vars::{Dynamic, Traits};

/// The version's parts, as `BASH_VERSINFO` has them.
const VERSION: [&str; 6] = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];

impl Shell {
    /// Takes over the environment and sets the variables that bash keeps.
    pub(crate) fn import_as_bash(&mut self, env: Vec<Vec<u8>>) {
        for line in env {
            let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
            let (name, value) = line.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            if let Some(function) = name.strip_prefix(b"BASH_FUNC_").and_then(|name| name.strip_suffix(b"%%")) {
                self.import_function(function, value);
            } else if is_name(name) && !matches!(name, b"SHELLOPTS" | b"BASHOPTS") {
                self.vars.force(name, value);
                self.vars.attributes(name).exported = true;
            }
        }
        let ids = process::ids();
        let users = process::user_ids();
        let defaults: [(&[u8], &[u8]); 14] = [
            (b"PATH", Flavour::Bash.default_path()),
            (b"TERM", b"dumb"),
            (b"PS4", b"+ "),
            (b"OPTERR", b"1"),
            (b"IFS", b" \t\n"),
            (b"OPTIND", b"1"),
            (b"BASH_VERSION", b"5.2.15(1)-release"),
            (b"HOSTTYPE", b"x86_64"),
            (b"MACHTYPE", b"x86_64-pc-linux-gnu"),
            (b"OSTYPE", b"linux-gnu"),
            (b"HOSTNAME", b""),
            (b"SHELL", b""),
            (b"BASH", b""),
            (
                b"BASH_LOADABLES_PATH",
                b"/usr/local/lib/bash:/usr/lib/bash:/opt/local/lib/bash:/usr/pkg/lib/bash:/opt/pkg/lib/bash:.",
            ),
        ];
        let host = process::uname().nodename.into_bytes();
        let own = self.own_path();
        let shell = crate::accounts::shell_of(users.uid).unwrap_or_else(|| b"/bin/sh".to_vec());
        for (name, value) in defaults {
            let keeps = !matches!(name, b"IFS" | b"OPTIND" | b"OPTERR" | b"BASH" | b"BASH_VERSION");
            if keeps && self.vars.variable(name).is_some() {
                continue;
            }
            let value = match name {
                b"HOSTNAME" => &host,
                b"SHELL" => &shell,
                b"BASH" => &own,
                _ => value,
            };
            self.vars.force(name, value);
        }
        for (name, value) in [(&b"PPID"[..], ids.ppid), (b"UID", users.uid), (b"EUID", users.euid)] {
            self.vars.force(name, value.to_string().as_bytes());
            let variable = self.vars.attributes(name);
            variable.readonly = true;
            variable.traits.set(Traits::INTEGER, true);
        }
        let level = self.vars.get(b"SHLVL").and_then(|text| crate::builtins::number(&text)).unwrap_or(0);
        self.vars.force(b"SHLVL", (level + 1).to_string().as_bytes());
        self.vars.attributes(b"SHLVL").exported = true;
        self.vars.set_array(b"BASH_VERSINFO", Array::of(VERSION.map(|part| part.as_bytes().to_vec())));
        self.vars.attributes(b"BASH_VERSINFO").readonly = true;
        self.define_computed();
        self.vars.attributes(b"OPTIND").traits.set(Traits::INTEGER, true);
        self.find_directory();
        self.vars.dynamics.calls.directory = self.cwd.clone();
        if self.vars.variable(b"OLDPWD").is_none() {
            self.vars.attributes(b"OLDPWD").exported = true;
        }
        self.follow_locale(b"LANG");
        self.settle_variables();
    }

    fn define_computed(&mut self) {
        self.vars.dynamics.calls.started = time::now().sec;
        self.vars.dynamics.calls.last_argument = self.arg0.to_vec();
        self.vars.dynamics.calls.pipe_status = vec![0];
        for name in [&b"BASH_ALIASES"[..], b"BASH_CMDS"] {
            self.vars.set_array(name, Array::associative());
        }
        for name in [&b"BASH_ARGC"[..], b"BASH_ARGV"] {
            self.vars.set_array(name, Array::default());
        }
        for (name, source, integer) in NAMES {
            self.vars.define_dynamic(name.as_bytes(), Dynamic::Bash(source));
            let variable = self.vars.attributes(name.as_bytes());
            variable.value = None;
            variable.traits.set(Traits::INTEGER, integer);
            variable.exported = false;
        }
        for (name, dynamic) in [(&b"EPOCHSECONDS"[..], Dynamic::Epoch), (b"EPOCHREALTIME", Dynamic::EpochReal)] {
            self.vars.define_dynamic(name, dynamic);
        }
    }

    /// The path of bash itself.
    fn own_path(&self) -> Vec<u8> {
        if self.arg0.contains(&b'/') {
            return self.arg0.to_vec();
        }
        let search = self.vars.get(b"PATH").map(std::borrow::Cow::into_owned);
        let search = search.unwrap_or_else(|| Flavour::Bash.default_path().to_vec());
        crate::exec::path::search_path(&search, &self.arg0).unwrap_or_else(|_| b"/bin/bash".to_vec())
    }

    /// A function from the environment.
    fn import_function(&mut self, name: &[u8], value: &[u8]) {
        if !value.starts_with(b"() {") {
            return;
        }
        let mut input = Input::text([name, b" ", value].concat(), 1);
        let parsed = Parser::new(&mut input, &self.aliases, 1).line();
        let Ok(Line::Command(command) | Line::Last(command)) = parsed else { return };
        if let Command::Function { name, body } = command {
            Rc::make_mut(&mut self.functions).insert((*name).into(), body);
            self.change_bash(|state| _ = state.exported_functions.insert((*name).into()));
        }
    }

    /// What the environment has of functions.
    pub(crate) fn exported_functions(&self) -> Vec<Vec<u8>> {
        let line = |name: &Rc<[u8]>| {
            let body = self.functions.get(name)?;
            let text = crate::syntax::unparse_bash::function(b"", body);
            let text = text.strip_prefix(b" () ").unwrap_or(&text);
            let text = text.strip_prefix(b"\n").unwrap_or(text);
            Some([b"BASH_FUNC_", &name[..], b"%%=() ", text].concat())
        };
        self.bash.exported_functions.iter().filter_map(line).collect()
    }

    /// Runs the start-up files: those of a login, or that of interactive shells, or what `BASH_ENV` names.
    pub(super) fn run_bash_start_files(&mut self, start: &Start) -> Flow {
        let home = self.vars.get(b"HOME").map(std::borrow::Cow::into_owned).unwrap_or_default();
        let in_home = |name: &str| [&home[..], b"/", name.as_bytes()].concat();
        if start.login && !start.no_profile {
            self.run_own_file(b"/etc/profile")?;
            let own = [".bash_profile", ".bash_login", ".profile"].map(in_home);
            if let Some(file) = own.iter().find(|file| wcr_sys::fs::access(file, 4).is_ok()) {
                self.run_own_file(file)?;
            }
            return Ok(());
        }
        if self.has(Opt::Interactive) {
            if self.has(Opt::Posix) {
                return self.run_named_file(b"ENV");
            }
            if !start.no_rc {
                self.set_interactive_prompts();
                match &start.rc_file {
                    Some(file) => self.run_own_file(file)?,
                    None => {
                        self.run_own_file(b"/etc/bash.bashrc")?;
                        self.run_own_file(&in_home(".bashrc"))?;
                    }
                }
                return Ok(());
            }
            self.set_interactive_prompts();
            return Ok(());
        }
        if self.has(Opt::Posix) { Ok(()) } else { self.run_named_file(b"BASH_ENV") }
    }

    fn set_interactive_prompts(&mut self) {
        for (name, value) in [(&b"PS1"[..], &b"\\s-\\v\\$ "[..]), (b"PS2", b"> ")] {
            if self.vars.variable(name).is_none() {
                self.vars.force(name, value);
            }
        }
    }

    fn run_named_file(&mut self, variable: &[u8]) -> Flow {
        let Some(path) = self.vars.get(variable).map(std::borrow::Cow::into_owned) else { return Ok(()) };
        let path = self.expand_quoted_text(&path)?;
        self.run_own_file(&path)
    }

    /// Runs a start-up file, if there is one; `return` leaves it.
    fn run_own_file(&mut self, path: &[u8]) -> Flow {
        let Ok(text) = wcr_sys::fs::read_file(path) else { return Ok(()) };
        let frame =
            super::dynamic::Frame { name: Rc::from(&b"source"[..]), file: path.into(), line: 0, is_function: false };
        self.vars.dynamics.calls.frames.push(frame);
        let flow = self.run_input(&mut Input::text(text, 1), false);
        self.vars.dynamics.calls.frames.pop();
        match flow {
            Err(crate::shell::Unwind::Exit) => Err(crate::shell::Unwind::Exit),
            _ => Ok(()),
        }
    }
}

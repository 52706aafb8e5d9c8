//! What names mean: `type`, `command -v`, `builtin`, `enable`, `help`.

use super::usage::usage;
use crate::bash::quote;
use crate::builtins;
use crate::exec::path::{STANDARD_PATH, search_path};
use crate::shell::{Flow, Shell};
use crate::syntax::is_keyword;

/// How a meaning is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A sentence.
    Sentence,
    /// What could be typed: `command -v`.
    Terse,
    /// What kind it is: `type -t`.
    Kind,
    /// The file's path: `type -p`.
    Path,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
struct Search {
    style: Style,
    /// All meanings, not only the first.
    all: bool,
    functions: bool,
    /// Only files.
    forced: bool,
    standard: bool,
}

impl Shell {
    /// Whether a built-in of this name may be called.
    pub(super) fn enabled(&self, name: &[u8]) -> Option<&'static builtins::Builtin> {
        builtins::find(name).filter(|builtin| !self.bash.disabled.contains(builtin.name))
    }

    fn tell(&mut self, name: &[u8], search: Search, kind: &str, sentence: &[u8], terse: &[u8]) {
        let text = match search.style {
            Style::Sentence => [name, b" is ", sentence, b"\n"].concat(),
            Style::Kind => [kind.as_bytes(), b"\n"].concat(),
            Style::Terse => [terse, b"\n"].concat(),
            Style::Path => return,
        };
        self.put(&text);
    }

    /// Prints what a name means; whether it means anything.
    fn meaning(&mut self, name: &[u8], search: Search) -> bool {
        let mut found = false;
        if !search.forced {
            let alias =
                self.aliases.get(name).filter(|_| self.shopt(crate::bash::shopt::Shopt::ExpandAliases)).cloned();
            if let Some(value) = alias {
                let terse = [b"alias ", name, b"=", &quote::single(&value)].concat();
                self.tell(name, search, "alias", &[b"aliased to `", &value[..], b"'"].concat(), &terse);
                found = true;
            }
            if (search.all || !found) && is_keyword(name) {
                self.tell(name, search, "keyword", b"a shell keyword", name);
                found = true;
            }
            if (search.all || !found) && search.functions && self.functions.contains_key(name) {
                self.tell(name, search, "function", b"a function", name);
                if search.style == Style::Sentence {
                    super::declare::show_function(self, name);
                }
                found = true;
            }
            if (search.all || !found) && self.enabled(name).is_some() {
                self.tell(name, search, "builtin", b"a shell builtin", name);
                found = true;
            }
        }
        if found && !search.all {
            return true;
        }
        let paths = self.places(name, search);
        for path in &paths {
            let hashed = self.locations.has(name) && !search.all && !search.forced && !name.contains(&b'/');
            let sentence = if hashed { [b"hashed (", &path[..], b")"].concat() } else { path.clone() };
            match search.style {
                Style::Path => self.put(&[&path[..], b"\n"].concat()),
                _ => self.tell(name, search, "file", &sentence, path),
            }
            found = true;
        }
        found
    }

    /// The files that a name leads to.
    fn places(&mut self, name: &[u8], search: Search) -> Vec<Vec<u8>> {
        if name.contains(&b'/') {
            let runs = wcr_sys::fs::access(name, 1).is_ok();
            return if runs { vec![name.to_vec()] } else { Vec::new() };
        }
        let path = self.vars.get(b"PATH").map(std::borrow::Cow::into_owned).unwrap_or_default();
        let path = if search.standard { STANDARD_PATH.to_vec() } else { path };
        if !search.all {
            let found = if self.locations.has(name) {
                self.find(name).map(|path| path.to_vec())
            } else {
                search_path(&path, name)
            };
            return found.ok().filter(|path| wcr_sys::fs::access(path, 1).is_ok()).into_iter().collect();
        }
        let folders = path.split(|byte| *byte == b':');
        let found = folders.filter_map(|folder| search_path(folder, name).ok());
        found.filter(|path| wcr_sys::fs::access(path, 1).is_ok()).collect()
    }
}

pub(super) fn describe(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"afptP")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    let style = match options.iter().rev().find(|(option, _)| b"tpP".contains(option)) {
        Some((b't', _)) => Style::Kind,
        Some(_) => Style::Path,
        None => Style::Sentence,
    };
    let search = Search { style, all: has(b'a'), functions: !has(b'f'), forced: has(b'P'), standard: false };
    let mut status = 0;
    for name in operands {
        if !shell.meaning(name, search) {
            if style == Style::Sentence {
                shell.complain(&[&name[..], b": not found"].concat());
            }
            status = 1;
        }
    }
    Ok(status)
}

/// `command` when it has to describe something, or has nothing to run.
pub(super) fn command(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"pvV")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    let style = if has(b'V') { Style::Sentence } else { Style::Terse };
    if !has(b'v') && !has(b'V') {
        return Ok(0);
    }
    let search = Search { style, all: false, functions: true, forced: false, standard: has(b'p') };
    let mut found = false;
    for name in operands {
        if shell.meaning(name, search) {
            found = true;
        } else if style == Style::Sentence {
            shell.complain(&[&name[..], b": not found"].concat());
        }
    }
    Ok(u8::from(!found))
}

pub(super) fn builtin(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let words = args.get(1..).unwrap_or_default();
    let words =
        if words.first().is_some_and(|word| word == b"--") { words.get(1..).unwrap_or_default() } else { words };
    let Some(name) = words.first() else { return Ok(0) };
    match shell.enabled(name) {
        Some(builtin) => {
            shell.command_name = Some(builtin.name.as_bytes().into());
            (builtin.run)(shell, words)
        }
        None => {
            shell.complain(&[&name[..], b": not a shell builtin"].concat());
            Ok(1)
        }
    }
}

pub(super) fn enable(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"adnpsf:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if operands.is_empty() {
        for name in builtins::names() {
            let on = !shell.bash.disabled.contains(name);
            if has(b'a') || on != has(b'n') {
                let sign = if on { "enable " } else { "enable -n " };
                shell.put(format!("{sign}{name}\n").as_bytes());
            }
        }
        return Ok(0);
    }
    let mut status = 0;
    for name in operands {
        match builtins::find(name) {
            Some(builtin) => shell.change_bash(|state| {
                if has(b'n') {
                    state.disabled.insert(builtin.name);
                } else {
                    state.disabled.remove(builtin.name);
                }
            }),
            None => {
                shell.complain(&[&name[..], b": not a shell builtin"].concat());
                status = 1;
            }
        }
    }
    Ok(status)
}

/// `help`: how a built-in is called; the long texts are not here.
pub(super) fn help(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (_, operands) = match shell.bash_options(args, b"dms")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let mut status = 0;
    for name in operands {
        let text = String::from_utf8_lossy(name).into_owned();
        match (builtins::find(name), usage(&text)) {
            (Some(_), "") => shell.put(format!("{text}: {text}\n").as_bytes()),
            (Some(_), usage) => shell.put(format!("{text}: {usage}\n").as_bytes()),
            (None, _) => {
                let message =
                    format!("no help topics match `{text}'.  Try `help help' or `man -k {text}' or `info {text}'.");
                shell.complain(message.as_bytes());
                status = 1;
            }
        }
    }
    if operands.is_empty() {
        for name in builtins::names() {
            shell.put(format!("{name}\n").as_bytes());
        }
    }
    Ok(status)
}

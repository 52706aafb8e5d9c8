//! `set`, `shopt`, `umask`.

use std::rc::Rc;

use super::usage::usage;
use crate::bash::shopt::Shopt;
use crate::options::Opt;
use crate::shell::{Flow, Shell};

/// Lists the variables that have values, and the functions, as `set` does.
pub(super) fn list_variables(shell: &mut Shell) {
    let names: Vec<Vec<u8>> = shell.vars.sorted().into_iter().map(|(name, _)| name).collect();
    for name in names {
        if let Some(line) = shell.listing(&name) {
            shell.put(&[&line[..], b"\n"].concat());
        }
    }
    if !shell.has(Opt::Posix) {
        let keys = shell.functions.keys().map(|name| (0, 0, name.to_vec())).collect();
        for name in crate::order::sorted(keys) {
            super::declare::show_function(shell, &name);
        }
    }
}

impl Shell {
    /// Sets an option of `set`, with what depends on it.
    pub(crate) fn set_bash_option(&mut self, option: Opt, on: bool) {
        match option {
            Opt::Monitor if !self.subshell => {
                self.options.set(option, on);
                if !on {
                    self.end_job_control();
                } else if self.has(Opt::Interactive) && !self.begin_job_control() {
                    self.options.set(option, false);
                }
            }
            Opt::Emacs | Opt::Vi => {
                self.options.set(option, on);
                if on {
                    self.options.set(if option == Opt::Vi { Opt::Emacs } else { Opt::Vi }, false);
                }
            }
            option => self.options.set(option, on),
        }
        self.publish_options();
    }

    /// Keeps `SHELLOPTS` and `BASHOPTS` what the options are.
    pub(crate) fn publish_options(&mut self) {
        let on: Vec<&str> = self.options.listed().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        let of_shopt: Vec<&str> = self.bash.shopts.listed().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        for (name, value) in [(&b"SHELLOPTS"[..], on.join(":")), (b"BASHOPTS", of_shopt.join(":"))] {
            self.vars.force(name, value.as_bytes());
            self.vars.attributes(name).readonly = true;
        }
        self.vars.changed.clear();
    }

    fn list_bash_options(&mut self, readable: bool) {
        for (name, on) in self.options.listed() {
            let line = if readable {
                format!("{name:<15}\t{}\n", if on { "on" } else { "off" })
            } else {
                format!("set {}o {name}\n", if on { '-' } else { '+' })
            };
            self.put(line.as_bytes());
        }
    }
}

pub(super) fn set(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut rest = args.get(1..).unwrap_or_default();
    if rest.is_empty() {
        list_variables(shell);
        return Ok(0);
    }
    let mut ended = false;
    while let Some((arg, after)) = rest.split_first() {
        let (on, letters) = match arg.as_slice() {
            b"--" => {
                rest = after;
                ended = true;
                break;
            }
            b"-" => {
                rest = after;
                shell.set_bash_option(Opt::XTrace, false);
                shell.set_bash_option(Opt::Verbose, false);
                ended = !rest.is_empty();
                break;
            }
            [b'-', letters @ ..] => (true, letters),
            [b'+', letters @ ..] if !letters.is_empty() => (false, letters),
            _ => break,
        };
        rest = after;
        for letter in letters {
            if *letter == b'o' {
                let Some((name, after)) = rest.split_first() else {
                    shell.list_bash_options(on);
                    continue;
                };
                rest = after;
                match Opt::from_name(name) {
                    Some(option) => shell.set_bash_option(option, on),
                    None => {
                        shell.complain(&[&name[..], b": invalid option name"].concat());
                        return Ok(2);
                    }
                }
                continue;
            }
            let fixed = [Opt::Interactive, Opt::CommandString, Opt::Stdin, Opt::Debug];
            match Opt::from_letter(*letter).filter(|option| !fixed.contains(option)) {
                Some(option) => shell.set_bash_option(option, on),
                None => {
                    let sign: &[u8] = if on { b"-" } else { b"+" };
                    return Ok(shell.misused(&[sign, &[*letter], b": invalid option"].concat(), usage("set")));
                }
            }
        }
    }
    if ended || !rest.is_empty() {
        shell.params = Rc::new(rest.to_vec());
    }
    Ok(0)
}

pub(super) fn shopt(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"pqsuo")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b's') && has(b'u') {
        shell.complain(b"cannot set and unset shell options simultaneously");
        return Ok(1);
    }
    let of_set = has(b'o');
    let changes = has(b's') || has(b'u');
    if operands.is_empty() {
        let all: Vec<(&str, bool)> =
            if of_set { shell.options.listed().collect() } else { shell.bash.shopts.listed().collect() };
        for (name, on) in all {
            if !changes || on == has(b's') {
                show(shell, name, on, has(b'p'), of_set);
            }
        }
        return Ok(0);
    }
    let mut status = 0;
    for name in operands {
        let state = if of_set {
            Opt::from_name(name).map(|option| shell.has(option))
        } else {
            Shopt::from_name(name).map(|option| shell.shopt(option))
        };
        let Some(on) = state else {
            let what: &[u8] = if of_set { b": invalid option name" } else { b": invalid shell option name" };
            shell.complain(&[name, what].concat());
            status = 1;
            continue;
        };
        if !changes {
            status |= u8::from(!on);
            if !has(b'q') {
                show(shell, &String::from_utf8_lossy(name), on, has(b'p'), of_set);
            }
            continue;
        }
        if let Some(option) = Opt::from_name(name).filter(|_| of_set) {
            shell.set_bash_option(option, has(b's'));
        } else if let Some(option) = Shopt::from_name(name) {
            shell.change_bash(|state| state.shopts.set(option, has(b's')));
        }
    }
    if changes {
        shell.publish_options();
    }
    Ok(status)
}

fn show(shell: &mut Shell, name: &str, on: bool, readable_back: bool, of_set: bool) {
    let line = match (readable_back, of_set) {
        (false, _) => format!("{name:<15}\t{}\n", if on { "on" } else { "off" }),
        (true, true) => format!("set {}o {name}\n", if on { '-' } else { '+' }),
        (true, false) => format!("shopt -{} {name}\n", if on { 's' } else { 'u' }),
    };
    shell.put(line.as_bytes());
}

pub(super) fn umask(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"pS")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if let Some(text) = operands.first() {
        if text.first().is_some_and(u8::is_ascii_digit) {
            let number = core::str::from_utf8(text).ok().and_then(|text| u32::from_str_radix(text, 8).ok());
            if number.is_none_or(|number| number > 0o777) {
                shell.complain(&[&text[..], b": octal number out of range"].concat());
                return Ok(1);
            }
        }
        let call = [b"umask".to_vec(), text.clone()];
        let status = crate::builtins::umask::umask(shell, &call)?;
        if !has(b'S') {
            return Ok(status);
        }
    }
    if has(b'p') {
        shell.put(if has(b'S') { b"umask -S " } else { b"umask " });
    }
    let mut call = vec![b"umask".to_vec()];
    call.extend(has(b'S').then(|| b"-S".to_vec()));
    crate::builtins::umask::umask(shell, &call)
}

//! What names mean: `type`, `command -v`, `hash`, `alias`, `unalias`.

use std::rc::Rc;

use crate::applet_names;
use crate::builtins;
use crate::exec::path::{STANDARD_PATH, search_path};
use crate::flavour;
use crate::order::sorted;
use crate::shell::{Flow, Shell};
use crate::syntax::is_keyword;
use crate::vars::{bucket, single_quoted};

/// How a description is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A sentence, as `type` and `command -V` do.
    Sentence,
    /// What could be typed, as `command -v` does.
    Terse,
}

impl Shell {
    /// Prints what a name means; the exit status tells whether it means anything.
    fn describe(&mut self, name: &[u8], style: Style, standard_path: bool) -> u8 {
        let sentence = style == Style::Sentence;
        let text: Vec<u8> = if is_keyword(name) {
            if sentence { [name, b" is a shell keyword"].concat() } else { name.to_vec() }
        } else if let Some(value) = self.aliases.get(name) {
            if sentence {
                [name, b" is an alias for ", value].concat()
            } else {
                [b"alias ", name, b"=", &single_quoted(value)].concat()
            }
        } else if let Some(builtin) = builtins::find(name).filter(|builtin| builtin.special) {
            if sentence { [builtin.name.as_bytes(), b" is a special shell builtin"].concat() } else { name.to_vec() }
        } else if self.functions.contains_key(name) {
            if sentence { [name, flavour::current().function()].concat() } else { name.to_vec() }
        } else if builtins::find(name).is_some() {
            if sentence { [name, b" is a shell builtin"].concat() } else { name.to_vec() }
        } else {
            let tracked: &[u8] =
                if flavour::is_dash() && self.locations.has(name) { b" is a tracked alias for " } else { b" is " };
            match self.describe_program(name, standard_path) {
                Ok(path) if sentence => [name, tracked, &path].concat(),
                Ok(path) => path,
                Err(_) => {
                    if sentence {
                        self.put(&[name, b": not found\n"].concat());
                    }
                    return 127;
                }
            }
        };
        self.put(&text);
        self.put(b"\n");
        0
    }

    fn describe_program(&mut self, name: &[u8], standard_path: bool) -> wcr_sys::Result<Vec<u8>> {
        if name.contains(&b'/') {
            return wcr_sys::fs::stat(name).map(|_| name.to_vec());
        }
        if !flavour::is_dash() && applet_names::contains(name) {
            return Ok(name.to_vec());
        }
        if standard_path { search_path(STANDARD_PATH, name) } else { self.find(name).map(|path| path.to_vec()) }
    }
}

pub(super) fn describe(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    // Any option asks for the short form.
    let (style, operands) = match args.get(1).map(Vec::as_slice) {
        // Dash knows none.
        Some([b'-', ..]) if !flavour::is_dash() => (Style::Terse, args.get(2..)),
        _ => (Style::Sentence, args.get(1..)),
    };
    let mut status = 0;
    for name in operands.unwrap_or_default() {
        status |= shell.describe(name, style, false);
    }
    Ok(status)
}

/// `command` when it has to describe something, or has nothing to run.
pub(super) fn command(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"pvV")?;
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    let style = if has(b'V') { Style::Sentence } else { Style::Terse };
    match operands.first() {
        Some(name) if has(b'v') || has(b'V') => Ok(shell.describe(name, style, has(b'p'))),
        _ => Ok(0),
    }
}

pub(super) fn hash(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"r")?;
    if !options.is_empty() {
        shell.locations.clear();
        return Ok(0);
    }
    if operands.is_empty() {
        for path in shell.locations.paths() {
            shell.put(&[&path, &b"\n"[..]].concat());
        }
        return Ok(0);
    }
    let mut status = 0;
    for name in operands {
        let known = builtins::find(name).is_some() || shell.functions.contains_key(&name[..]);
        if known || !flavour::is_dash() && applet_names::contains(name) {
            continue;
        }
        shell.locations.forget(name);
        if shell.find(name).is_err() {
            // Without a name it is the folder that is found.
            let reason = if name.is_empty() { ": Permission denied" } else { ": not found" };
            shell.complain(&[name, reason.as_bytes()].concat());
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn alias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let operands = args.get(1..).unwrap_or_default();
    if operands.is_empty() {
        let order = shell.alias_order.iter().enumerate();
        for name in sorted(order.map(|(index, name)| (bucket(name), index as u32, name.to_vec())).collect()) {
            print_alias(shell, &name);
        }
        return Ok(0);
    }
    let mut status = 0;
    for operand in operands {
        // A name has at least one character before the equals sign.
        let equals = operand.iter().skip(1).position(|byte| *byte == b'=').map(|place| place + 1);
        if let Some((name, value)) = equals.and_then(|equals| operand.split_at_checked(equals)) {
            let (name, value): (Rc<[u8]>, Rc<[u8]>) = (name.into(), value.get(1..).unwrap_or_default().into());
            if shell.aliases.insert(name.clone(), value).is_none() {
                shell.alias_order.push(name);
            }
        } else if shell.aliases.contains_key(&operand[..]) {
            print_alias(shell, operand);
        } else {
            if !flavour::is_dash() {
                let _ = shell.flush();
            }
            let _ = wcr_sys::fd::write_all(wcr_sys::fd::STDERR, &[b"alias: ", &operand[..], b" not found\n"].concat());
            status = 1;
        }
    }
    Ok(status)
}

fn print_alias(shell: &mut Shell, name: &[u8]) {
    if let Some(value) = shell.aliases.get(name) {
        let line = [name, b"=", &single_quoted(value), b"\n"].concat();
        shell.put(&line);
    }
}

pub(super) fn unalias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"a")?;
    if !options.is_empty() {
        shell.aliases.clear();
        shell.alias_order.clear();
        return Ok(0);
    }
    let mut status = 0;
    for name in operands {
        if shell.aliases.remove(&name[..]).is_some() {
            shell.alias_order.retain(|known| **known != **name);
        } else {
            let _ = wcr_sys::fd::write_all(wcr_sys::fd::STDERR, &[b"unalias: ", &name[..], b" not found\n"].concat());
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn history(shell: &mut Shell, _: &[Vec<u8>]) -> Flow<u8> {
    let history = shell.history.clone();
    for (number, line) in history.borrow().lines().iter().enumerate() {
        shell.put(format!("{number:4} ").as_bytes());
        shell.put(line);
        shell.put(b"\n");
    }
    Ok(0)
}

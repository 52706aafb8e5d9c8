//! Names and lines that are remembered: `alias`, `unalias`, `hash`, `history`.

use std::rc::Rc;

use super::usage::usage;
use crate::bash::quote;
use crate::builtins;
use crate::order::sorted;
use crate::shell::{Flow, Shell};

pub(super) fn alias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"p")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    if operands.is_empty() || !options.is_empty() {
        let names = sorted(shell.aliases.keys().map(|name| (0, 0, name.to_vec())).collect());
        names.iter().for_each(|name| show_alias(shell, name));
    }
    let mut status = 0;
    for operand in operands {
        let equals = operand.iter().skip(1).position(|byte| *byte == b'=').map(|place| place + 1);
        if let Some((name, value)) = equals.and_then(|equals| operand.split_at_checked(equals)) {
            let (name, value): (Rc<[u8]>, Rc<[u8]>) = (name.into(), value.get(1..).unwrap_or_default().into());
            if name.iter().any(|byte| b" \t\n/$`=|&;()<>'\"\\".contains(byte)) {
                shell.complain(&[b"`", &name[..], b"': invalid alias name"].concat());
                status = 1;
                continue;
            }
            if shell.aliases.insert(name.clone(), value).is_none() {
                shell.alias_order.push(name);
            }
        } else if shell.aliases.contains_key(&operand[..]) {
            show_alias(shell, operand);
        } else {
            shell.complain(&[&operand[..], b": not found"].concat());
            status = 1;
        }
    }
    Ok(status)
}

fn show_alias(shell: &mut Shell, name: &[u8]) {
    if let Some(value) = shell.aliases.get(name) {
        let line = [b"alias ", name, b"=", &quote::single(value), b"\n"].concat();
        shell.put(&line);
    }
}

pub(super) fn unalias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"a")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    if !options.is_empty() {
        shell.aliases.clear();
        shell.alias_order.clear();
        return Ok(0);
    }
    if operands.is_empty() {
        shell.show_usage(usage("unalias"));
        return Ok(2);
    }
    let mut status = 0;
    for name in operands {
        if shell.aliases.remove(&name[..]).is_some() {
            shell.alias_order.retain(|known| **known != **name);
        } else {
            shell.complain(&[&name[..], b": not found"].concat());
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn hash(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"dlrtp:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'r') {
        shell.locations.clear();
        shell.change_bash(|state| state.hits.clear());
    }
    if let Some((_, path)) = options.iter().find(|(option, _)| *option == b'p') {
        operands.iter().for_each(|name| shell.locations.remember(name, path));
        return Ok(0);
    }
    if operands.is_empty() {
        if !has(b'r') {
            list(shell, has(b'l'));
        }
        return Ok(0);
    }
    let mut status = 0;
    for name in operands {
        if has(b't') || has(b'd') {
            if !shell.locations.has(name) {
                shell.complain(&[&name[..], b": not found"].concat());
                status = 1;
                continue;
            }
            if has(b'd') {
                shell.locations.forget(name);
            } else if let Ok(path) = shell.find(name) {
                let before = if operands.len() > 1 { [&name[..], b"\t"].concat() } else { Vec::new() };
                shell.put(&[&before[..], &path, b"\n"].concat());
            }
            continue;
        }
        if name.contains(&b'/') || builtins::find(name).is_some() || shell.functions.contains_key(&name[..]) {
            continue;
        }
        shell.locations.forget(name);
        if shell.find(name).is_err() {
            shell.complain(&[&name[..], b": not found"].concat());
            status = 1;
        }
    }
    Ok(status)
}

fn list(shell: &mut Shell, reusable: bool) {
    let known = shell.locations.known();
    if known.is_empty() {
        if !reusable {
            shell.put(b"hash: hash table empty\n");
        }
        return;
    }
    if !reusable {
        shell.put(b"hits\tcommand\n");
    }
    for (name, path) in known {
        let hits = shell.bash.hits.get(&name).copied().unwrap_or(0);
        let line = if reusable {
            [b"builtin hash -p ", &path[..], b" ", &name, b"\n"].concat()
        } else {
            [format!("{hits:4}\t").as_bytes(), &path, b"\n"].concat()
        };
        shell.put(&line);
    }
}

pub(super) fn history(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"cawrnps")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'c') {
        shell.history.borrow_mut().clear();
        return Ok(0);
    }
    if !options.is_empty() {
        return Ok(0);
    }
    let history = shell.history.clone();
    let lines = history.borrow().lines().to_vec();
    let most = operands.first().and_then(|text| builtins::number(text)).map_or(lines.len(), |most| most as usize);
    let first = lines.len().saturating_sub(most);
    for (number, line) in lines.iter().enumerate().skip(first) {
        shell.put(format!("{:5}  ", number + 1).as_bytes());
        shell.put(line);
        shell.put(b"\n");
    }
    Ok(0)
}

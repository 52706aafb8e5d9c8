//! Variables and their attributes: `export`, `readonly`, `local`, `unset`, `let`.

use std::rc::Rc;

use crate::flavour;
use crate::shell::{Flow, Shell};
use crate::syntax::is_name;
use crate::vars::single_quoted;

/// An attribute that a variable can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Exported,
    ReadOnly,
}

pub(super) fn export(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if flavour::is_dash() {
        return declare_as_dash(shell, args, Attribute::Exported);
    }
    let (options, operands) = shell.options(args, b"np")?;
    let remove = options.iter().any(|(option, _)| *option == b'n');
    declare(shell, operands, Attribute::Exported, remove)
}

pub(super) fn readonly(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if flavour::is_dash() {
        return declare_as_dash(shell, args, Attribute::ReadOnly);
    }
    // `-n` is known because `export` has it; it changes nothing here.
    let (_, operands) = shell.options(args, b"np")?;
    declare(shell, operands, Attribute::ReadOnly, false)
}

/// `export` and `readonly` of dash: behind `-p` nothing is looked at.
fn declare_as_dash(shell: &mut Shell, args: &[Vec<u8>], attribute: Attribute) -> Flow<u8> {
    if args.get(1).is_some_and(|arg| arg.starts_with(b"-p")) {
        list(shell, attribute);
        return Ok(0);
    }
    let (_, operands) = shell.options(args, b"p")?;
    declare(shell, operands, attribute, false)
}

fn declare(shell: &mut Shell, operands: &[Vec<u8>], attribute: Attribute, remove: bool) -> Flow<u8> {
    if operands.is_empty() {
        list(shell, attribute);
        return Ok(0);
    }
    for operand in operands {
        let (name, value) = split_assignment(operand);
        check_name(shell, name)?;
        if let Some(value) = value {
            shell.assign(name, value.to_vec())?;
        }
        if shell.vars.variable(name).is_none() {
            if remove {
                continue;
            }
            shell.export_if_all(name);
        }
        let variable = shell.vars.attributes(name);
        match attribute {
            Attribute::Exported => variable.exported = !remove,
            Attribute::ReadOnly => variable.readonly = true,
        }
    }
    Ok(0)
}

/// Splits `name=value`.
fn split_assignment(operand: &[u8]) -> (&[u8], Option<&[u8]>) {
    match operand.iter().position(|byte| *byte == b'=') {
        Some(equals) => {
            let (name, value) = operand.split_at(equals);
            (name, value.get(1..))
        }
        None => (operand, None),
    }
}

fn check_name(shell: &mut Shell, name: &[u8]) -> Flow {
    if is_name(name) { Ok(()) } else { Err(shell.fail(&[name, b": bad variable name"].concat())) }
}

/// Prints the variables with an attribute as commands that set it.
fn list(shell: &mut Shell, attribute: Attribute) {
    let mut out = Vec::new();
    for (name, variable) in shell.vars.sorted() {
        let (has, command) = match attribute {
            Attribute::Exported => (variable.exported, "export "),
            Attribute::ReadOnly => (variable.readonly, "readonly "),
        };
        if !has {
            continue;
        }
        out.extend_from_slice(command.as_bytes());
        out.extend_from_slice(&name);
        if let Some(value) = &variable.value {
            out.push(b'=');
            out.extend_from_slice(&single_quoted(value));
        }
        out.push(b'\n');
    }
    shell.put(&out);
}

/// Prints all variables with their values, as `set` does.
pub(super) fn list_all(shell: &mut Shell) {
    let mut out = Vec::new();
    for (name, variable) in shell.vars.sorted() {
        let shown = match (&variable.value, variable.dynamic) {
            (Some(value), _) => single_quoted(value),
            (None, Some(dynamic)) if dynamic.is_listed() => b"''".to_vec(),
            _ => continue,
        };
        out.extend_from_slice(&name);
        out.push(b'=');
        out.extend_from_slice(&shown);
        out.push(b'\n');
    }
    shell.put(&out);
}

pub(super) fn local(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.vars.in_scope() {
        return Err(shell.fail(b"not in a function"));
    }
    for operand in args.get(1..).unwrap_or_default() {
        if operand == b"-" {
            shell.local_options.get_or_insert(shell.options);
            continue;
        }
        let (name, value) = split_assignment(operand);
        if value.is_none() || flavour::is_dash() {
            // With a value a name that is none is found out at the function's end only.
            check_name(shell, name)?;
        }
        let keeps = flavour::is_dash() && value.is_none();
        if !keeps && shell.vars.variable(name).is_some_and(|variable| variable.readonly) {
            return Err(shell.fail(&[name, b": is read only"].concat()));
        }
        let is_known = shell.vars.variable(name).is_some();
        let is_new = shell.vars.localize(name);
        match value {
            Some(value) => shell.assign(name, value.to_vec())?,
            // In dash the value stays, too.
            None if is_new && !flavour::is_dash() => {
                // The attributes stay, the value doesn't.
                shell.vars.attributes(name).value = None;
                shell.export_if_all(name);
            }
            None if !is_known => shell.export_if_all(name),
            None => {}
        }
    }
    Ok(0)
}

pub(super) fn unset(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"vf")?;
    let kind = options.last().map(|(option, _)| *option);
    for name in operands {
        if kind == Some(b'f') {
            Rc::make_mut(&mut shell.functions).remove(&name[..]);
            continue;
        }
        // As of an assignment, what stands behind an equals sign is not looked at.
        let (name, _) = split_assignment(name);
        check_name(shell, name)?;
        if name == b"OPTIND" {
            shell.check_option_index(b"")?;
        }
        shell.unset(name)?;
    }
    Ok(0)
}

/// `let`: the status tells whether the last value is 0.
pub(super) fn evaluate(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let Some(expressions) = args.get(1..).filter(|expressions| !expressions.is_empty()) else {
        return Err(shell.fail(b"expression expected"));
    };
    let mut value = 0;
    for expression in expressions {
        value = shell.arithmetic(expression)?;
    }
    Ok(u8::from(value == 0))
}

//! `env`: prints the environment, or runs a program in a changed one.

use crate::options::{Spec, Takes};
use crate::run::exec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "env",
    "env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]\n\n\
     Print current environment or run PROG after setting up environment\n\n\
     \t-, -i\tStart with empty environment\n\
     \t-0\tNUL terminated output\n\
     \t-u NAME\tRemove variable from environment",
    main,
);

const SPEC: Spec = Spec::new(
    "+iu:0",
    &[("ignore-environment", Takes::Nothing, b'i'), ("unset", Takes::Value, b'u'), ("null", Takes::Nothing, b'0')],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut operands = parsed.operands.as_slice();
    let mut empty = parsed.has(b'i');
    if let [dash, rest @ ..] = operands
        && dash == b"-"
    {
        (empty, operands) = (true, rest);
    }
    let mut env = if empty { Vec::new() } else { wcr_sys::env() };
    for (_, name) in parsed.options.iter().filter(|(key, _)| *key == b'u') {
        let name = name.as_deref().unwrap_or_default();
        // The C library's `putenv` takes a name alone as its removal.
        if name.contains(&b'=') { set(&mut env, name) } else { env.retain(|entry| !names(entry, name)) }
    }
    while let [entry, rest @ ..] = operands {
        if !entry.contains(&b'=') {
            break;
        }
        set(&mut env, entry);
        operands = rest;
    }
    if operands.is_empty() {
        let end: &[u8] = if parsed.has(b'0') { b"\0" } else { b"\n" };
        for entry in &env {
            ctx.put(&[entry, end].concat());
        }
        return Ok(0);
    }
    Err(exec(ctx, operands, env))
}

/// Whether the entry `NAME=value` is of this name.
fn names(entry: &[u8], name: &[u8]) -> bool {
    !name.is_empty() && entry.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="))
}

/// Puts `NAME=value` where the name stands, or at the end.
fn set(env: &mut Vec<Vec<u8>>, entry: &[u8]) {
    let name = entry.split(|byte| *byte == b'=').next().unwrap_or_default();
    match env.iter_mut().find(|old| names(old, name)) {
        Some(old) => *old = entry.to_vec(),
        None => env.push(entry.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_replaced_in_place() {
        let mut env = vec![b"A=1".to_vec(), b"AB=2".to_vec()];
        set(&mut env, b"A=3");
        set(&mut env, b"C=");
        assert_eq!(env, [b"A=3".to_vec(), b"AB=2".to_vec(), b"C=".to_vec()]);
        assert!(names(b"AB=2", b"AB") && !names(b"AB=2", b"A"));
    }
}

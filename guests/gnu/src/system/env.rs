//! `env`, `printenv`.

use applets::options::{Parsed, Spec, Takes};
use applets::{Context, Quit, environ};
use wcr_sys::fs;

use super::env_signals::{self, Handling};
use super::exec::exec_or_tell;
use crate::Program;
use crate::dispatch::{try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// The exit code for trouble of `env` itself.
pub(super) const TROUBLE: u8 = 125;

const LONG: &[applets::options::Long] = &[
    ("ignore-environment", Takes::Nothing, b'i'),
    ("null", Takes::Nothing, b'0'),
    ("unset", Takes::Value, b'u'),
    ("chdir", Takes::Value, b'C'),
    env_signals::OPTIONS[0],
    env_signals::OPTIONS[1],
    env_signals::OPTIONS[2],
    env_signals::OPTIONS[3],
    ("debug", Takes::Nothing, b'v'),
    ("split-string", Takes::Value, b'S'),
    HELP_OPTION,
    VERSION_OPTION,
];

const SPEC: Spec = Spec::new("+C:iS:u:v0 ", LONG);

/// `env`.
pub const ENV: Program = Program {
    reading: crate::Reading::Options(SPEC),
    ..Program::new(
        "env",
        "[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]",
        "Runs a program in another environment, or prints it.",
        "",
        LONG,
        env,
    )
}
.failing_with(TROUBLE);

/// `printenv`.
pub const PRINTENV: Program = Program::new(
    "printenv",
    "[OPTION]... [VARIABLE]...",
    "Prints the environment, or some of its variables.",
    "+iu:0",
    &[("null", Takes::Nothing, b'0'), HELP_OPTION, VERSION_OPTION],
    printenv,
)
.failing_with(2);

fn env(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut parsed = parsed.clone();
    // A string is split before anything else is done; its words stand where it stood, at the end of the options.
    if let Some(at) = parsed.options.iter().position(|(key, _)| *key == b'S') {
        let text = parsed.options.get(at).and_then(|(_, value)| value.clone()).unwrap_or_default();
        let words = split(ctx, &text)?;
        parsed.options.truncate(at);
        let rest = [words, parsed.operands.clone()].concat();
        let (more, wrong) = SPEC.read_all(&rest);
        if let Some(message) = wrong {
            return Err(wrong_usage(ctx, TROUBLE, &[&message]));
        }
        parsed.options.extend(more.options);
        parsed.operands = more.operands;
    }
    let verbose = parsed.has(b'v');
    let say = |ctx: &mut Context<'_>, parts: &[&[u8]]| {
        if verbose {
            ctx.put_err(&[parts.concat(), b"\n".to_vec()].concat());
        }
    };
    let mut operands = parsed.operands.as_slice();
    let lone_dash = operands.first().is_some_and(|first| first == b"-");
    if lone_dash {
        operands = operands.get(1..).unwrap_or_default();
    }
    let empty = parsed.has(b'i') || lone_dash;
    let mut variables = if empty { Vec::new() } else { wcr_sys::env() };
    if empty {
        say(ctx, &[b"cleaning environ"]);
    }
    let handling = Handling::read(ctx, &parsed)?;
    let mut directory = None;
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'u' => {
                if text.is_empty() || text.contains(&b'=') {
                    let shown = quote::locale(text);
                    ctx.perror(&[b"cannot unset ", &shown], wcr_sys::Errno::Inval);
                    return Err(Quit(TROUBLE));
                }
                say(ctx, &[b"unset:    ", text]);
                let name = [text, b"="].concat();
                variables.retain(|entry| !entry.starts_with(&name));
            }
            b'C' => directory = Some(text.to_vec()),
            b' ' => {
                ctx.complain(&[b"invalid option -- ' '"]);
                ctx.complain(&[b"use -[v]S to pass options in shebang lines"]);
                return Err(try_help(ctx, TROUBLE));
            }
            _ => {}
        }
    }
    while let Some((first, rest)) = operands.split_first() {
        let Some(at) = first.iter().position(|byte| *byte == b'=') else { break };
        say(ctx, &[b"setenv:   ", first]);
        let name = first.get(..=at).unwrap_or_default();
        match variables.iter_mut().find(|entry| entry.starts_with(name)) {
            Some(entry) => entry.clone_from(first),
            None => variables.push(first.clone()),
        }
        operands = rest;
    }
    if operands.is_empty() && directory.is_some() {
        return Err(wrong_usage(ctx, TROUBLE, &[b"must specify command with --chdir (-C)"]));
    }
    if parsed.has(b'0') && !operands.is_empty() {
        return Err(wrong_usage(ctx, TROUBLE, &[b"cannot specify --null (-0) with command"]));
    }
    if operands.is_empty() {
        let end: &[u8] = if parsed.has(b'0') { b"\0" } else { b"\n" };
        variables.iter().for_each(|entry| ctx.put(&[entry, end].concat()));
        return Ok(0);
    }
    handling.apply(ctx, verbose)?;
    if let Some(path) = directory {
        say(ctx, &[b"chdir:    ", &quote::always(&path)]);
        if let Err(error) = fs::chdir(&path) {
            ctx.perror(&[b"cannot change directory to ", &quote::always(&path)], error);
            return Err(Quit(TROUBLE));
        }
    }
    if verbose {
        let name = quote::as_needed(operands.first().map(Vec::as_slice).unwrap_or_default());
        say(ctx, &[b"executing: ", &name]);
        for (at, word) in operands.iter().enumerate() {
            let line = format!("   arg[{at}]= ");
            say(ctx, &[line.as_bytes(), &quote::always(word)]);
        }
    }
    let name = operands.first().cloned().unwrap_or_default();
    let quit = exec_or_tell(ctx, operands, &variables, b"");
    if quit == Quit(127) && name.contains(&b' ') {
        ctx.complain(&[b"use -[v]S to pass options in shebang lines"]);
    }
    Err(quit)
}

/// Splits the text of `-S` into words: quotes, backslashes and `${VARIABLE}` count.
fn split(ctx: &mut Context<'_>, text: &[u8]) -> Result<Vec<Vec<u8>>, Quit> {
    let (mut words, mut word, mut at): (Vec<Vec<u8>>, Option<Vec<u8>>, usize) = (Vec::new(), None, 0);
    let mut quoted = None;
    let fail = |ctx: &mut Context<'_>, parts: &[&[u8]]| {
        ctx.complain(parts);
        Quit(TROUBLE)
    };
    while let Some(byte) = text.get(at).copied() {
        at += 1;
        match (byte, quoted) {
            (b'\'' | b'"', None) => {
                quoted = Some(byte);
                word.get_or_insert_default();
            }
            (byte, Some(open)) if byte == open => quoted = None,
            (b' ' | 9..=13, None) => words.extend(word.take()),
            (b'#', None) if word.is_none() => break,
            (b'\\', open) => {
                let next = text.get(at).copied();
                at += 1;
                let plain = match (next, open) {
                    (None, _) => return Err(fail(ctx, &[b"invalid backslash at end of string in -S"])),
                    (Some(byte @ (b'\\' | b'\'')), Some(b'\'')) => byte,
                    (Some(byte), Some(b'\'')) => {
                        word.get_or_insert_default().push(b'\\');
                        byte
                    }
                    (Some(b'c'), Some(_)) => {
                        return Err(fail(ctx, &[b"'\\c' must not appear in double-quoted -S string"]));
                    }
                    (Some(b'c'), None) => break,
                    (Some(b'_'), None) => {
                        words.extend(word.take());
                        continue;
                    }
                    (Some(b'_'), Some(_)) => b' ',
                    (Some(b'f'), _) => 12,
                    (Some(b'n'), _) => b'\n',
                    (Some(b'r'), _) => b'\r',
                    (Some(b't'), _) => b'\t',
                    (Some(b'v'), _) => 11,
                    (Some(byte @ (b'"' | b'#' | b'$' | b'\'' | b'\\')), _) => byte,
                    (Some(byte), _) => {
                        return Err(fail(ctx, &[b"invalid sequence '\\", &[byte], b"' in -S"]));
                    }
                };
                word.get_or_insert_default().push(plain);
            }
            (b'$', open) if open != Some(b'\'') => {
                let rest = text.get(at..).unwrap_or_default();
                let name = rest.strip_prefix(b"{").and_then(|rest| {
                    let end = rest.iter().position(|byte| *byte == b'}')?;
                    rest.get(..end)
                });
                let Some(name) = name.filter(|name| {
                    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                }) else {
                    return Err(fail(
                        ctx,
                        &[
                            b"only ${VARNAME} expansion is supported, error at: ",
                            text.get(at - 1..).unwrap_or_default(),
                        ],
                    ));
                };
                at += name.len() + 2;
                if let Some(value) = environ::var(name) {
                    word.get_or_insert_default().extend(value);
                }
            }
            (byte, _) => word.get_or_insert_default().push(byte),
        }
    }
    if quoted.is_some() {
        return Err(fail(ctx, &[b"no terminating quote in -S string"]));
    }
    words.extend(word);
    Ok(words)
}

fn printenv(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let end: &[u8] = if parsed.has(b'0') { b"\0" } else { b"\n" };
    if parsed.operands.is_empty() {
        wcr_sys::env().iter().for_each(|entry| ctx.put(&[entry, end].concat()));
        return Ok(0);
    }
    let mut code = 0;
    for name in &parsed.operands {
        match environ::var(name).filter(|_| !name.contains(&b'=')) {
            Some(value) => ctx.put(&[&value, end].concat()),
            None => code = 1,
        }
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use applets::Applet;

    #[test]
    fn strings_are_split() {
        let applet = Applet::new("env", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        let words = |ctx: &mut Context<'_>, text: &str| {
            split(ctx, text.as_bytes())
                .map(|words| words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>())
        };
        assert_eq!(words(&mut ctx, r#"a "b c" 'd e'f g\_h \# # x"#).unwrap(), ["a", "b c", "d ef", "g", "h", "#"]);
        assert!(words(&mut ctx, "'a").is_err());
    }
}

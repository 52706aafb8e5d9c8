//! Built-ins that change the flow of control.

use std::rc::Rc;

use wcr_sys::abi::OpenFlags;
use wcr_sys::fs;

use super::usage::usage;
use crate::bash::dynamic::Frame;
use crate::bash::shopt::Shopt;
use crate::exec::descriptors::{PRIVATE, discard, out_of_the_way};
use crate::exec::path::search_path;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::input::Input;

/// A whole number with its sign.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    core::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// The number of loops that `break` or `continue` is about; `None` outside loops.
fn levels(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<Result<u32, u8>> {
    if shell.loops == 0 {
        shell.complain(b"only meaningful in a `for', `while', or `until' loop");
        return Ok(Err(0));
    }
    let Some(text) = args.get(1) else { return Ok(Ok(1)) };
    match integer(text) {
        Some(levels) if levels > 0 => Ok(Ok(u32::try_from(levels).unwrap_or(u32::MAX).min(shell.loops))),
        Some(_) => {
            shell.complain(&[text, &b": loop count out of range"[..]].concat());
            shell.status = 1;
            Err(Unwind::Break(shell.loops))
        }
        None => {
            shell.complain(&[text, &b": numeric argument required"[..]].concat());
            shell.status = 128;
            Err(Unwind::Exit)
        }
    }
}

pub(super) fn leave_loop(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    match levels(shell, args)? {
        Ok(levels) => {
            shell.status = 0;
            Err(Unwind::Break(levels))
        }
        Err(status) => Ok(status),
    }
}

pub(super) fn next_round(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    match levels(shell, args)? {
        Ok(levels) => {
            shell.status = 0;
            Err(Unwind::Continue(levels))
        }
        Err(status) => Ok(status),
    }
}

/// The status that `return` or `exit` names.
fn named_status(shell: &mut Shell, args: &[Vec<u8>]) {
    let operand = args.get(1).filter(|arg| *arg != b"--").or_else(|| args.get(2));
    if let Some(text) = operand {
        match integer(text) {
            Some(number) => shell.status = (number & 0xff) as u8,
            None => {
                shell.complain(&[text, &b": numeric argument required"[..]].concat());
                shell.status = 2;
            }
        }
    }
}

pub(super) fn leave_function(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.vars.dynamics.calls.may_return() {
        shell.complain(b"can only `return' from a function or sourced script");
        return Ok(2);
    }
    named_status(shell, args);
    Err(Unwind::Return)
}

pub(super) fn exit(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.may_leave() {
        return Ok(0);
    }
    let logout = args.first().is_some_and(|name| name == b"logout");
    if logout && !shell.shopt(Shopt::LoginShell) {
        shell.complain(b"not login shell: use `exit'");
        return Ok(1);
    }
    if args.len() > 2 && args.get(1).is_some_and(|text| integer(text).is_some()) {
        return Err(shell.fail(b"too many arguments"));
    }
    if shell.has(Opt::Interactive) && !shell.subshell {
        let name: &[u8] = if logout { b"logout\n" } else { b"exit\n" };
        let _ = wcr_sys::fd::write_all(wcr_sys::fd::STDERR, name);
    }
    named_status(shell, args);
    Err(Unwind::Exit)
}

pub(super) fn eval(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let words = args.get(1..).unwrap_or_default();
    let words =
        if words.first().is_some_and(|word| word == b"--") { words.get(1..).unwrap_or_default() } else { words };
    match run_named(shell, words.join(&b' ')) {
        Ok(()) | Err(Unwind::Syntax) => Ok(shell.status),
        Err(unwind) => Err(unwind),
    }
}

/// Runs a text: its errors of syntax are told as those of `eval`, those of its commands as their own.
fn run_named(shell: &mut Shell, text: Vec<u8>) -> Flow {
    let line = shell.vars.dynamics.line;
    let mut input = Input::text(text, line);
    // The trace of what it runs stands a level deeper.
    shell.trace_depth += 1;
    let ran = shell.run_input_as(&mut input, b"eval");
    shell.trace_depth = shell.trace_depth.saturating_sub(1);
    ran
}

pub(super) fn exec(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"cla:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let Some(first) = operands.first() else { return Ok(0) };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'c') {
        for (name, _) in shell.vars.sorted().into_iter().map(|(name, _)| (name, ())).collect::<Vec<_>>() {
            shell.vars.attributes(&name).exported = false;
        }
    }
    let named = options.iter().rev().find(|(option, _)| *option == b'a').map(|(_, name)| *name);
    let mut name = named.map(<[u8]>::to_vec);
    if has(b'l') {
        name = Some([b"-", named.unwrap_or(first)].concat());
    }
    let unwind = shell.exec(operands, name.as_deref());
    if shell.shopt(Shopt::ExecFail) {
        return Ok(shell.status);
    }
    Err(unwind)
}

pub(super) fn source(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let words = args.get(1..).unwrap_or_default();
    let words =
        if words.first().is_some_and(|word| word == b"--") { words.get(1..).unwrap_or_default() } else { words };
    let Some((name, params)) = words.split_first() else {
        return Ok(shell.misused(b"filename argument required", source_usage(args)));
    };
    if name.starts_with(b"-") && name.len() > 1 {
        let message = [name.get(..2).unwrap_or_default(), b": invalid option"].concat();
        return Ok(shell.misused(&message, source_usage(args)));
    }
    let path = if name.contains(&b'/') || !shell.shopt(Shopt::SourcePath) {
        name.clone()
    } else {
        let search = shell.vars.get(b"PATH").map(std::borrow::Cow::into_owned).unwrap_or_default();
        // What is not on the path may lie here.
        search_path(&search, name).unwrap_or_else(|_| name.clone())
    };
    let opened = fs::open(&path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
    let is_folder = fs::stat(&path).is_ok_and(|stat| stat.mode.kind() == wcr_sys::abi::FileKind::Directory);
    let command = shell.command_name.take();
    let file = match opened {
        Ok(opened) if !is_folder => out_of_the_way(opened, PRIVATE - 1).unwrap_or(opened),
        opened => {
            let reason = match opened {
                Ok(opened) => {
                    discard(opened);
                    "is a directory"
                }
                Err(error) => error.message(),
            };
            let shown = if is_folder { [b".: ", &name[..]].concat() } else { name.clone() };
            shell.complain(&[&shown[..], b": ", reason.as_bytes()].concat());
            shell.command_name = command;
            return Ok(1);
        }
    };
    let before = (!params.is_empty()).then(|| core::mem::replace(&mut shell.params, Rc::new(params.to_vec())));
    let frame = Frame {
        name: Rc::from(&b"source"[..]),
        file: path.as_slice().into(),
        line: shell.vars.dynamics.line,
        is_function: false,
    };
    shell.vars.dynamics.calls.frames.push(frame);
    let line = shell.vars.dynamics.line;
    let flow = shell.run_input(&mut Input::fd(file), false);
    shell.vars.dynamics.line = line;
    shell.vars.dynamics.calls.frames.pop();
    discard(file);
    if let Some(before) = before {
        shell.params = before;
    }
    match flow {
        Ok(()) | Err(Unwind::Return) => {
            shell.run_return_trap()?;
            Ok(shell.status)
        }
        Err(Unwind::Syntax) => Ok(shell.status),
        Err(unwind) => Err(unwind),
    }
}

fn source_usage(args: &[Vec<u8>]) -> &'static str {
    if args.first().is_some_and(|name| name == b".") { ". filename [arguments]" } else { usage("source") }
}

pub(super) fn shift(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let operand = args.get(1).filter(|arg| *arg != b"--").or_else(|| args.get(2));
    let count = match operand {
        Some(text) => match integer(text) {
            Some(count) => count,
            None => {
                shell.complain(&[text, &b": numeric argument required"[..]].concat());
                return Ok(1);
            }
        },
        None => 1,
    };
    match usize::try_from(count) {
        Ok(count) if count <= shell.params.len() => {
            Rc::make_mut(&mut shell.params).drain(..count);
            Ok(0)
        }
        Ok(_) if !shell.shopt(Shopt::ShiftVerbose) => Ok(1),
        _ => {
            shell.complain(format!("{count}: shift count out of range").as_bytes());
            Ok(1)
        }
    }
}

pub(super) fn evaluate(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let Some(expressions) = args.get(1..).filter(|expressions| !expressions.is_empty()) else {
        shell.complain(b"expression expected");
        return Ok(1);
    };
    let mut value = 0;
    for expression in expressions {
        value = shell.arithmetic(expression)?;
    }
    Ok(u8::from(value == 0))
}

/// `caller`: who called the running function.
pub(super) fn caller(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let stack = shell.vars.dynamics.calls.stack();
    let file = |at: usize| stack.get(at).map_or_else(|| b"NULL".to_vec(), |frame| frame.file.to_vec());
    let Some(operand) = args.get(1) else {
        let Some(frame) = stack.first().filter(|_| !shell.vars.dynamics.calls.frames.is_empty()) else {
            return Ok(1);
        };
        let text = [frame.line.to_string().as_bytes(), b" ", &file(1), b"\n"].concat();
        shell.put(&text);
        return Ok(0);
    };
    let Some(level) = integer(operand).and_then(|level| usize::try_from(level).ok()) else {
        return Ok(shell.misused(&[operand, &b": invalid number"[..]].concat(), usage("caller")));
    };
    match (stack.get(level), stack.get(level + 1)) {
        (Some(frame), Some(above)) => {
            let text = [frame.line.to_string().as_bytes(), b" ", &above.name[..], b" ", &above.file, b"\n"].concat();
            shell.put(&text);
            Ok(0)
        }
        _ => Ok(1),
    }
}

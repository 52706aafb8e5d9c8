//! Built-ins that change the flow of control: `break`, `return`, `exit`, `eval`, `exec`, `.`.

use std::rc::Rc;

use wcr_sys::abi::OpenFlags;
use wcr_sys::fs;

use crate::exec::descriptors::{PRIVATE, discard, out_of_the_way};
use crate::exec::path::search_path;
use crate::flavour;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::input::Input;

/// The number of loops that `break` or `continue` is about; `None` outside loops.
fn levels(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<Option<u32>> {
    let levels = match args.get(1) {
        Some(text) => match shell.number_argument(text)? {
            0 => return Err(shell.fail(&[b"Illegal number: ", text.as_slice()].concat())),
            levels => levels,
        },
        None => 1,
    };
    Ok((shell.loops > 0).then(|| levels.min(shell.loops)))
}

pub(super) fn leave_loop(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let levels = levels(shell, args)?;
    shell.status = 0;
    levels.map_or(Ok(0), |levels| Err(Unwind::Break(levels)))
}

pub(super) fn next_round(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let levels = levels(shell, args)?;
    shell.status = 0;
    levels.map_or(Ok(0), |levels| Err(Unwind::Continue(levels)))
}

/// The status that `return` or `exit` names.
fn named_status(shell: &mut Shell, args: &[Vec<u8>]) -> Flow {
    if let Some(text) = args.get(1) {
        shell.status = (shell.number_argument(text)? & 0xff) as u8;
    }
    Ok(())
}

pub(super) fn leave_function(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    named_status(shell, args)?;
    Err(Unwind::Return)
}

pub(super) fn exit(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.may_leave() {
        return Ok(0);
    }
    if args.len() == 1
        && let Some(status) = shell.failure
    {
        shell.status = status;
    }
    named_status(shell, args)?;
    Err(Unwind::Exit)
}

pub(super) fn eval(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let text = args.get(1..).unwrap_or_default().join(&b' ');
    shell.run_text(text, false)?;
    Ok(shell.status)
}

pub(super) fn exec(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if flavour::is_dash() {
        // It has no options.
        let operands = args.get(1..).unwrap_or_default();
        return if operands.is_empty() { Ok(0) } else { Err(shell.exec(operands, None)) };
    }
    let (options, operands) = shell.options(args, b"a:")?;
    let name = options.last().map(|(_, name)| *name);
    if operands.is_empty() { Ok(0) } else { Err(shell.exec(operands, name)) }
}

pub(super) fn source(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (_, operands) = shell.options(args, b"")?;
    let Some((name, params)) = operands.split_first() else {
        return Ok(if flavour::is_dash() { 0 } else { 2 });
    };
    let path = if name.contains(&b'/') {
        name.clone()
    } else {
        let search = shell.vars.get(b"PATH").map(std::borrow::Cow::into_owned).unwrap_or_default();
        match search_path(&search, name) {
            Ok(path) => path,
            Err(_) => return Err(shell.fail(&[name, &b": not found"[..]].concat())),
        }
    };
    let opened = fs::open(&path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
    let file = match opened {
        Ok(opened) => out_of_the_way(opened, PRIVATE - 1).unwrap_or(opened),
        Err(error) => {
            return Err(shell.fail(&flavour::current().cannot_read(&path, error)));
        }
    };
    let takes_params = !params.is_empty() && !flavour::is_dash();
    let before = takes_params.then(|| core::mem::replace(&mut shell.params, Rc::new(params.to_vec())));
    shell.command_name = Some(name.clone().into());
    let tested = core::mem::take(&mut shell.tested);
    let flow = shell.run_input(&mut Input::fd(file), false);
    shell.tested = tested;
    discard(file);
    if let Some(before) = before {
        shell.params = before;
    }
    match flow {
        Ok(()) | Err(Unwind::Return) => Ok(shell.status),
        Err(unwind) => Err(unwind),
    }
}

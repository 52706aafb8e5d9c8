//! `mapfile`, also called `readarray`.

use wcr_sys::{Errno, fd};

use crate::bash::array::{Array, Key};
use crate::shell::{Flow, Shell};
use crate::syntax::is_name;

/// How lines are read.
struct Request {
    delimiter: u8,
    most: usize,
    origin: Option<i64>,
    skip: usize,
    trim: bool,
    from: wcr_sys::Fd,
    callback: Option<Vec<u8>>,
    quantum: usize,
}

pub(super) fn mapfile(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"d:n:O:s:tu:C:c:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let mut request = Request {
        delimiter: b'\n',
        most: 0,
        origin: None,
        skip: 0,
        trim: false,
        from: fd::STDIN,
        callback: None,
        quantum: 5000,
    };
    for (option, value) in options {
        let number = super::control::integer(value);
        match (option, number) {
            (b'd', _) => request.delimiter = value.first().copied().unwrap_or(0),
            (b't', _) => request.trim = true,
            (b'C', _) => request.callback = Some(value.to_vec()),
            (b'n', Some(most)) if most >= 0 => request.most = most as usize,
            (b's', Some(skip)) if skip >= 0 => request.skip = skip as usize,
            (b'O', Some(origin)) if origin >= 0 => request.origin = Some(origin),
            (b'c', Some(quantum)) if quantum > 0 => request.quantum = quantum as usize,
            (b'u', Some(from)) if from >= 0 => request.from = from as wcr_sys::Fd,
            (letter, _) => {
                let what: &[u8] = match letter {
                    b'n' | b's' => b": invalid line count",
                    b'O' => b": invalid array origin",
                    b'c' => b": invalid callback quantum",
                    _ => b": invalid file descriptor specification",
                };
                shell.complain(&[value, what].concat());
                return Ok(1);
            }
        }
    }
    let name = operands.first().map_or(&b"MAPFILE"[..], Vec::as_slice);
    if !is_name(name) {
        shell.complain(&[b"`", name, b"': not a valid identifier"].concat());
        return Ok(1);
    }
    if let Err(error) = fd::flags(request.from) {
        let text = format!("{}: invalid file descriptor: {}", request.from, error.message());
        shell.complain(text.as_bytes());
        return Ok(1);
    }
    if shell.vars.is_associative(name) {
        shell.complain(&[name, b": not an indexed array"].concat());
        return Ok(1);
    }
    let target = shell.vars.target_of(name).to_vec();
    if shell.vars.variable(&target).is_some_and(|variable| variable.readonly) {
        return Err(shell.refuse_change(&target));
    }
    if request.origin.is_none() {
        shell.vars.set_array(&target, Array::default());
    }
    fill(shell, &target, &request)
}

fn fill(shell: &mut Shell, name: &[u8], request: &Request) -> Flow<u8> {
    let mut index = request.origin.unwrap_or(0);
    let mut skipped = 0;
    let mut stored = 0;
    let mut values = Vec::new();
    while request.most == 0 || stored < request.most {
        let Some(mut line) = read_line(shell, request) else { break };
        if skipped < request.skip {
            skipped += 1;
            continue;
        }
        if request.trim && line.last() == Some(&request.delimiter) {
            line.pop();
        }
        // A byte of value 0 is in no value.
        line.retain(|byte| *byte != 0);
        stored += 1;
        if let Some(callback) = request.callback.as_ref().filter(|_| stored % request.quantum == 0) {
            let text = crate::bash::quote::single(&line);
            let command = [callback, &b" "[..], index.to_string().as_bytes(), b" ", &text].concat();
            shell.run_text(command, false)?;
        }
        values.push((index, line));
        index += 1;
    }
    let mut array = shell.vars.array(name).map(std::borrow::Cow::into_owned).unwrap_or_default();
    values.into_iter().for_each(|(index, line)| array.set(Key::Number(index), line));
    shell.vars.set_array(name, array);
    Ok(0)
}

/// A line with its delimiter; `None` at the end.
fn read_line(shell: &mut Shell, request: &Request) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        match fd::read(request.from, &mut byte) {
            Ok(0) => return (!line.is_empty()).then_some(line),
            Ok(_) => line.extend_from_slice(&byte),
            Err(Errno::Intr) => shell.traps.collect(),
            Err(_) => return None,
        }
        if line.last() == Some(&request.delimiter) {
            return Some(line);
        }
    }
}

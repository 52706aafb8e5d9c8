//! `cd`, and the stack of directories: `pushd`, `popd`, `dirs`.

use super::usage::usage;
use crate::shell::{Flow, Shell, Unwind};

/// A directory as the stack shows it: the home directory as a tilde.
fn shown(shell: &Shell, path: &[u8]) -> Vec<u8> {
    let home = shell.vars.get(b"HOME").unwrap_or_default();
    match path.strip_prefix(&home[..]) {
        Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with(b"/")) => [b"~", rest].concat(),
        _ => path.to_vec(),
    }
}

/// The stack, the current directory first.
fn stack(shell: &Shell) -> Vec<Vec<u8>> {
    let others = shell.vars.dynamics.calls.directories.iter().cloned();
    core::iter::once(shell.cwd.clone()).chain(others).collect()
}

fn note(shell: &mut Shell) {
    shell.vars.dynamics.calls.directory = shell.cwd.clone();
}

pub(super) fn cd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"LPe@")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    if operands.len() > 1 {
        shell.complain(b"too many arguments");
        return Ok(1);
    }
    let missing = match operands.first().map(Vec::as_slice) {
        None => Some("HOME"),
        Some(b"-") => Some("OLDPWD"),
        Some(_) => None,
    };
    if let Some(name) = missing.filter(|name| shell.vars.get(name.as_bytes()).is_none()) {
        shell.complain(format!("{name} not set").as_bytes());
        return Ok(1);
    }
    let physical = options.iter().rev().find(|(option, _)| matches!(option, b'L' | b'P'));
    let physical = physical.map_or(shell.has(crate::options::Opt::Physical), |(option, _)| *option == b'P');
    let mut call = vec![b"cd".to_vec()];
    call.extend(physical.then(|| b"-P".to_vec()));
    call.push(b"--".to_vec());
    call.extend(operands.iter().cloned());
    let done = crate::builtins::directory::cd(shell, &call);
    note(shell);
    match done {
        Err(Unwind::Error) => Ok(1),
        done => done,
    }
}

/// Goes to a directory without a word about where that is.
fn go(shell: &mut Shell, path: &[u8]) -> Flow<bool> {
    let before = shell.out.len();
    let done = crate::builtins::directory::cd(shell, &[b"cd".to_vec(), b"--".to_vec(), path.to_vec()]);
    shell.out.truncate(before);
    note(shell);
    match done {
        Ok(status) => Ok(status == 0),
        Err(Unwind::Error) => Ok(false),
        Err(unwind) => Err(unwind),
    }
}

fn print(shell: &mut Shell) {
    let all: Vec<Vec<u8>> = stack(shell).iter().map(|path| shown(shell, path)).collect();
    shell.put(&[&all.join(&b' ')[..], b"\n"].concat());
}

/// The place that `+n` or `-n` means.
fn place(text: &[u8], length: usize) -> Option<Result<usize, ()>> {
    let (sign, digits) = text.split_first()?;
    if !matches!(sign, b'+' | b'-') || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = crate::builtins::number(digits)? as usize;
    Some(if number >= length {
        Err(())
    } else if *sign == b'+' {
        Ok(number)
    } else {
        Ok(length - 1 - number)
    })
}

/// Takes `-n` off: whether the directory stays.
fn stays(args: &[Vec<u8>]) -> (bool, &[Vec<u8>]) {
    match args.get(1..).unwrap_or_default() {
        [first, rest @ ..] if first == b"-n" => (true, rest),
        [first, rest @ ..] if first == b"--" => (false, rest),
        rest => (false, rest),
    }
}

pub(super) fn pushd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (stay, operands) = stays(args);
    let mut all = stack(shell);
    let Some(operand) = operands.first() else {
        if all.len() < 2 {
            shell.complain(b"no other directory");
            return Ok(1);
        }
        all.swap(0, 1);
        return settle(shell, all, stay);
    };
    match place(operand, all.len()) {
        Some(Ok(at)) => {
            all.rotate_left(at);
            settle(shell, all, stay)
        }
        Some(Err(())) if all.len() < 2 => {
            shell.complain(b"directory stack empty");
            Ok(1)
        }
        Some(Err(())) => {
            shell.complain(&[&operand[..], b": directory stack index out of range"].concat());
            Ok(1)
        }
        None if operand.starts_with(b"-") && operand.len() > 1 => {
            Ok(shell.misused(&[&operand[..], b": invalid number"].concat(), usage("pushd")))
        }
        None if stay => {
            shell.vars.dynamics.calls.directories.insert(0, operand.clone());
            print(shell);
            Ok(0)
        }
        None => {
            let before = shell.cwd.clone();
            if !go(shell, operand)? {
                return Ok(1);
            }
            shell.vars.dynamics.calls.directories.insert(0, before);
            print(shell);
            Ok(0)
        }
    }
}

/// Makes the first of these the current directory, and the others the stack.
fn settle(shell: &mut Shell, mut all: Vec<Vec<u8>>, stay: bool) -> Flow<u8> {
    let first = all.remove(0);
    if !stay && !go(shell, &first)? {
        return Ok(1);
    }
    shell.vars.dynamics.calls.directories = all;
    print(shell);
    Ok(0)
}

pub(super) fn popd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (stay, operands) = stays(args);
    let mut all = stack(shell);
    if all.len() < 2 {
        shell.complain(b"directory stack empty");
        return Ok(1);
    }
    let at = match operands.first() {
        None => usize::from(stay),
        Some(operand) => match place(operand, all.len()) {
            Some(Ok(at)) => at,
            Some(Err(())) => {
                shell.complain(&[&operand[..], b": directory stack index out of range"].concat());
                return Ok(1);
            }
            None => return Ok(shell.misused(&[&operand[..], b": invalid argument"].concat(), usage("popd"))),
        },
    };
    all.remove(at);
    if at > 0 {
        all.remove(0);
        shell.vars.dynamics.calls.directories = all;
        print(shell);
        return Ok(0);
    }
    settle(shell, all, stay)
}

pub(super) fn dirs(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (mut long, mut lines, mut numbered, mut chosen) = (false, false, false, None);
    let all = stack(shell);
    for arg in args.iter().skip(1) {
        match place(arg, all.len()) {
            Some(Ok(at)) => chosen = Some(at),
            Some(Err(())) if all.len() < 2 => {
                shell.complain(b"directory stack empty");
                return Ok(1);
            }
            Some(Err(())) => {
                let number = arg.get(1..).unwrap_or_default();
                shell.complain(&[number, b": directory stack index out of range"].concat());
                return Ok(1);
            }
            None => {
                for letter in arg.strip_prefix(b"-").unwrap_or_default() {
                    match letter {
                        b'c' => {
                            shell.vars.dynamics.calls.directories.clear();
                            return Ok(0);
                        }
                        b'l' => long = true,
                        b'p' => lines = true,
                        b'v' => (lines, numbered) = (true, true),
                        _ => return Ok(shell.misused(&[&arg[..], b": invalid option"].concat(), usage("dirs"))),
                    }
                }
            }
        }
    }
    let form = |path: &Vec<u8>| if long { path.clone() } else { shown(shell, path) };
    let texts: Vec<Vec<u8>> = all.iter().map(form).collect();
    let texts = match chosen {
        Some(at) => texts.get(at).cloned().into_iter().collect(),
        None => texts,
    };
    if !lines {
        shell.put(&[&texts.join(&b' ')[..], b"\n"].concat());
        return Ok(0);
    }
    for (at, text) in texts.iter().enumerate() {
        let number = if numbered { format!("{at:2}  ") } else { String::new() };
        shell.put(&[number.as_bytes(), text, b"\n"].concat());
    }
    Ok(0)
}

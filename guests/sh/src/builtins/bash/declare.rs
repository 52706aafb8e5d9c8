//! `declare`, `typeset`, `local`, `export`, `readonly`, `unset`.

use std::rc::Rc;

use super::usage::usage;
use crate::bash::array::Array;
use crate::bash::variables::split_element;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::Word;
use crate::syntax::ast::bash::Target;
use crate::syntax::{is_name, unparse_bash};
use crate::vars::Traits;

/// The argument that an assignment with more than a plain value becomes: text where it is one, else the array is kept,
/// and the argument names its place behind a byte that no argument has.
/// # Errors
/// An expansion's.
pub fn declared(shell: &mut Shell, name: &[u8], target: &Rc<Target>, value: &Word) -> Flow<Vec<u8>> {
    let operator: &[u8] = if target.append { b"+=" } else { b"=" };
    if target.elements.is_some() {
        shell.arrays.push(target.clone());
        let place = (shell.arrays.len() - 1).to_string();
        return Ok([name, operator, b"\0", place.as_bytes()].concat());
    }
    let text = shell.expand_assignment(value)?;
    let subscript = match &target.subscript {
        Some(subscript) => [b"[", &shell.expand_text(subscript)?[..], b"]"].concat(),
        None => Vec::new(),
    };
    Ok([name, &subscript, operator, &text].concat())
}

/// What a call asks for.
#[derive(Default)]
struct Request {
    /// Attributes that are given or taken.
    traits: Vec<(Traits, bool)>,
    exported: Option<bool>,
    readonly: bool,
    indexed: bool,
    associative: bool,
    /// Functions instead of variables: with their bodies, or their names alone.
    functions: Option<u8>,
    global: bool,
    print: bool,
    inherit: bool,
    /// Whether the variable becomes the function's own.
    local: bool,
}

pub(super) fn declare(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut request = Request { local: shell.vars.dynamics.calls.in_function(), ..Request::default() };
    let rest = match taken(shell, args, &mut request)? {
        Ok(rest) => rest,
        Err(status) => return Ok(status),
    };
    request.local &= !request.global;
    run(shell, &request, rest)
}

pub(super) fn local(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.vars.dynamics.calls.in_function() {
        shell.complain(b"can only be used in a function");
        return Ok(1);
    }
    let mut request = Request { local: true, ..Request::default() };
    let rest = match taken(shell, args, &mut request)? {
        Ok(rest) => rest,
        Err(status) => return Ok(status),
    };
    if rest.is_empty() {
        let mut names: Vec<_> = shell.vars.in_scope_names().cloned().collect();
        names.sort_unstable();
        for name in names {
            let line = shell.declaration(&name);
            shell.put(&[&line[..], b"\n"].concat());
        }
        return Ok(0);
    }
    run(shell, &request, rest)
}

/// Takes the options of `declare` off.
fn taken<'a>(shell: &mut Shell, args: &'a [Vec<u8>], request: &mut Request) -> Flow<Result<&'a [Vec<u8>], u8>> {
    let mut rest = args.get(1..).unwrap_or_default();
    while let Some((arg, after)) = rest.split_first() {
        let (on, letters) = match arg.as_slice() {
            b"--" => return Ok(Ok(after)),
            b"-" | b"+" => break,
            [b'-', letters @ ..] => (true, letters),
            [b'+', letters @ ..] => (false, letters),
            _ => break,
        };
        rest = after;
        for letter in letters {
            match letter {
                b'a' => request.indexed = on,
                b'A' => request.associative = on,
                b'i' => request.traits.push((Traits::INTEGER, on)),
                b'l' => request.traits.push((Traits::LOWER, on)),
                b'u' => request.traits.push((Traits::UPPER, on)),
                b'c' => request.traits.push((Traits::CAPITAL, on)),
                b'n' => request.traits.push((Traits::REFERENCE, on)),
                b't' => request.traits.push((Traits::TRACED, on)),
                b'x' => request.exported = Some(on),
                b'r' => request.readonly |= on,
                b'f' | b'F' => request.functions = Some(*letter),
                b'g' => request.global = on,
                b'p' => request.print = on,
                b'I' => request.inherit = on,
                letter => {
                    let name = args.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
                    let sign: &[u8] = if on { b"-" } else { b"+" };
                    let message = [sign, &[*letter], b": invalid option"].concat();
                    return Ok(Err(shell.misused(&message, usage(&name))));
                }
            }
        }
    }
    Ok(Ok(rest))
}

fn run(shell: &mut Shell, request: &Request, operands: &[Vec<u8>]) -> Flow<u8> {
    if let Some(kind) = request.functions {
        return functions(shell, request, kind, operands);
    }
    if operands.is_empty() {
        list(shell, request);
        return Ok(0);
    }
    if request.print {
        return print(shell, operands);
    }
    let mut status = 0;
    for operand in operands {
        if operand == b"-" && request.local {
            shell.local_options.get_or_insert(shell.options);
            continue;
        }
        match one(shell, request, operand) {
            Ok(()) => {}
            Err(Unwind::Error) => status = 1,
            Err(unwind) => return Err(unwind),
        }
    }
    Ok(status)
}

/// An operand: the name, the subscript, whether the value is added, and the value.
fn parts(operand: &[u8]) -> (&[u8], Option<&[u8]>, bool, Option<&[u8]>) {
    let mut depth = 0u32;
    let equals = operand.iter().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b'=' && depth == 0
    });
    let (left, value) = match equals.and_then(|at| operand.split_at_checked(at)) {
        Some((left, value)) => (left, value.get(1..)),
        None => (operand, None),
    };
    let (left, append) = match left.strip_suffix(b"+").filter(|_| value.is_some()) {
        Some(left) => (left, true),
        None => (left, false),
    };
    let (name, subscript) = split_element(left);
    (name, subscript, append, value)
}

fn one(shell: &mut Shell, request: &Request, operand: &[u8]) -> Flow {
    let (name, subscript, append, value) = parts(operand);
    if !is_name(name) {
        let shown = operand.split(|byte| *byte == 0).next().unwrap_or_default();
        let shown = if value.is_some() && shown.len() < operand.len() { name } else { shown };
        return Err(shell.fail(&[b"`", shown, b"': not a valid identifier"].concat()));
    }
    let reference = request.traits.iter().any(|(traits, _)| *traits == Traits::REFERENCE);
    let name = if reference || request.local { name.to_vec() } else { shell.vars.target_of(name).to_vec() };
    if request.local {
        localize(shell, request, &name)?;
    }
    let global = request.global && shell.vars.is_covered(&name);
    let held = global.then(|| shell.vars.variable(&name).cloned());
    if held.is_some() {
        let outer = shell.vars.global(&name).clone();
        *shell.vars.attributes(&name) = outer;
    }
    let done = change(shell, request, &name, subscript, append, value);
    if let Some(held) = held {
        let changed = shell.vars.attributes(&name).clone();
        *shell.vars.global(&name) = changed;
        match held {
            Some(variable) => *shell.vars.attributes(&name) = variable,
            None => _ = shell.vars.unset(&name),
        }
    }
    done
}

/// Makes a variable the running function's own.
fn localize(shell: &mut Shell, request: &Request, name: &[u8]) -> Flow {
    let known = shell.vars.variable(name);
    if known.is_some_and(|variable| variable.readonly) && !shell.vars.in_scope_names().any(|own| **own == *name) {
        return Err(shell.refuse_change(name));
    }
    let exported = known.is_some_and(|variable| variable.exported);
    if shell.vars.localize(name) && !request.inherit && !shell.shopt(crate::bash::shopt::Shopt::LocalVarInherit) {
        let variable = shell.vars.attributes(name);
        variable.value = None;
        variable.array = None;
        variable.dynamic = None;
        variable.traits = Traits::default();
        variable.exported = exported;
        shell.settle_variables();
    }
    Ok(())
}

fn change(
    shell: &mut Shell,
    request: &Request,
    name: &[u8],
    subscript: Option<&[u8]>,
    append: bool,
    value: Option<&[u8]>,
) -> Flow {
    make_array(shell, request, name, subscript.is_some())?;
    let readonly = shell.vars.variable(name).is_some_and(|variable| variable.readonly);
    if readonly && value.is_some() {
        return Err(shell.refuse_change(name));
    }
    let existed = shell.vars.variable(name).is_some();
    for (traits, on) in &request.traits {
        let variable = shell.vars.attributes(name);
        // The three that change letters exclude each other.
        if *on && [Traits::LOWER, Traits::UPPER, Traits::CAPITAL].contains(traits) {
            [Traits::LOWER, Traits::UPPER, Traits::CAPITAL]
                .into_iter()
                .for_each(|other| variable.traits.set(other, false));
        }
        variable.traits.set(*traits, *on);
    }
    if let Some(value) = value {
        assign(shell, request, name, subscript, append, value)?;
    } else if !existed {
        shell.export_if_all(name);
    }
    let variable = shell.vars.attributes(name);
    if let Some(exported) = request.exported {
        variable.exported = exported;
    }
    variable.readonly |= request.readonly;
    Ok(())
}

/// Makes a variable an array, if that is wanted.
fn make_array(shell: &mut Shell, request: &Request, name: &[u8], subscript: bool) -> Flow {
    if !request.indexed && !request.associative && !subscript {
        return Ok(());
    }
    let variable = shell.vars.variable(name);
    let known = variable.and_then(|variable| variable.array.as_ref());
    match known {
        Some(array) if request.associative && !array.is_associative() && array.len() > 0 => {
            return Err(shell.fail(&[name, b": cannot convert indexed to associative array"].concat()));
        }
        Some(array) if request.associative && !array.is_associative() => {}
        Some(array) if request.indexed && array.is_associative() => {
            return Err(shell.fail(&[name, b": cannot convert associative to indexed array"].concat()));
        }
        Some(_) => return Ok(()),
        None => {}
    }
    let variable = shell.vars.attributes(name);
    let value = variable.value.take();
    let hollow = value.is_none();
    variable.array = Some(Rc::new(if request.associative { Array::associative() } else { Array::of(value) }));
    variable.traits.set(Traits::HOLLOW, hollow);
    Ok(())
}

fn assign(
    shell: &mut Shell,
    request: &Request,
    name: &[u8],
    subscript: Option<&[u8]>,
    append: bool,
    value: &[u8],
) -> Flow {
    if let Some(place) = value.strip_prefix(b"\0") {
        let place =
            core::str::from_utf8(place).ok().and_then(|place| place.parse::<usize>().ok()).unwrap_or(usize::MAX);
        let Some(target) = shell.arrays.get(place).cloned() else { return Ok(()) };
        return shell.assign_array(name, target.elements.as_deref().unwrap_or_default(), append);
    }
    if request.traits.contains(&(Traits::REFERENCE, true)) {
        let (target, _) = split_element(value);
        if !is_name(target) && !value.is_empty() {
            return Err(shell.fail(&[b"`", value, b"': invalid variable name for name reference"].concat()));
        }
        if value == name {
            return Err(shell.fail(&[name, b": nameref variable self references not allowed"].concat()));
        }
        shell.vars.attributes(name).value = Some(value.to_vec());
        return Ok(());
    }
    if let Some(subscript) = subscript {
        let key = shell.key(name, subscript)?;
        return shell.assign_element(name, key, value.to_vec(), append);
    }
    if (request.indexed || request.associative) && value.starts_with(b"(") && value.ends_with(b")") {
        // A text in quotes that looks like an array is one.
        return assign_text(shell, name, append, value);
    }
    if append { shell.append(name, value.to_vec()) } else { shell.assign(name, value.to_vec()) }
}

/// `declare -a "a=(…)"`
fn assign_text(shell: &mut Shell, name: &[u8], append: bool, value: &[u8]) -> Flow {
    let operator: &[u8] = if append { b"+=" } else { b"=" };
    let text = [name, operator, value].concat();
    let line = shell.vars.dynamics.line;
    shell.run_input(&mut crate::syntax::input::Input::text(text, line), false)
}

/// Lists the variables that have all that is asked for.
fn list(shell: &mut Shell, request: &Request) {
    let plain = request.traits.is_empty()
        && request.exported.is_none()
        && !request.readonly
        && !request.indexed
        && !request.associative;
    if plain && !request.print {
        super::options::list_variables(shell);
        return;
    }
    let names: Vec<Vec<u8>> = shell.vars.sorted().into_iter().map(|(name, _)| name).collect();
    for name in names {
        let letters = shell.attribute_letters(&name);
        let wanted = [
            (request.exported == Some(true), b'x'),
            (request.readonly, b'r'),
            (request.indexed, b'a'),
            (request.associative, b'A'),
            (request.traits.contains(&(Traits::INTEGER, true)), b'i'),
            (request.traits.contains(&(Traits::REFERENCE, true)), b'n'),
            (request.traits.contains(&(Traits::LOWER, true)), b'l'),
            (request.traits.contains(&(Traits::UPPER, true)), b'u'),
        ];
        if wanted.iter().all(|(wanted, letter)| !wanted || letters.contains(letter)) {
            let line = shell.declaration(&name);
            shell.put(&[&line[..], b"\n"].concat());
        }
    }
}

/// `declare -p name`
fn print(shell: &mut Shell, names: &[Vec<u8>]) -> Flow<u8> {
    let mut status = 0;
    for name in names {
        if shell.vars.variable(name).is_some() {
            let line = shell.declaration(name);
            shell.put(&[&line[..], b"\n"].concat());
        } else {
            shell.complain(&[&name[..], b": not found"].concat());
            status = 1;
        }
    }
    Ok(status)
}

/// `declare -f`, `declare -F`
fn functions(shell: &mut Shell, request: &Request, kind: u8, names: &[Vec<u8>]) -> Flow<u8> {
    if names.is_empty() {
        let keys = shell.functions.keys().map(|name| (0, 0, name.to_vec())).collect();
        for name in crate::order::sorted(keys) {
            let exported = shell.bash.exported_functions.contains(&name[..]);
            if request.exported == Some(true) && !exported {
                continue;
            }
            if kind == b'f' {
                show_function(shell, &name);
            }
            let letters: &[u8] = if exported { b"fx" } else { b"f" };
            if kind == b'F' || exported {
                shell.put(&[b"declare -", letters, b" ", &name[..], b"\n"].concat());
            }
        }
        return Ok(0);
    }
    let mut status = 0;
    for name in names {
        if !shell.functions.contains_key(&name[..]) {
            status = 1;
        } else if let Some(on) = request.exported {
            export_function(shell, name, on);
        } else if request.readonly {
            let name: Rc<[u8]> = name.as_slice().into();
            shell.change_bash(|state| _ = state.readonly_functions.insert(name));
        } else if kind == b'f' {
            show_function(shell, name);
        } else {
            shell.put(&[&name[..], b"\n"].concat());
        }
    }
    Ok(status)
}

fn export_function(shell: &mut Shell, name: &[u8], on: bool) {
    let name: Rc<[u8]> = name.into();
    shell.change_bash(|state| {
        if on {
            state.exported_functions.insert(name);
        } else {
            state.exported_functions.remove(&name);
        }
    });
}

/// Prints a function as it could be typed.
pub(super) fn show_function(shell: &mut Shell, name: &[u8]) {
    if let Some(body) = shell.functions.get(name).cloned() {
        let text = unparse_bash::function(name, &body);
        shell.put(&[&text[..], b"\n"].concat());
    }
}

pub(super) fn export(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"fnp")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'f') {
        let mut status = 0;
        for name in operands {
            if shell.functions.contains_key(&name[..]) {
                export_function(shell, name, !has(b'n'));
            } else {
                shell.complain(&[&name[..], b": not a function"].concat());
                status = 1;
            }
        }
        return Ok(status);
    }
    let request = Request { exported: Some(!has(b'n')), ..Request::default() };
    if shell.has(crate::options::Opt::XTrace) {
        // What is assigned is traced once more.
        for operand in operands.iter().filter(|operand| operand.contains(&b'=') && !operand.contains(&0)) {
            shell.trace_line(operand);
        }
    }
    run(shell, &request, operands)
}

pub(super) fn readonly(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"aAfp")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    let request = Request {
        readonly: true,
        indexed: has(b'a'),
        associative: has(b'A'),
        functions: has(b'f').then_some(b'f'),
        ..Request::default()
    };
    run(shell, &request, operands)
}

pub(super) fn unset(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"vfn")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    let mut status = 0;
    for operand in operands {
        let (name, subscript) = split_element(operand);
        let known = shell.vars.variable(name).is_some();
        if has(b'f') || !has(b'v') && !has(b'n') && !known && shell.functions.contains_key(name) {
            if shell.bash.readonly_functions.contains(name) {
                shell.complain(&[name, b": cannot unset: readonly function"].concat());
                status = 1;
                continue;
            }
            Rc::make_mut(&mut shell.functions).remove(name);
            continue;
        }
        if !is_name(name) && !has(b'v') && !has(b'n') {
            // It might have been a function.
            continue;
        }
        if !is_name(name) {
            shell.complain(&[b"`", &operand[..], b"': not a valid identifier"].concat());
            status = 1;
            continue;
        }
        let target = if has(b'n') { name.to_vec() } else { shell.vars.target_of(name).to_vec() };
        if shell.vars.variable(&target).is_some_and(|variable| variable.readonly) {
            shell.complain(&[&target[..], b": cannot unset: readonly variable"].concat());
            status = 1;
            continue;
        }
        let done = match (subscript, split_element(&target)) {
            (Some(subscript), _) => shell.unset_element(&target, subscript),
            (None, (name, Some(subscript))) => shell.unset_element(name, subscript),
            _ => shell.unset(&target),
        };
        match done {
            Ok(()) => {}
            Err(Unwind::Error) => status = 1,
            Err(unwind) => return Err(unwind),
        }
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn operands_are_taken_apart() {
        assert_eq!(parts(b"a=b"), (&b"a"[..], None, false, Some(&b"b"[..])));
        assert_eq!(parts(b"a[x=y]+=b"), (&b"a"[..], Some(&b"x=y"[..]), true, Some(&b"b"[..])));
        assert_eq!(parts(b"a"), (&b"a"[..], None, false, None));
    }
}

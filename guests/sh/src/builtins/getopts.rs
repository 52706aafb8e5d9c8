//! `getopts`.

use wcr_sys::fd;

use crate::shell::{Flow, OptionCursor, Shell};
use crate::syntax::is_name;

/// What `getopts` found.
struct Found {
    /// The option's letter, `?` or `:`.
    letter: u8,
    argument: Option<Vec<u8>>,
    message: Option<Vec<u8>>,
    more: bool,
}

pub(super) fn getopts(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let [_, spec, variable, rest @ ..] = args else {
        if crate::flavour::is_bash() {
            shell.show_usage("getopts optstring name [arg ...]");
            return Ok(2);
        }
        return Err(shell.fail(if crate::flavour::is_dash() {
            b"Usage: getopts optstring var [arg...]"
        } else {
            b"usage: getopts optstring var [arg]"
        }));
    };
    let params = shell.params.clone();
    let words: &[Vec<u8>] = if rest.is_empty() { &params } else { rest };
    let mut cursor = shell.getopts;
    let opterr = crate::flavour::is_dash() || shell.vars.get(b"OPTERR").is_none_or(|value| *value != *b"0");
    let silent = spec.first() == Some(&b':') || !opterr;
    let found = next_option(&mut cursor, spec, words, silent);
    if let Some(message) = &found.message {
        let name = if crate::flavour::is_bash() { [&shell.arg0, &b": "[..]].concat() } else { Vec::new() };
        let _ = fd::write_all(fd::STDERR, &[&name[..], message].concat());
    }
    let before = shell.getopts;
    let published = publish(shell, &found, cursor.index, spec, variable);
    // Setting `OPTIND` has begun the search anew. After an error it stands where it stood.
    shell.getopts = if published.is_ok() { cursor } else { before };
    published?;
    Ok(u8::from(!found.more))
}

/// Sets the variables that tell what was found.
fn publish(shell: &mut Shell, found: &Found, index: usize, spec: &[u8], variable: &[u8]) -> Flow {
    match &found.argument {
        Some(argument) if argument.is_empty() && crate::flavour::is_bash() && !takes_argument(spec, found.letter) => {
            shell.unset(b"OPTARG")?;
        }
        Some(argument) => shell.assign(b"OPTARG", argument.clone())?,
        // At the end dash leaves it as it is.
        None if crate::flavour::is_dash() && !found.more => {}
        None => shell.unset(b"OPTARG")?,
    }
    shell.assign(b"OPTIND", index.to_string().into_bytes())?;
    if !is_name(variable) {
        return Err(shell.fail(&[variable, &b": bad variable name"[..]].concat()));
    }
    shell.assign(variable, vec![found.letter])
}

/// Whether an option has an argument.
fn takes_argument(spec: &[u8], letter: u8) -> bool {
    spec.windows(2).any(|pair| pair == [letter, b':'])
}

/// Finds the next option; with `silent` what is wrong is told by the letter and the argument.
fn next_option(cursor: &mut OptionCursor, spec: &[u8], words: &[Vec<u8>], silent: bool) -> Found {
    let end = Found { letter: b'?', argument: None, message: None, more: false };
    if cursor.index == 0 || cursor.index > words.len() + 1 {
        *cursor = OptionCursor { offset: 0, index: 1 };
    }
    // The place in the word before may be one in other words than those of last time.
    let before = cursor.index.checked_sub(2).and_then(|index| words.get(index));
    let mut rest = match before.filter(|_| cursor.offset > 0).and_then(|word| word.get(cursor.offset..)) {
        Some(rest) if !rest.is_empty() => rest,
        _ => {
            cursor.offset = 0;
            let Some([b'-', letters @ ..]) = words.get(cursor.index - 1).map(Vec::as_slice) else { return end };
            if letters.is_empty() {
                return end;
            }
            cursor.index += 1;
            if letters == b"-" {
                return end;
            }
            cursor.offset = 1;
            letters
        }
    };
    let Some((&letter, after)) = rest.split_first() else { return end };
    rest = after;
    cursor.offset += 1;
    let place = spec.iter().position(|known| *known == letter && letter != b':');
    let Some(place) = place else {
        return if silent {
            Found { letter: b'?', argument: Some(vec![letter]), message: None, more: true }
        } else {
            let text: &[u8] = if crate::flavour::is_bash() { b"illegal option -- " } else { b"Illegal option -" };
            let message = [text, core::slice::from_ref(&letter), b"\n"].concat();
            Found { letter: b'?', argument: None, message: Some(message), more: true }
        };
    };
    if spec.get(place + 1) != Some(&b':') {
        return Found { letter, argument: Some(Vec::new()), message: None, more: true };
    }
    // Argument or none, the word of the option is done.
    cursor.offset = 0;
    if !rest.is_empty() {
        return Found { letter, argument: Some(rest.to_vec()), message: None, more: true };
    }
    match words.get(cursor.index - 1) {
        Some(argument) => {
            cursor.index += 1;
            Found { letter, argument: Some(argument.clone()), message: None, more: true }
        }
        None if silent => Found { letter: b':', argument: Some(vec![letter]), message: None, more: true },
        None => {
            let message = if crate::flavour::is_bash() {
                [b"option requires an argument -- ", core::slice::from_ref(&letter), b"\n"].concat()
            } else {
                [b"No arg for -", core::slice::from_ref(&letter), b" option\n"].concat()
            };
            Found { letter: b'?', argument: None, message: Some(message), more: true }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spec: &str, words: &[&str]) -> (Vec<(char, Option<String>)>, usize) {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let mut cursor = OptionCursor { offset: 0, index: 1 };
        let mut out = Vec::new();
        loop {
            let found = next_option(&mut cursor, spec.as_bytes(), &words, spec.starts_with(':'));
            if !found.more {
                return (out, cursor.index);
            }
            out.push((found.letter.into(), found.argument.map(|text| String::from_utf8(text).unwrap())));
        }
    }

    #[test]
    fn options_and_arguments() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(all("ab:", &["-ab", "val", "--", "x"]), (vec![('a', some("")), ('b', some("val"))], 4));
        assert_eq!(all("ab:", &["-bval", "x"]), (vec![('b', some("val"))], 2));
        assert_eq!(all(":ab:", &["-z", "-b"]), (vec![('?', some("z")), (':', some("b"))], 3));
        assert_eq!(all("a", &["-z", "-"]), (vec![('?', None)], 2));
    }
}

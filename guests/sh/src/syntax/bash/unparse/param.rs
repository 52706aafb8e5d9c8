//! Parameters as they are written.

use super::{bare, is_quoted, word};
use crate::syntax::ast::bash::{CaseChange, Subscript, Which};
use crate::syntax::ast::{Param, ParamName, ParamOp, Word};

/// A parameter's name as it stands in `${ }`.
pub fn name(value: &ParamName, out: &mut Vec<u8>) {
    match value {
        ParamName::Variable(name) => out.extend_from_slice(name),
        ParamName::Positional(index) => out.extend_from_slice(index.to_string().as_bytes()),
        ParamName::Special(byte) => out.push(*byte),
        ParamName::Element(place) => {
            out.extend_from_slice(&place.name);
            out.push(b'[');
            match &place.subscript {
                Subscript::All => out.push(b'@'),
                Subscript::Joined => out.push(b'*'),
                Subscript::Index(index) => word(index, out),
            }
            out.push(b']');
        }
        ParamName::Indirect(inner) => {
            out.push(b'!');
            name(inner, out);
        }
    }
}

pub(super) fn param(value: &Param, out: &mut Vec<u8>) {
    if let ParamOp::BadText(text) = &value.op {
        return out.extend_from_slice(text);
    }
    let short = match &value.name {
        ParamName::Variable(_) | ParamName::Special(_) => true,
        ParamName::Positional(index) => *index < 10,
        _ => false,
    };
    if value.op == ParamOp::Plain && short {
        out.push(b'$');
        return name(&value.name, out);
    }
    out.extend_from_slice(b"${");
    match &value.op {
        ParamOp::Length => out.push(b'#'),
        ParamOp::Keys | ParamOp::Names(_) => out.push(b'!'),
        _ => {}
    }
    name(&value.name, out);
    operator(&value.op, out);
    out.push(b'}');
}

fn operator(op: &ParamOp, out: &mut Vec<u8>) {
    let mut with = |text: &str, operand: &Word| {
        out.extend_from_slice(text.as_bytes());
        bare_word(operand, out);
    };
    match op {
        ParamOp::Plain | ParamOp::Length | ParamOp::Bad | ParamOp::Keys | ParamOp::BadText(_) => {}
        ParamOp::Names(joined) => out.push(if *joined { b'*' } else { b'@' }),
        ParamOp::Transform(letter) => out.extend_from_slice(&[b'@', *letter]),
        ParamOp::Default(colon, text) => with(if *colon { ":-" } else { "-" }, text),
        ParamOp::Assign(colon, text) => with(if *colon { ":=" } else { "=" }, text),
        ParamOp::Error(colon, text) => with(if *colon { ":?" } else { "?" }, text),
        ParamOp::Alternative(colon, text) => with(if *colon { ":+" } else { "+" }, text),
        ParamOp::Trim { suffix, longest, pattern } => with(
            match (suffix, longest) {
                (false, false) => "#",
                (false, true) => "##",
                (true, false) => "%",
                (true, true) => "%%",
            },
            pattern,
        ),
        ParamOp::Substring(range) => with(":", range),
        ParamOp::Replace { all, pattern, replacement } => {
            with(if *all { "//" } else { "/" }, pattern);
            with("/", replacement);
        }
        ParamOp::Substitute { which, pattern, replacement } => {
            with(
                match which {
                    Which::First => "/",
                    Which::All => "//",
                    Which::Start => "/#",
                    Which::End => "/%",
                },
                pattern,
            );
            with("/", replacement);
        }
        ParamOp::Case { change, all, pattern } => {
            let letter = match change {
                CaseChange::Upper => "^",
                CaseChange::Lower => ",",
                CaseChange::Swap => "~",
            };
            with(if *all { letter } else { "" }, &Word::default());
            with(letter, pattern);
        }
    }
}

/// The word of an operator, which within quotes stands without quotes of its own.
fn bare_word(value: &Word, out: &mut Vec<u8>) {
    if value.0.iter().all(is_quoted) { bare(value, out) } else { word(value, out) }
}

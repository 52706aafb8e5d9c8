//! Turns syntax trees back into text: for the job table and for delimiters of here-documents.

use super::ast::{Assignment, Command, FileMode, Param, ParamName, ParamOp, Part, Redirect, RedirectKind, Word};

/// The command as text on one line.
#[must_use]
pub fn text(value: &Command) -> Vec<u8> {
    let mut out = Vec::new();
    command(value, &mut out);
    out
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn joined<'c>(commands: impl IntoIterator<Item = &'c Command>, between: &str, out: &mut Vec<u8>) {
    for (index, value) in commands.into_iter().enumerate() {
        if index > 0 {
            put(out, between);
        }
        command(value, out);
    }
}

fn command(value: &Command, out: &mut Vec<u8>) {
    match value {
        Command::Simple(simple) => {
            let mut first = true;
            let mut space = |out: &mut Vec<u8>| {
                if !core::mem::take(&mut first) {
                    out.push(b' ');
                }
            };
            for Assignment { name, value } in &simple.assignments {
                space(out);
                out.extend_from_slice(name);
                out.push(b'=');
                word(value, out);
            }
            for value in &simple.words {
                space(out);
                word(value, out);
            }
            for value in &simple.redirects {
                space(out);
                redirect(value, out);
            }
        }
        Command::Pipeline(commands) => joined(commands, " | ", out),
        Command::Not(value) => {
            put(out, "! ");
            command(value, out);
        }
        Command::And(left, right) => joined([&**left, &**right], " && ", out),
        Command::Or(left, right) => joined([&**left, &**right], " || ", out),
        Command::Sequence(commands) => joined(commands, "; ", out),
        Command::Background(value) => {
            command(value, out);
            put(out, " &");
        }
        Command::Subshell { body, redirects: list, .. } => {
            put(out, "(");
            command(body, out);
            put(out, ")");
            redirects(list, out);
        }
        Command::Redirected { body, redirects: list, .. } => {
            command(body, out);
            redirects(list, out);
        }
        Command::Group(body) => {
            put(out, "{ ");
            command(body, out);
            put(out, "; }");
        }
        Command::If { condition, then, otherwise } => {
            put(out, "if ");
            command(condition, out);
            put(out, "; then ");
            command(then, out);
            if let Some(otherwise) = otherwise {
                put(out, "; else ");
                command(otherwise, out);
            }
            put(out, "; fi");
        }
        Command::While { condition, body, until } => {
            put(out, if *until { "until " } else { "while " });
            command(condition, out);
            put(out, "; do ");
            command(body, out);
            put(out, "; done");
        }
        Command::For { name, words, body, .. } => {
            put(out, "for ");
            out.extend_from_slice(name);
            if let Some(words) = words {
                put(out, " in");
                for value in words {
                    out.push(b' ');
                    word(value, out);
                }
            }
            put(out, "; do ");
            command(body, out);
            put(out, "; done");
        }
        Command::Case { word: value, branches, .. } => {
            put(out, "case ");
            word(value, out);
            put(out, " in ");
            for branch in branches {
                for (index, pattern) in branch.patterns.iter().enumerate() {
                    if index > 0 {
                        put(out, "|");
                    }
                    word(pattern, out);
                }
                put(out, ") ");
                if let Some(body) = &branch.body {
                    command(body, out);
                }
                put(out, ";; ");
            }
            put(out, "esac");
        }
        Command::Function { name, body, .. } => {
            out.extend_from_slice(name);
            put(out, "() ");
            command(body, out);
        }
    }
}

fn redirects(list: &[Redirect], out: &mut Vec<u8>) {
    for value in list {
        out.push(b' ');
        redirect(value, out);
    }
}

fn redirect(value: &Redirect, out: &mut Vec<u8>) {
    let (operator, default, target) = match &value.kind {
        RedirectKind::File(FileMode::Read, word) => ("<", 0, Some(word)),
        RedirectKind::File(FileMode::Write, word) => (">", 1, Some(word)),
        RedirectKind::File(FileMode::Clobber, word) => (">|", 1, Some(word)),
        RedirectKind::File(FileMode::Append, word) => (">>", 1, Some(word)),
        RedirectKind::File(FileMode::ReadWrite, word) => ("<>", 0, Some(word)),
        RedirectKind::File(FileMode::WriteBoth, word) => ("&>", 1, Some(word)),
        RedirectKind::Dup { output: true, target } => (">&", 1, Some(target)),
        RedirectKind::Dup { output: false, target } => ("<&", 0, Some(target)),
        RedirectKind::HereDoc(_) => ("<<...", 0, None),
    };
    if value.fd != default {
        put(out, &value.fd.to_string());
    }
    put(out, operator);
    if let Some(target) = target {
        word(target, out);
    }
}

fn word(value: &Word, out: &mut Vec<u8>) {
    value.0.iter().for_each(|value| part(value, out));
}

/// Appends a part of a word as it could be written.
pub(super) fn part(value: &Part, out: &mut Vec<u8>) {
    match value {
        Part::Literal(text) => out.extend_from_slice(text),
        Part::Quoted(text) => out.extend_from_slice(&crate::vars::single_quoted(text)),
        Part::Param(value) => {
            if value.quoted {
                out.push(b'"');
            }
            param(value, out);
            if value.quoted {
                out.push(b'"');
            }
        }
        Part::Command(substitution, quoted) => {
            put(out, if *quoted { "\"$(" } else { "$(" });
            if let Some(body) = &substitution.body {
                command(body, out);
            }
            put(out, if *quoted { ")\"" } else { ")" });
        }
        Part::Arith(expression, quoted) => {
            put(out, if *quoted { "\"$((" } else { "$((" });
            // Inside, everything counts as quoted already.
            expression.0.iter().for_each(|value| match value {
                Part::Quoted(text) => out.extend_from_slice(text),
                Part::Param(value) => param(value, out),
                Part::Command(substitution, _) => part(&Part::Command(substitution.clone(), false), out),
                value => part(value, out),
            });
            put(out, if *quoted { "))\"" } else { "))" });
        }
        Part::Process { command: substitution, output } => {
            put(out, if *output { ">(" } else { "<(" });
            if let Some(body) = &substitution.body {
                command(body, out);
            }
            put(out, ")");
        }
    }
}

fn param(value: &Param, out: &mut Vec<u8>) {
    put(out, "${");
    if value.op == ParamOp::Length {
        out.push(b'#');
    }
    match &value.name {
        ParamName::Variable(name) => out.extend_from_slice(name),
        ParamName::Positional(index) => put(out, &index.to_string()),
        ParamName::Special(byte) => out.push(*byte),
    }
    let mut operator = |text: &str, operand: &Word| {
        put(out, text);
        word(operand, out);
    };
    match &value.op {
        ParamOp::Plain | ParamOp::Length | ParamOp::Bad => {}
        ParamOp::Default(colon, text) => operator(if *colon { ":-" } else { "-" }, text),
        ParamOp::Assign(colon, text) => operator(if *colon { ":=" } else { "=" }, text),
        ParamOp::Error(colon, text) => operator(if *colon { ":?" } else { "?" }, text),
        ParamOp::Alternative(colon, text) => operator(if *colon { ":+" } else { "+" }, text),
        ParamOp::Trim { suffix, longest, pattern } => operator(
            match (suffix, longest) {
                (false, false) => "#",
                (false, true) => "##",
                (true, false) => "%",
                (true, true) => "%%",
            },
            pattern,
        ),
        ParamOp::Substring(offset, length) => {
            operator(":", offset);
            if let Some(length) = length {
                operator(":", length);
            }
        }
        ParamOp::Replace { all, pattern, replacement } => {
            operator(if *all { "//" } else { "/" }, pattern);
            operator("/", replacement);
        }
    }
    put(out, "}");
}

#[cfg(test)]
mod tests {
    use crate::syntax::input::Input;
    use crate::syntax::{Line, Parser};
    use crate::vars::Aliases;

    fn unparsed(text: &str) -> String {
        let mut input = Input::text(text.into(), 1);
        let aliases = Aliases::default();
        match Parser::new(&mut input, &aliases, 0).line().unwrap() {
            Line::Command(command) => String::from_utf8(super::text(&command)).unwrap(),
            line => panic!("{line:?}"),
        }
    }

    #[test]
    fn what_is_unparsed_parses_to_the_same() {
        for (text, expected) in [
            ("a  b 'c d' \"$x\" >f 2>&1", "a b 'c d' \"${x}\" >f 2>&1"),
            ("x=1 y= cmd|cat&&! b||c", "x=1 y= cmd | cat && ! b || c"),
            ("if a;then b;elif c;then d;else e;fi", "if a; then b; else if c; then d; else e; fi; fi"),
            ("while a;do b;done", "while a; do b; done"),
            ("for i in 1 \"$@\";do b;done", "for i in 1 \"${@}\"; do b; done"),
            ("case $x in a|b) c;;(d);;esac", "case ${x} in a|b) c;; d) ;; esac"),
            ("f(){ a; }", "f() { a; }"),
            ("(a;b)>f", "(a; b) >f"),
            ("{ a;b; } &", "{ a; b; } &"),
            (
                "echo $(a|b) `c` $((1+$x)) ${x:-y} ${#x} ${x%%y} ${x:1:2} ${x//a/b}",
                "echo $(a | b) $(c) $((1+${x})) ${x:-y} ${#x} ${x%%y} ${x:1:2} ${x//a/b}",
            ),
        ] {
            let once = unparsed(text);
            assert_eq!(once, expected);
            assert_eq!(unparsed(&once), once);
        }
    }
}

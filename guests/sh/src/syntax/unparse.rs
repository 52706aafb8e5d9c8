//! Turns syntax trees back into text for the job table, as BusyBox shows it: a text for a person, which leaves out
//! redirections of compound commands, what is in a substitution, and all but the first pattern of a case's branch.

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
            for Assignment { name, value, .. } in &simple.assignments {
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
            put(out, "!");
            command(value, out);
        }
        Command::And(left, right) => joined([&**left, &**right], " && ", out),
        Command::Or(left, right) => joined([&**left, &**right], " || ", out),
        Command::Sequence(commands) => joined(commands, "; ", out),
        Command::Background(value) => {
            command(value, out);
            put(out, " &");
        }
        Command::Subshell { body, .. } => {
            put(out, "(");
            command(body, out);
            put(out, ")");
        }
        Command::Redirected { body, .. } | Command::Group(body) => command(body, out),
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
            put(out, " in");
            match words {
                Some(words) => words.iter().for_each(|value| {
                    out.push(b' ');
                    word(value, out);
                }),
                None => put(out, " \"${@}\""),
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
                if let Some(pattern) = branch.patterns.first() {
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
        // Those of bash have their own form.
        Command::Extended(_) => out.extend_from_slice(&super::bash::unparse::command(value)),
    }
}

fn redirect(value: &Redirect, out: &mut Vec<u8>) {
    let (operator, target) = match &value.kind {
        RedirectKind::File(FileMode::Read, word) => ("<", word),
        RedirectKind::File(FileMode::Write, word) => (">", word),
        RedirectKind::File(FileMode::Clobber, word) => (">|", word),
        RedirectKind::File(FileMode::Append, word) => (">>", word),
        RedirectKind::File(FileMode::ReadWrite, word) => ("<>", word),
        RedirectKind::File(FileMode::WriteBoth, word) => (">&", word),
        RedirectKind::File(FileMode::AppendBoth, word) => ("&>>", word),
        RedirectKind::HereString(word) => ("<<<", word),
        RedirectKind::Dup { output: true, target } => (">&", target),
        RedirectKind::Dup { output: false, target } => ("<&", target),
        RedirectKind::HereDoc(_) => return put(out, "<<..."),
    };
    put(out, &value.fd.to_string());
    put(out, operator);
    match (&value.kind, target.0.as_slice()) {
        // Which descriptor it is shows when the command runs.
        (RedirectKind::Dup { .. }, [] | [_, _, ..] | [Part::Param(_)]) => put(out, "0"),
        _ => word(target, out),
    }
}

fn word(value: &Word, out: &mut Vec<u8>) {
    parts(value, true, out);
}

/// Appends a word's parts; `quotes` tells whether quotes are shown.
fn parts(value: &Word, quotes: bool, out: &mut Vec<u8>) {
    let (mut open, mut after_text) = (false, false);
    for value in &value.0 {
        let is_text = matches!(value, Part::Quoted(_));
        let quoted = quotes && is_quoted(value);
        if open != quoted || after_text && is_text {
            // Two pieces of quoted text in a row have quotes of their own.
            put(out, if open && quoted { "\"\"" } else { "\"" });
        }
        (open, after_text) = (quoted, quoted && is_text);
        part(value, out);
    }
    if open {
        put(out, "\"");
    }
}

fn is_quoted(value: &Part) -> bool {
    match value {
        Part::Quoted(_) => true,
        Part::Param(value) => value.quoted,
        Part::Command(_, quoted) | Part::Arith(_, quoted) => *quoted,
        Part::Literal(_) | Part::Escaped(_) | Part::Process { .. } | Part::Target(..) => false,
    }
}

fn part(value: &Part, out: &mut Vec<u8>) {
    match value {
        Part::Literal(text) | Part::Escaped(text) => out.extend_from_slice(text),
        Part::Quoted(text) => {
            for byte in text {
                if matches!(byte, b'"' | b'\'' | b'$') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
        }
        Part::Param(value) => param(value, out),
        Part::Command(..) => put(out, "$(...)"),
        Part::Arith(expression, _) => {
            put(out, "$((");
            // Inside, everything counts as quoted already.
            parts(expression, false, out);
            put(out, "))");
        }
        Part::Target(name, _) => out.extend_from_slice(name),
        Part::Process { output, .. } => put(out, if *output { ">(...)" } else { "<(...)" }),
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
        ParamName::Special(b'$') => put(out, "\\$"),
        ParamName::Special(byte) => out.push(*byte),
        name => super::bash::unparse::name(name, out),
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
        ParamOp::Substring(range) => operator(":", range),
        ParamOp::Replace { all, pattern, replacement } => {
            operator(if *all { "//" } else { "/" }, pattern);
            operator("/", replacement);
        }
        // Only bash has the others.
        _ => {}
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
            Line::Command(command) | Line::Last(command) => String::from_utf8(super::text(&command)).unwrap(),
            line => panic!("{line:?}"),
        }
    }

    #[test]
    fn commands_become_the_texts_of_jobs() {
        for (text, expected) in [
            ("a  b 'c d' \"$x\" e\\ f", "a b \"c d\" \"${x}\" e f"),
            ("a >f 2>&1 >>g <h 3>|i <&- <<E\nE\n", "a 1>f 2>&1 1>>g 0<h 3>|i 0<&- <<..."),
            (
                "a \"b$x c\" \"$x\"y\"z\" 'it'\\''s' a\"\"b \"\" $$",
                "a \"b${x} c\" \"${x}\"y\"z\" \"it\"'\"s\" a\"\"b \"\" ${\\$}",
            ),
            ("a 'a\"b$c' \"a'b\" 'a;b' \"a\"'b'", "a \"a\\\"b\\$c\" \"a\\'b\" \"a;b\" \"a\"\"b\""),
            ("x=1 y= cmd|cat&&! b||c", "x=1 y= cmd | cat && !b || c"),
            ("if a;then b;elif c;then d;else e;fi", "if a; then b; else if c; then d; else e; fi; fi"),
            ("while a;do b;done >f", "while a; do b; done"),
            ("for i in 1 \"$@\";do b;done", "for i in 1 \"${@}\"; do b; done"),
            ("for i do b;done", "for i in \"${@}\"; do b; done"),
            ("case $x in a|b) c;;(d);;esac", "case ${x} in a) c;; d) ;; esac"),
            ("(a;b)>f", "(a; b)"),
            ("{ a;b; } >f &", "a; b &"),
            (
                "a $(a|b) \"x`c`\" $((1+$x)) ${x:-\"y z\"} ${x%%y}",
                "a $(...) \"x$(...)\" $((1+${x})) ${x:-\"y z\"} ${x%%y}",
            ),
        ] {
            assert_eq!(unparsed(text), expected);
        }
    }
}

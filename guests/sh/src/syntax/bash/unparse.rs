//! Commands as text, as bash shows them: functions over several lines (`declare -f`), others on one.

mod param;

pub use param::name;

use self::param::param;
use crate::syntax::ast::bash::{Condition, Extended, Target};
use crate::syntax::ast::{
    Assignment, BranchEnd, Command, FileMode, HereDoc, Part, Redirect, RedirectKind, Simple, Word,
};

/// A function as `declare -f` shows it.
#[must_use]
pub fn function(name: &[u8], body: &Command) -> Vec<u8> {
    let mut printer = Printer::default();
    printer.function(name, body);
    printer.out
}

/// A command as `BASH_COMMAND` and the job table show it.
#[must_use]
pub fn command(command: &Command) -> Vec<u8> {
    let mut printer = Printer { flat: true, ..Printer::default() };
    printer.command(command);
    printer.out
}

/// A simple command, likewise.
#[must_use]
pub fn simple(simple: &Simple) -> Vec<u8> {
    let mut printer = Printer { flat: true, ..Printer::default() };
    printer.simple(simple);
    printer.out
}

/// A word as it is written.
#[must_use]
pub fn word_text(value: &Word) -> Vec<u8> {
    let mut out = Vec::new();
    word(value, &mut out);
    out
}

/// Collects the text.
#[derive(Default)]
struct Printer {
    out: Vec<u8>,
    /// How deep the current line stands in.
    depth: usize,
    /// Whether all stands on one line.
    flat: bool,
    /// The here-documents whose bodies follow the current line.
    documents: Vec<std::rc::Rc<HereDoc>>,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn line(&mut self) {
        for document in core::mem::take(&mut self.documents) {
            self.out.push(b'\n');
            if let Some(body) = document.body.get() {
                body.0.iter().for_each(|value| part(value, &mut self.out));
            }
            self.out.extend_from_slice(&document.delimiter);
            self.out.push(b'\n');
        }
        if self.flat {
            if self.out.last() != Some(&b' ') {
                self.out.push(b' ');
            }
            return;
        }
        self.out.push(b'\n');
        self.out.resize(self.out.len() + 4 * self.depth, b' ');
    }

    fn function(&mut self, name: &[u8], body: &Command) {
        self.out.extend_from_slice(name);
        self.put(" () ");
        self.line();
        match body {
            Command::Group(inner) => self.braces(inner),
            body => self.command(body),
        }
    }

    fn braces(&mut self, inner: &Command) {
        self.put("{ ");
        self.depth += 1;
        self.line();
        self.command(inner);
        self.depth -= 1;
        self.line();
        self.put("}");
    }

    /// A list that an own line with a keyword ends: its last command has a semicolon, too.
    fn block(&mut self, body: &Command, end: &str) {
        self.depth += 1;
        self.line();
        self.command(body);
        if self.out.last() != Some(&b'&') {
            self.put(";");
        }
        self.depth -= 1;
        self.line();
        self.put(end);
    }

    fn command(&mut self, value: &Command) {
        match value {
            Command::Simple(value) => self.simple(value),
            Command::Pipeline(commands) => {
                for (index, command) in commands.iter().enumerate() {
                    if index > 0 {
                        self.put(" | ");
                    }
                    self.command(command);
                }
            }
            Command::Not(command) => {
                self.put("! ");
                self.command(command);
            }
            Command::And(left, right) => {
                self.command(left);
                self.put(" && ");
                self.command(right);
            }
            Command::Or(left, right) => {
                self.command(left);
                self.put(" || ");
                self.command(right);
            }
            Command::Sequence(commands) => {
                for (index, command) in commands.iter().enumerate() {
                    if index > 0 {
                        if self.out.last() == Some(&b'&') {
                            self.put(" ");
                        } else {
                            self.put(";");
                            self.line();
                        }
                    }
                    self.command(command);
                }
            }
            Command::Background(command) => {
                self.command(command);
                self.put(" &");
            }
            Command::Subshell { body, redirects, .. } => {
                self.put("( ");
                self.command(body);
                self.put(" )");
                self.redirects(redirects);
            }
            Command::Redirected { body, redirects, .. } => {
                self.command(body);
                self.redirects(redirects);
            }
            Command::Group(inner) => self.braces(inner),
            Command::If { condition, then, otherwise } => {
                self.put("if ");
                self.command(condition);
                self.put("; then");
                match otherwise {
                    None => self.block(then, "fi"),
                    Some(otherwise) => {
                        self.block(then, "else");
                        self.block(otherwise, "fi");
                    }
                }
            }
            Command::While { condition, body, until } => {
                self.put(if *until { "until " } else { "while " });
                self.command(condition);
                self.put("; do");
                self.block(body, "done");
            }
            Command::For { name, words, body, .. } => self.list_loop("for ", name, words.as_deref(), body),
            Command::Case { word: value, branches, .. } => {
                self.put("case ");
                word(value, &mut self.out);
                self.put(" in ");
                self.depth += 1;
                for branch in branches {
                    self.line();
                    for (index, pattern) in branch.patterns.iter().enumerate() {
                        if index > 0 {
                            self.put(" | ");
                        }
                        word(pattern, &mut self.out);
                    }
                    self.put(")");
                    if let Some(body) = &branch.body {
                        self.depth += 1;
                        self.line();
                        self.command(body);
                        self.depth -= 1;
                    }
                    self.line();
                    self.put(match branch.end {
                        BranchEnd::Stop => ";;",
                        BranchEnd::Through => ";&",
                        BranchEnd::Test => ";;&",
                    });
                }
                self.depth -= 1;
                self.line();
                self.put("esac");
            }
            Command::Function { name, body } => {
                self.put("function ");
                self.function(name, body);
            }
            Command::Extended(extended) => self.extended(extended),
        }
    }

    fn list_loop(&mut self, keyword: &str, name: &[u8], words: Option<&[Word]>, body: &Command) {
        self.put(keyword);
        self.out.extend_from_slice(name);
        self.put(" in");
        match words {
            Some(words) => words.iter().for_each(|value| {
                self.out.push(b' ');
                word(value, &mut self.out);
            }),
            None => self.put(" \"$@\""),
        }
        self.put(";");
        self.line();
        self.put("do");
        self.block(body, "done");
    }

    fn extended(&mut self, value: &Extended) {
        match value {
            Extended::Arith { expression, .. } => {
                self.put("((");
                bare(expression, &mut self.out);
                self.put("))");
            }
            Extended::For { parts: [init, condition, step], body, .. } => {
                self.put("for ((");
                bare(init, &mut self.out);
                self.put("; ");
                bare(condition, &mut self.out);
                self.put("; ");
                bare(step, &mut self.out);
                self.put("))");
                self.line();
                self.put("do");
                self.block(body, "done");
            }
            Extended::Condition { condition: value, .. } => {
                self.put("[[ ");
                condition(value, &mut self.out);
                self.put(" ]]");
            }
            Extended::Select { name, words, body, .. } => self.list_loop("select ", name, words.as_deref(), body),
            Extended::Time { command, posix } => {
                self.put(if *posix { "time -p " } else { "time " });
                command.iter().for_each(|command| self.command(command));
            }
            Extended::Coprocess { name, body } => {
                self.put("coproc ");
                self.out.extend_from_slice(name);
                self.put(" ");
                self.command(body);
            }
        }
    }

    fn simple(&mut self, value: &Simple) {
        let mut first = true;
        let mut space = |out: &mut Vec<u8>| {
            if !core::mem::take(&mut first) {
                out.push(b' ');
            }
        };
        for value in &value.assignments {
            space(&mut self.out);
            assignment(value, &mut self.out);
        }
        for value in &value.words {
            space(&mut self.out);
            word(value, &mut self.out);
        }
        if first {
            let start = self.out.len();
            self.redirects(&value.redirects);
            if self.out.get(start) == Some(&b' ') {
                self.out.remove(start);
            }
        } else {
            self.redirects(&value.redirects);
        }
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for value in redirects {
            self.out.push(b' ');
            redirect(value, &mut self.out);
            if let RedirectKind::HereDoc(document) = &value.kind {
                self.documents.push(document.clone());
            }
        }
    }
}

fn redirect(value: &Redirect, out: &mut Vec<u8>) {
    let (default, operator, target, space) = match &value.kind {
        RedirectKind::File(FileMode::Read, word) => (0, "<", word, " "),
        RedirectKind::File(FileMode::Write, word) => (1, ">", word, " "),
        RedirectKind::File(FileMode::Clobber, word) => (1, ">|", word, " "),
        RedirectKind::File(FileMode::Append, word) => (1, ">>", word, " "),
        RedirectKind::File(FileMode::ReadWrite, word) => (0, "<>", word, " "),
        RedirectKind::File(FileMode::WriteBoth, word) => (1, "&>", word, " "),
        RedirectKind::File(FileMode::AppendBoth, word) => (1, "&>>", word, " "),
        RedirectKind::Dup { output: true, target } => (u32::MAX, ">&", target, ""),
        RedirectKind::Dup { output: false, target } => (u32::MAX, "<&", target, ""),
        RedirectKind::HereString(word) => (0, "<<<", word, " "),
        RedirectKind::HereDoc(document) => {
            out.extend_from_slice(if document.strip_tabs { b"<<-" } else { b"<<" });
            let quote: &[u8] = if document.quoted { b"'" } else { b"" };
            out.extend_from_slice(&[quote, &document.delimiter, quote].concat());
            return;
        }
    };
    match &value.name {
        Some(name) => out.extend_from_slice(&[b"{", &name[..], b"}"].concat()),
        None if value.fd != default => out.extend_from_slice(value.fd.to_string().as_bytes()),
        None => {}
    }
    out.extend_from_slice(operator.as_bytes());
    out.extend_from_slice(space.as_bytes());
    word(target, out);
}

/// An assignment as it is written.
pub fn assignment(value: &Assignment, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.name);
    match &value.target {
        None => out.push(b'='),
        Some(target) => left_side(target, out),
    }
    word(&value.value, out);
}

/// What stands behind the name, up to the value.
fn left_side(target: &Target, out: &mut Vec<u8>) {
    if let Some(subscript) = &target.subscript {
        out.push(b'[');
        word(subscript, out);
        out.push(b']');
    }
    out.extend_from_slice(if target.append { b"+=" } else { b"=" });
    let Some(elements) = &target.elements else { return };
    out.push(b'(');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        if let Some(subscript) = &element.subscript {
            out.push(b'[');
            word(subscript, out);
            out.extend_from_slice(if element.append { b"]+=" } else { b"]=" });
        }
        word(&element.value, out);
    }
    out.push(b')');
}

fn condition(value: &Condition, out: &mut Vec<u8>) {
    match value {
        Condition::Not(inner) => {
            out.extend_from_slice(b"! ");
            condition(inner, out);
        }
        Condition::And(left, right) => {
            condition(left, out);
            out.extend_from_slice(b" && ");
            condition(right, out);
        }
        Condition::Or(left, right) => {
            condition(left, out);
            out.extend_from_slice(b" || ");
            condition(right, out);
        }
        Condition::Group(inner) => {
            out.extend_from_slice(b"( ");
            condition(inner, out);
            out.extend_from_slice(b" )");
        }
        Condition::Word(value) => {
            out.extend_from_slice(b"-n ");
            word(value, out);
        }
        Condition::Unary(letter, value) => {
            out.extend_from_slice(&[b'-', *letter, b' ']);
            word(value, out);
        }
        Condition::Binary(left, operator, right) => {
            word(left, out);
            out.extend_from_slice(&[b" ", &operator[..], b" "].concat());
            word(right, out);
        }
    }
}

fn word(value: &Word, out: &mut Vec<u8>) {
    let mut rest = value.0.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if !is_quoted(first) {
            part(first, out);
            rest = after;
            continue;
        }
        let count = rest.iter().take_while(|value| is_quoted(value)).count();
        let (run, after) = rest.split_at(count);
        quoted_run(run, out);
        rest = after;
    }
}

/// The parts without quotes around them: an expression.
fn bare(value: &Word, out: &mut Vec<u8>) {
    value.0.iter().for_each(|value| part(value, out));
}

/// Parts that stand in quotes. Which quotes they were is not known: single ones where double ones would need backslashes.
fn quoted_run(run: &[Part], out: &mut Vec<u8>) {
    if let [Part::Quoted(text)] = run
        && text.iter().any(|byte| matches!(byte, b'$' | b'`' | b'"' | b'\\' | b'\n'))
    {
        out.extend_from_slice(&crate::bash::quote::single(text));
        return;
    }
    out.push(b'"');
    for value in run {
        match value {
            Part::Quoted(text) => text.iter().for_each(|byte| {
                if matches!(byte, b'$' | b'`' | b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }),
            value => part(value, out),
        }
    }
    out.push(b'"');
}

fn is_quoted(value: &Part) -> bool {
    match value {
        Part::Quoted(_) => true,
        Part::Param(value) => value.quoted,
        Part::Command(_, quoted) | Part::Arith(_, quoted) => *quoted,
        _ => false,
    }
}

fn part(value: &Part, out: &mut Vec<u8>) {
    match value {
        Part::Literal(text) | Part::Quoted(text) => out.extend_from_slice(text),
        Part::Escaped(text) => text.iter().for_each(|byte| out.extend_from_slice(&[b'\\', *byte])),
        Part::Param(value) => param(value, out),
        Part::Command(substitution, _) => {
            out.extend_from_slice(b"$(");
            substitution.body.iter().for_each(|body| out.extend_from_slice(&command(body)));
            out.push(b')');
        }
        Part::Arith(expression, _) => {
            out.extend_from_slice(b"$((");
            bare(expression, out);
            out.extend_from_slice(b"))");
        }
        Part::Process { command: substitution, output } => {
            out.extend_from_slice(if *output { b">(" } else { b"<(" });
            substitution.body.iter().for_each(|body| out.extend_from_slice(&command(body)));
            out.push(b')');
        }
        Part::Target(name, target) => {
            out.extend_from_slice(name);
            left_side(target, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::input::Input;
    use crate::syntax::{Line, Parser};
    use crate::vars::Aliases;

    #[test]
    fn functions_stand_over_several_lines() {
        let text =
            "f() { if a \"b c\"; then for i in 1; do d | e >f 2>&1; done; else g & fi; case $x in a|b) h;; esac; }";
        let mut input = Input::text(text.into(), 1);
        let aliases = Aliases::default();
        let parsed = Parser::new(&mut input, &aliases, 0).line().unwrap();
        let (Line::Command(command) | Line::Last(command)) = parsed else { panic!("{parsed:?}") };
        let crate::syntax::ast::Command::Function { name, body } = command else { panic!("{command:?}") };
        let expected = "f () \n{ \n    if a \"b c\"; then\n        for i in 1;\n        do\n            \
                        d | e > f 2>&1;\n        done;\n    else\n        g &\n    fi;\n    case $x in \n        \
                        a | b)\n            h\n        ;;\n    esac\n}";
        assert_eq!(String::from_utf8(super::function(&name, &body)).unwrap(), expected);
    }
}

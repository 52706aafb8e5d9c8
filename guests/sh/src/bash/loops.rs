//! `(( ))`, `for (( ))`, `select`, `time`.

use wcr_sys::{fd, process, time};

use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::bash::Extended;
use crate::syntax::ast::{Command, Word};
use crate::syntax::unparse_bash;

/// How wide the lines of a menu may be where it is not known.
const COLUMNS: usize = 80;

impl Shell {
    /// Runs a command that only bash has.
    #[inline(never)]
    pub(crate) fn eval_extended(&mut self, command: &Extended, last: bool) -> Flow {
        match command {
            Extended::Arith { expression, line } => {
                self.vars.dynamics.line = *line;
                self.debugged(|| unparse_bash::command(&Command::Extended(Box::new(command.clone()))))?;
                self.eval_arith(expression)?;
                self.leave_on_failure()
            }
            Extended::Condition { condition, line } => {
                self.vars.dynamics.line = *line;
                self.debugged(|| unparse_bash::command(&Command::Extended(Box::new(command.clone()))))?;
                self.eval_condition(condition)?;
                self.leave_on_failure()
            }
            Extended::For { parts: [init, condition, step], body, line } => {
                self.vars.dynamics.line = *line;
                self.eval_arith_for(init, condition, step, body)
            }
            Extended::Select { name, words, body, line } => {
                self.vars.dynamics.line = *line;
                self.eval_select(name, words.as_deref(), body)
            }
            Extended::Time { command, posix } => self.eval_time(command.as_ref(), *posix, last),
            Extended::Coprocess { name, body } => self.start_coprocess(name, body),
        }
    }

    /// The value of an expression that stands in `(( ))`; what is wrong with it is told, and counts as failure.
    fn expression(&mut self, expression: &Word) -> Flow<Option<i64>> {
        let text = self.expand_text(expression)?;
        if self.has(Opt::XTrace) {
            self.trace_line(&[b"(( ", &text[..], b" ))"].concat());
        }
        let name = self.command_name.replace(b"((".into());
        let value = self.arithmetic(&text);
        self.command_name = name;
        match value {
            Ok(value) => Ok(Some(value)),
            Err(Unwind::Error) => Ok(None),
            Err(unwind) => Err(unwind),
        }
    }

    fn eval_arith(&mut self, expression: &Word) -> Flow {
        let value = self.expression(expression)?;
        self.status = u8::from(value.is_none_or(|value| value == 0));
        self.note_status();
        Ok(())
    }

    fn eval_arith_for(&mut self, init: &Word, condition: &Word, step: &Word, body: &Command) -> Flow {
        if self.expression(init)?.is_none() {
            self.status = 1;
            return Ok(());
        }
        self.status = 0;
        let mut status = 0;
        self.loops += 1;
        let flow = loop {
            let goes_on = if condition.0.is_empty() { Ok(Some(1)) } else { self.expression(condition) };
            match goes_on {
                Ok(Some(value)) if value != 0 => {}
                Ok(Some(_)) => break Ok(()),
                Ok(None) => {
                    status = 1;
                    break Ok(());
                }
                Err(unwind) => break Err(unwind),
            }
            let ran = self.eval(body, false);
            status = self.status;
            match self.loop_step(ran) {
                crate::exec::Step::Next | crate::exec::Step::Again => {}
                crate::exec::Step::Done => break Ok(()),
                crate::exec::Step::Leave(unwind) => break Err(unwind),
            }
            match self.expression(step) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    status = 1;
                    break Ok(());
                }
                Err(unwind) => break Err(unwind),
            }
        };
        self.loops -= 1;
        if flow.is_ok() {
            self.status = status;
        }
        flow
    }

    fn eval_select(&mut self, name: &[u8], words: Option<&[Word]>, body: &Command) -> Flow {
        let mut values = Vec::new();
        match words {
            Some(words) => self.expand_words(words, &mut values)?,
            None => values.clone_from(&self.params),
        }
        self.status = 0;
        if values.is_empty() {
            return Ok(());
        }
        self.loops += 1;
        let mut shown = false;
        let flow = loop {
            if !core::mem::replace(&mut shown, true) {
                let _ = fd::write_all(fd::STDERR, &menu(&values));
            }
            let prompt = self.vars.get(b"PS3").map_or_else(|| b"#? ".to_vec(), std::borrow::Cow::into_owned);
            let _ = fd::write_all(fd::STDERR, &prompt);
            let Some(line) = read_line() else {
                let _ = fd::write_all(fd::STDOUT, b"\n");
                self.status = 1;
                break Ok(());
            };
            self.assign(b"REPLY", line.clone())?;
            if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                shown = false;
                continue;
            }
            let number = core::str::from_utf8(&line).ok().and_then(|text| text.trim().parse::<usize>().ok());
            let chosen = number.and_then(|number| values.get(number.checked_sub(1)?)).cloned().unwrap_or_default();
            self.assign(name, chosen)?;
            let ran = self.eval(body, false);
            match self.loop_step(ran) {
                crate::exec::Step::Next | crate::exec::Step::Again => {}
                crate::exec::Step::Done => break Ok(()),
                crate::exec::Step::Leave(unwind) => break Err(unwind),
            }
        };
        self.loops -= 1;
        flow
    }

    fn eval_time(&mut self, command: Option<&Command>, posix: bool, _: bool) -> Flow {
        let (started, before) = (time::monotonic(), process::times());
        let flow = match command {
            Some(command) => self.eval(command, false),
            None => {
                self.status = 0;
                Ok(())
            }
        };
        let real = time::monotonic().saturating_sub(started);
        let after = process::times();
        let user = (after.user + after.child_user).saturating_sub(before.user + before.child_user);
        let system = (after.system + after.child_system).saturating_sub(before.system + before.child_system);
        let format = self.vars.get(b"TIMEFORMAT").map(std::borrow::Cow::into_owned);
        let text = match format {
            _ if posix => formatted(b"real %2R\nuser %2U\nsys %2S", real, user, system),
            Some(format) if format.is_empty() => return flow,
            Some(format) => formatted(&format, real, user, system),
            None => formatted(b"\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS", real, user, system),
        };
        let _ = fd::write_all(fd::STDERR, &text);
        flow
    }
}

/// Times by a format as `TIMEFORMAT` has it, in nanoseconds.
fn formatted(format: &[u8], real: u64, user: u64, system: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let (mut digits, mut long) = (3usize, false);
        if let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
            digits = usize::from(digit - b'0').min(3);
            rest = after;
        }
        if let Some((b'l', after)) = rest.split_first() {
            long = true;
            rest = after;
        }
        let Some((letter, after)) = rest.split_first() else { break };
        rest = after;
        let nanos = match letter {
            b'R' => real,
            b'U' => user,
            b'S' => system,
            b'P' => {
                let percent = (user + system) as f64 * 100.0 / real.max(1) as f64;
                out.extend_from_slice(format!("{percent:.2}").as_bytes());
                continue;
            }
            other => {
                out.push(*other);
                continue;
            }
        };
        out.extend_from_slice(duration(nanos, digits, long).as_bytes());
    }
    out.push(b'\n');
    out
}

fn duration(nanos: u64, digits: usize, long: bool) -> String {
    let (seconds, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000_000);
    let fraction = format!("{fraction:03}");
    let fraction = fraction.get(..digits).unwrap_or_default();
    let point = if digits > 0 { "." } else { "" };
    if long {
        format!("{}m{}{point}{fraction}s", seconds / 60, seconds % 60)
    } else {
        format!("{seconds}{point}{fraction}")
    }
}

/// The menu of `select`, in as many columns as fit.
fn menu(values: &[Vec<u8>]) -> Vec<u8> {
    let digits = values.len().to_string().len();
    let longest = values.iter().map(Vec::len).max().unwrap_or(0) + digits + 2;
    let width = longest + 2;
    let columns = (COLUMNS / width.max(1)).max(1);
    let rows = values.len().div_ceil(columns);
    // As few rows as fit, but a list of one column stays one.
    let rows = if rows == 1 && values.len() > 1 { values.len() } else { rows };
    let mut out = Vec::new();
    for row in 0..rows {
        for (column, (at, value)) in values.iter().enumerate().skip(row).step_by(rows).enumerate() {
            if column > 0 {
                let start = out.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                out.resize(start + column * width, b' ');
            }
            out.extend_from_slice(format!("{:digits$}) ", at + 1).as_bytes());
            out.extend_from_slice(value);
        }
        out.push(b'\n');
    }
    out
}

/// A line of standard input without its end; `None` where there is none.
fn read_line() -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        match fd::read(fd::STDIN, &mut byte) {
            Ok(0) | Err(_) => return (!line.is_empty()).then_some(line),
            Ok(_) if byte == *b"\n" => return Some(line),
            Ok(_) => line.extend_from_slice(&byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_their_format() {
        let nanos = 61_234_000_000;
        assert_eq!(formatted(b"real %2R", nanos, 0, 0), b"real 61.23\n");
        assert_eq!(formatted(b"%3lR %0U", nanos, 1_500_000_000, 0), b"1m1.234s 1\n");
    }

    #[test]
    fn a_menu_counts_its_lines() {
        assert_eq!(menu(&[b"a".to_vec(), b"b".to_vec()]), b"1) a\n2) b\n");
    }
}

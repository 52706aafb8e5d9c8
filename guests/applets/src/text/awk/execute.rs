//! Statements.

use std::io::Write;

use wcr_sys::{Errno, pace};

use super::ast::{Action, Expr, Redirection, Statement};
use super::format::{printf, push_number, push_value};
use super::interpreter::{Interpreter, Leave, Step};
use super::stream::WriteMode;
use super::value::Value;

/// How many steps of a computation a round of a loop or a call of a function counts as.
pub(super) const STEPS: u32 = 64;

impl<'p> Interpreter<'p, '_, '_> {
    /// Runs statements in order.
    pub(super) fn statements(&mut self, statements: &'p [Statement]) -> Step<()> {
        for statement in statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &'p Statement) -> Step<()> {
        self.line = statement.line;
        match &statement.action {
            Action::Nothing => Ok(()),
            Action::Evaluate(expr) => self.evaluate(expr),
            Action::Print(arguments, None) => self.print(arguments),
            Action::Print(arguments, Some(redirection)) => self.print_to(arguments, redirection),
            Action::Printf(arguments, redirection) => self.printf(arguments, redirection.as_ref()),
            Action::Block(statements) => self.statements(statements),
            Action::If(condition, then, otherwise) => {
                if self.truth(condition)? {
                    self.statement(then)
                } else {
                    otherwise.as_ref().map_or(Ok(()), |otherwise| self.statement(otherwise))
                }
            }
            Action::While(condition, body) => {
                while self.truth(condition)? && self.round(body)? {}
                Ok(())
            }
            Action::DoWhile(body, condition) => {
                while self.round(body)? && self.truth(condition)? {}
                Ok(())
            }
            Action::For { start, condition, step, body } => {
                start.as_ref().map_or(Ok(()), |start| self.evaluate(start))?;
                while condition.as_ref().map_or(Ok(true), |condition| self.truth(condition))? && self.round(body)? {
                    step.as_ref().map_or(Ok(()), |step| self.evaluate(step))?;
                }
                Ok(())
            }
            Action::ForIn(place, array, body) => {
                let keys = self.array(*array).borrow().keys();
                for key in keys {
                    self.assign_place(place, Value::Text(key))?;
                    if !self.round(body)? {
                        break;
                    }
                }
                Ok(())
            }
            Action::Next => Err(Leave::Next),
            Action::NextFile => Err(Leave::NextFile),
            Action::Break => Err(Leave::Break),
            Action::Continue => Err(Leave::Continue),
            Action::Exit(code) => {
                if let Some(code) = code {
                    let code = self.number(code)?;
                    self.set_code(code);
                }
                Err(Leave::Exit)
            }
            Action::Return(value) => {
                self.returned = match value {
                    Some(value) => self.value(value)?.copied(),
                    None => Value::text(b""),
                };
                Err(Leave::Return)
            }
            Action::Delete(array, None) => {
                self.array(*array).borrow_mut().clear();
                Ok(())
            }
            Action::Delete(array, Some(key)) => self.with_key(key, |interpreter, key| {
                interpreter.array(*array).borrow_mut().remove(key);
                Ok(())
            }),
        }
    }

    /// Runs a loop's statement once; whether the loop goes on.
    #[inline(never)]
    fn round(&mut self, body: &'p Statement) -> Step<bool> {
        pace::steps(STEPS);
        match self.statement(body) {
            Ok(()) | Err(Leave::Continue) => Ok(true),
            Err(Leave::Break) => Ok(false),
            Err(leave) => Err(leave),
        }
    }

    /// Prints the record.
    pub(super) fn print_record(&mut self) -> Step<()> {
        self.print(&[])
    }

    #[inline(never)]
    fn print(&mut self, arguments: &'p [Expr]) -> Step<()> {
        if arguments.is_empty() {
            match self.record.whole(&self.settings.number_format) {
                Ok(text) => self.out.extend_from_slice(text),
                Err(error) => return Err(self.bad_format(error)),
            }
        }
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(&self.settings.field_separator);
            }
            self.print_argument(argument)?;
        }
        self.out.extend_from_slice(&self.settings.record_separator);
        self.printed();
        Ok(())
    }

    /// Appends an argument of `print` to the output. Functions that it calls may print, too.
    #[inline(never)]
    fn print_argument(&mut self, argument: &'p Expr) -> Step<()> {
        if matches!(argument, Expr::Text(_) | Expr::Field(_) | Expr::Concat(_)) {
            let mut text = self.take_buffer();
            let pushed = self.append(argument, &mut text);
            self.out.extend_from_slice(&text);
            self.give_buffer(text);
            return pushed;
        }
        let value = self.value(argument)?;
        self.push_printed(&value)
    }

    fn push_printed(&mut self, value: &Value) -> Step<()> {
        let pushed = match value {
            Value::Number(number) => push_number(&mut self.out, *number, &self.settings.output_format),
            value => push_value(&mut self.out, value, &self.settings.number_format),
        };
        pushed.map_err(|error| self.bad_format(error))
    }

    #[inline(never)]
    fn print_to(&mut self, arguments: &'p [Expr], redirection: &'p Redirection) -> Step<()> {
        // The output is put aside for what is printed elsewhere meanwhile.
        let mut line = Vec::new();
        if arguments.is_empty() {
            match self.record.whole(&self.settings.number_format) {
                Ok(text) => line.extend_from_slice(text),
                Err(error) => return Err(self.bad_format(error)),
            }
        }
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                line.extend_from_slice(&self.settings.field_separator);
            }
            let value = self.value(argument)?;
            let pushed = match value {
                Value::Number(number) => push_number(&mut line, number, &self.settings.output_format),
                value => push_value(&mut line, &value, &self.settings.number_format),
            };
            pushed.map_err(|error| self.bad_format(error))?;
        }
        line.extend_from_slice(&self.settings.record_separator);
        self.write_to(&line, redirection)
    }

    #[inline(never)]
    fn printf(&mut self, arguments: &'p [Expr], redirection: Option<&'p Redirection>) -> Step<()> {
        let mut text = Vec::new();
        self.sprintf("printf", arguments, &mut text)?;
        let Some(redirection) = redirection else {
            self.out.extend_from_slice(&text);
            self.printed();
            return Ok(());
        };
        self.write_to(&text, redirection)
    }

    /// Appends the arguments behind a format in that format.
    pub(super) fn sprintf(&mut self, function: &str, arguments: &'p [Expr], out: &mut Vec<u8>) -> Step<()> {
        let Some((format, rest)) = arguments.split_first() else { return Ok(()) };
        let format = self.text(format)?;
        let mut values = Vec::with_capacity(rest.len());
        for argument in rest {
            values.push(self.value(argument)?);
        }
        printf(out, &format, &self.settings.number_format, &values)
            .map_err(|error| self.bad_arguments(error, function, &format))
    }

    #[inline(never)]
    fn write_to(&mut self, text: &[u8], redirection: &'p Redirection) -> Step<()> {
        let (name, mode) = match redirection {
            Redirection::File(name) => (name, Some(WriteMode::Truncate)),
            Redirection::Append(name) => (name, Some(WriteMode::Append)),
            Redirection::Command(name) => (name, None),
        };
        let name = self.text(name)?;
        let Some(mode) = mode else { return self.write_to_command(text, &name) };
        match &*name {
            b"/dev/stdout" => {
                self.out.extend_from_slice(text);
                self.printed();
                return Ok(());
            }
            b"/dev/stderr" => {
                self.flush();
                self.ctx.put_err(text);
                return Ok(());
            }
            _ => {}
        }
        match self.streams.file_writer(&name, mode) {
            // A write that fails is told by the code of `close`.
            Ok(output) => drop(output.write_all(text)),
            Err(error) => return Err(self.cannot_open(&name, error)),
        }
        Ok(())
    }

    fn write_to_command(&mut self, text: &[u8], command: &[u8]) -> Step<()> {
        if !self.streams.is_open(command) {
            self.flush_all();
        }
        match self.streams.command_writer(command) {
            Ok(output) => drop(output.write_all(text)),
            Err(error) => return Err(self.cannot_start(error)),
        }
        Ok(())
    }

    /// Prints that no command can be started.
    pub(super) fn cannot_start(&mut self, error: Errno) -> Leave {
        self.flush();
        self.ctx.perror(&[b"popen"], error);
        Leave::Failed
    }
}

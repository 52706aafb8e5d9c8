//! The state of a running program, and the loop over the records.

use std::rc::Rc;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use crate::Context;

use super::array::{Array, Table};
use super::ast::{Name, Program, Rule, Statement, When, place};
use super::escape;
use super::flavour;
use super::format::{FormatError, push_value};
use super::pattern::{BadPattern, Patterns};
use super::random::Random;
use super::reader::{Reader, Separator};
use super::record::Record;
use super::split::Splitter;
use super::stream::Streams;
use super::value::{Text, Value, to_int};

/// Why the flow of statements is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    Break,
    Continue,
    Next,
    NextFile,
    Return,
    Exit,
    /// A diagnostic has been printed.
    Failed,
}

/// The result of a step of the program.
pub(super) type Step<T> = Result<T, Leave>;

/// How much of standard output is collected before it is handed on.
const OUTPUT_SIZE: usize = 4096;

/// The code of a failed program.
const FAILURE: u8 = 1;

/// A variable: the value and the elements that its name means.
#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    pub(super) value: Value,
    pub(super) array: Option<Array>,
}

impl Variable {
    /// Its elements, which are there from now on.
    pub(super) fn elements(&mut self) -> &Array {
        self.array.get_or_insert_with(|| Rc::new(Table::default().into()))
    }
}

/// Texts of special variables, kept in the form in which they are needed.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) number_format: Text,
    pub(super) output_format: Text,
    pub(super) field_separator: Text,
    pub(super) record_separator: Text,
    pub(super) subscript_separator: Text,
    pub(super) splitter: Rc<Splitter>,
    pub(super) separator: Separator,
}

/// A running program.
pub(super) struct Interpreter<'p, 'c, 'a> {
    pub(super) ctx: &'c mut Context<'a>,
    pub(super) program: &'p Program,
    pub(super) globals: Vec<Variable>,
    /// The parameters of all functions that run; those of the innermost begin at `frame`.
    pub(super) locals: Vec<Variable>,
    pub(super) frame: usize,
    pub(super) returned: Value,
    pub(super) record: Record,
    pub(super) patterns: Patterns,
    pub(super) settings: Settings,
    pub(super) streams: Streams,
    pub(super) random: Random,
    pub(super) out: Vec<u8>,
    /// Buffers that are not in use.
    pub(super) buffers: Vec<Vec<u8>>,
    /// How many functions run.
    pub(super) depth: usize,
    /// Whether each line is shown at once.
    by_lines: bool,
    /// The line of the program that runs; 0 before anything does.
    pub(super) line: u32,
    /// Which rules are between the two patterns of their range.
    in_range: Vec<bool>,
    /// The file that is read, and the number of the next argument.
    main: Option<Reader>,
    next_argument: usize,
    /// Whether an argument named a file.
    had_file: bool,
    at_end: bool,
    /// Whether the loop over the records is over.
    pub(super) is_over: bool,
    /// The place of `RT`, when the program names it.
    terminator: Option<usize>,
    code: u8,
}

impl<'p, 'c, 'a> Interpreter<'p, 'c, 'a> {
    /// The state before the first statement.
    pub(super) fn new(program: &'p Program, ctx: &'c mut Context<'a>) -> Self {
        let text = |text: &[u8]| Rc::from(text);
        let settings = Settings {
            number_format: text(b"%.6g"),
            output_format: text(b"%.6g"),
            field_separator: text(b" "),
            record_separator: text(b"\n"),
            subscript_separator: text(b"\x1c"),
            splitter: Rc::new(Splitter::Blanks),
            separator: Separator::Byte(b'\n'),
        };
        let mut globals = vec![Variable::default(); program.globals.len()];
        let defaults: [(u32, &[u8]); 6] = [
            (place::CONVFMT, b"%.6g"),
            (place::OFMT, b"%.6g"),
            (place::FS, b" "),
            (place::OFS, b" "),
            (place::ORS, b"\n"),
            (place::RS, b"\n"),
        ];
        for (place, default) in defaults {
            globals[place as usize].value = Value::text(default);
        }
        globals[place::SUBSEP as usize].value = Value::text(b"\x1c");
        for place in [place::NR, place::FNR] {
            globals[place as usize].value = Value::Number(0.0);
        }
        Self {
            ctx,
            program,
            globals,
            locals: Vec::new(),
            frame: 0,
            returned: Value::Unset,
            record: Record::new(),
            patterns: Patterns::new(&program.patterns),
            settings,
            streams: Streams::default(),
            random: Random::new(),
            out: Vec::with_capacity(OUTPUT_SIZE * 2),
            buffers: Vec::new(),
            depth: 0,
            by_lines: fd::is_tty(fd::STDOUT),
            line: 0,
            in_range: vec![false; program.rules.len()],
            main: None,
            next_argument: 1,
            had_file: false,
            at_end: false,
            is_over: false,
            terminator: program.globals.iter().position(|name| name == b"RT"),
            code: 0,
        }
    }

    /// Prints a diagnostic of the running program.
    #[inline(never)]
    pub(super) fn fail(&mut self, message: &str) -> Leave {
        self.flush();
        if flavour::is_mawk() {
            let message = match message {
                "Division by zero" => "division by zero",
                message => message,
            };
            self.run_time_error(message.as_bytes());
            return Leave::Failed;
        }
        // Before anything has run, what is read last of the program is where it stands.
        let (name, line) = match self.line {
            0 => (super::COMMAND_LINE, self.program.lines),
            line => (self.program.name.as_slice(), line),
        };
        let line = line.to_string();
        self.ctx.complain(&[name, b":", line.as_bytes(), b": ", message.as_bytes()]);
        Leave::Failed
    }

    /// Says in the words of `mawk` what is wrong, and where in the input.
    fn run_time_error(&mut self, message: &[u8]) {
        self.ctx.complain(&[b"run time error: ", message]);
        let text = |at: u32| match &self.globals[at as usize].value {
            Value::Text(text) | Value::Input(text) => text.to_vec(),
            Value::Number(number) => number.to_string().into_bytes(),
            Value::Unset => Vec::new(),
        };
        let count = |at: u32| self.globals[at as usize].value.number().to_string().into_bytes();
        let (name, in_file, in_all) = (text(place::FILENAME), count(place::FNR), count(place::NR));
        let line = [b"\tFILENAME=\"", name.as_slice(), b"\" FNR=", &in_file, b" NR=", &in_all, b"\n"].concat();
        self.ctx.put_err(&line);
    }

    /// Says what is wrong with the arguments of `printf`.
    pub(super) fn bad_arguments(&mut self, error: FormatError, function: &str, format: &[u8]) -> Leave {
        if !flavour::is_mawk() {
            return self.bad_format(error);
        }
        self.flush();
        let what = match error {
            FormatError::Missing => "not enough arguments passed to ".to_owned(),
            FormatError::Improper(number) => format!("improper conversion(number {number}) in "),
            other => format!("{} in ", other.message()),
        };
        self.run_time_error(&[what.as_bytes(), function.as_bytes(), b"(\"", format, b"\")"].concat());
        Leave::Failed
    }

    /// What random numbers begin with.
    pub(super) fn seed(&mut self, seed: u32) {
        self.random.reseed(seed);
    }

    /// Prints a diagnostic about a format.
    #[inline(never)]
    pub(super) fn bad_format(&mut self, error: FormatError) -> Leave {
        self.fail(error.message())
    }

    /// Prints a diagnostic about a pattern.
    #[inline(never)]
    pub(super) fn bad_pattern(&mut self, bad: &BadPattern) -> Leave {
        self.flush();
        if flavour::is_mawk() {
            let line = self.line.max(1).to_string();
            self.ctx.complain(&[b"line ", line.as_bytes(), b": ", &super::mawk::bad_pattern(bad)]);
            return Leave::Failed;
        }
        self.ctx.complain(&[b"bad regex '", &bad.source, b"': ", bad.error.message().as_bytes()]);
        Leave::Failed
    }

    /// Prints a diagnostic about a file that cannot be opened.
    pub(super) fn cannot_open(&mut self, path: &[u8], error: Errno) -> Leave {
        self.flush();
        if flavour::is_mawk() {
            let reason = error.message().as_bytes();
            self.ctx.complain(&[b"cannot open \"", path, b"\" for output (", reason, b")"]);
            return Leave::Failed;
        }
        self.ctx.perror(&[b"can't open '", path, b"'"], error);
        Leave::Failed
    }

    /// Writes what is held of standard output.
    pub(super) fn flush(&mut self) {
        self.hand_on();
        self.ctx.flush();
    }

    /// Writes all that is held.
    pub(super) fn flush_all(&mut self) {
        self.flush();
        self.streams.flush();
    }

    fn hand_on(&mut self) {
        self.ctx.put(&self.out);
        self.out.clear();
    }

    /// Hands on what was printed, when it is enough.
    pub(super) fn printed(&mut self) {
        if self.out.len() >= OUTPUT_SIZE || self.by_lines {
            self.hand_on();
        }
    }

    /// A variable.
    pub(super) fn variable(&mut self, name: Name) -> &mut Variable {
        match name {
            Name::Global(place) => &mut self.globals[place as usize],
            Name::Local(place) => &mut self.locals[self.frame + place as usize],
        }
    }

    /// The elements that a name means.
    pub(super) fn array(&mut self, name: Name) -> Array {
        self.variable(name).elements().clone()
    }

    /// Appends a value as a string.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, value: &Value) -> Step<()> {
        push_value(out, value, &self.settings.number_format).map_err(|error| self.bad_format(error))
    }

    /// A value as a string.
    #[inline(never)]
    pub(super) fn text_of(&mut self, value: Value) -> Step<Text> {
        match value {
            Value::Text(text) | Value::Input(text) => Ok(text),
            value => {
                let mut text = Vec::new();
                self.push(&mut text, &value)?;
                Ok(Rc::from(text))
            }
        }
    }

    /// Assigns a variable, and does what its new value means.
    pub(super) fn assign(&mut self, name: Name, value: Value) -> Step<()> {
        match name {
            Name::Local(_) => self.variable(name).value = value,
            Name::Global(place) => {
                self.globals[place as usize].value = value;
                if place <= place::SUBSEP || place == place::IGNORECASE {
                    self.take_effect(place)?;
                }
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn take_effect(&mut self, place: u32) -> Step<()> {
        let value = self.globals[place as usize].value.clone();
        let is_case = place == place::IGNORECASE;
        if is_case {
            self.patterns.set_ignore_case(value.is_true());
        }
        let text = self.text_of(value)?;
        match place {
            place::CONVFMT => self.settings.number_format = text,
            place::OFMT => self.settings.output_format = text,
            place::OFS => self.settings.field_separator = text,
            place::ORS => self.settings.record_separator = text,
            place::SUBSEP => self.settings.subscript_separator = text,
            _ => self.set_separators()?,
        }
        Ok(())
    }

    /// Works out anew what `FS` and `RS` mean, which depend on each other.
    fn set_separators(&mut self) -> Step<()> {
        let fields = self.text_of(self.globals[place::FS as usize].value.clone())?;
        let records = self.text_of(self.globals[place::RS as usize].value.clone())?;
        let ignore_case = self.patterns.ignores_case();
        let splitter = Splitter::new(&fields, ignore_case, records.is_empty()).map_err(|bad| self.bad_pattern(&bad))?;
        self.settings.splitter = Rc::new(splitter);
        self.settings.separator = Separator::new(&records, ignore_case).map_err(|bad| self.bad_pattern(&bad))?;
        Ok(())
    }

    /// Assigns what `text` says, when it has the form `NAME=value`. Whether it has.
    pub(super) fn assign_argument(&mut self, text: &[u8]) -> Step<bool> {
        let Some((name, value)) = assignment(text) else { return Ok(false) };
        let value = Value::Input(Rc::from(escape::expand(value)));
        if name == b"NF" {
            let separator = self.settings.field_separator.clone();
            self.record.resize(to_int(value.number()).max(0) as usize, &separator);
        }
        let found = self.program.globals.iter().position(|known| known == name);
        if let Some(place) = found {
            self.assign(Name::Global(place as u32), value)?;
        }
        Ok(true)
    }

    /// Fills an array of a known name.
    pub(super) fn fill_array(&mut self, name: &[u8], elements: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) {
        let Some(at) = self.program.globals.iter().position(|known| known == name) else { return };
        let array = self.globals[at].elements().clone();
        for (key, value) in elements {
            *array.borrow_mut().element(&key) = Value::input(&value);
        }
    }

    /// Sets a variable of a known name.
    pub(super) fn set(&mut self, name: &[u8], value: Value) {
        if let Some(at) = self.program.globals.iter().position(|known| known == name) {
            self.globals[at].value = value;
        }
    }

    /// Runs the program; returns its exit code.
    pub(super) fn run(&mut self) -> u8 {
        let program = self.program;
        let mut left = self.blocks(&program.begin);
        if left.is_ok() && !(program.rules.is_empty() && program.end.is_empty()) {
            left = self.records();
        }
        self.is_over = true;
        if left != Err(Leave::Failed) {
            left = self.blocks(&program.end);
        }
        if left == Err(Leave::Failed) {
            self.code = if flavour::is_mawk() { super::mawk::TROUBLE } else { FAILURE };
        }
        self.flush();
        self.streams.close_all();
        self.code
    }

    /// Runs `BEGIN` or `END` actions; what leaves one of them leaves all.
    fn blocks(&mut self, blocks: &'p [Vec<Statement>]) -> Step<()> {
        match blocks.iter().try_for_each(|block| self.statements(block)) {
            Err(leave @ (Leave::Exit | Leave::Failed)) => Err(leave),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn records(&mut self) -> Step<()> {
        let program = self.program;
        while self.next_record()? {
            for (number, rule) in program.rules.iter().enumerate() {
                match self.rule(number, rule) {
                    Ok(()) | Err(Leave::Return | Leave::Break | Leave::Continue) => {}
                    Err(Leave::Next) => break,
                    Err(Leave::NextFile) => {
                        self.close_main();
                        break;
                    }
                    Err(leave) => return Err(leave),
                }
            }
        }
        Ok(())
    }

    fn rule(&mut self, number: usize, rule: &'p Rule) -> Step<()> {
        self.line = rule.line;
        let applies = match &rule.when {
            When::Always => true,
            When::If(condition) => self.truth(condition)?,
            When::Range(first, last) => {
                let begun = self.in_range[number] || self.truth(first)?;
                if begun {
                    self.in_range[number] = !self.truth(last)?;
                }
                begun
            }
        };
        match &rule.body {
            _ if !applies => Ok(()),
            Some(body) => self.statements(body),
            None => self.print_record(),
        }
    }

    /// Sets the exit code to what `exit` was given.
    pub(super) fn set_code(&mut self, number: f64) {
        self.code = to_int(number) as u8;
    }

    fn close_main(&mut self) {
        if let Some(reader) = self.main.take() {
            if reader.fd() != fd::STDIN {
                // Nothing was written through it, so closing cannot lose anything.
                let _ = fd::close(reader.fd());
            }
        }
    }

    /// Reads the next record of the main input into the record.
    pub(super) fn next_record(&mut self) -> Step<bool> {
        let mut text = core::mem::take(self.record.text_mut());
        let read = self.read_main(&mut text);
        *self.record.text_mut() = text;
        let found = read?;
        if found {
            self.record.begin(&self.settings.splitter);
            self.count_record();
        }
        Ok(found)
    }

    fn count_record(&mut self) {
        for place in [place::NR, place::FNR] {
            let count = &mut self.globals[place as usize].value;
            *count = Value::Number(count.number() + 1.0);
        }
    }

    /// Reads the next record of the main input into `text`; whether there is one.
    fn read_main(&mut self, text: &mut Vec<u8>) -> Step<bool> {
        loop {
            if self.main.is_none() && !self.open_next()? {
                return Ok(false);
            }
            if let Some(reader) = &mut self.main {
                match reader.next(&self.settings.separator, text) {
                    Ok(true) => {
                        if let Some(place) = self.terminator {
                            self.globals[place].value = Value::text(reader.terminator());
                        }
                        return Ok(true);
                    }
                    Ok(false) => {}
                    Err(error) => return Err(self.fail(error.message())),
                }
            }
            self.close_main();
        }
    }

    /// Opens the next file of the arguments, doing the assignments that stand before it.
    fn open_next(&mut self) -> Step<bool> {
        if self.at_end {
            return Ok(false);
        }
        loop {
            let count = self.known(b"ARGC").map_or(0.0, |at| self.globals[at].value.number());
            if self.next_argument as f64 >= count {
                self.at_end = true;
                return if self.had_file { Ok(false) } else { self.open_main(b"-") };
            }
            let key = self.next_argument.to_string();
            self.next_argument += 1;
            let array = self.known(b"ARGV").and_then(|at| self.globals[at].array.clone());
            let Some(value) = array.and_then(|array| array.borrow().get(key.as_bytes()).cloned()) else { continue };
            let argument = self.text_of(value)?;
            if argument.is_empty() || self.assign_argument(&argument)? {
                continue;
            }
            return self.open_main(&argument);
        }
    }

    fn known(&self, name: &[u8]) -> Option<usize> {
        self.program.globals.iter().position(|known| known == name)
    }

    fn open_main(&mut self, path: &[u8]) -> Step<bool> {
        self.had_file = true;
        let opened =
            if path == b"-" { Ok(fd::STDIN) } else { fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) };
        match opened {
            Ok(file) => {
                self.main = Some(Reader::new(file));
                self.globals[place::FILENAME as usize].value = Value::input(path);
                self.globals[place::FNR as usize].value = Value::Number(0.0);
                Ok(true)
            }
            Err(error) => {
                self.flush();
                if flavour::is_mawk() {
                    self.ctx.complain(&super::mawk::cannot_open(path, error));
                } else {
                    self.ctx.perror(&[path], error);
                }
                Err(Leave::Failed)
            }
        }
    }

    /// The next record of the main input, for `getline` with a variable.
    pub(super) fn main_line(&mut self) -> Step<Option<Vec<u8>>> {
        let mut text = Vec::new();
        if !self.read_main(&mut text)? {
            return Ok(None);
        }
        self.count_record();
        Ok(Some(text))
    }
}

/// The two sides of `NAME=value`.
pub(super) fn assignment(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'=', text)?;
    let (name, value) = text.split_at(at);
    let is_name =
        !name.first()?.is_ascii_digit() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    is_name.then_some((name, value.get(1..)?))
}

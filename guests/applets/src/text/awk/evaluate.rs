//! Expressions: as numbers, as strings, as conditions.
//!
//! What recursion goes through is kept small: the functions that it does not go through each time are never inlined, so
//! that they take no room on the stack of those that it does.

use std::rc::Rc;

use super::array::Array;
use super::ast::{Arithmetic, Comparison, Expr, LineSource, Name, Pattern, place};
use super::flavour;
use super::interpreter::{Interpreter, Leave, Step, Variable};
use super::value::{Text, Value, is_true_input, settled, to_int, to_long};

/// How deep functions may call each other.
const DEPTH: usize = 100_000;

/// Where an assignment goes, with its subscript worked out.
enum Target {
    Variable(Name),
    FieldCount,
    Field(usize),
    /// An element: its array, its place, its key.
    Element(Array, usize, Vec<u8>),
}

impl<'p> Interpreter<'p, '_, '_> {
    /// A buffer for a short time.
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub(super) fn give_buffer(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.buffers.push(buffer);
    }

    /// Evaluates an expression for what it does.
    pub(super) fn evaluate(&mut self, expr: &'p Expr) -> Step<()> {
        match expr {
            Expr::Step { place, by, .. } => self.step(place, *by).map(drop),
            Expr::Update(operator, place, right) => self.update(*operator, place, right).map(drop),
            expr => self.value(expr).map(drop),
        }
    }

    /// An expression as a number.
    pub(super) fn number(&mut self, expr: &'p Expr) -> Step<f64> {
        match expr {
            Expr::Number(number) => Ok(*number),
            Expr::Variable(name) => Ok(self.variable(*name).value.number()),
            Expr::FieldCount => Ok(self.record.count() as f64),
            Expr::Field(index) => match self.field_index(index)? {
                0 => Ok(super::value::number_of(self.whole()?)),
                index => Ok(self.record.number(index)),
            },
            Expr::Element(array, key) => self.with_element(*array, key, |value| value.number()),
            Expr::Arithmetic(operator, left, right) => {
                let left = self.number(left)?;
                let right = self.number(right)?;
                self.arithmetic(*operator, left, right)
            }
            Expr::Update(operator, place, right) => self.update(*operator, place, right),
            Expr::Step { place, by, prefix } => {
                let before = self.step(place, *by)?;
                Ok(if *prefix { before + by } else { before })
            }
            Expr::Negate(operand) => self.number(operand).map(|number| -number),
            Expr::Plus(operand) => self.number(operand),
            Expr::Not(_)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Compare(..)
            | Expr::Matches { .. }
            | Expr::Regex(_)
            | Expr::In(..) => self.truth(expr).map(|holds| f64::from(u8::from(holds))),
            Expr::Choose(condition, yes, no) => {
                let chosen = if self.truth(condition)? { yes } else { no };
                self.number(chosen)
            }
            Expr::Getline(source, place) => self.getline(source, place.as_deref()),
            _ => self.value(expr).map(|value| value.number()),
        }
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &'p Expr) -> Step<Value> {
        match expr {
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Variable(name) => Ok(self.variable(*name).value.clone()),
            Expr::Field(index) => match self.field_index(index)? {
                0 => {
                    let text = Rc::from(self.whole()?);
                    Ok(if self.record.is_made() { Value::Text(text) } else { Value::Input(text) })
                }
                index => Ok(self.record.value(index)),
            },
            Expr::Element(array, key) => self.with_element(*array, key, |value| value.clone()),
            Expr::Joined(_) | Expr::Concat(_) => self.built(expr).map(Value::Text),
            Expr::Assign(place, right) => self.assign_expr(place, right),
            Expr::Choose(condition, yes, no) => {
                let chosen = if self.truth(condition)? { yes } else { no };
                self.value(chosen)
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Builtin(builtin, arguments) => self.builtin(*builtin, arguments),
            expr => self.number(expr).map(Value::Number),
        }
    }

    /// An expression as a string.
    pub(super) fn text(&mut self, expr: &'p Expr) -> Step<Text> {
        match expr {
            Expr::Text(text) => Ok(text.clone()),
            Expr::Field(_) | Expr::Concat(_) | Expr::Joined(_) => self.built(expr),
            expr => {
                let value = self.value(expr)?;
                self.text_of(value)
            }
        }
    }

    #[inline(never)]
    fn built(&mut self, expr: &'p Expr) -> Step<Text> {
        let mut text = self.take_buffer();
        let built = self.append(expr, &mut text).map(|()| Rc::from(text.as_slice()));
        self.give_buffer(text);
        built
    }

    /// Appends an expression as a string.
    pub(super) fn append(&mut self, expr: &'p Expr, out: &mut Vec<u8>) -> Step<()> {
        match expr {
            Expr::Text(text) => out.extend_from_slice(text),
            Expr::Field(index) => match self.field_index(index)? {
                0 => out.extend_from_slice(self.whole()?),
                index => {
                    let pushed = self.record.push(out, index, &self.settings.number_format);
                    pushed.map_err(|error| self.bad_format(error))?;
                }
            },
            Expr::Concat(parts) => {
                for part in parts {
                    self.append(part, out)?;
                }
            }
            Expr::Joined(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(&self.settings.subscript_separator);
                    }
                    self.append(part, out)?;
                }
            }
            expr => {
                let value = self.value(expr)?;
                self.push(out, &value)?;
            }
        }
        Ok(())
    }

    /// Whether an expression holds as a condition.
    pub(super) fn truth(&mut self, expr: &'p Expr) -> Step<bool> {
        match expr {
            Expr::Not(operand) => self.truth(operand).map(|holds| !holds),
            Expr::And(left, right) => Ok(self.truth(left)? && self.truth(right)?),
            Expr::Or(left, right) => Ok(self.truth(left)? || self.truth(right)?),
            Expr::Compare(comparison, left, right) => self.compare(*comparison, left, right),
            Expr::Matches { text, pattern, negated } => Ok(self.matches(text, pattern)? != *negated),
            Expr::Regex(number) => self.record_matches(*number),
            Expr::In(key, array) => self.with_key(key, |interpreter, key| {
                let array = interpreter.variable(*array).array.as_ref();
                Ok(array.is_some_and(|array| array.borrow().get(key).is_some()))
            }),
            Expr::Field(index) => match self.field_index(index)? {
                0 => {
                    let (holds, is_empty) = self.whole().map(|text| (is_true_input(text), text.is_empty()))?;
                    Ok(if self.record.is_made() { !is_empty } else { holds })
                }
                index => match self.record.part(index) {
                    Some(text) => Ok(is_true_input(text)),
                    None => Ok(self.record.value(index).is_true()),
                },
            },
            Expr::Variable(name) => Ok(self.variable(*name).value.is_true()),
            Expr::Text(_)
            | Expr::Element(..)
            | Expr::Assign(..)
            | Expr::Choose(..)
            | Expr::Call(..)
            | Expr::Builtin(..)
            | Expr::Joined(_)
            | Expr::Concat(_) => self.value(expr).map(|value| value.is_true()),
            expr => self.number(expr).map(|number| number != 0.0),
        }
    }

    fn whole(&mut self) -> Step<&[u8]> {
        // The record is asked twice, because an error needs the interpreter as a whole.
        if let Err(error) = self.record.whole(&self.settings.number_format) {
            return Err(self.bad_format(error));
        }
        self.record.whole(&self.settings.number_format).map_err(|_| Leave::Failed)
    }

    fn field_index(&mut self, index: &'p Expr) -> Step<usize> {
        let index = to_int(self.number(index)?);
        usize::try_from(index).map_err(|_| self.fail("Access to negative field"))
    }

    /// Calls `then` with a subscript.
    pub(super) fn with_key<T>(&mut self, key: &'p Expr, then: impl FnOnce(&mut Self, &[u8]) -> Step<T>) -> Step<T> {
        if let Expr::Text(text) = key {
            return then(self, text);
        }
        let mut text = self.take_buffer();
        let result = self.append(key, &mut text).and_then(|()| then(self, &text));
        self.give_buffer(text);
        result
    }

    /// Calls `then` with an element, which is made when there is none.
    fn with_element<T>(&mut self, array: Name, key: &'p Expr, then: impl FnOnce(&mut Value) -> T) -> Step<T> {
        self.with_key(key, |interpreter, key| {
            let array = interpreter.variable(array).elements();
            Ok(then(array.borrow_mut().element(key)))
        })
    }

    /// Applies an operator.
    fn arithmetic(&mut self, operator: Arithmetic, left: f64, right: f64) -> Step<f64> {
        let result = match operator {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Power => return Ok(settled(left.powf(right), left, right)),
            Arithmetic::Divide | Arithmetic::Remainder if right == 0.0 && !flavour::is_mawk() => {
                return Err(self.fail("Division by zero"));
            }
            Arithmetic::Divide => left / right,
            Arithmetic::Remainder if flavour::is_mawk() => left % right,
            Arithmetic::Remainder => left - to_long(left / right) as f64 * right,
        };
        Ok(settled(result, left, right))
    }

    #[inline(never)]
    fn target(&mut self, place: &'p Expr) -> Step<Target> {
        Ok(match place {
            Expr::Variable(name) => Target::Variable(*name),
            Expr::FieldCount => Target::FieldCount,
            Expr::Field(index) => Target::Field(self.field_index(index)?),
            Expr::Element(array, key) => {
                let mut text = self.take_buffer();
                self.append(key, &mut text)?;
                let array = self.array(*array);
                let at = array.borrow_mut().place(&text);
                Target::Element(array, at, text)
            }
            // The parser lets nothing else be assigned to.
            _ => return Err(self.fail("Unexpected token")),
        })
    }

    #[inline(never)]
    fn store(&mut self, target: Target, value: Value) -> Step<()> {
        match target {
            Target::Variable(name) => self.assign(name, value),
            Target::FieldCount => {
                let count = to_int(value.number());
                let Ok(count) = usize::try_from(count) else {
                    return Err(self.fail("NF set to negative value"));
                };
                let separator = self.settings.field_separator.clone();
                self.record.resize(count, &separator);
                Ok(())
            }
            Target::Field(0) => {
                let text = self.text_of(value)?;
                let splitter = self.settings.splitter.clone();
                self.record.assign_whole(&text, &splitter);
                Ok(())
            }
            Target::Field(index) => {
                let separator = self.settings.field_separator.clone();
                self.record.assign(index, value, &separator);
                Ok(())
            }
            Target::Element(array, at, key) => {
                *array.borrow_mut().element_at(at, &key) = value;
                self.give_buffer(key);
                Ok(())
            }
        }
    }

    /// Assigns to a place.
    pub(super) fn assign_place(&mut self, place: &'p Expr, value: Value) -> Step<()> {
        let target = self.target(place)?;
        self.store(target, value)
    }

    #[inline(never)]
    fn assign_expr(&mut self, place: &'p Expr, right: &'p Expr) -> Step<Value> {
        if let Expr::Variable(name) = place {
            let value = self.value(right)?.copied();
            self.assign(*name, value.clone())?;
            return Ok(value);
        }
        let target = self.target(place)?;
        let value = self.value(right)?.copied();
        self.store(target, value.clone())?;
        Ok(value)
    }

    /// The number at a place.
    fn current(&mut self, target: &Target) -> Step<f64> {
        Ok(match target {
            Target::Variable(name) => self.variable(*name).value.number(),
            Target::FieldCount => self.record.count() as f64,
            Target::Field(0) => super::value::number_of(self.whole()?),
            Target::Field(index) => self.record.number(*index),
            Target::Element(array, at, key) => array.borrow_mut().element_at(*at, key).number(),
        })
    }

    /// An assignment with an operator; returns the new number.
    #[inline(never)]
    fn update(&mut self, operator: Arithmetic, place: &'p Expr, right: &'p Expr) -> Step<f64> {
        let target = self.target(place)?;
        let left = self.current(&target)?;
        let right = self.number(right)?;
        let number = self.arithmetic(operator, left, right)?;
        self.store(target, Value::Number(number))?;
        Ok(number)
    }

    /// Adds `by` to a place; returns the number before.
    #[inline(never)]
    fn step(&mut self, place: &'p Expr, by: f64) -> Step<f64> {
        if let Expr::Element(array, key) = place {
            return self.with_element(*array, key, |value| {
                let before = value.number();
                *value = Value::Number(before + by);
                before
            });
        }
        let target = self.target(place)?;
        let before = self.current(&target)?;
        self.store(target, Value::Number(before + by))?;
        Ok(before)
    }

    #[inline(never)]
    fn compare(&mut self, comparison: Comparison, left: &'p Expr, right: &'p Expr) -> Step<bool> {
        let left = self.value(left)?;
        // A number is compared without making a value of the other side, when that is one, too.
        if let (Some(left), Expr::Number(right)) = (left.comparable(), right) {
            return Ok(holds(comparison, left, *right));
        }
        let right = self.value(right)?;
        if let (Some(left), Some(right)) = (left.comparable(), right.comparable()) {
            return Ok(holds(comparison, left, right));
        }
        let (left, right) = (self.text_of(left)?, self.text_of(right)?);
        let order = if self.patterns.ignores_case() {
            left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase())
        } else {
            left.cmp(&right)
        };
        Ok(holds(comparison, f64::from(order as i8), 0.0))
    }

    #[inline(never)]
    fn record_matches(&mut self, number: usize) -> Step<bool> {
        if let Err(error) = self.record.whole(&self.settings.number_format) {
            return Err(self.bad_format(error));
        }
        let text = self.record.whole(&self.settings.number_format).unwrap_or_default();
        let matches = self.patterns.literal(number).map(|regex| regex.is_match(text));
        matches.map_err(|bad| self.bad_pattern(&bad))
    }

    /// The regular expression that a pattern means now.
    pub(super) fn regex(&mut self, pattern: &'p Pattern) -> Step<Rc<crate::regex::Regex>> {
        match pattern {
            Pattern::Literal(number) => self.literal(*number),
            Pattern::Computed(expr) => self.computed(expr),
        }
    }

    /// The regular expression with this number.
    pub(super) fn literal(&mut self, number: usize) -> Step<Rc<crate::regex::Regex>> {
        let regex = self.patterns.literal(number).cloned();
        regex.map_err(|bad| self.bad_pattern(&bad))
    }

    /// The regular expression that a string is.
    pub(super) fn computed(&mut self, expr: &'p Expr) -> Step<Rc<crate::regex::Regex>> {
        let source = self.text(expr)?;
        self.patterns.computed(&source).map_err(|bad| self.bad_pattern(&bad))
    }

    #[inline(never)]
    fn matches(&mut self, text: &'p Expr, pattern: &'p Pattern) -> Step<bool> {
        let mut buffer = self.take_buffer();
        self.append(text, &mut buffer)?;
        let regex = self.regex(pattern)?;
        let matches = regex.is_match(&buffer);
        self.give_buffer(buffer);
        Ok(matches)
    }

    #[inline(never)]
    fn call(&mut self, number: usize, arguments: &'p [Expr]) -> Step<Value> {
        wcr_sys::pace::steps(super::execute::STEPS);
        let program = self.program;
        let Some(function) = program.functions.get(number) else { return Ok(Value::Unset) };
        let Some(body) = &function.body else { return Err(self.fail("Call to undefined function")) };
        let start = self.locals.len();
        for (at, argument) in arguments.iter().enumerate() {
            let Some(is_array) = function.arrays.get(at) else {
                self.value(argument)?;
                continue;
            };
            let variable = self.argument(argument, *is_array)?;
            self.locals.push(variable);
        }
        self.locals.resize(start + function.arrays.len(), Variable::default());
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.fail("Function calls are nested too deep"));
        }
        let frame = core::mem::replace(&mut self.frame, start);
        let left = self.statements(body);
        self.frame = frame;
        self.depth -= 1;
        self.locals.truncate(start);
        match left {
            Ok(()) => Ok(Value::text(b"")),
            Err(Leave::Return) => Ok(core::mem::take(&mut self.returned)),
            Err(leave) => Err(leave),
        }
    }

    /// What a parameter becomes. A variable's elements are shared.
    #[inline(never)]
    fn argument(&mut self, argument: &'p Expr, is_array: bool) -> Step<Variable> {
        if let Expr::Variable(name) = argument {
            let variable = self.variable(*name);
            if is_array {
                variable.elements();
            }
            let Variable { value, array } = variable.clone();
            return Ok(Variable { value: value.copied(), array });
        }
        Ok(Variable { value: self.value(argument)?.copied(), array: None })
    }

    /// Reads a line; returns 1, 0 at the end, -1 when there is nothing to read from.
    #[inline(never)]
    fn getline(&mut self, source: &'p LineSource, place: Option<&'p Expr>) -> Step<f64> {
        if let LineSource::Main = source {
            return self.getline_main(place);
        }
        let (name, is_command) = match source {
            LineSource::Command(name) => (name, true),
            LineSource::File(name) => (name, false),
            LineSource::Main => return Ok(-1.0),
        };
        let name = self.text(name)?;
        let target = place.map(|place| self.target(place)).transpose()?;
        if is_command && !self.streams.is_open(&name) {
            self.flush_all();
        }
        let reader = if is_command { self.streams.command_reader(&name) } else { self.streams.file_reader(&name) };
        let Ok(reader) = reader else { return Ok(-1.0) };
        let mut line = Vec::new();
        match reader.next(&self.settings.separator, &mut line) {
            Ok(true) => {}
            Ok(false) => return Ok(0.0),
            Err(_) => return Ok(-1.0),
        }
        match target {
            Some(target) => self.store(target, Value::Input(Rc::from(line)))?,
            None => {
                let splitter = self.settings.splitter.clone();
                self.record.set(&line, &splitter);
            }
        }
        Ok(1.0)
    }

    #[inline(never)]
    fn getline_main(&mut self, place: Option<&'p Expr>) -> Step<f64> {
        if self.is_over {
            return Ok(-1.0);
        }
        let Some(place) = place else { return Ok(f64::from(u8::from(self.next_record()?))) };
        let Some(line) = self.main_line()? else { return Ok(0.0) };
        self.assign_place(place, Value::Input(Rc::from(line)))?;
        Ok(1.0)
    }

    /// Sets what `match` found.
    pub(super) fn set_match(&mut self, start: f64, length: f64) {
        self.globals[place::RSTART as usize].value = Value::Number(start);
        self.globals[place::RLENGTH as usize].value = Value::Number(length);
    }
}

/// Compares as BusyBox does, by the difference: that of infinities is no number, and what is none counts as less.
fn holds(comparison: Comparison, left: f64, right: f64) -> bool {
    let difference = left - right;
    match comparison {
        Comparison::Less => difference.is_nan() || difference < 0.0,
        Comparison::LessOrEqual => difference.is_nan() || difference <= 0.0,
        Comparison::Equal => difference == 0.0,
        Comparison::NotEqual => difference != 0.0,
        Comparison::Greater => difference > 0.0,
        Comparison::GreaterOrEqual => difference >= 0.0,
    }
}

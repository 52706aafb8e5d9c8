//! Runs programs of `bc`.

use std::collections::BTreeMap;

use super::super::function;
use super::super::number::{Fault, Number, wrapped};
use super::parser::{Expr, Function, Piece, Place, Statement};

/// Why a program stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    Quit,
    Fault(String),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault.message().into())
    }
}

type Result<T> = core::result::Result<T, Halt>;

/// How a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
    Return(Number),
}

/// The deepest that functions call each other.
const DEPTH_MAX: usize = 2000;

/// The largest input base: all letters are digits.
const INPUT_BASE_MAX: usize = 36;

/// The largest output base.
const BASE_MAX: usize = 999;

#[derive(Debug)]
pub(super) struct Machine {
    variables: BTreeMap<Vec<u8>, Number>,
    arrays: BTreeMap<Vec<u8>, BTreeMap<usize, Number>>,
    functions: BTreeMap<Vec<u8>, Function>,
    scale: usize,
    input: u32,
    output: u32,
    last: Number,
    library: bool,
    /// How many digits a line takes; 0 for all.
    line: usize,
    depth: usize,
    out: Vec<u8>,
}

fn fault<T>(text: &str) -> Result<T> {
    Err(Halt::Fault(text.into()))
}

impl Machine {
    pub(super) fn new(line: usize, scale: usize, library: bool) -> Self {
        Self {
            variables: BTreeMap::new(),
            arrays: BTreeMap::new(),
            functions: BTreeMap::new(),
            scale,
            input: 10,
            output: 10,
            last: Number::zero(),
            library,
            line,
            depth: 0,
            out: Vec::new(),
        }
    }

    /// What has been printed since the last time.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// Runs a statement of the program itself.
    pub(super) fn top(&mut self, statement: Statement) -> Result<()> {
        self.run(&statement).map(|_| ())
    }

    fn block(&mut self, statements: &[Statement]) -> Result<Flow> {
        for statement in statements {
            match self.run(statement)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn run(&mut self, statement: &Statement) -> Result<Flow> {
        wcr_sys::pace::steps(super::super::STEPS);
        match statement {
            Statement::Nothing => {}
            Statement::Expr(expr) => {
                let value = self.evaluate(expr)?;
                if !matches!(expr, Expr::Assign(..) | Expr::Update(..)) {
                    self.show(&value);
                    self.out.push(b'\n');
                    self.last = value;
                }
            }
            Statement::Text(text) => self.out.extend_from_slice(text),
            Statement::Print(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => {
                            crate::escape::expand(&mut self.out, text, crate::escape::Octal::Three);
                        }
                        Piece::Expr(expr) => {
                            let value = self.evaluate(expr)?;
                            self.show(&value);
                            self.last = value;
                        }
                    }
                }
            }
            Statement::If(condition, then, other) => {
                if !self.evaluate(condition)?.is_zero() {
                    return self.run(then);
                }
                if let Some(other) = other {
                    return self.run(other);
                }
            }
            Statement::While(condition, body) => {
                while !self.evaluate(condition)?.is_zero() {
                    match self.run(body)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::On | Flow::Continue => {}
                    }
                }
            }
            Statement::For(first, condition, step, body) => {
                if let Some(first) = first {
                    self.evaluate(first)?;
                }
                while match condition {
                    Some(condition) => !self.evaluate(condition)?.is_zero(),
                    None => true,
                } {
                    match self.run(body)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::On | Flow::Continue => {}
                    }
                    if let Some(step) = step {
                        self.evaluate(step)?;
                    }
                }
            }
            Statement::Block(statements) => return self.block(statements),
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
            Statement::Return(value) => {
                let value = match value {
                    Some(expr) => self.evaluate(expr)?,
                    None => Number::zero(),
                };
                return Ok(Flow::Return(value));
            }
            Statement::Define(name, function) => {
                self.functions.insert(name.clone(), function.clone());
            }
            Statement::Quit => return Err(Halt::Quit),
            Statement::Limits => self.out.extend_from_slice(
                b"BC_BASE_MAX     = 999\nBC_DIM_MAX      = 2147483647\nBC_SCALE_MAX    = 4294967295\n\
                  BC_STRING_MAX   = 4294967294\nMAX Exponent    = 999999999\nNumber of vars  = 999999999\n",
            ),
        }
        Ok(Flow::On)
    }

    fn show(&mut self, value: &Number) {
        let text = wrapped(&value.show(self.output), self.line);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn evaluate(&mut self, expr: &Expr) -> Result<Number> {
        Ok(match expr {
            Expr::Number(digits) => Number::parse(digits, self.input),
            Expr::Place(place) => self.read(place)?,
            Expr::Group(inner) => self.evaluate(inner)?,
            Expr::Assign(place, value) => {
                let value = self.evaluate(value)?;
                self.write(place, value)?
            }
            Expr::Update(place, sign, value) => {
                let (old, value) = (self.read(place)?, self.evaluate(value)?);
                let result = self.binary(sign.trim_end_matches('='), &old, &value)?;
                self.write(place, result)?
            }
            Expr::Step(place, by, old_is_result) => {
                let old = self.read(place)?;
                let new = self.write(place, old.add(&Number::from(*by)))?;
                if *old_is_result { old } else { new }
            }
            Expr::Negate(inner) => self.evaluate(inner)?.negated(),
            Expr::Not(inner) => truth(self.evaluate(inner)?.is_zero()),
            // Both sides are worked out in any case.
            Expr::Binary(sign, left, right) => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                self.binary(sign, &left, &right)?
            }
            Expr::Call(name, arguments) => {
                let arguments: Vec<Number> =
                    arguments.iter().map(|argument| self.evaluate(argument)).collect::<Result<_>>()?;
                self.call(name, arguments)?
            }
        })
    }

    fn binary(&self, sign: &str, left: &Number, right: &Number) -> Result<Number> {
        Ok(match sign {
            "+" => left.add(right),
            "-" => left.subtract(right),
            "*" => left.multiply(right, self.scale),
            "/" => left.divide(right, self.scale)?,
            "%" => left.remainder(right, self.scale)?,
            "^" => left.power(right, self.scale)?,
            "&&" => truth(!left.is_zero() && !right.is_zero()),
            "||" => truth(!left.is_zero() || !right.is_zero()),
            comparison => {
                let order = left.compare(right);
                truth(match comparison {
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        })
    }

    fn read(&mut self, place: &Place) -> Result<Number> {
        Ok(match place {
            Place::Variable(name) => self.variables.get(name).cloned().unwrap_or_else(Number::zero),
            Place::Element(name, index) => {
                let index = self.evaluate(index)?.to_count()?;
                self.arrays.get(name).and_then(|array| array.get(&index)).cloned().unwrap_or_else(Number::zero)
            }
            Place::Scale => Number::from(self.scale as i64),
            Place::InputBase => Number::from(self.input.into()),
            Place::OutputBase => Number::from(self.output.into()),
            Place::Last => self.last.clone(),
        })
    }

    fn write(&mut self, place: &Place, value: Number) -> Result<Number> {
        match place {
            Place::Variable(name) => {
                self.variables.insert(name.clone(), value.clone());
            }
            Place::Element(name, index) => {
                let index = self.evaluate(index)?.to_count()?;
                self.arrays.entry(name.clone()).or_default().insert(index, value.clone());
            }
            Place::Scale => self.scale = value.to_count()?,
            Place::InputBase => {
                let base = value.to_count()?;
                if !(2..=INPUT_BASE_MAX).contains(&base) {
                    return fault("bad ibase; must be [2,16]");
                }
                self.input = base as u32;
            }
            Place::OutputBase => {
                let base = value.to_count()?;
                if !(2..=BASE_MAX).contains(&base) {
                    return fault("bad obase; must be [2,999]");
                }
                self.output = base as u32;
            }
            Place::Last => self.last = value.clone(),
        }
        Ok(value)
    }

    fn call(&mut self, name: &[u8], arguments: Vec<Number>) -> Result<Number> {
        let scale = self.scale;
        if let [one] = arguments.as_slice() {
            match name {
                b"length" => return Ok(Number::from(one.length() as i64)),
                b"scale" => return Ok(Number::from(one.scale() as i64)),
                b"sqrt" => return Ok(one.square_root(scale)?),
                _ => {}
            }
        }
        if name == b"read" {
            return fault("bad expression");
        }
        if let Some(function) = self.functions.get(name).cloned() {
            return self.call_function(&function, arguments);
        }
        if self.library {
            match (name, arguments.as_slice()) {
                (b"e", [x]) => return Ok(function::exponential(x, scale)?),
                (b"l", [x]) => return Ok(function::logarithm(x, scale)?),
                (b"s", [x]) => return Ok(function::sine(x, scale)?),
                (b"c", [x]) => return Ok(function::cosine(x, scale)?),
                (b"a", [x]) => return Ok(function::arc_tangent(x, scale)?),
                (b"j", [n, x]) => return Ok(function::bessel(n, x, scale)?),
                _ => {}
            }
        }
        fault("undefined function")
    }

    fn call_function(&mut self, function: &Function, arguments: Vec<Number>) -> Result<Number> {
        if function.parameters.len() != arguments.len() {
            return Err(Halt::Fault(format!(
                "function has {} parameters, but called with {}",
                function.parameters.len(),
                arguments.len()
            )));
        }
        if self.depth >= DEPTH_MAX {
            return fault("stack has too few elements");
        }
        // What the function's own names meant before is put back at its end.
        let own: Vec<&Vec<u8>> = function.parameters.iter().chain(&function.locals).collect();
        let before: Vec<(Option<Number>, Option<BTreeMap<usize, Number>>)> =
            own.iter().map(|name| (self.variables.remove(*name), self.arrays.remove(plain(name)))).collect();
        for (name, value) in function.parameters.iter().zip(arguments) {
            self.variables.insert(name.clone(), value);
        }
        self.depth += 1;
        let flow = self.block(&function.body);
        self.depth -= 1;
        for (name, (value, array)) in own.iter().zip(before) {
            restore(&mut self.variables, (*name).clone(), value);
            restore(&mut self.arrays, plain(name).to_vec(), array);
        }
        match flow? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Number::zero()),
        }
    }
}

fn truth(holds: bool) -> Number {
    Number::from(holds.into())
}

/// The name of an array without its brackets; what is no array has none of this name.
fn plain(name: &[u8]) -> &[u8] {
    name.strip_suffix(b"[]").unwrap_or(b"")
}

fn restore<T>(map: &mut BTreeMap<Vec<u8>, T>, name: Vec<u8>, value: Option<T>) {
    match value {
        Some(value) => map.insert(name, value),
        None => map.remove(&name),
    };
}

//! Runs programs of `bc`.

use std::collections::BTreeMap;

use super::super::function;
use super::super::number::{Fault, Number, wrapped};
use super::super::{INPUT_BASE_MAX, OUTPUT_BASE_MAX};
use super::array::Array;
use super::tree::{Expr, Function, Kind, Own, Piece, Place, Statement};

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
    /// With the value, where there is one.
    Return(Option<Number>),
}

/// What is said of an array where a number is wanted, and the other way round.
const WRONG_TYPE: &str = "variable is wrong type";

/// The deepest that functions call each other.
const DEPTH_MAX: usize = 2000;

#[derive(Debug)]
pub(super) struct Machine {
    variables: BTreeMap<Vec<u8>, Number>,
    arrays: BTreeMap<Vec<u8>, Array>,
    functions: BTreeMap<Vec<u8>, Function>,
    scale: usize,
    input: u32,
    output: u32,
    last: Number,
    library: bool,
    /// How many digits a line takes; 0 for all.
    line: usize,
    depth: usize,
    /// Whether the function that was called last is one without a result.
    without_result: bool,
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
            without_result: false,
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
                if !self.is_silent(expr) {
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
                return Ok(Flow::Return(value.as_ref().map(|expr| self.evaluate(expr)).transpose()?));
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

    /// Whether a statement of this expression shows nothing.
    fn is_silent(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Assign(..) | Expr::Update(..) => true,
            Expr::Call(name, _) => self.functions.contains_key(name) && self.without_result,
            Expr::Group(inner) => matches!(**inner, Expr::Call(..)) && self.is_silent(inner),
            _ => false,
        }
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
                let arguments: Vec<Argument> =
                    arguments.iter().map(|argument| self.argument(argument)).collect::<Result<_>>()?;
                self.call(name, arguments)?
            }
            Expr::Array(_) => return fault(WRONG_TYPE),
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
                let index = self.evaluate(index)?.to_index()?;
                self.array(name).get(index)
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
                let index = self.evaluate(index)?.to_index()?;
                self.array(name).set(index, value.clone());
            }
            Place::Scale => self.scale = value.to_scale()?,
            Place::InputBase => {
                let base = value.to_count()?;
                if !(2..=INPUT_BASE_MAX).contains(&base) {
                    return fault("bad ibase; must be [2,16]");
                }
                self.input = base as u32;
            }
            Place::OutputBase => {
                let base = value.to_count()?;
                if !(2..=OUTPUT_BASE_MAX).contains(&base) {
                    return fault("bad obase; must be [2,999]");
                }
                self.output = base as u32;
            }
            Place::Last => self.last = value.clone(),
        }
        Ok(value)
    }

    /// The array of this name.
    fn array(&mut self, name: &[u8]) -> Array {
        self.arrays.entry(name.to_vec()).or_default().clone()
    }

    /// An argument: a number, or a whole array.
    fn argument(&mut self, expr: &Expr) -> Result<Argument> {
        Ok(match expr {
            Expr::Group(inner) => self.argument(inner)?,
            Expr::Array(name) => Argument::Array(self.array(name)),
            expr => Argument::Number(self.evaluate(expr)?),
        })
    }

    fn call(&mut self, name: &[u8], arguments: Vec<Argument>) -> Result<Number> {
        let scale = self.scale;
        match (name, arguments.as_slice()) {
            (b"length", [Argument::Array(array)]) => return Ok(Number::from(array.length() as i64)),
            (b"length", [Argument::Number(one)]) => return Ok(Number::from(one.length() as i64)),
            (b"scale", [Argument::Number(one)]) => return Ok(Number::from(one.scale() as i64)),
            (b"sqrt", [Argument::Number(one)]) => return Ok(one.square_root(scale)?),
            (b"sqrt", [Argument::Array(_)]) => return fault(WRONG_TYPE),
            (b"read", _) => return fault("bad expression"),
            _ => {}
        }
        if let Some(function) = self.functions.get(name).cloned() {
            return self.call_function(&function, arguments);
        }
        let count = match name {
            b"e" | b"l" | b"s" | b"c" | b"a" => 1,
            b"j" => 2,
            _ => 0,
        };
        if !self.library || count == 0 || count != arguments.len() {
            return fault("undefined function");
        }
        let numbers: Vec<Number> = arguments.into_iter().map(Argument::number).collect::<Result<_>>()?;
        Ok(match (name, numbers.as_slice()) {
            (b"e", [x]) => function::exponential(x, scale)?,
            (b"l", [x]) => function::logarithm(x, scale)?,
            (b"s", [x]) => function::sine(x, scale)?,
            (b"c", [x]) => function::cosine(x, scale)?,
            (b"a", [x]) => function::arc_tangent(x, scale)?,
            (_, [n, x]) => function::bessel(n, x, scale)?,
            _ => return fault("undefined function"),
        })
    }

    fn call_function(&mut self, function: &Function, arguments: Vec<Argument>) -> Result<Number> {
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
        let mut values = Vec::new();
        for (own, argument) in function.parameters.iter().zip(arguments) {
            values.push(match (own.kind, argument) {
                (Kind::Variable, number @ Argument::Number(_)) => number,
                (Kind::Array, Argument::Array(array)) => Argument::Array(array.copy()),
                (Kind::Reference, Argument::Array(array)) => Argument::Array(array.lend()),
                _ => return fault(WRONG_TYPE),
            });
        }
        // What the function's own names meant before is put back at its end.
        let own: Vec<&Own> = function.parameters.iter().chain(&function.locals).collect();
        let before: Vec<Option<Argument>> = own.iter().map(|own| self.replace(own, None)).collect();
        for (own, value) in function.parameters.iter().zip(values) {
            self.replace(own, Some(value));
        }
        self.depth += 1;
        let flow = self.block(&function.body);
        self.depth -= 1;
        for (own, value) in own.into_iter().zip(before) {
            self.replace(own, value);
        }
        match flow? {
            Flow::Return(Some(value)) => {
                self.without_result = false;
                Ok(value)
            }
            _ => {
                self.without_result = function.void;
                Ok(Number::zero())
            }
        }
    }

    /// Lets a name stand for something else; what it stood for.
    fn replace(&mut self, own: &Own, value: Option<Argument>) -> Option<Argument> {
        let name = own.name.clone();
        if own.kind == Kind::Variable {
            let before = self.variables.remove(&name);
            if let Some(Argument::Number(number)) = value {
                self.variables.insert(name, number);
            }
            return before.map(Argument::Number);
        }
        let before = self.arrays.remove(&name);
        if let Some(Argument::Array(array)) = value {
            self.arrays.insert(name, array);
        }
        before.map(Argument::Array)
    }
}

/// What a function is called with.
#[derive(Debug, Clone)]
enum Argument {
    Number(Number),
    Array(Array),
}

impl Argument {
    fn number(self) -> Result<Number> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Array(_) => fault(WRONG_TYPE),
        }
    }
}

fn truth(holds: bool) -> Number {
    Number::from(holds.into())
}

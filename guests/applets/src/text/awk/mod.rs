//! `awk`: a language for text in records and fields.

mod array;
mod ast;
mod builtin;
mod escape;
mod evaluate;
mod execute;
mod expression;
mod flavour;
mod format;
mod interpreter;
mod lexer;
pub mod mawk;
mod names;
mod parser;
mod pattern;
mod random;
mod reader;
mod record;
mod replace;
mod split;
mod stream;
mod value;

use crate::options::{Parsed, Spec};
use crate::source::Source;
use crate::{Applet, Context, Quit};

use ast::Program;
use interpreter::{Interpreter, assignment};
use names::Names;
use parser::Parser;
use pattern::BadPattern;
use split::Splitter;
use value::Value;

/// The applet.
pub const APPLET: Applet = Applet::new(
    "awk",
    "awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n\n\
     \t-v VAR=VAL\tSet variable\n\
     \t-F SEP\t\tUse SEP as field separator\n\
     \t-f FILE\t\tRead program from FILE\n\
     \t-e AWK_PROGRAM",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

const SPEC: Spec = Spec::short("+F:v:f:e:W:");

/// What diagnostics call a program of the command line.
const COMMAND_LINE: &[u8] = b"cmd. line";

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'W') {
        ctx.complain(&[b"warning: option -W is ignored"]);
    }
    if let Some(separator) = parsed.value(b'F') {
        Splitter::new(&escape::expand(separator), false, false).map_err(|bad| refuse(ctx, &bad))?;
    }
    let mut operands = parsed.operands.as_slice();
    let mut program = Program::default();
    let mut names = Names::for_awk(&mut program);
    for text in given(&parsed, b'v') {
        match assignment(text) {
            Some((name, _)) => names.global(&mut program, name),
            None => return Err(ctx.usage()),
        };
    }
    for text in given(&parsed, b'f') {
        let path = text;
        let content = Source::open(path).and_then(|source| wcr_sys::fs::read_to_end(source.fd()));
        let content = content.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        if path == b"-" {
            // What the program came from is closed, so that it finds no input there. Nothing was written to it.
            let _ = wcr_sys::fd::close(wcr_sys::fd::STDIN);
        }
        read(ctx, path, &content, &mut program, &mut names)?;
    }
    for text in given(&parsed, b'e') {
        read(ctx, COMMAND_LINE, text, &mut program, &mut names)?;
    }
    if program.name.is_empty() {
        let Some((text, rest)) = operands.split_first() else { return Err(ctx.usage()) };
        operands = rest;
        read(ctx, COMMAND_LINE, text, &mut program, &mut names)?;
    }
    names.finish(&mut program);
    // `-v FS=` counts, wherever it stands.
    let separator = parsed.value(b'F').map(|separator| [b"FS=", separator].concat());
    let assignments = separator.into_iter().chain(given(&parsed, b'v').map(<[u8]>::to_vec));
    let invocation = Invocation {
        name: b"awk".to_vec(),
        assignments: assignments.collect(),
        operands: operands.to_vec(),
        seed: None,
    };
    run(ctx, &program, &invocation)
}

/// How a program was called.
#[derive(Debug, Default)]
struct Invocation {
    name: Vec<u8>,
    /// `NAME=value` before anything runs.
    assignments: Vec<Vec<u8>>,
    operands: Vec<Vec<u8>>,
    /// What random numbers begin with.
    seed: Option<u32>,
}

/// Tells what is wrong with a regular expression.
fn refuse(ctx: &mut Context<'_>, bad: &BadPattern) -> Quit {
    ctx.die(&[b"bad regex '", &bad.source, b"': ", bad.error.message().as_bytes()])
}

/// The values of an option.
fn given(parsed: &Parsed, key: u8) -> impl Iterator<Item = &[u8]> {
    parsed.options.iter().filter(move |(given, _)| *given == key).filter_map(|(_, value)| value.as_deref())
}

/// Reads a text into the program.
fn read(ctx: &mut Context<'_>, name: &[u8], text: &[u8], program: &mut Program, names: &mut Names) -> Result<(), Quit> {
    let seen = program.patterns.len();
    let (parsed, line, _) = parse(name, text, program, names);
    let line = line.to_string();
    // A bad pattern is told before what stands behind it.
    for source in program.patterns.get(seen..).unwrap_or_default() {
        if let Err(bad) = pattern::compile(source, false) {
            return Err(refuse(ctx, &bad));
        }
    }
    parsed.map_err(|error| ctx.die(&[name, b":", line.as_bytes(), b": ", error.message().as_bytes()]))
}

/// Parses a text of this name: what came of it, the line and the token that were read last.
fn parse(name: &[u8], text: &[u8], program: &mut Program, names: &mut Names) -> (parser::Result<()>, u32, Vec<u8>) {
    program.name = name.to_vec();
    let mut parser = Parser::new(text, program, names);
    let parsed = parser.parse();
    let (line, token) = (parser.line(), parser.lexer.last().to_vec());
    program.lines = line;
    (parsed, line, token)
}

fn run(ctx: &mut Context<'_>, program: &Program, invocation: &Invocation) -> Result<u8, Quit> {
    let mut interpreter = Interpreter::new(program, ctx);
    let environment = wcr_sys::env().into_iter().filter_map(|entry| {
        let at = memchr::memchr(b'=', &entry)?;
        Some((entry.get(..at)?.to_vec(), entry.get(at + 1..)?.to_vec()))
    });
    interpreter.fill_array(b"ENVIRON", environment);
    let arguments = core::iter::once(invocation.name.clone()).chain(invocation.operands.iter().cloned());
    let count = invocation.operands.len() + 1;
    interpreter.fill_array(b"ARGV", arguments.enumerate().map(|(at, text)| (at.to_string().into_bytes(), text)));
    interpreter.set(b"ARGC", Value::Number(count as f64));
    if let Some(seed) = invocation.seed {
        interpreter.seed(seed);
    }
    for text in &invocation.assignments {
        if interpreter.assign_argument(text).is_err() {
            return Err(Quit(1));
        }
    }
    Ok(interpreter.run())
}

//! `bc`: a calculator with a language of its own.

mod array;
mod definition;
mod lexer;
mod machine;
mod parser;
mod tree;

use crate::calc::program::Program;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

use machine::{Halt, Machine};
use parser::{Extensions, Parser};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "bc",
    "bc [-sqlw] [FILE]...\n\n\
     Arbitrary precision calculator\n\n\
     \t-q\tQuiet\n\
     \t-l\tLoad standard library\n\
     \t-s\tBe POSIX compatible\n\
     \t-w\tWarn if extensions are used\n\n\
     $BC_LINE_LENGTH changes output width",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::new(
    "wvsqli",
    &[
        ("warn", Takes::Nothing, b'w'),
        ("version", Takes::Nothing, b'v'),
        ("standard", Takes::Nothing, b's'),
        ("quiet", Takes::Nothing, b'q'),
        ("mathlib", Takes::Nothing, b'l'),
        ("interactive", Takes::Nothing, b'i'),
    ],
);

/// What `-v` prints.
const VERSION: &[u8] = b"bc 1.35.0\n\
    Adapted from https://github.com/gavinhoward/bc\n\
    Original code (c) 2018 Gavin D. Howard and contributors\n";

/// The places that the library starts with.
const LIBRARY_SCALE: usize = 20;
/// The columns of a line, when nobody says otherwise.
const LINE: usize = 70;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'v') {
        ctx.put(VERSION);
        return Ok(0);
    }
    let library = parsed.has(b'l');
    let given = crate::environ::var(b"BC_LINE_LENGTH").and_then(|text| crate::format::parse_decimal(&text));
    let line = match given {
        Some(0) => 0,
        Some(columns) if columns > 2 && columns < 65_536 => columns as usize - 2,
        _ => LINE - 2,
    };
    let extensions = match (parsed.has(b's'), parsed.has(b'w')) {
        (true, _) => Extensions::Refused,
        (false, true) => Extensions::Told,
        (false, false) => Extensions::Taken,
    };
    let mut machine = Machine::new(line, if library { LIBRARY_SCALE } else { 0 }, library);
    for path in &parsed.operands {
        let program = Program::file(ctx, path)?;
        if run(ctx, &mut machine, &program, extensions)? {
            return Ok(0);
        }
    }
    let program = Program::stdin(ctx)?;
    run(ctx, &mut machine, &program, extensions)?;
    Ok(0)
}

/// Runs a program statement by statement; whether it ended the whole.
fn run(ctx: &mut Context<'_>, machine: &mut Machine, program: &Program, extensions: Extensions) -> Result<bool, Quit> {
    let mut parser = Parser::new(&program.text, extensions);
    loop {
        let read = parser.next_statement();
        for warning in parser.take_warnings() {
            program.tell(ctx, parser.line(), &warning);
        }
        let statement = match read {
            Ok(Some(statement)) => statement,
            Ok(None) => match program.illegal() {
                Some(message) => return Err(program.fault(ctx, parser.line(), &message)),
                None => return Ok(false),
            },
            Err(message) => {
                // What is missing at the end of the text would have stood in the line that was lost.
                let message = program.illegal().filter(|_| parser.is_at_end()).unwrap_or(message);
                return Err(program.fault(ctx, parser.line(), &message));
            }
        };
        let ended = machine.top(statement);
        let output = machine.take_output();
        if !output.is_empty() {
            ctx.put(&output);
            ctx.flush();
        }
        if let Some(error) = ctx.write_error() {
            return Err(ctx.die_errno(&[b"output error"], error));
        }
        match ended {
            Ok(()) => {}
            Err(Halt::Quit) => return Ok(true),
            Err(Halt::Fault(message)) => return Err(program.fault(ctx, parser.line(), message.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program prints, and the diagnostic that ends it.
    fn bc(text: &str, library: bool) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut machine = Machine::new(68, if library { 20 } else { 0 }, library);
        let _ = run(
            &mut Context::new(&APPLET, &[], &mut out, &mut err),
            &mut machine,
            &Program::argument(text.into()),
            Extensions::Taken,
        );
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn programs() {
        for (text, expected) in [
            ("scale=5;1/3\n", ".33333\n"),
            ("2^100\n", "1267650600228229401496703205376\n"),
            ("x=5;x++;x;++x;x--;-x\n", "5\n6\n7\n7\n-6\n"),
            ("define f(x){\nreturn x*2;\n}\nf(4)\n", "8\n"),
            ("for(i=0;i<3;i++) i\n", "0\n1\n2\n"),
            ("while(1){break};5\n", "5\n"),
            ("if(1>2) 3 else 4\n", "4\n"),
            ("\"hello\"", "hello"),
            ("print \"a\",1,\"\\n\"\n", "a1\n"),
            ("a[1]=3;a[1];a[2]\n", "3\n0\n"),
            ("define f(a[]) { a[1]=7; return a[1] }\nb[1]=5\nf(b[]);b[1]\n", "7\n5\n"),
            ("define f(*a[]) { a[3]=7; return length(a[]) }\nf(b[]);b[3];length(b[])\n", "2\n7\n4\n"),
            ("define void f(x) { x }\nf(3)\n1+f(4)\n", "3\n4\n1\n"),
            ("define void f(x) { if (x) return x }\nf(3)\nf(0)\n", "3\n"),
            ("y=1+2>1;y\n", "1\n3\n"),
            ("1 || 1 && 0\n0 && 0 || 1\n", "0\n1\n"),
            ("scale=3;x=0/5;x+1;length(x);scale(0.00);length(1.00-1.00);length(0^3)\n", "1\n3\n0\n2\n3\n"),
            ("x=3;x+=2;x;x^=2;x\n", "5\n25\n"),
            ("3;last+1;.\n", "3\n4\n4\n"),
            ("1==1;1!=1;1<2;!1;1&&0;1||0\n", "1\n0\n1\n0\n0\n1\n"),
            ("5 /* c */ + 1 # foo\n", "6\n"),
            ("ibase=2;1010;obase=10;1010\n", "10\n1010\n"),
            ("define f(x){ auto y; y=x; if (x<2) return 1; return x*f(x-1); }; f(20)\n", "2432902008176640000\n"),
            ("length(123.45);scale(1.230)\n", "5\n3\n"),
            ("-7%3; 10%3\n", "-1\n1\n"),
            ("-2^2; 2^3^2; 2^-1\n", "4\n512\n0\n"),
            ("1 \\\n+ 2\n", "3\n"),
        ] {
            assert_eq!(bc(text, false), (expected.to_owned(), String::new()), "{text}");
        }
        assert_eq!(bc("s(1);scale\n", true).0, ".84147098480789650665\n20\n");
    }

    #[test]
    fn faults() {
        for (text, message) in [
            ("1/0\n", "divide by zero"),
            ("1 +\n", "bad expression at ''"),
            ("1,2\n", "bad statement terminator at ',2'"),
            ("define f(x){return x*2;} f(4)\n", "bad statement terminator at 'f(4)'"),
            ("x = \"a\"\n", "bad expression at '\"a\"'"),
            ("return 1\n", "'return' not in a function"),
            ("break\n", "bad token at 'break'"),
            ("1e3\n", "bad expression at 'e3'"),
            ("abs(-3)\n", "undefined function"),
            ("scale=-1\n", "negative number"),
            ("obase=1\n", "bad obase; must be [2,999]"),
            ("ibase=1\n", "bad ibase; must be [2,16]"),
            ("1 + + 2\n", "bad expression at ''"),
            ("f(1 + * 2, 3)\n", "bad expression at ', 3)'"),
            ("1 + return 3\n", "bad expression at 'return 3'"),
            ("1 return 3\n", "bad statement terminator at 'return 3'"),
            ("define return(x){}\n", "bad function definition at 'return(x){}'"),
            ("1 + ) 2\n", "bad expression at ') 2'"),
            (")\n", "bad token at ')'"),
            ("&& 1\n", "bad token at '&& 1'"),
            ("1 = 2\n", "bad assignment: left side must be variable or array element at '= 2'"),
            ("define f(\n", "bad function definition at ''"),
            ("define f(a,a){}\n", "duplicate function parameter or auto name"),
            ("define f(*a){}\n", "vars can't be references at '){}'"),
            ("define f(a[]){}\nf(1)\n", "variable is wrong type"),
            ("define f(a){}\nf(b[])\n", "variable is wrong type"),
            ("define f(a){auto 5;}\n", "bad 'auto' syntax at '5;}'"),
            ("b[]\n", "bad expression at ']'"),
            ("define ", "bad function definition at ' '"),
            ("x = 1 +", "bad expression at '+'"),
            ("1\nprint", "bad expression at ''"),
            ("a[99999999999]=1\n", "array too long; must be [1,2147483647]"),
            ("scale=99999999999\n", "bad scale; must be [0,4294967295]"),
            ("ibase=99999999999999999999\n", "overflow"),
            ("define f(1){}\n", "bad function definition at '1){}'"),
            ("define f(x)\n", "function { body } expected"),
            ("if 1\n", "bad token at '1'"),
            ("if (1\n", "bad token at ''"),
            ("{1;2\n", "bad token at ''"),
            ("\"abc\n", "unterminated string"),
            ("/* abc\n", "unterminated comment"),
            ("1 $ 2\n", "bad character '$'"),
            ("5--3\n", "bad token at '3'"),
            ("++5\n", "bad token at '5'"),
            ("sqrt 4\n", "bad token at '4'"),
            ("length()\n", "bad expression at ')'"),
            ("auto x\n", "bad token at 'auto x'"),
        ] {
            assert_eq!(bc(text, false).1, format!("bc: {message}\n"), "{text}");
        }
    }
}

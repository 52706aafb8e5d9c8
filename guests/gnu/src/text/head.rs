//! `head`.

use applets::lines::LineReader;
use applets::options::{Parsed, Spec, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::{Errno, Fd, fd};

use super::input::{cannot_open, or_stdin};
use crate::Program;
use crate::dispatch::parse;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, UNITS};

const SPEC: Spec = Spec::new(
    "c:n:qvz0123456789",
    &[
        ("bytes", Takes::Value, b'c'),
        ("lines", Takes::Value, b'n'),
        ("quiet", Takes::Nothing, b'q'),
        ("silent", Takes::Nothing, b'q'),
        ("verbose", Takes::Nothing, b'v'),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
);

/// The program. Its old form is no option of the usual kind, so that it reads its arguments by itself.
pub const PROGRAM: Program = Program {
    reading: crate::Reading::Raw { exact: false },
    ..Program::new("head", "[OPTION]... [FILE]...", "Prints the first lines of files.", "", &[], run)
};

/// How much is printed.
#[derive(Debug, Clone, Copy)]
struct Amount {
    count: u64,
    bytes: bool,
    /// All but the last so many.
    except: bool,
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let mut amount = Amount { count: 10, bytes: false, except: false };
    let (mut old, mut rest) = (Vec::new(), ctx.args);
    // The old form stands first: -5, -5c, -12kv.
    if let Some([b'-', form @ ..]) = ctx.args.first().map(Vec::as_slice)
        && form.first().is_some_and(u8::is_ascii_digit)
    {
        let digits = form.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, letters) = form.split_at(digits);
        let mut text = number.to_vec();
        for letter in letters {
            match letter {
                b'c' => amount.bytes = true,
                b'b' | b'k' | b'm' => {
                    amount.bytes = true;
                    text.push(*letter);
                }
                b'l' => amount.bytes = false,
                b'q' | b'v' | b'z' => old.push((*letter, None)),
                other => {
                    let line = [b"invalid trailing option -- ", &[*other][..]].concat();
                    return Err(crate::dispatch::wrong_usage(ctx, 1, &[&line]));
                }
            }
        }
        amount.count = count(ctx, &text, amount.bytes)?;
        rest = ctx.args.get(1..).unwrap_or_default();
    }
    let mut parsed = parse(&PROGRAM, ctx, &SPEC, rest)?;
    parsed.options.splice(0..0, old);
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match *key {
            b'c' | b'n' => {
                amount.bytes = *key == b'c';
                amount.except = value.starts_with(b"-");
                amount.count = count(ctx, value.strip_prefix(b"-").unwrap_or(value), amount.bytes)?;
            }
            digit if digit.is_ascii_digit() => {
                return Err(crate::dispatch::wrong_usage(ctx, 1, &[b"invalid trailing option -- ", &[digit]]));
            }
            _ => {}
        }
    }
    let titles = match parsed.last_of(b"qv") {
        Some(b'v') => true,
        Some(_) => false,
        None => parsed.operands.len() > 1,
    };
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let (mut code, mut first) = (0, true);
    for name in or_stdin(&parsed.operands) {
        let source = match Source::open(&name) {
            Ok(source) => source,
            Err(error) => {
                cannot_open(ctx, &name, error);
                code = 1;
                continue;
            }
        };
        if titles {
            let shown = if name == b"-" { b"standard input".to_vec() } else { name.clone() };
            ctx.put(&[if first { &b"==> "[..] } else { b"\n==> " }, &shown, b" <==\n"].concat());
            first = false;
        }
        if let Err(error) = copy(ctx, source.fd(), amount, end) {
            ctx.perror(&[b"error reading ", &quote::always(&name)], error);
            code = 1;
        }
    }
    Ok(code)
}

fn count(ctx: &mut Context<'_>, text: &[u8], bytes: bool) -> Result<u64, Quit> {
    let what: &[u8] = if bytes { b"invalid number of bytes" } else { b"invalid number of lines" };
    size::parse_or_tell(ctx, text, UNITS, what, 1)
}

fn copy(ctx: &mut Context<'_>, input: Fd, amount: Amount, end: u8) -> Result<(), Errno> {
    match amount {
        Amount { bytes: true, except: false, .. } => first_bytes(ctx, input, amount.count),
        Amount { bytes: false, except: false, .. } => {
            let mut reader = LineReader::stopping(input, end);
            let mut left = amount.count;
            while left > 0 {
                let Some(line) = reader.next_line()? else { break };
                ctx.put(line.text);
                if line.terminated {
                    ctx.put(&[end]);
                }
                left -= 1;
                if ctx.write_error().is_some() {
                    break;
                }
            }
            Ok(())
        }
        Amount { bytes: true, .. } => {
            let content = wcr_sys::fs::read_to_end(input)?;
            let kept = content.len().saturating_sub(usize::try_from(amount.count).unwrap_or(usize::MAX));
            ctx.put(content.get(..kept).unwrap_or_default());
            Ok(())
        }
        Amount { .. } => {
            let mut reader = LineReader::new(input, end);
            let mut held = std::collections::VecDeque::new();
            while let Some(line) = reader.next_line()? {
                let mut text = line.text.to_vec();
                if line.terminated {
                    text.push(end);
                }
                held.push_back(text);
                if held.len() as u64 > amount.count
                    && let Some(line) = held.pop_front()
                {
                    ctx.put(&line);
                }
            }
            Ok(())
        }
    }
}

fn first_bytes(ctx: &mut Context<'_>, input: Fd, mut left: u64) -> Result<(), Errno> {
    let mut block = vec![0; 8 << 10];
    while left > 0 && ctx.write_error().is_none() {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        match fd::read(input, block.get_mut(..most).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => {
                ctx.put(block.get(..n).unwrap_or_default());
                left -= n as u64;
            }
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

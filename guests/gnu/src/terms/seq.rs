//! `seq`.

use applets::conversion::Conversion;
use applets::number;
use applets::options::{Parsed, Spec, Takes};
use applets::{Context, Quit};

use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, Reading, VERSION_OPTION};
use crate::quote;

const SPEC: Spec = Spec::new(
    "+f:s:w",
    &[
        ("equal-width", Takes::Nothing, b'w'),
        ("format", Takes::Value, b'f'),
        ("separator", Takes::Value, b's'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
);

/// The program. Its operands may be negative, so that it reads its options by itself.
pub const PROGRAM: Program = Program {
    reading: Reading::Raw { exact: false },
    ..Program::new(
        "seq",
        "[OPTION]... LAST\n  or:  seq [OPTION]... FIRST LAST\n  or:  seq [OPTION]... FIRST INCREMENT LAST",
        "Prints numbers.",
        "",
        &[],
        run,
    )
}
.lacking("numbers with fractions beyond 53 bits");

/// A number as it was written.
struct Operand {
    value: f64,
    whole: Option<i128>,
    /// How wide it is, and how many digits stand behind its point.
    width: usize,
    precision: Option<usize>,
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let is_number = |arg: &Vec<u8>| matches!(arg.as_slice(), [b'-', b'0'..=b'9' | b'.', ..]);
    let operands_at = {
        let mut at = 0;
        while let Some(arg) = ctx.args.get(at) {
            match arg.as_slice() {
                b"--" => break,
                arg_text if is_number(arg) || !arg_text.starts_with(b"-") || arg_text.len() < 2 => break,
                b"--format" | b"--separator" => at += 2,
                [b'-', letters @ .., b'f' | b's']
                    if !letters.starts_with(b"-") && !letters.contains(&b'f') && !letters.contains(&b's') =>
                {
                    at += 2
                }
                _ => at += 1,
            }
        }
        at.min(ctx.args.len())
    };
    let (options, rest) = ctx.args.split_at(operands_at);
    let (parsed, wrong) = SPEC.read_all(options);
    if let Some(message) = wrong {
        return Err(wrong_usage(ctx, 1, &[&message]));
    }
    let operands = match rest.split_first() {
        Some((first, rest)) if first == b"--" => rest,
        _ => rest,
    };
    let numbers = match operands {
        [] => return Err(missing_operand(ctx, 1)),
        [_, _, _, fourth, ..] => return Err(extra_operand(ctx, 1, fourth)),
        operands => operands.iter().map(|text| operand(ctx, text)).collect::<Result<Vec<_>, _>>()?,
    };
    let one = || Operand { value: 1.0, whole: Some(1), width: 1, precision: Some(0) };
    let mut numbers = numbers.into_iter();
    let (first, step, last) = match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(last), None, _) => (one(), one(), last),
        (Some(first), Some(last), None) => (first, one(), last),
        (Some(first), Some(step), Some(last)) => (first, step, last),
        (None, ..) => return Err(missing_operand(ctx, 1)),
    };
    if step.value == 0.0 {
        let shown = quote::locale(operands.get(1).map(Vec::as_slice).unwrap_or_default());
        return Err(wrong_usage(ctx, 1, &[b"invalid Zero increment value: ", &shown]));
    }
    let separator = parsed.value(b's').unwrap_or(b"\n");
    let format = match parsed.value(b'f') {
        Some(_) if parsed.has(b'w') => {
            return Err(wrong_usage(
                ctx,
                1,
                &[b"format string may not be specified when printing equal width strings"],
            ));
        }
        Some(text) => Some(Format::parse(ctx, text)?),
        None => None,
    };
    if let (Some(from), Some(by), Some(to), None) = (first.whole, step.whole, last.whole, &format) {
        let width = if parsed.has(b'w') { first.width.max(last.width) } else { 0 };
        print_whole(ctx, from, by, to, separator, width);
        return Ok(0);
    }
    let precision = first.precision.zip(step.precision).map(|(a, b)| a.max(b));
    let mut shape = Conversion { precision, ..Conversion::default() };
    let mut letter = b'f';
    if precision.is_none() {
        (letter, shape.precision) = (b'g', None);
    }
    if parsed.has(b'w')
        && let Some(precision) = precision
    {
        let whole_part = |number: &Operand| {
            number.width - number.precision.map_or(0, |digits| if digits > 0 { digits + 1 } else { 0 })
        };
        shape.zero = true;
        shape.width = whole_part(&first).max(whole_part(&last)) + if precision > 0 { precision + 1 } else { 0 };
    }
    print_fractions(ctx, [first.value, step.value, last.value], separator, &|out, value| match &format {
        Some(format) => format.show(out, value),
        None => shape.float(out, letter, value),
    });
    Ok(0)
}

fn operand(ctx: &mut Context<'_>, text: &[u8]) -> Result<Operand, Quit> {
    let scanned = number::float(text);
    if scanned.len == 0 || scanned.len != text.len() {
        return Err(wrong_usage(ctx, 1, &[b"invalid floating point argument: ", &quote::locale(text)]));
    }
    if scanned.value.is_nan() {
        return Err(wrong_usage(
            ctx,
            1,
            &[b"invalid ", &quote::locale(b"not-a-number"), b" argument: ", &quote::locale(text)],
        ));
    }
    let body = text.trim_ascii_start();
    let body = body.strip_prefix(b"+").unwrap_or(body);
    let plain = body.iter().all(|byte| byte.is_ascii_digit() || b"-.".contains(byte));
    let point = body.iter().position(|byte| *byte == b'.');
    let precision = plain.then(|| point.map_or(0, |at| body.len() - at - 1));
    let whole = std::str::from_utf8(body).ok().filter(|_| point.is_none()).and_then(|text| text.parse().ok());
    let mut width = body.len();
    if point.is_some_and(|at| at + 1 == body.len()) {
        width -= 1;
    }
    if point == Some(0) || body.starts_with(b"-.") {
        width += 1;
    }
    Ok(Operand { value: scanned.value, whole, width, precision })
}

/// How much is gathered before it is written, in bytes.
const BLOCK: usize = 32 << 10;

fn print_whole(ctx: &mut Context<'_>, from: i128, by: i128, to: i128, separator: &[u8], width: usize) {
    let mut out = Vec::with_capacity(BLOCK + 64);
    let mut value = from;
    let mut first = true;
    while if by > 0 { value <= to } else { value >= to } {
        if !first {
            out.extend_from_slice(separator);
        }
        first = false;
        if width == 0 {
            out.extend_from_slice(value.to_string().as_bytes());
        } else {
            out.extend_from_slice(format!("{value:0width$}").as_bytes());
        }
        if out.len() >= BLOCK {
            ctx.put(&out);
            out.clear();
            if ctx.write_error().is_some() {
                return;
            }
        }
        value += by;
    }
    if !first {
        out.push(b'\n');
    }
    ctx.put(&out);
}

fn print_fractions(
    ctx: &mut Context<'_>,
    [from, by, to]: [f64; 3],
    separator: &[u8],
    show: &dyn Fn(&mut Vec<u8>, f64),
) {
    let mut out = Vec::new();
    let mut count = 0.0;
    let beyond = |value: f64| if by > 0.0 { value > to } else { value < to };
    loop {
        let value = from + count * by;
        if beyond(value) {
            // Rounding may have gone beyond a last number that is shown as the wanted one.
            let mut shown = Vec::new();
            show(&mut shown, value);
            let mut wanted = Vec::new();
            show(&mut wanted, to);
            if count == 0.0 || shown != wanted || !number::float(&shown).value.eq(&to) {
                break;
            }
        }
        if count > 0.0 {
            out.extend_from_slice(separator);
        }
        show(&mut out, value);
        count += 1.0;
        if out.len() >= BLOCK {
            ctx.put(&out);
            out.clear();
            if ctx.write_error().is_some() {
                return;
            }
        }
        if beyond(value) {
            break;
        }
    }
    if count > 0.0 {
        out.push(b'\n');
    }
    ctx.put(&out);
}

/// A format of `-f`: text around one conversion.
struct Format {
    before: Vec<u8>,
    shape: Conversion,
    letter: u8,
    after: Vec<u8>,
}

impl Format {
    fn parse(ctx: &mut Context<'_>, text: &[u8]) -> Result<Self, Quit> {
        let shown = quote::locale(text);
        let (before, at) = plain(text);
        let Some(b'%') = text.get(at) else {
            return Err(ctx.die(&[b"format ", &shown, b" has no % directive"]));
        };
        let mut shape = Conversion::default();
        let mut at = at + 1;
        while text.get(at).is_some_and(|flag| *flag == b'\'' || shape.set_flag(*flag)) {
            at += 1;
        }
        let digits = |at: &mut usize| {
            let rest = text.get(*at..).unwrap_or_default();
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            *at += len;
            number::unsigned(rest.get(..len).unwrap_or_default(), 10).value as usize
        };
        shape.width = digits(&mut at);
        if text.get(at) == Some(&b'.') {
            at += 1;
            shape.precision = Some(digits(&mut at));
        }
        if text.get(at) == Some(&b'L') {
            at += 1;
        }
        let letter = match text.get(at) {
            None => return Err(ctx.die(&[b"format ", &shown, b" ends in %"])),
            Some(letter) if b"efgaEFGA".contains(letter) => *letter,
            Some(letter) => return Err(ctx.die(&[b"format ", &shown, b" has unknown %", &[*letter], b" directive"])),
        };
        let rest = text.get(at + 1..).unwrap_or_default();
        let (after, end) = plain(rest);
        if end < rest.len() {
            return Err(ctx.die(&[b"format ", &shown, b" has too many % directives"]));
        }
        Ok(Self { before, shape, letter, after })
    }

    fn show(&self, out: &mut Vec<u8>, value: f64) {
        out.extend_from_slice(&self.before);
        self.shape.float(out, self.letter, value);
        out.extend_from_slice(&self.after);
    }
}

/// The text up to a conversion, with `%%` as `%`; and where that begins.
fn plain(text: &[u8]) -> (Vec<u8>, usize) {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.get(at) {
        if *byte == b'%' {
            if text.get(at + 1) != Some(&b'%') {
                break;
            }
            at += 1;
        }
        out.push(*byte);
        at += 1;
    }
    (out, at)
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    /// As seq of coreutils 9.1 answers.
    #[test]
    fn sequences() {
        for (args, text) in [
            (&["3"][..], "1\n2\n3\n"),
            (&["-1", "1"], "-1\n0\n1\n"),
            (&["3", "-1", "1"], "3\n2\n1\n"),
            (&["-w", "8", "10"], "08\n09\n10\n"),
            (&["-s,", "3"], "1,2,3\n"),
            (&["0", "0.1", "0.3"], "0.0\n0.1\n0.2\n0.3\n"),
            (&["-f", "a%03g%%", "2"], "a001%\na002%\n"),
            (&["2", "1"], ""),
        ] {
            assert_eq!(run(&PROGRAM, args).1, text, "{args:?}");
        }
        assert!(run(&PROGRAM, &["-w", "9", "0.5", "10"]).1.starts_with("09.0\n09.5\n10.0\n"));
        assert!(run(&PROGRAM, &["x"]).2.starts_with("seq: invalid floating point argument: 'x'\nTry"));
        assert!(run(&PROGRAM, &["1", "0", "2"]).2.starts_with("seq: invalid Zero increment value: '0'\n"));
    }
}

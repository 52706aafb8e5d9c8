//! `numfmt`.

mod number;
mod operands;

use applets::conversion::Conversion;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use num_bigint::BigUint;

use super::input::{lines, plainly};
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use number::Number;
use operands::{Invalid, Job, Scale, read_job};

const FROM: u8 = 0x80;
const FROM_UNIT: u8 = 0x81;
const TO: u8 = 0x82;
const TO_UNIT: u8 = 0x83;
const ROUND: u8 = 0x84;
const PADDING: u8 = 0x85;
const SUFFIX: u8 = 0x86;
const GROUPING: u8 = 0x87;
const FIELD: u8 = 0x88;
const DEBUG: u8 = 0x89;
const HEADER: u8 = 0x8a;
const FORMAT: u8 = 0x8b;
const INVALID: u8 = 0x8c;

/// The program.
pub const PROGRAM: Program = Program::new(
    "numfmt",
    "[OPTION]... [NUMBER]...",
    "Changes how numbers are written.",
    "d:z",
    &[
        ("from", Takes::Value, FROM),
        ("from-unit", Takes::Value, FROM_UNIT),
        ("to", Takes::Value, TO),
        ("to-unit", Takes::Value, TO_UNIT),
        ("round", Takes::Value, ROUND),
        ("padding", Takes::Value, PADDING),
        ("suffix", Takes::Value, SUFFIX),
        ("grouping", Takes::Nothing, GROUPING),
        ("delimiter", Takes::Value, b'd'),
        ("field", Takes::Value, FIELD),
        ("debug", Takes::Nothing, DEBUG),
        ("header", Takes::OptionalValue, HEADER),
        ("format", Takes::Value, FORMAT),
        ("invalid", Takes::Value, INVALID),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// The exit code for numbers that are none.
const INVALID_NUMBER: u8 = 2;
/// The letters of the units, each a power further.
const UNITS: &[u8] = b"KMGTPEZY";
/// How many digits a number may have that is read, and the power of ten of the largest one that is written without a
/// unit.
const DIGITS_READ: usize = 27;
const DIGITS_SHOWN: usize = 18;

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let job = read_job(ctx, parsed)?;
    let debug = parsed.has(DEBUG);
    let conversion = job.from != Scale::None
        || job.to != Scale::None
        || job.from_unit != 1
        || job.to_unit != 1
        || parsed.has(GROUPING)
        || job.padding.is_some()
        || parsed.has(FORMAT);
    if debug && !conversion {
        ctx.complain(&[b"no conversion option specified"]);
    }
    if debug && parsed.has(GROUPING) {
        ctx.complain(&[b"grouping has no effect in this locale"]);
    }
    let mut header = match parsed.options.iter().rev().find(|(key, _)| *key == HEADER) {
        None => 0,
        Some((_, None)) => 1,
        Some((_, Some(text))) => match applets::format::parse_decimal(text) {
            Some(count) if count > 0 => count,
            _ => return Err(ctx.die(&[b"invalid header value ", &quote::locale(text)])),
        },
    };
    let mut fine = true;
    if parsed.operands.is_empty() {
        let code = lines(ctx, &[], job.end, plainly, |ctx, line, terminated| {
            if header > 0 {
                header -= 1;
                ctx.put(line);
                ctx.put(&[job.end]);
                return Ok(true);
            }
            fine &= job.line(ctx, line)?;
            if terminated {
                ctx.put(&[job.end]);
            }
            Ok(true)
        })?;
        if code != 0 {
            return Ok(code);
        }
    } else {
        if debug && header > 0 {
            ctx.complain(&[b"--header ignored with command-line input"]);
        }
        for text in &parsed.operands {
            fine &= job.line(ctx, text)?;
            ctx.put(&[job.end]);
        }
    }
    let failed = !fine && job.invalid == Invalid::Fail;
    Ok(if failed { INVALID_NUMBER } else { 0 })
}

impl Job<'_> {
    fn wants(&self, number: u64) -> bool {
        self.fields.iter().any(|(from, to)| (*from..=*to).contains(&number))
    }

    /// Prints a line with its fields converted; whether all could be.
    fn line(&self, ctx: &mut Context<'_>, line: &[u8]) -> Result<bool, Quit> {
        let (mut rest, mut number, mut fine) = (Some(line), 1, true);
        while let Some(text) = rest {
            if number > 1 {
                ctx.put(&[self.delimiter.unwrap_or(b' ')]);
            }
            let end = match self.delimiter {
                _ if self.whole => None,
                Some(delimiter) => memchr::memchr(delimiter, text),
                None => {
                    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n')).count();
                    let word = text.iter().skip(blanks).position(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
                    word.map(|at| at + blanks)
                }
            };
            let field = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            rest = end.and_then(|end| text.get(end + 1..));
            if self.wants(number) {
                fine &= self.field(ctx, field)?;
            } else {
                ctx.put(field);
            }
            number += 1;
        }
        Ok(fine)
    }

    fn field(&self, ctx: &mut Context<'_>, field: &[u8]) -> Result<bool, Quit> {
        let text = field.trim_ascii_start();
        // A field with blanks before it keeps its place.
        let own = if self.delimiter.is_none() && text.len() < field.len() { Some((field.len(), false)) } else { None };
        let shown = self.convert(text);
        match shown {
            Ok(shown) => {
                let (width, left) = self.padding.or(own).unwrap_or((0, false));
                let fill = vec![b' '; width.saturating_sub(shown.len())];
                let (first, second) = if left { (&shown, &fill) } else { (&fill, &shown) };
                ctx.put(&[&self.format.before[..], first, second, &self.format.behind].concat());
                Ok(true)
            }
            Err(message) => {
                if self.invalid != Invalid::Ignore {
                    ctx.complain(&[&message]);
                }
                if self.invalid == Invalid::Abort {
                    return Err(Quit(INVALID_NUMBER));
                }
                ctx.put(field);
                Ok(false)
            }
        }
    }

    /// The text as it is to be written. The error is what is wrong with it.
    fn convert(&self, text: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        let plain = text.strip_suffix(self.suffix).filter(|plain| !plain.is_empty()).unwrap_or(text);
        let (mut number, mut precision) = self.read(plain)?;
        number.negative &= number.above != BigUint::ZERO;
        number.above *= self.from_unit;
        number.below *= self.to_unit;
        if self.from_unit != 1 || self.to_unit != 1 {
            precision = 0;
        }
        let precision = self.format.precision.unwrap_or(precision);
        let (mut out, unit) = match self.to {
            Scale::None => (self.plain(&number, precision)?, Vec::new()),
            _ => self.scaled(&number)?,
        };
        if self.format.zeros {
            let sign = usize::from(out.starts_with(b"-"));
            let missing = self.format.width.saturating_sub(out.len());
            out.splice(sign..sign, vec![b'0'; missing]);
        }
        out.extend_from_slice(&unit);
        out.extend_from_slice(self.suffix);
        Ok(out)
    }

    /// The number, and how many digits stood behind the point.
    fn read(&self, text: &[u8]) -> Result<(Number, usize), Vec<u8>> {
        let wrong = |what: &[u8], rest: &[u8]| Err([what, &quote::locale(text), rest].concat());
        let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
        let len = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (whole, rest) = digits.split_at(len(digits));
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => rest.split_at(len(rest)),
            rest => (&[][..], rest),
        };
        let point = digits.get(whole.len()) == Some(&b'.');
        if whole.is_empty() && fraction.is_empty() || point && fraction.is_empty() {
            return wrong(b"invalid number: ", b"");
        }
        let significant = whole.iter().skip_while(|byte| **byte == b'0').count();
        if significant > DIGITS_READ || fraction.len() > DIGITS_READ {
            return wrong(b"value too large to be converted: ", b"");
        }
        let all = [whole, fraction].concat();
        let mut number = Number {
            negative,
            above: BigUint::parse_bytes(&all, 10).unwrap_or_default(),
            below: BigUint::from(10u8).pow(fraction.len() as u32),
        };
        let rest = rest.trim_ascii_start();
        let Some((letter, mut behind)) = rest.split_first() else {
            if self.from == Scale::IecI {
                return wrong(b"missing 'i' suffix in input: ", b" (e.g Ki/Mi/Gi)");
            }
            return Ok((number, fraction.len()));
        };
        let Some(power) = UNITS.iter().position(|unit| unit == letter) else {
            return wrong(b"invalid suffix in input: ", b"");
        };
        let base = match self.from {
            Scale::None => return wrong(b"rejecting suffix in input: ", b" (consider using --from)"),
            Scale::Si => 1000u32,
            Scale::Iec => 1024,
            Scale::Auto | Scale::IecI => match behind {
                [b'i', tail @ ..] => {
                    behind = tail;
                    1024
                }
                _ if self.from == Scale::IecI => {
                    return wrong(b"missing 'i' suffix in input: ", b" (e.g Ki/Mi/Gi)");
                }
                _ => 1000,
            },
        };
        if !behind.is_empty() {
            return wrong(b"invalid suffix in input ", &[b": ", &quote::locale(behind)[..]].concat());
        }
        number.above *= BigUint::from(base).pow(power as u32 + 1);
        Ok((number, 0))
    }

    /// The number without a unit.
    fn plain(&self, number: &Number, precision: usize) -> Result<Vec<u8>, Vec<u8>> {
        let whole = (&number.above / &number.below).to_string().len() - 1;
        if whole + precision > DIGITS_SHOWN {
            let mut shown = Vec::new();
            Conversion::default().float(&mut shown, b'g', number.approximate());
            let (what, precision) = match precision {
                0 => ("value", String::new()),
                precision => ("value/precision", format!("/{precision}")),
            };
            let shown = [&shown[..], precision.as_bytes()].concat();
            let what = format!("{what} too large to be printed: ");
            return Err([what.as_bytes(), &quote::locale(&shown), b" (consider using --to)"].concat());
        }
        Ok(number.times_ten(precision).rounded(self.round).text(precision))
    }

    /// The number in the unit that fits it, and that unit.
    fn scaled(&self, number: &Number) -> Result<(Vec<u8>, Vec<u8>), Vec<u8>> {
        let base = if self.to == Scale::Si { 1000u32 } else { 1024 };
        let mut number = number.clone();
        let mut power = 0;
        while number.above >= &number.below * base {
            number.below *= base;
            power += 1;
        }
        if power > UNITS.len() {
            let mut shown = Vec::new();
            let whole = (0..power).fold(number.approximate(), |value, _| value * f64::from(base));
            Conversion::default().float(&mut shown, b'g', whole);
            return Err([
                b"value too large to be printed: ",
                &quote::locale(&shown)[..],
                b" (cannot handle values > 999Y)",
            ]
            .concat());
        }
        let small = number.above < &number.below * 10u32;
        let adjust = self.format.precision.map_or(usize::from(small), |precision| precision.min(3 * power));
        let mut number = number.times_ten(adjust).rounded(self.round).over_ten(adjust);
        if number.above >= &number.below * base {
            number.below *= base;
            power += 1;
        }
        let small = number.above < &number.below * 10u32 && number.above != BigUint::ZERO && power > 0;
        let precision = self.format.precision.unwrap_or(usize::from(small));
        let mut unit: Vec<u8> = power.checked_sub(1).and_then(|at| UNITS.get(at)).copied().into_iter().collect();
        if self.to == Scale::IecI && !unit.is_empty() {
            unit.push(b'i');
        }
        Ok((number.times_ten(precision).half_even().text(precision), unit))
    }
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    /// As numfmt of coreutils 9.1.
    #[test]
    fn units_and_rounding() {
        let out = |args: &[&str]| run(&PROGRAM, args).1;
        assert_eq!(out(&["--to=si", "999", "1000", "12345", "999999", "0.5"]), "999\n1.0K\n13K\n1.0M\n0\n");
        assert_eq!(out(&["--to=iec", "10240", "10241"]), "10K\n11K\n");
        assert_eq!(out(&["--from=auto", "1K", "1Ki"]), "1000\n1024\n");
        assert_eq!(out(&["--format=%010.2f", "--to=si", "12345"]), "0000012.35K\n");
        assert_eq!(
            run(&PROGRAM, &["--from=iec-i", "1K"]).2,
            "numfmt: missing 'i' suffix in input: '1K' (e.g Ki/Mi/Gi)\n"
        );
    }
}

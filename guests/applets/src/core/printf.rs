//! `printf`: operands in a format.

use crate::conversion::Conversion;
use crate::escape::{self, Escape, Octal};
use crate::number;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "printf",
    "printf FORMAT [ARG]...\n\n\
     Format and print ARG(s) according to FORMAT (a-la C printf)",
    main,
)
.on_write_failure(WriteFailure::Fail);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = match ctx.args {
        [first, rest @ ..] if first == b"--" => rest,
        args => args,
    };
    let Some((format, operands)) = args.split_first() else { return Err(ctx.usage()) };
    let mut printer = Printer { ctx, operands: operands.iter(), failed: false };
    loop {
        let before = printer.operands.len();
        let goes_on = printer.pass(format)?;
        let left = printer.operands.len();
        if !goes_on || left == 0 || left == before {
            return Ok(printer.failed.into());
        }
    }
}

struct Printer<'a, 'c> {
    ctx: &'a mut Context<'c>,
    operands: core::slice::Iter<'a, Vec<u8>>,
    failed: bool,
}

impl Printer<'_, '_> {
    /// Goes through the format once; whether output goes on.
    fn pass(&mut self, mut format: &[u8]) -> Result<bool, Quit> {
        while let Some(at) = format.iter().position(|byte| matches!(byte, b'%' | b'\\')) {
            let (text, rest) = format.split_at(at);
            self.ctx.put(text);
            match rest {
                [b'\\', rest @ ..] => {
                    let (escape, len) = escape::read(rest, Octal::Three);
                    match escape {
                        Escape::Byte(byte) => self.ctx.put(&[byte]),
                        Escape::End => return Ok(false),
                        Escape::None => self.ctx.put(b"\\"),
                    }
                    format = rest.get(len..).unwrap_or_default();
                }
                [b'%', b'%', rest @ ..] => {
                    self.ctx.put(b"%");
                    format = rest;
                }
                [b'%', b'b', rest @ ..] => {
                    let mut out = Vec::new();
                    let operand = self.operands.next().map(Vec::as_slice).unwrap_or_default();
                    let goes_on = escape::expand(&mut out, operand, Octal::ThreeAfterZero);
                    self.ctx.put(&out);
                    if !goes_on {
                        return Ok(false);
                    }
                    format = rest;
                }
                directive => format = self.directive(directive)?,
            }
        }
        self.ctx.put(format);
        Ok(true)
    }

    /// Prints one operand by the directive at the start of `format`; returns what follows it.
    fn directive<'f>(&mut self, format: &'f [u8]) -> Result<&'f [u8], Quit> {
        let mut conversion = Conversion::default();
        let mut at = 1;
        while format.get(at).is_some_and(|flag| conversion.set_flag(*flag)) {
            at += 1;
        }
        if let Some(width) = self.count(format, &mut at) {
            conversion.left |= width < 0;
            conversion.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        }
        if format.get(at) == Some(&b'.') {
            at += 1;
            conversion.precision = match self.count(format, &mut at) {
                Some(precision) => usize::try_from(precision).ok(),
                None => Some(0),
            };
        }
        let spec = at;
        while format.get(at).is_some_and(|modifier| b"hlLz".contains(modifier)) {
            at += 1;
        }
        let rest = format.get(at..).unwrap_or_default();
        let [
            letter @ (b'd' | b'i' | b'o' | b'u' | b'x' | b'X' | b'f' | b'e' | b'E' | b'g' | b'G' | b'c' | b's'),
            tail @ ..,
        ] = rest
        else {
            let shown = format.get(..spec).unwrap_or_default();
            return Err(self.ctx.die(&[shown, rest, b": invalid format"]));
        };
        self.print(conversion, *letter);
        Ok(tail)
    }

    /// A number of the format or, for `*`, of the operands.
    fn count(&mut self, format: &[u8], at: &mut usize) -> Option<i64> {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            let Some(operand) = self.operands.next() else { return Some(0) };
            let value = plain_integer(operand);
            if value.is_none() {
                self.complain(operand);
            }
            return Some(value.unwrap_or(0));
        }
        let start = *at;
        let mut value = None;
        while let Some(digit @ b'0'..=b'9') = format.get(*at) {
            let before: i64 = if *at == start { 0 } else { value.unwrap_or(0) };
            value = Some(before.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
            *at += 1;
        }
        value
    }

    fn print(&mut self, conversion: Conversion, letter: u8) {
        let operand = self.operands.next().map(Vec::as_slice).unwrap_or_default();
        let mut out = Vec::new();
        if conversion.is_too_long() {
            self.failed = true;
            return;
        }
        match letter {
            b's' => conversion.text(&mut out, operand),
            b'c' => conversion.byte(&mut out, operand.first().copied().unwrap_or(0)),
            b'd' | b'i' => {
                let value = self.signed(operand);
                self.failed |= value.is_none();
                conversion.signed(&mut out, value.unwrap_or(0));
            }
            b'o' | b'u' | b'x' | b'X' => {
                let value = self.unsigned(operand);
                self.failed |= value.is_none();
                conversion.unsigned(&mut out, letter, value.unwrap_or(0));
            }
            _ => {
                let value = self.float(operand);
                conversion.float(&mut out, letter, value);
            }
        }
        self.ctx.put(&out);
    }

    fn signed(&mut self, operand: &[u8]) -> Option<i64> {
        let operand = without_blanks(operand);
        if let Some(code) = quoted(operand) {
            return Some(code.into());
        }
        let text = operand.strip_prefix(b"+").unwrap_or(operand);
        let scanned = number::signed(text, 0);
        let good = scanned.len > 0 && scanned.len == text.len() && !scanned.overflow && is_number(text);
        if !good {
            self.complain(operand);
        }
        good.then_some(scanned.value)
    }

    fn unsigned(&mut self, operand: &[u8]) -> Option<u64> {
        let operand = without_blanks(operand);
        if let Some(code) = quoted(operand) {
            return Some(code.into());
        }
        let text = operand.strip_prefix(b"+").unwrap_or(operand);
        if text.first() == Some(&b'-') {
            return self.signed(operand).map(i64::cast_unsigned);
        }
        let scanned = number::unsigned(text, 0);
        let good = scanned.len > 0 && scanned.len == text.len() && !scanned.overflow && is_number(text);
        if !good {
            self.complain(operand);
        }
        good.then_some(scanned.value)
    }

    fn float(&mut self, operand: &[u8]) -> f64 {
        if let Some(code) = quoted(operand) {
            return code.into();
        }
        let scanned = number::float(operand);
        if scanned.len < operand.len() {
            self.failed = true;
            self.complain(operand);
            return 0.0;
        }
        if scanned.overflow {
            self.failed = true;
            self.complain(operand);
        }
        scanned.value
    }

    fn complain(&mut self, operand: &[u8]) {
        self.ctx.complain(&[b"invalid number '", operand, b"'"]);
    }
}

/// The operand without leading blanks.
fn without_blanks(operand: &[u8]) -> &[u8] {
    let blanks = operand.iter().take_while(|byte| number::is_space(**byte)).count();
    operand.get(blanks..).unwrap_or_default()
}

/// Whether the text begins like a number, with at most a minus sign before it.
fn is_number(text: &[u8]) -> bool {
    text.strip_prefix(b"-").unwrap_or(text).first().is_some_and(u8::is_ascii_digit)
}

/// A decimal number that fits C's `int`, with nothing around it.
fn plain_integer(text: &[u8]) -> Option<i64> {
    let scanned = number::signed(text, 10);
    let good = is_number(text) && scanned.len == text.len();
    (good && i32::try_from(scanned.value).is_ok()).then_some(scanned.value)
}

/// The code of the character behind a quote; 0 when there is none.
fn quoted(operand: &[u8]) -> Option<u8> {
    match operand {
        [b'\'' | b'"', rest @ ..] => Some(rest.first().copied().unwrap_or(0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::APPLET;
    use crate::context::testing::run;

    fn printf(args: &[&str]) -> (u8, String) {
        let (code, out, err) = run(&APPLET, args);
        (code, out + &err)
    }

    #[test]
    fn formats_repeat_while_operands_last() {
        assert_eq!(printf(&["%s,%d\n", "a", "1", "b", "2"]), (0, "a,1\nb,2\n".into()));
        assert_eq!(printf(&["x", "a", "b"]), (0, "x".into()));
        assert_eq!(printf(&["%b%s|", "a", "b\\n"]), (0, "ab\\n|".into()));
        assert_eq!(printf(&["%b%s|", "a\\cb", "c"]), (0, "a".into()));
    }

    #[test]
    fn bad_numbers_are_told_and_count_as_zero() {
        assert_eq!(printf(&["%d\n", "1x"]), (1, "0\nprintf: invalid number '1x'\n".into()));
        assert_eq!(printf(&["%d %u\n", "\t 1x", " "]).1.matches("number '1x'\nprintf: invalid number ''").count(), 1);
        assert_eq!(printf(&["%d", " '0"]), (0, "48".into()));
        assert_eq!(printf(&["%f", " 1x"]), (1, "0.000000printf: invalid number ' 1x'\n".into()));
        assert_eq!(printf(&["%f", ""]), (0, "0.000000".into()));
        assert_eq!(printf(&["%*d", "x", "1"]), (0, "1printf: invalid number 'x'\n".into()));
        assert_eq!(printf(&["%lq"]), (1, "printf: %q: invalid format\n".into()));
    }

    #[test]
    fn quoted_characters_are_numbers() {
        assert_eq!(printf(&["%d %x %f", "'A", "\"B", "'"]), (0, "65 42 0.000000".into()));
    }
}

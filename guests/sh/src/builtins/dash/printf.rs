//! `printf`.

use applets::conversion::Conversion;
use applets::number::{self, Scanned};

use super::escape::{self, Escape};
use crate::shell::{Flow, Shell};

pub(super) fn printf(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (_, operands) = shell.options(args, b"")?;
    let Some((format, operands)) = operands.split_first() else {
        return Err(shell.fail(b"usage: printf format [arg ...]"));
    };
    let mut printer = Printer { shell, operands: operands.iter(), status: 0 };
    loop {
        let before = printer.operands.len();
        let goes_on = printer.pass(format)?;
        let left = printer.operands.len();
        if !goes_on || left == 0 || left == before {
            return Ok(printer.status);
        }
    }
}

struct Printer<'a> {
    shell: &'a mut Shell,
    operands: core::slice::Iter<'a, Vec<u8>>,
    status: u8,
}

impl Printer<'_> {
    /// Goes through the format once; whether output goes on.
    fn pass(&mut self, mut format: &[u8]) -> Flow<bool> {
        while let Some(at) = format.iter().position(|byte| matches!(byte, b'%' | b'\\')) {
            let (text, rest) = format.split_at(at);
            self.shell.put(text);
            match rest {
                [b'%', b'%', rest @ ..] => {
                    self.shell.put(b"%");
                    format = rest;
                }
                [b'\\', rest @ ..] => {
                    let (escape, length) = escape::read(rest);
                    let byte = if let Escape::Byte(byte) = escape { byte } else { b'\\' };
                    self.shell.put(&[byte]);
                    format = rest.get(length..).unwrap_or_default();
                }
                directive => match self.directive(directive)? {
                    Some(rest) => format = rest,
                    None => return Ok(false),
                },
            }
        }
        self.shell.put(format);
        Ok(true)
    }

    /// Prints one operand by the directive at the start of `format`; returns what follows it, `None` at the end of all.
    fn directive<'f>(&mut self, format: &'f [u8]) -> Flow<Option<&'f [u8]>> {
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
        let Some(letter) = format.get(at).copied() else { return Err(self.shell.fail(b"missing format character")) };
        let rest = format.get(at + 1..).unwrap_or_default();
        let mut out = Vec::new();
        let mut goes_on = true;
        match letter {
            b'b' => {
                let mut text = Vec::new();
                goes_on = escape::expand(&mut text, self.operand().unwrap_or_default());
                conversion.text(&mut out, &text);
            }
            b's' => conversion.text(&mut out, self.operand().unwrap_or_default()),
            b'c' => conversion.byte(&mut out, self.operand().and_then(<[u8]>::first).copied().unwrap_or(0)),
            b'd' | b'i' => {
                let value = self.number(|text| number::signed(text, 0));
                conversion.signed(&mut out, value);
            }
            b'o' | b'u' | b'x' | b'X' => {
                let value = self.number(|text| number::unsigned(text, 0));
                conversion.unsigned(&mut out, letter, value);
            }
            b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let value = self.number(number::float);
                conversion.float(&mut out, letter, value);
            }
            _ => {
                let shown = format.get(..=at).unwrap_or_default();
                return Err(self.shell.fail(&[shown, b": invalid directive"].concat()));
            }
        }
        self.shell.put(&out);
        Ok(goes_on.then_some(rest))
    }

    fn operand(&mut self) -> Option<&[u8]> {
        self.operands.next().map(Vec::as_slice)
    }

    /// A number of the format or, for `*`, of the operands.
    fn count(&mut self, format: &[u8], at: &mut usize) -> Option<i64> {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            return Some(self.number(|text| number::signed(text, 0)));
        }
        let mut value = None;
        while let Some(digit @ b'0'..=b'9') = format.get(*at) {
            value = Some(value.unwrap_or(0i64).saturating_mul(10).saturating_add(i64::from(digit - b'0')));
            *at += 1;
        }
        value
    }

    /// The next operand as a number; what is wrong with it is told, and counts at the end.
    fn number<T: Default + From<u8>>(&mut self, scan: impl Fn(&[u8]) -> Scanned<T>) -> T {
        let Some(operand) = self.operands.next() else { return T::default() };
        if let [b'\'' | b'"', rest @ ..] = operand.as_slice() {
            return rest.first().copied().unwrap_or(0).into();
        }
        let scanned = scan(operand);
        let wrong = if scanned.overflow {
            "Numerical result out of range"
        } else if scanned.len == operand.len() {
            return scanned.value;
        } else if scanned.len == 0 {
            "expected numeric value"
        } else {
            "not completely converted"
        };
        self.shell.complain(&[operand.as_slice(), b": ", wrong.as_bytes()].concat());
        self.status = 1;
        if scanned.len == 0 { T::default() } else { scanned.value }
    }
}

//! `printf`.

use applets::conversion::Conversion;
use applets::core::time::strftime::strftime;
use applets::core::time::zone::Zone;
use applets::number::{self, Scanned};

use super::echo;
use super::usage::usage;
use crate::bash::quote;
use crate::shell::{Flow, Shell};

pub(super) fn printf(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"v:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let variable = options.last().map(|(_, name)| name.to_vec());
    if let Some(name) = &variable {
        let (base, _) = crate::bash::variables::split_element(name);
        if !crate::syntax::is_name(base) {
            shell.complain(&[b"`", &name[..], b"': not a valid identifier"].concat());
            return Ok(2);
        }
    }
    let Some((format, operands)) = operands.split_first() else {
        shell.show_usage(usage("printf"));
        return Ok(2);
    };
    let mut printer = Printer { shell, operands: operands.iter(), status: 0, out: Vec::new(), ended: false };
    loop {
        let before = printer.operands.len();
        let goes_on = printer.pass(format);
        let left = printer.operands.len();
        if !goes_on || left == 0 || left == before {
            break;
        }
    }
    let (out, status) = (core::mem::take(&mut printer.out), printer.status);
    match variable {
        Some(name) => shell.assign_named(&name, out)?,
        None => shell.put(&out),
    }
    Ok(status)
}

struct Printer<'a> {
    shell: &'a mut Shell,
    operands: core::slice::Iter<'a, Vec<u8>>,
    status: u8,
    out: Vec<u8>,
    ended: bool,
}

impl Printer<'_> {
    /// Goes through the format once; whether output goes on.
    fn pass(&mut self, mut format: &[u8]) -> bool {
        while let Some(at) = format.iter().position(|byte| matches!(byte, b'%' | b'\\')) {
            let (text, rest) = format.split_at(at);
            self.out.extend_from_slice(text);
            match rest {
                [b'%', b'%', rest @ ..] => {
                    self.out.push(b'%');
                    format = rest;
                }
                [b'\\', b'c', ..] => return false,
                [b'\\', rest @ ..] => format = echo::escape(&mut self.out, rest, true),
                directive => match self.directive(directive) {
                    Some(rest) => format = rest,
                    None => return false,
                },
            }
        }
        self.out.extend_from_slice(format);
        true
    }

    /// Prints one operand by the directive at the start of `format`; returns what follows it, `None` at the end of all.
    fn directive<'f>(&mut self, format: &'f [u8]) -> Option<&'f [u8]> {
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
        let mut time_format = None;
        if format.get(at) == Some(&b'(') {
            let rest = format.get(at + 1..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b')')?;
            time_format = rest.get(..end);
            at += end + 2;
        }
        while format.get(at).is_some_and(|byte| b"hlLjtzq".contains(byte) && (*byte != b'q' || time_format.is_some())) {
            at += 1;
        }
        let Some(letter) = format.get(at).copied() else {
            self.wrong(&[b"`", format, b"': missing format character"].concat());
            return None;
        };
        let rest = format.get(at + 1..).unwrap_or_default();
        let mut out = Vec::new();
        match letter {
            b'T' if time_format.is_some() => {
                let text = self.time(time_format.unwrap_or_default());
                conversion.text(&mut out, &text);
            }
            b'b' => {
                let mut text = Vec::new();
                self.ended = !expand_argument(&mut text, self.operand());
                conversion.text(&mut out, &text);
            }
            b's' => conversion.text(&mut out, self.operand()),
            b'q' | b'Q' => {
                let text = quote::backslashed(self.operand());
                conversion.text(&mut out, &text);
            }
            b'c' => match self.operand().first() {
                Some(byte) => conversion.byte(&mut out, *byte),
                None => conversion.text(&mut out, b"\0"),
            },
            b'd' | b'i' => {
                let value = self.number(|text| number::signed(text, 0));
                conversion.signed(&mut out, value);
            }
            b'o' | b'u' | b'x' | b'X' => {
                let value = self.number(|text| {
                    let scanned = number::signed(text, 0);
                    Scanned { value: scanned.value.cast_unsigned(), len: scanned.len, overflow: scanned.overflow }
                });
                conversion.unsigned(&mut out, letter, value);
            }
            b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let value = self.number(number::float);
                conversion.float(&mut out, letter, value);
            }
            b'n' => {
                let name = self.operand().to_vec();
                let count = self.out.len().to_string().into_bytes();
                if self.shell.assign(&name, count).is_err() {
                    self.status = 1;
                }
            }
            letter => {
                self.wrong(&[b"`", &[letter][..], b"': invalid format character"].concat());
                return None;
            }
        }
        self.out.extend_from_slice(&out);
        (!self.ended).then_some(rest)
    }

    fn wrong(&mut self, message: &[u8]) {
        // What has been made so far is out by then.
        let out = core::mem::take(&mut self.out);
        self.shell.put(&out);
        self.shell.complain(message);
        self.status = 1;
    }

    /// The time that the next operand names, by a format of `strftime`.
    fn time(&mut self, format: &[u8]) -> Vec<u8> {
        let seconds = match self.operands.next() {
            None => -1,
            Some(operand) => super::control::integer(operand).unwrap_or(0),
        };
        let seconds = match seconds {
            -1 => wcr_sys::time::now().sec,
            -2 => self.shell.vars.dynamics.calls.started,
            seconds => seconds,
        };
        let format = if format.is_empty() { b"%X" } else { format };
        let mut out = Vec::new();
        strftime(&mut out, format, &Zone::from_env().local(seconds), seconds);
        out
    }

    fn operand(&mut self) -> &[u8] {
        self.operands.next().map(Vec::as_slice).unwrap_or_default()
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
        if scanned.len < operand.len() || operand.is_empty() {
            if operand.is_empty() {
                return T::default();
            }
            self.wrong(&[operand, &b": invalid number"[..]].concat());
        } else if scanned.overflow {
            self.shell.complain(&[b"warning: ", &operand[..], b": Numerical result out of range"].concat());
        }
        if scanned.len == 0 { T::default() } else { scanned.value }
    }
}

/// The argument of `%b`: numbers may go without a zero in front.
fn expand_argument(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (head, tail) = rest.split_at(at);
        out.extend_from_slice(head);
        let behind = tail.get(1..).unwrap_or_default();
        rest = match behind {
            [b'c', ..] => return false,
            [b'0', octal @ ..] if octal.first().is_some_and(|byte| (b'0'..=b'7').contains(byte)) => {
                echo::escape(out, octal, true)
            }
            [b'\'', after @ ..] => {
                out.push(b'\'');
                after
            }
            behind => echo::escape(out, behind, true),
        };
    }
    out.extend_from_slice(rest);
    true
}

//! `printf`.

use applets::conversion::Conversion;
use applets::number;
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::Errno;

use crate::Program;
use crate::dispatch::wrong_usage;
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::raw("printf", "FORMAT [ARGUMENT]...", "Prints arguments in a format.", true, run)
    .lacking("the 64 bits of precision of x87 numbers in %f, %e, %g, %a");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let args = match ctx.args.split_first() {
        Some((first, rest)) if first == b"--" => rest,
        _ => ctx.args,
    };
    let Some((format, mut rest)) = args.split_first() else {
        return Err(wrong_usage(ctx, 1, &[b"missing operand"]));
    };
    let mut code = 0;
    loop {
        let before = rest.len();
        let mut printing = Printing { args: rest, code: 0 };
        let goes_on = printing.format(ctx, format)?;
        code |= printing.code;
        rest = printing.args;
        if !goes_on || rest.is_empty() {
            return Ok(code);
        }
        if rest.len() == before {
            let first = quote::locale(rest.first().map(Vec::as_slice).unwrap_or_default());
            ctx.complain(&[b"warning: ignoring excess arguments, starting with ", &first]);
            return Ok(code);
        }
    }
}

struct Printing<'a> {
    args: &'a [Vec<u8>],
    code: u8,
}

impl<'a> Printing<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.args.split_first()?;
        self.args = rest;
        Some(first)
    }

    /// Goes through the format once; `false` where `\c` ended the output.
    fn format(&mut self, ctx: &mut Context<'_>, format: &[u8]) -> Result<bool, Quit> {
        let mut out = Vec::new();
        let mut rest = format;
        while let Some((first, behind)) = rest.split_first() {
            match first {
                b'\\' => {
                    let (ended, taken) = escape(ctx, &mut out, behind, false)?;
                    if ended {
                        ctx.put(&out);
                        return Ok(false);
                    }
                    rest = behind.get(taken..).unwrap_or_default();
                }
                b'%' if behind.first() == Some(&b'%') => {
                    out.push(b'%');
                    rest = behind.get(1..).unwrap_or_default();
                }
                b'%' => {
                    ctx.put(&out);
                    out.clear();
                    let taken = self.conversion(ctx, behind, rest)?;
                    match taken {
                        Some(taken) => rest = behind.get(taken..).unwrap_or_default(),
                        None => return Ok(false),
                    }
                }
                byte => {
                    out.push(*byte);
                    rest = behind;
                }
            }
        }
        ctx.put(&out);
        Ok(true)
    }

    /// One conversion, behind its `%`; how many bytes it took. `None` where `\c` ended the output.
    fn conversion(&mut self, ctx: &mut Context<'_>, text: &[u8], whole: &[u8]) -> Result<Option<usize>, Quit> {
        let mut shape = Conversion::default();
        let mut at = 0;
        while let Some(flag) = text.get(at) {
            if *flag != b'\'' && *flag != b'I' && !shape.set_flag(*flag) {
                break;
            }
            at += 1;
        }
        if text.get(at) == Some(&b'*') {
            at += 1;
            let width = self.next().map_or(0, |text| self.signed(ctx, text));
            shape.left |= width < 0;
            shape.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        } else {
            let digits = text.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
            shape.width = number::unsigned(text.get(at..at + digits).unwrap_or_default(), 10).value as usize;
            at += digits;
        }
        if text.get(at) == Some(&b'.') {
            at += 1;
            if text.get(at) == Some(&b'*') {
                at += 1;
                let precision = self.next().map_or(0, |text| self.signed(ctx, text));
                shape.precision = usize::try_from(precision).ok();
            } else {
                let digits = text.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
                shape.precision =
                    Some(number::unsigned(text.get(at..at + digits).unwrap_or_default(), 10).value as usize);
                at += digits;
            }
        }
        while text.get(at).is_some_and(|byte| b"hlLjtz".contains(byte)) {
            at += 1;
        }
        let letter = text.get(at).copied();
        let mut out = Vec::new();
        match letter {
            Some(b's') => shape.text(&mut out, self.next().unwrap_or_default()),
            Some(b'c') => shape.text(
                &mut out,
                self.next().and_then(|text| text.get(..1)).unwrap_or(b"\0").get(..1).unwrap_or_default(),
            ),
            Some(b'b') => {
                let mut expanded = Vec::new();
                let ended = expand(ctx, &mut expanded, self.next().unwrap_or_default())?;
                shape.text(&mut out, &expanded);
                if ended {
                    ctx.put(&out);
                    return Ok(None);
                }
            }
            Some(b'q') => out = quote::as_needed(self.next().unwrap_or_default()),
            Some(b'd' | b'i') => {
                let value = self.next().map_or(0, |text| self.signed(ctx, text));
                shape.signed(&mut out, value);
            }
            Some(letter @ (b'u' | b'o' | b'x' | b'X')) => {
                let value = self.next().map_or(0, |text| self.unsigned(ctx, text));
                shape.unsigned(&mut out, letter, value);
            }
            Some(letter @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A')) => {
                let value = self.next().map_or(0.0, |text| self.float(ctx, text));
                shape.float(&mut out, letter, value);
            }
            _ => {
                let shown = whole.get(..=(at + 1).min(whole.len().saturating_sub(1))).unwrap_or(whole);
                return Err(ctx.die(&[shown, b": invalid conversion specification"]));
            }
        }
        ctx.put(&out);
        Ok(Some(at + 1))
    }

    /// The value of a character behind a quote.
    fn character(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> Option<u64> {
        let [b'"' | b'\'', first, rest @ ..] = text else { return None };
        let (value, len) = if applets::locale::is_utf8() {
            let letter = text.get(1..)?.utf8_chunks().next()?.valid().chars().next();
            letter.map_or((u64::from(*first), 1), |letter| (u64::from(u32::from(letter)), letter.len_utf8()))
        } else {
            (u64::from(*first), 1)
        };
        let more = rest.get(len - 1..).unwrap_or_default();
        if !more.is_empty() {
            ctx.complain(&[b"warning: ", more, b": character(s) following character constant have been ignored"]);
        }
        Some(value)
    }

    fn check(&mut self, ctx: &mut Context<'_>, text: &[u8], len: usize, overflow: bool) {
        let shown = quote::locale(text);
        if text.is_empty() {
            // Nothing counts as zero.
            return;
        }
        if overflow {
            ctx.perror(&[&shown], Errno::Range);
        } else if len == 0 {
            ctx.complain(&[&shown, b": expected a numeric value"]);
        } else if len < text.len() {
            ctx.complain(&[&shown, b": value not completely converted"]);
        } else {
            return;
        }
        self.code = 1;
    }

    fn signed(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> i64 {
        if let Some(value) = self.character(ctx, text) {
            return value as i64;
        }
        let scanned = number::signed(text, 0);
        self.check(ctx, text, scanned.len, scanned.overflow);
        scanned.value
    }

    fn unsigned(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> u64 {
        if let Some(value) = self.character(ctx, text) {
            return value;
        }
        let scanned = number::unsigned(text, 0);
        self.check(ctx, text, scanned.len, scanned.overflow);
        scanned.value
    }

    fn float(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> f64 {
        if let Some(value) = self.character(ctx, text) {
            return value as f64;
        }
        let scanned = number::float(text);
        self.check(ctx, text, scanned.len, scanned.overflow);
        scanned.value
    }
}

/// Replaces the escapes of an argument of `%b`; whether `\c` ended it.
fn expand(ctx: &mut Context<'_>, out: &mut Vec<u8>, text: &[u8]) -> Result<bool, Quit> {
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let (ended, taken) = escape(ctx, out, behind, true)?;
        if ended {
            return Ok(true);
        }
        rest = behind.get(taken..).unwrap_or_default();
    }
    Ok(false)
}

/// One escape, behind its backslash: whether it ends the output, and its length.
fn escape(ctx: &mut Context<'_>, out: &mut Vec<u8>, text: &[u8], zero_first: bool) -> Result<(bool, usize), Quit> {
    let run = |from: usize, most: usize, base: u32| {
        let digits = text.get(from..).unwrap_or_default().iter().take(most);
        let digits: Vec<u32> = digits.map_while(|byte| char::from(*byte).to_digit(base)).collect();
        (digits.iter().fold(0u32, |value, digit| value.wrapping_mul(base).wrapping_add(*digit)), digits.len())
    };
    let Some(first) = text.first() else {
        out.push(b'\\');
        return Ok((false, 0));
    };
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b'c' => return Ok((true, 1)),
        b'e' => 27,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'"' => b'"',
        b'x' => {
            let (value, len) = run(1, 2, 16);
            if len == 0 {
                return Err(ctx.die(&[b"missing hexadecimal number in escape"]));
            }
            out.push(value as u8);
            return Ok((false, 1 + len));
        }
        b'0'..=b'7' => {
            let skip = usize::from(zero_first && *first == b'0');
            let (value, len) = run(skip, 3, 8);
            out.push(value as u8);
            return Ok((false, skip + len));
        }
        b'u' | b'U' => {
            let wanted = if *first == b'u' { 4 } else { 8 };
            let (value, len) = run(1, wanted, 16);
            if len < wanted {
                return Err(ctx.die(&[b"missing hexadecimal number in escape"]));
            }
            let Some(letter) = char::from_u32(value) else {
                let shown = text.get(..=wanted).unwrap_or(text);
                return Err(ctx.die(&[b"invalid universal character name \\", shown]));
            };
            if letter.is_ascii() || applets::locale::is_utf8() {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.extend_from_slice(&[b"\\", text.get(..=wanted).unwrap_or(text)].concat());
            }
            return Ok((false, 1 + wanted));
        }
        other => {
            out.extend_from_slice(&[b'\\', *other]);
            return Ok((false, 1));
        }
    };
    out.push(byte);
    Ok((false, 1))
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    /// As printf of coreutils 9.1 answers.
    #[test]
    fn conversions_and_complaints() {
        assert_eq!(run(&PROGRAM, &["%s-%d|", "a", "5", "b"]).1, "a-5|b-0|");
        assert_eq!(run(&PROGRAM, &[r"\101\x42%b\n", r"\0103\cx", "y"]).1, "ABC");
        assert_eq!(run(&PROGRAM, &["%5.2f|%-4s|%04x", "3.14159", "ab", "255"]).1, " 3.14|ab  |00ff");
        assert_eq!(run(&PROGRAM, &["%d", "'A"]).1, "65");
        let (code, out, err) = run(&PROGRAM, &["%d\\n", "12x"]);
        assert_eq!((code, out.as_str(), err.as_str()), (1, "12\n", "printf: '12x': value not completely converted\n"));
        let (code, _, err) = run(&PROGRAM, &["x", "y"]);
        assert_eq!((code, err.as_str()), (0, "printf: warning: ignoring excess arguments, starting with 'y'\n"));
        assert_eq!(run(&PROGRAM, &["%z"]).2, "printf: %z: invalid conversion specification\n");
    }
}

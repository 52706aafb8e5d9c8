//! `test`, `[`.

use core::cmp::Ordering;

use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{fd, fs, process};

use crate::Program;
use crate::quote;

/// The exit code for a wrong expression.
const WRONG: u8 = 2;

/// `test`, which takes no options, not even `--help`.
pub const TEST: Program =
    Program { reading: crate::Reading::Raw { exact: true }, ..Program::raw("test", "EXPRESSION", PURPOSE, true, test) }
        .failing_with(WRONG);

/// `[`.
pub const BRACKET: Program = Program::raw("[", "EXPRESSION ]", PURPOSE, true, bracket).failing_with(WRONG);

const PURPOSE: &str = "Tells by its exit code whether an expression holds.";

fn test(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    judge(ctx, ctx.args)
}

fn bracket(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    match ctx.args.split_last() {
        Some((last, rest)) if last == b"]" => judge(ctx, rest),
        _ => {
            ctx.complain(&[b"missing ", &quote::locale(b"]")]);
            Err(Quit(WRONG))
        }
    }
}

fn judge(ctx: &mut Context<'_>, args: &[Vec<u8>]) -> Result<u8, Quit> {
    if args.is_empty() {
        return Ok(1);
    }
    let mut expression = Expression { args, at: 0 };
    let value = expression.posix(args.len()).and_then(|value| match expression.peek() {
        None => Ok(value),
        Some(extra) => Err([b"extra argument ", &quote::locale(extra)[..]].concat()),
    });
    match value {
        Ok(value) => Ok(u8::from(!value)),
        Err(message) => {
            ctx.complain(&[&message]);
            Err(Quit(WRONG))
        }
    }
}

struct Expression<'a> {
    args: &'a [Vec<u8>],
    at: usize,
}

type Value = Result<bool, Vec<u8>>;

fn is_binary(word: &[u8]) -> bool {
    matches!(
        word,
        b"=" | b"!="
            | b"=="
            | b"<"
            | b">"
            | b"-eq"
            | b"-ne"
            | b"-lt"
            | b"-le"
            | b"-gt"
            | b"-ge"
            | b"-nt"
            | b"-ot"
            | b"-ef"
    )
}

fn is_unary(word: &[u8]) -> bool {
    matches!(word, [b'-', letter] if b"bcdefgGhkLnNOprsStuwxz".contains(letter))
}

impl<'a> Expression<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        self.args.get(self.at).map(Vec::as_slice)
    }

    fn word(&self, ahead: usize) -> &'a [u8] {
        self.args.get(self.at + ahead).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of POSIX for up to four arguments, which leave nothing to guess.
    fn posix(&mut self, count: usize) -> Value {
        match count {
            1 => {
                let value = !self.word(0).is_empty();
                self.at += 1;
                Ok(value)
            }
            2 => {
                if self.word(0) == b"!" {
                    self.at += 1;
                    return self.posix(1).map(|value| !value);
                }
                if is_unary(self.word(0)) {
                    return self.unary();
                }
                if matches!(self.word(0), [b'-', _]) {
                    return Err([&quote::locale(self.word(0))[..], b": unary operator expected"].concat());
                }
                Err([b"missing argument after ", &quote::locale(self.word(1))[..]].concat())
            }
            3 => {
                if is_binary(self.word(1)) {
                    return self.binary();
                }
                match (self.word(0), self.word(1), self.word(2)) {
                    (b"!", ..) => {
                        self.at += 1;
                        self.posix(2).map(|value| !value)
                    }
                    (b"(", _, b")") => {
                        self.at += 1;
                        let value = self.posix(1)?;
                        self.at += 1;
                        Ok(value)
                    }
                    (_, b"-a" | b"-o", _) => self.or(),
                    (_, operator, _) => Err([&quote::locale(operator)[..], b": binary operator expected"].concat()),
                }
            }
            4 => match (self.word(0), self.word(3)) {
                (b"!", _) => {
                    self.at += 1;
                    self.posix(3).map(|value| !value)
                }
                (b"(", b")") => {
                    self.at += 1;
                    let value = self.posix(2)?;
                    self.at += 1;
                    Ok(value)
                }
                _ => self.or(),
            },
            _ => self.or(),
        }
    }

    fn or(&mut self) -> Value {
        let mut value = self.and()?;
        while self.peek() == Some(b"-o") {
            self.at += 1;
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Value {
        let mut value = self.term()?;
        while self.peek() == Some(b"-a") {
            self.at += 1;
            value &= self.term()?;
        }
        Ok(value)
    }

    fn missing(&self) -> Vec<u8> {
        let last = self.at.checked_sub(1).and_then(|at| self.args.get(at)).map(Vec::as_slice).unwrap_or_default();
        [b"missing argument after ", &quote::locale(last)[..]].concat()
    }

    fn term(&mut self) -> Value {
        let mut negated = false;
        while self.peek() == Some(b"!") && self.at + 1 < self.args.len() {
            self.at += 1;
            negated = !negated;
        }
        let left = self.args.len() - self.at;
        if left == 0 {
            return Err(self.missing());
        }
        let value = if left >= 3 && is_binary(self.word(1)) {
            self.binary()?
        } else if self.word(0) == b"(" {
            self.at += 1;
            if self.at >= self.args.len() {
                return Err(self.missing());
            }
            let value = self.or()?;
            match self.peek() {
                None => return Err([&quote::locale(b")")[..], b" expected"].concat()),
                Some(b")") => self.at += 1,
                Some(other) => {
                    return Err([&quote::locale(b")")[..], b" expected, found ", &quote::locale(other)].concat());
                }
            }
            value
        } else if left >= 2 && is_unary(self.word(0)) {
            self.unary()?
        } else {
            let value = !self.word(0).is_empty();
            self.at += 1;
            value
        };
        Ok(value != negated)
    }

    fn unary(&mut self) -> Value {
        let (operator, operand) = (self.word(0), self.word(1));
        self.at += 2;
        let stat = || fs::stat(operand);
        let kind = |kind: FileKind| stat().is_ok_and(|stat| stat.mode.kind() == kind);
        let bit = |bit: u32| stat().is_ok_and(|stat| stat.mode.0 & bit != 0);
        let ids = process::user_ids;
        Ok(match operator.get(1) {
            Some(b'n') => !operand.is_empty(),
            Some(b'z') => operand.is_empty(),
            Some(b'e') => stat().is_ok(),
            Some(b'f') => kind(FileKind::Regular),
            Some(b'd') => kind(FileKind::Directory),
            Some(b'b') => kind(FileKind::BlockDevice),
            Some(b'c') => kind(FileKind::CharDevice),
            Some(b'p') => kind(FileKind::Fifo),
            Some(b'S') => kind(FileKind::Socket),
            Some(b'h' | b'L') => fs::lstat(operand).is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink),
            Some(b's') => stat().is_ok_and(|stat| stat.size > 0),
            Some(b'u') => bit(0o4000),
            Some(b'g') => bit(0o2000),
            Some(b'k') => bit(0o1000),
            Some(b'r') => fs::access_effective(operand, 4).is_ok(),
            Some(b'w') => fs::access_effective(operand, 2).is_ok(),
            Some(b'x') => fs::access_effective(operand, 1).is_ok(),
            Some(b'O') => stat().is_ok_and(|stat| stat.uid == ids().euid),
            Some(b'G') => stat().is_ok_and(|stat| stat.gid == ids().egid),
            Some(b'N') => {
                stat().is_ok_and(|stat| (stat.mtime.sec, stat.mtime.nsec) > (stat.atime.sec, stat.atime.nsec))
            }
            _ => {
                integer(operand)?;
                applets::format::parse_decimal(operand.trim_ascii())
                    .and_then(|fd| wcr_sys::Fd::try_from(fd).ok())
                    .is_some_and(fd::is_tty)
            }
        })
    }

    fn binary(&mut self) -> Value {
        let (mut left, operator, mut right) = (self.word(0).to_vec(), self.word(1), self.word(2).to_vec());
        self.at += 3;
        let newer = |stat: &Stat| (stat.mtime.sec, stat.mtime.nsec);
        match operator {
            b"=" | b"==" => return Ok(left == right),
            b"!=" => return Ok(left != right),
            b"<" => return Ok(left < right),
            b">" => return Ok(left > right),
            b"-nt" | b"-ot" => {
                if operator == b"-ot" {
                    core::mem::swap(&mut left, &mut right);
                }
                return Ok(match (fs::stat(&left), fs::stat(&right)) {
                    (Ok(left), Ok(right)) => newer(&left) > newer(&right),
                    (Ok(_), Err(_)) => true,
                    _ => false,
                });
            }
            b"-ef" => {
                let same = |a: Stat, b: Stat| (a.dev, a.ino) == (b.dev, b.ino);
                return Ok(matches!((fs::stat(&left), fs::stat(&right)), (Ok(a), Ok(b)) if same(a, b)));
            }
            _ => {}
        }
        let order = compare(&integer(&left)?, &integer(&right)?);
        Ok(match operator {
            b"-eq" => order == Ordering::Equal,
            b"-ne" => order != Ordering::Equal,
            b"-lt" => order == Ordering::Less,
            b"-le" => order != Ordering::Greater,
            b"-gt" => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }
}

/// A whole number of any length: whether it is negative, and its digits without leading zeros.
type Integer = (bool, Vec<u8>);

fn integer(text: &[u8]) -> Result<Integer, Vec<u8>> {
    let body = text.trim_ascii();
    let (negative, digits) = match body.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, body),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err([b"invalid integer ", &quote::locale(text)[..]].concat());
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default().to_vec();
    Ok((negative && !digits.is_empty(), digits))
}

fn compare(a: &Integer, b: &Integer) -> Ordering {
    let size = |a: &Integer, b: &Integer| a.1.len().cmp(&b.1.len()).then_with(|| a.1.cmp(&b.1));
    match (a.0, b.0) {
        (false, false) => size(a, b),
        (true, true) => size(b, a),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::{BRACKET, TEST};
    use crate::dispatch::testing::run;

    /// As test of coreutils 9.1 answers.
    #[test]
    fn expressions() {
        for (args, code) in [
            (&[][..], 1),
            (&["a"], 0),
            (&["", "-o", "b"], 0),
            (&["a", "=", "a"], 0),
            (&["!", "a", "=", "a"], 1),
            (&["(", "a", ")"], 0),
            (&["5", "-lt", "10"], 0),
            (&["-5", "-gt", " 3 "], 1),
            (&["99999999999999999999", "-gt", "1"], 0),
            (&["-n"], 0),
            (&["a", "-a", "(", "b", "=", "c", ")"], 1),
        ] {
            assert_eq!(run(&TEST, args).0, code, "{args:?}");
        }
    }

    #[test]
    fn complaints() {
        for (args, message) in [
            (&["a", "b"][..], "missing argument after 'b'"),
            (&["-X", "b"], "'-X': unary operator expected"),
            (&["a", "b", "c"], "'b': binary operator expected"),
            (&["x", "-eq", "1"], "invalid integer 'x'"),
            (&["a", "b", "c", "d", "e"], "extra argument 'b'"),
        ] {
            assert_eq!(run(&TEST, args), (2, String::new(), format!("test: {message}\n")), "{args:?}");
        }
        assert_eq!(run(&BRACKET, &["a"]).2, "[: missing ']'\n");
    }
}

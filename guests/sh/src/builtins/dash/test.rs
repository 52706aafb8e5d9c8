//! `test` and `[`.

use applets::core::test::{compare_files, unary};
use applets::number;

use crate::shell::{Flow, Shell};

pub(super) fn test(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    run(shell, args.get(1..).unwrap_or_default())
}

pub(super) fn bracket(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    match args.get(1..).and_then(<[Vec<u8>]>::split_last) {
        Some((last, args)) if last == b"]" => run(shell, args),
        _ => Err(shell.fail(b"missing ]")),
    }
}

fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    match evaluate(args) {
        Ok(holds) => Ok((!holds).into()),
        Err(message) => Err(shell.fail(&message)),
    }
}

/// Evaluates a condition; the error is the diagnostic's text.
fn evaluate(mut args: &[Vec<u8>]) -> Result<bool, Vec<u8>> {
    let mut negated = false;
    // Of three and four words it is their number that decides what they are.
    while let 3 | 4 = args.len() {
        match args {
            [_, operator, _] if is_binary(operator) => break,
            [open, inner @ .., close] if open == b"(" && close == b")" => {
                args = inner;
                break;
            }
            [bang, rest @ ..] if bang == b"!" => {
                negated = true;
                args = rest;
            }
            _ => break,
        }
    }
    let mut parser = Parser { args, at: 0, forced: args.len() == 3 && args.get(1).is_some_and(|word| is_binary(word)) };
    if args.is_empty() {
        return Ok(negated);
    }
    let holds = parser.disjunction()?;
    match parser.at.checked_sub(1).and_then(|last| args.get(last)) {
        Some(last) if parser.at < args.len() => {
            let colon: &[u8] = if last.is_empty() { b"" } else { b": " };
            Err([last, colon, b"unexpected operator"].concat())
        }
        _ => Ok(holds != negated),
    }
}

struct Parser<'a> {
    args: &'a [Vec<u8>],
    at: usize,
    /// The first word is an operand, whatever it looks like.
    forced: bool,
}

impl<'a> Parser<'a> {
    fn word(&self, ahead: usize) -> Option<&'a [u8]> {
        self.args.get(self.at + ahead).map(Vec::as_slice)
    }

    fn disjunction(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.conjunction()?;
        while self.word(0) == Some(b"-o") {
            self.at += 1;
            holds |= self.conjunction()?;
        }
        Ok(holds)
    }

    fn conjunction(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.negation()?;
        while self.word(0) == Some(b"-a") {
            self.at += 1;
            holds &= self.negation()?;
        }
        Ok(holds)
    }

    fn negation(&mut self) -> Result<bool, Vec<u8>> {
        if self.word(0) == Some(b"!") && !self.is_operand() {
            self.at += 1;
            return Ok(!self.negation()?);
        }
        self.primary()
    }

    /// Whether the next word stands for itself although it looks like an operator: nothing follows it, or a binary
    /// operator with another word.
    fn is_operand(&self) -> bool {
        self.forced
            || match (self.word(1), self.word(2)) {
                (None, _) => true,
                (Some(next), Some(_)) => is_binary(next),
                (Some(_), None) => false,
            }
    }

    fn primary(&mut self) -> Result<bool, Vec<u8>> {
        let Some(word) = self.word(0) else { return Ok(false) };
        let is_operand = self.is_operand();
        self.forced = false;
        if word == b"(" && !is_operand {
            return self.group();
        }
        self.at += 1;
        if let ([b'-', letter], Some(operand), false) = (word, self.word(0), is_operand)
            && UNARY.contains(letter)
        {
            self.at += 1;
            if *letter == b't' {
                return Ok(u32::try_from(integer(operand)?).is_ok_and(wcr_sys::fd::is_tty));
            }
            return unary(*letter, operand);
        }
        match self.word(0) {
            Some(operator) if is_binary(operator) => {
                self.at += 1;
                let Some(right) = self.word(0) else { return Err([operator, b": argument expected"].concat()) };
                self.at += 1;
                binary(word, operator, right)
            }
            _ => Ok(!word.is_empty()),
        }
    }

    fn group(&mut self) -> Result<bool, Vec<u8>> {
        self.at += 1;
        if self.word(0) == Some(b")") {
            self.at += 1;
            return Ok(false);
        }
        let holds = self.disjunction()?;
        if self.word(0) != Some(b")") {
            return Err(b"closing paren expected".to_vec());
        }
        self.at += 1;
        Ok(holds)
    }
}

/// The letters of the operators with one operand.
const UNARY: &[u8] = b"rwxefdcbpugksthzLnOGS";

fn is_binary(word: &[u8]) -> bool {
    const OPERATORS: [&[u8]; 13] =
        [b"=", b"!=", b"<", b">", b"-eq", b"-ne", b"-ge", b"-gt", b"-le", b"-lt", b"-nt", b"-ot", b"-ef"];
    OPERATORS.contains(&word)
}

fn binary(left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool, Vec<u8>> {
    let order = match operator {
        b"-nt" | b"-ot" | b"-ef" => return Ok(compare_files(left, operator, right)),
        [b'-', ..] => integer(left)?.cmp(&integer(right)?),
        _ => left.cmp(right),
    };
    Ok(match operator {
        b"=" | b"-eq" => order.is_eq(),
        b"!=" | b"-ne" => order.is_ne(),
        b">" | b"-gt" => order.is_gt(),
        b"<" | b"-lt" => order.is_lt(),
        b"-ge" => order.is_ge(),
        _ => order.is_le(),
    })
}

fn integer(word: &[u8]) -> Result<i64, Vec<u8>> {
    let scanned = number::signed(word, 10);
    let tail = word.get(scanned.len..).unwrap_or_default();
    if scanned.len == 0 || scanned.overflow || !tail.iter().all(|byte| number::is_space(*byte)) {
        return Err([b"Illegal number: ", word].concat());
    }
    Ok(scanned.value)
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn conditions() {
        for (line, expected) in [
            ("", Ok(false)),
            ("a", Ok(true)),
            ("! a = a", Ok(false)),
            ("! ! a", Ok(true)),
            ("! ! ! a", Ok(true)),
            ("( a )", Ok(true)),
            ("( )", Ok(false)),
            ("( = (", Ok(true)),
            ("a -a", Ok(false)),
            ("-n -a -n", Err("-a: unexpected operator")),
            ("a b c d", Err("a: unexpected operator")),
            ("a =", Err("=: argument expected")),
            ("( a", Err("closing paren expected")),
            ("1 -eq x", Err("Illegal number: x")),
            ("a == a", Err("a: unexpected operator")),
        ] {
            let args: Vec<Vec<u8>> = line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect();
            assert_eq!(evaluate(&args), expected.map_err(|text| text.as_bytes().to_vec()), "{line}");
        }
    }
}

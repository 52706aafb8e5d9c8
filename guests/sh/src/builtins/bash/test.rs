//! `test` and `[`.

use applets::core::test::unary;
use applets::number;

use crate::bash::condition::compares_files;
use crate::shell::{Flow, Shell};

/// The letters of the operators with one operand.
const UNARY: &[u8] = b"abcdefghknoprstuvwxzGLNORS";

pub(super) fn test(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    run(shell, args.get(1..).unwrap_or_default())
}

pub(super) fn bracket(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    match args.get(1..).and_then(<[Vec<u8>]>::split_last) {
        Some((last, args)) if last == b"]" => run(shell, args),
        _ => {
            shell.complain(b"missing `]'");
            Ok(2)
        }
    }
}

fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let words: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    match evaluate(shell, &words) {
        Ok(holds) => Ok((!holds).into()),
        Err(message) => {
            shell.complain(&message);
            Ok(2)
        }
    }
}

type Outcome = Result<bool, Vec<u8>>;

/// By the number of the words, as POSIX has it.
fn evaluate(shell: &mut Shell, words: &[&[u8]]) -> Outcome {
    match words {
        [] => Ok(false),
        [only] => Ok(!only.is_empty()),
        [b"!", only] => Ok(only.is_empty()),
        [operator, operand] => match unary_letter(operator) {
            Some(letter) => one(shell, letter, operand),
            None => Err([operator, &b": unary operator expected"[..]].concat()),
        },
        [left, operator, right] if is_binary(operator) => two(left, operator, right),
        [left, b"-a", right] => Ok(!left.is_empty() && !right.is_empty()),
        [left, b"-o", right] => Ok(!left.is_empty() || !right.is_empty()),
        [b"!", rest @ ..] if rest.len() == 2 => Ok(!evaluate(shell, rest)?),
        [b"(", only, b")"] => Ok(!only.is_empty()),
        [_, operator, _] => Err([operator, &b": binary operator expected"[..]].concat()),
        [b"!", rest @ ..] if rest.len() == 3 => Ok(!evaluate(shell, rest)?),
        [b"(", inner @ .., b")"] if inner.len() == 2 => evaluate(shell, inner),
        words => {
            let mut parser = Parser { shell, words, at: 0 };
            let holds = parser.disjunction()?;
            if parser.at < words.len() { Err(b"too many arguments".to_vec()) } else { Ok(holds) }
        }
    }
}

struct Parser<'s, 'w> {
    shell: &'s mut Shell,
    words: &'w [&'w [u8]],
    at: usize,
}

impl<'w> Parser<'_, 'w> {
    fn word(&self, ahead: usize) -> Option<&'w [u8]> {
        self.words.get(self.at + ahead).copied()
    }

    fn disjunction(&mut self) -> Outcome {
        let mut holds = self.conjunction()?;
        while self.word(0) == Some(b"-o") {
            self.at += 1;
            holds |= self.conjunction()?;
        }
        Ok(holds)
    }

    fn conjunction(&mut self) -> Outcome {
        let mut holds = self.term()?;
        while self.word(0) == Some(b"-a") {
            self.at += 1;
            holds &= self.term()?;
        }
        Ok(holds)
    }

    fn term(&mut self) -> Outcome {
        let Some(word) = self.word(0) else { return Err(b"argument expected".to_vec()) };
        if word == b"!" {
            self.at += 1;
            return Ok(!self.term()?);
        }
        if word == b"(" {
            self.at += 1;
            let holds = self.disjunction()?;
            return match self.word(0) {
                Some(b")") => {
                    self.at += 1;
                    Ok(holds)
                }
                Some(found) => Err([b"`)' expected, found ", found].concat()),
                None => Err(b"`)' expected".to_vec()),
            };
        }
        if let (Some(operator), Some(right)) = (self.word(1), self.word(2))
            && is_binary(operator)
        {
            self.at += 3;
            return two(word, operator, right);
        }
        if let (Some(letter), Some(operand)) = (unary_letter(word), self.word(1)) {
            self.at += 2;
            return one(self.shell, letter, operand);
        }
        self.at += 1;
        Ok(!word.is_empty())
    }
}

fn unary_letter(word: &[u8]) -> Option<u8> {
    match word {
        [b'-', letter] => Some(*letter).filter(|letter| UNARY.contains(letter)),
        _ => None,
    }
}

fn one(shell: &mut Shell, letter: u8, operand: &[u8]) -> Outcome {
    match letter {
        b'v' => Ok(shell.is_set(operand).unwrap_or(false)),
        b'R' => Ok(shell.vars.variable(operand).is_some_and(|found| found.traits.has(crate::vars::Traits::REFERENCE))),
        b'o' => Ok(crate::options::Opt::from_name(operand).is_some_and(|option| shell.has(option))),
        b'a' => unary(b'e', operand),
        b't' => Ok(u32::try_from(integer(operand)?).is_ok_and(wcr_sys::fd::is_tty)),
        letter => unary(letter, operand),
    }
}

fn is_binary(word: &[u8]) -> bool {
    const OPERATORS: [&[u8]; 14] =
        [b"=", b"==", b"!=", b"<", b">", b"-eq", b"-ne", b"-ge", b"-gt", b"-le", b"-lt", b"-nt", b"-ot", b"-ef"];
    OPERATORS.contains(&word)
}

fn two(left: &[u8], operator: &[u8], right: &[u8]) -> Outcome {
    let order = match operator {
        b"-nt" | b"-ot" | b"-ef" => return Ok(compares_files(left, operator, right)),
        [b'-', ..] => integer(left)?.cmp(&integer(right)?),
        _ => left.cmp(right),
    };
    Ok(match operator {
        b"=" | b"==" | b"-eq" => order.is_eq(),
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
        return Err([word, b": integer expression expected"].concat());
    }
    Ok(scanned.value)
}

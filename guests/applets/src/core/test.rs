//! `test` and `[`: conditions.

use wcr_sys::abi::FileKind;
use wcr_sys::{fd, fs, process};

use crate::number;
use crate::{Applet, Context, Help, Quit};

/// `test`.
pub const TEST: Applet = Applet::new("test", "", test).with_help(Help::Operand(""));

/// `[`.
pub const BRACKET: Applet = Applet::new("[", "", bracket).with_help(Help::Unavailable);

/// The exit code of a condition that cannot be understood.
const WRONG: u8 = 2;

/// How a kind of condition writes its connectives and compares strings.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// "And".
    pub and: &'static [u8],
    /// "Or".
    pub or: &'static [u8],
    /// Whether a string equals what stands on the right of `=`.
    pub equals: fn(&[u8], &[u8]) -> bool,
    /// Whether a string matches what stands on the right of `=~`, where that is an operator; `None` when
    /// that is no regular expression.
    pub matches: Option<fn(&[u8], &[u8]) -> Option<bool>>,
}

/// Which of two files BusyBox takes for the newer one: it looks at whole seconds.
fn compare_seconds(left: &[u8], operator: &[u8], right: &[u8]) -> bool {
    let seconds = |path| fs::stat(path).map(|stat| stat.mtime.sec);
    match (seconds(left), seconds(right)) {
        (Ok(left), Ok(right)) if operator == b"-nt" => left > right,
        (Ok(left), Ok(right)) if operator == b"-ot" => left < right,
        _ => compare_files(left, operator, right),
    }
}

/// The conditions of `test` and `[`.
pub const POSIX: Dialect = Dialect { and: b"-a", or: b"-o", equals: |left, right| left == right, matches: None };

fn test(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    Ok(run(ctx, ctx.args, &POSIX))
}

fn bracket(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    Ok(run_bracketed(ctx, b"]", &POSIX))
}

/// Evaluates the arguments up to the last one, which must be `close`; returns the exit code.
pub fn run_bracketed(ctx: &mut Context<'_>, close: &[u8], dialect: &Dialect) -> u8 {
    match ctx.args.split_last() {
        Some((last, args)) if last == close => run(ctx, args, dialect),
        _ => {
            ctx.complain(&[b"missing ", close]);
            WRONG
        }
    }
}

fn run(ctx: &mut Context<'_>, args: &[Vec<u8>], dialect: &Dialect) -> u8 {
    match evaluate(args, dialect) {
        Ok(holds) => (!holds).into(),
        Err(message) => {
            if !message.is_empty() {
                ctx.complain(&[&message]);
            }
            WRONG
        }
    }
}

/// Evaluates a condition. The error is the diagnostic's text; empty when there is none.
/// # Errors
/// The arguments are no condition.
pub fn evaluate(args: &[Vec<u8>], dialect: &Dialect) -> Result<bool, Vec<u8>> {
    let parser = Parser { args, at: 0, dialect };
    // With three words, perhaps behind negations, a binary operator in the middle decides, whatever the others look like.
    if let [negations @ .., left, operator, right] = args
        && negations.iter().all(|word| word == b"!")
        && parser.is_binary(operator)
    {
        return parser.binary(left, operator, right).map(|holds| holds != (negations.len() % 2 == 1));
    }
    let negations = args.iter().take_while(|word| *word == b"!").count();
    let negated = negations % 2 == 1;
    match args.get(negations..).unwrap_or_default() {
        [] if args.is_empty() => Ok(false),
        [only] => Ok(only.is_empty() == negated),
        [open, bang, word, close] if open == b"(" && bang == b"!" && close == b")" => Ok(word.is_empty() != negated),
        // BusyBox takes such a last parenthesis away before it looks for the one that closes the first.
        [open, _, _, close] if open == b"(" && close == b")" => {
            Parser { args: args.get(..args.len() - 1).unwrap_or_default(), at: 0, dialect }.whole()
        }
        _ => parser.whole(),
    }
}

struct Parser<'a> {
    args: &'a [Vec<u8>],
    at: usize,
    dialect: &'a Dialect,
}

impl<'a> Parser<'a> {
    fn word(&self, ahead: usize) -> Option<&'a [u8]> {
        self.args.get(self.at + ahead).map(Vec::as_slice)
    }

    fn peek(&self) -> Option<&'a [u8]> {
        self.word(0)
    }

    fn is_binary(&self, word: &[u8]) -> bool {
        const OPERATORS: [&[u8]; 14] =
            [b"=", b"==", b"!=", b"<", b">", b"-eq", b"-ne", b"-ge", b"-gt", b"-le", b"-lt", b"-nt", b"-ot", b"-ef"];
        OPERATORS.contains(&word) || (word == b"=~" && self.dialect.matches.is_some())
    }

    /// All of the words as one condition.
    fn whole(mut self) -> Result<bool, Vec<u8>> {
        let holds = self.disjunction()?;
        match self.peek() {
            None => Ok(holds),
            Some(word) => Err([word, b": unknown operand"].concat()),
        }
    }

    fn disjunction(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.conjunction()?;
        while self.peek() == Some(self.dialect.or) {
            self.at += 1;
            holds |= self.conjunction()?;
        }
        Ok(holds)
    }

    fn conjunction(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.negation()?;
        while self.peek() == Some(self.dialect.and) {
            self.at += 1;
            holds &= self.negation()?;
        }
        Ok(holds)
    }

    fn negation(&mut self) -> Result<bool, Vec<u8>> {
        let mut negated = false;
        while self.peek() == Some(b"!") && self.word(1).is_some() {
            self.at += 1;
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    fn primary(&mut self) -> Result<bool, Vec<u8>> {
        let Some(word) = self.peek() else { return Err(b"argument expected".to_vec()) };
        self.at += 1;
        let next = self.peek();
        if word == b"(" {
            return self.group();
        }
        if let ([b'-', letter], Some(operand)) = (word, next) {
            if is_unary(*letter) && !self.is_operand() {
                self.at += 1;
                return unary(*letter, operand);
            }
        }
        match next {
            Some(operator) if self.is_binary(operator) => {
                self.at += 1;
                let right = self.peek().ok_or_else(|| [operator, b": argument expected"].concat())?;
                self.at += 1;
                self.binary(word, operator, right)
            }
            _ => Ok(!word.is_empty()),
        }
    }

    /// Whether the word before the current one is an operand because a binary operator follows it.
    fn is_operand(&self) -> bool {
        match (self.peek(), self.word(1)) {
            (Some(word), Some(_)) => self.is_binary(word),
            _ => false,
        }
    }

    fn group(&mut self) -> Result<bool, Vec<u8>> {
        let holds = self.disjunction()?;
        if self.peek() != Some(b")") {
            return Err(b"closing paren expected".to_vec());
        }
        self.at += 1;
        Ok(holds)
    }

    fn binary(&self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool, Vec<u8>> {
        match operator {
            b"=" | b"==" => return Ok((self.dialect.equals)(left, right)),
            b"!=" => return Ok(!(self.dialect.equals)(left, right)),
            b"<" => return Ok(left < right),
            b">" => return Ok(left > right),
            b"-nt" | b"-ot" | b"-ef" => return Ok(compare_seconds(left, operator, right)),
            b"=~" => {
                let matches = self.dialect.matches.and_then(|matches| matches(left, right));
                return matches.ok_or_else(Vec::new);
            }
            _ => {}
        }
        let (left, right) = (integer(left)?, integer(right)?);
        Ok(match operator {
            b"-eq" => left == right,
            b"-ne" => left != right,
            b"-ge" => left >= right,
            b"-gt" => left > right,
            b"-le" => left <= right,
            _ => left < right,
        })
    }
}

fn is_unary(letter: u8) -> bool {
    b"rwxefdcbpugkstznhOGLS".contains(&letter)
}

/// Compares two files by `-nt`, `-ot` or `-ef`; where one is missing, none of them holds.
#[must_use]
pub fn compare_files(left: &[u8], operator: &[u8], right: &[u8]) -> bool {
    let (Ok(left), Ok(right)) = (fs::stat(left), fs::stat(right)) else { return false };
    match operator {
        b"-nt" => left.mtime > right.mtime,
        b"-ot" => left.mtime < right.mtime,
        _ => (left.dev, left.ino) == (right.dev, right.ino),
    }
}

/// Evaluates an operator with one operand, by its letter.
/// # Errors
/// The operand of `-t` is no number: the diagnostic's text.
pub fn unary(letter: u8, operand: &[u8]) -> Result<bool, Vec<u8>> {
    let kind = |kind: FileKind| fs::stat(operand).is_ok_and(|stat| stat.mode.kind() == kind);
    let bit = |bit: u32| fs::stat(operand).is_ok_and(|stat| stat.mode.permissions() & bit != 0);
    Ok(match letter {
        b'z' => operand.is_empty(),
        b'n' => !operand.is_empty(),
        b't' => u32::try_from(integer(operand)?).is_ok_and(fd::is_tty),
        b'r' => fs::access(operand, 4).is_ok(),
        b'w' => fs::access(operand, 2).is_ok(),
        b'x' => fs::access(operand, 1).is_ok(),
        b'e' => fs::stat(operand).is_ok(),
        b'f' => kind(FileKind::Regular),
        b'd' => kind(FileKind::Directory),
        b'c' => kind(FileKind::CharDevice),
        b'b' => kind(FileKind::BlockDevice),
        b'p' => kind(FileKind::Fifo),
        b'S' => kind(FileKind::Socket),
        b'h' | b'L' => fs::lstat(operand).is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink),
        b's' => fs::stat(operand).is_ok_and(|stat| stat.size > 0),
        b'u' => bit(0o4000),
        b'g' => bit(0o2000),
        b'k' => bit(0o1000),
        b'O' => fs::stat(operand).is_ok_and(|stat| stat.uid == process::user_ids().euid),
        _ => fs::stat(operand).is_ok_and(|stat| stat.gid == process::user_ids().egid),
    })
}

fn integer(word: &[u8]) -> Result<i64, Vec<u8>> {
    let scanned = number::signed(word, 10);
    let tail = word.get(scanned.len..).unwrap_or_default();
    if scanned.overflow {
        return Err([word, b": out of range"].concat());
    }
    if scanned.len == 0 || !tail.iter().all(|byte| number::is_space(*byte)) {
        return Err(if word.is_empty() { b"bad number".to_vec() } else { [word, b": bad number"].concat() });
    }
    Ok(scanned.value)
}

#[cfg(test)]
mod tests {
    use super::{BRACKET, TEST};
    use crate::context::testing::run;

    fn test(line: &str) -> String {
        let args: Vec<&str> = line.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
        let (code, _, err) = run(&TEST, &args);
        format!("{code}{}", err.trim_end().trim_start_matches("test"))
    }

    #[test]
    fn conditions() {
        for (line, result) in [
            ("a", "0"),
            ("''", "1"),
            ("! ''", "0"),
            ("! ! a", "0"),
            ("( a )", "0"),
            ("a = a -o b", "0"),
            ("a -o b -a ''", "0"),
            ("! = !", "0"),
            ("( = (", "0"),
            ("! ( = (", "1"),
            ("! ! ! = x", "1"),
            ("! ! -le f", "2: !: bad number"),
            ("-f = -f", "0"),
            ("-z '' -a -n a", "0"),
            ("-5 -lt -4", "0"),
            ("010 -eq 10", "0"),
            ("b < a", "1"),
            ("a =", "2: =: argument expected"),
            ("a -a", "2: argument expected"),
            ("( a", "2: closing paren expected"),
            ("( )", "2: closing paren expected"),
            ("= a", "2: a: unknown operand"),
            ("1 -eq 1x", "2: 1x: bad number"),
            ("'' -eq 0", "2: bad number"),
            ("9223372036854775808 -eq 1", "2: 9223372036854775808: out of range"),
        ] {
            assert_eq!(test(line), result, "{line}");
        }
    }

    #[test]
    fn the_bracket_wants_its_mate() {
        assert_eq!(run(&BRACKET, &["a", "]"]).0, 0);
        assert_eq!(run(&BRACKET, &["]"]).0, 1);
        assert_eq!(run(&BRACKET, &["a"]), (2, String::new(), "[: missing ]\n".into()));
    }
}

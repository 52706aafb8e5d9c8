//! From the text of a pattern to its tree.

use super::ast::{Assertion, ByteSet, Node};
use super::bracket;
use super::syntax::{Error, Syntax};

/// The highest repetition count.
const REPEAT_MAX: u32 = 0x7fff;

/// How deep subexpressions may nest, which bounds the recursion of everything that walks a tree.
const NESTING_MAX: usize = 250;

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The tree.
    pub(super) node: Node,
    /// How many subexpressions it has.
    pub(super) groups: usize,
    /// Whether it refers back to one.
    pub(super) back_references: bool,
    /// The signs of repetitions at the start of branches, where the dialect counts them for conditions.
    pub(super) leading: Vec<u8>,
}

/// Parses a pattern.
pub(super) fn parse(pattern: &[u8], syntax: Syntax) -> Result<Parsed, Error> {
    let mut parser = Parser {
        pattern,
        syntax,
        at: 0,
        depth: 0,
        groups: 0,
        complete: 0,
        back_references: false,
        brace: None,
        leading: Vec::new(),
    };
    let node = parser.alternation()?;
    let Parser { groups, back_references, leading, .. } = parser;
    Ok(Parsed { node, groups, back_references, leading })
}

/// The tree of a text that stands for itself.
pub(super) fn literal(text: &[u8], ignore_case: bool) -> Node {
    let set = |byte: &u8| {
        let set = ByteSet::single(*byte);
        Node::Set(if ignore_case { set.fold_case() } else { set })
    };
    Node::Concat(text.iter().map(set).collect())
}

/// What stands at a place of the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    End,
    Literal(u8),
    Any,
    Bracket,
    Open,
    Close,
    Alternate,
    Star,
    Plus,
    Question,
    Interval,
    Assert(Assertion),
    BackReference(usize),
    Word(bool),
    Space(bool),
}

struct Parser<'a> {
    pattern: &'a [u8],
    syntax: Syntax,
    at: usize,
    depth: usize,
    groups: usize,
    /// One bit for each of the first nine subexpressions that has been closed.
    complete: u16,
    back_references: bool,
    /// Where an opening brace is text because no interval follows it.
    brace: Option<usize>,
    leading: Vec<u8>,
}

impl Parser<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.pattern.get(at).copied()
    }

    /// The token at the current place and its length. `leading` is whether a branch starts here.
    fn token(&self, leading: bool) -> Result<(Token, usize), Error> {
        self.token_at(self.at, leading)
    }

    fn token_at(&self, at: usize, leading: bool) -> Result<(Token, usize), Error> {
        let extended = self.syntax.extended;
        let Some(byte) = self.byte(at) else { return Ok((Token::End, 0)) };
        if byte == b'\\' {
            let next = self.byte(at + 1).ok_or(Error::TrailingBackslash)?;
            return Ok((self.escape(next), 2));
        }
        let token = match byte {
            b'.' => Token::Any,
            b'[' => Token::Bracket,
            b'*' => Token::Star,
            b'+' if extended => Token::Plus,
            b'?' if extended => Token::Question,
            b'{' if extended && self.brace != Some(at) => Token::Interval,
            b'(' if extended => Token::Open,
            b')' if extended => Token::Close,
            b'|' if extended => Token::Alternate,
            b'\n' if self.syntax.lax => Token::Alternate,
            b'^' if extended || leading => Token::Assert(Assertion::LineStart),
            b'$' if extended || self.ends_branch(at + 1) => Token::Assert(Assertion::LineEnd),
            byte => Token::Literal(byte),
        };
        Ok((token, 1))
    }

    /// Whether a branch of a basic expression ends at `at`.
    fn ends_branch(&self, at: usize) -> bool {
        matches!(self.token_at(at, false), Ok((Token::End | Token::Alternate | Token::Close, _)))
    }

    fn escape(&self, byte: u8) -> Token {
        let basic = !self.syntax.extended;
        match byte {
            b'(' if basic => Token::Open,
            b')' if basic => Token::Close,
            b'|' if basic => Token::Alternate,
            b'{' if basic => Token::Interval,
            b'+' if basic => Token::Plus,
            b'?' if basic => Token::Question,
            b'1'..=b'9' => Token::BackReference(usize::from(byte - b'0')),
            b'w' => Token::Word(true),
            b'W' => Token::Word(false),
            b's' => Token::Space(true),
            b'S' => Token::Space(false),
            b'<' => Token::Assert(Assertion::WordStart),
            b'>' => Token::Assert(Assertion::WordEnd),
            b'b' => Token::Assert(Assertion::WordBoundary),
            b'B' => Token::Assert(Assertion::NotWordBoundary),
            b'`' => Token::Assert(Assertion::TextStart),
            b'\'' => Token::Assert(Assertion::TextEnd),
            byte => Token::Literal(byte),
        }
    }

    fn alternation(&mut self) -> Result<Node, Error> {
        // A branch may refer to what was closed before the alternatives began, not to another branch.
        let before = self.complete;
        let mut branches = vec![self.branch()?];
        let mut complete = self.complete;
        while let (Token::Alternate, len) = self.token(false)? {
            self.at += len;
            self.complete = before;
            branches.push(self.branch()?);
            complete |= self.complete;
        }
        self.complete = complete;
        Ok(Node::one_of(branches))
    }

    fn branch(&mut self) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        let start = self.at;
        let counts = self.syntax.counts_conditions;
        // In a BRE such a sign is text where a branch begins.
        let (leads, mut begun) = (counts && self.syntax.extended, false);
        loop {
            match self.token(self.at == start)? {
                (Token::End | Token::Alternate, _) => break,
                (Token::Close, _) if self.depth > 0 => break,
                (token, _) if leads && !begun && is_repetition(token) => nodes.push(self.repeated(Node::Empty, true)?),
                (Token::Assert(assertion), len) if leads && !begun || counts && begun => {
                    self.at += len;
                    nodes.push(self.repeated(Node::Assert(assertion), !begun)?);
                }
                (token, len) => {
                    self.at += len;
                    nodes.push(self.piece(token)?);
                    begun = true;
                }
            }
        }
        Ok(Node::sequence(nodes))
    }

    /// A condition, or nothing, with the repetitions that count for it; whether it stands at a branch's start.
    fn repeated(&mut self, mut node: Node, leads: bool) -> Result<Node, Error> {
        loop {
            let (token, len) = self.token(false)?;
            if !is_repetition(token) {
                return Ok(node);
            }
            let start = self.at;
            self.at += len;
            let min = match token {
                Token::Plus => 1,
                Token::Interval => match self.interval()? {
                    Some((min, _)) => min,
                    None => {
                        (self.at, self.brace) = (start, Some(start));
                        return Ok(node);
                    }
                },
                _ => 0,
            };
            let extended = self.syntax.extended;
            if extended && token != Token::Interval && self.depth > 0 && self.token(false)?.0 == Token::Close {
                return Err(Error::UnmatchedParen);
            }
            if leads {
                self.leading.extend(self.byte(start));
            }
            if min == 0 {
                node = Node::Empty;
            }
        }
    }

    /// One atom with its repetitions, whose first token has been read.
    fn piece(&mut self, token: Token) -> Result<Node, Error> {
        let mut node = match token {
            Token::Assert(assertion) => return Ok(Node::Assert(assertion)),
            Token::Open => self.group()?,
            Token::Bracket => {
                let (set, len) =
                    bracket::parse(self.pattern.get(self.at..).unwrap_or_default(), self.syntax.ignore_case)?;
                let negated = self.byte(self.at) == Some(b'^');
                self.at += len;
                let mut set = self.fold(set, negated);
                if self.syntax.newline_sensitive && negated {
                    set.remove(b'\n');
                }
                Node::Set(set)
            }
            Token::Any => {
                let mut set = ByteSet::default().complement();
                if self.syntax.newline_sensitive {
                    set.remove(b'\n');
                }
                if !self.syntax.lax {
                    set.remove(0);
                }
                Node::Set(set)
            }
            Token::Word(yes) => Node::Set(ByteSet::of(|byte| is_word(byte) == yes)),
            Token::Space(yes) => Node::Set(ByteSet::of(|byte| matches!(byte, b' ' | 9..=13) == yes)),
            Token::BackReference(number) => {
                if self.complete & 1 << number == 0 {
                    return Err(Error::BackReference);
                }
                self.back_references = true;
                Node::BackReference(number)
            }
            Token::Star | Token::Plus | Token::Question | Token::Interval => {
                let strict = !self.syntax.lax && (self.syntax.extended || token == Token::Interval);
                if strict {
                    return Err(Error::Repetition);
                }
                if self.syntax.extended {
                    // A repetition of nothing is skipped, and with it nothing more than its sign; something has to follow.
                    return match self.token(false)? {
                        (Token::Close, _) if self.depth > 0 => Err(Error::Repetition),
                        _ => Ok(Node::Empty),
                    };
                }
                self.literal(self.byte(self.at.wrapping_sub(1)).unwrap_or_default())
            }
            Token::Close if !self.syntax.extended || self.syntax.strict_close => return Err(Error::UnmatchedClose),
            Token::Close => self.literal(b')'),
            Token::Literal(byte) => self.literal(byte),
            Token::Alternate | Token::End => Node::Empty,
        };
        let mut repeated = false;
        loop {
            let (token, len) = self.token(false)?;
            let strict = repeated && !self.syntax.lax && !self.syntax.extended;
            if strict && matches!(token, Token::Star | Token::Interval) {
                return Err(Error::Repetition);
            }
            let (min, max) = match token {
                Token::Star => (0, None),
                Token::Plus => (1, None),
                Token::Question => (0, Some(1)),
                Token::Interval => {
                    let start = self.at;
                    self.at += len;
                    let Some(range) = self.interval()? else {
                        (self.at, self.brace) = (start, Some(start));
                        return Ok(node);
                    };
                    range
                }
                _ => return Ok(node),
            };
            if token != Token::Interval {
                self.at += len;
            }
            repeated = true;
            node = Node::Repeat { node: Box::new(node), min, max };
        }
    }

    fn literal(&self, byte: u8) -> Node {
        Node::Set(self.fold(ByteSet::single(byte), false))
    }

    fn fold(&self, set: ByteSet, negated: bool) -> ByteSet {
        match (self.syntax.ignore_case, negated) {
            (false, _) => set,
            (true, false) => set.fold_case(),
            // A byte whose other case is excluded is excluded too.
            (true, true) => set.complement().fold_case().complement(),
        }
    }

    fn group(&mut self) -> Result<Node, Error> {
        self.groups += 1;
        let number = self.groups;
        if self.depth == NESTING_MAX {
            return Err(Error::Memory);
        }
        self.depth += 1;
        let node = self.alternation()?;
        let (Token::Close, len) = self.token(false)? else { return Err(Error::UnmatchedParen) };
        self.at += len;
        self.depth -= 1;
        if number <= 9 {
            self.complete |= 1 << number;
        }
        Ok(Node::Group(Box::new(node), number))
    }

    /// The counts of an interval whose brace has been read; `None` when it is malformed and may be text.
    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, Error> {
        let (first, end) = self.count();
        let first = match (first, end) {
            (Count::None, CountEnd::Comma) => Count::Number(0),
            (Count::None, CountEnd::Close) => return Err(Error::Interval),
            (first, _) => first,
        };
        let (last, end) = match end {
            CountEnd::Close => (first, end),
            CountEnd::Comma => self.count(),
            CountEnd::Pattern => (Count::Bad, end),
        };
        let (min, max) = match (first, last) {
            (Count::Number(min), Count::Number(max)) if end != CountEnd::Pattern => (min, Some(max)),
            (Count::Number(min), Count::None) if end != CountEnd::Pattern => (min, None),
            _ if self.syntax.lax && self.syntax.extended => return Ok(None),
            _ if end == CountEnd::Pattern => return Err(Error::UnmatchedBrace),
            _ => return Err(Error::Interval),
        };
        if end != CountEnd::Close || max.is_some_and(|max| min > max) {
            return Err(Error::Interval);
        }
        if max.unwrap_or(min) > REPEAT_MAX {
            return Err(Error::TooBig);
        }
        Ok(Some((min, max)))
    }

    /// Reads up to and with a comma or the closing brace.
    fn count(&mut self) -> (Count, CountEnd) {
        let mut count = Count::None;
        loop {
            let Some(byte) = self.byte(self.at) else { return (count, CountEnd::Pattern) };
            self.at += 1;
            count = match (byte, count) {
                (b',', count) => return (count, CountEnd::Comma),
                (b'}', count) if self.syntax.extended => return (count, CountEnd::Close),
                (b'\\', count) if !self.syntax.extended && self.byte(self.at) == Some(b'}') => {
                    self.at += 1;
                    return (count, CountEnd::Close);
                }
                (b'0'..=b'9', Count::None) => Count::Number(u32::from(byte - b'0')),
                (b'0'..=b'9', Count::Number(n)) => Count::Number((n * 10 + u32::from(byte - b'0')).min(REPEAT_MAX + 1)),
                _ => Count::Bad,
            };
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    None,
    Number(u32),
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CountEnd {
    Comma,
    Close,
    Pattern,
}

fn is_repetition(token: Token) -> bool {
    matches!(token, Token::Star | Token::Plus | Token::Question | Token::Interval)
}

/// Whether the byte is part of a word: a letter, a digit or an underscore.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

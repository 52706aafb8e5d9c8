//! POSIX regular expressions over bytes, in the C locale, with the GNU extensions.
//!
//! A match is the leftmost one and of those the longest. A pattern without back-references is searched
//! with a deterministic automaton that is built as it goes, in time linear in the text; what the
//! subexpressions matched is then found by a memoizing backtracker within the match. Only patterns with
//! back-references need a search that can take exponential time.

mod ast;
mod backtrack;
mod bracket;
mod dfa;
mod literal;
mod parser;
mod program;
mod scan;
mod syntax;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use memchr::memmem::Finder;

use ast::Node;
use backtrack::{Input, Room};
use dfa::Dfa;
use parser::Parsed;
use program::{Program, Side};
pub use scan::LineScan;
pub use syntax::{Error, Syntax};

/// How much work, as a multiple of the text's length, a search may spend on trying one start after the
/// other before it turns to the method that is linear in any case.
const TRIES: usize = 8;

/// A compiled regular expression.
#[derive(Debug)]
pub struct Regex {
    syntax: Syntax,
    program: Program,
    finder: Option<Finder<'static>>,
    /// Whether the literal is all there is to match.
    exact: bool,
    /// What every match contains when it is brought to lower case.
    folded: Vec<u8>,
    automata: RefCell<Automata>,
    /// Where subexpressions are worked out.
    room: RefCell<Room>,
}

#[derive(Debug)]
struct Automata {
    anywhere: Dfa,
    here: Dfa,
}

/// What is known of a pattern once it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Whether it refers back to a subexpression.
    pub back_references: bool,
    /// How many subexpressions it has.
    pub groups: usize,
    /// The signs of repetitions at the start of branches, where the dialect counts them for conditions.
    pub leading_repetitions: Vec<u8>,
}

/// A match: start and end in bytes.
pub type Span = (usize, usize);

/// What a match and its subexpressions cover; number 0 is the whole.
pub type Captures = Vec<Option<Span>>;

impl Regex {
    /// Compiles a pattern.
    /// # Errors
    /// The pattern breaks a rule of its dialect.
    pub fn new(pattern: &[u8], syntax: Syntax) -> Result<Self, Error> {
        Self::from_parsed(&parser::parse(pattern, syntax)?, syntax)
    }

    /// Reads a pattern without compiling it.
    /// # Errors
    /// The pattern breaks a rule of its dialect.
    pub fn outline(pattern: &[u8], syntax: Syntax) -> Result<Outline, Error> {
        let Parsed { groups, back_references, leading, .. } = parser::parse(pattern, syntax)?;
        Ok(Outline { back_references, groups, leading_repetitions: leading })
    }

    /// The expression that matches this text.
    /// # Errors
    /// The text is too long.
    pub fn literal(text: &[u8], ignore_case: bool) -> Result<Self, Error> {
        Self::any_literal(&[text], ignore_case)
    }

    /// The expression that matches any of these texts.
    /// # Errors
    /// The texts are too long.
    pub fn any_literal(texts: &[&[u8]], ignore_case: bool) -> Result<Self, Error> {
        let nodes = texts.iter().map(|text| parser::literal(text, ignore_case)).collect();
        let parsed = Parsed { node: Node::one_of(nodes), groups: 0, back_references: false, leading: Vec::new() };
        Self::from_parsed(&parsed, Syntax { ignore_case, ..Syntax::BASIC })
    }

    /// The expression that matches where any of these does, without its subexpressions; `None` when one
    /// of them refers back.
    /// # Errors
    /// One of the patterns breaks a rule of its dialect.
    pub fn any(patterns: &[&[u8]], syntax: Syntax) -> Result<Option<Self>, Error> {
        let mut nodes = Vec::new();
        for pattern in patterns {
            let parsed = parser::parse(pattern, syntax)?;
            if parsed.back_references {
                return Ok(None);
            }
            nodes.push(parsed.node);
        }
        let parsed = Parsed { node: Node::one_of(nodes), groups: 0, back_references: false, leading: Vec::new() };
        Self::from_parsed(&parsed, syntax).map(Some)
    }

    fn from_parsed(parsed: &Parsed, syntax: Syntax) -> Result<Self, Error> {
        let program = program::compile(parsed)?;
        let literal = literal::required(&parsed.node);
        let automata = Automata {
            anywhere: Dfa::new(&program, syntax.multi_line, false),
            here: Dfa::new(&program, syntax.multi_line, true),
        };
        Ok(Self {
            syntax,
            exact: literal.exact,
            folded: literal::required_folded(&parsed.node),
            finder: (!literal.bytes.is_empty()).then(|| Finder::new(&literal.bytes).into_owned()),
            program,
            automata: RefCell::new(automata),
            room: RefCell::default(),
        })
    }

    /// How many subexpressions the pattern has.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.program.capture_slots / 2 - 1
    }

    /// The text that every match contains; empty when there is none known.
    #[must_use]
    pub fn required_literal(&self) -> &[u8] {
        self.finder.as_ref().map(Finder::needle).unwrap_or_default()
    }

    /// Whether the pattern matches its required literal, wherever it stands, and nothing else.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.exact
    }

    /// The text in lower case that every match contains when it is brought to lower case; empty when there is none known.
    #[must_use]
    pub fn required_folded(&self) -> &[u8] {
        &self.folded
    }

    /// Whether [`Self::first_matching_line`] can be asked.
    #[must_use]
    pub fn scans_lines(&self) -> bool {
        !self.program.back_references
    }

    /// A place in the first line of `text` that has a match, or might have one; lines end at `delimiter`. Many lines
    /// take less time so than one by one.
    #[must_use]
    pub fn first_matching_line(&self, text: &[u8], delimiter: u8) -> Option<usize> {
        let mut automata = self.automata.borrow_mut();
        // Where newlines end lines none is inside of one.
        let multi_line = self.syntax.multi_line && delimiter != b'\n';
        let dfa = if self.program.anchored && !multi_line { &mut automata.here } else { &mut automata.anywhere };
        dfa.first_matching_line(&self.program, text, delimiter, self.syntax.multi_line)
    }

    /// Whether the text has a match.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        if self.program.back_references {
            return self.find(text).is_some();
        }
        let Some(skipped) = self.prefilter(text, 0) else { return false };
        skipped || self.earliest_end(self.input(text, false), 0).is_some()
    }

    /// The first match.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<Span> {
        self.find_at(text, 0, false)
    }

    /// The first match from position `start` on. What stands before `start` counts for conditions; with
    /// `continued` the text's own start is not the start of a line (`REG_NOTBOL`).
    #[must_use]
    pub fn find_at(&self, text: &[u8], start: usize, continued: bool) -> Option<Span> {
        let tail = text.get(start..)?;
        if self.exact {
            let finder = self.finder.as_ref()?;
            return finder.find(tail).map(|at| (start + at, start + at + finder.needle().len()));
        }
        self.prefilter(text, start)?;
        let input = self.input(text, continued);
        if self.program.back_references {
            return self.search_back(input, start)?.first().copied().flatten();
        }
        let last = self.earliest_end(input, start)?;
        self.longest(input, start, last)
    }

    /// The first match from position `start` on with its subexpressions; see [`Self::find_at`].
    #[must_use]
    pub fn captures_at(&self, text: &[u8], start: usize, continued: bool) -> Option<Captures> {
        let mut captures = Captures::new();
        self.captures_into(text, start, continued, &mut captures).then_some(captures)
    }

    /// As [`Self::captures_at`], into a vector that is there already; whether there is a match.
    pub fn captures_into(&self, text: &[u8], start: usize, continued: bool, captures: &mut Captures) -> bool {
        captures.clear();
        let input = self.input(text, continued);
        if self.program.back_references {
            let found = self.prefilter(text, start).and_then(|_| self.search_back(input, start));
            captures.extend(found.iter().flatten());
            return found.is_some();
        }
        let Some((from, to)) = self.find_at(text, start, continued) else { return false };
        if self.groups() == 0 {
            captures.push(Some((from, to)));
        } else {
            let mut room = self.room.borrow_mut();
            put_spans(backtrack::captures(&self.program, input, from, to, &mut room), captures);
        }
        true
    }

    /// `None` when there cannot be a match from `start` on, `Some(true)` when there is one for certain.
    fn prefilter(&self, text: &[u8], start: usize) -> Option<bool> {
        match &self.finder {
            None => Some(false),
            Some(finder) => finder.find(text.get(start..)?).map(|_| self.exact),
        }
    }

    fn input<'a>(&self, text: &'a [u8], continued: bool) -> Input<'a> {
        Input {
            text,
            before: Side(Side::TEXT | if continued { 0 } else { Side::LINE }),
            multi_line: self.syntax.multi_line,
            ignore_case: self.syntax.ignore_case,
        }
    }

    /// Where the match that ends first ends: a later start cannot be the leftmost.
    fn earliest_end(&self, input: Input<'_>, start: usize) -> Option<usize> {
        let mut automata = self.automata.borrow_mut();
        if self.program.anchored && !input.multi_line {
            return automata.here.run(&self.program, input.text, start, input.left(start), false, true);
        }
        automata.anywhere.run(&self.program, input.text, start, input.left(start), input.multi_line, true)
    }

    /// The leftmost and longest match that begins between `start` and `last`, where one is known to.
    fn longest(&self, input: Input<'_>, start: usize, last: usize) -> Option<Span> {
        let mut automata = self.automata.borrow_mut();
        let mut end = |from: usize| {
            let found = automata.here.run(&self.program, input.text, from, input.left(from), input.multi_line, false);
            (found, automata.here.stopped() - from)
        };
        let budget = (last - start + 1).saturating_mul(TRIES).saturating_add(1024);
        let mut spent = 0;
        for from in start..=last {
            if let (Some(first), Some(byte)) = (&self.program.first, input.text.get(from)) {
                if !first.contains(*byte) {
                    continue;
                }
            }
            let (found, read) = end(from);
            if let Some(to) = found {
                return Some((from, to));
            }
            spent += read;
            if spent > budget {
                let from = backtrack::leftmost(&self.program, input, from, last)?;
                return end(from).0.map(|to| (from, to));
            }
        }
        None
    }

    fn search_back(&self, input: Input<'_>, start: usize) -> Option<Captures> {
        for from in start..=input.text.len() {
            if let (Some(first), byte) = (&self.program.first, input.text.get(from)) {
                if !byte.is_some_and(|byte| first.contains(*byte)) {
                    continue;
                }
            }
            if let Some(slots) = backtrack::longest_at(&self.program, input, from) {
                return Some(spans(&slots));
            }
        }
        None
    }
}

fn spans(slots: &[backtrack::Slot]) -> Captures {
    let mut captures = Captures::new();
    put_spans(slots, &mut captures);
    captures
}

fn put_spans(slots: &[backtrack::Slot], captures: &mut Captures) {
    captures.extend(slots.chunks_exact(2).map(|pair| match pair {
        [Some(start), Some(end)] => Some((*start, *end)),
        _ => None,
    }));
}

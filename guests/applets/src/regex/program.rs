//! From the tree of a pattern to instructions of a nondeterministic automaton.

use super::ast::{Assertion, ByteSet, Node};
use super::parser::{Parsed, is_word};
use super::syntax::Error;

/// How many instructions a program may have.
const SIZE_MAX: usize = 1 << 20;

/// The place of an instruction.
pub(super) type Pc = u32;

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inst {
    /// The match is complete.
    Match,
    /// Takes one byte of the set with this number.
    Set { set: u32, next: Pc },
    /// Goes on at `first`, or else at `second`.
    Split { first: Pc, second: Pc },
    /// Goes on where the condition holds.
    Assert { assertion: Assertion, next: Pc },
    /// Notes the position in a slot.
    Save { slot: u32, next: Pc },
    /// Goes on at `next` when the position has moved since `slot` was noted, at `exit` when not.
    Progress { slot: u32, next: Pc, exit: Pc },
    /// Takes what the subexpression has matched.
    BackReference { group: u32, next: Pc },
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    /// The instructions.
    pub(super) insts: Vec<Inst>,
    /// The byte sets that they name.
    pub(super) sets: Vec<ByteSet>,
    /// Where it begins.
    pub(super) start: Pc,
    /// How many slots the captures take: two for each subexpression and two for the whole.
    pub(super) capture_slots: usize,
    /// How many slots there are in all.
    pub(super) slots: usize,
    /// Whether it refers back.
    pub(super) back_references: bool,
    /// Whether any condition looks at words.
    pub(super) looks_at_words: bool,
    /// Whether any condition looks at lines.
    pub(super) looks_at_lines: bool,
    /// Whether there is any condition.
    pub(super) has_assertions: bool,
    /// The bytes that a match can begin with; `None` when it can be empty.
    pub(super) first: Option<ByteSet>,
    /// Whether every match begins at a line's or the text's start.
    pub(super) anchored: bool,
}

/// Compiles a parsed pattern.
pub(super) fn compile(parsed: &Parsed) -> Result<Program, Error> {
    let capture_slots = (parsed.groups + 1) * 2;
    let mut compiler = Compiler {
        insts: vec![Inst::Match],
        sets: Vec::new(),
        slots: capture_slots,
        back_references: parsed.back_references,
    };
    let start = compiler.node(&parsed.node, 0)?;
    let any = |test: fn(Assertion) -> bool| {
        compiler.insts.iter().any(|inst| matches!(inst, Inst::Assert { assertion, .. } if test(*assertion)))
    };
    Ok(Program {
        start,
        capture_slots,
        slots: compiler.slots,
        back_references: parsed.back_references,
        looks_at_words: any(|assertion| {
            matches!(
                assertion,
                Assertion::WordStart | Assertion::WordEnd | Assertion::WordBoundary | Assertion::NotWordBoundary
            )
        }),
        looks_at_lines: any(|assertion| matches!(assertion, Assertion::LineStart | Assertion::LineEnd)),
        has_assertions: any(|_| true),
        first: first_bytes(&compiler.insts, &compiler.sets, start),
        anchored: is_anchored(&parsed.node),
        insts: compiler.insts,
        sets: compiler.sets,
    })
}

struct Compiler {
    insts: Vec<Inst>,
    sets: Vec<ByteSet>,
    slots: usize,
    back_references: bool,
}

impl Compiler {
    fn push(&mut self, inst: Inst) -> Result<Pc, Error> {
        if self.insts.len() >= SIZE_MAX {
            return Err(Error::Memory);
        }
        self.insts.push(inst);
        Ok((self.insts.len() - 1) as Pc)
    }

    /// Compiles `node` to go on at `next`; returns where it begins.
    fn node(&mut self, node: &Node, next: Pc) -> Result<Pc, Error> {
        match node {
            Node::Empty => Ok(next),
            Node::Set(set) => {
                let set = self.set(*set);
                self.push(Inst::Set { set, next })
            }
            Node::Assert(assertion) => self.push(Inst::Assert { assertion: *assertion, next }),
            Node::Concat(nodes) => nodes.iter().rev().try_fold(next, |next, node| self.node(node, next)),
            Node::Alternate(nodes) => {
                let mut branches = nodes.iter().rev();
                let mut entry = match branches.next() {
                    Some(last) => self.node(last, next)?,
                    None => next,
                };
                for branch in branches {
                    let first = self.node(branch, next)?;
                    entry = self.push(Inst::Split { first, second: entry })?;
                }
                Ok(entry)
            }
            Node::Group(node, number) => {
                let slot = (number * 2) as u32;
                let end = self.push(Inst::Save { slot: slot + 1, next })?;
                let body = self.node(node, end)?;
                self.push(Inst::Save { slot, next: body })
            }
            Node::BackReference(number) => self.push(Inst::BackReference { group: *number as u32, next }),
            Node::Repeat { node, min, max } => self.repeat(node, *min, *max, next),
        }
    }

    fn set(&mut self, set: ByteSet) -> u32 {
        // Long literals have few distinct bytes, so a search from the end finds most.
        let known = self.sets.iter().rposition(|known| *known == set);
        known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        }) as u32
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, next: Pc) -> Result<Pc, Error> {
        let mut entry = next;
        match max {
            None => entry = self.star(node, next)?,
            Some(max) => {
                for _ in min..max {
                    let first = self.node(node, entry)?;
                    entry = self.push(Inst::Split { first, second: next })?;
                }
            }
        }
        for _ in 0..min {
            let before = self.insts.len();
            entry = self.node(node, entry)?;
            if self.insts.len() == before {
                break;
            }
        }
        Ok(entry)
    }

    fn star(&mut self, node: &Node, next: Pc) -> Result<Pc, Error> {
        let split = self.push(Inst::Split { first: next, second: next })?;
        let first = if self.back_references && node.is_nullable() {
            // The backtracking matcher must not go round without taking anything.
            let slot = self.slots as u32;
            self.slots += 1;
            let progress = self.push(Inst::Progress { slot, next: split, exit: next })?;
            let body = self.node(node, progress)?;
            self.push(Inst::Save { slot, next: body })?
        } else {
            self.node(node, split)?
        };
        if let Some(inst) = self.insts.get_mut(split as usize) {
            *inst = Inst::Split { first, second: next };
        }
        Ok(split)
    }
}

/// The instruction at `pc`; a place that does not exist never matches anything more.
pub(super) fn inst(insts: &[Inst], pc: Pc) -> Inst {
    insts.get(pc as usize).copied().unwrap_or(Inst::Match)
}

/// The bytes that a match can begin with, whatever the conditions; `None` when a match can be empty.
fn first_bytes(insts: &[Inst], sets: &[ByteSet], start: Pc) -> Option<ByteSet> {
    let (mut first, mut stack, mut seen) = (ByteSet::default(), vec![start], vec![false; insts.len()]);
    while let Some(pc) = stack.pop() {
        if core::mem::replace(seen.get_mut(pc as usize)?, true) {
            continue;
        }
        match inst(insts, pc) {
            Inst::Match | Inst::BackReference { .. } => return None,
            Inst::Set { set, .. } => first.union(*sets.get(set as usize)?),
            Inst::Split { first, second } => stack.extend([first, second]),
            Inst::Assert { next, .. } | Inst::Save { next, .. } => stack.push(next),
            Inst::Progress { next, exit, .. } => stack.extend([next, exit]),
        }
    }
    Some(first)
}

fn is_anchored(node: &Node) -> bool {
    match node {
        Node::Assert(Assertion::LineStart | Assertion::TextStart) => true,
        Node::Concat(nodes) => nodes.first().is_some_and(is_anchored),
        Node::Alternate(nodes) => nodes.iter().all(is_anchored),
        Node::Group(node, _) => is_anchored(node),
        Node::Repeat { node, min, .. } => *min > 0 && is_anchored(node),
        _ => false,
    }
}

/// What stands before or behind a place: flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Side(pub(super) u8);

impl Side {
    /// A word's byte.
    pub(super) const WORD: u8 = 1;
    /// The edge of a line: `^` or `$` holds.
    pub(super) const LINE: u8 = 2;
    /// The edge of the text.
    pub(super) const TEXT: u8 = 4;

    /// The flags of a byte beside the place.
    pub(super) fn of(byte: u8, multi_line: bool) -> Self {
        let word = if is_word(byte) { Self::WORD } else { 0 };
        Self(word | if multi_line && byte == b'\n' { Self::LINE } else { 0 })
    }

    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// Whether the condition holds between `before` and `behind`.
pub(super) fn holds(assertion: Assertion, before: Side, behind: Side) -> bool {
    let (left, right) = (before.has(Side::WORD), behind.has(Side::WORD));
    match assertion {
        Assertion::LineStart => before.has(Side::LINE),
        Assertion::LineEnd => behind.has(Side::LINE),
        Assertion::TextStart => before.has(Side::TEXT),
        Assertion::TextEnd => behind.has(Side::TEXT),
        Assertion::WordStart => !left && right,
        Assertion::WordEnd => left && !right,
        Assertion::WordBoundary => left != right,
        Assertion::NotWordBoundary => left == right,
    }
}

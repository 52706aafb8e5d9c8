//! A backtracking matcher: finds what the subexpressions matched, and does back-references.

use super::program::{Inst, Pc, Program, Side, holds, inst};

/// A position, or none.
pub(super) type Slot = Option<usize>;

/// A text and where in it to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    /// The whole text.
    pub(super) text: &'a [u8],
    /// What stands before the text.
    pub(super) before: Side,
    /// Whether newlines inside are the edges of lines.
    pub(super) multi_line: bool,
    /// Whether letters match both cases in a back-reference.
    pub(super) ignore_case: bool,
}

impl Input<'_> {
    /// What stands before position `at`.
    pub(super) fn left(&self, at: usize) -> Side {
        match at.checked_sub(1).and_then(|at| self.text.get(at)) {
            Some(byte) => Side::of(*byte, self.multi_line),
            None => self.before,
        }
    }

    /// What stands behind position `at`.
    pub(super) fn right(&self, at: usize) -> Side {
        match self.text.get(at) {
            Some(byte) => Side::of(*byte, self.multi_line),
            None => Side(Side::LINE | Side::TEXT),
        }
    }
}

/// How many steps of a computation a choice counts as.
const STEPS: u32 = 4;

/// Room for the work of [`captures`], kept from one call to the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    slots: Vec<Slot>,
    stack: Vec<Job>,
    visited: Vec<u64>,
}

#[derive(Debug)]
enum Job {
    Visit(Pc, usize),
    Restore(usize, Slot),
}

/// The places already tried, for programs whose outcome at a place does not depend on how it was reached.
struct Visited {
    bits: Vec<u64>,
    from: usize,
    width: usize,
}

impl Visited {
    fn new(program: &Program, from: usize, to: usize) -> Self {
        Self::within(Vec::new(), program, from, to)
    }

    /// As [`Self::new`], in a vector that is there already.
    fn within(mut bits: Vec<u64>, program: &Program, from: usize, to: usize) -> Self {
        let width = to - from + 1;
        bits.clear();
        bits.resize((program.insts.len() * width).div_ceil(64), 0);
        Self { bits, from, width }
    }

    /// Notes the place; whether it is new.
    fn insert(&mut self, pc: Pc, at: usize) -> bool {
        let bit = pc as usize * self.width + (at - self.from);
        let Some(word) = self.bits.get_mut(bit / 64) else { return false };
        let new = *word >> (bit % 64) & 1 == 0;
        *word |= 1 << (bit % 64);
        new
    }
}

/// What the subexpressions match when the whole matches from `start` to `end`. No back-references.
pub(super) fn captures<'a>(
    program: &Program,
    input: Input<'_>,
    start: usize,
    end: usize,
    room: &'a mut Room,
) -> &'a [Slot] {
    let mut visited = Visited::within(core::mem::take(&mut room.visited), program, start, end);
    let Room { slots, stack, .. } = room;
    slots.clear();
    slots.resize(program.slots, None);
    stack.clear();
    stack.push(Job::Visit(program.start, start));
    'jobs: while let Some(job) = stack.pop() {
        let (mut pc, mut at) = match job {
            Job::Visit(pc, at) => (pc, at),
            Job::Restore(slot, old) => {
                set(slots, slot, old);
                continue;
            }
        };
        while visited.insert(pc, at) {
            match inst(&program.insts, pc) {
                Inst::Match if at == end => {
                    set(slots, 0, Some(start));
                    set(slots, 1, Some(end));
                    break 'jobs;
                }
                Inst::Match | Inst::BackReference { .. } => break,
                Inst::Set { set, next } => {
                    if at == end || !takes(program, set, input.text, at) {
                        break;
                    }
                    (pc, at) = (next, at + 1);
                }
                Inst::Split { first, second } => {
                    stack.push(Job::Visit(second, at));
                    pc = first;
                }
                Inst::Assert { assertion, next } => {
                    if !holds(assertion, input.left(at), input.right(at)) {
                        break;
                    }
                    pc = next;
                }
                Inst::Save { slot, next } => {
                    let slot = slot as usize;
                    stack.push(Job::Restore(slot, slots.get(slot).copied().flatten()));
                    set(slots, slot, Some(at));
                    pc = next;
                }
                Inst::Progress { next, .. } => pc = next,
            }
        }
    }
    room.visited = visited.bits;
    room.slots.get(..program.capture_slots).unwrap_or_default()
}

/// The first position from `from` to `last` at which a match begins. No back-references.
pub(super) fn leftmost(program: &Program, input: Input<'_>, from: usize, last: usize) -> Option<usize> {
    let mut visited = Visited::new(program, from, input.text.len());
    for start in from..=last {
        let mut stack = vec![(program.start, start)];
        while let Some((mut pc, mut at)) = stack.pop() {
            while visited.insert(pc, at) {
                match inst(&program.insts, pc) {
                    Inst::Match => return Some(start),
                    Inst::BackReference { .. } => break,
                    Inst::Set { set, next } => {
                        if !takes(program, set, input.text, at) {
                            break;
                        }
                        (pc, at) = (next, at + 1);
                    }
                    Inst::Split { first, second } => {
                        stack.push((second, at));
                        pc = first;
                    }
                    Inst::Assert { assertion, next } => {
                        if !holds(assertion, input.left(at), input.right(at)) {
                            break;
                        }
                        pc = next;
                    }
                    Inst::Save { next, .. } | Inst::Progress { next, .. } => pc = next,
                }
            }
        }
    }
    None
}

/// The longest match that begins at `start`, with back-references; of equally long ones the first by the
/// order of alternatives. Takes exponential time in the worst case.
pub(super) fn longest_at(program: &Program, input: Input<'_>, start: usize) -> Option<Vec<Slot>> {
    let mut slots: Vec<Slot> = vec![None; program.slots];
    let mut best: Option<(usize, Vec<Slot>)> = None;
    let mut stack = vec![Job::Visit(program.start, start)];
    'jobs: while let Some(job) = stack.pop() {
        wcr_sys::pace::steps(STEPS);
        let (mut pc, mut at) = match job {
            Job::Visit(pc, at) => (pc, at),
            Job::Restore(slot, old) => {
                set(&mut slots, slot, old);
                continue;
            }
        };
        loop {
            match inst(&program.insts, pc) {
                Inst::Match => {
                    if best.as_ref().is_none_or(|(end, _)| *end < at) {
                        best = Some((at, slots.clone()));
                    }
                    if at == input.text.len() {
                        break 'jobs;
                    }
                    break;
                }
                Inst::Set { set, next } => {
                    if !takes(program, set, input.text, at) {
                        break;
                    }
                    (pc, at) = (next, at + 1);
                }
                Inst::Split { first, second } => {
                    stack.push(Job::Visit(second, at));
                    pc = first;
                }
                Inst::Assert { assertion, next } => {
                    if !holds(assertion, input.left(at), input.right(at)) {
                        break;
                    }
                    pc = next;
                }
                Inst::Save { slot, next } => {
                    let slot = slot as usize;
                    stack.push(Job::Restore(slot, slots.get(slot).copied().flatten()));
                    set(&mut slots, slot, Some(at));
                    pc = next;
                }
                Inst::Progress { slot, next, exit } => {
                    let moved = slots.get(slot as usize).copied().flatten() != Some(at);
                    pc = if moved { next } else { exit };
                }
                Inst::BackReference { group, next } => {
                    let Some(end) = refer(&slots, group as usize, input, at) else { break };
                    (pc, at) = (next, end);
                }
            }
        }
    }
    let (end, mut slots) = best?;
    set(&mut slots, 0, Some(start));
    set(&mut slots, 1, Some(end));
    slots.truncate(program.capture_slots);
    Some(slots)
}

/// Where a repetition of what `group` matched ends when it stands at `at`.
fn refer(slots: &[Slot], group: usize, input: Input<'_>, at: usize) -> Option<usize> {
    let (start, end) = ((*slots.get(group * 2)?)?, (*slots.get(group * 2 + 1)?)?);
    let wanted = input.text.get(start..end)?;
    let given = input.text.get(at..at + wanted.len())?;
    let same = if input.ignore_case { wanted.eq_ignore_ascii_case(given) } else { wanted == given };
    same.then_some(at + wanted.len())
}

fn takes(program: &Program, set: u32, text: &[u8], at: usize) -> bool {
    match (program.sets.get(set as usize), text.get(at)) {
        (Some(set), Some(byte)) => set.contains(*byte),
        _ => false,
    }
}

fn set(slots: &mut [Slot], slot: usize, value: Slot) {
    if let Some(place) = slots.get_mut(slot) {
        *place = value;
    }
}

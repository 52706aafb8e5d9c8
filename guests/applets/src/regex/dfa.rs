//! A deterministic automaton that is built while it runs: each state is a set of the program's places.
//!
//! A match is noticed one byte late, when what stands behind it is known, so that conditions such as `$`
//! and `\>` need no other treatment than everything else.

use std::collections::BTreeMap;

use super::ast::ByteSet;
use super::program::{Inst, Pc, Program, Side, holds, inst};

/// How many entries the transition table may have before it is thrown away and begun anew.
const TABLE_MAX: usize = 1 << 20;

/// The bit of a transition that says: a match ended before the byte just taken.
const MATCHED: u32 = 1 << 31;

/// What stands at both ends of a line.
const EDGE: Side = Side(Side::LINE | Side::TEXT);

/// How many pieces of a text are gone through at once, and how much they are together, about.
const LANES: usize = 4;
const WINDOW: usize = 4 << 10;

/// A transition that has not been worked out.
const UNKNOWN: u32 = 0;

/// What a state is made of: what stands before the place, then the program's places in order.
type Key = (Side, Box<[Pc]>);

/// The automaton, of which there are two kinds: one tries a match at every place, one only at the start.
#[derive(Debug)]
pub(super) struct Dfa {
    anchored: bool,
    /// For each byte the number of its class; bytes of one class are never told apart.
    classes: [u8; 256],
    /// A byte of each class.
    samples: Vec<u8>,
    /// Transitions a state: one a class and one for the end of the text.
    stride: usize,
    table: Vec<u32>,
    keys: Vec<Key>,
    ids: BTreeMap<Key, u32>,
    /// The start state after each kind of left side, and the one that was asked for last.
    starts: BTreeMap<Side, u32>,
    last_start: Option<(Side, u32)>,
    /// For each byte the number of its class where one of them ends a line: that one's is the end's.
    line_classes: Option<(u8, [u8; 256])>,
    seen: Vec<u32>,
    generation: u32,
    /// Where the last run stopped reading.
    stopped: usize,
}

impl Dfa {
    /// An automaton for the program.
    pub(super) fn new(program: &Program, multi_line: bool, anchored: bool) -> Self {
        let (classes, samples) = byte_classes(program, multi_line);
        let mut dfa = Self {
            anchored,
            classes,
            stride: samples.len() + 1,
            samples,
            table: Vec::new(),
            keys: Vec::new(),
            ids: BTreeMap::new(),
            starts: BTreeMap::new(),
            last_start: None,
            line_classes: None,
            seen: vec![0; program.insts.len()],
            generation: 0,
            stopped: 0,
        };
        dfa.clear();
        dfa
    }

    /// Where the last run stopped reading.
    pub(super) fn stopped(&self) -> usize {
        self.stopped
    }

    fn clear(&mut self) {
        self.table.clear();
        self.keys.clear();
        self.ids.clear();
        self.starts.clear();
        self.last_start = None;
        // State 0 means "not worked out", state 1 is the one that nothing leaves.
        self.table.resize(self.stride * 2, self.dead());
        let nothing = (Side::default(), Box::default());
        self.keys.extend([nothing.clone(), nothing.clone()]);
        self.ids.insert(nothing, self.dead());
    }

    fn dead(&self) -> u32 {
        self.stride as u32
    }

    /// The end of a match in `text` that begins at `start` or, in the unanchored kind, anywhere from there:
    /// the longest one, or the first to end with `earliest`.
    pub(super) fn run(
        &mut self,
        program: &Program,
        text: &[u8],
        start: usize,
        before: Side,
        multi_line: bool,
        earliest: bool,
    ) -> Option<usize> {
        let mut state = self.start(program, before);
        let mut found = None;
        let first_live = self.dead() + 1;
        let mut at = start;
        let bytes = text.get(start..)?;
        for byte in bytes {
            let class = usize::from(self.classes[usize::from(*byte)]);
            let mut to = self.table.get(state as usize + class).copied().unwrap_or(UNKNOWN);
            if to.wrapping_sub(first_live) >= MATCHED - first_live {
                if to == UNKNOWN {
                    to = self.step(program, state, class, multi_line);
                }
                if to & MATCHED != 0 {
                    found = Some(at);
                    if earliest {
                        self.stopped = at;
                        return found;
                    }
                    to &= !MATCHED;
                }
                if to == self.dead() {
                    self.stopped = at;
                    return found;
                }
            }
            state = to;
            at += 1;
        }
        self.stopped = at;
        let end = self.samples.len();
        let mut to = self.table.get(state as usize + end).copied().unwrap_or(UNKNOWN);
        if to == UNKNOWN {
            to = self.step(program, state, end, multi_line);
        }
        if to & MATCHED != 0 { Some(text.len()) } else { found }
    }

    /// A place in the first line that has a match; lines end at `delimiter`, which no condition looks at.
    pub(super) fn first_matching_line(
        &mut self,
        program: &Program,
        text: &[u8],
        delimiter: u8,
        multi_line: bool,
    ) -> Option<usize> {
        let end = self.samples.len();
        // With a class for each byte the end's number is too large: then any line may match.
        let Ok(end_class) = u8::try_from(end) else { return Some(0) };
        let classes = match self.line_classes {
            Some((byte, classes)) if byte == delimiter => classes,
            _ => {
                let mut classes = self.classes;
                classes[usize::from(delimiter)] = end_class;
                self.line_classes.insert((delimiter, classes)).1
            }
        };
        let first_live = self.dead() + 1;
        let mut state = self.start(program, EDGE);
        let mut at = 0;
        let mut window_end = 0;
        while let Some(byte) = text.get(at) {
            if at >= window_end && state == self.start(program, EDGE) {
                let rest = text.get(at..).unwrap_or_default();
                let quiet = self.quiet(state, &classes, rest, delimiter);
                if quiet > 0 {
                    at += quiet;
                    continue;
                }
                window_end = at + WINDOW;
            }
            let class = usize::from(classes[usize::from(*byte)]);
            let mut to = self.table.get(state as usize + class).copied().unwrap_or(UNKNOWN);
            if to.wrapping_sub(first_live) >= MATCHED - first_live {
                if to == UNKNOWN {
                    to = self.step(program, state, class, multi_line);
                }
                if to & MATCHED != 0 {
                    return Some(at);
                }
                if to == self.dead() {
                    at += memchr::memchr(delimiter, text.get(at..)?)?;
                    to = self.start(program, EDGE);
                }
            }
            state = to;
            at += 1;
        }
        let mut to = self.table.get(state as usize + end).copied().unwrap_or(UNKNOWN);
        if to == UNKNOWN {
            to = self.step(program, state, end, multi_line);
        }
        (to & MATCHED != 0 && text.last() != Some(&delimiter)).then_some(text.len())
    }

    /// How many bytes at the start of `text` are lines without a match, all of whose transitions are known. Each step
    /// waits for the one before it, so four pieces of the text are gone through at once.
    fn quiet(&self, start: u32, classes: &[u8; 256], text: &[u8], delimiter: u8) -> usize {
        let mut ends = [0; LANES + 1];
        for lane in 0..LANES {
            let from = (ends[lane]).max(WINDOW / LANES * (lane + 1) - 1);
            let Some(end) = text.get(from..).and_then(|rest| memchr::memchr(delimiter, rest)) else { return 0 };
            ends[lane + 1] = from + end + 1;
        }
        let lanes: [&[u8]; LANES] =
            core::array::from_fn(|lane| text.get(ends[lane]..ends[lane + 1]).unwrap_or_default());
        let first_live = self.dead() + 1;
        let step = |state: u32, byte: u8| {
            let class = usize::from(classes[usize::from(byte)]);
            self.table.get(state as usize + class).copied().unwrap_or(UNKNOWN)
        };
        let is_plain = |to: u32| to.wrapping_sub(first_live) < MATCHED - first_live;
        let mut states = [start; LANES];
        let [one, two, three, four] = lanes;
        let mut together = 0;
        for (((one, two), three), four) in one.iter().zip(two).zip(three).zip(four) {
            states = [step(states[0], *one), step(states[1], *two), step(states[2], *three), step(states[3], *four)];
            if !states.into_iter().all(is_plain) {
                return 0;
            }
            together += 1;
        }
        for (state, lane) in states.iter_mut().zip(lanes) {
            for byte in lane.iter().skip(together) {
                *state = step(*state, *byte);
                if !is_plain(*state) {
                    return 0;
                }
            }
        }
        ends[LANES]
    }

    fn start(&mut self, program: &Program, before: Side) -> u32 {
        let before = relevant(program, before);
        match self.last_start {
            Some((side, id)) if side == before => return id,
            _ => {}
        }
        if let Some(id) = self.starts.get(&before) {
            self.last_start = Some((before, *id));
            return *id;
        }
        let mut places = Vec::new();
        self.generation += 1;
        self.close(program, program.start, None, &mut places);
        let id = self.intern(before, places);
        self.starts.insert(before, id);
        self.last_start = Some((before, id));
        id
    }

    /// The state for these places; the table grows when it is new.
    fn intern(&mut self, before: Side, mut places: Vec<Pc>) -> u32 {
        if places.is_empty() {
            return self.dead();
        }
        places.sort_unstable();
        let key = (before, places.into_boxed_slice());
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        if self.table.len() + self.stride > TABLE_MAX {
            self.clear();
        }
        let id = self.table.len() as u32;
        self.table.resize(self.table.len() + self.stride, UNKNOWN);
        self.keys.push(key.clone());
        self.ids.insert(key, id);
        id
    }

    /// Works out where `state` goes on a byte of `class`.
    fn step(&mut self, program: &Program, state: u32, class: usize, multi_line: bool) -> u32 {
        let Some((before, places)) = self.keys.get(state as usize / self.stride).cloned() else { return self.dead() };
        let sample = self.samples.get(class).copied();
        let behind = sample.map_or(EDGE, |byte| Side::of(byte, multi_line));
        let mut satisfied = Vec::new();
        self.generation += 1;
        for pc in places.iter() {
            self.close(program, *pc, Some((before, behind)), &mut satisfied);
        }
        let (mut matched, mut next) = (false, Vec::new());
        self.generation += 1;
        for pc in satisfied {
            match (inst(&program.insts, pc), sample) {
                (Inst::Match, _) => matched = true,
                (Inst::Set { set, next: after }, Some(byte))
                    if program.sets.get(set as usize).is_some_and(|set| set.contains(byte)) =>
                {
                    self.close(program, after, None, &mut next);
                }
                _ => {}
            }
        }
        if !self.anchored && sample.is_some() {
            self.close(program, program.start, None, &mut next);
        }
        let cleared = self.keys.len();
        // Behind a line's end the next line begins; the end of a text has nothing behind it.
        let to = match sample {
            Some(_) => self.intern(relevant(program, behind), next),
            None => self.start(program, EDGE),
        };
        let entry = to | if matched { MATCHED } else { 0 };
        // A table that was begun anew has no row for the old state.
        if self.keys.len() >= cleared {
            if let Some(slot) = self.table.get_mut(state as usize + class) {
                *slot = entry;
            }
        }
        entry
    }

    /// Adds what can be reached from `pc` without taking a byte. Conditions are places to stop at while
    /// what stands beside is unknown.
    fn close(&mut self, program: &Program, pc: Pc, sides: Option<(Side, Side)>, places: &mut Vec<Pc>) {
        let mut stack = vec![pc];
        while let Some(pc) = stack.pop() {
            let Some(seen) = self.seen.get_mut(pc as usize) else { continue };
            if core::mem::replace(seen, self.generation) == self.generation {
                continue;
            }
            match inst(&program.insts, pc) {
                Inst::Match | Inst::Set { .. } | Inst::BackReference { .. } => places.push(pc),
                Inst::Split { first, second } => stack.extend([second, first]),
                Inst::Save { next, .. } => stack.push(next),
                Inst::Progress { next, exit, .. } => stack.extend([exit, next]),
                Inst::Assert { assertion, next } => match sides {
                    None => places.push(pc),
                    Some((before, behind)) if holds(assertion, before, behind) => stack.push(next),
                    Some(_) => {}
                },
            }
        }
    }
}

/// The side without what no condition of the program looks at, which keeps the states few.
fn relevant(program: &Program, side: Side) -> Side {
    if !program.has_assertions {
        return Side::default();
    }
    Side(side.0 & if program.looks_at_words { 0xff } else { !Side::WORD })
}

/// Sorts the bytes into classes that the program cannot tell apart.
fn byte_classes(program: &Program, multi_line: bool) -> ([u8; 256], Vec<u8>) {
    let mut sets: Vec<ByteSet> = program.sets.clone();
    if program.looks_at_words {
        sets.push(ByteSet::of(super::parser::is_word));
    }
    if program.looks_at_lines && multi_line {
        sets.push(ByteSet::single(b'\n'));
    }
    // Refines one set at a time: bytes stay together when they were and the set agrees about them.
    let mut classes = [0u8; 256];
    let mut count = 1usize;
    for set in &sets {
        let mut split: BTreeMap<(u8, bool), u8> = BTreeMap::new();
        for byte in 0..=255u8 {
            let class = &mut classes[usize::from(byte)];
            let next = split.len() as u8;
            *class = *split.entry((*class, set.contains(byte))).or_insert(next);
        }
        count = split.len();
        if count == 256 {
            break;
        }
    }
    let mut samples = vec![None; count];
    for byte in 0..=255u8 {
        if let Some(sample) = samples.get_mut(usize::from(classes[usize::from(byte)])) {
            sample.get_or_insert(byte);
        }
    }
    (classes, samples.into_iter().flatten().collect())
}

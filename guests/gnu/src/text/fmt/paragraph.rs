//! How the words of a paragraph are spread over lines.
//!
//! Each way to break a paragraph has a cost, and the way that costs least is taken: lines should be as long as the goal
//! and as long as their neighbours, and end where a sentence or a part of one does. The weights are those by which the
//! lines come out as they do from coreutils 9.1.

/// A word and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub text: Vec<u8>,
    /// How many blanks follow.
    pub space: usize,
    /// Whether it begins with a parenthesis or a quote, ends with a mark, ends as a sentence does.
    opens: bool,
    mark: bool,
    pub period: bool,
    /// Whether a sentence ends here for sure.
    pub ends: bool,
    /// Of the best way to go on from a line that begins here: its cost, the length of that line, the start of the next.
    cost: i64,
    length: usize,
    pub next: usize,
}

impl Word {
    pub(super) fn new(text: &[u8]) -> Self {
        let closed = text.iter().rposition(|byte| !b")]'\"".contains(byte)).unwrap_or(0);
        Self {
            text: text.to_vec(),
            space: 0,
            opens: text.first().is_some_and(|byte| b"(['`\"".contains(byte)),
            mark: text.last().is_some_and(u8::is_ascii_punctuation),
            period: text.get(closed).is_some_and(|byte| b".?!".contains(byte)),
            ends: false,
            cost: 0,
            length: 0,
            next: 0,
        }
    }
}

const fn square(n: i64) -> i64 {
    n * n
}

/// What a line costs.
const LINE: i64 = square(70);
/// What it costs to break behind the end of a sentence that may be none.
const DOUBTFUL: i64 = square(600);
/// What it is worth to break where a sentence ends, before a parenthesis, behind a mark.
const SENTENCE: i64 = square(50);
const PARENTHESIS: i64 = square(40);
const MARK: i64 = square(40);
/// What a first word of a sentence at the end of a line costs, and a last one at the start; less for longer words.
const FIRST_ALONE: i64 = square(150);
const LAST_ALONE: i64 = square(200);
/// By how much a cut further on may be worse.
const FURTHER: i64 = square(3);
const NEVER: i64 = i64::MAX / 4;

/// The form of lines.
#[derive(Debug)]
pub(super) struct Layout {
    pub width: usize,
    pub goal: usize,
    /// Whether blanks are written as tabs.
    pub tabs: bool,
    /// The length of the line before, where it is of the same paragraph.
    pub last_length: usize,
}

impl Layout {
    /// Finds the best lines: each word learns which one begins the line after its own.
    pub(super) fn arrange(&self, words: &mut [Word], first: usize, other: usize) {
        let count = words.len();
        for start in (0..count).rev() {
            let mut length = if start == 0 { first } else { other };
            let (mut best, mut best_length, mut best_next) = (NEVER, 0, start + 1);
            for end in start..count {
                length += words[end].text.len();
                let next = end + 1;
                let rest = words.get(next);
                let mut cost = self.line_cost(rest, next, count, length) + rest.map_or(0, |word| word.cost);
                if start == 0 && self.last_length > 0 {
                    cost += ragged(length, self.last_length);
                }
                if cost < best {
                    (best, best_length, best_next) = (cost, length, next);
                }
                length += words[end].space + rest.map_or(0, |word| word.text.len());
                if length >= self.width {
                    break;
                }
                length -= rest.map_or(0, |word| word.text.len());
            }
            let cost = best + break_cost(words, start);
            let word = &mut words[start];
            (word.cost, word.length, word.next) = (cost, best_length, best_next);
        }
    }

    fn line_cost(&self, next: Option<&Word>, at: usize, count: usize, length: usize) -> i64 {
        let Some(next) = next.filter(|_| at < count) else { return 0 };
        let short = square((self.goal as i64 - length as i64) * 10);
        if next.next == count { short } else { short + ragged(length, next.length) }
    }

    /// Where a paragraph that goes on is best cut.
    pub(super) fn cut(&self, words: &[Word]) -> usize {
        let (mut split, mut best) = (words.len(), NEVER);
        let mut at = words.first().map_or(0, |word| word.next);
        while let Some(word) = words.get(at) {
            let cost = word.cost - words.get(word.next).map_or(0, |next| next.cost);
            if cost < best {
                (split, best) = (at, cost);
            }
            best = (best + FURTHER).min(NEVER);
            at = word.next;
        }
        split
    }

    /// Writes a line.
    pub(super) fn put_line(&mut self, out: &mut Vec<u8>, words: &[Word], lead: (usize, &[u8]), indent: usize) {
        let mut column = 0;
        put_blanks(out, &mut column, lead.0, self.tabs);
        out.extend_from_slice(lead.1);
        column += lead.1.len();
        put_blanks(out, &mut column, indent, self.tabs);
        for (at, word) in words.iter().enumerate() {
            out.extend_from_slice(&word.text);
            column += word.text.len();
            if at + 1 < words.len() {
                let to = column + word.space;
                put_blanks(out, &mut column, to, self.tabs);
            }
        }
        self.last_length = column;
        out.push(b'\n');
    }
}

fn ragged(a: usize, b: usize) -> i64 {
    square((a as i64 - b as i64) * 10) / 2
}

/// What it costs to begin a line with this word.
fn break_cost(words: &[Word], at: usize) -> i64 {
    let mut cost = LINE;
    let word = &words[at];
    let short = |word: &Word| word.text.len() as i64 + 2;
    if let Some(before) = at.checked_sub(1).and_then(|at| words.get(at)) {
        if before.period {
            cost += if before.ends { -SENTENCE } else { DOUBTFUL };
        } else if before.mark {
            cost -= MARK;
        } else if at.checked_sub(2).and_then(|at| words.get(at)).is_some_and(|word| word.ends) {
            cost += LAST_ALONE / short(before);
        }
    }
    if word.opens {
        cost -= PARENTHESIS;
    } else if word.ends {
        cost += FIRST_ALONE / short(word);
    }
    cost
}

/// Writes blanks up to a column.
pub(super) fn put_blanks(out: &mut Vec<u8>, column: &mut usize, to: usize, tabs: bool) {
    if tabs && *column + 1 < to / 8 * 8 {
        while *column < to / 8 * 8 {
            out.push(b'\t');
            *column = (*column / 8 + 1) * 8;
        }
    }
    while *column < to {
        out.push(b' ');
        *column += 1;
    }
}

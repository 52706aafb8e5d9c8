//! The lines and their order.

use core::cmp::Ordering;

use super::key::Order;

/// A line: a rank that decides most comparisons, and where its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    rank: u64,
    start: u32,
    end: u32,
}

/// All lines of the input.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    content: &'a [u8],
    order: &'a Order,
    entries: Vec<Entry>,
    /// Whether the comparison is a total order.
    consistent: bool,
    reverses_ties: bool,
    /// Whether whole lines are compared byte by byte.
    plain: bool,
}

/// Compares as slices do, eight bytes at a time.
fn compare_texts(left: &[u8], right: &[u8]) -> Ordering {
    let ((left_words, left_rest), (right_words, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    for (left, right) in left_words.iter().zip(right_words) {
        if left != right {
            return u64::from_be_bytes(*left).cmp(&u64::from_be_bytes(*right));
        }
    }
    let same = 8 * left_words.len().min(right_words.len());
    if left_words.len() == right_words.len() {
        return left_rest.cmp(right_rest);
    }
    left.get(same..).cmp(&right.get(same..))
}

impl<'a> Lines<'a> {
    /// The lines of `content`, each of which ends with the byte at one of `ends`.
    pub(super) fn new(content: &'a [u8], ends: &[u32], order: &'a Order) -> Self {
        let (mut start, mut consistent) = (0, !order.is_doubtful(content));
        let mut entries = Vec::with_capacity(ends.len());
        for end in ends {
            let line = content.get(start as usize..*end as usize).unwrap_or_default();
            let (rank, is_consistent) = order.rank(line);
            consistent &= is_consistent;
            entries.push(Entry { rank, start, end: *end });
            start = *end + 1;
        }
        Self { content, order, entries, consistent, reverses_ties: order.reverses_ties(), plain: order.is_plain() }
    }

    fn text(&self, entry: Entry) -> &'a [u8] {
        self.content.get(entry.start as usize..entry.end as usize).unwrap_or_default()
    }

    /// The lines in their present order, each with the byte that ends it.
    pub(super) fn ended(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.entries.iter().map(|entry| self.content.get(entry.start as usize..=entry.end as usize).unwrap_or_default())
    }

    fn compare_keys(&self, left: Entry, right: Entry) -> Ordering {
        if left.rank != right.rank && self.consistent {
            return left.rank.cmp(&right.rank);
        }
        if self.plain {
            // Equal ranks: lines of so many bytes begin alike.
            let ordering = compare_texts(self.text(left), self.text(right));
            return if self.order.flags.reverse { ordering.reverse() } else { ordering };
        }
        self.order.compare_keys(self.text(left), self.text(right))
    }

    fn compare(&self, left: Entry, right: Entry) -> Ordering {
        let ordering = self.compare_keys(left, right);
        if ordering.is_ne() {
            return ordering;
        }
        let ordering = if self.order.stable {
            left.start.cmp(&right.start)
        } else if self.plain {
            return Ordering::Equal;
        } else {
            self.text(left).cmp(self.text(right))
        };
        if self.reverses_ties { ordering.reverse() } else { ordering }
    }

    /// The number of the first line that the next one should precede, counted from 1; with `unique` also
    /// of one that the next repeats.
    pub(super) fn first_disorder(&self, unique: bool) -> Option<usize> {
        let in_order = |pair: &[Entry]| match pair {
            // Neighbours are told apart by their keys and text, not by their places.
            [left, right] => match self.compare(*left, *right) {
                Ordering::Greater => false,
                Ordering::Equal => !unique,
                Ordering::Less => true,
            },
            _ => true,
        };
        self.entries.windows(2).position(|pair| !in_order(pair)).map(|at| at + 1)
    }

    /// Sorts the lines.
    pub(super) fn sort(&mut self) {
        let mut entries = core::mem::take(&mut self.entries);
        if self.consistent {
            entries.sort_by(|left, right| self.compare(*left, *right));
        } else {
            let mut spare = entries.clone();
            self.merge_sort(&mut entries, &mut spare);
        }
        self.entries = entries;
    }

    /// A merge sort of halves. Its result is defined even where numbers that are none compare equal to
    /// everything: it is that of the C library's `qsort`.
    fn merge_sort(&self, entries: &mut [Entry], spare: &mut [Entry]) {
        if entries.len() < 2 {
            return;
        }
        let middle = entries.len() / 2;
        {
            let (left, right) = entries.split_at_mut(middle);
            let (left_spare, right_spare) = spare.split_at_mut(middle);
            self.merge_sort(left, left_spare);
            self.merge_sort(right, right_spare);
        }
        spare.copy_from_slice(entries);
        let (mut left, mut right) = spare.split_at(middle);
        for place in entries {
            let from = match (left, right) {
                ([first, ..], [other, ..]) if self.compare(*first, *other).is_gt() => &mut right,
                ([_, ..], _) => &mut left,
                ([], _) => &mut right,
            };
            if let [first, rest @ ..] = *from {
                *place = *first;
                *from = rest;
            }
        }
    }

    /// Keeps the first of neighbours with equal keys. In a stable order BusyBox takes no two lines for equal.
    pub(super) fn remove_repeated(&mut self) {
        if self.order.stable {
            return;
        }
        let mut entries = core::mem::take(&mut self.entries);
        entries.dedup_by(|next, kept| self.compare_keys(*kept, *next).is_eq());
        self.entries = entries;
    }
}

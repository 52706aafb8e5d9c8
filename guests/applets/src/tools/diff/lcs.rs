//! Which lines of two files correspond, after Hunt and McIlroy: the longest common subsequence, found by candidates.

use std::collections::HashMap;

/// A pair of lines that may correspond, and the best pair before it.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    left: usize,
    right: usize,
    before: usize,
}

/// A run of lines of the left file that stands for a run of the right one; one of the two may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) left: (usize, usize),
    pub(super) right: (usize, usize),
}

/// The changes from `left` to `right`, in order.
pub(super) fn changes<T: Eq + core::hash::Hash>(left: &[T], right: &[T]) -> Vec<Change> {
    let prefix = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    let (left_rest, right_rest) = (left.get(prefix..).unwrap_or_default(), right.get(prefix..).unwrap_or_default());
    let suffix = left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let left_rest = left_rest.get(..left_rest.len() - suffix).unwrap_or_default();
    let right_rest = right_rest.get(..right_rest.len() - suffix).unwrap_or_default();
    let mut found = Vec::new();
    let (mut at_left, mut at_right) = (prefix, prefix);
    let ends = (prefix + left_rest.len(), prefix + right_rest.len());
    let pairs = common(left_rest, right_rest).into_iter().map(|(one, other)| (prefix + one, prefix + other));
    for (one, other) in pairs.chain([ends]) {
        if one > at_left || other > at_right {
            found.push(Change { left: (at_left, one), right: (at_right, other) });
        }
        (at_left, at_right) = (one + 1, other + 1);
    }
    found
}

/// The pairs of a longest common subsequence.
fn common<T: Eq + core::hash::Hash>(left: &[T], right: &[T]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&T, Vec<usize>> = HashMap::new();
    for (at, line) in right.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    // The first candidate stands for the start. `best[k]` ends a sequence of `k` pairs, as early as one can.
    let mut candidates = vec![Candidate { left: 0, right: 0, before: 0 }];
    let mut best = vec![0usize];
    for (at, line) in left.iter().enumerate() {
        let Some(matching) = places.get(line) else { continue };
        // What this line replaces counts for its later matches as it was before.
        let (mut old, mut old_length) = (0, 0);
        for right_at in matching {
            if old != 0 && candidates[old].right >= *right_at {
                continue;
            }
            let after = |candidate: usize| candidate != 0 && candidates[candidate].right >= *right_at;
            let length = best.partition_point(|candidate| !after(*candidate));
            if length != old_length + 1 || old_length == 0 {
                old = best[length - 1];
            }
            let candidate = Candidate { left: at, right: *right_at, before: old };
            if length < best.len() {
                if candidates[best[length]].right <= *right_at {
                    continue;
                }
                candidates.push(candidate);
                (old, old_length) = (best[length], length);
                best[length] = candidates.len() - 1;
            } else {
                candidates.push(candidate);
                best.push(candidates.len() - 1);
                break;
            }
        }
    }
    let mut pairs = Vec::new();
    let mut at = best.last().copied().unwrap_or(0);
    while at != 0 {
        let candidate = candidates[at];
        pairs.push((candidate.left, candidate.right));
        at = candidate.before;
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(left: &str, right: &str) -> String {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let text = |chars: &[char], (from, to): (usize, usize)| chars[from..to].iter().collect::<String>();
        let parts = changes(&left, &right);
        parts.iter().map(|c| format!("{}>{}", text(&left, c.left), text(&right, c.right))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn changes_are_few() {
        assert_eq!(show("abcde", "abxde"), "c>x");
        assert_eq!(show("abc", "abc"), "");
        assert_eq!(show("", "ab"), ">ab");
        assert_eq!(show("abcabba", "cbabac"), "ab> >b b> >c");
    }

    #[test]
    fn what_is_left_is_common() {
        for (left, right) in [("aabbaab", "abaabba"), ("xaxbxc", "abcabc"), ("aaaa", "aa"), ("abab", "baba")] {
            let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
            let mut rebuilt = Vec::new();
            let mut at = 0;
            for change in changes(&left, &right) {
                rebuilt.extend_from_slice(&left[at..change.left.0]);
                rebuilt.extend_from_slice(&right[change.right.0..change.right.1]);
                at = change.left.1;
            }
            rebuilt.extend_from_slice(&left[at..]);
            assert_eq!(rebuilt, right);
        }
    }
}

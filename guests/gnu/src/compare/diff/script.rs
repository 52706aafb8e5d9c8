//! Which lines of two files are changed: the shortest script, found from both ends (Myers, 1986), with its changes moved to
//! where they are easiest to read.

/// A run of lines of the left file that stands for a run of the right one; one of the two may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) left: (usize, usize),
    pub(super) right: (usize, usize),
    /// Whether it counts for none.
    pub(super) ignored: bool,
}

/// How many edits are looked for before any good place will do.
const PATIENCE: isize = 4096;

/// Compares two sequences of classes of lines.
pub(super) fn changes(left: &[usize], right: &[usize]) -> Vec<Change> {
    let mut changed = (vec![false; left.len()], vec![false; right.len()]);
    let classes = left.iter().chain(right).max().map_or(0, |most| most + 1);
    let mut counts = (vec![0usize; classes], vec![0usize; classes]);
    left.iter().for_each(|class| counts.0[*class] += 1);
    right.iter().for_each(|class| counts.1[*class] += 1);
    // A line that the other file has not at all is changed in any case.
    let kept = |lines: &[usize], other: &[usize], changed: &mut [bool]| {
        let mut kept = Vec::new();
        for (at, class) in lines.iter().enumerate() {
            if other[*class] == 0 {
                changed[at] = true;
            } else {
                kept.push(at);
            }
        }
        kept
    };
    let kept_left = kept(left, &counts.1, &mut changed.0);
    let kept_right = kept(right, &counts.0, &mut changed.1);
    let x: Vec<usize> = kept_left.iter().map(|at| left[*at]).collect();
    let y: Vec<usize> = kept_right.iter().map(|at| right[*at]).collect();
    let room = x.len() + y.len() + 3;
    let mut search = Search {
        x: &x,
        y: &y,
        forward: vec![0; room],
        backward: vec![0; room],
        shift: y.len() as isize + 1,
        patience: PATIENCE,
        only_left: Vec::new(),
        only_right: Vec::new(),
    };
    search.compare((0, x.len() as isize), (0, y.len() as isize));
    search.only_left.iter().for_each(|at| changed.0[kept_left[*at]] = true);
    search.only_right.iter().for_each(|at| changed.1[kept_right[*at]] = true);
    settle(left, &mut changed.0, &changed.1);
    settle(right, &mut changed.1, &changed.0);
    collect(&changed.0, &changed.1)
}

type Range = (isize, isize);

/// The search for the shortest script; diagonals are numbered by `x - y`.
struct Search<'a> {
    x: &'a [usize],
    y: &'a [usize],
    /// The furthest place on each diagonal from the start, and from the end.
    forward: Vec<isize>,
    backward: Vec<isize>,
    shift: isize,
    patience: isize,
    only_left: Vec<usize>,
    only_right: Vec<usize>,
}

impl Search<'_> {
    fn same(&self, x: isize, y: isize) -> bool {
        self.x[x as usize] == self.y[y as usize]
    }

    fn compare(&mut self, (mut x, mut x_end): Range, (mut y, mut y_end): Range) {
        loop {
            while x < x_end && y < y_end && self.same(x, y) {
                (x, y) = (x + 1, y + 1);
            }
            while x < x_end && y < y_end && self.same(x_end - 1, y_end - 1) {
                (x_end, y_end) = (x_end - 1, y_end - 1);
            }
            if x == x_end {
                self.only_right.extend(y as usize..y_end as usize);
                return;
            }
            if y == y_end {
                self.only_left.extend(x as usize..x_end as usize);
                return;
            }
            let (x_mid, y_mid) = self.middle((x, x_end), (y, y_end));
            self.compare((x, x_mid), (y, y_mid));
            (x, y) = (x_mid, y_mid);
        }
    }

    /// A place that a shortest script goes through.
    fn middle(&mut self, (x_start, x_end): Range, (y_start, y_end): Range) -> (isize, isize) {
        let (least, most) = (x_start - y_end, x_end - y_start);
        let (forward_mid, backward_mid) = (x_start - y_start, x_end - y_end);
        let odd = (forward_mid - backward_mid) % 2 != 0;
        let shift = self.shift;
        let at = |diagonal: isize| (diagonal + shift) as usize;
        let (mut forward_least, mut forward_most) = (forward_mid, forward_mid);
        let (mut backward_least, mut backward_most) = (backward_mid, backward_mid);
        self.forward[at(forward_mid)] = x_start;
        self.backward[at(backward_mid)] = x_end;
        let mut cost = 0;
        loop {
            cost += 1;
            if forward_least > least {
                forward_least -= 1;
                self.forward[at(forward_least - 1)] = -1;
            } else {
                forward_least += 1;
            }
            if forward_most < most {
                forward_most += 1;
                self.forward[at(forward_most + 1)] = -1;
            } else {
                forward_most -= 1;
            }
            let mut diagonal = forward_most;
            while diagonal >= forward_least {
                let (below, above) = (self.forward[at(diagonal - 1)], self.forward[at(diagonal + 1)]);
                let mut x = if below < above { above } else { below + 1 };
                let mut y = x - diagonal;
                while x < x_end && y < y_end && self.same(x, y) {
                    (x, y) = (x + 1, y + 1);
                }
                self.forward[at(diagonal)] = x;
                let met = (backward_least..=backward_most).contains(&diagonal) && self.backward[at(diagonal)] <= x;
                if odd && met {
                    return (x, y);
                }
                diagonal -= 2;
            }
            if backward_least > least {
                backward_least -= 1;
                self.backward[at(backward_least - 1)] = isize::MAX;
            } else {
                backward_least += 1;
            }
            if backward_most < most {
                backward_most += 1;
                self.backward[at(backward_most + 1)] = isize::MAX;
            } else {
                backward_most -= 1;
            }
            let mut diagonal = backward_most;
            while diagonal >= backward_least {
                let (below, above) = (self.backward[at(diagonal - 1)], self.backward[at(diagonal + 1)]);
                let mut x = if below < above { below } else { above - 1 };
                let mut y = x - diagonal;
                while x_start < x && y_start < y && self.same(x - 1, y - 1) {
                    (x, y) = (x - 1, y - 1);
                }
                self.backward[at(diagonal)] = x;
                let met = (forward_least..=forward_most).contains(&diagonal) && x <= self.forward[at(diagonal)];
                if !odd && met {
                    return (x, y);
                }
                diagonal -= 2;
            }
            wcr_sys::pace::steps(backward_most.abs_diff(backward_least) as u32 + 1);
            if cost >= self.patience {
                return self.furthest((forward_least, forward_most), (x_end, y_end));
            }
        }
    }

    /// The place furthest from the start that was reached so far.
    fn furthest(&self, (least, most): Range, (x_end, y_end): Range) -> (isize, isize) {
        let mut best = (0, 0);
        let mut diagonal = most;
        while diagonal >= least {
            let mut x = self.forward[(diagonal + self.shift) as usize].min(x_end);
            let mut y = x - diagonal;
            if y > y_end {
                (x, y) = (y_end + diagonal, y_end);
            }
            if best.0 + best.1 < x + y {
                best = (x, y);
            }
            diagonal -= 2;
        }
        best
    }
}

/// Moves runs of changed lines to the end of where they may be, so that those that can become one do; but a run that can
/// stand beside a change of the other file does.
fn settle(lines: &[usize], changed: &mut [bool], other: &[bool]) {
    let end = lines.len();
    let is = |flags: &[bool], at: usize| flags.get(at).copied().unwrap_or(false);
    let behind = |mut beside: usize| {
        while is(other, beside) {
            beside += 1;
        }
        beside
    };
    let before = |beside: usize| {
        let mut beside = beside.saturating_sub(1);
        while beside > 0 && is(other, beside) {
            beside -= 1;
        }
        beside
    };
    // The line of the other file that `at`, where it is not changed, is the same as.
    let (mut at, mut beside) = (0, 0);
    loop {
        beside = behind(beside);
        while at < end && !is(changed, at) {
            at += 1;
            beside = behind(beside + 1);
        }
        if at == end {
            return;
        }
        let mut start = at;
        while is(changed, at) {
            at += 1;
        }
        let mut corresponding;
        loop {
            let length = at - start;
            while start > 0 && lines[start - 1] == lines[at - 1] {
                start -= 1;
                at -= 1;
                changed[start] = true;
                changed[at] = false;
                while start > 0 && is(changed, start - 1) {
                    start -= 1;
                }
                beside = before(beside);
            }
            corresponding = if beside > 0 && is(other, beside - 1) { at } else { end };
            while at < end && lines[start] == lines[at] {
                changed[start] = false;
                changed[at] = true;
                start += 1;
                at += 1;
                while is(changed, at) {
                    at += 1;
                }
                let passed = behind(beside + 1);
                if passed > beside + 1 {
                    corresponding = at;
                }
                beside = passed;
            }
            if length == at - start {
                break;
            }
        }
        while corresponding < at {
            start -= 1;
            at -= 1;
            changed[start] = true;
            changed[at] = false;
            beside = before(beside);
        }
    }
}

/// The changes that the flags stand for.
fn collect(left: &[bool], right: &[bool]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        let (start_left, start_right) = (i, j);
        while left.get(i) == Some(&true) {
            i += 1;
        }
        while right.get(j) == Some(&true) {
            j += 1;
        }
        if (i, j) == (start_left, start_right) {
            (i, j) = (i + 1, j + 1);
        } else {
            changes.push(Change { left: (start_left, i), right: (start_right, j), ignored: false });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(left: &str, right: &str) -> String {
        let classes = |text: &str| text.bytes().map(usize::from).collect::<Vec<_>>();
        let text = |all: &str, (from, to): (usize, usize)| all[from..to].to_owned();
        let parts = changes(&classes(left), &classes(right));
        parts
            .iter()
            .map(|change| format!("{}{}>{}", change.left.0, text(left, change.left), text(right, change.right)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn changes_are_few_and_late() {
        assert_eq!(show("abcde", "abxde"), "2c>x");
        assert_eq!(show("abc", "abc"), "");
        assert_eq!(show("", "ab"), "0>ab");
        assert_eq!(show("abab", "ab"), "2ab>");
        assert_eq!(show("xaay", "xay"), "2a>");
    }

    #[test]
    fn what_is_left_is_common() {
        for (left, right) in [("aabbaab", "abaabba"), ("xaxbxc", "abcabc"), ("aaaa", "aa"), ("abab", "baba")] {
            let classes = |text: &str| text.bytes().map(usize::from).collect::<Vec<_>>();
            let (mut rebuilt, mut at) = (String::new(), 0);
            for change in changes(&classes(left), &classes(right)) {
                rebuilt.push_str(&left[at..change.left.0]);
                rebuilt.push_str(&right[change.right.0..change.right.1]);
                at = change.left.1;
            }
            rebuilt.push_str(&left[at..]);
            assert_eq!(rebuilt, right);
        }
    }
}

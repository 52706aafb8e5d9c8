//! What is asked of a file, and done with it.

use wcr_sys::abi::{FileKind, Timestamp};

use crate::regex::Regex;

/// How a number is compared with the one that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Less,
    Equal,
    Greater,
}

/// A number with its relation, as `+N`, `-N` or `N` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) relation: Relation,
    pub(super) number: u64,
}

impl Bound {
    /// Whether `number` is in that relation.
    pub(super) fn holds(self, number: u64) -> bool {
        match self.relation {
            Relation::Less => number < self.number,
            Relation::Equal => number == self.number,
            Relation::Greater => number > self.number,
        }
    }

    /// Whether an age in seconds is, which counts in whole units.
    pub(super) fn holds_for_age(self, age: i64, unit: i64) -> bool {
        let start = i64::try_from(self.number).unwrap_or(i64::MAX).saturating_mul(unit);
        let end = start.saturating_add(unit);
        match self.relation {
            Relation::Less => age < start,
            Relation::Equal => age >= start && age < end,
            Relation::Greater => age >= end,
        }
    }
}

/// Which of a file's times is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Access,
    Change,
    Modification,
}

/// Which bits of a mode have to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bits {
    Any(u32),
    All(u32),
    Exactly(u32),
}

/// One action.
#[derive(Debug)]
pub(super) enum Action {
    /// The file's name against a pattern.
    Name {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    /// The whole path against a pattern.
    Path {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    Regex(Box<Regex>),
    Type(FileKind),
    Executable,
    Permissions(Bits),
    Age {
        clock: Clock,
        unit: i64,
        bound: Bound,
    },
    Newer(Timestamp),
    Inode(u64),
    Same {
        dev: u64,
        ino: u64,
    },
    User(u32),
    Group(u32),
    Size(Bound),
    Links(Bound),
    Empty,
    Prune,
    Print,
    Print0,
    /// Runs a command for each file.
    Execute(Vec<Vec<u8>>),
    /// Collects files for the command with this number.
    Collect(usize),
    Quit,
    Grouped(Expression),
}

/// An action whose outcome may be inverted.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) inverted: bool,
    pub(super) action: Action,
}

/// Alternatives, each a sequence that goes on as long as its terms succeed.
pub(super) type Expression = Vec<Vec<Term>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_count_in_whole_units() {
        let bound = |relation, number| Bound { relation, number };
        assert!(bound(Relation::Equal, 0).holds_for_age(100, 86400));
        assert!(bound(Relation::Greater, 0).holds_for_age(86400, 86400));
        assert!(!bound(Relation::Greater, 0).holds_for_age(86399, 86400));
        assert!(bound(Relation::Less, 1).holds_for_age(-5, 86400));
    }
}

//! What only bash has of the syntax tree.

use std::rc::Rc;

use super::{Command, Word};

/// A command that only bash has.
#[derive(Debug, Clone, PartialEq)]
pub enum Extended {
    /// `(( expression ))`
    Arith {
        /// The expression.
        expression: Word,
        /// The line the command starts on.
        line: u32,
    },
    /// `for (( init; condition; step ))`
    For {
        /// The three expressions.
        parts: [Word; 3],
        /// What is repeated.
        body: Command,
        /// The line the command starts on.
        line: u32,
    },
    /// `[[ condition ]]`
    Condition {
        /// The condition.
        condition: Condition,
        /// The line the command starts on.
        line: u32,
    },
    /// `select name in words`
    Select {
        /// The variable.
        name: Box<[u8]>,
        /// The words; `None` stands for `"$@"`.
        words: Option<Vec<Word>>,
        /// What is repeated.
        body: Command,
        /// The line the command starts on.
        line: u32,
    },
    /// `time command`
    Time {
        /// What is measured.
        command: Option<Command>,
        /// Whether the times are written as POSIX has it.
        posix: bool,
    },
    /// `coproc name command`
    Coprocess {
        /// The array that gets the descriptors.
        name: Box<[u8]>,
        /// What runs.
        body: Rc<Command>,
    },
}

/// What stands in `[[ ]]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `! condition`
    Not(Box<Condition>),
    /// `left && right`
    And(Box<Condition>, Box<Condition>),
    /// `left || right`
    Or(Box<Condition>, Box<Condition>),
    /// `( condition )`
    Group(Box<Condition>),
    /// A word alone: whether it is not empty.
    Word(Word),
    /// `-f word` and the like.
    Unary(u8, Word),
    /// `left operator right`
    Binary(Word, Box<[u8]>, Word),
}

impl Condition {
    /// All its words.
    #[must_use]
    pub fn words(&self) -> Vec<&Word> {
        match self {
            Self::Not(inner) | Self::Group(inner) => inner.words(),
            Self::And(left, right) | Self::Or(left, right) => [left.words(), right.words()].concat(),
            Self::Word(word) | Self::Unary(_, word) => vec![word],
            Self::Binary(left, _, right) => vec![left, right],
        }
    }
}

/// The left side of an assignment, and the values of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The place in the array.
    pub subscript: Option<Word>,
    /// Whether the value is added to the one before (`+=`).
    pub append: bool,
    /// The values, where it is a whole array that is assigned.
    pub elements: Option<Vec<Element>>,
}

/// A value in `a=( )`.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its place, where one is named.
    pub subscript: Option<Word>,
    /// Whether it is added to the value before.
    pub append: bool,
    /// The value.
    pub value: Word,
}

/// A place in an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The array.
    pub name: Box<[u8]>,
    /// Where in it.
    pub subscript: Subscript,
}

/// What stands in the brackets of `${a[ ]}`.
#[derive(Debug, Clone, PartialEq)]
pub enum Subscript {
    /// `@`
    All,
    /// `*`
    Joined,
    /// One place.
    Index(Word),
}

/// Which matches `${x/pattern/text}` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// All: `//`
    All,
    /// One at the start: `/#`
    Start,
    /// One at the end: `/%`
    End,
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseChange {
    /// `^`
    Upper,
    /// `,`
    Lower,
    /// `~`
    Swap,
}

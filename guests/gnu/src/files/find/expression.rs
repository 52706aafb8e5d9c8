//! The expression that every file is asked.

use applets::regex::Regex;
use wcr_sys::abi::{FileKind, Timestamp};

use super::printf::Piece;

/// How a number is compared: `N`, `+N`, `-N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Greater,
    Less,
}

impl Relation {
    /// Whether a value stands so to another one.
    pub(super) fn holds<T: PartialOrd>(self, value: T, limit: T) -> bool {
        match self {
            Self::Equal => value == limit,
            Self::Greater => value > limit,
            Self::Less => value < limit,
        }
    }
}

/// A whole number to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) relation: Relation,
    pub(super) number: u64,
}

impl Bound {
    /// Whether a value is as asked for.
    pub(super) fn holds(self, value: u64) -> bool {
        self.relation.holds(value, self.number)
    }
}

/// Which of a file's times is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Access,
    Change,
    Modification,
}

/// An age to compare with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Age {
    pub(super) clock: Clock,
    pub(super) relation: Relation,
    /// The age in units.
    pub(super) count: f64,
    /// How many seconds a unit has.
    pub(super) unit: f64,
    /// The time from which ages are counted back, in seconds.
    pub(super) from: f64,
}

/// Which permission bits a file must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bits {
    Exactly(u32),
    All(u32),
    Any(u32),
}

/// A command that is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Vec<u8>>,
    /// It runs in the folder of the file.
    pub(super) in_folder: bool,
    /// The user is asked first.
    pub(super) asks: bool,
}

/// A question or an action.
#[derive(Debug)]
pub(super) enum Action {
    Always(bool),
    Name {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    Path {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    LinkName {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    Regex(Box<Regex>),
    Type(Vec<FileKind>),
    TypeBehindLinks(Vec<FileKind>),
    Permissions(Bits),
    Access(u32),
    Age(Age),
    Used(Relation, f64),
    Newer(Clock, Timestamp),
    Inode(Bound),
    Links(Bound),
    User(Bound),
    Group(Bound),
    NoUser,
    NoGroup,
    /// In units of so many bytes, of which begun ones count whole.
    Size(Bound, u64),
    Empty,
    Same {
        dev: u64,
        ino: u64,
    },
    FileSystem(Vec<u8>),
    Prune,
    Quit,
    Delete,
    Print {
        out: usize,
        end: u8,
    },
    Format {
        out: usize,
        pieces: Vec<Piece>,
    },
    List {
        out: usize,
    },
    Run(Command),
    /// A command that gets many files at once, by its number.
    Collect(usize),
}

/// A tree of questions.
#[derive(Debug)]
pub(super) enum Expression {
    Action(Action),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    /// Both, of which the second one's answer counts.
    List(Box<Expression>, Box<Expression>),
}

/// Which links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    Never,
    Operands,
    Always,
}

/// A command that collects files, and those that wait for it.
#[derive(Debug)]
pub(super) struct Collector {
    pub(super) command: Command,
    pub(super) waiting: Vec<Vec<u8>>,
    pub(super) bytes: usize,
    /// The folder of those that wait, for a command that runs there.
    pub(super) folder: Vec<u8>,
}

/// All that the arguments say.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) follow: Follow,
    pub(super) paths: Vec<Vec<u8>>,
    pub(super) names: Option<Vec<u8>>,
    pub(super) expression: Expression,
    pub(super) min_depth: u64,
    pub(super) max_depth: u64,
    pub(super) depth_first: bool,
    pub(super) one_system: bool,
    pub(super) ignores_races: bool,
    pub(super) collectors: Vec<Collector>,
    /// Files that are written to; the first one is standard output.
    pub(super) outputs: Vec<Vec<u8>>,
}

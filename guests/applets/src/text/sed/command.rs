//! The commands of a script.

use std::rc::Rc;

use crate::regex::Regex;

/// A regular expression; `None` is the one that was used last.
pub(super) type Pattern = Option<Rc<Regex>>;

/// A place where a command's lines begin.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// The line with this number.
    Line(u64),
    /// The last line.
    Last,
    /// A line that matches.
    Match(Pattern),
}

/// A place where a command's lines end.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// The line with this number.
    Line(u64),
    /// So many lines behind the first.
    Plus(u64),
    /// The last line.
    Last,
    /// The next line that matches.
    Match(Pattern),
}

/// Where a jump goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// In any case.
    Always,
    /// When a substitution was made since the last line was read or the last jump of this kind.
    Substituted,
    /// When none was.
    NotSubstituted,
}

/// A piece of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// This text.
    Text(Vec<u8>),
    /// What the subexpression matched; 0 is the whole match.
    Group(usize),
}

/// The command `s`.
#[derive(Debug)]
pub(super) struct Substitution {
    /// What is replaced.
    pub(super) pattern: Pattern,
    /// By what.
    pub(super) replacement: Vec<Part>,
    /// Which match is replaced, counted from 1; 0 is all of them.
    pub(super) which: u64,
    /// Whether the pattern space is printed when something was replaced.
    pub(super) print: bool,
    /// The file that it is then written to.
    pub(super) file: Option<usize>,
}

/// What a command does.
#[derive(Debug)]
pub(super) enum Action {
    /// `{`: a block; the place of its end, when it has one.
    Open(Option<usize>),
    /// `}`, a label, or nothing at all.
    Nothing,
    /// `=`
    PrintNumber,
    /// `a`
    Append(Rc<[u8]>),
    /// `i`
    Insert(Rc<[u8]>),
    /// `c`
    Change(Rc<[u8]>),
    /// `b`, `t`, `T`: to a label, or to the end.
    Jump(When, Option<Vec<u8>>),
    /// `d`
    Delete,
    /// `D`
    DeleteFirst,
    /// `g`
    Get,
    /// `G`
    GetAppend,
    /// `h`
    Hold,
    /// `H`
    HoldAppend,
    /// `n`
    Next,
    /// `N`
    NextAppend,
    /// `p`
    Print,
    /// `P`
    PrintFirst,
    /// `q`
    Quit,
    /// `r`
    ReadFile(Rc<[u8]>),
    /// `s`
    Substitute(Box<Substitution>),
    /// `w`
    WriteFile(usize),
    /// `x`
    Exchange,
    /// `y`
    Translate(Box<[u8; 256]>),
}

/// A command: its lines and what it does.
#[derive(Debug)]
pub(super) struct Command {
    /// Its first line.
    pub(super) start: Option<Start>,
    /// Its last line.
    pub(super) end: Option<End>,
    /// It runs on all other lines.
    pub(super) negated: bool,
    /// What it does.
    pub(super) action: Action,
    /// Whether the current line is within its lines and not their last.
    pub(super) in_range: bool,
    /// Where a range of counted lines ends.
    pub(super) last_line: u64,
    /// Whether a range that begins at a number is over.
    pub(super) spent: bool,
}

/// A whole script.
#[derive(Debug)]
pub(super) struct Program {
    /// The commands.
    pub(super) commands: Vec<Command>,
    /// The labels and the commands they stand at.
    pub(super) labels: Vec<(Vec<u8>, usize)>,
    /// The files that are written to, each once.
    pub(super) files: Vec<Vec<u8>>,
}

impl Program {
    /// The place of a label.
    pub(super) fn label(&self, name: &[u8]) -> Option<usize> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, at)| *at)
    }
}

//! The commands of a script.

use std::rc::Rc;

use applets::regex::Regex;

/// A regular expression; `None` is the one that was used last.
pub(super) type Pattern = Option<Rc<Regex>>;

/// A place where a command's lines begin.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// The line with this number. 0 is before the first one.
    Line(u64),
    /// Every so many lines, from the first number on.
    Step(u64, u64),
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
    /// The next line whose number is a multiple.
    Multiple(u64),
    /// The last line.
    Last,
    /// The next line that matches.
    Match(Pattern),
}

/// What becomes of a range's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// It has not begun.
    Before,
    /// It goes on, to this line where its end is a number.
    Within(Option<u64>),
    /// It is over and does not begin again.
    Over,
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

/// What happens to the case of the letters that follow in a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// All become capitals.
    Upper,
    /// All become small.
    Lower,
    /// All stay as they are.
    Keep,
    /// The next becomes a capital.
    UpperOne,
    /// The next becomes small.
    LowerOne,
}

/// A piece of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// This text.
    Text(Vec<u8>),
    /// What the subexpression matched; 0 is the whole match.
    Group(usize),
    /// A change of case.
    Case(Case),
}

/// The command `s`.
#[derive(Debug)]
pub(super) struct Substitution {
    /// What is replaced.
    pub(super) pattern: Pattern,
    /// By what.
    pub(super) replacement: Vec<Part>,
    /// The first match that is replaced, counted from 1.
    pub(super) first: u64,
    /// Whether those behind it are replaced, too.
    pub(super) all: bool,
    /// Whether the pattern space is printed: before it is run as a command, and after.
    pub(super) print: (bool, bool),
    /// Whether the pattern space is run as a command.
    pub(super) run: bool,
    /// The file that it is then written to.
    pub(super) file: Option<usize>,
}

/// What a command does.
#[derive(Debug)]
pub(super) enum Action {
    /// `{`: a block; the place behind its end.
    Open(usize),
    /// `=`
    PrintNumber,
    /// `a`
    Append(Rc<[u8]>),
    /// `i`
    Insert(Rc<[u8]>),
    /// `c`
    Change(Rc<[u8]>),
    /// `b`, `t`, `T`: to a command, or to the end.
    Jump(When, Option<usize>),
    /// `d`
    Delete,
    /// `D`
    DeleteFirst,
    /// `e`
    Run(Rc<[u8]>),
    /// `F`
    PrintName,
    /// `g`
    Get,
    /// `G`
    GetAppend,
    /// `h`
    Hold,
    /// `H`
    HoldAppend,
    /// `l`, with the length of lines
    List(Option<u64>),
    /// `n`
    Next,
    /// `N`
    NextAppend,
    /// `p`
    Print,
    /// `P`
    PrintFirst,
    /// `q`, with the exit code
    Quit(u8),
    /// `Q`
    QuitSilently(u8),
    /// `r`
    ReadFile(Rc<[u8]>),
    /// `R`, with the number of the file
    ReadLine(usize),
    /// `s`
    Substitute(Box<Substitution>),
    /// `w`
    WriteFile(usize),
    /// `W`
    WriteFirst(usize),
    /// `x`
    Exchange,
    /// `y`
    Translate(Box<[u8; 256]>),
    /// `z`
    Zap,
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
    /// Where its range is.
    pub(super) range: Range,
}

impl Command {
    /// How its range stands before the first line: one from line 0 on has begun.
    pub(super) fn initial_range(&self) -> Range {
        let begun = matches!((&self.start, &self.end), (Some(Start::Line(0)), Some(End::Match(_))));
        if begun { Range::Within(None) } else { Range::Before }
    }
}

/// A whole script.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// The commands.
    pub(super) commands: Vec<Command>,
    /// The files that are written to, each once.
    pub(super) outputs: Vec<Vec<u8>>,
    /// The files that lines are read of, each once.
    pub(super) inputs: Vec<Vec<u8>>,
    /// Whether its first line says that nothing is printed unasked.
    pub(super) quiet: bool,
    /// What the last piece of the script is called in messages.
    pub(super) place: Vec<u8>,
}

//! The syntax tree: what the parser makes and the evaluator walks.

pub mod bash;

use std::cell::OnceCell;
use std::rc::Rc;

use bash::{CaseChange, Extended, Place, Subscript, Target};

/// A command of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Assignments, words and redirections.
    Simple(Simple),
    /// Commands joined by `|`, two or more.
    Pipeline(Vec<Command>),
    /// `! command`.
    Not(Box<Command>),
    /// `left && right`.
    And(Box<Command>, Box<Command>),
    /// `left || right`.
    Or(Box<Command>, Box<Command>),
    /// Commands one after the other.
    Sequence(Vec<Command>),
    /// `command &`.
    Background(Rc<Command>),
    /// `( command ) redirections`.
    Subshell {
        /// What runs in the subshell.
        body: Box<Command>,
        /// The redirections of the whole.
        redirects: Vec<Redirect>,
        /// The line the command starts on.
        line: u32,
    },
    /// A compound command (`{ }`, `if`, …) with redirections.
    Redirected {
        /// What runs under them.
        body: Box<Command>,
        /// The redirections of the whole.
        redirects: Vec<Redirect>,
        /// The line the command starts on.
        line: u32,
    },
    /// `{ command; }`.
    Group(Box<Command>),
    /// `if`, with its `elif` chain nested in the last part.
    If {
        /// What decides.
        condition: Box<Command>,
        /// Runs when it succeeds.
        then: Box<Command>,
        /// Runs when it fails: the `else` part, or a nested `If` for `elif`.
        otherwise: Option<Box<Command>>,
    },
    /// `while` or `until`.
    While {
        /// What decides before each round.
        condition: Box<Command>,
        /// What is repeated.
        body: Box<Command>,
        /// Whether this is `until`.
        until: bool,
    },
    /// `for name in words`.
    For {
        /// The loop's variable.
        name: Box<[u8]>,
        /// The words; `None` stands for `"$@"`.
        words: Option<Vec<Word>>,
        /// What is repeated.
        body: Box<Command>,
        /// The line the command starts on.
        line: u32,
    },
    /// `case word in …`.
    Case {
        /// What is compared.
        word: Word,
        /// The branches in order.
        branches: Vec<Branch>,
        /// The line the command starts on.
        line: u32,
    },
    /// `name() body`.
    Function {
        /// The function's name.
        name: Box<[u8]>,
        /// What a call runs.
        body: Rc<Command>,
    },
    /// What only bash has.
    Extended(Box<Extended>),
}

/// Assignments, words and redirections.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Simple {
    /// `name=value` before the first word.
    pub assignments: Vec<Assignment>,
    /// The command's name and its arguments.
    pub words: Vec<Word>,
    /// The redirections in order.
    pub redirects: Vec<Redirect>,
    /// The line the command starts on.
    pub line: u32,
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Box<[u8]>,
    /// Its new value.
    pub value: Word,
    /// What bash has beyond `name=value`.
    pub target: Option<Rc<Target>>,
}

/// One branch of a `case`.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The patterns, any of which selects the branch.
    pub patterns: Vec<Word>,
    /// What runs; `None` when the branch is empty.
    pub body: Option<Command>,
    /// What comes behind it.
    pub end: BranchEnd,
}

/// What comes behind a branch of a `case` that has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchEnd {
    /// The end: `;;`
    Stop,
    /// The next branch, whatever its patterns: `;&`
    Through,
    /// The next branch whose patterns match: `;;&`
    Test,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirect {
    /// The descriptor that changes.
    pub fd: u32,
    /// What it becomes.
    pub kind: RedirectKind,
    /// The variable that gets the number, where the descriptor is any that is free.
    pub name: Option<Box<[u8]>>,
}

/// What a redirected descriptor becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum RedirectKind {
    /// A file.
    File(FileMode, Word),
    /// A copy of the descriptor that the word names, or closed for `-`. `output` tells `>&` from `<&`.
    Dup {
        /// Whether the operator was `>&`.
        output: bool,
        /// The descriptor's number, or `-`.
        target: Word,
    },
    /// A here-document. The cell is filled when the parser reaches the body.
    HereDoc(Rc<HereDoc>),
    /// `<<< word`
    HereString(Word),
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// `<`
    Read,
    /// `>`, which noclobber restrains.
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `&>`: standard error follows.
    WriteBoth,
    /// `&>>`
    AppendBoth,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq)]
pub struct HereDoc {
    /// The line that ends the body.
    pub delimiter: Box<[u8]>,
    /// Whether the delimiter was quoted, so that the body is taken as it is.
    pub quoted: bool,
    /// Whether leading tabs are removed (`<<-`).
    pub strip_tabs: bool,
    /// The text.
    pub body: OnceCell<Word>,
}

/// A word: its parts, joined.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Word(pub Vec<Part>);

impl Word {
    /// The word's text when it is one unquoted literal: what can be a reserved word, a name or an alias.
    #[must_use]
    pub fn plain(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// A word that is one unquoted literal.
    #[must_use]
    pub fn literal(text: &[u8]) -> Self {
        Self(vec![Part::Literal(text.into())])
    }
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Unquoted text.
    Literal(Box<[u8]>),
    /// Quoted text; may be empty, which makes an empty field.
    Quoted(Box<[u8]>),
    /// Text behind backslashes, outside quotes.
    Escaped(Box<[u8]>),
    /// A parameter expansion.
    Param(Box<Param>),
    /// A command substitution; the flag tells whether it stands in double quotes.
    Command(Rc<Substitution>, bool),
    /// An arithmetic expansion; the flag tells whether it stands in double quotes.
    Arith(Box<Word>, bool),
    /// `<(command)`, or `>(command)` when `output` is set.
    Process {
        /// The command at the other end of the pipe.
        command: Rc<Substitution>,
        /// Whether the shell's side writes.
        output: bool,
    },
    /// What an assignment begins with, where it is more than `name=`; the value follows.
    Target(Box<[u8]>, Rc<Target>),
}

impl Part {
    /// Whether it expands to all positional parameters, each a field.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Param(param) if param.name.is_list() || param.op == ParamOp::Names(false))
    }

    /// Whether it is a parameter expansion without an operator.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Param(param) if param.op == ParamOp::Plain)
    }
}

/// The body of a command substitution.
#[derive(Debug, Clone, PartialEq)]
pub struct Substitution {
    /// What runs; `None` when it is empty.
    pub body: Option<Command>,
}

/// A parameter expansion.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Which parameter.
    pub name: ParamName,
    /// What is done with its value.
    pub op: ParamOp,
    /// Whether it stands in double quotes.
    pub quoted: bool,
}

/// Which parameter is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamName {
    /// A variable.
    Variable(Box<[u8]>),
    /// A positional parameter, 1 or more, or the shell's name (0).
    Positional(u32),
    /// One of `@ * # ? - $ !`.
    Special(u8),
    /// A value of an array, or all of them.
    Element(Box<Place>),
    /// `${!x}`: the parameter whose name is the value of another.
    Indirect(Box<ParamName>),
}

impl ParamName {
    /// Whether it is all positional parameters or all values of an array, each a field.
    #[must_use]
    pub fn is_list(&self) -> bool {
        match self {
            Self::Special(byte) => *byte == b'@',
            Self::Element(place) => place.subscript == Subscript::All,
            _ => false,
        }
    }
}

/// What is done with a parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamOp {
    /// Nothing.
    Plain,
    /// Not in the language: an error when it is expanded.
    Bad,
    /// `${#x}`
    Length,
    /// `${x-word}`; the flag is the colon that makes an empty value count as unset.
    Default(bool, Word),
    /// `${x=word}`
    Assign(bool, Word),
    /// `${x?word}`
    Error(bool, Word),
    /// `${x+word}`
    Alternative(bool, Word),
    /// `${x#pattern}`, `${x##pattern}`, `${x%pattern}`, `${x%%pattern}`
    Trim {
        /// Whether the end is cut (`%`).
        suffix: bool,
        /// Whether the longest match is cut.
        longest: bool,
        /// What is cut.
        pattern: Word,
    },
    /// `${x:offset}`, `${x:offset:length}`; both are arithmetic. Only what it expands to is taken apart.
    Substring(Word),
    /// `${x/pattern/text}`, `${x//pattern/text}`
    Replace {
        /// Whether all matches are replaced.
        all: bool,
        /// What is replaced.
        pattern: Word,
        /// What takes its place.
        replacement: Word,
    },
    /// `${x/pattern/text}` as bash has it.
    Substitute {
        /// Which matches are replaced.
        which: bash::Which,
        /// What is replaced.
        pattern: Word,
        /// What takes its place.
        replacement: Word,
    },
    /// `${x^pattern}` and the like.
    Case {
        /// What becomes of a letter.
        change: CaseChange,
        /// Whether of all, and not only of the first.
        all: bool,
        /// Which letters; without one, each.
        pattern: Word,
    },
    /// `${x@letter}`
    Transform(u8),
    /// `${!a[@]}`
    Keys,
    /// `${!prefix@}`, or `${!prefix*}` when the names are joined.
    Names(bool),
    /// Not in the language of bash: its text, for the diagnostic.
    BadText(Box<[u8]>),
}

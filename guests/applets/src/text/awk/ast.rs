//! The program as a tree, with its names resolved to places.

use super::value::Text;

/// The variables that mean something to the interpreter, in the order of their places.
pub(super) const SPECIAL: [&str; 13] =
    ["CONVFMT", "OFMT", "FS", "OFS", "ORS", "RS", "SUBSEP", "FILENAME", "NR", "FNR", "RSTART", "RLENGTH", "IGNORECASE"];

/// The places of those variables.
pub(super) mod place {
    pub(in super::super) const CONVFMT: u32 = 0;
    pub(in super::super) const OFMT: u32 = 1;
    pub(in super::super) const FS: u32 = 2;
    pub(in super::super) const OFS: u32 = 3;
    pub(in super::super) const ORS: u32 = 4;
    pub(in super::super) const RS: u32 = 5;
    pub(in super::super) const SUBSEP: u32 = 6;
    pub(in super::super) const FILENAME: u32 = 7;
    pub(in super::super) const NR: u32 = 8;
    pub(in super::super) const FNR: u32 = 9;
    pub(in super::super) const RSTART: u32 = 10;
    pub(in super::super) const RLENGTH: u32 = 11;
    pub(in super::super) const IGNORECASE: u32 = 12;
}

/// A variable: a global one, or a parameter of the function that is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Global(u32),
    Local(u32),
}

/// An operator of arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
}

/// A regular expression: written as one, with its number, or made of a string when it is used.
#[derive(Debug)]
pub(super) enum Pattern {
    Literal(usize),
    Computed(Box<Expr>),
}

/// Where `getline` reads from.
#[derive(Debug)]
pub(super) enum LineSource {
    Main,
    File(Box<Expr>),
    Command(Box<Expr>),
}

/// A function of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    And,
    Atan2,
    Close,
    Compl,
    Cos,
    Exp,
    Fflush,
    Gensub,
    Gsub,
    Index,
    Int,
    Length,
    Log,
    Lshift,
    Match,
    Mktime,
    Or,
    Rand,
    Rshift,
    Sin,
    Split,
    Sprintf,
    Sqrt,
    Srand,
    Strftime,
    Sub,
    Substr,
    System,
    Systime,
    Tolower,
    Toupper,
    Xor,
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(Text),
    /// A regular expression by itself: whether the record matches.
    Regex(usize),
    Variable(Name),
    /// The number of fields.
    FieldCount,
    Field(Box<Expr>),
    Element(Name, Box<Expr>),
    /// Several values with `SUBSEP` between them.
    Joined(Vec<Expr>),
    Assign(Box<Expr>, Box<Expr>),
    Update(Arithmetic, Box<Expr>, Box<Expr>),
    Step {
        place: Box<Expr>,
        by: f64,
        prefix: bool,
    },
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    Not(Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Matches {
        text: Box<Expr>,
        pattern: Pattern,
        negated: bool,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    Concat(Vec<Expr>),
    In(Box<Expr>, Name),
    Call(usize, Vec<Expr>),
    Builtin(Builtin, Vec<Expr>),
    Getline(LineSource, Option<Box<Expr>>),
}

impl Expr {
    /// Whether a value can be assigned to it.
    pub(super) fn is_place(&self) -> bool {
        matches!(self, Self::Variable(_) | Self::FieldCount | Self::Field(_) | Self::Element(..))
    }
}

/// Where output goes that is not for standard output.
#[derive(Debug)]
pub(super) enum Redirection {
    File(Expr),
    Append(Expr),
    Command(Expr),
}

/// A statement and the line it stands in.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) line: u32,
    pub(super) action: Action,
}

/// What a statement does.
#[derive(Debug)]
pub(super) enum Action {
    Nothing,
    Evaluate(Expr),
    Print(Vec<Expr>, Option<Redirection>),
    Printf(Vec<Expr>, Option<Redirection>),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    DoWhile(Box<Statement>, Expr),
    For { start: Option<Expr>, condition: Option<Expr>, step: Option<Expr>, body: Box<Statement> },
    ForIn(Expr, Name, Box<Statement>),
    Block(Vec<Statement>),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(Name, Option<Expr>),
}

/// When a rule's action runs.
#[derive(Debug)]
pub(super) enum When {
    Always,
    If(Expr),
    /// From a record that matches the first to one that matches the second.
    Range(Expr, Expr),
}

/// A pattern and its action; without one the record is printed.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) line: u32,
    pub(super) when: When,
    pub(super) body: Option<Vec<Statement>>,
}

/// A function of the program.
#[derive(Debug, Default)]
pub(super) struct Function {
    /// For each parameter whether it is used as an array.
    pub(super) arrays: Vec<bool>,
    /// Its statements; `None` while it is only called.
    pub(super) body: Option<Vec<Statement>>,
}

/// A whole program.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) begin: Vec<Vec<Statement>>,
    pub(super) rules: Vec<Rule>,
    pub(super) end: Vec<Vec<Statement>>,
    pub(super) functions: Vec<Function>,
    /// The names of the global variables; the special ones come first.
    pub(super) globals: Vec<Vec<u8>>,
    /// The regular expressions that stand in the program.
    pub(super) patterns: Vec<Vec<u8>>,
    /// What diagnostics call the program.
    pub(super) name: Vec<u8>,
    /// The line that its text ends in.
    pub(super) lines: u32,
}

//! Programs of `bc` as trees.

/// What can be given a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Variable(Vec<u8>),
    Element(Vec<u8>, Box<Expr>),
    Scale,
    InputBase,
    OutputBase,
    Last,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    Number(Vec<u8>),
    Place(Place),
    Assign(Place, Box<Expr>),
    /// `PLACE OP= EXPR`.
    Update(Place, &'static str, Box<Expr>),
    /// `++PLACE` and so on: by how much, and whether the old value is the result.
    Step(Place, i64, bool),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Call(Vec<u8>, Vec<Expr>),
    /// In parentheses: then even an assignment is shown.
    Group(Box<Expr>),
    /// A whole array, as an argument.
    Array(Vec<u8>),
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    Expr(Expr),
    Text(Vec<u8>),
    Print(Vec<Piece>),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    For(Option<Expr>, Option<Expr>, Option<Expr>, Box<Statement>),
    Block(Vec<Statement>),
    Break,
    Continue,
    Return(Option<Expr>),
    Define(Vec<u8>, Function),
    Quit,
    Limits,
    Nothing,
}

/// A piece of a `print` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Expr(Expr),
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub parameters: Vec<Own>,
    /// Variables and arrays of its own.
    pub locals: Vec<Own>,
    pub body: Vec<Statement>,
    /// Whether its result is shown nowhere.
    pub void: bool,
}

/// A name that a function has for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub name: Vec<u8>,
    pub kind: Kind,
}

/// What such a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Variable,
    /// An array, of which the function has a copy.
    Array,
    /// The caller's array.
    Reference,
}

//! Pieces of a template as a tree.

use serde_json::Value as Json;

use super::error::{Fault, Reason};
use super::function::Function;
use super::token::{Kind, Piece, Token, pieces};

/// How deep parts may lie within each other.
const DEPTH: usize = 100;

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    /// Prints a value.
    Print(Pipeline),
    /// Takes one branch.
    If {
        condition: Pipeline,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// Takes one branch, with the value as the dot in the first.
    With {
        value: Pipeline,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// Repeats for each element.
    Range {
        values: Pipeline,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Break,
    Continue,
}

/// Commands, each of which gets the last one's value as its last argument.
#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    /// The variables that get the value.
    pub(super) variables: Vec<String>,
    /// Whether the variables are there before.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
}

/// A value, or a function with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) at: usize,
    pub(super) first: Operand,
    pub(super) arguments: Vec<Operand>,
}

/// A value of a command, and the fields that are taken of it.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) source: Source,
    pub(super) fields: Vec<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Dot,
    Constant(Json),
    Variable(String),
    Function(Function),
    Pipeline(Box<Pipeline>),
}

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Fault> {
    let mut parser = Parser { pieces: pieces(text)?.into_iter(), variables: vec![String::new()], depth: 0, loops: 0 };
    match parser.list()? {
        (nodes, Stop::Nothing) => Ok(nodes),
        (_, Stop::End(at)) => Err(Fault { at, reason: Reason::Unexpected("{{end}}") }),
        (_, Stop::Else(at, _)) => Err(Fault { at, reason: Reason::Unexpected("{{else}}") }),
    }
}

/// What ended a list of parts.
enum Stop {
    Nothing,
    End(usize),
    /// With the words that follow.
    Else(usize, Vec<Token>),
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    /// The names of the variables there are; the nameless one is the whole value.
    variables: Vec<String>,
    depth: usize,
    loops: usize,
}

impl Parser {
    fn list(&mut self) -> Result<(Vec<Node>, Stop), Fault> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (at, tokens) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action { at, tokens } => (at, trimmed(tokens)),
            };
            let word = match tokens.first() {
                Some(Token { kind: Kind::Word(word), .. }) => word.clone(),
                _ => String::new(),
            };
            let after = || trimmed(tokens.get(1..).unwrap_or_default().to_vec());
            match word.as_str() {
                "end" => return Ok((nodes, Stop::End(at))),
                "else" => return Ok((nodes, Stop::Else(at, after()))),
                "if" | "with" | "range" => nodes.push(self.control(&word, at, after())?),
                "break" | "continue" if self.loops == 0 => {
                    let word = if word == "break" { "break" } else { "continue" };
                    return Err(Fault { at, reason: Reason::OutsideRange(word) });
                }
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                "define" | "template" | "block" => return Err(Fault { at, reason: Reason::Unsupported(word) }),
                _ => nodes.push(Node::Print(self.pipeline(at, tokens, "command", 1)?)),
            }
        }
        Ok((nodes, Stop::Nothing))
    }

    /// What `if`, `with` or `range` begins, up to its end.
    fn control(&mut self, word: &str, at: usize, tokens: Vec<Token>) -> Result<Node, Fault> {
        let word = match word {
            "if" => "if",
            "with" => "with",
            _ => "range",
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault { at, reason: Reason::TooDeep });
        }
        let known = self.variables.len();
        let head = self.pipeline(at, tokens, word, if word == "range" { 2 } else { 1 })?;
        let loops = usize::from(word == "range");
        self.loops += loops;
        let (then, stop) = self.list()?;
        self.loops -= loops;
        let no_end = || Fault { at, reason: Reason::NoEnd(word) };
        let otherwise = match stop {
            Stop::Nothing => return Err(no_end()),
            Stop::End(_) => Vec::new(),
            Stop::Else(at, tokens) => match tokens.first().map(|token| &token.kind) {
                None => match self.list()? {
                    (otherwise, Stop::End(_)) => otherwise,
                    (_, Stop::Else(at, _)) => return Err(Fault { at, reason: Reason::Unexpected("{{else}}") }),
                    (_, Stop::Nothing) => return Err(no_end()),
                },
                // `else if` shares the end of what it is in.
                Some(Kind::Word(next)) if word != "range" && (next == "if" || next == "with") => {
                    let rest = trimmed(tokens.get(1..).unwrap_or_default().to_vec());
                    vec![self.control(&next.clone(), at, rest)?]
                }
                Some(_) => return Err(Fault { at, reason: Reason::Unexpected("words after else") }),
            },
        };
        self.variables.truncate(known);
        self.depth -= 1;
        Ok(match word {
            "if" => Node::If { condition: head, then, otherwise },
            "with" => Node::With { value: head, then, otherwise },
            _ => Node::Range { values: head, body: then, otherwise },
        })
    }

    /// Reads a pipeline that may set up to `most` variables.
    fn pipeline(&mut self, at: usize, tokens: Vec<Token>, what: &'static str, most: usize) -> Result<Pipeline, Fault> {
        let (variables, assigns, tokens) = declaration(tokens, most);
        if assigns {
            for name in &variables {
                self.known(at, name)?;
            }
        }
        let mut words = Words { tokens: tokens.into_iter().peekable(), end: at };
        let commands = self.commands(&mut words, what, false)?;
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipeline { variables, assigns, commands })
    }

    fn known(&self, at: usize, name: &str) -> Result<(), Fault> {
        let known = self.variables.iter().any(|known| known == name);
        known.then_some(()).ok_or_else(|| Fault { at, reason: Reason::NoVariable(name.to_owned()) })
    }

    /// Reads commands up to the end, or to the closing parenthesis.
    fn commands(&mut self, words: &mut Words, what: &'static str, nested: bool) -> Result<Vec<Command>, Fault> {
        let mut commands = Vec::new();
        loop {
            let mut operands: Vec<Operand> = Vec::new();
            let mut closed = false;
            let mut piped = false;
            while let Some(token) = words.next() {
                match token.kind {
                    Kind::Space => continue,
                    Kind::Pipe if operands.is_empty() => {
                        return Err(Fault { at: token.at, reason: Reason::Unexpected("| before a command") });
                    }
                    Kind::Pipe => piped = true,
                    Kind::Close if nested => closed = true,
                    _ => {
                        operands.push(self.operand(token, words)?);
                        continue;
                    }
                }
                break;
            }
            let mut operands = operands.into_iter();
            match operands.next() {
                Some(first) => {
                    let at = first.at;
                    let arguments: Vec<Operand> = operands.collect();
                    check(&first, !arguments.is_empty() || !commands.is_empty())?;
                    commands.push(Command { at, first, arguments });
                }
                None => return Err(Fault { at: words.end, reason: Reason::MissingValue(what) }),
            }
            if piped {
                continue;
            }
            if nested && !closed {
                return Err(Fault { at: words.end, reason: Reason::Unexpected("end: a ) is missing") });
            }
            return Ok(commands);
        }
    }

    fn operand(&mut self, token: Token, words: &mut Words) -> Result<Operand, Fault> {
        let at = token.at;
        let mut fields = Vec::new();
        let unexpected = |what| Err(Fault { at, reason: Reason::Unexpected(what) });
        let source = match token.kind {
            Kind::Dot => Source::Dot,
            Kind::Field(name) => {
                fields.push(name);
                Source::Dot
            }
            Kind::Variable(name) => {
                self.known(at, &name)?;
                Source::Variable(name)
            }
            Kind::Quoted(text) => Source::Constant(Json::String(text)),
            Kind::Number(number) => Source::Constant(Json::Number(number)),
            Kind::Word(word) => match word.as_str() {
                "true" => Source::Constant(Json::Bool(true)),
                "false" => Source::Constant(Json::Bool(false)),
                "nil" => Source::Constant(Json::Null),
                _ => match Function::named(&word) {
                    Some(function) => Source::Function(function),
                    None => return Err(Fault { at, reason: Reason::NoFunction(word, Function::names()) }),
                },
            },
            Kind::Open => {
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(Fault { at, reason: Reason::TooDeep });
                }
                let commands = self.commands(words, "( )", true)?;
                self.depth -= 1;
                Source::Pipeline(Box::new(Pipeline { variables: Vec::new(), assigns: false, commands }))
            }
            Kind::Close => return unexpected(")"),
            Kind::Comma => return unexpected(","),
            Kind::Declare => return unexpected(":="),
            Kind::Assign => return unexpected("="),
            Kind::Space | Kind::Pipe => return unexpected("|"),
        };
        while let Some(Token { kind: Kind::Field(name), .. }) =
            words.tokens.next_if(|token| matches!(token.kind, Kind::Field(_)))
        {
            fields.push(name);
        }
        Ok(Operand { at, source, fields })
    }
}

/// A constant takes no arguments. That of fields is told when their values are there: `.Label "x"` is docker's.
fn check(first: &Operand, with_arguments: bool) -> Result<(), Fault> {
    match first.source {
        Source::Constant(_) if with_arguments => Err(Fault { at: first.at, reason: Reason::NotCallable }),
        Source::Constant(Json::Null) => Err(Fault { at: first.at, reason: Reason::Unexpected("nil as a command") }),
        _ => Ok(()),
    }
}

/// The words of an action that are left.
struct Words {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// Where the last word was.
    end: usize,
}

impl Words {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.next()?;
        self.end = token.at;
        Some(token)
    }
}

/// The words without space around them.
fn trimmed(mut tokens: Vec<Token>) -> Vec<Token> {
    while tokens.last().is_some_and(|token| token.kind == Kind::Space) {
        tokens.pop();
    }
    let start = tokens.iter().take_while(|token| token.kind == Kind::Space).count();
    tokens.split_off(start)
}

/// The variables that a pipeline sets, whether they are there before, and the rest of it.
fn declaration(tokens: Vec<Token>, most: usize) -> (Vec<String>, bool, Vec<Token>) {
    let mut variables = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Space | Kind::Comma => {}
            Kind::Variable(name) if variables.len() < most => variables.push(name.clone()),
            Kind::Declare | Kind::Assign if !variables.is_empty() => {
                let assigns = token.kind == Kind::Assign;
                return (variables, assigns, trimmed(tokens.get(index + 1..).unwrap_or_default().to_vec()));
            }
            _ => break,
        }
    }
    (Vec::new(), false, tokens)
}

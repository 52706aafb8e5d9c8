//! The compiled regular expressions of a program, those that are made as it runs included.

use super::flavour;
use std::collections::HashMap;
use std::rc::Rc;

use crate::regex::{Error, Regex, Syntax};

/// How many expressions that were made of strings are kept.
const KEPT: usize = 500;

/// A pattern that is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadPattern {
    pub(super) source: Vec<u8>,
    pub(super) error: Error,
}

/// Compiles a pattern as it stands.
pub(super) fn compile(source: &[u8], ignore_case: bool) -> Result<Rc<Regex>, BadPattern> {
    let syntax = Syntax { ignore_case, ..Syntax::EXTENDED };
    if flavour::is_mawk() {
        let plain = without_intervals(source);
        let compiled = Regex::new(&plain, syntax).map(Rc::new);
        return compiled.map_err(|error| BadPattern { source: source.to_vec(), error });
    }
    Regex::new(source, syntax).map(Rc::new).map_err(|error| BadPattern { source: source.to_vec(), error })
}

/// The pattern with its braces as text: `mawk` knows no intervals.
fn without_intervals(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(byte) = source.get(at) {
        match byte {
            b'\\' => {
                out.extend_from_slice(source.get(at..source.len().min(at + 2)).unwrap_or_default());
                at += 2;
                continue;
            }
            b'[' => {
                // Up to the bracket that closes the set, which is none at its start.
                let start = at + 1 + usize::from(source.get(at + 1) == Some(&b'^'));
                let rest = source.get(start + 1..).unwrap_or_default();
                let end = bracket_end(rest).map_or(source.len(), |end| start + 1 + end + 1);
                out.extend_from_slice(source.get(at..end).unwrap_or_default());
                at = end;
                continue;
            }
            b'{' | b'}' => out.extend_from_slice(&[b'\\', *byte]),
            _ => out.push(*byte),
        }
        at += 1;
    }
    out
}

/// Where a set ends, classes in it passed over.
fn bracket_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at..)? {
            [b']', ..] => return Some(at),
            [b'[', b':', rest @ ..] => at += 2 + memchr::memmem::find(rest, b":]")? + 2,
            [] => return None,
            _ => at += 1,
        }
    }
}

/// Compiles a string as a pattern: what is no extended expression may still be a basic one.
fn compile_string(source: &[u8], ignore_case: bool) -> Result<Rc<Regex>, BadPattern> {
    compile(source, ignore_case).or_else(|bad| {
        if flavour::is_mawk() {
            return Err(bad);
        }
        let syntax = Syntax { ignore_case, ..Syntax::BASIC };
        Regex::new(source, syntax).map(Rc::new).map_err(|error| BadPattern { source: source.to_vec(), error })
    })
}

/// The expressions of a program.
#[derive(Debug)]
pub(super) struct Patterns {
    /// Whether letters match both cases.
    ignore_case: bool,
    sources: Vec<Vec<u8>>,
    literal: Vec<Option<Rc<Regex>>>,
    computed: HashMap<Vec<u8>, Rc<Regex>>,
    last: Option<(Vec<u8>, Rc<Regex>)>,
}

impl Patterns {
    /// The expressions that stand in a program.
    pub(super) fn new(sources: &[Vec<u8>]) -> Self {
        Self {
            ignore_case: false,
            sources: sources.to_vec(),
            literal: vec![None; sources.len()],
            computed: HashMap::new(),
            last: None,
        }
    }

    /// Whether letters match both cases.
    pub(super) fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// Sets whether letters match both cases.
    pub(super) fn set_ignore_case(&mut self, ignore_case: bool) {
        if self.ignore_case != ignore_case {
            self.ignore_case = ignore_case;
            self.literal.fill(None);
            self.computed.clear();
            self.last = None;
        }
    }

    /// The expression with this number.
    pub(super) fn literal(&mut self, number: usize) -> Result<&Rc<Regex>, BadPattern> {
        let slot = &mut self.literal[number];
        match slot {
            Some(regex) => Ok(regex),
            None => Ok(slot.insert(compile(&self.sources[number], self.ignore_case)?)),
        }
    }

    /// The expression that a string means.
    pub(super) fn computed(&mut self, source: &[u8]) -> Result<Rc<Regex>, BadPattern> {
        if let Some((text, regex)) = &self.last {
            if text == source {
                return Ok(regex.clone());
            }
        }
        let regex = match self.computed.get(source) {
            Some(regex) => regex.clone(),
            None => {
                let regex = compile_string(source, self.ignore_case)?;
                if self.computed.len() >= KEPT {
                    self.computed.clear();
                }
                self.computed.insert(source.to_vec(), regex.clone());
                regex
            }
        };
        self.last = Some((source.to_vec(), regex.clone()));
        Ok(regex)
    }
}

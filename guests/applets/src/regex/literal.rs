//! What text every match of a pattern must contain: a fast test before the automaton.

use super::ast::{ByteSet, Node};

/// The text that a pattern requires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Required {
    /// The longest run of bytes that every match contains; empty when there is none.
    pub(super) bytes: Vec<u8>,
    /// Whether the pattern matches these bytes and nothing else, whatever stands beside.
    pub(super) exact: bool,
}

/// Finds the text that `node` requires.
pub(super) fn required(node: &Node) -> Required {
    let search = Search::of(node, |set| if set.len() == 1 { set.iter().next() } else { None });
    let exact = search.whole && !search.best.is_empty();
    Required { bytes: search.best, exact }
}

/// Finds the text that `node` requires of a text that was brought to lower case.
pub(super) fn required_folded(node: &Node) -> Vec<u8> {
    let letter = |set: &ByteSet| {
        let first = set.iter().next()?;
        (*set == ByteSet::single(first) || *set == ByteSet::single(first).fold_case())
            .then_some(first.to_ascii_lowercase())
    };
    Search::of(node, letter).best
}

struct Search {
    /// The byte that a set stands for.
    byte: fn(&ByteSet) -> Option<u8>,
    best: Vec<u8>,
    /// The bytes that end at the current place.
    run: Vec<u8>,
    /// Whether nothing but single bytes was seen.
    whole: bool,
}

impl Search {
    fn of(node: &Node, byte: fn(&ByteSet) -> Option<u8>) -> Self {
        let mut search = Self { byte, best: Vec::new(), run: Vec::new(), whole: true };
        search.node(node);
        search.cut();
        search
    }

    /// Ends the current run.
    fn cut(&mut self) {
        if self.run.len() > self.best.len() {
            self.best = core::mem::take(&mut self.run);
        }
        self.run.clear();
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Empty => {}
            Node::Set(set) => match (self.byte)(set) {
                Some(byte) => self.run.push(byte),
                None => {
                    self.whole = false;
                    self.cut();
                }
            },
            Node::Concat(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Node::Group(node, _) => {
                self.whole = false;
                self.node(node);
            }
            // A condition takes no bytes, so the run goes on across it.
            Node::Assert(_) => self.whole = false,
            Node::Repeat { node, min, max } => {
                self.whole = false;
                if *min > 0 {
                    self.node(node);
                }
                if (*min, *max) != (1, Some(1)) {
                    self.cut();
                    // What follows a repetition may follow its last round, not its first.
                }
            }
            Node::Alternate(_) | Node::BackReference(_) => {
                self.whole = false;
                self.cut();
            }
        }
    }
}

//! What text every match of a pattern must contain: a fast test before the automaton.

use super::ast::Node;

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
    let mut search = Search { best: Vec::new(), run: Vec::new(), whole: true };
    search.node(node);
    search.cut();
    let exact = search.whole && !search.best.is_empty();
    Required { bytes: search.best, exact }
}

struct Search {
    best: Vec<u8>,
    /// The bytes that end at the current place.
    run: Vec<u8>,
    /// Whether nothing but single bytes was seen.
    whole: bool,
}

impl Search {
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
            Node::Set(set) => match (set.len(), set.iter().next()) {
                (1, Some(byte)) => self.run.push(byte),
                _ => {
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

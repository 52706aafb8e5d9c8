//! What files that somebody uses are called, also after their names were changed or taken away.

use wcr_abi::Errno;

use super::{Node, Place, Vfs};

/// What a file in use is called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Name {
    /// A directory, which knows its own name.
    #[default]
    Own,
    /// The name that it was found by.
    At(Place),
    /// This, in whatever place: it has lost its name, or never had one.
    Text(Vec<u8>),
}

/// A name that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The file.
    pub node: Node,
    /// Its name.
    pub place: Place,
}

/// What became of names in a rename that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The file that got another name, and its old one.
    pub moved: Removed,
    /// The new name.
    pub to: Place,
    /// The file that had the new name.
    pub other: Option<Node>,
    /// Whether that one has the old name now.
    pub exchanged: bool,
}

impl Name {
    /// Whether this is what a file is called that lost `removed`.
    fn is_lost(&self, node: Node, removed: &Removed, is_dir: bool) -> bool {
        node == removed.node
            && match self {
                Self::At(place) => is_dir || *place == removed.place,
                Self::Own => is_dir,
                Self::Text(_) => false,
            }
    }

    /// Takes note that a name is gone; `text` is what it was.
    pub fn lose(&mut self, node: Node, removed: &Removed, is_dir: bool, text: &[u8]) {
        if self.is_lost(node, removed, is_dir) {
            *self = Self::Text([text, b" (deleted)"].concat());
        }
    }

    /// Takes note that a name has become another one.
    pub fn follow(&mut self, node: Node, from: &Removed, to: &Place) {
        if let Self::At(place) = self
            && node == from.node
            && *place == from.place
        {
            place.clone_from(to);
        }
    }
}

impl Vfs {
    /// What a file in use is called now.
    ///
    /// # Errors
    /// Those of [`Self::path_of`].
    pub fn name_of(&mut self, node: Node, name: &Name) -> Result<Vec<u8>, Errno> {
        match name {
            Name::Own => self.path_of(node),
            Name::At(place) => self.path_at(place),
            Name::Text(text) => Ok(text.clone()),
        }
    }
}

//! Why a layer's entries cannot be indexed, or an index cannot be used.

use core::fmt;

/// What is wrong with the name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It is empty.
    Empty,
    /// It has a `..` component.
    DotDot,
    /// It has a NUL byte.
    Nul,
    /// It is longer than a path may be (4,095 bytes).
    PathTooLong,
    /// One component is longer than a name may be (255 bytes).
    ComponentTooLong,
    /// It means the layer's root, and the entry is not a directory.
    Root,
    /// It is a whiteout of nothing, of `.` or of `..`.
    Whiteout,
    /// It is a hard link to itself.
    LinkToItself,
    /// It is a hard link to a directory.
    LinkToDirectory,
    /// The target of the (hard or symbolic) link is empty, too long, has a NUL byte or, for a hard link,
    /// leaves the root.
    LinkTarget,
    /// Its content lies outside the tar.
    Data,
}

/// Why a layer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerError {
    /// An entry is malformed.
    Entry {
        /// The entry's name as the tar has it, cut to 256 bytes; not escaped for display.
        name: Vec<u8>,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// The layer exceeds a limit.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The most that is allowed.
        max: u64,
    },
    /// The index file is not one, or is damaged.
    Index(&'static str),
}

impl LayerError {
    pub(super) fn entry(name: &[u8], fault: NameFault) -> Self {
        Self::Entry { name: name.get(..256).unwrap_or(name).to_vec(), fault }
    }
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the name is empty",
            Self::DotDot => "the name has a `..` component",
            Self::Nul => "the name has a NUL byte",
            Self::PathTooLong => "the name is longer than 4095 bytes",
            Self::ComponentTooLong => "a component of the name is longer than 255 bytes",
            Self::Root => "only a directory can stand for the layer's root",
            Self::Whiteout => "the whiteout names no file",
            Self::LinkToItself => "the hard link points to itself",
            Self::LinkToDirectory => "the hard link points to a directory",
            Self::LinkTarget => "the link's target is not a usable path",
            Self::Data => "the content lies outside the layer",
        })
    }
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { name, fault } => write!(f, "malformed entry \"{}\": {fault}", name.escape_ascii()),
            Self::Limit { what, max } => write!(f, "the layer has more than {max} {what}"),
            Self::Index(why) => write!(f, "the layer's index is damaged: {why}"),
        }
    }
}

impl core::error::Error for LayerError {}

//! A layer's index: where every entry of the layer's tar is, usable straight from a mapping.
//!
//! The file is little-endian and has four parts: a header of 128 bytes, the table of records (96 bytes
//! each), the names and link targets (bytes), nothing else. Record 0 is the layer's root. Records are
//! ordered so that the children of a directory are neighbours, sorted by name, and come after their
//! directory: finding a path costs one binary search a component, and opening a layer costs nothing
//! that grows with it. The bytes of header and record are laid out in `format.rs`.
//!
//! Whiteouts are records too: `.wh.NAME` in the tar is a record named `NAME` of kind
//! [`RecordKind::Whiteout`]; `.wh..wh..opq` sets [`Record::opaque`] on its directory. A whiteout and a
//! real entry of the same name in one layer: the real entry stands, on an opaque directory when it is
//! one. The same holds of a directory that took the place of a file of the same layer, since that file has removed
//! what was there. A directory that the tar only implies (`a/b` without `a/`) has [`Record::implied`] set: the
//! metadata of a lower layer's directory shows through, unless a whiteout has removed that.

mod builder;
mod content;
mod error;
pub(crate) mod format;
mod names;
mod reader;
#[cfg(test)]
mod tests;

pub use builder::{EntryKind, EntryMeta, LayerBuilder, LayerLimits};
pub use content::{Content, Piece, Pieces};
pub use error::{LayerError, NameFault};
pub use format::{HEADER_LEN, MAGIC, RECORD_LEN};
pub use reader::{Layer, LayerData, LayerIndex, TarData};

use wcr_abi::{Mode, Timestamp};

/// What a record describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// An inode of the kind in `mode`.
    Inode,
    /// Another name for the inode of the record `target` of the same layer.
    HardLink {
        /// That record's number; always an `Inode` record.
        record: u32,
    },
    /// A hard link whose target is not in this layer: its path stands in `link`, relative to the root.
    LowerHardLink,
    /// The name is hidden from here downwards.
    Whiteout,
}

/// One entry of a layer, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The name in its directory; empty for the root.
    pub name: &'a [u8],
    /// What it is.
    pub kind: RecordKind,
    /// Kind and permissions.
    pub mode: Mode,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The number of names of the inode within this layer; for a directory 2 and one for each
    /// subdirectory that the layer has in it.
    pub nlink: u32,
    /// The device's number, in Linux's encoding.
    pub rdev: u64,
    /// The content's length in bytes; for a symbolic link the length of the target.
    pub size: u64,
    /// Where the content starts in the layer's tar.
    pub data: u64,
    /// The modification time.
    pub mtime: Timestamp,
    /// A symbolic link's target or a [`RecordKind::LowerHardLink`]'s path; empty otherwise.
    pub link: &'a [u8],
    /// The pieces of a regular file that has holes.
    pub pieces: Option<Pieces<'a>>,
    /// For a directory: the records of its children.
    pub children: core::ops::Range<u32>,
    /// Nothing of the lower layers shows in this directory.
    pub opaque: bool,
    /// The tar has no entry for this directory, only for things in it, and has not removed a lower one.
    pub implied: bool,
    /// A remark on a regular file's content ([`LayerBuilder::label`]); 0 when there is none.
    pub label: u8,
}

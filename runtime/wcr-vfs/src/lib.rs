//! The file system: its contract, the memory tree over image layers, mounts and the path walk.

#![forbid(unsafe_code)]

mod fs;
pub mod layer;

pub use fs::{DirEntry, FileSystem, Ino, MagicLink, NewInode, SetAttr};

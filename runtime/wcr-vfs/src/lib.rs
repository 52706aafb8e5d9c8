//! The file system: its contract, the memory tree over image layers, mounts and the path walk.

#![forbid(unsafe_code)]

pub mod dev;
mod fs;
pub mod layer;
mod tree;
mod vfs;

pub use fs::{Change, ChangeKind, DirEntry, FileSystem, Ino, MagicLink, NewInode, Part, Perm, SetAttr};
pub use tree::{DanglingLink, Tree, TreeLimits, dangling_link, flatten};
pub use vfs::{
    Access, Creds, Found, MountInfo, MountOptions, Name, Node, Opened, Place, Removed, Rename, Renamed, SetTime,
    SetTimes, Target, Vfs, Walk,
};

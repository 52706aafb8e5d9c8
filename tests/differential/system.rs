//! What both systems are asked, and what they answer.

use std::collections::BTreeMap;

use wcr_abi::{Errno, FileKind, Stat};

use crate::operation::Op;

/// What an operation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Nothing,
    Number(u64),
    Bytes(Vec<u8>),
    Names(Vec<(Vec<u8>, FileKind)>),
    Stat(Box<Seen>),
}

/// An operation's result.
pub type Outcome = Result<Value, Errno>;

/// What is compared of a file's metadata apart from its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub size: u64,
    pub blocks: u64,
}

impl Seen {
    /// File systems differ in what a directory's and a symbolic link's own storage is, and an overlay counts no
    /// subdirectories.
    pub fn new(stat: &Stat, overlay: bool) -> Self {
        let kind = stat.mode.kind();
        let is_dir = kind == FileKind::Directory;
        let stored = kind == FileKind::Regular;
        Self {
            mode: stat.mode.0,
            nlink: if is_dir && overlay { 0 } else { stat.nlink },
            uid: stat.uid,
            gid: stat.gid,
            rdev: stat.rdev,
            size: if is_dir { 0 } else { stat.size },
            // A file that is not copied up yet has the blocks of its layer.
            blocks: if stored && !overlay { stat.blocks } else { 0 },
        }
    }

    /// That of an open file: one that was opened before it was copied up is another file to an overlay, and keeps
    /// its names.
    pub fn of_open(stat: &Stat, overlay: bool) -> Self {
        let seen = Self::new(stat, overlay);
        Self { nlink: if overlay { 0 } else { seen.nlink }, ..seen }
    }
}

/// All files: those in the tree by path, and those that are open, by `@` and the slot's number.
pub type Snapshot = BTreeMap<String, Stat>;

/// One of the two systems.
pub trait System {
    /// Does what is asked.
    fn run(&mut self, op: &Op) -> Outcome;

    /// The metadata of all files; looking changes nothing.
    fn snapshot(&mut self) -> Snapshot;

    /// A regular file's whole content, or a symbolic link's target.
    fn content(&mut self, path: &str) -> Vec<u8>;

    /// A time at or before that of whatever happens next, as its files would show it, in nanoseconds.
    fn now(&self) -> u64;

    /// Lets the clock of the files move on.
    fn tick(&mut self);
}

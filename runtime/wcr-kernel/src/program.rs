//! What runs when a file is executed: the question that the kernel asks its embedder.

use std::sync::Arc;

use wcr_abi::Errno;

/// A program that an engine can run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Program {
    /// A guest bundled with wcr, by name. It sees descriptors as they are, with no preopened directory.
    Guest(&'static str),
    /// Such a guest in a flavour: a number that says which of several programs it stands in for, known to the loader
    /// that gives it and to the guest that asks for it.
    Flavoured(&'static str, u32),
    /// A wasm module found in the image: it gets `/` as its preopened directory.
    Module(Arc<[u8]>),
    /// A WASI 0.2 component found in the image, which asks for its directories itself.
    Component(Arc<[u8]>),
}

impl Program {
    /// The name of the bundled guest; `None` for programs of an image.
    #[must_use]
    pub const fn guest(&self) -> Option<&'static str> {
        match self {
            Self::Guest(name) | Self::Flavoured(name, _) => Some(name),
            Self::Module(_) | Self::Component(_) => None,
        }
    }

    /// The flavour that a bundled guest has; 0 where it has none.
    #[must_use]
    pub const fn flavour(&self) -> u32 {
        match self {
            Self::Flavoured(_, flavour) => *flavour,
            _ => 0,
        }
    }
}

/// A file about to be executed; `#!` is already resolved.
pub struct ProgramFile<'a> {
    /// The path as it was asked for.
    pub path: &'a [u8],
    /// The arguments, `argv[0]` first.
    pub argv: &'a [Vec<u8>],
    /// The file's whole content.
    pub content: &'a [u8],
}

/// Why a file cannot be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the guest is told.
    pub errno: Errno,
    /// One sentence for the user: the file, what it is, what would run it.
    pub reason: String,
}

/// Decides what runs for a file, from its content.
pub trait Loader: Send {
    /// The program that `file` is or that stands in for it.
    fn load(&mut self, file: &ProgramFile<'_>) -> Result<Program, Refusal>;

    /// The program for a file of which only the label in its layer's index is known (see
    /// [`wcr_vfs::FileSystem::label`]); `None` when the content has to be looked at.
    fn by_label(&mut self, _label: u8, _argv: &[Vec<u8>]) -> Option<Program> {
        None
    }
}

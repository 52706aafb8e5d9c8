//! What a user asks of one container, over what the image says.

use wcr_kernel::Limits;

use crate::environment::EnvChange;
use crate::tmpfs::Tmpfs;

/// The settings of one container. The default is the image as it is.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The command; empty for the image's own.
    pub command: Vec<Vec<u8>>,
    /// The entry point: `None` for the image's own, empty for none.
    pub entrypoint: Option<Vec<u8>>,
    /// Variables to set or remove, in order.
    pub env: Vec<EnvChange>,
    /// The working directory; `None` for the image's own.
    pub workdir: Option<String>,
    /// `USER[:GROUP]`; `None` for the image's own.
    pub user: Option<String>,
    /// The host name; `None` for [`DEFAULT_HOSTNAME`].
    pub hostname: Option<String>,
    /// Further lines of `/etc/hosts`, `NAME:ADDRESS` each.
    pub hosts: Vec<String>,
    /// Whether the image's files cannot be changed; what is mounted over them can.
    pub read_only: bool,
    /// File systems in memory to be mounted.
    pub tmpfs: Vec<Tmpfs>,
    /// The most bytes that can be written over the image's files; `None` for the default.
    pub writable_bytes: Option<u64>,
    /// Files that are put into the image before the container starts, in order.
    pub files: Vec<FileIn>,
    /// Whether the first process is one that starts the command, passes signals on to it and takes note of the ends of
    /// orphans (`--init`).
    pub init: bool,
    /// Programs that are scripts: they run whatever the image has under their names.
    pub shims: Vec<Shim>,
    /// Whether the first process's streams are a terminal.
    pub tty: bool,
    /// What it may use up.
    pub limits: Limits,
    /// Whether the kernel keeps a digest of the trace of all guest calls.
    pub trace: bool,
}

/// A file to be put into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileIn {
    /// Its absolute path; missing directories are made.
    pub path: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Its permissions; it belongs to root.
    pub mode: u32,
}

/// A program that is a script in Rhai.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shim {
    /// The program's name, without a slash.
    pub name: String,
    /// The script.
    pub script: Vec<u8>,
}

impl Shim {
    /// Whether a program can have this name.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
    }
}

/// The host name of a container that is given none: always the same, so that runs are alike.
pub const DEFAULT_HOSTNAME: &str = "wcr";

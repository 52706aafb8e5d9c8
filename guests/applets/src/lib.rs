//! The bundled guests that stand in for BusyBox's applets.
//!
//! Two programs share this library: `core` holds the small everyday applets, whose start-up time counts,
//! and `text` the larger text tools. Each applet is one module with a [`Applet`] value; [`table`] lists
//! them all. An applet reads its arguments from a [`Context`], writes to it and returns an exit code, and
//! never ends the process: the shell calls some of them as built-ins.
//!
//! The reference is BusyBox 1.35 as Debian builds it: standard output, diagnostics and exit codes are its.

mod applet;
pub mod archive;
pub mod calc;
pub mod chain;
mod context;
pub mod conversion;
pub mod core;
pub mod count;
pub mod edit;
pub mod environ;
pub mod escape;
pub mod format;
pub mod glob;
pub mod human;
pub mod init;
pub mod lines;
pub mod listing;
pub mod locale;
pub mod machine;
pub mod mounts;
pub mod multicall;
pub mod number;
pub mod options;
pub mod regex;
pub mod run;
pub mod source;
pub mod system;
pub mod table;
pub mod temporary;
pub mod text;
pub mod tools;
pub mod users;

pub use applet::{Applet, Help, Quit, WriteFailure};
pub use context::{BANNER, Context};

//! The programs for the system, its users and its processes.

use crate::Program;

pub mod clock;
mod date;
pub mod dates;
mod uname;

/// The programs.
pub const PROGRAMS: &[Program] = &[date::PROGRAM, uname::ARCH, uname::UNAME];

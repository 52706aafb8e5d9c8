//! Small programs that are Debian's own.

pub mod hostname;
pub mod run_parts;

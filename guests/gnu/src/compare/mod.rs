//! The programs that compare files.

pub mod cmp;
pub mod diff;

/// The exit code when files differ, and when they cannot be compared.
const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;

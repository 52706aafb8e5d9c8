//! The programs for words, numbers and conditions, which use no files.

use crate::Program;

mod echo;
mod names;
mod truth;

/// The programs.
pub const PROGRAMS: &[Program] =
    &[echo::PROGRAM, names::BASENAME, names::DIRNAME, truth::FALSE, truth::TRUE, truth::YES];

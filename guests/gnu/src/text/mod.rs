//! The programs that read text.

use crate::Program;

mod cat;
mod cut;
mod head;
mod input;
mod tail;
mod tee;
mod uniq;
pub mod versions;
mod wc;

/// The programs.
pub const PROGRAMS: &[Program] =
    &[cat::PROGRAM, cut::PROGRAM, head::PROGRAM, tail::PROGRAM, tee::PROGRAM, uniq::PROGRAM, wc::PROGRAM];

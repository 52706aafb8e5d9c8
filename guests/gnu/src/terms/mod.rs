//! The programs for words, numbers and conditions, which use no files.

use crate::Program;

mod echo;
mod expr;
mod factor;
mod names;
mod printf;
mod seq;
mod test;
mod truth;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    echo::PROGRAM,
    expr::PROGRAM,
    factor::PROGRAM,
    names::BASENAME,
    names::DIRNAME,
    printf::PROGRAM,
    seq::PROGRAM,
    test::BRACKET,
    test::TEST,
    truth::FALSE,
    truth::TRUE,
    truth::YES,
];

//! The calculators `bc` and `dc`, and the numbers they share.

pub mod bc;
pub mod dc;
mod function;
mod number;
mod program;

/// How many steps of a computation a statement of `bc` or a command of `dc` counts as.
const STEPS: u32 = 64;

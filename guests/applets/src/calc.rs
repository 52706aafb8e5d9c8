//! The calculators: `bc` and `dc` with the numbers they share, and `expr`.

pub mod bc;
pub mod dc;
pub mod expr;
mod function;
mod number;
mod program;

/// The largest input base, whatever is said of it: all letters are digits.
const INPUT_BASE_MAX: u64 = 36;
/// The largest output base.
const OUTPUT_BASE_MAX: u64 = 999;

/// How many steps of a computation a statement of `bc` or a command of `dc` counts as.
const STEPS: u32 = 64;

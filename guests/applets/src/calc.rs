//! The calculators `bc` and `dc`, and the numbers they share.

pub mod bc;
pub mod dc;
mod function;
mod number;

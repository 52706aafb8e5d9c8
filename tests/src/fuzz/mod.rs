//! Differential fuzzing: random input for the real program and for wcr, whose answers have to be the same.

pub mod applets;
pub mod layers;
mod random;
pub mod shell;

pub use random::Random;

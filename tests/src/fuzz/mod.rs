//! Fuzzing: random input for the real program and for wcr, whose answers have to be the same; and random commands, of which
//! some are killed.

pub mod applets;
pub mod containers;
pub mod layers;
mod random;
pub mod shell;

pub use random::Random;

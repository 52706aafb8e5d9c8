//! The text tools: one module each.

pub mod grep;
pub mod sort;

//! The text tools: one module each.

pub mod awk;
pub mod brackets;
pub mod comm;
pub mod cut;
pub mod expand;
pub mod fold;
pub mod grep;
pub mod nl;
pub mod paste;
pub mod rev;
pub mod sed;
pub mod sort;
pub mod tac;
pub mod tr;
pub mod unexpand;
pub mod uniq;

//! The applets that show and edit text at a terminal.

pub mod ed;
mod keys;
pub mod less;
pub mod more;
pub mod vi;

//! The small everyday applets: one module each.

pub mod basename;
pub mod dirname;
pub mod truth;

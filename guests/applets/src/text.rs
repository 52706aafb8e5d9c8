//! The text tools: one module each.

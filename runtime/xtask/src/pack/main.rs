//! The pack tool.
fn main() {}

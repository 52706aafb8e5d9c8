//! What the end-to-end tests, the fidelity corpus and the benchmarks share: a real registry, images made from scratch,
//! and a way to run the built binary under a deadline.

pub mod answers;
pub mod bash;
pub mod busybox;
pub mod component;
pub mod dash;
pub mod fidelity;
pub mod fuzz;
pub mod gnu;
pub mod hostile;
pub mod image;
pub mod lab;
pub mod layer;
pub mod podman;
pub mod registry;
pub mod scratch;
pub mod skip;
pub mod terminal;
pub mod wcr;

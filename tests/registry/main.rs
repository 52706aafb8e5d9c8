//! Registries that fail, lie, lead astray and want to know who asks: the built binary against one that a test speaks
//! for, and against Docker's own. Tests named `fault_N_…` stand for line N of the catalogue of faults.

mod access;
mod config;
mod content;
mod documents;
mod login;
mod place;
mod push;
mod ranges;
mod resume;

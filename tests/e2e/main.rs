//! End-to-end tests: the built binary, driven from outside, against a real registry and images of a real program.

mod archives;
mod bad_input;
mod builtin;
mod component;
mod containers;
mod crash;
mod dash;
mod files;
mod harness;
mod hostile;
mod layers;
mod limits;
mod listing;
mod mounts;
mod playground;
mod process;
mod pull;
mod run;
mod scripts;
mod shell;
mod store;
mod terminal;
mod trace;
mod typing;
mod usability;
mod wasm;

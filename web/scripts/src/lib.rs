//! Test scripts in a browser: the harness over the kernel's side of the page.
//!
//! A script is one call into this module, and runs containers in it. For each it calls [`step`], an import that suspends
//! the whole script (JavaScript Promise Integration) while the worker lets the container's processes have their turns, until
//! the container has come to what the script has to do: answer a question, give input, or take note of the end. All that is
//! called meanwhile ends before the script goes on, so that one stack is enough.

#![cfg(target_family = "wasm")]
#![deny(unsafe_code)]

mod api;
mod containers;
mod images;
mod kind;
mod led;
mod snapshots;
mod step;

//! What a container is: an image's layers, a file system over them, a kernel and an engine.
//!
//! This is the library that others embed; the `wcr` command is one user of it.

#![forbid(unsafe_code)]

pub mod hostfs;

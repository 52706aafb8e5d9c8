//! Which program of an image is stood in for by which bundled guest, and how a program is recognised.
//!
//! A program is recognised by the content of its ELF file, never by its path. [`identify`] says what it
//! is, [`stand_in`] says which guest runs instead of it for a given command line, and [`describe`] says
//! what an unknown file is, for messages.

#![forbid(unsafe_code)]

mod beside;
mod coreutils;
mod describe;
mod elf;
mod guest;
mod identity;
mod level;
#[cfg(test)]
mod sample;
mod script;
mod stand_in;

pub use coreutils::{program_of, programs};
pub use describe::describe;
pub use elf::{Class, Elf, Endian};
pub use guest::{Guest, guest_of};
pub use identity::{Identity, KnownProgram, identify, label};
pub use level::{Level, Standing, bash_standing, beside_standings, dash_standing, gnu_standings, standings};
pub use script::{SHIM_FOLDER, SHIM_GUEST, bundled_shim, bundled_shims, is_stub, shim_name, shim_path, stub};
pub use stand_in::{Missing, debian_program, stand_in};

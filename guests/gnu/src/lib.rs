//! The bundled guests that stand in for the programs of GNU coreutils, and for those that Debian has beside them.
//!
//! There are two: `gnu` has coreutils and what scripts start as often, so that it stays small and starts fast; `debian`
//! has the other ones.
//!
//! What the programs have in common is in modules of its own: how options are read and what is said of wrong ones
//! ([`dispatch`]), how names are quoted ([`quote`]), numbers with units ([`size`]). Where a program does what BusyBox's
//! applet does, the work is the applet's.
//!
//! The reference is coreutils 9.1 as Debian builds it: standard output, diagnostics and exit codes are its.

pub mod archive;
pub mod compare;
pub mod debian;
pub mod dispatch;
pub mod files;
mod program;
pub mod quote;
pub mod random;
pub mod size;
pub mod system;
pub mod terms;
pub mod text;

pub use program::{Program, Reading};

/// The programs of coreutils, by what they are about.
pub const PROGRAMS: &[&[Program]] = &[terms::PROGRAMS, files::PROGRAMS, text::PROGRAMS, system::PROGRAMS];

/// The programs beside coreutils in the same guest: each has a version and manners of its own.
pub const BESIDE: &[Program] = &[files::find::PROGRAM, text::grep::PROGRAM, text::sed::PROGRAM, system::xargs::PROGRAM];

/// The programs of the guest `debian`.
pub const DEBIAN: &[Program] = &[
    archive::gzip::PROGRAM,
    archive::tar::PROGRAM,
    compare::cmp::PROGRAM,
    compare::diff::PROGRAM,
    debian::hostname::PROGRAM,
    debian::run_parts::PROGRAM,
];

/// The names of the programs of coreutils, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = PROGRAMS.iter().flat_map(|group| group.iter()).map(|program| program.name).collect();
    names.sort_unstable();
    names
}

/// The program of this name, in whichever guest it is.
#[must_use]
pub fn find(name: &[u8]) -> Option<&'static Program> {
    PROGRAMS.iter().copied().chain([BESIDE, DEBIAN]).flatten().find(|program| program.name.as_bytes() == name)
}

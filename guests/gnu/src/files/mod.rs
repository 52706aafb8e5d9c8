//! The programs for files and directories.

use crate::Program;

mod backup;
mod chmod;
pub(crate) mod chown;
mod copy;
mod cp;
mod dd;
mod df;
mod dircolors;
pub mod find;
mod install;
mod links;
mod ln;
mod ls;
mod make;
mod mktemp;
mod mv;
mod pathchk;
mod remove;
mod resolve;
mod rm;
mod shred;
mod stat;
mod targets;
mod touch;
mod usage;
mod walk;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    chmod::PROGRAM,
    chown::CHGRP,
    chown::CHOWN,
    cp::PROGRAM,
    dd::PROGRAM,
    dircolors::PROGRAM,
    install::PROGRAM,
    links::READLINK,
    links::REALPATH,
    ln::PROGRAM,
    ls::DIR,
    ls::LS,
    ls::VDIR,
    make::LINK,
    make::MKDIR,
    make::MKFIFO,
    make::MKNOD,
    make::TRUNCATE,
    mktemp::PROGRAM,
    mv::PROGRAM,
    pathchk::PROGRAM,
    rm::RM,
    rm::RMDIR,
    rm::UNLINK,
    shred::PROGRAM,
    stat::PROGRAM,
    touch::PROGRAM,
    df::PROGRAM,
    usage::DU,
];

//! The programs for files and directories.

use crate::Program;

mod backup;
mod chmod;
mod chown;
mod copy;
mod cp;
mod install;
mod links;
mod ln;
mod ls;
mod make;
mod mktemp;
mod mv;
mod remove;
mod resolve;
mod rm;
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
    rm::RM,
    rm::RMDIR,
    rm::UNLINK,
    stat::PROGRAM,
    touch::PROGRAM,
    usage::DF,
    usage::DU,
];

//! The programs for files and directories.

use crate::Program;

mod backup;
mod chmod;
mod chown;
mod copy;
mod cp;
mod links;
mod ln;
mod ls;
mod make;
mod mv;
mod remove;
mod resolve;
mod rm;
mod targets;
mod touch;
mod walk;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    chmod::PROGRAM,
    chown::CHGRP,
    chown::CHOWN,
    cp::PROGRAM,
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
    mv::PROGRAM,
    rm::RM,
    rm::RMDIR,
    rm::UNLINK,
    touch::PROGRAM,
];

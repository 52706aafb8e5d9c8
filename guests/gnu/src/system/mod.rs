//! The programs for the system, its users and its processes.

use crate::Program;

mod around;
pub mod clock;
mod date;
pub mod dates;
mod env;
mod exec;
mod id;
mod small;
mod uname;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    around::NICE,
    around::NOHUP,
    around::TIMEOUT,
    date::PROGRAM,
    env::ENV,
    env::PRINTENV,
    id::GROUPS,
    id::ID,
    id::LOGNAME,
    id::WHOAMI,
    small::HOSTID,
    small::HOSTNAME,
    small::NPROC,
    small::PWD,
    small::SLEEP,
    small::SYNC,
    small::TTY,
    small::USERS,
    uname::ARCH,
    uname::UNAME,
];

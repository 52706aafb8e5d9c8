//! The programs for the system, its users and its processes.

use crate::Program;

mod around;
mod chroot;
pub mod clock;
mod date;
pub mod dates;
mod env;
mod env_signals;
pub(crate) mod exec;
mod id;
mod logins;
mod security;
mod small;
mod stdbuf;
mod stty;
mod uname;
pub mod xargs;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    around::NICE,
    around::NOHUP,
    around::TIMEOUT,
    chroot::PROGRAM,
    date::PROGRAM,
    env::ENV,
    env::PRINTENV,
    id::GROUPS,
    id::ID,
    id::LOGNAME,
    id::WHOAMI,
    logins::PINKY,
    logins::USERS,
    logins::WHO,
    security::CHCON,
    security::RUNCON,
    small::HOSTID,
    small::HOSTNAME,
    small::NPROC,
    small::PWD,
    small::SLEEP,
    small::SYNC,
    small::TTY,
    stdbuf::PROGRAM,
    stty::PROGRAM,
    uname::ARCH,
    uname::UNAME,
];

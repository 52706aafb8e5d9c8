//! The `wcr` module: what preview1 lacks and a Linux userland needs. `fork` is the engine's.
//!
//! The page `CALLS.md` lists them, with their errors and what is partial.

mod fd;
mod file;
mod priority;
mod process;
mod signal;
mod socket;
mod system;
mod tty;
mod user;

pub use fd::{
    fd_allocate, fd_available, fd_dup, fd_dup2, fd_entries, fd_get_flags, fd_lock, fd_pipe, fd_poll, fd_set_flags,
    fd_stat,
};
pub use file::{
    chdir, fchdir, fd_chmod, fd_chown, getcwd, path_access, path_chmod, path_chown, path_link, path_mkdir, path_mknod,
    path_open, path_readlink, path_rename, path_stat, path_statfs, path_symlink, path_truncate, path_unlink,
    path_utimens, umask,
};
pub use priority::{affinity_get, affinity_set, io_priority_get, io_priority_set, priority_get, priority_set};
pub use process::{exec, proc_group, proc_ids, setpgid, setsid, spawn, user_ids, wait};
pub use signal::{
    alarm, kill, sig_action, sig_child, sig_mask, sig_pending, sig_suspend, sig_take, sig_wait, timer_set,
};
pub use socket::{
    fd_add_seals, fd_memory, fd_seals, sock_accept, sock_bind, sock_connect, sock_listen, sock_name, sock_open,
    sock_option, sock_pair, sock_peer, sock_recv, sock_send, sock_set_option, sock_shutdown,
};
pub use system::{ask, flavour, rlimit_get, rlimit_set, times, uname};
pub use tty::{
    pty_lock, pty_number, tty_acquire, tty_attr, tty_flush, tty_group, tty_release, tty_session, tty_set_attr,
    tty_set_group, tty_set_winsize, tty_stop, tty_winsize,
};
pub use user::{groups_set, id_get, id_set, id_set_re, id_set_res};

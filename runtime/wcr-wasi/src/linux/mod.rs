//! The `wcr` module: what preview1 lacks and a Linux userland needs. `fork` is the engine's.
//!
//! | calls | follow | partial |
//! |---|---|---|
//! | `path_open` … `fd_entries`, `chdir`, `getcwd`, `umask` | the Linux call with `at` semantics | — |
//! | `fd_pipe`, `fd_dup`, `fd_dup2`, `fd_get_flags`, `fd_set_flags` | `pipe2`, `fcntl`, `dup3` | — |
//! | `tty_attr` … `tty_stop`, `pty_number`, `pty_lock` | `ioctl_tty(2)` | no pixels in a size; no line speeds, `TIOCPKT`, `TIOCSTI` |
//! | `spawn`, `exec`, `wait`, `proc_ids`, `setpgid`, `setsid` | `posix_spawn`, `execve`, `waitpid` | — |
//! | `kill`, `sig_action`, `sig_mask`, `sig_take`, `alarm` | `kill`, `sigaction`, `sigprocmask` | handlers run when the guest asks |
//! | `user_ids`, `uname`, `times`, `rlimit_get`, `rlimit_set` | the Linux call | CPU time is wall time |

mod fd;
mod file;
mod process;
mod signal;
mod system;
mod tty;

pub use fd::{fd_dup, fd_dup2, fd_entries, fd_get_flags, fd_pipe, fd_set_flags, fd_stat};
pub use file::{
    chdir, fchdir, fd_chmod, fd_chown, getcwd, path_access, path_chmod, path_chown, path_link, path_mkdir, path_mknod,
    path_open, path_readlink, path_rename, path_stat, path_statfs, path_symlink, path_unlink, path_utimens, umask,
};
pub use process::{exec, proc_ids, setpgid, setsid, spawn, user_ids, wait};
pub use signal::{alarm, kill, sig_action, sig_mask, sig_take};
pub use system::{rlimit_get, rlimit_set, times, uname};
pub use tty::{
    pty_lock, pty_number, tty_acquire, tty_attr, tty_flush, tty_group, tty_release, tty_session, tty_set_attr,
    tty_set_group, tty_set_winsize, tty_stop, tty_winsize,
};

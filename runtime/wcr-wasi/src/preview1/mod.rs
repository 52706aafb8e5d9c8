//! `wasi_snapshot_preview1`: 45 of its 46 calls (`proc_exit` is the engine's), with Linux semantics
//! underneath.
//!
//! The page `CALLS.md` lists them, with their errors and what is partial.

mod args;
mod clock;
mod fd;
mod filestat;
mod path;
mod poll;
mod sock;

pub use args::{args_get, args_sizes_get, environ_get, environ_sizes_get};
pub use clock::{clock_res_get, clock_time_get, random_get, sched_yield};
pub use fd::{
    fd_advise, fd_allocate, fd_close, fd_datasync, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_pread,
    fd_prestat_dir_name, fd_prestat_get, fd_pwrite, fd_read, fd_readdir, fd_renumber, fd_seek, fd_sync, fd_tell,
    fd_write,
};
pub use filestat::{
    fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, path_filestat_get, path_filestat_set_times,
};
pub use path::{
    path_create_directory, path_link, path_open, path_readlink, path_remove_directory, path_rename, path_symlink,
    path_unlink_file,
};
pub use poll::{poll_oneoff, proc_raise};
pub use sock::{sock_accept, sock_recv, sock_send, sock_shutdown};

//! The raw imports. The only file with `unsafe`: each call passes pointers to memory that it borrows.

/// Declares imports as safe functions over raw pointers that stem from live borrows in this crate;
/// outside wasm each returns `NOSYS`.
macro_rules! imports {
    ($($module:literal { $(fn $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        $($(
            #[cfg(target_family = "wasm")]
            pub(crate) fn $name($($arg: $ty),*) -> u32 {
                #[link(wasm_import_module = $module)]
                unsafe extern "C" {
                    fn $name($($arg: $ty),*) -> u32;
                }
                // SAFETY: every caller in this crate derives its pointers and lengths from borrows that
                // outlive the call, and the kernel keeps none of them.
                unsafe { $name($($arg),*) }
            }

            #[cfg(not(target_family = "wasm"))]
            pub(crate) fn $name($($arg: $ty),*) -> u32 {
                let _ = ($($arg,)*);
                wcr_abi::Errno::Nosys.raw()
            }
        )*)*
    };
}

/// A slice to read into or write from, as preview1's `iovec`.
#[repr(C)]
pub(crate) struct IoVec {
    pub(crate) ptr: *const u8,
    pub(crate) len: usize,
}

imports! {
    "wasi_snapshot_preview1" {
        fn args_sizes_get(count: *mut usize, size: *mut usize);
        fn args_get(argv: *mut *const u8, buf: *mut u8);
        fn environ_sizes_get(count: *mut usize, size: *mut usize);
        fn environ_get(env: *mut *const u8, buf: *mut u8);
        fn clock_time_get(clock: u32, precision: u64, time: *mut u64);
        fn random_get(buf: *mut u8, len: usize);
        fn fd_read(fd: u32, iovs: *const IoVec, count: usize, done: *mut usize);
        fn fd_pread(fd: u32, iovs: *const IoVec, count: usize, offset: u64, done: *mut usize);
        fn fd_write(fd: u32, iovs: *const IoVec, count: usize, done: *mut usize);
        fn fd_pwrite(fd: u32, iovs: *const IoVec, count: usize, offset: u64, done: *mut usize);
        fn fd_seek(fd: u32, offset: i64, whence: u32, position: *mut u64);
        fn fd_close(fd: u32);
        fn fd_sync(fd: u32);
        fn fd_filestat_set_size(fd: u32, size: u64);
        fn poll_oneoff(subs: *const u8, events: *mut u8, count: usize, done: *mut usize);
    }
    "wcr_v1" {
        fn path_open(dirfd: u32, path: *const u8, len: usize, flags: u32, mode: u32, fd: *mut u32);
        fn path_stat(dirfd: u32, path: *const u8, len: usize, flags: u32, stat: *mut u8);
        fn fd_stat(fd: u32, stat: *mut u8);
        fn path_mkdir(dirfd: u32, path: *const u8, len: usize, mode: u32);
        fn path_mknod(dirfd: u32, path: *const u8, len: usize, mode: u32, rdev: u64);
        fn path_symlink(target: *const u8, target_len: usize, dirfd: u32, path: *const u8, len: usize);
        fn path_link(
            from_dirfd: u32,
            from: *const u8,
            from_len: usize,
            dirfd: u32,
            path: *const u8,
            len: usize,
            flags: u32,
        );
        fn path_unlink(dirfd: u32, path: *const u8, len: usize, flags: u32);
        fn path_rename(
            from_dirfd: u32,
            from: *const u8,
            from_len: usize,
            dirfd: u32,
            path: *const u8,
            len: usize,
            flags: u32,
        );
        fn path_truncate(dirfd: u32, path: *const u8, len: usize, size: u64);
        fn path_readlink(dirfd: u32, path: *const u8, len: usize, buf: *mut u8, buf_len: usize, used: *mut usize);
        fn path_chmod(dirfd: u32, path: *const u8, len: usize, mode: u32, flags: u32);
        fn fd_chmod(fd: u32, mode: u32);
        fn path_chown(dirfd: u32, path: *const u8, len: usize, uid: u32, gid: u32, flags: u32);
        fn fd_chown(fd: u32, uid: u32, gid: u32);
        fn path_utimens(
            dirfd: u32,
            path: *const u8,
            len: usize,
            atime: i64,
            atime_nsec: u32,
            mtime: i64,
            mtime_nsec: u32,
            flags: u32,
        );
        fn path_access(dirfd: u32, path: *const u8, len: usize, mode: u32, flags: u32);
        fn path_statfs(dirfd: u32, path: *const u8, len: usize, statfs: *mut u8);
        fn fd_entries(fd: u32, buf: *mut u8, len: usize, cookie: u64, used: *mut usize);
        fn chdir(path: *const u8, len: usize);
        fn fchdir(fd: u32);
        fn getcwd(buf: *mut u8, len: usize, used: *mut usize);
        fn umask(mask: u32, old: *mut u32);
        fn fd_pipe(flags: u32, fds: *mut u32);
        fn fd_dup(fd: u32, min: u32, flags: u32, out: *mut u32);
        fn fd_dup2(from: u32, to: u32, flags: u32);
        fn fd_get_flags(fd: u32, flags: *mut u32);
        fn fd_set_flags(fd: u32, flags: u32);
        fn fd_poll(entries: *mut u8, count: usize, timeout: i64, ready: *mut u32);
        fn fd_available(fd: u32, out: *mut u32);
        fn fd_allocate(fd: u32, mode: u32, offset: i64, size: i64);
        fn ask(question: *const u8, len: usize, out: *mut u32);
        fn fd_memory(name: *const u8, len: usize, flags: u32, sealing: u32, out: *mut u32);
        fn fd_lock(fd: u32, operation: u32);
        fn fd_seals(fd: u32, out: *mut u32);
        fn fd_add_seals(fd: u32, seals: u32);
        fn sock_open(kind: u32, flags: u32, out: *mut u32);
        fn sock_pair(kind: u32, flags: u32, fds: *mut u32);
        fn sock_bind(fd: u32, addr: *const u8, addr_len: usize);
        fn sock_listen(fd: u32, backlog: u32);
        fn sock_connect(fd: u32, addr: *const u8, addr_len: usize);
        fn sock_accept(fd: u32, flags: u32, out: *mut u32);
        fn sock_send(
            fd: u32,
            buf: *const u8,
            len: usize,
            flags: u32,
            addr: *const u8,
            addr_len: usize,
            fds: *const u32,
            count: usize,
            done: *mut usize,
        );
        fn sock_recv(
            fd: u32,
            buf: *mut u8,
            len: usize,
            flags: u32,
            addr: *mut u8,
            addr_len: usize,
            used: *mut usize,
            fds: *mut u32,
            room: usize,
            came: *mut u32,
            done: *mut usize,
        );
        fn sock_shutdown(fd: u32, how: u32);
        fn sock_name(fd: u32, peer: u32, buf: *mut u8, len: usize, used: *mut usize);
        fn sock_option(fd: u32, option: u32, out: *mut u64);
        fn sock_set_option(fd: u32, option: u32, value: u64);
        fn sock_peer(fd: u32, out: *mut u32);
        fn tty_attr(fd: u32, out: *mut u8);
        fn tty_set_attr(fd: u32, when: u32, termios: *const u8);
        fn tty_winsize(fd: u32, size: *mut u16);
        fn tty_set_winsize(fd: u32, rows: u32, cols: u32);
        fn tty_group(fd: u32, out: *mut u32);
        fn tty_set_group(fd: u32, group: u32);
        fn tty_session(fd: u32, out: *mut u32);
        fn tty_acquire(fd: u32, steal: u32);
        fn tty_release(fd: u32);
        fn tty_flush(fd: u32, queue: u32);
        fn tty_stop(fd: u32, stop: u32);
        fn pty_number(fd: u32, out: *mut u32);
        fn pty_lock(fd: u32, locked: u32);
        fn spawn(request: *const u8, len: usize, pid: *mut u32);
        fn exec(request: *const u8, len: usize);
        fn fork(arg: usize, pid: *mut u32);
        fn wait(pid: i32, flags: u32, found: *mut u32, status: *mut u32);
        fn kill(pid: i32, signal: u32);
        fn sig_action(signal: u32, disposition: u32, old: *mut u32);
        fn sig_mask(how: u32, set: u64, old: *mut u64);
        fn sig_child(flags: u32, old: *mut u32);
        fn sig_take(signal: *mut u32);
        fn sig_pending(out: *mut u64);
        fn sig_suspend(mask: u64);
        fn sig_wait(set: u64, timeout: i64, out: *mut u32);
        fn alarm(nanos: u64, remaining: *mut u64);
        fn timer_set(nanos: u64, interval: u64, old: *mut u64);
        fn proc_ids(ids: *mut u32);
        fn proc_group(target: u32, out: *mut u32);
        fn user_ids(ids: *mut u32, groups: *mut u32, len: usize, count: *mut usize);
        fn id_get(kind: u32, out: *mut u32);
        fn id_set(kind: u32, id: u32);
        fn id_set_re(kind: u32, real: u32, effective: u32);
        fn id_set_res(kind: u32, real: u32, effective: u32, saved: u32);
        fn groups_set(groups: *const u32, count: usize);
        fn priority_get(which: u32, who: u32, out: *mut i32);
        fn priority_set(which: u32, who: u32, nice: i32);
        fn io_priority_get(which: u32, who: u32, out: *mut u32);
        fn io_priority_set(which: u32, who: u32, priority: u32);
        fn affinity_get(target: u32, out: *mut u64);
        fn affinity_set(target: u32, processors: u64);
        fn setpgid(pid: u32, pgid: u32);
        fn setsid(sid: *mut u32);
        fn times(out: *mut u64);
        fn uname(buf: *mut u8, len: usize, used: *mut usize);
        fn flavour(out: *mut u32);
        fn rlimit_get(resource: u32, limits: *mut u64);
        fn rlimit_set(resource: u32, soft: u64, hard: u64);
    }
}

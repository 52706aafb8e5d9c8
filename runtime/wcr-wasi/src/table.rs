//! The table of all guest calls.

/// Hands the table of calls to `$callback!`: for each module its name, the Rust module that holds the
/// functions, and the calls with their parameters. `now` calls never suspend their process; `wait` calls may
/// answer [`wcr_kernel::Halt::Block`]. Two calls leave their guest and are the engine's own, because they end or copy an
/// instance: preview1's `proc_exit(code)`, the 46th, and `fork(arg, pid)` of the `wcr` module.
///
/// Every call takes the kernel, the caller's process number and its memory, then these parameters, and
/// its result is an error number, 0 for success. What is partial says so at its
/// function; the page `CALLS.md` is made from both.
#[macro_export]
macro_rules! calls {
    ($callback:ident) => {
        $callback! {
            "wasi_snapshot_preview1" in preview1 {
                now args_get(argv: u32, buf: u32);
                now args_sizes_get(count: u32, size: u32);
                now environ_get(environ: u32, buf: u32);
                now environ_sizes_get(count: u32, size: u32);
                now clock_res_get(clock: u32, resolution: u32);
                now clock_time_get(clock: u32, precision: u64, time: u32);
                now fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
                now fd_allocate(fd: u32, offset: u64, len: u64);
                now fd_close(fd: u32);
                now fd_datasync(fd: u32);
                now fd_fdstat_get(fd: u32, stat: u32);
                now fd_fdstat_set_flags(fd: u32, flags: u32);
                now fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
                now fd_filestat_get(fd: u32, stat: u32);
                now fd_filestat_set_size(fd: u32, size: u64);
                now fd_filestat_set_times(fd: u32, atime: u64, mtime: u64, flags: u32);
                wait fd_pread(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
                now fd_prestat_get(fd: u32, prestat: u32);
                now fd_prestat_dir_name(fd: u32, path: u32, len: u32);
                wait fd_pwrite(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
                wait fd_read(fd: u32, iovs: u32, count: u32, done: u32);
                now fd_readdir(fd: u32, buf: u32, len: u32, cookie: u64, used: u32);
                now fd_renumber(from: u32, to: u32);
                now fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
                now fd_sync(fd: u32);
                now fd_tell(fd: u32, position: u32);
                wait fd_write(fd: u32, iovs: u32, count: u32, done: u32);
                now path_create_directory(fd: u32, path: u32, len: u32);
                now path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, stat: u32);
                now path_filestat_set_times(
                    fd: u32, flags: u32, path: u32, len: u32, atime: u64, mtime: u64, which: u32
                );
                now path_link(from_fd: u32, flags: u32, from: u32, from_len: u32, fd: u32, path: u32, len: u32);
                wait path_open(
                    fd: u32, lookup: u32, path: u32, len: u32, oflags: u32, base: u64, inheriting: u64, flags: u32,
                    out: u32
                );
                now path_readlink(fd: u32, path: u32, len: u32, buf: u32, buf_len: u32, used: u32);
                now path_remove_directory(fd: u32, path: u32, len: u32);
                now path_rename(from_fd: u32, from: u32, from_len: u32, fd: u32, path: u32, len: u32);
                now path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32);
                now path_unlink_file(fd: u32, path: u32, len: u32);
                wait poll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32);
                wait proc_raise(signal: u32);
                wait sched_yield();
                now random_get(buf: u32, len: u32);
                wait sock_accept(fd: u32, flags: u32, out: u32);
                wait sock_recv(fd: u32, iovs: u32, count: u32, flags: u32, done: u32, out_flags: u32);
                wait sock_send(fd: u32, iovs: u32, count: u32, flags: u32, done: u32);
                now sock_shutdown(fd: u32, how: u32);
            }
            "wcr_v1" in linux {
                wait path_open(dirfd: u32, path: u32, len: u32, flags: u32, mode: u32, fd: u32);
                now path_stat(dirfd: u32, path: u32, len: u32, flags: u32, stat: u32);
                now fd_stat(fd: u32, stat: u32);
                now path_mkdir(dirfd: u32, path: u32, len: u32, mode: u32);
                now path_mknod(dirfd: u32, path: u32, len: u32, mode: u32, rdev: u64);
                now path_symlink(target: u32, target_len: u32, dirfd: u32, path: u32, len: u32);
                now path_link(
                    from_dirfd: u32, from: u32, from_len: u32, dirfd: u32, path: u32, len: u32, flags: u32
                );
                now path_unlink(dirfd: u32, path: u32, len: u32, flags: u32);
                now path_rename(
                    from_dirfd: u32, from: u32, from_len: u32, dirfd: u32, path: u32, len: u32, flags: u32
                );
                now path_truncate(dirfd: u32, path: u32, len: u32, size: u64);
                now path_readlink(dirfd: u32, path: u32, len: u32, buf: u32, buf_len: u32, used: u32);
                now path_chmod(dirfd: u32, path: u32, len: u32, mode: u32, flags: u32);
                now fd_chmod(fd: u32, mode: u32);
                now path_chown(dirfd: u32, path: u32, len: u32, uid: u32, gid: u32, flags: u32);
                now fd_chown(fd: u32, uid: u32, gid: u32);
                now path_utimens(
                    dirfd: u32, path: u32, len: u32, atime: i64, atime_nsec: u32, mtime: i64, mtime_nsec: u32,
                    flags: u32
                );
                now path_access(dirfd: u32, path: u32, len: u32, mode: u32, flags: u32);
                now path_statfs(dirfd: u32, path: u32, len: u32, statfs: u32);
                now fd_entries(fd: u32, buf: u32, len: u32, cookie: u64, used: u32);
                now chdir(path: u32, len: u32);
                now fchdir(fd: u32);
                now getcwd(buf: u32, len: u32, used: u32);
                now umask(mask: u32, old: u32);
                now fd_pipe(flags: u32, fds: u32);
                now fd_dup(fd: u32, min: u32, flags: u32, out: u32);
                now fd_dup2(from: u32, to: u32, flags: u32);
                now fd_get_flags(fd: u32, flags: u32);
                now fd_set_flags(fd: u32, flags: u32);
                wait fd_poll(entries: u32, count: u32, timeout: i64, ready: u32);
                now fd_available(fd: u32, out: u32);
                now fd_allocate(fd: u32, mode: u32, offset: i64, size: i64);
                now fd_memory(name: u32, len: u32, flags: u32, sealing: u32, out: u32);
                wait fd_lock(fd: u32, operation: u32);
                now fd_seals(fd: u32, out: u32);
                now fd_add_seals(fd: u32, seals: u32);
                now sock_open(kind: u32, flags: u32, out: u32);
                now sock_pair(kind: u32, flags: u32, fds: u32);
                now sock_bind(fd: u32, addr: u32, addr_len: u32);
                now sock_listen(fd: u32, backlog: u32);
                wait sock_connect(fd: u32, addr: u32, addr_len: u32);
                wait sock_accept(fd: u32, flags: u32, out: u32);
                wait sock_send(
                    fd: u32, buf: u32, len: u32, flags: u32, addr: u32, addr_len: u32, fds: u32, count: u32, done: u32
                );
                wait sock_recv(
                    fd: u32, buf: u32, len: u32, flags: u32, addr: u32, addr_len: u32, used: u32, fds: u32, room: u32,
                    came: u32, done: u32
                );
                now sock_shutdown(fd: u32, how: u32);
                now sock_name(fd: u32, peer: u32, buf: u32, len: u32, used: u32);
                now sock_option(fd: u32, option: u32, out: u32);
                now sock_set_option(fd: u32, option: u32, value: u64);
                now sock_peer(fd: u32, out: u32);
                now tty_attr(fd: u32, out: u32);
                wait tty_set_attr(fd: u32, when: u32, termios: u32);
                now tty_winsize(fd: u32, size: u32);
                now tty_set_winsize(fd: u32, rows: u32, cols: u32);
                now tty_group(fd: u32, out: u32);
                wait tty_set_group(fd: u32, group: u32);
                now tty_session(fd: u32, out: u32);
                now tty_acquire(fd: u32, steal: u32);
                now tty_release(fd: u32);
                wait tty_flush(fd: u32, queue: u32);
                wait tty_stop(fd: u32, stop: u32);
                now pty_number(fd: u32, out: u32);
                now pty_lock(fd: u32, locked: u32);
                now ask(question: u32, len: u32, out: u32);
                now spawn(request: u32, len: u32, pid: u32);
                wait exec(request: u32, len: u32);
                wait wait(target: i32, flags: u32, found: u32, status: u32);
                wait kill(target: i32, signal: u32);
                now sig_action(signal: u32, disposition: u32, old: u32);
                wait sig_mask(how: u32, set: u64, old: u32);
                now sig_child(flags: u32, old: u32);
                now sig_take(signal: u32);
                now sig_pending(out: u32);
                wait sig_suspend(mask: u64);
                wait sig_wait(set: u64, timeout: i64, out: u32);
                now alarm(nanos: u64, remaining: u32);
                now timer_set(nanos: u64, interval: u64, old: u32);
                now proc_ids(ids: u32);
                now proc_group(target: u32, out: u32);
                now user_ids(ids: u32, groups: u32, len: u32, count: u32);
                now id_get(kind: u32, out: u32);
                now id_set(kind: u32, id: u32);
                now id_set_re(kind: u32, real: u32, effective: u32);
                now id_set_res(kind: u32, real: u32, effective: u32, saved: u32);
                now groups_set(groups: u32, count: u32);
                now priority_get(which: u32, who: u32, out: u32);
                now priority_set(which: u32, who: u32, nice: i32);
                now io_priority_get(which: u32, who: u32, out: u32);
                now io_priority_set(which: u32, who: u32, priority: u32);
                now affinity_get(target: u32, out: u32);
                now affinity_set(target: u32, processors: u64);
                now setpgid(target: u32, pgid: u32);
                now setsid(sid: u32);
                now times(out: u32);
                now uname(buf: u32, len: u32, used: u32);
                now flavour(out: u32);
                now rlimit_get(resource: u32, limits: u32);
                now rlimit_set(resource: u32, soft: u64, hard: u64);
            }
        }
    };
}

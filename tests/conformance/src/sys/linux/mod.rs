//! The calls of Linux, by way of the C library.

use std::ffi::CString;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use wcr_abi::{Fd, OpenFlags, Pid, Queue, SetWhen, Signal, Termios, WaitStatus, WinSize};

use super::{Failure, Mask, Outcome};

const NAMES: [(i32, &str); 46] = [
    (libc::EPERM, "EPERM"),
    (libc::ENOENT, "ENOENT"),
    (libc::ESRCH, "ESRCH"),
    (libc::EINTR, "EINTR"),
    (libc::EIO, "EIO"),
    (libc::ENXIO, "ENXIO"),
    (libc::E2BIG, "E2BIG"),
    (libc::ENOEXEC, "ENOEXEC"),
    (libc::EBADF, "EBADF"),
    (libc::ECHILD, "ECHILD"),
    (libc::EAGAIN, "EAGAIN"),
    (libc::ENOMEM, "ENOMEM"),
    (libc::EACCES, "EACCES"),
    (libc::EFAULT, "EFAULT"),
    (libc::EBUSY, "EBUSY"),
    (libc::EEXIST, "EEXIST"),
    (libc::ENOTDIR, "ENOTDIR"),
    (libc::EISDIR, "EISDIR"),
    (libc::EINVAL, "EINVAL"),
    (libc::EMFILE, "EMFILE"),
    (libc::ENOTTY, "ENOTTY"),
    (libc::EFBIG, "EFBIG"),
    (libc::ENOSPC, "ENOSPC"),
    (libc::ESPIPE, "ESPIPE"),
    (libc::EROFS, "EROFS"),
    (libc::EPIPE, "EPIPE"),
    (libc::ERANGE, "ERANGE"),
    (libc::ENAMETOOLONG, "ENAMETOOLONG"),
    (libc::ENOSYS, "ENOSYS"),
    (libc::ELOOP, "ELOOP"),
    (libc::ENOTSOCK, "ENOTSOCK"),
    (libc::EOPNOTSUPP, "ENOTSUP"),
    (libc::EADDRINUSE, "EADDRINUSE"),
    (libc::ECONNREFUSED, "ECONNREFUSED"),
    (libc::ECONNRESET, "ECONNRESET"),
    (libc::ENOTCONN, "ENOTCONN"),
    (libc::EISCONN, "EISCONN"),
    (libc::EMSGSIZE, "EMSGSIZE"),
    (libc::EPROTOTYPE, "EPROTOTYPE"),
    (libc::EDESTADDRREQ, "EDESTADDRREQ"),
    (libc::ENOPROTOOPT, "ENOPROTOOPT"),
    (libc::EXDEV, "EXDEV"),
    (libc::ETOOMANYREFS, "ETOOMANYREFS"),
    (libc::ENODEV, "ENODEV"),
    (libc::ENOTEMPTY, "ENOTEMPTY"),
    (libc::ETXTBSY, "ETXTBSY"),
];

fn failure() -> Failure {
    let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    Failure(NAMES.iter().find(|(number, _)| *number == code).map_or("E?", |(_, name)| name))
}

/// The result of a call that says -1 when it fails.
fn check(result: impl Into<i64>) -> Outcome<i64> {
    match result.into() {
        -1 => Err(failure()),
        value => Ok(value),
    }
}

/// Makes a call of the C library whose pointers are valid while it runs.
macro_rules! call {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: every pointer among the arguments comes from a borrow of this function's.
        check(unsafe { libc::$name($($arg),*) } as i64)
    };
}

mod file;
mod process;
mod socket;

pub use file::*;
pub use process::*;
pub use socket::*;

fn text(path: &str) -> CString {
    CString::new(path).expect("a path without NUL")
}

/// Puts back what Rust's start-up changed, takes in the orphans of the behaviours, and makes a superuser one of a
/// container.
pub fn prepare() {
    // SAFETY: there are no pointers.
    if unsafe { libc::geteuid() } == 0 {
        process::be_a_containers_root();
    }
    for signal in [Signal::PIPE, Signal::SEGV, Signal::BUS] {
        default(signal).expect("the default of a signal");
    }
    call!(prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)).expect("become a reaper");
}

/// The program's arguments.
pub fn args() -> Vec<String> {
    std::env::args().collect()
}

/// Makes a copy of this process that runs `body` and exits with what it returns.
pub fn fork(body: impl FnOnce() -> u8) -> Pid {
    let pid = call!(fork()).expect("fork");
    if pid != 0 {
        return pid as Pid;
    }
    exit(body())
}

/// Ends this process.
pub fn exit(code: u8) -> ! {
    // SAFETY: there are no pointers.
    unsafe { libc::_exit(code.into()) }
}

/// Runs this program anew with other arguments; comes back only with an error.
pub fn exec(args: &[&str]) -> Failure {
    exec_file("/proc/self/exe", args)
}

/// Runs a file.
pub fn exec_file(path: &str, args: &[&str]) -> Failure {
    execute(path, &[&["conformance"], args].concat())
}

/// Runs a file with all of its arguments.
fn execute(path: &str, argv: &[&str]) -> Failure {
    let argv: Vec<CString> = argv.iter().copied().map(text).collect();
    let mut list: Vec<*const libc::c_char> = argv.iter().map(|arg| arg.as_ptr()).collect();
    list.push(std::ptr::null());
    call!(execv(text(path).as_ptr(), list.as_ptr())).expect_err("only failures come back")
}

/// Starts a program with all of its arguments: a fork, and in it an exec.
pub fn spawn(path: &str, argv: &[&str]) -> Outcome<Pid> {
    Ok(fork(|| {
        execute(path, argv);
        127
    }))
}

/// `waitpid(2)`.
pub fn wait(target: i32, flags: u32) -> Outcome<Option<(Pid, WaitStatus)>> {
    let mut status = 0;
    let pid = call!(waitpid(target, &raw mut status, flags as i32))?;
    Ok((pid != 0).then(|| (pid as Pid, WaitStatus::decode(status as u32))))
}

pub fn pid() -> Pid {
    std::process::id()
}

pub fn ppid() -> Pid {
    std::os::unix::process::parent_id()
}

/// The process group of a process (0: this one).
pub fn getpgid(pid: Pid) -> Outcome<Pid> {
    call!(getpgid(pid as i32)).map(|group| group as Pid)
}

/// The session of a process (0: this one).
pub fn getsid(pid: Pid) -> Outcome<Pid> {
    call!(getsid(pid as i32)).map(|session| session as Pid)
}

pub fn setpgid(pid: Pid, group: Pid) -> Outcome<()> {
    call!(setpgid(pid as i32, group as i32)).map(drop)
}

pub fn setsid() -> Outcome<Pid> {
    call!(setsid()).map(|session| session as Pid)
}

pub fn kill(target: i32, signal: Option<Signal>) -> Outcome<()> {
    call!(kill(target, signal.map_or(0, |signal| signal.0.into()))).map(drop)
}

static CAUGHT: [AtomicU8; 64] = [const { AtomicU8::new(0) }; 64];
static COUNT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn note(signal: libc::c_int) {
    let at = COUNT.fetch_add(1, Ordering::Relaxed);
    if let Some(slot) = CAUGHT.get(at) {
        slot.store(signal as u8, Ordering::Relaxed);
    }
}

fn action(signal: Signal, handler: usize, flags: i32) -> Outcome<usize> {
    // SAFETY: all zero is a valid action.
    let (mut new, mut old): (libc::sigaction, libc::sigaction) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    (new.sa_sigaction, new.sa_flags) = (handler, flags);
    call!(sigaction(signal.0.into(), &raw const new, &raw mut old))?;
    Ok(old.sa_sigaction)
}

/// Notes the signal when it comes; `restart` says whether an interrupted call goes on.
pub fn catch(signal: Signal, restart: bool) -> Outcome<()> {
    let handler: extern "C" fn(libc::c_int) = note;
    action(signal, handler as usize, if restart { libc::SA_RESTART } else { 0 }).map(drop)
}

pub fn ignore(signal: Signal) -> Outcome<()> {
    action(signal, libc::SIG_IGN, 0).map(drop)
}

pub fn default(signal: Signal) -> Outcome<()> {
    action(signal, libc::SIG_DFL, 0).map(drop)
}

/// What happens on a signal now.
pub fn disposition(signal: Signal) -> &'static str {
    // SAFETY: the old action is written to a valid place.
    let mut old: libc::sigaction = unsafe { std::mem::zeroed() };
    if call!(sigaction(signal.0.into(), std::ptr::null(), &raw mut old)).is_err() {
        return "none";
    }
    match old.sa_sigaction {
        libc::SIG_DFL => "default",
        libc::SIG_IGN => "ignored",
        _ => "caught",
    }
}

/// The signals noted since the last time, in the order they came.
pub fn caught() -> Vec<Signal> {
    let count = COUNT.swap(0, Ordering::Relaxed);
    CAUGHT.iter().take(count).map(|slot| Signal(slot.load(Ordering::Relaxed))).collect()
}

fn to_set(set: u64) -> libc::sigset_t {
    // SAFETY: all zero is a valid set, which the calls then fill.
    let mut out: libc::sigset_t = unsafe { std::mem::zeroed() };
    for signal in (1..=64).filter(|signal| set & (1 << (signal - 1)) != 0) {
        // SAFETY: the set is valid.
        unsafe { libc::sigaddset(&raw mut out, signal) };
    }
    out
}

fn from_set(set: &libc::sigset_t) -> u64 {
    // SAFETY: the set is valid.
    (1..=64).filter(|signal| unsafe { libc::sigismember(set, *signal) } == 1).fold(0, |all, one| all | 1 << (one - 1))
}

pub fn mask(how: Mask, set: u64) -> Outcome<u64> {
    let how = match how {
        Mask::Block => libc::SIG_BLOCK,
        Mask::Unblock => libc::SIG_UNBLOCK,
        Mask::Set => libc::SIG_SETMASK,
    };
    let (new, mut old) = (to_set(set), to_set(0));
    call!(sigprocmask(how, &raw const new, &raw mut old))?;
    Ok(from_set(&old))
}

/// The signals that have come and are held back.
pub fn pending() -> u64 {
    let mut set = to_set(0);
    call!(sigpending(&raw mut set)).expect("the pending signals");
    from_set(&set)
}

/// Waits for a signal with another mask (`sigsuspend(2)`).
pub fn suspend(set: u64) -> Outcome<()> {
    let set = to_set(set);
    call!(sigsuspend(&raw const set)).map(drop)
}

/// Takes a signal of a set that is held back, when one comes in time (`sigtimedwait(2)`).
pub fn take_signal(set: u64, millis: Option<u64>) -> Outcome<Signal> {
    let set = to_set(set);
    let time = millis.map(timespec);
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // The call itself: some C libraries make it again when another signal interrupts it.
    let info = std::ptr::null_mut::<libc::siginfo_t>();
    call!(syscall(libc::SYS_rt_sigtimedwait, &raw const set, info, time, 8_usize)).map(|signal| Signal(signal as u8))
}

fn timespec(millis: u64) -> libc::timespec {
    libc::timespec { tv_sec: (millis / 1000) as i64, tv_nsec: (millis % 1000 * 1_000_000) as i64 }
}

fn timeval(millis: u64) -> libc::timeval {
    libc::timeval { tv_sec: (millis / 1000) as i64, tv_usec: (millis % 1000 * 1000) as i64 }
}

/// Sends `ALRM` after a while, and again at intervals; what was left of the last timer and its interval.
pub fn timer(millis: u64, interval: u64) -> (u64, u64) {
    let new = libc::itimerval { it_value: timeval(millis), it_interval: timeval(interval) };
    let mut old = libc::itimerval { it_value: timeval(0), it_interval: timeval(0) };
    call!(setitimer(libc::ITIMER_REAL, &raw const new, &raw mut old)).expect("set a timer");
    let millis = |time: libc::timeval| (time.tv_sec * 1000 + time.tv_usec / 1000) as u64;
    (millis(old.it_value), millis(old.it_interval))
}

pub fn sleep(millis: u64) -> Outcome<()> {
    let time = timespec(millis);
    call!(nanosleep(&raw const time, std::ptr::null_mut())).map(drop)
}

/// Milliseconds on a clock that never goes back.
pub fn clock() -> u64 {
    nanos() / 1_000_000
}

/// A clock that never goes back, in nanoseconds.
pub fn nanos() -> u64 {
    let mut now = timespec(0);
    call!(clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now)).expect("the clock");
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

pub fn open(path: &str, flags: OpenFlags, mode: u32) -> Outcome<Fd> {
    call!(open(text(path).as_ptr(), flags.0 as i32, mode)).map(|fd| fd as Fd)
}

pub fn close(fd: Fd) -> Outcome<()> {
    call!(close(fd as i32)).map(drop)
}

pub fn read(fd: Fd, len: usize) -> Outcome<Vec<u8>> {
    let mut buf = vec![0; len];
    let done = call!(read(fd as i32, buf.as_mut_ptr().cast(), len))?;
    buf.truncate(done as usize);
    Ok(buf)
}

pub fn write(fd: Fd, bytes: &[u8]) -> Outcome<usize> {
    call!(write(fd as i32, bytes.as_ptr().cast(), bytes.len())).map(|done| done as usize)
}

pub fn seek(fd: Fd, to: i64) -> Outcome<u64> {
    call!(lseek(fd as i32, to, libc::SEEK_SET)).map(|at| at as u64)
}

pub fn pipe(flags: OpenFlags) -> Outcome<(Fd, Fd)> {
    let mut fds = [0; 2];
    call!(pipe2(fds.as_mut_ptr(), flags.0 as i32))?;
    Ok((fds[0] as Fd, fds[1] as Fd))
}

/// A copy with the lowest free number from `min` on.
pub fn dup(fd: Fd, min: Fd, cloexec: bool) -> Outcome<Fd> {
    let command = if cloexec { libc::F_DUPFD_CLOEXEC } else { libc::F_DUPFD };
    call!(fcntl(fd as i32, command, min as i32)).map(|fd| fd as Fd)
}

pub fn dup2(from: Fd, to: Fd) -> Outcome<()> {
    call!(dup2(from as i32, to as i32)).map(drop)
}

/// Access mode, status flags, and `CLOEXEC` of the descriptor.
pub fn flags(fd: Fd) -> Outcome<OpenFlags> {
    let status = call!(fcntl(fd as i32, libc::F_GETFL))? as u32;
    let own = call!(fcntl(fd as i32, libc::F_GETFD))? as i32;
    let status = OpenFlags(status & !(libc::O_LARGEFILE as u32) & !0o100_000);
    Ok(if own & libc::FD_CLOEXEC != 0 { status.with(OpenFlags::CLOEXEC) } else { status })
}

/// Sets `APPEND`, `NONBLOCK` and `CLOEXEC`.
pub fn set_flags(fd: Fd, flags: OpenFlags) -> Outcome<()> {
    call!(fcntl(fd as i32, libc::F_SETFL, (flags.0 & (libc::O_APPEND | libc::O_NONBLOCK) as u32) as i32))?;
    let own = if flags.contains(OpenFlags::CLOEXEC) { libc::FD_CLOEXEC } else { 0 };
    call!(fcntl(fd as i32, libc::F_SETFD, own)).map(drop)
}

/// `poll(2)`: what was found of each descriptor; no time is no limit.
pub fn poll(wanted: &[(i32, i16)], millis: Option<u64>) -> Outcome<Vec<i16>> {
    let entry = |&(fd, events): &(i32, i16)| libc::pollfd { fd, events, revents: 0 };
    let mut fds: Vec<libc::pollfd> = wanted.iter().map(entry).collect();
    call!(poll(fds.as_mut_ptr(), fds.len() as u64, millis.map_or(-1, |millis| millis as i32)))?;
    Ok(fds.iter().map(|entry| entry.revents).collect())
}

/// How many bytes can be read at once.
pub fn available(fd: Fd) -> Outcome<u32> {
    let mut count = 0;
    call!(ioctl(fd as i32, libc::FIONREAD as _, &raw mut count))?;
    Ok(count as u32)
}

pub fn mkfifo(path: &str, mode: u32) -> Outcome<()> {
    call!(mkfifo(text(path).as_ptr(), mode)).map(drop)
}

pub fn unlink(path: &str) -> Outcome<()> {
    call!(unlink(text(path).as_ptr())).map(drop)
}

pub fn chmod(path: &str, mode: u32) -> Outcome<()> {
    call!(chmod(text(path).as_ptr(), mode)).map(drop)
}

pub fn chown(path: &str, uid: u32, gid: u32) -> Outcome<()> {
    call!(chown(text(path).as_ptr(), uid, gid)).map(drop)
}

/// Whether a file may be used so (4 read, 2 write, 1 execute), by the real or by the effective ids.
pub fn access(path: &str, mode: u32, effective: bool) -> Outcome<()> {
    let flags = if effective { libc::AT_EACCESS } else { 0 };
    call!(syscall(libc::SYS_faccessat2, libc::AT_FDCWD, text(path).as_ptr(), mode, flags)).map(drop)
}

/// The type and permissions of an open file.
pub fn mode(fd: Fd) -> Outcome<u32> {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    call!(fstat(fd as i32, &raw mut stat))?;
    Ok(stat.st_mode)
}

pub fn umask(mask: u32) -> u32 {
    // SAFETY: there are no pointers.
    unsafe { libc::umask(mask) }
}

/// Linux's structure of the same layout, and the requests that take it.
#[repr(C)]
struct Termios2([u8; Termios::SIZE]);
const TCGETS2: u64 = 0x802c_542a;
const TCSETS2: u64 = 0x402c_542b;

pub fn tty_attributes(fd: Fd) -> Outcome<Termios> {
    let mut raw = Termios2([0; Termios::SIZE]);
    call!(ioctl(fd as i32, TCGETS2 as _, &raw mut raw))?;
    Ok(Termios::decode(&raw.0))
}

pub fn set_tty_attributes(fd: Fd, when: SetWhen, termios: &Termios) -> Outcome<()> {
    let raw = Termios2(termios.encode());
    call!(ioctl(fd as i32, (TCSETS2 + when as u64) as _, &raw const raw)).map(drop)
}

pub fn tty_size(fd: Fd) -> Outcome<WinSize> {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    call!(ioctl(fd as i32, libc::TIOCGWINSZ as _, &raw mut size))?;
    Ok(WinSize { rows: size.ws_row, cols: size.ws_col })
}

pub fn set_tty_size(fd: Fd, size: WinSize) -> Outcome<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
    call!(ioctl(fd as i32, libc::TIOCSWINSZ as _, &raw const size)).map(drop)
}

pub fn tty_foreground(fd: Fd) -> Outcome<Pid> {
    call!(tcgetpgrp(fd as i32)).map(|group| group as Pid)
}

pub fn set_tty_foreground(fd: Fd, group: Pid) -> Outcome<()> {
    call!(tcsetpgrp(fd as i32, group as i32)).map(drop)
}

pub fn tty_session(fd: Fd) -> Outcome<Pid> {
    call!(tcgetsid(fd as i32)).map(|session| session as Pid)
}

pub fn acquire_tty(fd: Fd, steal: bool) -> Outcome<()> {
    call!(ioctl(fd as i32, libc::TIOCSCTTY as _, i32::from(steal))).map(drop)
}

pub fn release_tty(fd: Fd) -> Outcome<()> {
    call!(ioctl(fd as i32, libc::TIOCNOTTY as _)).map(drop)
}

pub fn flush_tty(fd: Fd, queue: Queue) -> Outcome<()> {
    call!(tcflush(fd as i32, queue as i32)).map(drop)
}

pub fn stop_tty(fd: Fd, stop: bool) -> Outcome<()> {
    call!(tcflow(fd as i32, if stop { libc::TCOOFF } else { libc::TCOON })).map(drop)
}

pub fn open_master(flags: OpenFlags) -> Outcome<Fd> {
    open("/dev/ptmx", OpenFlags::RDWR.with(flags), 0)
}

pub fn slave_number(master: Fd) -> Outcome<u32> {
    let mut number = 0u32;
    call!(ioctl(master as i32, libc::TIOCGPTN as _, &raw mut number))?;
    Ok(number)
}

pub fn lock_pty(master: Fd, locked: bool) -> Outcome<()> {
    let locked = i32::from(locked);
    call!(ioctl(master as i32, libc::TIOCSPTLCK as _, &raw const locked)).map(drop)
}

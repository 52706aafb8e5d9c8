//! wcr's calls, by way of `wcr_sys`.

use std::cell::RefCell;

use wcr_abi::{
    Disposition, Errno, Fd, Mode, OpenFlags, Pid, Queue, SetWhen, Signal, SpawnRequest, Termios, WaitStatus, WinSize,
};
use wcr_sys::{fd, fs, process, signal, time, tty};

use super::{Failure, Mask, Outcome};

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        // The names are Linux's but for one.
        match errno {
            Errno::TooBig => Self("E2BIG"),
            errno => Self(format!("E{errno:?}").to_uppercase().leak()),
        }
    }
}

/// Gives up the preopened root, which Linux has no counterpart of.
pub fn prepare() {
    let _ = fd::close(3);
}

pub fn args() -> Vec<String> {
    wcr_sys::args().into_iter().map(|arg| String::from_utf8_lossy(&arg).into_owned()).collect()
}

/// What a copy of the process runs.
type Body = Box<dyn FnOnce() -> u8>;

/// Makes a copy of this process that runs `body` and exits with what it returns.
pub fn fork(body: impl FnOnce() -> u8) -> Pid {
    let body: Box<dyn FnOnce() -> u8 + '_> = Box::new(body);
    // SAFETY: only the lifetime changes. The copy's memory is this process's at the call, so what `body` borrows is
    // there, and no frame of this process goes on in the copy.
    let mut body = Some(unsafe { std::mem::transmute::<Box<dyn FnOnce() -> u8 + '_>, Body>(body) });
    process::fork(&raw mut body).expect("fork")
}

/// Where a copy begins.
#[unsafe(no_mangle)]
pub extern "C" fn wcr_fork_entry(body: u32) {
    // SAFETY: it is the address that `fork` gave, in a copy of the memory.
    let body = unsafe { (*(body as usize as *mut Option<Body>)).take() };
    exit(body.map_or(0, |body| body()))
}

pub fn exit(code: u8) -> ! {
    process::exit(code)
}

pub fn exec(args: &[&str]) -> Failure {
    exec_file("/proc/self/exe", args)
}

pub fn exec_file(path: &str, args: &[&str]) -> Failure {
    let argv = std::iter::once("conformance").chain(args.iter().copied()).map(|arg| arg.as_bytes().to_vec()).collect();
    process::exec(&SpawnRequest { path: path.as_bytes().to_vec(), argv, ..SpawnRequest::default() }).into()
}

pub fn wait(target: i32, flags: u32) -> Outcome<Option<(Pid, WaitStatus)>> {
    Ok(process::wait(target, flags)?)
}

pub fn pid() -> Pid {
    process::ids().pid
}

pub fn ppid() -> Pid {
    process::ids().ppid
}

pub fn getpgid(pid: Pid) -> Outcome<Pid> {
    Ok(process::getpgid(pid)?)
}

pub fn getsid(pid: Pid) -> Outcome<Pid> {
    Ok(process::getsid(pid)?)
}

pub fn setpgid(pid: Pid, group: Pid) -> Outcome<()> {
    Ok(process::setpgid(pid, group)?)
}

pub fn setsid() -> Outcome<Pid> {
    Ok(process::setsid()?)
}

pub fn kill(target: i32, signal: Option<Signal>) -> Outcome<()> {
    Ok(signal::kill(target, signal)?)
}

thread_local! {
    static CAUGHT: RefCell<Vec<Signal>> = const { RefCell::new(Vec::new()) };
}

fn note(signal: Signal) {
    CAUGHT.with_borrow_mut(|caught| caught.push(signal));
}

pub fn catch(signal: Signal, restart: bool) -> Outcome<()> {
    Ok(signal::handle(signal, note, restart)?)
}

pub fn ignore(signal: Signal) -> Outcome<()> {
    Ok(signal::set_disposition(signal, Disposition::Ignore).map(drop)?)
}

pub fn default(signal: Signal) -> Outcome<()> {
    Ok(signal::set_disposition(signal, Disposition::Default).map(drop)?)
}

pub fn disposition(signal: Signal) -> &'static str {
    match signal::disposition(signal) {
        Ok(Disposition::Default) => "default",
        Ok(Disposition::Ignore) => "ignored",
        Ok(Disposition::Catch) => "caught",
        Err(_) => "none",
    }
}

pub fn caught() -> Vec<Signal> {
    CAUGHT.with_borrow_mut(std::mem::take)
}

pub fn mask(how: Mask, set: u64) -> Outcome<u64> {
    let how = match how {
        Mask::Block => signal::MaskChange::Block,
        Mask::Unblock => signal::MaskChange::Unblock,
        Mask::Set => signal::MaskChange::Set,
    };
    Ok(signal::mask(how, set)?)
}

pub fn pending() -> u64 {
    signal::pending().expect("the pending signals")
}

pub fn suspend(set: u64) -> Outcome<()> {
    Ok(signal::suspend(set)?)
}

pub fn take_signal(set: u64, millis: Option<u64>) -> Outcome<Signal> {
    Ok(signal::wait_for(set, millis.map(|millis| millis * 1_000_000))?)
}

pub fn timer(millis: u64, interval: u64) -> (u64, u64) {
    let (left, every) = time::set_timer(millis * 1_000_000, interval * 1_000_000).expect("set a timer");
    (left / 1_000_000, every / 1_000_000)
}

pub fn sleep(millis: u64) -> Outcome<()> {
    Ok(time::sleep(millis * 1_000_000)?)
}

pub fn clock() -> u64 {
    time::monotonic() / 1_000_000
}

pub fn open(path: &str, flags: OpenFlags, mode: u32) -> Outcome<Fd> {
    Ok(fs::open(path.as_bytes(), flags, mode)?)
}

pub fn close(fd: Fd) -> Outcome<()> {
    Ok(fd::close(fd)?)
}

pub fn read(fd: Fd, len: usize) -> Outcome<Vec<u8>> {
    let mut buf = vec![0; len];
    let done = fd::read(fd, &mut buf)?;
    buf.truncate(done);
    Ok(buf)
}

pub fn write(fd: Fd, bytes: &[u8]) -> Outcome<usize> {
    Ok(fd::write(fd, bytes)?)
}

pub fn seek(fd: Fd, to: i64) -> Outcome<u64> {
    Ok(fd::seek(fd, to, fd::Whence::Set)?)
}

pub fn pipe(flags: OpenFlags) -> Outcome<(Fd, Fd)> {
    Ok(fd::pipe(flags)?)
}

pub fn dup(fd: Fd, min: Fd, cloexec: bool) -> Outcome<Fd> {
    Ok(fd::dup(fd, min, if cloexec { OpenFlags::CLOEXEC } else { OpenFlags::RDONLY })?)
}

pub fn dup2(from: Fd, to: Fd) -> Outcome<()> {
    Ok(fd::dup2(from, to, OpenFlags::RDONLY)?)
}

pub fn flags(fd: Fd) -> Outcome<OpenFlags> {
    Ok(fd::flags(fd)?)
}

pub fn set_flags(fd: Fd, flags: OpenFlags) -> Outcome<()> {
    Ok(fd::set_flags(fd, flags)?)
}

pub fn poll(wanted: &[(i32, i16)], millis: Option<u64>) -> Outcome<Vec<i16>> {
    let mut entries: Vec<_> = wanted.iter().map(|&(fd, events)| fd::PollEntry::new(fd, events)).collect();
    fd::poll(&mut entries, millis.map(|millis| millis * 1_000_000))?;
    Ok(entries.iter().map(|entry| entry.found).collect())
}

pub fn available(fd: Fd) -> Outcome<u32> {
    Ok(fd::available(fd)?)
}

pub fn mkfifo(path: &str, mode: u32) -> Outcome<()> {
    Ok(fs::mknod(path.as_bytes(), Mode(0o010_000 | mode), 0)?)
}

pub fn unlink(path: &str) -> Outcome<()> {
    Ok(fs::unlink(path.as_bytes())?)
}

pub fn chmod(path: &str, mode: u32) -> Outcome<()> {
    Ok(fs::chmod(path.as_bytes(), mode)?)
}

pub fn mode(fd: Fd) -> Outcome<u32> {
    Ok(fd::stat(fd)?.mode.0)
}

pub fn umask(mask: u32) -> u32 {
    fs::umask(mask)
}

pub fn tty_attributes(fd: Fd) -> Outcome<Termios> {
    Ok(tty::attributes(fd)?)
}

pub fn set_tty_attributes(fd: Fd, when: SetWhen, termios: &Termios) -> Outcome<()> {
    Ok(tty::set_attributes(fd, when, termios)?)
}

pub fn tty_size(fd: Fd) -> Outcome<WinSize> {
    Ok(tty::size(fd)?)
}

pub fn set_tty_size(fd: Fd, size: WinSize) -> Outcome<()> {
    Ok(tty::set_size(fd, size)?)
}

pub fn tty_foreground(fd: Fd) -> Outcome<Pid> {
    Ok(tty::foreground(fd)?)
}

pub fn set_tty_foreground(fd: Fd, group: Pid) -> Outcome<()> {
    Ok(tty::set_foreground(fd, group)?)
}

pub fn tty_session(fd: Fd) -> Outcome<Pid> {
    Ok(tty::session(fd)?)
}

pub fn acquire_tty(fd: Fd, steal: bool) -> Outcome<()> {
    Ok(tty::acquire(fd, steal)?)
}

pub fn release_tty(fd: Fd) -> Outcome<()> {
    Ok(tty::release(fd)?)
}

pub fn flush_tty(fd: Fd, queue: Queue) -> Outcome<()> {
    Ok(tty::flush(fd, queue)?)
}

pub fn stop_tty(fd: Fd, stop: bool) -> Outcome<()> {
    Ok(tty::stop_output(fd, stop)?)
}

pub fn open_master(flags: OpenFlags) -> Outcome<Fd> {
    Ok(tty::open_master(flags)?)
}

pub fn slave_number(master: Fd) -> Outcome<u32> {
    Ok(tty::slave_number(master)?)
}

pub fn lock_pty(master: Fd, locked: bool) -> Outcome<()> {
    Ok(tty::lock(master, locked)?)
}

pub fn rlimit(resource: u32) -> Outcome<(u64, u64)> {
    Ok(process::rlimit(resource)?)
}

pub fn set_rlimit(resource: u32, soft: u64, hard: u64) -> Outcome<()> {
    Ok(process::set_rlimit(resource, soft, hard)?)
}

//! wcr's calls, by way of `wcr_sys`.

use std::cell::RefCell;

use wcr_abi::{
    Disposition, Errno, Fd, Mode, OpenFlags, Pid, Queue, SetWhen, Signal, SocketKind, SpawnRequest, Termios,
    WaitStatus, WinSize,
};
use wcr_sys::user::{self, Processes, Whose};
use wcr_sys::{fd, fs, priority, process, signal, socket, time, tty};

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

/// What starts a program with all of its arguments.
fn request(path: &str, argv: &[&str]) -> SpawnRequest {
    let argv = argv.iter().map(|arg| arg.as_bytes().to_vec()).collect();
    SpawnRequest { path: path.as_bytes().to_vec(), argv, ..SpawnRequest::default() }
}

pub fn exec_file(path: &str, args: &[&str]) -> Failure {
    process::exec(&request(path, &[&["conformance"], args].concat())).into()
}

pub fn spawn(path: &str, argv: &[&str]) -> Outcome<Pid> {
    Ok(process::spawn(&request(path, argv))?)
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

pub fn chown(path: &str, uid: u32, gid: u32) -> Outcome<()> {
    Ok(fs::chown(path.as_bytes(), uid, gid, true)?)
}

pub fn access(path: &str, mode: u32, effective: bool) -> Outcome<()> {
    let access = if effective { fs::access_effective } else { fs::access };
    Ok(access(path.as_bytes(), mode)?)
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

fn whose(group: bool) -> Whose {
    if group { Whose::Group } else { Whose::User }
}

pub fn ids(group: bool) -> [u32; 3] {
    user::ids(whose(group)).expect("the ids")
}

pub fn set_id(group: bool, id: u32) -> Outcome<()> {
    Ok(user::set(whose(group), id)?)
}

pub fn set_re_ids(group: bool, real: u32, effective: u32) -> Outcome<()> {
    Ok(user::set_real_and_effective(whose(group), real, effective)?)
}

pub fn set_ids(group: bool, ids: [u32; 3]) -> Outcome<()> {
    Ok(user::set_all(whose(group), ids)?)
}

pub fn set_groups(groups: &[u32]) -> Outcome<()> {
    Ok(user::set_groups(groups)?)
}

pub fn groups() -> Vec<u32> {
    process::user_ids().groups
}

fn processes(which: u32, who: u32) -> Processes {
    match which {
        0 => Processes::One(who),
        1 => Processes::Group(who),
        _ => Processes::User(who),
    }
}

pub fn nice(which: u32, who: u32) -> Outcome<i32> {
    Ok(user::nice(processes(which, who))?)
}

pub fn set_nice(which: u32, who: u32, value: i32) -> Outcome<()> {
    Ok(user::set_nice(processes(which, who), value)?)
}

pub fn cpu() -> u64 {
    time::cpu() / 1_000_000
}

pub fn children_cpu() -> u64 {
    let times = process::times();
    (times.child_user + times.child_system) / 1_000_000
}

pub fn socket(kind: SocketKind, flags: OpenFlags) -> Outcome<Fd> {
    Ok(socket::open(kind, flags)?)
}

pub fn socket_pair(kind: SocketKind, flags: OpenFlags) -> Outcome<(Fd, Fd)> {
    Ok(socket::pair(kind, flags)?)
}

pub fn bind(fd: Fd, name: &[u8]) -> Outcome<()> {
    Ok(socket::bind(fd, name)?)
}

pub fn listen(fd: Fd, backlog: u32) -> Outcome<()> {
    Ok(socket::listen(fd, backlog)?)
}

pub fn connect(fd: Fd, name: &[u8]) -> Outcome<()> {
    Ok(socket::connect(fd, name)?)
}

pub fn accept(fd: Fd, flags: OpenFlags) -> Outcome<Fd> {
    Ok(socket::accept(fd, flags)?)
}

pub fn send(fd: Fd, bytes: &[u8], flags: u32, to: &[u8]) -> Outcome<usize> {
    Ok(socket::send(fd, bytes, flags, to)?)
}

pub fn receive(fd: Fd, len: usize, flags: u32) -> Outcome<(usize, Vec<u8>, Vec<u8>)> {
    let mut buf = vec![0; len];
    let (count, from) = socket::receive(fd, &mut buf, flags)?;
    buf.truncate(count);
    Ok((count, buf, from))
}

pub fn shutdown(fd: Fd, how: u32) -> Outcome<()> {
    Ok(socket::shutdown(fd, how)?)
}

pub fn socket_name(fd: Fd, peer: bool) -> Outcome<Vec<u8>> {
    Ok(socket::name(fd, peer)?)
}

pub fn socket_option(fd: Fd, number: u32) -> Outcome<u32> {
    Ok(socket::option(fd, number)? as u32)
}

pub fn set_socket_option(fd: Fd, number: u32, value: u32) -> Outcome<()> {
    Ok(socket::set_option(fd, number, value.into())?)
}

pub fn socket_timeout(fd: Fd, receiving: bool) -> Outcome<u64> {
    Ok(socket::option(fd, if receiving { 20 } else { 21 })? / 1_000_000)
}

pub fn set_socket_timeout(fd: Fd, receiving: bool, millis: u64) -> Outcome<()> {
    Ok(socket::set_option(fd, if receiving { 20 } else { 21 }, millis * 1_000_000)?)
}

pub fn send_files(fd: Fd, bytes: &[u8], flags: u32, files: &[Fd]) -> Outcome<usize> {
    Ok(socket::send_files(fd, bytes, flags, b"", files)?)
}

pub fn receive_files(fd: Fd, len: usize, flags: u32, room: usize) -> Outcome<(Vec<u8>, Vec<Fd>, u32)> {
    let mut buf = vec![0; len];
    let (count, came) = socket::receive_files(fd, &mut buf, flags, room)?;
    buf.truncate(count);
    Ok((buf, came.files, came.flags))
}

pub fn lock(fd: Fd, operation: u32) -> Outcome<()> {
    Ok(fd::lock(fd, operation)?)
}

pub fn sealable_file(label: &str) -> Outcome<Fd> {
    Ok(fd::memory(label.as_bytes(), OpenFlags::RDONLY, true)?)
}

pub fn seals(fd: Fd) -> Outcome<u32> {
    Ok(fd::seals(fd)?)
}

pub fn add_seals(fd: Fd, seals: u32) -> Outcome<()> {
    Ok(fd::add_seals(fd, seals)?)
}

pub fn link_text(path: &str) -> Outcome<String> {
    Ok(String::from_utf8_lossy(&fs::readlink(path.as_bytes())?).into_owned())
}

pub fn chdir(path: &str) -> Outcome<()> {
    Ok(fs::chdir(path.as_bytes())?)
}

pub fn rmdir(path: &str) -> Outcome<()> {
    Ok(fs::rmdir(path.as_bytes())?)
}

pub fn symlink(target: &str, path: &str) -> Outcome<()> {
    Ok(fs::symlink(target.as_bytes(), path.as_bytes())?)
}

pub fn inode(fd: Fd) -> Outcome<u64> {
    Ok(fd::stat(fd)?.ino)
}

pub fn socket_peer(fd: Fd) -> Outcome<(Pid, u32, u32)> {
    Ok(socket::peer(fd)?)
}

pub fn memory_file(label: &str, cloexec: bool) -> Outcome<Fd> {
    let flags = if cloexec { OpenFlags::CLOEXEC } else { OpenFlags::RDONLY };
    Ok(fd::memory(label.as_bytes(), flags, false)?)
}

pub fn truncate(fd: Fd, len: u64) -> Outcome<()> {
    Ok(fd::truncate(fd, len)?)
}

pub fn mkdir(path: &str) -> Outcome<()> {
    Ok(fs::mkdir(path.as_bytes(), 0o755)?)
}

pub fn link(from: &str, to: &str) -> Outcome<()> {
    Ok(fs::link(from.as_bytes(), to.as_bytes(), false)?)
}

pub fn rename_with(from: &str, to: &str, flags: u32) -> Outcome<()> {
    Ok(fs::rename_with(from.as_bytes(), to.as_bytes(), flags)?)
}

pub fn truncate_path(path: &str, len: i64) -> Outcome<()> {
    Ok(fs::truncate(path.as_bytes(), len as u64)?)
}

pub fn seek_data(fd: Fd, offset: i64, hole: bool) -> Outcome<u64> {
    let whence = if hole { fd::Whence::Hole } else { fd::Whence::Data };
    Ok(fd::seek(fd, offset, whence)?)
}

pub fn set_child_flags(flags: u32) -> Outcome<()> {
    Ok(signal::set_child_flags(flags)?)
}

pub fn try_fork() -> Outcome<()> {
    let mut nothing: Option<Body> = None;
    let child = process::fork(&raw mut nothing)?;
    Ok(process::wait(child as i32, 0).map(drop)?)
}

pub fn nanos() -> u64 {
    time::monotonic()
}

pub fn size(path: &str) -> Outcome<u64> {
    Ok(fs::stat(path.as_bytes())?.size)
}

pub fn read_into(fd: Fd, buf: &mut [u8]) -> Outcome<usize> {
    Ok(fd::read(fd, buf)?)
}

pub fn allocate(fd: Fd, mode: u32, offset: i64, len: i64) -> Outcome<()> {
    Ok(fd::allocate(fd, mode, offset, len)?)
}

pub fn room(fd: Fd) -> Outcome<(u64, u64)> {
    let stat = fd::stat(fd)?;
    Ok((stat.size, stat.blocks))
}

pub fn io_priority(which: u32, who: u32) -> Outcome<(u32, u32)> {
    Ok(priority::io(processes(which, who))?)
}

pub fn set_io_priority(which: u32, who: u32, class: u32, level: u32) -> Outcome<()> {
    Ok(priority::set_io(processes(which, who), class, level)?)
}

pub fn affinity(pid: Pid) -> Outcome<u64> {
    Ok(priority::affinity(pid)?)
}

pub fn set_affinity(pid: Pid, processors: u64) -> Outcome<()> {
    Ok(priority::set_affinity(pid, processors)?)
}

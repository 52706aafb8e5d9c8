//! The kernel driven as an engine drives it, with calls in the place of programs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use wcr_abi::{
    AT_FDCWD, Disposition, Errno, FdAction, MSG_WAITALL, Mode, OpenFlags, Pid, Signal, SocketKind, SpawnRequest,
    Timestamp, Uname, WNOHANG, WaitStatus,
};
use wcr_kernel::{
    Call, Clock, Halt, HostOutput, Idle, InitRequest, Interest, Kernel, KernelOptions, Limits, Loader, Outgoing,
    PollTarget, Position, ProcFs, ProcTable, Program, ProgramFile, Refusal, SeededEntropy, StartKind, Stdio,
};
use wcr_vfs::{Creds, FileSystem, MountOptions, NewInode, Tree, Vfs, Walk, dev};

/// Every file that starts with `program` runs as the guest `any`.
struct AnyProgram;

impl Loader for AnyProgram {
    fn load(&mut self, file: &ProgramFile<'_>) -> Result<Program, Refusal> {
        if file.content.starts_with(b"program") {
            Ok(Program::Guest("any"))
        } else {
            Err(Refusal { errno: Errno::Noexec, reason: "no program".into() })
        }
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl HostOutput for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

fn options(read_only: bool) -> MountOptions {
    MountOptions { read_only, source: "test".into(), fstype: "test".into(), ..MountOptions::default() }
}

fn add(tree: &mut Tree, name: &[u8], mode: Mode, content: &[u8]) {
    let new = NewInode { mode, uid: 0, gid: 0, rdev: 0, target: &[] };
    let root = tree.root();
    let ino = tree.create(root, name, &new, Timestamp::default()).unwrap();
    if !content.is_empty() {
        tree.write(ino, 0, content, Timestamp::default()).unwrap();
    }
}

/// A kernel whose first process runs, with `/dev`, `/proc`, and the programs `/prog` and `/script`.
fn boot() -> (Kernel, Sink) {
    let mut tree = Tree::new(wcr_vfs::TreeLimits::default(), Timestamp::default());
    let directory = Mode(0o040_755);
    for name in [b"dev".as_slice(), b"proc", b"tmp"] {
        add(&mut tree, name, directory, b"");
    }
    add(&mut tree, b"prog", Mode(0o100_755), b"program");
    add(&mut tree, b"script", Mode(0o100_755), b"#!/prog -x\nrest");
    add(&mut tree, b"plain", Mode(0o100_644), b"program");
    add(&mut tree, b"data", Mode(0o100_755), b"data");
    let mut vfs = Vfs::new(Box::new(tree), options(false));
    let table = ProcTable::default();
    let mut devices = Tree::new(wcr_vfs::TreeLimits::default(), Timestamp::default());
    dev::populate(&mut devices, Timestamp::default()).unwrap();
    let creds = Creds::default();
    let walk = Walk::new(vfs.root(), &creds, 1);
    vfs.mount_at(&walk, b"/dev", Box::new(devices), options(false)).unwrap();
    vfs.mount_at(&walk, b"/proc", Box::new(ProcFs::new(table.clone())), options(true)).unwrap();
    let out = Sink::default();
    let name = || "x".to_owned();
    let mut kernel = Kernel::new(
        KernelOptions {
            vfs,
            clock: Clock::fixed(1_000_000_000),
            entropy: Box::new(SeededEntropy::new(1)),
            loader: Box::new(AnyProgram),
            uname: Uname { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() },
            stdio: Stdio { input: None, output: Box::new(out.clone()), error: Box::new(out.clone()), terminal: None },
            limits: Limits { processes: 8, ..Limits::default() },
            trace: None,
            persist: None,
            answers: None,
            schedule: None,
        },
        table,
    );
    let request = InitRequest { argv: vec![b"/prog".to_vec()], cwd: b"/".to_vec(), ..InitRequest::default() };
    assert_eq!(kernel.start(request), Ok(1));
    assert_eq!(kernel.take_starts().map(|start| start.pid).collect::<Vec<_>>(), [1]);
    assert_eq!(kernel.next_ready(), Some(1));
    (kernel, out)
}

fn request(path: &[u8]) -> SpawnRequest {
    SpawnRequest { path: path.to_vec(), argv: vec![b"p".to_vec()], ..SpawnRequest::default() }
}

/// Starts a child of process 1 and lets it be the next to run.
fn child(kernel: &mut Kernel) -> Pid {
    let child = kernel.spawn(1, request(b"/prog")).unwrap();
    assert_eq!(kernel.take_starts().map(|start| start.pid).collect::<Vec<_>>(), [child]);
    assert_eq!(kernel.next_ready(), Some(child));
    child
}

fn fail<T: core::fmt::Debug>(call: Call<T>) -> Errno {
    match call {
        Err(Halt::Errno(errno)) => errno,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn read(kernel: &mut Kernel, pid: Pid, fd: u32, len: usize) -> Call<Vec<u8>> {
    let mut buf = vec![0; len];
    let done = kernel.read(pid, fd, &mut buf, Position::Current)?;
    buf.truncate(done);
    Ok(buf)
}

fn write(kernel: &mut Kernel, pid: Pid, fd: u32, bytes: &[u8]) -> Call<usize> {
    kernel.write(pid, fd, bytes, Position::Current)
}

#[test]
fn a_reader_waits_for_a_writer_and_sees_the_end() {
    let (mut k, _) = boot();
    let (r, w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    let pid = child(&mut k);
    k.close(pid, w).unwrap();
    assert_eq!(read(&mut k, pid, r, 9), Err(Halt::Block));
    assert_eq!(k.next_ready(), None);
    assert_eq!(write(&mut k, 1, w, b"hello"), Ok(5));
    assert_eq!(k.next_ready(), Some(pid));
    assert_eq!(read(&mut k, pid, r, 9), Ok(b"hello".to_vec()));
    assert_eq!(read(&mut k, pid, r, 9), Err(Halt::Block));
    k.close(1, w).unwrap();
    assert_eq!(k.next_ready(), Some(pid));
    assert_eq!(read(&mut k, pid, r, 9), Ok(Vec::new()));
}

#[test]
fn a_large_write_goes_on_where_it_stopped() {
    let (mut k, _) = boot();
    let (r, w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    let pid = child(&mut k);
    let bytes: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    assert_eq!(write(&mut k, pid, w, &bytes), Err(Halt::Block));
    let mut got = read(&mut k, 1, r, 60_000).unwrap();
    assert_eq!(k.next_ready(), Some(pid));
    assert_eq!(write(&mut k, pid, w, &bytes), Ok(100_000));
    while got.len() < bytes.len() {
        got.extend(read(&mut k, 1, r, 60_000).unwrap());
    }
    assert_eq!(got, bytes);
}

#[test]
fn writing_to_nobody_kills_all_but_process_1() {
    let (mut k, _) = boot();
    let (r, w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    let pid = child(&mut k);
    k.close(1, r).unwrap();
    k.close(pid, r).unwrap();
    assert_eq!(fail(write(&mut k, 1, w, b"x")), Errno::Pipe);
    assert_eq!(write(&mut k, pid, w, b"x"), Err(Halt::Exit));
    assert_eq!(k.take_dead(), [pid]);
    assert_eq!(k.wait(1, -1, 0), Ok(Some((pid, WaitStatus::Signaled(Signal::PIPE)))));
    assert_eq!(fail(k.wait(1, -1, 0)), Errno::Child);
}

#[test]
fn waiting_for_children() {
    let (mut k, _) = boot();
    let (first, second) = (child(&mut k), child(&mut k));
    assert_eq!(k.wait(1, -1, WNOHANG), Ok(None));
    assert_eq!(k.wait(1, second as i32, 0), Err(Halt::Block));
    k.exit(first, 3);
    assert_eq!(k.next_ready(), Some(1));
    assert_eq!(k.wait(1, second as i32, 0), Err(Halt::Block));
    k.exit(second, 4);
    assert_eq!(k.wait(1, second as i32, 0), Ok(Some((second, WaitStatus::Exited(4)))));
    assert_eq!(k.wait(1, -1, 0), Ok(Some((first, WaitStatus::Exited(3)))));
    assert_eq!(fail(k.wait(1, 77, 0)), Errno::Child);
}

#[test]
fn orphans_become_children_of_process_1() {
    let (mut k, _) = boot();
    let parent = child(&mut k);
    let orphan = k.fork(parent, 5).unwrap();
    let start = k.take_starts().next().unwrap();
    assert_eq!((start.pid, start.kind), (orphan, StartKind::Fork { arg: 5 }));
    k.exit(parent, 0);
    assert_eq!(k.proc_ids(orphan).unwrap()[1], 1);
    k.exit(orphan, 9);
    assert_eq!(k.wait(1, orphan as i32, 0), Ok(Some((orphan, WaitStatus::Exited(9)))));
}

#[test]
fn spawn_moves_descriptors_and_fails_cleanly() {
    let (mut k, out) = boot();
    let (r, w) = k.pipe(1, OpenFlags::CLOEXEC).unwrap();
    let actions = vec![FdAction::Dup { from: w, to: 1 }, FdAction::Close(2)];
    let pid = k.spawn(1, SpawnRequest { actions, ..request(b"/prog") }).unwrap();
    assert_eq!(write(&mut k, pid, 1, b"to the pipe"), Ok(11));
    assert_eq!(read(&mut k, 1, r, 20), Ok(b"to the pipe".to_vec()));
    assert_eq!(fail(write(&mut k, pid, 2, b"x")), Errno::Badf);
    assert_eq!(fail(write(&mut k, pid, w, b"x")), Errno::Badf, "close-on-exec");
    assert_eq!(write(&mut k, 1, 1, b"out"), Ok(3));
    assert_eq!(*out.0.lock().unwrap(), b"out");
    let bad = vec![FdAction::Dup { from: 77, to: 1 }];
    assert_eq!(fail(k.spawn(1, SpawnRequest { actions: bad, ..request(b"/prog") })), Errno::Badf);
    assert_eq!(fail(k.spawn(1, request(b"/none"))), Errno::Noent);
    assert_eq!(fail(k.spawn(1, request(b"/plain"))), Errno::Acces);
    assert_eq!(fail(k.spawn(1, request(b"/tmp"))), Errno::Acces);
    assert_eq!(fail(k.spawn(1, request(b"/data"))), Errno::Noexec);
    assert_eq!(k.refusal(), Some("no program"));
}

#[test]
fn interpreters_get_the_script() {
    let (mut k, _) = boot();
    let argv = vec![b"script".to_vec(), b"arg".to_vec()];
    let pid = k.spawn(1, SpawnRequest { argv, ..request(b"/script") }).unwrap();
    let expected: [&[u8]; 4] = [b"/prog", b"-x", b"/script", b"arg"];
    assert_eq!(k.argv(pid).unwrap(), expected);
}

#[test]
fn exec_keeps_the_process() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    k.sig_action(pid, Signal::USR1.0.into(), Some(Disposition::Catch)).unwrap();
    k.sig_action(pid, Signal::USR2.0.into(), Some(Disposition::Ignore)).unwrap();
    assert_eq!(k.take_exec(pid), None);
    assert_eq!(k.exec(pid, request(b"/script")), Err(Halt::Exit));
    assert_eq!(k.take_exec(pid), Some(Program::Guest("any")));
    assert_eq!(k.take_exec(pid), None);
    assert_eq!(k.sig_action(pid, Signal::USR1.0.into(), Some(Disposition::Default)), Ok(Disposition::Default));
    assert_eq!(k.sig_action(pid, Signal::USR2.0.into(), Some(Disposition::Default)), Ok(Disposition::Ignore));
}

#[test]
fn too_many_processes() {
    let (mut k, _) = boot();
    for _ in 1..8 {
        k.fork(1, 0).unwrap();
    }
    assert_eq!(fail(k.fork(1, 0)), Errno::Again);
}

#[test]
fn signals_interrupt_kill_stop_and_continue() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    let (r, _w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    k.sig_action(1, Signal::USR1.0.into(), Some(Disposition::Catch)).unwrap();
    assert_eq!(read(&mut k, 1, r, 1), Err(Halt::Block));
    k.kill(pid, 1, Signal::USR1.0.into()).unwrap();
    assert_eq!(k.next_ready(), Some(1));
    assert_eq!(fail(read(&mut k, 1, r, 1)), Errno::Intr);
    assert_eq!(k.sig_take(1), Ok(Some(Signal::USR1)));
    assert_eq!(k.sig_take(1), Ok(None));
    // Process 1 does not take what it does not catch.
    k.kill(pid, 1, Signal::KILL.0.into()).unwrap();
    assert_eq!(k.finished(), None);
    k.kill(1, pid as i32, Signal::STOP.0.into()).unwrap();
    assert_eq!(k.wait(1, -1, WNOHANG | wcr_abi::WUNTRACED), Ok(Some((pid, WaitStatus::Stopped(Signal::STOP)))));
    k.kill(1, pid as i32, Signal::CONT.0.into()).unwrap();
    k.kill(1, pid as i32, Signal::TERM.0.into()).unwrap();
    assert_eq!(k.wait(1, -1, 0), Ok(Some((pid, WaitStatus::Signaled(Signal::TERM)))));
    assert_eq!(fail(k.kill(1, pid as i32, 0)), Errno::Srch);
}

#[test]
fn a_process_that_stops_itself_goes_on_behind_the_call() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    let stop = Signal::STOP.0.into();
    assert_eq!(k.kill(pid, pid as i32, stop), Err(Halt::Block));
    k.kill(1, pid as i32, Signal::CONT.0.into()).unwrap();
    assert_eq!(k.next_ready(), Some(pid));
    assert_eq!(k.kill(pid, pid as i32, stop), Ok(()));
    assert_eq!(k.kill(pid, pid as i32, stop), Err(Halt::Block));
}

#[test]
fn a_blocked_signal_comes_when_it_is_released() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    k.sig_mask(pid, 0, Signal::TERM.bit()).unwrap();
    k.kill(1, pid as i32, Signal::TERM.0.into()).unwrap();
    assert_eq!(k.wait(1, -1, WNOHANG), Ok(None));
    assert_eq!(k.sig_mask(pid, 1, Signal::TERM.bit()), Err(Halt::Exit));
    assert_eq!(k.wait(1, -1, 0), Ok(Some((pid, WaitStatus::Signaled(Signal::TERM)))));
}

#[test]
fn virtual_time_jumps_over_sleep_and_alarms_ring() {
    let (mut k, _) = boot();
    let start = k.clock_time(1, 1).unwrap();
    let until = [PollTarget::Until(start + 3_600_000_000_000)];
    assert_eq!(k.poll(1, &until), Err(Halt::Block));
    assert_eq!(k.idle(), Idle::Ready);
    assert_eq!(k.next_ready(), Some(1));
    assert_eq!(k.poll(1, &until), Ok(vec![Ok(true)]));
    assert_eq!(k.clock_time(1, 0).unwrap(), 1_000_000_000 + start + 3_600_000_000_000);
    k.sig_action(1, Signal::ALRM.0.into(), Some(Disposition::Catch)).unwrap();
    k.set_alarm(1, 5, 0).unwrap();
    let later = [PollTarget::Until(u64::MAX)];
    assert_eq!(k.poll(1, &later), Err(Halt::Block));
    assert_eq!(k.idle(), Idle::Ready);
    assert_eq!(fail(k.poll(1, &later)), Errno::Intr);
}

#[test]
fn a_wait_that_is_taken_back_wakes_nobody() {
    let (mut k, _) = boot();
    let (r, w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    let targets = [PollTarget::Fd { fd: r, interest: Interest::Read }, PollTarget::Until(u64::MAX)];
    while k.next_ready().is_some() {}
    assert_eq!(k.poll(1, &targets), Err(Halt::Block));
    k.stop_waiting(1);
    assert_eq!(write(&mut k, 1, w, b"x"), Ok(1));
    assert_eq!((k.next_ready(), k.idle()), (None, Idle::Deadlock));
    assert_eq!(k.poll(1, &targets[..1]), Ok(vec![Ok(true)]));
}

#[test]
fn all_waiting_for_each_other_is_told() {
    let (mut k, _) = boot();
    let (r, _w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    assert_eq!(read(&mut k, 1, r, 1), Err(Halt::Block));
    assert_eq!(k.idle(), Idle::Deadlock);
}

#[test]
fn fifos_wait_for_their_other_end() {
    let (mut k, _) = boot();
    k.mknod_at(1, AT_FDCWD, b"/tmp/f", Mode(0o010_644), 0).unwrap();
    let pid = child(&mut k);
    let open = |k: &mut Kernel, pid, flags| k.open_at(pid, AT_FDCWD, b"/tmp/f", flags, 0);
    assert_eq!(fail(open(&mut k, 1, OpenFlags::WRONLY.with(OpenFlags::NONBLOCK))), Errno::Nxio);
    assert_eq!(open(&mut k, pid, OpenFlags::RDONLY), Err(Halt::Block));
    let w = open(&mut k, 1, OpenFlags::WRONLY).unwrap();
    assert_eq!(write(&mut k, 1, w, b"x"), Ok(1));
    k.close(1, w).unwrap();
    assert_eq!(k.next_ready(), Some(pid));
    let r = open(&mut k, pid, OpenFlags::RDONLY).unwrap();
    assert_eq!(read(&mut k, pid, r, 2), Ok(b"x".to_vec()));
    assert_eq!(read(&mut k, pid, r, 2), Ok(Vec::new()));
}

#[test]
fn devices_and_proc() {
    let (mut k, _) = boot();
    let open = |k: &mut Kernel, path: &[u8]| k.open_at(1, AT_FDCWD, path, OpenFlags::RDWR, 0);
    let null = open(&mut k, b"/dev/null").unwrap();
    assert_eq!((write(&mut k, 1, null, b"x"), read(&mut k, 1, null, 1)), (Ok(1), Ok(vec![])));
    let zero = open(&mut k, b"/dev/zero").unwrap();
    assert_eq!(read(&mut k, 1, zero, 2), Ok(vec![0, 0]));
    let full = open(&mut k, b"/dev/full").unwrap();
    assert_eq!(fail(write(&mut k, 1, full, b"x")), Errno::Nospc);
    let comm = k.open_at(1, AT_FDCWD, b"/proc/self/cmdline", OpenFlags::RDONLY, 0).unwrap();
    assert_eq!(read(&mut k, 1, comm, 9), Ok(b"/prog\0".to_vec()));
    let (r, w) = k.pipe(1, OpenFlags::RDONLY).unwrap();
    let name = format!("/dev/fd/{w}");
    let again = k.open_at(1, AT_FDCWD, name.as_bytes(), OpenFlags::WRONLY, 0).unwrap();
    assert_eq!(write(&mut k, 1, again, b"y"), Ok(1));
    assert_eq!(read(&mut k, 1, r, 9), Ok(b"y".to_vec()));
}

#[test]
fn offsets_are_shared_by_duplicates_and_append_goes_to_the_end() {
    let (mut k, _) = boot();
    let flags = OpenFlags::RDWR.with(OpenFlags::CREAT);
    let a = k.open_at(1, AT_FDCWD, b"/tmp/a", flags, 0o666).unwrap();
    let b = k.dup(1, a, 0, false).unwrap();
    write(&mut k, 1, a, b"one").unwrap();
    write(&mut k, 1, b, b"two").unwrap();
    let c = k.open_at(1, AT_FDCWD, b"/tmp/a", OpenFlags::RDWR.with(OpenFlags::APPEND), 0).unwrap();
    write(&mut k, 1, c, b"end").unwrap();
    k.unlink_at(1, AT_FDCWD, b"/tmp/a", 0).unwrap();
    k.seek(1, a, 0, wcr_kernel::Whence::Set).unwrap();
    assert_eq!(read(&mut k, 1, b, 99), Ok(b"onetwoend".to_vec()));
    assert_eq!(k.fstat(1, a).unwrap().mode, Mode(0o100_644));
    assert_eq!(k.umask(1, 0o77), Ok(0o22));
}

#[test]
fn the_end_of_process_1_ends_all() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    k.exit(1, 7);
    assert_eq!(k.take_dead(), [1, pid]);
    assert_eq!(k.idle(), Idle::Finished(WaitStatus::Exited(7)));
}

/// Fault 79.
#[test]
fn fault_79_a_million_opens_and_bad_moves_of_descriptors_end_in_errors() {
    let (mut k, _) = boot();
    let before = k.dup(1, 0, 0, false).unwrap();
    k.close(1, before).unwrap();
    let mut open = 0;
    for _ in 0..1_000_000 {
        match k.open_at(1, AT_FDCWD, b"/dev/null", OpenFlags::RDONLY, 0) {
            Ok(_) => open += 1,
            failed => assert_eq!(fail(failed), Errno::Mfile),
        }
    }
    assert_eq!(open, 1024 - before);
    for (from, to) in [(u32::MAX, 0), (0, u32::MAX), (5000, 3), (3, 5000), (5000, 5000)] {
        assert_eq!(fail(k.renumber(1, from, to)), Errno::Badf, "{from} to {to}");
    }
    for fd in before..1024 {
        k.renumber(1, fd, 0).unwrap();
        assert_eq!(fail(k.close(1, fd)), Errno::Badf);
    }
    assert_eq!(k.dup(1, 1, 0, false), Ok(before));
}

/// Fault 86, beside the end-to-end test: copies of copies, until there is no room.
#[test]
fn a_fork_bomb_is_refused() {
    let (mut k, _) = boot();
    let mut refused = 0;
    for _ in 0..4 {
        for pid in 1..=8 {
            match k.fork(pid, 0) {
                Ok(_) => {}
                failed => refused += u32::from(matches!(fail(failed), Errno::Again | Errno::Srch)),
            }
        }
    }
    assert_eq!(refused, 4 * 8 - 7);
    k.exit(8, 0);
    assert_eq!(fail(k.fork(1, 0)), Errno::Again, "a zombie counts");
    assert_eq!(k.wait(7, -1, WNOHANG), Ok(Some((8, WaitStatus::Exited(0)))));
    assert!(k.fork(1, 0).is_ok());
}

/// Fault 88: nothing is left of children that were waited for, or that nobody wants to hear of.
#[test]
fn fault_88_a_hundred_thousand_zombies() {
    let (mut k, _) = boot();
    for number in 2..100_002 {
        let child = k.fork(1, 0).unwrap();
        assert_eq!(child, number);
        k.exit(child, 3);
        assert_eq!(k.wait(1, -1, 0), Ok(Some((child, WaitStatus::Exited(3)))));
        assert_eq!(fail(k.wait(1, -1, 0)), Errno::Child);
        assert_eq!(fail(k.wait(1, child.cast_signed(), WNOHANG)), Errno::Child);
        assert_eq!((k.take_starts().count(), k.take_dead().len()), (1, 1));
    }
    k.sig_action(1, Signal::CHLD.0.into(), Some(Disposition::Ignore)).unwrap();
    for _ in 0..1000 {
        let child = k.fork(1, 0).unwrap();
        k.exit(child, 0);
        assert_eq!(fail(k.kill(1, child.cast_signed(), 0)), Errno::Srch);
    }
    for _ in 0..7 {
        k.fork(1, 0).unwrap();
    }
    assert_eq!(fail(k.fork(1, 0)), Errno::Again);
}

#[test]
fn a_busy_process_is_interrupted_by_its_timer() {
    let (mut k, _) = boot();
    let pid = child(&mut k);
    k.set_alarm(pid, 1_000_000, 0).unwrap();
    // A virtual microsecond each.
    let calls = (0..20_000).take_while(|_| k.enter(pid, None) == Ok(())).count();
    assert!((1_000..10_000).contains(&calls), "{calls}");
    assert_eq!(k.wait(1, -1, 0), Ok(Some((pid, WaitStatus::Signaled(Signal::ALRM)))));
}

/// Sends open files along with a byte.
fn send(kernel: &mut Kernel, socket: u32, fds: &[u32]) -> usize {
    kernel.send(1, socket, &Outgoing { fds, ..Outgoing::new(b"x") }).unwrap()
}

#[test]
fn open_files_that_nobody_can_receive_are_closed() {
    let (mut k, _) = boot();
    let close = |k: &mut Kernel, fds: &[u32]| fds.iter().for_each(|fd| k.close(1, *fd).unwrap());
    let free = k.dup(1, 1, 0, false).unwrap();
    close(&mut k, &[free]);
    for round in 0..100 {
        let (read_end, write_end) = k.pipe(1, OpenFlags::NONBLOCK).unwrap();
        let (a, b) = k.socket_pair(1, SocketKind::Stream, OpenFlags::NONBLOCK).unwrap();
        let (c, d) = k.socket_pair(1, SocketKind::Datagram, OpenFlags::NONBLOCK).unwrap();
        match round % 3 {
            // Each lies in the other's queue, and the pipe's end in one of them.
            0 => (send(&mut k, a, &[d]), send(&mut k, c, &[b, write_end])),
            // It lies in its own queue.
            1 => (send(&mut k, a, &[b, write_end]), 0),
            // It lies in a connection that nobody has accepted.
            _ => {
                let server = k.socket(1, SocketKind::Stream, OpenFlags::NONBLOCK).unwrap();
                k.bind(1, server, b"\0server").unwrap();
                k.listen(1, server, 1).unwrap();
                let client = k.socket(1, SocketKind::Stream, OpenFlags::NONBLOCK).unwrap();
                k.connect(1, client, b"\0server").unwrap();
                let sent = (send(&mut k, client, &[server, write_end]), 0);
                close(&mut k, &[server, client]);
                sent
            }
        };
        close(&mut k, &[write_end, d, b, c, a]);
        assert_eq!(read(&mut k, 1, read_end, 1), Ok(Vec::new()), "{round}");
        close(&mut k, &[read_end]);
    }
    assert_eq!(k.dup(1, 1, 0, false), Ok(free));
}

#[test]
fn a_received_buffer_is_filled_over_several_tries() {
    let (mut k, _) = boot();
    let (a, b) = k.socket_pair(1, SocketKind::Stream, OpenFlags::RDONLY).unwrap();
    let sender = k.fork(1, 0).unwrap();
    k.close(1, a).unwrap();
    let mut buf = [0; 8];
    for part in [&b"abc"[..], b"de"] {
        write(&mut k, sender, a, part).unwrap();
        assert_eq!(k.receive(1, b, &mut buf, MSG_WAITALL, 0), Err(Halt::Block));
    }
    write(&mut k, sender, a, b"fghij").unwrap();
    assert_eq!(k.receive(1, b, &mut buf, MSG_WAITALL, 0).map(|got| got.len), Ok(8));
    assert_eq!(&buf, b"abcdefgh");
    k.close(sender, a).unwrap();
    assert_eq!(k.receive(1, b, &mut buf, MSG_WAITALL, 0).map(|got| got.len), Ok(2));
}

#[test]
fn a_removed_program_is_executed_by_a_descriptor_that_closes_then() {
    let (mut kernel, _) = boot();
    let made = kernel.open_at(1, AT_FDCWD, b"/tmp/p", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o755).unwrap();
    write(&mut kernel, 1, made, b"program").unwrap();
    kernel.close(1, made).unwrap();
    let fd = kernel.open_at(1, AT_FDCWD, b"/tmp/p", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).unwrap();
    kernel.unlink_at(1, AT_FDCWD, b"/tmp/p", 0).unwrap();
    let path = format!("/proc/self/fd/{fd}").into_bytes();
    let request = SpawnRequest { path: path.clone(), argv: vec![path], ..SpawnRequest::default() };
    assert_eq!(kernel.exec(1, request), Err(Halt::Exit));
    assert_eq!(kernel.take_exec(1), Some(Program::Guest("any")));
    assert_eq!(kernel.fstat(1, fd).map(drop), Err(Errno::Badf.into()));
}

//! Every guest call with hostile pointers, lengths, counts and descriptors: an error number each time, no panic, and
//! never more than a moment's work.
//!
//! Which calls are made follows from a seed alone. `WCR_FUZZ_CALLS` asks for another number of calls,
//! `WCR_FUZZ_SEED` for another seed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::slice::Iter;
use std::time::{Duration, Instant};

use wcr_abi::{AT_FDCWD, Errno, FdAction, Mode, Pid, SpawnRequest, Timestamp, Uname};
use wcr_kernel::{
    Clock, Halt, InitRequest, Kernel, KernelOptions, Limits, Loader, MemoryOutput, ProcFs, ProcTable, Program,
    ProgramFile, Refusal, SeededEntropy, Stdio, Trace,
};
use wcr_vfs::{Creds, FileSystem, MountOptions, NewInode, Tree, TreeLimits, Vfs, Walk, dev};
use wcr_wasi::{FlatMemory, entry};

/// How many calls are made unless the environment says otherwise.
const CALLS: usize = 60_000;
/// The longest that one call may take. It is a bound on work, and generous: the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(2);
/// How much memory the guest has, in bytes.
const MEMORY: usize = 64 << 10;
/// After how many calls a fresh container is made.
const LIFE: usize = 1_000;

/// A call: its module and name, the types of its arguments, and how it is made.
struct Entry {
    name: &'static str,
    types: &'static [&'static str],
    make: fn(&mut Kernel, Pid, &mut FlatMemory<'_>, &mut Iter<'_, u64>) -> Result<u32, Halt>,
}

macro_rules! list {
    ($($module:literal in $rust:ident { $($kind:ident $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        const TABLE: &[Entry] = &[$($(
            Entry {
                name: concat!($module, ".", stringify!($name)),
                types: &[$(stringify!($ty)),*],
                make: |k, pid, mem, _args| {
                    entry::$rust::$name(k, pid, mem, $(argument(_args, stringify!($arg)) as $ty),*)
                },
            },
        )*)*];
    };
}

wcr_wasi::calls!(list);

fn argument(args: &mut Iter<'_, u64>, name: &str) -> u64 {
    *args.next().unwrap_or_else(|| panic!("no {name}"))
}

struct AnyProgram;

impl Loader for AnyProgram {
    fn load(&mut self, file: &ProgramFile<'_>) -> Result<Program, Refusal> {
        match file.content {
            b"program" => Ok(Program::Guest("any")),
            _ => Err(Refusal { errno: Errno::Noexec, reason: "no program".into() }),
        }
    }
}

fn boot(traced: bool) -> Kernel {
    let now = Timestamp::default();
    let options =
        |read_only| MountOptions { read_only, source: "x".into(), fstype: "x".into(), ..MountOptions::default() };
    let mut tree = Tree::new(TreeLimits { bytes: 4 << 20, ..TreeLimits::default() }, now);
    let root = tree.root();
    let mut add = |name: &[u8], mode: u32, target: &[u8], content: &[u8]| {
        let new = NewInode { mode: Mode(mode), uid: 0, gid: 0, rdev: 0, target };
        let ino = tree.create(root, name, &new, now).unwrap();
        if !content.is_empty() {
            tree.write(ino, 0, content, now).unwrap();
        }
    };
    add(b"dev", 0o040_755, b"", b"");
    add(b"proc", 0o040_755, b"", b"");
    add(b"dir", 0o040_755, b"", b"");
    add(b"prog", 0o100_755, b"", b"program");
    add(b"script", 0o100_755, b"", b"#!/script\n");
    add(b"file", 0o100_644, b"", &[b'x'; 5000]);
    add(b"loop", 0o120_777, b"loop", b"");
    add(b"out", 0o120_777, b"/../../dir/none", b"");
    add(b"fifo", 0o010_644, b"", b"");
    let mut vfs = Vfs::new(Box::new(tree), options(false));
    let table = ProcTable::default();
    let mut devices = Tree::new(TreeLimits::default(), now);
    dev::populate(&mut devices, now).unwrap();
    let creds = Creds::default();
    let walk = Walk::new(vfs.root(), &creds, 1);
    vfs.mount_at(&walk, b"/dev", Box::new(devices), options(false)).unwrap();
    vfs.mount_at(&walk, b"/proc", Box::new(ProcFs::new(table.clone())), options(true)).unwrap();
    let (name, out) = (|| "x".to_owned(), MemoryOutput::default());
    let mut kernel = Kernel::new(
        KernelOptions {
            vfs,
            clock: Clock::fixed(1),
            entropy: Box::new(SeededEntropy::new(1)),
            loader: Box::new(AnyProgram),
            uname: Uname { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() },
            stdio: Stdio { input: None, output: Box::new(out.clone()), error: Box::new(out), terminal: None },
            limits: Limits { processes: 16, ..Limits::default() },
            trace: if traced { Trace::new(true, Some(Box::new(|line| assert!(line.ends_with(b"\n"))))) } else { None },
            persist: None,
            answers: None,
            schedule: None,
        },
        table,
    );
    let argv = vec![b"/prog".to_vec(), vec![b'a'; 300]];
    kernel.start(InitRequest { argv, cwd: b"/".to_vec(), ..InitRequest::default() }).unwrap();
    kernel
}

/// A sequence of numbers that follows from its seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// An argument: mostly something that could be meant, often something that could not.
    fn argument(&mut self, wide: bool) -> u64 {
        let top = if wide { u64::MAX } else { u64::from(u32::MAX) };
        match self.below(12) {
            0 => self.one_of(&[top, top - 1, top / 2, top / 2 + 1, top - 7]),
            1 => MEMORY as u64 - self.below(70),
            2 => u64::from(AT_FDCWD),
            3 => self.next() & top,
            4 => 1 << self.below(if wide { 64 } else { 32 }),
            5 => self.one_of(&[47, 48, 63, 64, 103, 104, 1024, 1025, 4095, 4096, 10_000]),
            6 | 7 => self.one_of(&AREAS) + self.below(2),
            _ => self.below(10),
        }
    }
}

/// Where things lie in memory that a call can take for what it wants.
const AREAS: [u64; 6] = [0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x8000];

/// Puts paths, slices, subscriptions and a request into the memory, and some noise.
fn fill(memory: &mut [u8], numbers: &mut Numbers) {
    let paths: [&[u8]; 14] = [
        b"/file",
        b"dir",
        b"/dir/new",
        b"loop",
        b"out",
        b"fifo",
        b"/dev/zero",
        b"/dev/full",
        b"/proc/1/status",
        b"..",
        b"/proc/self/fd/1",
        b"/script",
        b"a\0b",
        b"",
    ];
    let path = numbers.one_of(&paths);
    memory[0x1000..0x1000 + path.len()].copy_from_slice(path);
    let put =
        |memory: &mut [u8], at: usize, word: u64| memory[at..at + 4].copy_from_slice(&(word as u32).to_le_bytes());
    for at in (0x2000..0x3000).step_by(4) {
        let word = numbers.argument(false);
        put(memory, at, word);
    }
    for at in (0x3000..0x4000).step_by(48) {
        let kind = numbers.below(4) as u8;
        memory[at + 8] = kind;
        let (fd, timeout) = (numbers.below(6), numbers.argument(false));
        put(memory, at + 16, fd);
        put(memory, at + 24, timeout);
    }
    let request = SpawnRequest {
        path: path.to_vec(),
        argv: vec![b"prog".to_vec()],
        envp: vec![b"A=1".to_vec()],
        actions: vec![FdAction::Dup { from: numbers.below(5) as u32, to: numbers.argument(false) as u32 }],
        pgid: Some(numbers.below(3) as u32),
        default_signals: numbers.next(),
    };
    let mut request = request.encode();
    if numbers.below(3) == 0 {
        let at = numbers.below(request.len() as u64) as usize;
        request[at] = numbers.next() as u8;
    }
    memory[0x4000..0x4000 + request.len()].copy_from_slice(&request);
}

/// A number of the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn fault_77_hostile_arguments_give_error_numbers_and_bounded_work() {
    let calls = asked("WCR_FUZZ_CALLS").map_or(CALLS, |calls| calls as usize);
    let mut numbers = Numbers(asked("WCR_FUZZ_SEED").unwrap_or(1));
    let mut memory = vec![0; MEMORY];
    let (mut kernel, mut pids, mut age) = (boot(false), vec![1], 0);
    let mut slowest = (Duration::ZERO, "");
    let mut succeeded = 0;
    for number in 0..calls {
        if age == LIFE || kernel.finished().is_some() || pids.is_empty() {
            (kernel, pids, age) = (boot(numbers.below(2) == 0), vec![1], 0);
        }
        age += 1;
        pids.extend(kernel.take_starts().map(|start| start.pid).filter(|pid| *pid != 1));
        if number % 16 == 0 {
            fill(&mut memory, &mut numbers);
        }
        let call = &TABLE[numbers.below(TABLE.len() as u64) as usize];
        let args: Vec<u64> = call.types.iter().map(|ty| numbers.argument(ty.ends_with("64"))).collect();
        let pid = numbers.one_of(&pids);
        if kernel.enter(pid, None).is_err() {
            pids.retain(|other| *other != pid);
            continue;
        }
        let before = Instant::now();
        // Now and then the guest has no memory at all.
        let none = &mut [][..];
        let shown = if numbers.below(64) == 0 { none } else { &mut memory[..] };
        let result = (call.make)(&mut kernel, pid, &mut FlatMemory(shown), &mut args.iter());
        let took = before.elapsed();
        assert!(took < DEADLINE, "{}{args:x?} took {took:?}", call.name);
        slowest = slowest.max((took, call.name));
        match result {
            Ok(0) => succeeded += 1,
            Ok(raw) => assert!(Errno::from_raw(raw).is_some(), "{}{args:x?} gave {raw}", call.name),
            Err(Halt::Block) => kernel.stop_waiting(pid),
            Err(Halt::Exit) => _ = kernel.take_exec(pid),
            Err(Halt::Errno(errno)) => panic!("{}{args:x?}: {errno:?} is no answer to a guest", call.name),
        }
    }
    println!("{calls} calls, {succeeded} succeeded; the slowest was {} with {:?}", slowest.1, slowest.0);
    assert!(succeeded > calls / 10, "only {succeeded} of {calls} calls meant something");
}

/// Makes one call of a fresh container, over `memory`.
fn call(memory: &mut [u8], name: &str, args: &[u64]) -> Result<u32, Halt> {
    let mut kernel = boot(true);
    let entry = TABLE.iter().find(|entry| entry.name == name).unwrap();
    let before = Instant::now();
    let result = (entry.make)(&mut kernel, 1, &mut FlatMemory(memory), &mut args.iter());
    assert!(before.elapsed() < DEADLINE, "{name}{args:?} took {:?}", before.elapsed());
    result
}

#[test]
fn fault_78_ten_thousand_slices_or_subscriptions_and_endless_lengths_are_bounded() {
    let mut memory = vec![0; 1 << 20];
    let top = u64::from(u32::MAX);
    for count in [10_000, top] {
        for name in ["fd_read", "fd_write"] {
            let name = format!("wasi_snapshot_preview1.{name}");
            assert_eq!(call(&mut memory, &name, &[1, 0, count, 8]), Ok(Errno::Inval.raw()), "{name} {count}");
        }
        let polled = call(&mut memory, "wasi_snapshot_preview1.poll_oneoff", &[0, 0, count, 8]);
        assert_eq!(polled, Ok(Errno::Inval.raw()));
    }
    // 4 GiB of randomness: as much as there is memory for, which is none of it in the end.
    let filled = call(&mut memory, "wasi_snapshot_preview1.random_get", &[0, top]);
    assert_eq!(filled, Ok(Errno::Fault.raw()));
    for (length, errno) in [(4_096, Errno::Nametoolong), (110 << 10, Errno::Nametoolong), (top, Errno::Nametoolong)] {
        memory[..110 << 10].fill(b'a');
        let opened = call(&mut memory, "wcr_v1.path_stat", &[u64::from(AT_FDCWD), 0, length, 0, 0]);
        assert_eq!(opened, Ok(errno.raw()), "{length}");
    }
    assert_eq!(call(&mut memory, "wcr_v1.spawn", &[0, top, 8]), Ok(Errno::TooBig.raw()));
    // As many slices as may be, each of them all of the memory: a write takes a part of it.
    for slice in 0..1024 {
        memory[slice * 8..][..8].copy_from_slice(&(1u64 << 52).to_le_bytes());
    }
    for name in ["fd_write", "fd_read"] {
        let fd = if name == "fd_write" { 1 } else { 0 };
        let name = format!("wasi_snapshot_preview1.{name}");
        assert!(call(&mut memory, &name, &[fd, 0, 1024, 16_384]).is_ok(), "{name}");
    }
}

//! The content of the files of `/proc`, as proc(5) describes it.

use std::fmt::Write as _;
use std::io::Write as _;

use wcr_abi::Pid;

use super::place::Global;
use super::table::{ProcEntry, Shared};
use crate::capability::BOUNDING;

/// Name and unit of each resource, by Linux's number.
const RESOURCES: [(&str, &str); 16] = [
    ("Max cpu time", "seconds"),
    ("Max file size", "bytes"),
    ("Max data size", "bytes"),
    ("Max stack size", "bytes"),
    ("Max core file size", "bytes"),
    ("Max resident set", "bytes"),
    ("Max processes", "processes"),
    ("Max open files", "files"),
    ("Max locked memory", "bytes"),
    ("Max address space", "bytes"),
    ("Max file locks", "locks"),
    ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"),
    ("Max nice priority", ""),
    ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
];

pub(super) fn joined(strings: &[Vec<u8>]) -> Vec<u8> {
    strings.iter().flat_map(|string| string.iter().copied().chain([0])).collect()
}

/// The content of a file outside of the processes' folders.
pub(super) fn global(shared: &Shared, file: Global) -> String {
    let seconds = |nanos: u64| format!("{}.{:02}", nanos / 1_000_000_000, nanos / 10_000_000 % 100);
    let uname = |part: fn(&wcr_abi::Uname) -> String| shared.uname.as_ref().map(part).unwrap_or_default();
    match file {
        Global::Fixed(text) | Global::Setting(text) => text.to_owned(),
        Global::Loadavg => {
            let running = shared.processes.values().filter(|process| process.live.state == Some('R')).count().max(1);
            format!("0.00 0.00 0.00 {running}/{} {}\n", shared.processes.len(), last_pid(shared))
        }
        Global::Meminfo => {
            let used: u64 = shared.processes.values().map(|process| process.live.memory).sum();
            let free = shared.memory.saturating_sub(used);
            let lines = [("MemTotal", shared.memory), ("MemFree", free), ("MemAvailable", free)].into_iter();
            let none = ["Buffers", "Cached", "SwapCached", "Shmem", "SReclaimable", "SwapTotal", "SwapFree"];
            let lines = lines.chain(none.map(|name| (name, 0)));
            lines.map(|(name, bytes)| format!("{:<16}{:>8} kB\n", format!("{name}:"), bytes / 1024)).collect()
        }
        Global::Stat => {
            let ticks = shared.uptime / 10_000_000;
            let boot = shared.now.sec - (shared.uptime / 1_000_000_000).cast_signed();
            format!(
                "cpu  {ticks} 0 0 0 0 0 0 0 0 0\ncpu0 {ticks} 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\nbtime {boot}\n\
                 processes {}\nprocs_running 1\nprocs_blocked 0\n",
                last_pid(shared)
            )
        }
        Global::Uptime => format!("{} 0.00\n", seconds(shared.uptime)),
        Global::Version => uname(|uname| format!("{} version {} {}\n", uname.sysname, uname.release, uname.version)),
        Global::Hostname => uname(|uname| format!("{}\n", uname.nodename)),
        Global::Osrelease => uname(|uname| format!("{}\n", uname.release)),
        Global::VersionSetting => uname(|uname| format!("{}\n", uname.version)),
        Global::BootId => uuid(shared.boot_id.unwrap_or_default()),
        Global::Uuid => uuid(shared.uuid),
        Global::Dir | Global::Link(_) | Global::SelfPid => String::new(),
    }
}

/// A random UUID (RFC 9562, version 4) of these bytes.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}\n", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn last_pid(shared: &Shared) -> Pid {
    shared.processes.last_key_value().map_or(0, |(pid, _)| *pid)
}

fn state(entry: &ProcEntry) -> char {
    if entry.zombie { 'Z' } else { entry.live.state.unwrap_or('S') }
}

/// `stat`: 52 fields, most of which stand for what a module has nothing of.
pub(super) fn stat(pid: Pid, entry: &ProcEntry) -> Vec<u8> {
    let mut line = format!("{pid} (").into_bytes();
    line.extend_from_slice(&entry.comm);
    let live = &entry.live;
    let rest = format!(
        ") {} {} {} {} 0 -1 4194304 0 0 0 0 {} 0 {} 0 {} {} 1 0 {} {} {} 18446744073709551615 0 0 0 0 0 {} {} {} {} \
         0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        state(entry),
        entry.ppid,
        entry.pgid,
        entry.sid,
        live.cpu[0] / 10_000_000,
        live.cpu[1] / 10_000_000,
        20 + live.nice,
        live.nice,
        entry.started / 10_000_000,
        mapped(entry),
        live.memory / PAGE,
        live.pending,
        live.blocked,
        live.ignored,
        live.caught,
    );
    line.extend_from_slice(rest.as_bytes());
    line
}

pub(super) fn status(pid: Pid, entry: &ProcEntry) -> Vec<u8> {
    let state = match state(entry) {
        'R' => "R (running)",
        'T' => "T (stopped)",
        'Z' => "Z (zombie)",
        _ => "S (sleeping)",
    };
    let (ppid, live) = (entry.ppid, &entry.live);
    let [uid, gid] = live.ids.map(|[real, effective, saved]| format!("{real}\t{effective}\t{saved}\t{effective}"));
    let groups: String = live.groups.iter().map(|group| format!("{group} ")).collect();
    let fd_size = (entry.fds.len() as u64).next_power_of_two().max(64);
    let [permitted, effective] = live.capabilities;
    let (all, memory, code) = (mapped(entry) / 1024, live.memory / 1024, code_size(entry) / 1024);
    let sizes = format!(
        "VmPeak:\t{all:>8} kB\nVmSize:\t{all:>8} kB\nVmLck:\t{0:>8} kB\nVmHWM:\t{memory:>8} kB\nVmRSS:\t{memory:>8} kB\n\
         VmData:\t{memory:>8} kB\nVmExe:\t{code:>8} kB\nVmSwap:\t{0:>8} kB\n",
        0
    );
    let sizes = if entry.zombie { String::new() } else { sizes };
    let mut text = String::new();
    let _ = write!(
        text,
        "Umask:\t{:04o}\nState:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{ppid}\nTracerPid:\t0\n\
         Uid:\t{uid}\nGid:\t{gid}\nFDSize:\t{fd_size}\nGroups:\t{groups}\n\
         {sizes}Threads:\t1\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n\
         CapInh:\t{:016x}\nCapPrm:\t{permitted:016x}\nCapEff:\t{effective:016x}\nCapBnd:\t{:016x}\n\
         CapAmb:\t{:016x}\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n",
        live.umask, 0, live.pending, live.blocked, live.ignored, live.caught, 0, BOUNDING, 0,
    );
    [b"Name:\t", entry.comm.as_slice(), b"\n", text.as_bytes()].concat()
}

/// A page of memory, in bytes.
const PAGE: u64 = 4096;
/// Where the code of a program is shown: a module's memory ends before it.
const CODE: u64 = 1 << 32;

/// How much memory a process's code takes, as far as it is known.
fn code_size(entry: &ProcEntry) -> u64 {
    if entry.zombie { 0 } else { entry.file.2.next_multiple_of(PAGE) }
}

/// All that a process has in memory.
fn mapped(entry: &ProcEntry) -> u64 {
    code_size(entry) + entry.live.memory
}

/// `maps`: a module has one memory, which begins at 0, and its code is nowhere in it.
pub(super) fn maps(entry: &ProcEntry) -> Vec<u8> {
    let (dev, ino, _) = entry.file;
    let code = code_size(entry);
    let line = |start: u64, end: u64, rights: &str, dev: u64, ino: u64| {
        format!("{start:08x}-{end:08x} {rights} 00000000 {:02x}:{:02x} {ino}", dev >> 8, dev & 0xff)
    };
    let mut text = Vec::new();
    let parts = [
        (line(0, entry.live.memory, "rw-p", 0, 0), entry.live.memory, b"[heap]".as_slice()),
        (line(CODE, CODE + code, "r-xp", dev, ino), code, entry.live.exe.as_slice()),
    ];
    for (line, size, name) in parts {
        if size > 0 {
            let _ = write!(text, "{line:<72} ");
            text.extend_from_slice(name);
            text.push(b'\n');
        }
    }
    text
}

/// `statm`: in pages, all, what is in memory, what is shared, code, libraries, data, what was written.
pub(super) fn statm(entry: &ProcEntry) -> String {
    let [all, memory, code] = [mapped(entry), entry.live.memory, code_size(entry)].map(|bytes| bytes / PAGE);
    format!("{all} {memory} 0 {code} 0 {memory} 0\n")
}

pub(super) fn limits(entry: &ProcEntry) -> Vec<u8> {
    let shown = |limit: u64| if limit == u64::MAX { "unlimited".to_owned() } else { limit.to_string() };
    let mut text = format!("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for ((name, unit), (soft, hard)) in RESOURCES.iter().zip(&entry.live.limits) {
        let unit = if unit.is_empty() { String::new() } else { format!("{unit:<10}") };
        let _ = writeln!(text, "{name:<25} {:<20} {:<20} {unit}", shown(*soft), shown(*hard));
    }
    text.into_bytes()
}

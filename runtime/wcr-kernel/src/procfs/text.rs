//! The content of the files of `/proc`, as proc(5) describes it.

use std::fmt::Write as _;

use wcr_abi::Pid;

use super::place::Global;
use super::table::{ProcEntry, Shared};

/// All capabilities of Linux, which the superuser has.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

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
        Global::Meminfo => "MemTotal:        1048576 kB\nMemFree:          786432 kB\nMemAvailable:     917504 kB\n\
                            Buffers:               0 kB\nCached:           131072 kB\nSwapCached:            0 kB\n\
                            Shmem:                 0 kB\nSReclaimable:          0 kB\nSwapTotal:             0 kB\n\
                            SwapFree:              0 kB\n"
            .to_owned(),
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
        Global::Dir | Global::Link(_) | Global::SelfPid => String::new(),
    }
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
        ") {} {} {} {} 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 {} 0 0 18446744073709551615 0 0 0 0 0 {} {} {} {} \
         0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        state(entry),
        entry.ppid,
        entry.pgid,
        entry.sid,
        entry.started / 10_000_000,
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
    let (ppid, uid, gid, live) = (entry.ppid, entry.uid, entry.gid, &entry.live);
    let groups: String = live.groups.iter().map(|group| format!("{group} ")).collect();
    let fd_size = (entry.fds.len() as u64).next_power_of_two().max(64);
    let capabilities = if uid == 0 { ALL_CAPABILITIES } else { 0 };
    let mut text = String::new();
    let _ = write!(
        text,
        "Umask:\t{:04o}\nState:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{ppid}\nTracerPid:\t0\n\
         Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nFDSize:\t{fd_size}\nGroups:\t{groups}\n\
         Threads:\t1\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n\
         CapInh:\t{:016x}\nCapPrm:\t{capabilities:016x}\nCapEff:\t{capabilities:016x}\nCapBnd:\t{:016x}\n\
         CapAmb:\t{:016x}\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n",
        live.umask, 0, live.pending, live.blocked, live.ignored, live.caught, 0, ALL_CAPABILITIES, 0,
    );
    [b"Name:\t", entry.comm.as_slice(), b"\n", text.as_bytes()].concat()
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

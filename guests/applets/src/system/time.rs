//! `time`: runs a program and tells how long it took.

use wcr_sys::abi::{OpenFlags, Times, WaitStatus};
use wcr_sys::{fd, fs, process, time};

use crate::format::{decimal, right};
use crate::options::{Long, Spec, Takes};
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "time",
    "time [-vpa] [-o FILE] PROG ARGS\n\n\
     Run PROG, display resource usage when it exits\n\n\
     \t-v\tVerbose\n\
     \t-p\tPOSIX output format\n\
     \t-f FMT\tCustom format\n\
     \t-o FILE\tWrite result to FILE\n\
     \t-a\tAppend (else overwrite)",
    main,
)
.lacking("memory, faults and switches, which are all 0");

const LONG: [Long; 5] = [
    ("verbose", Takes::Nothing, b'v'),
    ("portability", Takes::Nothing, b'p'),
    ("format", Takes::Value, b'f'),
    ("output", Takes::Value, b'o'),
    ("append", Takes::Nothing, b'a'),
];
const SPEC: Spec = Spec::new("+vpao:f:", &LONG);

const DEFAULT: &[u8] = b"real\t%E\nuser\t%u\nsys\t%T";
const POSIX: &[u8] = b"real %e\nuser %U\nsys %S";
const VERBOSE: &[u8] = b"\tCommand being timed: \"%C\"\n\
    \tUser time (seconds): %U\n\
    \tSystem time (seconds): %S\n\
    \tPercent of CPU this job got: %P\n\
    \tElapsed (wall clock) time (h:mm:ss or m:ss): %E\n\
    \tAverage shared text size (kbytes): %X\n\
    \tAverage unshared data size (kbytes): %D\n\
    \tAverage stack size (kbytes): %p\n\
    \tAverage total size (kbytes): %K\n\
    \tMaximum resident set size (kbytes): %M\n\
    \tAverage resident set size (kbytes): %t\n\
    \tMajor (requiring I/O) page faults: %F\n\
    \tMinor (reclaiming a frame) page faults: %R\n\
    \tVoluntary context switches: %w\n\
    \tInvoluntary context switches: %c\n\
    \tSwaps: %W\n\
    \tFile system inputs: %I\n\
    \tFile system outputs: %O\n\
    \tSocket messages sent: %s\n\
    \tSocket messages received: %r\n\
    \tSignals delivered: %k\n\
    \tPage size (bytes): %Z\n\
    \tExit status: %x";

const NANOS: u64 = 1_000_000_000;
const PAGE: u64 = 4096;

/// What a run used.
struct Usage<'a> {
    argv: &'a [Vec<u8>],
    status: WaitStatus,
    elapsed: u64,
    times: Times,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let argv = parsed.operands.as_slice();
    let variable = crate::environ::var(b"TIME");
    let format = match parsed.options.iter().rev().find(|(key, _)| matches!(key, b'v' | b'p' | b'f')) {
        Some((b'v', _)) => VERBOSE.to_vec(),
        Some((b'p', _)) => POSIX.to_vec(),
        Some((_, value)) => value.clone().unwrap_or_default(),
        None => variable.unwrap_or_else(|| DEFAULT.to_vec()),
    };
    let output = match parsed.value(b'o') {
        Some(path) => {
            let how = if parsed.has(b'a') { OpenFlags::APPEND } else { OpenFlags::TRUNC };
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(how);
            let opened = fs::open(path, flags, 0o666);
            Some(opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?)
        }
        None => None,
    };
    if argv.is_empty() {
        return Err(ctx.usage());
    }
    ctx.flush();
    let (start, before) = (time::monotonic(), process::times());
    let status = match run::spawn(argv) {
        Ok(child) => run::wait(child).map_err(|error| ctx.die_errno(&[b"wait"], error))?,
        Err(error) => {
            let name = argv.first().map(Vec::as_slice).unwrap_or_default();
            ctx.perror(&[b"can't execute '", name, b"'"], error);
            WaitStatus::Exited(if error == wcr_sys::Errno::Noent { 127 } else { 126 })
        }
    };
    let after = process::times();
    let times = Times {
        user: after.child_user - before.child_user,
        system: after.child_system - before.child_system,
        ..Times::default()
    };
    let usage = Usage { argv, status, elapsed: time::monotonic() - start, times };
    let text = usage.report(&format);
    match output {
        Some(file) => {
            let written = fd::write_all(file, &text).and_then(|()| fd::close(file));
            written.map_err(|error| ctx.die_errno(&[b"write error"], error))?;
        }
        None => ctx.put_err(&text),
    }
    Ok(match status {
        WaitStatus::Exited(code) => code,
        WaitStatus::Signaled(signal) | WaitStatus::Stopped(signal) => signal.0,
        WaitStatus::Continued => 0,
    })
}

impl Usage<'_> {
    /// The report in a format, with a line about an end that was no success before it.
    fn report(&self, format: &[u8]) -> Vec<u8> {
        let mut out = match self.status {
            WaitStatus::Exited(0) | WaitStatus::Continued => Vec::new(),
            WaitStatus::Exited(code) => format!("Command exited with non-zero status {code}\n").into_bytes(),
            WaitStatus::Signaled(signal) => format!("Command terminated by signal {}\n", signal.0).into_bytes(),
            WaitStatus::Stopped(signal) => format!("Command stopped by signal {}\n", signal.0).into_bytes(),
        };
        let mut bytes = format.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => {
                    if let Some(letter) = bytes.next() {
                        self.put(&mut out, *letter);
                    }
                }
                // A backslash is left out, whatever follows.
                b'\\' => {}
                other => out.push(*other),
            }
        }
        out.push(b'\n');
        out
    }

    fn put(&self, out: &mut Vec<u8>, letter: u8) {
        match letter {
            b'C' => out.extend_from_slice(&self.argv.join(&b' ')),
            b'E' => put_minutes(out, self.elapsed),
            b'e' => put_seconds(out, self.elapsed),
            b'u' => put_minutes(out, self.times.user),
            b'U' => put_seconds(out, self.times.user),
            b'T' => put_minutes(out, self.times.system),
            b'S' => put_seconds(out, self.times.system),
            b'P' => match (self.times.user + self.times.system).saturating_mul(100).checked_div(self.elapsed) {
                Some(percent) if self.elapsed >= NANOS / 1000 => {
                    out.extend_from_slice(&[&decimal(percent), b"%".as_slice()].concat())
                }
                _ => out.extend_from_slice(b"?%"),
            },
            b'x' => match self.status {
                WaitStatus::Exited(code) => out.extend_from_slice(&decimal(code.into())),
                _ => out.push(b'0'),
            },
            b'Z' => out.extend_from_slice(&decimal(PAGE)),
            // What a simulated system has none of.
            b'D' | b'F' | b'I' | b'K' | b'M' | b'O' | b'R' | b'W' | b'X' | b'c' | b'k' | b'p' | b'r' | b's' | b't'
            | b'w' => out.push(b'0'),
            // Others show nothing, a percent sign neither.
            _ => {}
        }
    }
}

/// Appends `S.hh`.
fn put_seconds(out: &mut Vec<u8>, nanos: u64) {
    out.extend_from_slice(&decimal(nanos / NANOS));
    out.push(b'.');
    right(out, &decimal(nanos % NANOS / 10_000_000), 2, b'0');
}

/// Appends `Mm S.hhs`, or `Hh Mm SSs` from an hour on.
fn put_minutes(out: &mut Vec<u8>, nanos: u64) {
    let minutes = nanos / NANOS / 60;
    if minutes >= 60 {
        out.extend_from_slice(&decimal(minutes / 60));
        out.extend_from_slice(b"h ");
        out.extend_from_slice(&decimal(minutes % 60));
        out.extend_from_slice(b"m ");
        right(out, &decimal(nanos / NANOS % 60), 2, b'0');
    } else {
        out.extend_from_slice(&decimal(minutes));
        out.extend_from_slice(b"m ");
        put_seconds(out, nanos % (60 * NANOS));
    }
    out.push(b's');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        let argv = [b"sleep".to_vec(), b"1".to_vec()];
        let times = Times { user: 20_000_000, system: 0, ..Times::default() };
        let usage = Usage { argv: &argv, status: WaitStatus::Exited(3), elapsed: 61 * NANOS + 10_000_000, times };
        let text = |format: &[u8]| String::from_utf8(usage.report(format)).unwrap();
        assert_eq!(
            text(DEFAULT),
            "Command exited with non-zero status 3\nreal\t1m 1.01s\nuser\t0m 0.02s\nsys\t0m 0.00s\n"
        );
        assert!(text(b"%C|%x|%e\\t%%%q|").ends_with("\nsleep 1|3|61.01t|\n"));
    }
}

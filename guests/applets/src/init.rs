//! The first process of a container that is started with `--init`: starts the command as its child, passes signals on to
//! it, takes note of the ends of orphans, and ends as the command does.
//!
//! Docker has tini for that (<https://github.com/krallin/tini>), under the same name. It is no applet.

use wcr_sys::abi::{Disposition, Pid, Signal, WaitStatus};
use wcr_sys::{Errno, args, fd, process, signal, tty};

use crate::run;

/// The name it is called by.
pub const NAME: &[u8] = b"docker-init";

/// Signals of this process's own: what a fault of its would raise, and what it has no use for passing on.
const OWN: [Signal; 8] =
    [Signal::ILL, Signal::TRAP, Signal::ABRT, Signal::BUS, Signal::FPE, Signal::SEGV, Signal::CHLD, Signal(31)];
/// What a job in the background gets that uses the terminal.
const OF_TERMINAL: [Signal; 2] = [Signal::TTIN, Signal::TTOU];

/// Whether this process was started under that name.
#[must_use]
pub fn is_called() -> bool {
    args().first().is_some_and(|name| name.rsplit(|byte| *byte == b'/').next() == Some(NAME))
}

/// Runs the command behind `--` to its end; the exit code.
#[must_use]
pub fn main() -> u8 {
    let args = args();
    let command = args.iter().skip(1).skip_while(|word| *word == b"--").cloned().collect::<Vec<_>>();
    let forwarded = || (1..=Signal::MAX).map(Signal).filter(|signal| !OWN.contains(signal));
    let mut caught = 0;
    for signal in forwarded() {
        let disposition = if OF_TERMINAL.contains(&signal) { Disposition::Ignore } else { Disposition::Catch };
        // Two cannot be caught by anybody.
        if signal::set_disposition(signal, disposition).is_ok() {
            caught |= signal.bit();
        }
    }
    let child = match run::spawn_apart(&command, caught) {
        Ok(child) => child,
        Err(error) => return not_started(&command, error),
    };
    if tty::foreground(fd::STDIN).is_ok() {
        // Whoever types talks to the command.
        let _ = tty::set_foreground(fd::STDIN, child);
    }
    supervise(child)
}

/// Passes signals on, and waits for whoever ends, until the child has.
fn supervise(child: Pid) -> u8 {
    loop {
        while let Some(signal) = signal::take() {
            // It may have ended just now.
            let _ = signal::kill(child as i32, Some(signal));
        }
        match process::wait(-1, 0) {
            Ok(Some((pid, status))) if pid == child => return shell_code(status),
            Err(Errno::Child) => return 1,
            _ => {}
        }
    }
}

fn shell_code(status: WaitStatus) -> u8 {
    match status {
        WaitStatus::Exited(code) => code,
        other => other.shell_code(),
    }
}

/// Says, in tini's words, that the command cannot be started; the exit code.
fn not_started(command: &[Vec<u8>], error: Errno) -> u8 {
    let name = command.first().cloned().unwrap_or_default();
    let text = [b"[FATAL tini (1)] exec ", name.as_slice(), b" failed: ", error.to_string().as_bytes(), b"\n"].concat();
    // Nobody is left to be told when standard error does not work.
    let _ = fd::write(fd::STDERR, &text);
    if error == Errno::Noent { 127 } else { 126 }
}

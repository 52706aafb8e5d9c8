//! `timeout`: runs a program that is sent a signal when it takes too long.
//!
//! The program takes the place of this process. What watches it is another process, which is told whom to watch by
//! a variable of its environment.

use wcr_sys::abi::{FdAction, Signal, SpawnRequest};
use wcr_sys::{process, signal, time};

use super::signals;
use crate::core::sleep::duration_operand;
use crate::environ::var;
use crate::format::{decimal, parse_decimal};
use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "timeout",
    "timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\n\
     Run PROG. Send SIG to it if it is not gone in SECS seconds.\n\
     Default SIG: TERM.If it still exists in KILL_SECS seconds, send KILL.\n",
    main,
);

/// The variable that makes this program a watcher.
const WATCH: &[u8] = b"WCR_TIMEOUT_WATCH";
const SECOND: u64 = 1_000_000_000;
/// How long a watcher sleeps before it looks again whether the process is still there.
const LOOK: u64 = SECOND;

/// Whom to watch, and what to do when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Watch {
    pid: u32,
    signal: u8,
    after: u64,
    /// When `KILL` follows; never for 0.
    kill_after: u64,
    /// Whether this process only starts the one that watches, and ends, so that nobody's child is left.
    start: bool,
}

impl Watch {
    fn encode(self) -> Vec<u8> {
        let numbers = [self.pid.into(), self.signal.into(), self.after, self.kill_after, self.start.into()];
        [WATCH, b"=", &numbers.map(decimal).join(&b' ')].concat()
    }

    fn decode(text: &[u8]) -> Option<Self> {
        let numbers: Vec<u64> = text.split(|byte| *byte == b' ').map(parse_decimal).collect::<Option<_>>()?;
        let [pid, signal, after, kill_after, start] = numbers.as_slice() else { return None };
        Some(Self {
            pid: u32::try_from(*pid).ok()?,
            signal: u8::try_from(*signal).ok()?,
            after: *after,
            kill_after: *kill_after,
            start: *start != 0,
        })
    }

    /// Starts a process that does this; it has no standard streams, so that nobody waits for their end.
    fn spawn(self, args: &[Vec<u8>]) -> wcr_sys::Result<u32> {
        let argv = core::iter::once(b"timeout".to_vec()).chain(args.iter().cloned()).collect();
        let actions = (0..3).map(FdAction::Close).collect();
        let path = b"/proc/self/exe".to_vec();
        process::spawn(&SpawnRequest { path, argv, envp: vec![self.encode()], actions, ..SpawnRequest::default() })
    }

    fn run(self) {
        if self.wait(self.after) {
            self.send(self.signal);
            if self.kill_after > 0 && self.wait(self.kill_after) {
                self.send(Signal::KILL.0);
            }
        }
    }

    fn send(self, number: u8) -> bool {
        signal::kill(self.pid as i32, Signal::from_raw(number.into())).is_ok()
    }

    /// Waits; whether the process is there at the end.
    fn wait(self, nanos: u64) -> bool {
        let end = time::monotonic().saturating_add(nanos);
        while let Some(left) = end.checked_sub(time::monotonic()).filter(|left| *left > 0) {
            // Sleeping on after a signal is what the loop is for.
            let _ = time::sleep(left.min(LOOK));
            if !self.send(0) {
                return false;
            }
        }
        self.send(0)
    }
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if let Some(watch) = var(WATCH).and_then(|text| Watch::decode(&text)) {
        if watch.start {
            return Ok(u8::from(Watch { start: false, ..watch }.spawn(ctx.args).is_err()));
        }
        watch.run();
        return Ok(0);
    }
    let parsed = Spec::short("+s:k:").parse(ctx)?;
    let signal = match parsed.value(b's') {
        Some(text) => signals::number(text).ok_or_else(|| ctx.die(&[b"unknown signal '", text, b"'"]))?,
        None => Signal::TERM.0,
    };
    let kill_after = match parsed.value(b'k') {
        // Whole seconds, of which none is never.
        Some(text) => duration_operand(ctx, text)? / SECOND * SECOND,
        None => 0,
    };
    let Some((limit, argv)) = parsed.operands.split_first() else { return Err(ctx.usage()) };
    // Whole seconds, and one at least.
    let after = (duration_operand(ctx, limit)? / SECOND).max(1) * SECOND;
    if argv.is_empty() {
        return Err(ctx.usage());
    }
    let watch = Watch { pid: process::ids().pid, signal, after, kill_after, start: true };
    let started = watch.spawn(ctx.args).and_then(run::wait);
    started.map_err(|error| ctx.die_errno(&[b"vfork"], error))?;
    Err(run::exec(ctx, argv, wcr_sys::env()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_goes_through_the_environment() {
        let watch = Watch { pid: 7, signal: 15, after: 300_000_000, kill_after: 1, start: true };
        let text = watch.encode();
        assert_eq!(text, b"WCR_TIMEOUT_WATCH=7 15 300000000 1 1");
        assert_eq!(Watch::decode(text.split(|byte| *byte == b'=').nth(1).unwrap()), Some(watch));
        assert_eq!(Watch::decode(b"1 2"), None);
    }
}

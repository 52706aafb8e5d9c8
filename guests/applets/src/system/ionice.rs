//! `ionice`: the class and priority of a process's input and output, which nothing here goes by.

use wcr_sys::{Errno, process, signal};

use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure, run};

/// The applet.
pub const APPLET: Applet = Applet::new("ionice", include_str!("usage/ionice.txt"), ionice)
    .on_write_failure(WriteFailure::Ignore)
    .lacking("keeping the class that was set");

const REALTIME: u64 = 1;
const BEST_EFFORT: u64 = 2;
const IDLE: u64 = 3;

fn ionice(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+n:c:p:t").parse(ctx)?;
    let mut number = |text: &[u8]| parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]));
    let priority = parsed.value(b'n').map(&mut number).transpose()?;
    let class = parsed.value(b'c').map(&mut number).transpose()?;
    let pid = parsed.value(b'p').map(&mut number).transpose()?;
    if let Some(class) = class.filter(|class| *class > IDLE) {
        return Err(ctx.die(&[b"bad class ", &crate::format::decimal(class)]));
    }
    let sets = priority.is_some() || class.is_some();
    let mut operands = parsed.operands.as_slice();
    let target = match (pid, operands.split_first()) {
        (None, Some((text, rest))) if !sets => {
            operands = rest;
            parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?
        }
        (pid, _) => pid.unwrap_or(0),
    };
    let exists = || target == 0 || i32::try_from(target).is_ok_and(|pid| signal::kill(pid, None) != Err(Errno::Srch));
    if !sets {
        if !exists() {
            return Err(ctx.die_errno(&[b"ioprio_get"], Errno::Srch));
        }
        // What a process begins with.
        ctx.put(b"none: prio 0\n");
        return Ok(0);
    }
    let refused = match class {
        _ if !exists() => Some(Errno::Srch),
        Some(REALTIME) if process::user_ids().euid != 0 || !parsed.has(b't') => Some(Errno::Perm),
        Some(REALTIME | BEST_EFFORT | IDLE) => None,
        _ if priority.is_some_and(|priority| priority != 0) => Some(Errno::Inval),
        _ => None,
    };
    if let Some(error) = refused.filter(|_| !parsed.has(b't')) {
        return Err(ctx.die_errno(&[b"ioprio_set"], error));
    }
    if operands.is_empty() {
        return Ok(0);
    }
    Err(run::exec(ctx, operands, wcr_sys::env()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn classes() {
        assert_eq!(run(&APPLET, &["-c", "5", "true"]).2, "ionice: bad class 5\n");
        assert_eq!(run(&APPLET, &["-c", "1", "true"]).2, "ionice: ioprio_set: Operation not permitted\n");
        assert_eq!(run(&APPLET, &["-n", "3", "true"]).2, "ionice: ioprio_set: Invalid argument\n");
        assert_eq!(run(&APPLET, &["echo", "x"]).2, "ionice: invalid number 'echo'\n");
        assert_eq!(run(&APPLET, &[]).1, "none: prio 0\n");
    }
}

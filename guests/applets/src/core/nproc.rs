//! `nproc` and `hostid`: numbers about the machine.

use crate::format::{decimal, parse_decimal};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

/// `nproc`.
pub const NPROC: Applet = Applet::new(
    "nproc",
    "nproc [--all] [--ignore=N]\n\n\
     Print number of available CPUs\n\n\
     \t--all\t\tNumber of installed CPUs\n\
     \t--ignore=N\tExclude N CPUs",
    nproc,
)
.on_write_failure(crate::WriteFailure::Ignore);

/// `hostid`.
pub const HOSTID: Applet =
    Applet::new("hostid", "hostid\n\nPrint out a unique 32-bit identifier for the machine", hostid)
        .on_write_failure(WriteFailure::Code(255));

const ALL: u8 = 1;
const IGNORE: u8 = 2;
const SPEC: Spec = Spec::new("", &[("ignore", Takes::Value, IGNORE), ("all", Takes::Nothing, ALL)]);

/// wcr runs every process of a container on one thread.
const CPUS: u64 = 1;

fn nproc(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let ignored = match parsed.value(IGNORE) {
        Some(text) => parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?,
        None => 0,
    };
    ctx.put(&decimal(CPUS.saturating_sub(ignored).max(1)));
    ctx.put(b"\n");
    Ok(0)
}

fn hostid(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    ctx.put(b"00000000\n");
    Ok(0)
}

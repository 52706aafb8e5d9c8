//! `nice`: runs a program that gives way to others, more or less.

use wcr_sys::process;
use wcr_sys::user::{self, Processes};

use super::renice::integer;
use crate::format::signed;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "nice",
    "nice [-n ADJUST] [PROG ARGS]\n\n\
     Change scheduling priority, run PROG\n\n\
     \t-n ADJUST\tAdjust priority by ADJUST",
    nice,
);

/// How much nicer a program is unless that is said.
const USUAL: i32 = 10;

fn nice(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let of = Processes::One(process::ids().pid);
    let now = user::nice(of).map_err(|error| ctx.die_errno(&[b"getpriority"], error))?;
    let mut args = ctx.args;
    let Some(first) = args.first() else {
        ctx.put(&[signed(now.into()).as_slice(), b"\n"].concat());
        return Ok(0);
    };
    let mut adjust = USUAL;
    if let Some(attached) = first.strip_prefix(b"-") {
        // `-n ADJUST`, `-nADJUST`, and `-ADJUST` of old.
        args = args.get(1..).unwrap_or_default();
        let text = match attached.strip_prefix(b"n") {
            Some(b"") => {
                let Some((text, rest)) = args.split_first() else { return Err(ctx.usage()) };
                args = rest;
                text.as_slice()
            }
            Some(text) => text,
            None => attached,
        };
        adjust = integer(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
    }
    if args.is_empty() {
        return Err(ctx.usage());
    }
    if let Err(error) = user::set_nice(of, now.saturating_add(adjust)) {
        return Err(ctx.die_errno(&[b"setpriority"], error));
    }
    Err(run::exec(ctx, args, wcr_sys::env()))
}

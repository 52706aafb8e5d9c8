//! `setsid`: runs a program in a session of its own.

use wcr_sys::{fd, process, tty};

use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "setsid",
    "setsid [-c] PROG ARGS\n\n\
     Run PROG in a new session. PROG will have no controlling terminal\n\
     and will not be affected by keyboard signals (^C etc).\n\n\
     \t-c\tSet controlling terminal to stdin",
    main,
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+c").parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    if process::setsid().is_err() {
        // A leader of a group cannot begin a session: its child can, and this process waits for that.
        let argv: Vec<Vec<u8>> = core::iter::once(b"setsid".to_vec()).chain(ctx.args.iter().cloned()).collect();
        let child = run::spawn(&argv).map_err(|error| ctx.die_errno(&[b"vfork"], error))?;
        return run::wait(child).map(|status| status.shell_code()).map_err(|error| ctx.die_errno(&[b"wait"], error));
    }
    if parsed.has(b'c') {
        // Standard input that is no terminal stays what it is.
        let _ = tty::acquire(fd::STDIN, true);
    }
    Err(run::exec(ctx, &parsed.operands, wcr_sys::env()))
}

//! `nohup`: runs a program that a hang-up does not end.

use wcr_sys::abi::{Disposition, OpenFlags, Signal};
use wcr_sys::{fd, fs, signal};

use crate::environ::var;
use crate::{Applet, Context, Quit, run};

/// The applet. Debian's BusyBox lacks it; this is as its documentation has it.
pub const APPLET: Applet =
    Applet::new("nohup", "nohup PROG ARGS\n\nRun PROG immune to hangups, with output to a non-tty", main);

const FILE: &[u8] = b"nohup.out";

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::APPEND);
    if fd::is_tty(fd::STDIN) {
        let null = fs::open(b"/dev/null", OpenFlags::RDONLY, 0);
        null.and_then(|null| fd::dup2(null, fd::STDIN, OpenFlags::default()))
            .map_err(|error| ctx.die_errno(&[b"can't open '/dev/null'"], error))?;
    }
    if fd::is_tty(fd::STDOUT) {
        let mut name = FILE.to_vec();
        let mut opened = fs::open(&name, flags, 0o600);
        if opened.is_err()
            && let Some(home) = var(b"HOME")
        {
            name = [home.as_slice(), b"/", FILE].concat();
            opened = fs::open(&name, flags, 0o600);
        }
        opened
            .and_then(|file| fd::dup2(file, fd::STDOUT, OpenFlags::default()))
            .map_err(|error| ctx.die_errno(&[b"can't open '", &name, b"'"], error))?;
        ctx.complain(&[b"appending output to ", &name]);
    }
    if fd::is_tty(fd::STDERR) {
        // What goes to the terminal still would be lost.
        let _ = fd::dup2(fd::STDOUT, fd::STDERR, OpenFlags::default());
    }
    // A signal that cannot be ignored is none of those that come at a hang-up.
    let _ = signal::set_disposition(Signal::HUP, Disposition::Ignore);
    Err(run::exec(ctx, ctx.args, wcr_sys::env()))
}

//! `sulogin`: the superuser's shell, for who knows the password.

use wcr_sys::abi::{OpenFlags, SpawnRequest};
use wcr_sys::{fd, fs, process, signal, time};

use super::database::Entry;
use super::{applet, ask, crypt};
use crate::environ::var;
use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "sulogin", sulogin
);

/// How long a wrong password is thought about, in nanoseconds.
const PENALTY: u64 = 3_000_000_000;
const SECOND: u64 = 1_000_000_000;

fn sulogin(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("t:").parse(ctx)?;
    let seconds = match parsed.value(b't') {
        None => 0,
        Some(text) => parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?,
    };
    if let Some(path) = parsed.operands.first() {
        let opened = fs::open(path, OpenFlags::RDWR, 0);
        let file = opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        for stream in [fd::STDIN, fd::STDOUT, fd::STDERR] {
            let moved = fd::dup2(file, stream, OpenFlags::default());
            moved.map_err(|error| ctx.die_errno(&[b"dup2"], error))?;
        }
    }
    let entry = Entry::named(b"root").map(|entry| entry.kept_password()).filter(|kept| !kept.is_empty());
    let Some(kept) = entry else { return Err(ctx.die(&[b"no password entry for root"])) };
    if seconds > 0 {
        signal::alarm(seconds.saturating_mul(SECOND)).map_err(|error| ctx.die_errno(&[b"alarm"], error))?;
    }
    let question = b"Give root password for system maintenance\n(or type Control-D for normal startup):";
    loop {
        let Some(password) = ask::password(ctx, fd::STDIN, question) else {
            ctx.complain(&[b"normal startup"]);
            return Ok(0);
        };
        if crypt::matches(&password, &kept) {
            break;
        }
        // Seconds of the clock, of which the first is not whole. A signal may cut the wait short.
        let _ = time::sleep(PENALTY - u64::from(time::now().nsec));
        ctx.complain(&[b"Login incorrect"]);
    }
    signal::alarm(0).map_err(|error| ctx.die_errno(&[b"alarm"], error))?;
    ctx.complain(&[b"starting shell for system maintenance"]);
    let shell = var(b"SUSHELL").or_else(|| var(b"sushell"));
    let shell = shell.or_else(|| Entry::named(b"root").map(|entry| entry.shell().to_vec()));
    let shell = shell.unwrap_or_else(|| b"/bin/sh".to_vec());
    let base = shell.rsplit(|byte| *byte == b'/').next().unwrap_or(&shell);
    let argv = vec![[b"-", base].concat()];
    ctx.flush();
    let request = SpawnRequest { path: shell.clone(), argv, envp: wcr_sys::env(), ..SpawnRequest::default() };
    let error = process::exec(&request);
    Err(ctx.die_errno(&[b"can't execute '", &shell, b"'"], error))
}

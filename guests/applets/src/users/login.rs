//! `login`: asks who is there, and starts that user's shell. It needs a terminal.

use wcr_sys::{fd, fs, process, time, tty};

use super::database::Entry;
use super::passwd::must_be_privileged;
use super::su::{become_user, start_shell};
use super::{applet, ask, crypt};
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "login", login
);

/// How often a name and a password may be wrong.
const TRIES: usize = 3;
/// How long a wrong one is thought about, in nanoseconds.
const PENALTY: u64 = 3_000_000_000;

fn login(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_privileged(ctx)?;
    let parsed = Spec::short("f:h:p").parse(ctx)?;
    if !tty::is_tty(fd::STDIN) || !tty::is_tty(fd::STDOUT) || !tty::is_tty(fd::STDERR) {
        return Ok(1);
    }
    let trusted = parsed.value(b'f').map(<[u8]>::to_vec);
    let mut given = trusted.clone().or_else(|| parsed.operands.first().cloned());
    for _ in 0..TRIES {
        let name = match given.take() {
            Some(name) => name,
            None => match ask_name(ctx) {
                Some(name) => name,
                None => return Ok(1),
            },
        };
        let entry = Entry::named(&name);
        let kept = entry.as_ref().map(Entry::kept_password);
        let open = trusted.is_some() || kept.as_ref().is_some_and(Vec::is_empty);
        let right = open || {
            let password = ask::password(ctx, fd::STDIN, b"Password: ");
            password.zip(kept).is_some_and(|(password, kept)| crypt::matches(&password, &kept))
        };
        if let Some(entry) = entry.filter(|_| right) {
            if entry.uid != 0 && fs::stat(b"/etc/nologin").is_ok() {
                let text = fs::read_file(b"/etc/nologin").unwrap_or_default();
                ctx.put(if text.is_empty() { b"\nSystem closed for routine maintenance\n" } else { &text });
                return Ok(1);
            }
            let motd = fs::read_file(b"/etc/motd").unwrap_or_default();
            become_user(ctx, &entry)?;
            ctx.put(&motd);
            return Err(start_shell(ctx, &entry, entry.shell(), true, parsed.has(b'p'), Vec::new()));
        }
        // A signal may cut the wait short.
        let _ = time::sleep(PENALTY);
        ctx.put(b"Login incorrect\n");
    }
    Ok(1)
}

/// Asks for a name until there is one; `None` at the end of the input.
fn ask_name(ctx: &mut Context<'_>) -> Option<Vec<u8>> {
    loop {
        ctx.put(&[process::uname().nodename.as_bytes(), b" login: "].concat());
        ctx.flush();
        let line = ask::read_line(fd::STDIN)?;
        let name = line.trim_ascii();
        if !name.is_empty() && !name.starts_with(b"-") {
            return Some(name.to_vec());
        }
    }
}

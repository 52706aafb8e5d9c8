//! `tty`, `clear` and `logname`: about the terminal and who sits at it.

use wcr_sys::abi::{SetWhen, Termios, lflag};
use wcr_sys::{Errno, fd, fs, tty as terminal};

use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// `tty`.
pub const TTY: Applet = Applet::new(
    "tty",
    "tty [-s]\n\nPrint file name of stdin's terminal\n\n\t-s\tPrint nothing, only return exit status",
    tty,
);

/// `clear`.
pub const CLEAR: Applet = Applet::new("clear", "clear\n\nClear screen", |ctx| {
    ctx.put(b"\x1b[H\x1b[J");
    Ok(0)
})
.on_write_failure(WriteFailure::Code(1));

/// `logname`.
pub const LOGNAME: Applet = Applet::new("logname", "logname\n\nPrint the name of the current user", logname);

/// `reset`: does nothing when standard output is no terminal.
pub const RESET: Applet = Applet::new("reset", "reset\n\nReset the screen", |ctx| {
    if fd::is_tty(fd::STDOUT) {
        // Reset; the character set; no attributes; the cursor shown; the terminal sane.
        ctx.put(b"\x1bc\x1b(B\x1b[m\x1b[J\x1b[?25h");
        ctx.flush();
        if let Ok(state) = terminal::attributes(fd::STDIN) {
            let sane = Termios { lflag: state.lflag | lflag::ECHO | lflag::ICANON, ..state };
            // A terminal that cannot be set stays as it is.
            let _ = terminal::set_attributes(fd::STDIN, SetWhen::Drain, &sane);
        }
    }
    Ok(0)
});

fn tty(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    // A wrong option is no answer to whether there is a terminal, which 1 is.
    let parsed = Spec::short("s").parse(ctx).map_err(|_| Quit(2))?;
    if !parsed.operands.is_empty() {
        ctx.complain(&[b"ignoring all arguments"]);
    }
    let name = fd::is_tty(fd::STDIN).then(|| fs::readlink(b"/proc/self/fd/0").unwrap_or_else(|_| b"/dev/tty".to_vec()));
    if !parsed.has(b's') {
        ctx.put(&[name.as_deref().unwrap_or(b"not a tty"), b"\n"].concat());
    }
    Ok(u8::from(name.is_none()))
}

fn logname(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    // There is no record of logins in a container.
    Err(ctx.die_errno(&[b"getlogin"], Errno::Nxio))
}

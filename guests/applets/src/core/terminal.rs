//! `tty`, `ttysize`, `mesg`, `clear` and `logname`: about the terminal and who sits at it.

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

/// `mesg`.
pub const MESG: Applet = Applet::new(
    "mesg",
    "mesg [y|n]\n\n\
     Control write access to your terminal\n\
     \ty\tAllow write access to your terminal\n\
     \tn\tDisallow write access to your terminal",
    mesg,
);

/// `ttysize`.
pub const TTYSIZE: Applet =
    Applet::new("ttysize", "ttysize [w] [h]\n\nPrint dimensions of stdin tty, or 80x24", ttysize);

/// The permissions for others to write on a terminal: its group, `tty`, and all.
const WRITABLE: u32 = 0o022;
/// The one that is given.
const GROUP_WRITABLE: u32 = 0o020;

fn mesg(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let allowed = match ctx.args {
        [] => None,
        [word] if matches!(word.first(), Some(b'y' | b'n')) => Some(word.starts_with(b"y")),
        _ => return Err(ctx.usage()),
    };
    if !fd::is_tty(fd::STDIN) {
        return Err(ctx.die(&[b"not a tty"]));
    }
    let mode = fd::stat(fd::STDIN).map_err(|error| ctx.die_errno(&[b"fstat"], error))?.mode.permissions();
    let Some(allowed) = allowed else {
        let open = mode & WRITABLE != 0;
        ctx.put(if open { b"is y\n" } else { b"is n\n" });
        return Ok(u8::from(!open));
    };
    let mode = if allowed { mode | GROUP_WRITABLE } else { mode & !WRITABLE };
    fd::chmod(fd::STDIN, mode).map(|()| 0).map_err(|error| ctx.die_errno(&[b"fchmod"], error))
}

fn ttysize(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (mut width, mut height) = (80, 24);
    if let Ok(size) = terminal::size(fd::STDIN) {
        // A size of 0 is one that nobody knows.
        width = if size.cols == 0 { width } else { size.cols };
        height = if size.rows == 0 { height } else { size.rows };
    }
    let mut words = Vec::new();
    for arg in ctx.args {
        match arg.first() {
            Some(b'w') => words.push(width.to_string()),
            Some(b'h') => words.push(height.to_string()),
            _ => {}
        }
    }
    if words.is_empty() {
        words = vec![width.to_string(), height.to_string()];
    }
    ctx.put(format!("{}\n", words.join(" ")).as_bytes());
    Ok(0)
}

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

//! `add-shell` and `remove-shell`: the list of the shells that users may log in with.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use super::applet;
use crate::{Context, Quit};

applet!(
    /// `add-shell`.
    ADD, "add-shell", add
);
applet!(
    /// `remove-shell`.
    REMOVE, "remove-shell", remove
);

const SHELLS: &[u8] = b"/etc/shells";
/// The new list, before it takes the place of the old one.
const NEW: &[u8] = b"/etc/shells.tmp";

fn add(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut lines = read(ctx)?;
    for shell in ctx.args {
        if !lines.contains(shell) {
            lines.push(shell.clone());
        }
    }
    write(ctx, &lines)
}

fn remove(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut lines = read(ctx)?;
    lines.retain(|line| !ctx.args.contains(line));
    write(ctx, &lines)
}

/// The lines of the list; none when there is no file.
fn read(ctx: &mut Context<'_>) -> Result<Vec<Vec<u8>>, Quit> {
    if ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    let text = match fs::read_file(SHELLS) {
        Err(Errno::Noent) => return Ok(Vec::new()),
        read => read.map_err(|error| ctx.die_errno(&[b"can't open '", SHELLS, b"'"], error))?,
    };
    Ok(text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
}

fn write(ctx: &mut Context<'_>, lines: &[Vec<u8>]) -> Result<u8, Quit> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    let text: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"]).flatten().copied().collect();
    let written = fs::open(NEW, flags, 0o644)
        .and_then(|file| fd::write_all(file, &text).and_then(|()| fd::close(file)))
        .and_then(|()| fs::rename(NEW, SHELLS));
    written.map(|()| 0).map_err(|error| ctx.die_errno(&[b"can't open '", NEW, b"'"], error))
}

//! `mountpoint`: whether a directory has a file system of its own.

use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fs};

use super::paths::join;
use super::stat::{major, minor};
use crate::options::Spec;
use crate::{Applet, Context, Quit, mounts};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "mountpoint",
    "mountpoint [-q] { [-dn] DIR | -x DEVICE }\n\n\
     Check if DIR is a mountpoint\n\n\
     \t-q\tQuiet\n\
     \t-d\tPrint major:minor of the filesystem\n\
     \t-n\tPrint device name of the filesystem\n\
     \t-x\tPrint major:minor of DEVICE",
    mountpoint,
);

fn mountpoint(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("qdxn").parse(ctx)?;
    let [path] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let quiet = parsed.has(b'q');
    let by_device = parsed.has(b'x');
    let looked = if by_device { fs::stat(path) } else { fs::lstat(path) };
    let wanted = |stat: &Stat| {
        let kind = stat.mode.kind();
        if by_device { kind == FileKind::BlockDevice } else { kind == FileKind::Directory }
    };
    let stat = match looked {
        Ok(stat) if wanted(&stat) => stat,
        Ok(_) if by_device => {
            if !quiet {
                ctx.complain(&[path, b": Block device required"]);
            }
            return Ok(1);
        }
        Ok(_) => return Err(fault(ctx, quiet, path, Errno::Notdir)),
        Err(error) => return Err(fault(ctx, quiet, path, error)),
    };
    if by_device {
        put_device(ctx, stat.rdev);
        return Ok(0);
    }
    let parent = fs::stat(&join(path, b"..")).map_err(|error| fault(ctx, quiet, path, error))?;
    // Above the root is the root.
    let is_one = parent.dev != stat.dev || parent.ino == stat.ino;
    if parsed.has(b'd') {
        put_device(ctx, stat.dev);
    }
    if parsed.has(b'n') {
        let all = mounts::read().unwrap_or_default();
        let on = |mount: &&mounts::Mount| fs::stat(&mount.dir).is_ok_and(|found| found.dev == stat.dev);
        let device = all.iter().rfind(on).map_or(&b"UNKNOWN"[..], |mount| &mount.device);
        ctx.put(&[device, b" ", path, b"\n"].concat());
    }
    if !quiet && !parsed.has(b'd') && !parsed.has(b'n') {
        let verdict: &[u8] = if is_one { b" is a mountpoint\n" } else { b" is not a mountpoint\n" };
        ctx.put(&[path, verdict].concat());
    }
    Ok(u8::from(!is_one))
}

fn put_device(ctx: &mut Context<'_>, device: u64) {
    ctx.put(format!("{}:{}\n", major(device), minor(device)).as_bytes());
}

fn fault(ctx: &mut Context<'_>, quiet: bool, path: &[u8], error: Errno) -> Quit {
    if !quiet {
        ctx.perror(&[path], error);
    }
    Quit(1)
}

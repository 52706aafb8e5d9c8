//! `readlink` and `realpath`: where symbolic links lead.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use super::paths::strip_slashes;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// `readlink`.
pub const READLINK: Applet = Applet::new(
    "readlink",
    "readlink [-fnv] FILE\n\n\
     Display the value of a symlink\n\n\
     \t-f\tCanonicalize by following all symlinks\n\
     \t-n\tDon't add newline\n\
     \t-v\tVerbose",
    readlink,
)
.on_write_failure(WriteFailure::Ignore);

/// `realpath`.
pub const REALPATH: Applet = Applet::new("realpath", "realpath FILE...\n\nPrint absolute pathnames of FILEs", realpath);

/// How many symbolic links a path may lead through.
const MAX_LINKS: usize = 40;

fn readlink(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("nfvsq").parse(ctx)?;
    let [path] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let target = if parsed.has(b'f') { lenient(path) } else { fs::readlink(path) };
    match target {
        Ok(target) => {
            ctx.put(&target);
            if !parsed.has(b'n') {
                ctx.put(b"\n");
            }
            Ok(0)
        }
        Err(error) => {
            if parsed.has(b'v') && !parsed.has(b'f') {
                let reason = if error == Errno::Inval { "not a symlink" } else { error.message() };
                ctx.complain(&[path, b": cannot read link: ", reason.as_bytes()]);
            }
            Ok(1)
        }
    }
}

fn realpath(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    let mut code = 0;
    for path in ctx.args {
        match lenient(path) {
            Ok(path) => ctx.put(&[path.as_slice(), b"\n"].concat()),
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// As [`canonical`], but what stands behind the last slash, or where a link leads, may be missing.
///
/// As in BusyBox, where the link that leads nowhere points is looked up from the working directory, and a link with a
/// slash behind it is not read.
/// # Errors
/// As `realpath(3)`.
fn lenient(path: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut path = path.to_vec();
    for links in 0..MAX_LINKS {
        match canonical(&path) {
            Err(Errno::Noent) => {}
            found => return found,
        }
        if let Ok(target) = fs::readlink(&path) {
            path = target;
            continue;
        }
        let path = strip_slashes(&path);
        let (dir, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => path.split_at(slash + 1),
            None if links > 0 => (&b"."[..], path),
            None => return Err(Errno::Noent),
        };
        // The root that other names lead to keeps its slash.
        let dir = if dir.iter().all(|byte| *byte == b'/') { Vec::new() } else { canonical(dir)? };
        return Ok([&dir, &b"/"[..], name].concat());
    }
    Err(Errno::Loop)
}

/// The absolute path without links, `.`, `..` and repeated slashes.
/// # Errors
/// As `realpath(3)`.
pub fn canonical(path: &[u8]) -> Result<Vec<u8>, Errno> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    let mut done = if path.starts_with(b"/") { Vec::new() } else { fs::getcwd()? };
    if done == b"/" {
        done.clear();
    }
    // What is still to walk, last component first.
    let mut todo: Vec<Vec<u8>> = components(path);
    let mut links = 0;
    while let Some(name) = todo.pop() {
        match name.as_slice() {
            b"." => {}
            b".." => done.truncate(done.iter().rposition(|byte| *byte == b'/').unwrap_or(0)),
            name => {
                let parent = done.len();
                done.push(b'/');
                done.extend_from_slice(name);
                let last = todo.is_empty();
                match fs::lstat(&done) {
                    Ok(stat) if stat.mode.kind() == FileKind::Symlink => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Errno::Loop);
                        }
                        let target = fs::readlink(&done)?;
                        done.truncate(if target.starts_with(b"/") { 0 } else { parent });
                        todo.extend(components(&target));
                    }
                    Ok(stat) if !last && stat.mode.kind() != FileKind::Directory => return Err(Errno::Notdir),
                    Ok(_) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(if done.is_empty() { b"/".to_vec() } else { done })
}

/// The path's components, last one first; a trailing slash is a last component `.`.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> =
        path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect();
    if path.ends_with(b"/") && !parts.is_empty() {
        parts.push(b".".to_vec());
    }
    parts.reverse();
    parts
}

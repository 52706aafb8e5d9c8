//! Files, as a script uses them.

use rhai::{Array, Blob, Dynamic, Engine};
use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use crate::streams::{Given, bytes, text};

/// The permissions of what a script makes, before the process's mask.
const FILE_MODE: u32 = 0o666;
const FOLDER_MODE: u32 = 0o777;

/// Gives an engine the functions for files.
pub(crate) fn register(engine: &mut Engine) {
    engine
        .register_fn("read_file", |path: &str| text(&format!("the file {path:?}"), read(path)?))
        .register_fn("read_blob", read)
        .register_fn("write_file", |path: &str, content: Dynamic| write(path, content, OpenFlags::TRUNC))
        .register_fn("append_file", |path: &str, content: Dynamic| write(path, content, OpenFlags::APPEND))
        .register_fn("exists", |path: &str| fs::stat(path.as_bytes()).is_ok())
        .register_fn("is_dir", |path: &str| {
            fs::stat(path.as_bytes()).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
        })
        .register_fn("list", list)
        .register_fn("make_dir", make_dir)
        .register_fn("remove", remove);
}

fn read(path: &str) -> Given<Blob> {
    fs::read_file(path.as_bytes()).map_err(|errno| format!("{path:?} cannot be read: {errno}").into())
}

fn write(path: &str, content: Dynamic, how: OpenFlags) -> Given<()> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(how);
    let write = || {
        let file = fs::open(path.as_bytes(), flags, FILE_MODE)?;
        fd::write_all(file, &bytes(content)).and_then(|()| fd::close(file))
    };
    write().map_err(|errno| format!("{path:?} cannot be written: {errno}").into())
}

/// The names in a folder, sorted; those that are no text are left out.
fn list(path: &str) -> Given<Array> {
    let entries = fs::read_dir(path.as_bytes()).map_err(|errno| format!("{path:?} cannot be listed: {errno}"))?;
    let mut names: Vec<String> = entries
        .into_iter()
        .filter(|entry| entry.name != b"." && entry.name != b"..")
        .filter_map(|entry| String::from_utf8(entry.name).ok())
        .collect();
    names.sort_unstable();
    Ok(names.into_iter().map(Dynamic::from).collect())
}

/// Makes a folder and those above it; it may be there.
fn make_dir(path: &str) -> Given<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).filter(|end| *end > 0);
    for end in ends {
        let Some(part) = path.get(..end) else { continue };
        match fs::mkdir(part.as_bytes(), FOLDER_MODE) {
            Ok(()) | Err(Errno::Exist) => {}
            Err(errno) => return Err(format!("the folder {part:?} cannot be made: {errno}").into()),
        }
    }
    Ok(())
}

/// Removes a file, or a folder with nothing in it.
fn remove(path: &str) -> Given<()> {
    let removed = match fs::unlink(path.as_bytes()) {
        Err(Errno::Isdir | Errno::Perm) => fs::rmdir(path.as_bytes()),
        other => other,
    };
    removed.map_err(|errno| format!("{path:?} cannot be removed: {errno}").into())
}

//! What a script can ask of files: those of an image, of a container, of a run that has ended.

use std::time::{Duration, UNIX_EPOCH};

use rhai::{Blob, Dynamic, INT, ImmutableString, Map};
use wcr_abi::{Errno, FileKind, Stat};
use wcr_machine::Root;

use crate::result::{Given, blob, text};
use crate::visible::quoted;

/// A file's content as a string.
pub(crate) fn file(root: &mut Root, path: &str) -> Given<ImmutableString> {
    text(&format!("the file {}", quoted(path)), &content(root, path)?)
}

/// A file's content as a blob.
pub(crate) fn file_bytes(root: &mut Root, path: &str) -> Given<Blob> {
    blob(&format!("the file {}", quoted(path)), &content(root, path)?)
}

fn content(root: &mut Root, path: &str) -> Given<Vec<u8>> {
    let content = root.read_file(path.as_bytes());
    content.map_err(|errno| format!("the file {} cannot be read: {errno}", quoted(path)).into())
}

/// Whether there is something at a path; links are followed.
pub(crate) fn exists(root: &mut Root, path: &str) -> Given<bool> {
    match root.stat(path.as_bytes(), true) {
        Ok(_) => Ok(true),
        Err(Errno::Noent | Errno::Notdir) => Ok(false),
        Err(errno) => Err(format!("the path {} cannot be looked at: {errno}", quoted(path)).into()),
    }
}

/// What is at a path; a link itself, not where it leads.
pub(crate) fn stat(root: &mut Root, path: &str) -> Given<Map> {
    let fail = |errno: Errno| format!("the path {} cannot be looked at: {errno}", quoted(path));
    let stat = root.stat(path.as_bytes(), false).map_err(fail)?;
    let mut map = described(&stat);
    if stat.mode.kind() == FileKind::Symlink {
        let target = root.link_target(path.as_bytes()).map_err(fail)?;
        map.insert("target".into(), String::from_utf8_lossy(&target).into_owned().into());
    }
    Ok(map)
}

fn described(stat: &Stat) -> Map {
    let kind = match stat.mode.kind() {
        FileKind::Regular => "file",
        FileKind::Directory => "folder",
        FileKind::Symlink => "link",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::BlockDevice | FileKind::CharDevice => "device",
    };
    let mtime = humantime::format_rfc3339(UNIX_EPOCH + Duration::from_nanos(stat.mtime.to_nanos())).to_string();
    let number = |number: u64| Dynamic::from(INT::try_from(number).unwrap_or(INT::MAX));
    let parts = [
        ("kind", Dynamic::from(kind)),
        ("mode", number(stat.mode.permissions().into())),
        ("uid", number(stat.uid.into())),
        ("gid", number(stat.gid.into())),
        ("size", number(stat.size)),
        ("links", number(stat.nlink.into())),
        ("mtime", mtime.into()),
    ];
    parts.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

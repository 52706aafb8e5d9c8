//! `wcr cp`, and `wcr export` of a container.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wcr_container::life::Container;
use wcr_image::Class;
use wcr_store::Store;

use crate::archive_file::write_archive;
use crate::container::CpArgs;
use crate::exit::{self, Failure, say};
use crate::image_args::ExportArgs;
use crate::text::size;

/// One end of a copy.
#[derive(Debug, PartialEq, Eq)]
enum End<'a> {
    /// A container and a path in it.
    Container(&'a str, &'a str),
    /// A path of the host.
    Host(&'a str),
    /// A tar on standard input or output.
    Stream,
}

impl<'a> End<'a> {
    fn read(text: &'a str) -> Self {
        if text == "-" {
            return Self::Stream;
        }
        // As with docker, a path that begins with a slash or a dot is the host's.
        let is_path = text.starts_with(['/', '.']) || (cfg!(windows) && text.get(1..3) == Some(":\\"));
        match text.split_once(':').filter(|_| !is_path) {
            Some((container, path)) if !container.is_empty() => Self::Container(container, path),
            _ => Self::Host(text),
        }
    }
}

/// Copies files between the host and a container.
pub(crate) fn cp(args: &CpArgs) -> Result<u8> {
    let usage = |message: &str| Failure::new(Class::Usage, message);
    match (End::read(&args.source), End::read(&args.target)) {
        (End::Container(..), End::Container(..)) => {
            Err(usage("copying between containers is not supported; copy to the host in between").into())
        }
        (End::Container(name, path), target) => out(args, name, path, &target),
        (source, End::Container(name, path)) => into(args, &source, name, path),
        _ => Err(usage("must specify at least one container source, as in CONTAINER:PATH").into()),
    }
}

/// A path in a container, which begins at its root.
fn absolute(path: &str) -> Vec<u8> {
    if path.starts_with('/') { path.into() } else { format!("/{path}").into_bytes() }
}

/// Whether a path asks for what is in a folder, not for the folder.
fn is_content(path: &str) -> bool {
    path.ends_with("/.") || path == "." || path.bytes().all(|byte| byte == b'/')
}

fn out(args: &CpArgs, name: &str, path: &str, target: &End<'_>) -> Result<u8> {
    let store = Store::open_default()?;
    let container = Container::find(&store, name)?;
    let archive = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    container.get(&absolute(path), args.follow_link, archive.path())?;
    let mut tar = archive.reopen().context("cannot read the temporary file")?;
    let host = match target {
        End::Host(host) => Path::new(host),
        _ => {
            return match io::copy(&mut tar, &mut io::stdout().lock()) {
                // A reader that has gone away is no failure.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit::OK),
                copied => copied.map(|_| exit::OK).context("cannot write to standard output"),
            };
        }
    };
    // Into a folder that is there under its own name, or else as what the target is called.
    let into_folder = host.is_dir() || host.to_str().is_some_and(|text| text.ends_with('/'));
    if into_folder && !host.is_dir() {
        let message = format!("no such directory: {}", host.display());
        return Err(Failure::new(Class::Usage, message).into());
    }
    let bytes = unpack(tar, host, into_folder && !is_content(path), args.archive)?;
    if !args.quiet {
        say(&format!("copied {} from {name}:{path} to {}", size(bytes), host.display()));
    }
    Ok(exit::OK)
}

/// Makes the files of a tar that a container has written, below `target` or as it. Nothing of it leads out of there:
/// links are made, and never followed.
fn unpack(tar: File, target: &Path, keep_name: bool, owners: bool) -> Result<u64> {
    let mut archive = tar::Archive::new(tar);
    archive.set_preserve_ownerships(owners);
    archive.set_preserve_permissions(true);
    archive.set_unpack_xattrs(false);
    let mut bytes = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        if cfg!(windows) && !fits_windows(&entry.path_bytes()) {
            let message = format!("no file of Windows can be called {}", entry.path_bytes().escape_ascii());
            return Err(Failure::new(Class::Policy, message).into());
        }
        let path = entry.path()?.into_owned();
        let mut parts = path.components();
        if !keep_name {
            parts.next();
        }
        let rest = parts.as_path().to_owned();
        let safe = rest.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !safe {
            let message = format!("the name {:?} leads out of the target", path.display().to_string());
            return Err(Failure::new(Class::Malformed, message).into());
        }
        let place = if rest.as_os_str().is_empty() { target.to_owned() } else { target.join(&rest) };
        check_parents(target, &rest)?;
        let kind = entry.header().entry_type();
        let fail = || format!("cannot write {}", place.display());
        // The target itself may be a link to a folder; below it none is followed.
        if kind.is_dir() && place.is_dir() && (rest.as_os_str().is_empty() || !place.is_symlink()) {
            continue;
        }
        if kind.is_dir() && fs::symlink_metadata(&place).is_ok() {
            let message = format!("cannot copy a directory over the file {}", place.display());
            return Err(Failure::new(Class::Usage, message).into());
        }
        if kind.is_hard_link() {
            let link = entry.link_name()?.unwrap_or_default().into_owned();
            let mut link = link.components();
            if !keep_name {
                link.next();
            }
            fs::hard_link(target.join(link.as_path()), &place).with_context(fail)?;
            continue;
        }
        if fs::symlink_metadata(&place).is_ok_and(|meta| !meta.is_dir()) {
            match fs::remove_file(&place) {
                // Somebody else has done so.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.with_context(fail)?,
            }
        }
        bytes += entry.size();
        // Elsewhere the time would be that of what the link leads to, which need not be there.
        entry.set_preserve_mtime(cfg!(unix) || !kind.is_symlink());
        entry.unpack(&place).with_context(fail)?;
    }
    Ok(bytes)
}

/// Whether a file of Windows can have this path of a tar: some characters lead to other folders or to hidden streams
/// there, and some names to devices.
fn fits_windows(path: &[u8]) -> bool {
    let is_reserved = |byte: &u8| *byte < b' ' || b"\\:*?\"<>|".contains(byte);
    let is_device = |part: &[u8]| {
        let stem = part.split(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_uppercase();
        let numbered = |digits: &[u8]| matches!(digits, [b'0'..=b'9']);
        let port = [b"COM", b"LPT"].into_iter().any(|port| stem.strip_prefix(port).is_some_and(numbered));
        port || [&b"CON"[..], b"PRN", b"AUX", b"NUL"].contains(&stem.as_slice())
    };
    path.split(|byte| *byte == b'/').all(|part| {
        let is_way = matches!(part, b"" | b"." | b"..");
        is_way || !(part.iter().any(is_reserved) || part.ends_with(b".") || part.ends_with(b" ") || is_device(part))
    })
}

/// Refuses a place that is reached through a link in the target: what was copied before must not redirect what comes.
fn check_parents(target: &Path, rest: &Path) -> Result<()> {
    let mut place = target.to_owned();
    let parents: Vec<_> = rest.parent().into_iter().flat_map(Path::components).collect();
    for part in parents {
        place.push(part);
        if fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_symlink()) {
            let message = format!("{} is a link, and what is copied does not go through links", place.display());
            return Err(Failure::new(Class::Malformed, message).into());
        }
    }
    Ok(())
}

fn into(args: &CpArgs, source: &End<'_>, name: &str, path: &str) -> Result<u8> {
    let store = Store::open_default()?;
    let container = Container::find(&store, name)?;
    let folder = absolute(path);
    let mut archive = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let there = container.is_folder(&folder)?;
    let End::Host(host) = source else {
        if there != Some(true) {
            let message = format!("{name}:{path} is not a directory, which a tar is unpacked into");
            return Err(Failure::new(Class::Usage, message).into());
        }
        io::copy(&mut io::stdin().lock(), &mut archive).context("cannot read standard input")?;
        container.put(&folder, archive.path())?;
        return Ok(exit::OK);
    };
    let source = Path::new(host);
    let meta = if args.follow_link { fs::metadata(source) } else { fs::symlink_metadata(source) };
    let meta = meta.with_context(|| format!("cannot copy {}", source.display()))?;
    // Into a folder that is there under its own name; else as what the target is called.
    let (parent, as_name) = match there {
        Some(true) if meta.is_dir() && is_content(host) => (folder.clone(), PathBuf::new()),
        Some(true) => (folder.clone(), file_name(source)?),
        Some(false) if meta.is_dir() => {
            let message = format!("cannot copy a directory over the file {name}:{path}");
            return Err(Failure::new(Class::Usage, message).into());
        }
        None if path.ends_with('/') && !meta.is_dir() => {
            return Err(Failure::new(Class::Usage, format!("no such directory: {name}:{path}")).into());
        }
        _ => split(&folder),
    };
    let bytes = pack(source, &as_name, &mut archive, args)?;
    container.put(&parent, archive.path())?;
    if !args.quiet {
        say(&format!("copied {} from {host} to {name}:{path}", size(bytes)));
    }
    Ok(exit::OK)
}

fn file_name(path: &Path) -> Result<PathBuf> {
    let name = match path.file_name() {
        Some(name) => Some(name.to_owned()),
        // As of `..` and `/`.
        None => path.canonicalize().ok().and_then(|path| path.file_name().map(ToOwned::to_owned)),
    };
    name.map(PathBuf::from).with_context(|| format!("{} has no name to be copied under", path.display()))
}

/// A path's folder and its last name.
fn split(path: &[u8]) -> (Vec<u8>, PathBuf) {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let end = trimmed.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
    let (parent, name) = trimmed.split_at(end);
    let name = String::from_utf8_lossy(name).trim_start_matches('/').to_owned();
    (if parent.is_empty() { b"/".to_vec() } else { parent.to_vec() }, name.into())
}

/// Writes a file or folder of the host to a tar, under a name (none: what is in the folder); the bytes of its contents.
fn pack(source: &Path, name: &Path, archive: &mut impl Write, args: &CpArgs) -> Result<u64> {
    let mut tar = tar::Builder::new(archive);
    tar.follow_symlinks(false);
    let mut bytes = 0;
    let mut left = vec![(source.to_owned(), name.to_owned())];
    while let Some((path, name)) = left.pop() {
        let first = path == source && args.follow_link;
        let meta = if first { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
        let fail = || format!("cannot read {}", path.display());
        let meta = meta.with_context(fail)?;
        let mut header = tar::Header::new_gnu();
        header.set_metadata(&meta);
        if !args.archive {
            (header.set_uid(0), header.set_gid(0));
        }
        if meta.is_dir() {
            if !name.as_os_str().is_empty() {
                tar.append_data(&mut header, &name, io::empty()).with_context(fail)?;
            }
            let mut entries: Vec<PathBuf> =
                fs::read_dir(&path).with_context(fail)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            entries.sort();
            let child = |path: PathBuf| path.file_name().map(|own| name.join(own)).map(|name| (path, name));
            left.extend(entries.into_iter().rev().filter_map(child));
        } else if meta.is_symlink() {
            header.set_size(0);
            let link = fs::read_link(&path).with_context(fail)?;
            tar.append_link(&mut header, &name, link).with_context(fail)?;
        } else if meta.is_file() {
            let file = File::open(&path).with_context(fail)?;
            bytes += meta.len();
            tar.append_data(&mut header, &name, file.take(meta.len())).with_context(fail)?;
        } else {
            say(&format!("{} is neither a file, a folder nor a link, and is left out", path.display()));
        }
    }
    tar.finish()?;
    Ok(bytes)
}

/// Writes the files of a container as one tar; `None` when there is no such container.
pub(crate) fn export(store: &Store, args: &ExportArgs) -> Result<Option<u8>> {
    let container = match Container::find(store, &args.image) {
        Ok(container) => container,
        Err(wcr_container::life::LifeError::Unknown(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    write_archive(args.output.as_deref(), |out| Ok(container.export(out)?))?;
    Ok(Some(exit::OK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart() {
        assert_eq!(End::read("box:/a"), End::Container("box", "/a"));
        assert_eq!(End::read("box:a:b"), End::Container("box", "a:b"));
        assert_eq!((End::read("./box:a"), End::read("/x:y")), (End::Host("./box:a"), End::Host("/x:y")));
        assert_eq!((End::read("-"), End::read("file")), (End::Stream, End::Host("file")));
        assert_eq!(split(b"/a/b/"), (b"/a".to_vec(), "b".into()));
        assert_eq!(split(b"/a"), (b"/".to_vec(), "a".into()));
        assert!(is_content("x/.") && is_content(".") && is_content("/") && !is_content("x") && !is_content("x/"));
    }

    #[test]
    fn names_that_mean_something_else_on_windows_are_known() {
        for path in ["odd/file", "./a.b/c d", "nulls", "com/COM10", "dir/", "ä"] {
            assert!(fits_windows(path.as_bytes()), "{path}");
        }
        for path in ["odd/a:b", "c\\d", "what?", "end.", "end ", "dir/nul", "Aux.txt", "com1/x", "new\nline"] {
            assert!(!fits_windows(path.as_bytes()), "{path}");
        }
    }
}

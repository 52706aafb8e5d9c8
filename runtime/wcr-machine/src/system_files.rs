//! The files that a container runtime puts into every container: host name, hosts, resolver.

use wcr_abi::{Errno, Timestamp};
use wcr_vfs::{Vfs, Walk};

use crate::error::BootError;
use crate::rootfs::write_file;

/// What `/etc/resolv.conf` says: a container has no network yet.
const RESOLV_CONF: &str = "# This container has no network.\n";

/// The content of `/etc/hosts`.
fn hosts(hostname: &str) -> String {
    format!(
        "127.0.0.1\tlocalhost\n\
         ::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\n\
         ff00::0\tip6-mcastprefix\n\
         ff02::1\tip6-allnodes\n\
         ff02::2\tip6-allrouters\n\
         127.0.1.1\t{hostname}\n"
    )
}

/// Writes the files, in place of those of the image. A place that the image makes impossible (an `/etc`
/// that is no directory, a dangling link) is left alone.
///
/// # Errors
/// `NOSPC` and others that have nothing to do with the image.
pub(crate) fn write(
    vfs: &mut Vfs,
    walk: &Walk<'_>,
    hostname: &str,
    more_hosts: &str,
    now: Timestamp,
) -> Result<(), Errno> {
    match vfs.mkdir(walk, None, b"/etc", 0o755, now) {
        Ok(_) | Err(Errno::Exist) => {}
        Err(errno) => return Err(errno),
    }
    let files: [(&[u8], String); 3] = [
        (b"/etc/hostname", format!("{hostname}\n")),
        (b"/etc/hosts", hosts(hostname) + more_hosts),
        (b"/etc/resolv.conf", RESOLV_CONF.into()),
    ];
    for (path, content) in files {
        match write_file(vfs, walk, path, content.as_bytes(), 0o644, now) {
            Ok(()) | Err(Errno::Notdir | Errno::Noent | Errno::Isdir | Errno::Loop | Errno::Nametoolong) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Whether what a container has at this path, from the root on, is not its own doing: what is made for every container.
#[must_use]
pub fn is_systems(path: &[u8]) -> bool {
    // The folder of the first may be a link.
    let init = path.strip_suffix(b"bin/docker-init");
    init.is_some_and(|folder| [&b"s"[..], b"", b"usr/s", b"usr/"].contains(&folder))
        || [&b"dev"[..], b"proc", b"sys", b"etc/hostname", b"etc/hosts", b"etc/resolv.conf"].contains(&path)
}

/// Lines of `/etc/hosts` for hosts given as `NAME:ADDRESS`.
///
/// # Errors
/// [`BootError::HostLine`].
pub(crate) fn host_lines(hosts: &[String]) -> Result<String, BootError> {
    let mut lines = String::new();
    for host in hosts {
        let good_name = |name: &str| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        let parts = host.split_once([':', '=']).filter(|(name, _)| good_name(name));
        let address = |text: &str| text.trim_matches(['[', ']']).parse::<core::net::IpAddr>().ok();
        let known = parts.and_then(|(name, text)| Some((name, address(text)?)));
        let (name, address) = known.ok_or_else(|| BootError::HostLine(host.clone()))?;
        lines.push_str(&format!("{address}\t{name}\n"));
    }
    Ok(lines)
}

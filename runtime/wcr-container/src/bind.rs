//! Bind mounts as they are asked for: `HOST:CONTAINER[:ro]`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use wcr_machine::Mount;
use wcr_vfs::MountOptions;

use crate::error::RunError;
use crate::hostfs::HostFs;

/// A folder or file of the host that is to appear in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Where it is on the host, as it was written.
    pub host: PathBuf,
    /// Where it appears: an absolute path without `.`, `..` and double slashes, not `/`.
    pub container: String,
    /// The container cannot change it.
    pub read_only: bool,
}

/// What is wrong with the text of a bind mount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid bind mount {text:?}: {fault}")]
pub struct BindError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub fault: BindFault,
}

/// The kinds of [`BindError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindFault {
    /// It does not have two parts.
    #[error("it needs the form HOST:CONTAINER[:ro], with an absolute path in the container")]
    Form,
    /// The host's part is a bare name, which Docker takes for a named volume.
    #[error("there are no named volumes; for a folder here write ./{0}")]
    Volume(String),
    /// The container's part is the root.
    #[error("the container's / cannot be replaced")]
    Root,
    /// An option is not known.
    #[error("option {0:?} is not known; there are `ro` and `rw`")]
    Option(String),
}

impl FromStr for Bind {
    type Err = BindError;

    fn from_str(text: &str) -> Result<Self, BindError> {
        parse(text).map_err(|fault| BindError { text: text.to_owned(), fault })
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.read_only { ":ro" } else { "" };
        write!(f, "{}:{}{suffix}", self.host.display(), self.container)
    }
}

fn parse(text: &str) -> Result<Bind, BindFault> {
    // The container's path begins at the last `:/`: a Windows path has a colon of its own before.
    let at = text.rfind(":/").ok_or(BindFault::Form)?;
    let (host, rest) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let (container, options) = rest.split_once(':').unwrap_or((rest, ""));
    let mut read_only = false;
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            // SELinux labels do not exist here, and propagation is that of a single namespace.
            "z" | "Z" | "private" | "rprivate" => {}
            other => return Err(BindFault::Option(other.to_owned())),
        }
    }
    if host.is_empty() {
        return Err(BindFault::Form);
    }
    let path = Path::new(host);
    if !path.is_absolute() && !host.starts_with('.') && !host.contains(['/', '\\']) {
        return Err(BindFault::Volume(host.to_owned()));
    }
    let container = wcr_machine::clean(container);
    if container == "/" {
        return Err(BindFault::Root);
    }
    Ok(Bind { host: path.to_owned(), container, read_only })
}

/// What a container sees its folders of the host lie on: the same everywhere, as nothing else of the host shows.
const DEVICE: &str = "/dev/sda1";

/// Opens the folders and files that are to be mounted.
///
/// # Errors
/// [`RunError::BindHost`], [`RunError::BindTwice`].
pub(crate) fn mounts(binds: &[Bind]) -> Result<Vec<Mount>, RunError> {
    let mut places = BTreeSet::new();
    let open = |bind: &Bind| {
        let fs = HostFs::open(&bind.host);
        let fs = fs.map_err(|reason| RunError::BindHost { path: bind.host.clone(), reason })?;
        let options = MountOptions {
            read_only: bind.read_only,
            source: DEVICE.into(),
            fstype: "ext4".into(),
            ..MountOptions::default()
        };
        Ok(Mount { path: bind.container.clone(), fs: Box::new(fs), options })
    };
    match binds.iter().find(|bind| !places.insert(&bind.container)) {
        Some(twice) => Err(RunError::BindTwice(twice.container.clone())),
        None => binds.iter().map(open).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ones_are_read() {
        for (text, host, container, read_only) in [
            ("/a:/b", "/a", "/b", false),
            ("/a:/b:ro", "/a", "/b", true),
            ("/a:/b:rw", "/a", "/b", false),
            ("/a:/b:Z,ro", "/a", "/b", true),
            ("./a:/b//c/../d/", "./a", "/b/d", false),
            (".:/b", ".", "/b", false),
            ("a/b:/c", "a/b", "/c", false),
            (r"C:\Users\x:/b:ro", r"C:\Users\x", "/b", true),
            ("C:/Users/x:/b", "C:/Users/x", "/b", false),
            ("/with:colon:/b", "/with:colon", "/b", false),
        ] {
            let bind: Bind = text.parse().unwrap();
            assert_eq!(bind, Bind { host: host.into(), container: container.into(), read_only }, "{text}");
        }
    }

    #[test]
    fn bad_ones_say_why() {
        for (text, fault) in [
            ("", BindFault::Form),
            ("/a", BindFault::Form),
            (":/a", BindFault::Form),
            ("/a:b", BindFault::Form),
            ("/a:", BindFault::Form),
            ("data:/b", BindFault::Volume("data".into())),
            ("/a:/", BindFault::Root),
            ("/a:/b/..", BindFault::Root),
            ("/a:/b:rx", BindFault::Option("rx".into())),
        ] {
            assert_eq!(text.parse::<Bind>().unwrap_err().fault, fault, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_bound_is_refused() {
        let host = tempfile::tempdir().unwrap();
        let bind = |host: &Path, place: &str| Bind { host: host.to_owned(), container: place.into(), read_only: false };
        let missing = bind(&host.path().join("missing"), "/a");
        let error = mounts(&[missing]).err().unwrap();
        assert!(matches!(&error, RunError::BindHost { .. }) && error.exit_code() == 125);
        assert!(error.to_string().contains("missing"), "{error}");
        let error = mounts(&[bind(host.path(), "/a"), bind(host.path(), "/a")]).err().unwrap();
        assert!(matches!(error, RunError::BindTwice(_)));
        let file = host.path().join("file");
        std::fs::write(&file, "content").unwrap();
        let mounts = mounts(&[bind(host.path(), "/a"), bind(&file, "/a/b")]).unwrap();
        assert_eq!(mounts.iter().map(|mount| mount.path.as_str()).collect::<Vec<_>>(), ["/a", "/a/b"]);
    }
}

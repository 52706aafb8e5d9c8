//! File systems in memory as they are asked for: `PATH[:OPTION,…]`.

use core::str::FromStr;

use wcr_abi::Timestamp;
use wcr_vfs::{FileSystem as _, MountOptions, SetAttr, Tree, TreeLimits};

use crate::path::clean;
use crate::rootfs::Mount;
use crate::size;

/// A file system in memory that is to be mounted. The options are those of tmpfs(5), the defaults Docker's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tmpfs {
    /// Where it appears: an absolute path without `.`, `..` and double slashes, not `/`.
    pub path: String,
    /// The most bytes in it; `None` for the default of any tree.
    pub size: Option<u64>,
    /// The most files in it; `None` for the default of any tree.
    pub inodes: Option<u64>,
    /// The permissions of its root directory.
    pub mode: u32,
    /// The owner of its root directory.
    pub uid: u32,
    /// The group of its root directory.
    pub gid: u32,
    /// Nothing in it can be changed.
    pub read_only: bool,
    /// Programs in it cannot be executed.
    pub no_exec: bool,
    /// Devices in it cannot be opened.
    pub no_dev: bool,
    /// Set-id bits in it do not count.
    pub no_suid: bool,
}

/// What is wrong with the text of a [`Tmpfs`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid tmpfs {text:?}: {fault}")]
pub struct TmpfsError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub fault: TmpfsFault,
}

/// The kinds of [`TmpfsError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TmpfsFault {
    /// The path is not absolute, or is the root.
    #[error("it needs an absolute path in the container, which is not /")]
    Path,
    /// An option is not known.
    #[error(
        "option {0:?} is not known; there are size=, nr_inodes=, mode=, uid=, gid=, ro, rw, and exec, dev and suid with \
         and without no"
    )]
    Option(String),
    /// An option has a value that it cannot have.
    #[error("{0:?} has no good value; sizes are like 64m, modes octal, owners numbers")]
    Value(String),
}

impl FromStr for Tmpfs {
    type Err = TmpfsError;

    fn from_str(text: &str) -> Result<Self, TmpfsError> {
        parse(text).map_err(|fault| TmpfsError { text: text.to_owned(), fault })
    }
}

fn parse(text: &str) -> Result<Tmpfs, TmpfsFault> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    if !path.starts_with('/') || path.contains('\0') || clean(path) == "/" {
        return Err(TmpfsFault::Path);
    }
    let mut tmpfs = Tmpfs {
        path: clean(path),
        size: None,
        inodes: None,
        mode: 0o1777,
        uid: 0,
        gid: 0,
        read_only: false,
        no_exec: true,
        no_dev: true,
        no_suid: true,
    };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        set(&mut tmpfs, option)?;
    }
    Ok(tmpfs)
}

fn set(tmpfs: &mut Tmpfs, option: &str) -> Result<(), TmpfsFault> {
    let bad = || TmpfsFault::Value(option.to_owned());
    match option.split_once('=') {
        // No limit is what 0 means to Linux, too.
        Some(("size", value)) => tmpfs.size = Some(size::bytes(value).ok_or_else(bad)?).filter(|size| *size > 0),
        Some(("nr_inodes", value)) => {
            tmpfs.inodes = Some(size::bytes(value).ok_or_else(bad)?).filter(|count| *count > 0)
        }
        Some(("mode", value)) => {
            tmpfs.mode = u32::from_str_radix(value, 8).ok().filter(|mode| *mode <= 0o7777).ok_or_else(bad)?;
        }
        Some(("uid", value)) => tmpfs.uid = value.parse().map_err(|_| bad())?,
        Some(("gid", value)) => tmpfs.gid = value.parse().map_err(|_| bad())?,
        Some(_) => return Err(TmpfsFault::Option(option.to_owned())),
        None => match option {
            "ro" => tmpfs.read_only = true,
            "rw" => tmpfs.read_only = false,
            "exec" | "noexec" => tmpfs.no_exec = option == "noexec",
            "dev" | "nodev" => tmpfs.no_dev = option == "nodev",
            "suid" | "nosuid" => tmpfs.no_suid = option == "nosuid",
            // What is written is in memory at once, and when a read counts is always decided in the same way.
            "defaults" | "async" | "sync" | "relatime" | "private" | "rprivate" => {}
            _ => return Err(TmpfsFault::Option(option.to_owned())),
        },
    }
    Ok(())
}

impl Tmpfs {
    /// The file system, empty.
    pub(crate) fn mount(&self, now: Timestamp) -> Mount {
        let limits = TreeLimits::default();
        let limits =
            TreeLimits { bytes: self.size.unwrap_or(limits.bytes), inodes: self.inodes.unwrap_or(limits.inodes) };
        let mut tree = Tree::new(limits, now);
        let attr =
            SetAttr { permissions: Some(self.mode), uid: Some(self.uid), gid: Some(self.gid), ..SetAttr::default() };
        let root = tree.root();
        // The root of a new tree is there, so this cannot fail.
        let set = tree.set_attr(root, &attr, now);
        debug_assert_eq!(set, Ok(()));
        let size = self.size.map(|size| format!("size={}k", size.div_ceil(1024)));
        let mode = (self.mode != 0o1777).then(|| format!("mode={:o}", self.mode));
        let options = MountOptions {
            read_only: self.read_only,
            no_exec: self.no_exec,
            no_dev: self.no_dev,
            no_suid: self.no_suid,
            source: "tmpfs".into(),
            fstype: "tmpfs".into(),
            data: size.into_iter().chain(mode).collect::<Vec<_>>().join(","),
        };
        Mount { path: self.path.clone(), fs: Box::new(tree), options }
    }
}

#[cfg(test)]
mod tests {
    use wcr_abi::FileKind;

    use super::*;

    #[test]
    fn good_ones_are_read() {
        let plain: Tmpfs = "/run".parse().unwrap();
        assert_eq!((plain.path.as_str(), plain.mode, plain.size), ("/run", 0o1777, None));
        assert!(plain.no_exec && plain.no_dev && plain.no_suid && !plain.read_only);
        let full: Tmpfs = "/a//b/:size=64k,mode=700,uid=5,gid=6,exec,suid,dev,ro,nr_inodes=10".parse().unwrap();
        assert_eq!((full.path.as_str(), full.size, full.inodes), ("/a/b", Some(65_536), Some(10)));
        assert_eq!((full.mode, full.uid, full.gid, full.read_only), (0o700, 5, 6, true));
        assert!(!full.no_exec && !full.no_dev && !full.no_suid);
        assert_eq!("/a:size=0".parse::<Tmpfs>().unwrap().size, None);
    }

    #[test]
    fn bad_ones_say_why() {
        let value = |text: &str| TmpfsFault::Value(text.into());
        for (text, fault) in [
            ("", TmpfsFault::Path),
            ("relative", TmpfsFault::Path),
            ("/", TmpfsFault::Path),
            ("/a/..", TmpfsFault::Path),
            ("/a:size=50%", value("size=50%")),
            ("/a:mode=8", value("mode=8")),
            ("/a:mode=17777", value("mode=17777")),
            ("/a:uid=x", value("uid=x")),
            ("/a:huge=always", TmpfsFault::Option("huge=always".into())),
            ("/a:xyz", TmpfsFault::Option("xyz".into())),
        ] {
            assert_eq!(text.parse::<Tmpfs>().unwrap_err().fault, fault, "{text}");
        }
    }

    #[test]
    fn the_root_is_as_it_was_asked_for() {
        let tmpfs: Tmpfs = "/a:size=100,mode=750,uid=7".parse().unwrap();
        let mut mount = tmpfs.mount(Timestamp::default());
        let stat = mount.fs.stat(mount.fs.root()).unwrap();
        assert_eq!((stat.mode.kind(), stat.mode.permissions(), stat.uid), (FileKind::Directory, 0o750, 7));
        assert_eq!(mount.options.text(), "rw,nosuid,nodev,noexec,relatime,size=1k,mode=750");
    }
}

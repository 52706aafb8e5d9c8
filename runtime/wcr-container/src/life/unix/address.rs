//! Where the socket of a running container is.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The socket's name in the container's folder.
const NAME: &str = "socket";
/// The longest path that an address can hold everywhere, in bytes.
const PATH_MAX: usize = 100;

/// The address of a container's socket.
#[derive(Debug)]
pub(crate) struct Address {
    path: PathBuf,
    /// The folder, while the path goes through it.
    _folder: Option<File>,
}

impl Address {
    /// The address of the socket in a container's folder. Paths that are too long for an address lead over `/proc`.
    ///
    /// # Errors
    /// The folder cannot be opened; the path is too long where there is no `/proc`.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        let path = folder.join(NAME);
        if path.as_os_str().len() <= PATH_MAX {
            return Ok(Self { path, _folder: None });
        }
        let file = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", file.as_raw_fd()));
        if !cfg!(target_os = "linux") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidFilename,
                "the path of the store is too long for a socket",
            ));
        }
        Ok(Self { path, _folder: Some(file) })
    }

    /// A path that leads there as long as this value lives.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

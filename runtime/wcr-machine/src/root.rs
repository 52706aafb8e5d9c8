//! A container's files while none of its programs runs.

use std::sync::Arc;

use wcr_abi::{Errno, FileKind, Stat, Timestamp};
use wcr_vfs::layer::Layer;
use wcr_vfs::{Creds, FileSystem, MountOptions, Tree, TreeLimits, Vfs, Walk};

use crate::error::BootError;
use crate::image::ContainerImage;
use crate::rootfs;
use crate::settings::FileIn;

/// The root file system of a container, without what is mounted in it: as its image has it, or as the programs of an
/// earlier run left it.
#[derive(Debug)]
pub struct Root {
    vfs: Vfs,
}

impl Root {
    /// The files of an image, of which at most `writable_bytes` (`None`: the usual number) can be written over.
    ///
    /// # Errors
    /// [`BootError::Rootfs`] when the layers cannot be read.
    pub fn new(image: &ContainerImage, writable_bytes: Option<u64>) -> Result<Self, BootError> {
        Self::going_on(image, None, writable_bytes)
    }

    /// The files of an image with those over them that a container has changed before, as a layer.
    ///
    /// # Errors
    /// [`BootError::Rootfs`] when the layers cannot be read.
    pub fn going_on(
        image: &ContainerImage,
        written: Option<Arc<Layer>>,
        writable_bytes: Option<u64>,
    ) -> Result<Self, BootError> {
        let limits = TreeLimits::default();
        let limits = TreeLimits { bytes: writable_bytes.unwrap_or(limits.bytes), ..limits };
        let tree = Tree::going_on(image.layers.clone(), written, limits);
        let tree = tree.map_err(|errno| BootError::Rootfs { what: "the layers", errno })?;
        Ok(Self::of(Box::new(tree)))
    }

    /// What the programs of a container that has ended left; nothing is left there.
    pub fn take(ended: &mut Vfs) -> Option<Self> {
        ended.take_root().map(Self::of)
    }

    /// Another root that is as this one is now.
    #[must_use]
    pub fn copy(&self) -> Option<Self> {
        self.vfs.snapshot_root().map(Self::of)
    }

    fn of(fs: Box<dyn FileSystem>) -> Self {
        let options = MountOptions { source: "overlay".into(), fstype: "overlay".into(), ..MountOptions::default() };
        Self { vfs: Vfs::new(fs, options) }
    }

    /// The metadata of what is at a path, as root sees it; `follow` a link at its end.
    ///
    /// # Errors
    /// Those of `stat(2)`.
    pub fn stat(&mut self, path: &[u8], follow: bool) -> Result<Stat, Errno> {
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let node = self.vfs.resolve_node(&walk, None, path, follow)?;
        self.vfs.stat_node(node)
    }

    /// Where a symbolic link leads, as it says itself.
    ///
    /// # Errors
    /// Those of `readlink(2)`.
    pub fn link_target(&mut self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        self.vfs.readlink(&walk, None, path)
    }

    /// The names of the folders in a folder, in their order.
    ///
    /// # Errors
    /// Those of `open(2)` and `getdents(2)`.
    pub fn folders(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, Errno> {
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let node = self.vfs.resolve_node(&walk, None, path, true)?;
        let entries = self.vfs.entries(node)?;
        Ok(entries.into_iter().filter(|entry| entry.kind == FileKind::Directory).map(|entry| entry.name).collect())
    }

    /// The whole content of a file, at most 256 MiB; links are followed.
    ///
    /// # Errors
    /// Those of `open(2)` and `read(2)`, as root has them.
    pub fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        rootfs::read_file(&mut self.vfs, path)
    }

    /// Puts a file there, in place of one that is there; missing directories are made.
    ///
    /// # Errors
    /// [`BootError::FileIn`].
    pub fn put_file(&mut self, file: &FileIn, now: Timestamp) -> Result<(), BootError> {
        rootfs::put_file(&mut self.vfs, file, now)
    }

    /// The file system, and nothing else.
    pub fn vfs(&mut self) -> &mut Vfs {
        &mut self.vfs
    }

    /// When these folders were last changed; those that are not there have no time.
    pub(crate) fn times_of(&mut self, paths: &[&'static [u8]]) -> Vec<(&'static [u8], Timestamp)> {
        paths.iter().filter_map(|path| Some((*path, self.stat(path, true).ok()?.mtime))).collect()
    }

    pub(crate) fn into_vfs(self) -> Vfs {
        self.vfs
    }
}

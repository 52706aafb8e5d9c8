//! What a container has written over its image's files, kept in its folder as a layer.
//!
//! `written.json` names the tar and the index that count; both are complete before it says so, and the old ones go after.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wcr_abi::Errno;
use wcr_image::{Digest, Hasher, LayerIndexer, Limits, write_changes};
use wcr_store::{ContainerFolder, Mapped, Store};
use wcr_vfs::layer::{Layer, LayerIndex};
use wcr_vfs::{Change, ChangeKind, Vfs};

use crate::life::error::LifeError;
use crate::life::record::short;

/// What says which layer counts.
pub(crate) const POINTER: &str = "written.json";

#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    /// The digest of the tar, which is the diff-id of the layer.
    digest: Digest,
    size: u64,
}

/// A layer of what was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) layer: Arc<Layer>,
    /// Its tar.
    pub(crate) tar: PathBuf,
}

impl Written {
    /// The files of the layer.
    pub(crate) fn files(&self) -> [PathBuf; 2] {
        [self.tar.clone(), self.tar.with_extension("idx")]
    }
}

/// The files of a folder that are those of layers, whether they count or not.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn files(folder: &ContainerFolder) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.path())? {
        let path = entry?.path();
        let is_part = path.extension().is_some_and(|suffix| suffix == "tar" || suffix == "idx");
        files.extend(is_part.then_some(path));
    }
    Ok(files)
}

/// What a container has kept; `None` when it has changed nothing.
///
/// # Errors
/// [`LifeError::Damaged`], [`LifeError::Files`].
pub(crate) fn load(folder: &ContainerFolder) -> Result<Option<Written>, LifeError> {
    let mut found = pointer(folder)?;
    while let Some(Pointer { digest, size }) = found {
        match open(folder, digest, size) {
            Ok(written) => return Ok(Some(written)),
            Err(error) => {
                // Another layer may have taken its place just now, or somebody the container.
                found = pointer(folder)?;
                match &found {
                    Some(now) if now.digest == digest => return Err(error),
                    None if !folder.exists() => return Err(LifeError::Unknown(short(folder.id()).to_owned())),
                    _ => {}
                }
            }
        }
    }
    Ok(None)
}

/// The layer with this digest.
fn open(folder: &ContainerFolder, digest: Digest, size: u64) -> Result<Written, LifeError> {
    let damaged = |reason: &dyn std::fmt::Display| LifeError::damaged(folder.id(), reason);
    let [tar, index] = ["tar", "idx"].map(|suffix| part(folder, digest, suffix));
    let index = fs::read(index).map_err(|error| damaged(&error))?;
    let index = LayerIndex::open(index).map_err(|error| damaged(&error))?;
    let file = File::open(&tar).map_err(|error| damaged(&error))?;
    let is_whole = file.metadata().is_ok_and(|meta| meta.len() == size) && index.diff_id() == *digest.as_bytes();
    if !is_whole {
        return Err(damaged(&"its files do not belong together"));
    }
    let map = Mapped::new(&file, size).map_err(LifeError::files(folder.id()))?;
    let layer = Layer::new(index, map).map_err(|error| damaged(&error))?;
    Ok(Written { layer: Arc::new(layer), tar })
}

/// The length of what a container has kept, in bytes.
///
/// # Errors
/// [`LifeError::Store`].
pub(crate) fn size(folder: &ContainerFolder) -> Result<u64, LifeError> {
    Ok(pointer(folder)?.map_or(0, |pointer| pointer.size))
}

/// A file of the layer with this digest.
fn part(folder: &ContainerFolder, digest: Digest, suffix: &str) -> PathBuf {
    folder.path().join(format!("{}.{suffix}", digest.hex()))
}

/// How sure it is that what is kept outlives what happens to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It outlives every process.
    Process,
    /// It outlives a power failure, too.
    Disk,
}

/// Keeps what is changed in a file system now, in place of what was kept before.
///
/// # Errors
/// The disk is full, or fails.
pub(crate) fn save(store: &Store, folder: &ContainerFolder, vfs: &mut Vfs, durability: Durability) -> io::Result<()> {
    let Some(fs) = vfs.root_fs() else { return Ok(()) };
    let failed = |errno: Errno| io::Error::other(errno.to_string());
    let mut changes = fs.changes().map_err(failed)?;
    changes.retain(|change| !is_systems(change));
    // One that cannot be read is replaced.
    let old = pointer(folder).ok().flatten().map(|pointer| pointer.digest);
    if changes.is_empty() && old.is_none() {
        return Ok(());
    }
    keep(store, folder, durability, old, |tar| write_changes(fs, &changes, tar))
}

/// Keeps the tar of a layer, in place of what was kept before.
///
/// # Errors
/// It is no layer; the disk is full, or fails.
pub(crate) fn put(store: &Store, folder: &ContainerFolder, layer: &[u8]) -> io::Result<()> {
    let old = pointer(folder).ok().flatten().map(|pointer| pointer.digest);
    keep(store, folder, Durability::Process, old, |tar| tar.write_all(layer))
}

fn keep(
    store: &Store,
    folder: &ContainerFolder,
    durability: Durability,
    old: Option<Digest>,
    write: impl FnOnce(&mut Tar) -> io::Result<()>,
) -> io::Result<()> {
    let path = folder.path().join("next.tar");
    let mut tar = Tar {
        file: BufWriter::with_capacity(256 << 10, File::create(&path)?),
        hasher: Hasher::new(),
        indexer: LayerIndexer::new(&Limits::DEFAULT, wcr_shims::label),
        size: 0,
    };
    let done = write(&mut tar).and_then(|()| tar.finish(durability));
    let (digest, size, index) = match done {
        Ok(done) => done,
        Err(error) => {
            drop(fs::remove_file(&path));
            return Err(error);
        }
    };
    if old == Some(digest) {
        return fs::remove_file(&path);
    }
    fs::rename(&path, part(folder, digest, "tar"))?;
    let mut file = File::create(part(folder, digest, "idx"))?;
    file.write_all(&index)?;
    if durability == Durability::Disk {
        file.sync_data()?;
    }
    let json = serde_json::to_vec(&Pointer { digest, size })?;
    store.write_in(folder, POINTER, &json).map_err(io::Error::other)?;
    if durability == Durability::Disk {
        folder.sync().map_err(io::Error::other)?;
    }
    if let Some(old) = old {
        for suffix in ["tar", "idx"] {
            drop(fs::remove_file(part(folder, old, suffix)));
        }
    }
    Ok(())
}

/// What says which layer counts, if there is one.
fn pointer(folder: &ContainerFolder) -> Result<Option<Pointer>, LifeError> {
    let Some(json) = folder.read(POINTER)? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| LifeError::damaged(folder.id(), &error))
}

/// Whether a change is not the container's doing: what every container gets.
fn is_systems(change: &Change) -> bool {
    !matches!(change.kind, ChangeKind::Removed) && wcr_machine::is_systems(&change.path)
}

/// A tar on its way to the disk.
struct Tar {
    file: BufWriter<File>,
    hasher: Hasher,
    indexer: LayerIndexer,
    size: u64,
}

impl Tar {
    fn finish(self, durability: Durability) -> io::Result<(Digest, u64, Vec<u8>)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        if durability == Durability::Disk {
            file.sync_data()?;
        }
        let digest = self.hasher.finish();
        Ok((digest, self.size, self.indexer.finish(digest).map_err(io::Error::other)?))
    }
}

impl Write for Tar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.indexer.push(bytes).map_err(io::Error::other)?;
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The changes of a layer that was kept, as `diff` lists them: the kind (`A` added, `C` changed, `D` deleted) and the path.
///
/// # Errors
/// [`LifeError::Files`].
pub(crate) fn list(vfs: &mut Vfs, id: &str) -> Result<Vec<(char, Vec<u8>)>, LifeError> {
    let failed = |errno: Errno| LifeError::files(id)(io::Error::other(errno.to_string()));
    let Some(fs) = vfs.root_fs() else { return Ok(Vec::new()) };
    let mut changes = fs.changes().map_err(failed)?;
    changes.retain(|change| !is_systems(change) && !change.path.is_empty());
    let line = |change: Change| {
        let kind = match change.kind {
            ChangeKind::Added(_) => 'A',
            ChangeKind::Changed(_) => 'C',
            ChangeKind::Removed => 'D',
        };
        (kind, [b"/", change.path.as_slice()].concat())
    };
    Ok(changes.into_iter().map(line).collect())
}

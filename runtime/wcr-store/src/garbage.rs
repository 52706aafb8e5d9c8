//! What nothing in the store needs any more, and its removal.
//!
//! All that a record leads to is needed, and all that other tools have listed in the layout's `index.json`. Whether it
//! goes is decided with the lock of the records held; what is on its way into the store, and what a container uses, is
//! protected by its own lock (`hold.rs`).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wcr_image::{Digest, Document, ImageConfig, Limits};

use crate::error::{Result, StoreError};
use crate::files::{leftovers, read_small, sync_dir};
use crate::hold::{Removal, is_used, remove_unused};
use crate::index_json;
use crate::merged::chain_id;
use crate::record::ImageRecord;
use crate::store::Store;

/// How deep a list of images may lie in others.
const DEEPEST: usize = 4;
/// A file under way that is younger may be of a process that has not locked it yet.
const YOUNG: Duration = Duration::from_secs(10);

/// What a part of the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// A manifest, a configuration, or a layer as it came.
    Blob,
    /// The tar of a layer.
    Layer,
    /// The index of a layer, or of all layers of an image.
    Index,
    /// Compiled code of a program of an image.
    Code,
    /// What a process that ended early has left behind.
    Leftover,
}

/// A file of the store that nothing needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its name within its folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
}

/// What [`Store::prune`] is to remove.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prune {
    /// Also images that no container uses, and compiled code.
    pub all: bool,
    /// Only tell what would go.
    pub dry_run: bool,
}

/// What [`Store::prune`] has removed, or would remove.
#[derive(Debug, Clone, Default)]
pub struct Pruned {
    /// The references of images.
    pub images: Vec<String>,
    /// The files.
    pub parts: Vec<Part>,
}

/// The names of what is needed.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub blobs: BTreeSet<Digest>,
    pub layers: BTreeSet<Digest>,
    pub chains: BTreeSet<Digest>,
}

impl Store {
    /// Removes what nothing needs: parts that no image has, what killed processes have left behind, and what `what`
    /// adds to that.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record cannot be read, so that it is not known what is needed; [`StoreError::Io`].
    pub fn prune(&self, what: Prune) -> Result<Pruned> {
        if !self.exists()? {
            return Ok(Pruned::default());
        }
        let _lock = self.lock("index", || ())?;
        let mut kept = Vec::new();
        let mut unused = Vec::new();
        for record in self.list()? {
            let goes = what.all && !self.is_image_used(&record)?;
            if goes { &mut unused } else { &mut kept }.push(record);
        }
        if !what.dry_run {
            self.forget(&unused)?;
            self.tell_removed(&unused, &kept);
        }
        let live = self.live_with_containers(&kept, &unused)?;
        let mut parts = self.sweep(&live, None, !what.dry_run)?;
        if what.all {
            parts.extend(self.sweep_code(!what.dry_run)?);
        }
        for (path, size) in leftovers(&self.temp(), YOUNG) {
            let gone = what.dry_run || fs::remove_file(&path).is_ok();
            let name = file_name(&path);
            parts.extend(gone.then_some(Part { kind: PartKind::Leftover, name, size }));
        }
        for path in self.sweep_containers(YOUNG, !what.dry_run)? {
            parts.push(Part { kind: PartKind::Leftover, name: file_name(&path), size: 0 });
        }
        Ok(Pruned { images: unused.into_iter().map(|record| record.reference).collect(), parts })
    }

    /// Whether there is a container of the image, or somebody is about to store the image.
    pub(crate) fn is_image_used(&self, record: &ImageRecord) -> Result<bool> {
        let has_it = |other: &ImageRecord| other.config.digest == record.config.digest;
        Ok(is_used(&self.blob_path(&record.config.digest))? || self.container_images()?.iter().any(has_it))
    }

    /// What `kept` and the containers need, see [`Self::live`].
    pub(crate) fn live_with_containers(&self, kept: &[ImageRecord], forgotten: &[ImageRecord]) -> Result<Live> {
        let kept: Vec<ImageRecord> = kept.iter().cloned().chain(self.container_images()?).collect();
        self.live(&kept, forgotten)
    }

    /// All that `kept` need, and what others have listed in the layout; `forgotten` are listed no more.
    pub(crate) fn live(&self, kept: &[ImageRecord], forgotten: &[ImageRecord]) -> Result<Live> {
        let mut live = Live::default();
        for record in kept {
            live.blobs.extend([record.digest, record.config.digest]);
            live.blobs.extend(record.layers.iter().map(|layer| layer.digest));
            live.layers.extend(record.layers.iter().map(|layer| layer.diff_id));
            live.chains.extend(chain_id(&record.layers));
            // Of an index, the other platforms that were asked for are there, too.
            for digest in [record.manifest.digest, record.digest] {
                self.mark(&digest, &mut live, 0)?;
            }
        }
        let ours = |name: &str| kept.iter().chain(forgotten).any(|record| record.reference == name);
        // Of what others have listed the blobs stay; what is made from them is made again when it is needed.
        let mut listed = Live::default();
        for (name, entry) in index_json::entries(&self.root().join(index_json::NAME))? {
            if !name.is_some_and(|name| ours(&name)) {
                self.mark(&entry.digest, &mut listed, 0)?;
            }
        }
        live.blobs.extend(listed.blobs);
        Ok(live)
    }

    /// Marks a manifest or an index, and what it leads to as far as that is there.
    fn mark(&self, digest: &Digest, live: &mut Live, depth: usize) -> Result<()> {
        live.blobs.insert(*digest);
        let content = self.sound(digest, Limits::DEFAULT.manifest)?;
        let document = content.and_then(|content| Document::parse(&content, None, &Limits::DEFAULT).ok());
        match document {
            Some(Document::Manifest(manifest)) => {
                live.blobs.insert(manifest.config.digest);
                live.blobs.extend(manifest.layers.iter().map(|layer| layer.digest));
                let config = self.sound(&manifest.config.digest, Limits::DEFAULT.config)?;
                let config = config.and_then(|config| ImageConfig::parse(&config, &Limits::DEFAULT).ok());
                live.layers.extend(config.into_iter().flat_map(|config| config.rootfs.diff_ids));
            }
            Some(Document::Index(index)) if depth < DEEPEST => {
                for entry in &index.manifests {
                    self.mark(&entry.digest, live, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A small blob; `None` when it is not there, or too long to be what it should be.
    fn sound(&self, digest: &Digest, most: u64) -> Result<Option<Vec<u8>>> {
        match read_small(&self.blob_path(digest), most) {
            Err(StoreError::Damaged { .. }) => Ok(None),
            content => content,
        }
    }

    /// Removes the parts that are not `live`; with `only`, no others than those that it names.
    pub(crate) fn sweep(&self, live: &Live, only: Option<&Live>, really: bool) -> Result<Vec<Part>> {
        let goes = |id: &Digest, live: &BTreeSet<Digest>, only: Option<&BTreeSet<Digest>>| {
            !live.contains(id) && only.is_none_or(|only| only.contains(id))
        };
        let mut parts = Vec::new();
        let mut remove = |kind, path: &Path| -> Result<bool> {
            let removal = remove_unused(path, really)?;
            if let Removal::Removed(size) = removal {
                parts.push(Part { kind, name: file_name(path), size });
            }
            Ok(removal != Removal::InUse)
        };
        for path in files_of(&self.root().join("blobs/sha256"))? {
            let id = Digest::from_hex(&file_name(&path)).ok();
            if id.is_some_and(|id| goes(&id, &live.blobs, only.map(|only| &only.blobs))) {
                remove(PartKind::Blob, &path)?;
            }
        }
        for path in files_of(&self.root().join("layers"))? {
            let name = file_name(&path);
            let Some((hex, suffix)) = name.split_once('.') else { continue };
            let Ok(id) = Digest::from_hex(hex) else { continue };
            match suffix {
                "chain" if goes(&id, &live.chains, only.map(|only| &only.chains)) => {
                    remove(PartKind::Index, &path)?;
                }
                "tar" if goes(&id, &live.layers, only.map(|only| &only.layers)) => {
                    if remove(PartKind::Layer, &path)? {
                        remove(PartKind::Index, &self.idx_path(&id))?;
                    }
                }
                // One whose tar is gone, or is used by nobody.
                "idx" if goes(&id, &live.layers, only.map(|only| &only.layers)) && !self.tar_path(&id).exists() => {
                    remove(PartKind::Index, &path)?;
                }
                _ => {}
            }
        }
        if really && !parts.is_empty() {
            sync_dir(&self.root().join("blobs/sha256"))?;
            sync_dir(&self.root().join("layers"))?;
        }
        Ok(parts)
    }

    fn sweep_code(&self, really: bool) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for path in files_of(&self.code_dir())? {
            if let Removal::Removed(size) = remove_unused(&path, really)? {
                parts.push(Part { kind: PartKind::Code, name: file_name(&path), size });
            }
        }
        Ok(parts)
    }
}

/// The paths of what is in a folder, sorted; none when there is no such folder.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(StoreError::io("read", folder))?;
    paths.sort();
    Ok(paths)
}

/// A path's last component; empty when it is none of the store's names.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

//! How much room the store takes, and how much of that nothing needs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::error::{Result, StoreError};
use crate::files::leftovers;
use crate::garbage::{Part, PartKind, files_of};
use crate::store::Store;

/// The room that parts of one kind take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many there are.
    pub count: u64,
    /// Their length in bytes, all together.
    pub size: u64,
    /// How many of these bytes [`Store::prune`] would free; of compiled code: with `all`; of containers: their removal.
    pub reclaimable: u64,
}

/// The room that the store takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Images by content, whatever the number of their names; manifests, configurations and layers as they came.
    pub images: Share,
    /// Containers, with what they have written and their logs; those that nobody uses can be removed.
    pub containers: Share,
    /// The layers' tars.
    pub layers: Share,
    /// The indexes of layers and of images.
    pub indexes: Share,
    /// Compiled code of the images' programs.
    pub code: Share,
    /// Files under way, and those that killed processes have left.
    pub temporary: Share,
}

impl Store {
    /// How much room the store takes. Of a store that others change meanwhile, as it is at some moment.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record cannot be read, [`StoreError::Io`].
    pub fn usage(&self) -> Result<Usage> {
        let records = self.list()?;
        let unneeded = if self.exists()? {
            self.sweep(&self.live_with_containers(&records, &[])?, None, false)?
        } else {
            Vec::new()
        };
        let freed =
            |kind: PartKind| unneeded.iter().filter(|part| part.kind == kind).map(|part: &Part| part.size).sum();
        let layers = self.root().join("layers");
        let mut manifests: Vec<_> = records.iter().map(|record| record.manifest.digest).collect();
        manifests.sort_unstable();
        manifests.dedup();
        let blobs = share(&self.root().join("blobs/sha256"), |_| true)?;
        let code = share(&self.code_dir(), |_| true)?;
        let temporary = share(&self.temp(), |_| true)?;
        let left = leftovers(&self.temp(), Duration::ZERO).iter().map(|(_, size)| size).sum();
        Ok(Usage {
            images: Share { count: manifests.len() as u64, reclaimable: freed(PartKind::Blob), ..blobs },
            containers: self.container_share()?,
            layers: Share { reclaimable: freed(PartKind::Layer), ..share(&layers, |suffix| suffix == "tar")? },
            indexes: Share { reclaimable: freed(PartKind::Index), ..share(&layers, |suffix| suffix != "tar")? },
            code: Share { reclaimable: code.size, ..code },
            temporary: Share { reclaimable: left, ..temporary },
        })
    }
}

impl Store {
    fn container_share(&self) -> Result<Share> {
        let mut all = Share::default();
        for folder in self.containers()? {
            let own = share(folder.path(), |_| true)?;
            // One that is removed meanwhile takes no room.
            let used = folder.is_locked().unwrap_or(true);
            all.count += 1;
            all.size += own.size;
            all.reclaimable += if used { 0 } else { own.size };
        }
        Ok(all)
    }
}

/// The files of a folder whose suffix fits.
fn share(folder: &Path, fits: impl Fn(&str) -> bool) -> Result<Share> {
    let mut share = Share::default();
    for path in files_of(folder)? {
        let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() && fits(suffix) => {
                share.count += 1;
                share.size += metadata.len();
            }
            Ok(_) => {}
            // It has just been removed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("examine", &path)(error)),
        }
    }
    Ok(share)
}

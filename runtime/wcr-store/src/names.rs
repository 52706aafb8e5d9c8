//! The names of images: giving another one, taking one away.

use std::fs;
use std::io;

use wcr_image::{Digest, Reference};

use crate::error::{Result, StoreError};
use crate::files::sync_dir;
use crate::garbage::{Live, PartKind};
use crate::index_json;
use crate::merged::chain_ids;
use crate::record::ImageRecord;
use crate::refs::key;
use crate::store::Store;

/// What [`Store::untag`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Untagged {
    /// The names that were taken away, as Docker shows them.
    pub names: Vec<String>,
    /// What went with the last name: the image's identity (the digest of its configuration), then the chain ids of
    /// those of its layers that no other image has, the topmost first.
    pub deleted: Vec<Digest>,
}

impl Store {
    /// Gives an image another name; what had the name before loses it.
    ///
    /// # Errors
    /// [`StoreError::TagWithDigest`] when the name has a digest, [`StoreError::Io`].
    pub fn tag(&self, image: &ImageRecord, name: &Reference) -> Result<()> {
        if name.digest().is_some() {
            return Err(StoreError::TagWithDigest { name: name.familiar() });
        }
        self.commit(&ImageRecord { reference: key(name), ..image.clone() })?;
        self.tell_of_image("tag", image.config.digest.to_string(), name.familiar());
        Ok(())
    }

    /// The images whose identity, manifest or pulled digest begins with these hex digits; `sha256:` may stand before
    /// them.
    ///
    /// # Errors
    /// [`StoreError`] when a record cannot be read.
    pub fn find_by_id(&self, prefix: &str) -> Result<Vec<ImageRecord>> {
        let hex = prefix.strip_prefix("sha256:").unwrap_or(prefix);
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.is_empty() || hex.len() > 64 || !hex.bytes().all(is_hex) {
            return Ok(Vec::new());
        }
        let mut records = self.list()?;
        let is_named = |digest: &Digest| digest.hex().starts_with(hex);
        records.retain(|record| [record.config.digest, record.manifest.digest, record.digest].iter().any(is_named));
        Ok(records)
    }

    /// Takes the names of these records away, and removes what no other image needs of images without a name.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when that would remove an image that a container uses, unless `force` is given: the image
    /// then loses its names, and its parts go with a later [`Store::prune`].
    pub fn untag(&self, records: &[ImageRecord], force: bool) -> Result<Untagged> {
        let _lock = self.lock("index", || ())?;
        let (gone, kept): (Vec<ImageRecord>, Vec<ImageRecord>) =
            self.list()?.into_iter().partition(|record| records.iter().any(|gone| gone.reference == record.reference));
        let is_last = |record: &ImageRecord| kept.iter().all(|other| other.config.digest != record.config.digest);
        for record in gone.iter().filter(|record| !force && is_last(record)) {
            if self.is_image_used(record)? {
                return Err(StoreError::InUse { image: familiar(record) });
            }
        }
        self.forget(&gone)?;
        let mut done = Untagged { names: names(&gone, &kept), deleted: Vec::new() };
        let live = self.live_with_containers(&kept, &[])?;
        let only = self.live(&gone, &kept)?;
        let only = Live { blobs: &only.blobs - &live.blobs, ..only };
        let parts = self.sweep(&live, Some(&only), true)?;
        let layers: Vec<&str> = parts
            .iter()
            .filter(|part| part.kind == PartKind::Layer)
            .filter_map(|part| part.name.strip_suffix(".tar"))
            .collect();
        for record in gone.iter().filter(|record| is_last(record)) {
            if done.deleted.contains(&record.config.digest) {
                continue;
            }
            done.deleted.push(record.config.digest);
            let chains = chain_ids(&record.layers);
            let removed = record.layers.iter().zip(chains).rev();
            let removed = removed.filter(|(layer, _)| layers.contains(&layer.diff_id.hex().as_str()));
            for (_, chain) in removed {
                if !done.deleted.contains(&chain) {
                    done.deleted.push(chain);
                }
            }
        }
        self.tell_removed(&gone, &kept);
        Ok(done)
    }

    /// Writes down that images have lost names, and which have lost their last one.
    pub(crate) fn tell_removed(&self, gone: &[ImageRecord], kept: &[ImageRecord]) {
        let mut told = Vec::new();
        for record in gone {
            let id = record.config.digest.to_string();
            self.tell_of_image("untag", &id, familiar(record));
            let is_last = kept.iter().all(|other| other.config.digest != record.config.digest);
            if is_last && !told.contains(&id) {
                told.push(id);
            }
        }
        for id in told {
            self.tell_of_image("delete", &id, &id);
        }
    }

    /// Removes the names of images from the layout's list and then their records. To be called with the lock of the
    /// records held.
    pub(crate) fn forget(&self, records: &[ImageRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let path = self.root().join(index_json::NAME);
        let names: Vec<&str> = records.iter().map(|record| record.reference.as_str()).collect();
        if let Some(mut index) = index_json::unlist(&path, &self.temp(), &names)? {
            index.sync()?;
            index.rename(&path)?;
        }
        let folder = self.root().join("refs");
        for record in records {
            let path = self.refs(&folder).path(&record.reference);
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(StoreError::io("remove", &path))?,
            }
        }
        sync_dir(&folder)?;
        sync_dir(self.root())
    }
}

/// The names that go, as Docker tells them: each tag, and the digest behind the last tag of its repository.
fn names(gone: &[ImageRecord], kept: &[ImageRecord]) -> Vec<String> {
    let mut names = Vec::new();
    let parsed = |record: &ImageRecord| record.reference.parse::<Reference>().ok();
    for record in gone {
        let Some(reference) = parsed(record) else { continue };
        if reference.digest().is_none() {
            names.push(reference.familiar());
        }
        let same = |other: &ImageRecord| {
            other.digest == record.digest
                && parsed(other).is_some_and(|other| other.repository() == reference.repository())
        };
        let pinned = reference.pinned(record.digest).familiar();
        if !kept.iter().any(same) && !names.contains(&pinned) {
            names.push(pinned);
        }
    }
    names
}

/// A record's name as Docker shows it.
fn familiar(record: &ImageRecord) -> String {
    record.reference.parse::<Reference>().map_or_else(|_| record.reference.clone(), |reference| reference.familiar())
}

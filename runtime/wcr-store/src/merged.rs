//! All layers of an image as one: the index of what they show together.
//!
//! It is worked out when an image is stored, and named by the chain id (OCI image specification, "Layer ChainID") of the
//! top layer. An image then opens in the same time whatever the number of its layers, and each layer's tar is mapped
//! when something is read from it. Nothing depends on the file: without it the layers are opened one by one, and it is
//! made again.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use wcr_image::Digest;
use wcr_vfs::flatten;
use wcr_vfs::layer::{Layer, LayerIndex, TarData};

use crate::error::Result;
use crate::files::{TempFile, has_file};
use crate::image::map;
use crate::mmap::Mapped;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;

/// The chain id of an image's top layer.
fn chain_id(layers: &[LayerRecord]) -> Option<Digest> {
    let (first, rest) = layers.split_first()?;
    Some(rest.iter().fold(first.diff_id, |chain, layer| Digest::of(format!("{chain} {}", layer.diff_id).as_bytes())))
}

/// The tars of an image's layers, one behind the other.
struct Tars {
    parts: Vec<Tar>,
    len: u64,
}

/// One of them.
struct Tar {
    path: PathBuf,
    start: u64,
    len: u64,
    /// Mapped when it is first needed; `None` when that failed.
    map: OnceLock<Option<Mapped>>,
}

impl Tar {
    fn bytes(&self) -> Option<&[u8]> {
        let map = || map(&self.path).ok().filter(|map| map.as_ref().len() as u64 == self.len);
        self.map.get_or_init(map).as_ref().map(AsRef::as_ref)
    }
}

impl TarData for Tars {
    fn len(&self) -> u64 {
        self.len
    }

    fn range(&self, start: u64, len: u64) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let part = self.parts.partition_point(|part| part.start <= start).checked_sub(1)?;
        let part = self.parts.get(part)?;
        let start = usize::try_from(start - part.start).ok()?;
        part.bytes()?.get(start..)?.get(..usize::try_from(len).ok()?)
    }
}

impl Store {
    /// Maps an image's layers as one; `None` when their common index, or a tar, is not there or not what it should be.
    pub(crate) fn open_merged(&self, record: &ImageRecord) -> Option<Layer> {
        let chain = chain_id(&record.layers)?;
        let index = LayerIndex::open(map(&self.merged_path(&chain)).ok()?).ok()?;
        let mut tars = Tars { parts: Vec::with_capacity(record.layers.len()), len: 0 };
        for layer in &record.layers {
            let path = self.tar_path(&layer.diff_id);
            if !has_file(&path, layer.tar_size).ok()? {
                return None;
            }
            tars.parts.push(Tar { path, start: tars.len, len: layer.tar_size, map: OnceLock::new() });
            tars.len = tars.len.checked_add(layer.tar_size)?;
        }
        (index.diff_id() == *chain.as_bytes()).then_some(())?;
        Layer::new(index, tars).ok()
    }

    /// Writes the common index of an image's layers, unless it is there or there is only one layer.
    ///
    /// # Errors
    /// The index cannot be written. Layers that make no sense together are opened one by one.
    pub(crate) fn merge_layers(&self, record: &ImageRecord, layers: &[Arc<Layer>]) -> Result<()> {
        let Some(chain) = chain_id(&record.layers).filter(|_| layers.len() > 1) else { return Ok(()) };
        match flatten(layers, *chain.as_bytes(), |body| *Digest::of(body).as_bytes()) {
            Ok(index) => TempFile::put(&self.temp(), &index, &self.merged_path(&chain)),
            Err(_) => Ok(()),
        }
    }
}

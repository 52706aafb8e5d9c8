//! All layers of an image as one: the index of what they show together.
//!
//! It is worked out when an image is stored, and named by the chain id (OCI image specification, "Layer ChainID") of the
//! top layer. An image then opens in the same time whatever the number of its layers. Nothing depends on the file: without it the layers are opened one by one, and it is
//! made again.

use std::sync::Arc;

use wcr_image::Digest;
use wcr_vfs::flatten;
use wcr_vfs::layer::{Layer, LayerIndex};

use crate::error::Result;
use crate::files::TempFile;
use crate::image::map;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;
use crate::tars::Tars;

/// The chain id of an image's top layer.
pub(crate) fn chain_id(layers: &[LayerRecord]) -> Option<Digest> {
    chain_ids(layers).pop()
}

/// The chain id of each layer.
pub(crate) fn chain_ids(layers: &[LayerRecord]) -> Vec<Digest> {
    let mut chains: Vec<Digest> = Vec::with_capacity(layers.len());
    for layer in layers {
        let chain = chains.last().map(|below| Digest::of(format!("{below} {}", layer.diff_id).as_bytes()));
        chains.push(chain.unwrap_or(layer.diff_id));
    }
    chains
}

impl Store {
    /// Maps an image's layers as one; `None` when their common index, or a tar, is not there or not what it should be.
    pub(crate) fn open_merged(&self, record: &ImageRecord) -> Option<Layer> {
        let chain = chain_id(&record.layers)?;
        let index = LayerIndex::open(map(&self.merged_path(&chain)).ok()?).ok()?;
        let tars = record.layers.iter().map(|layer| (self.tar_path(&layer.diff_id), layer.tar_size));
        let tars = Tars::at(tars, self.hold_of(record)).ok()??;
        (index.diff_id() == *chain.as_bytes()).then_some(())?;
        Layer::new(index, tars).ok()
    }

    /// The index of what an image's layers show together; `None` when they make no sense together.
    pub(crate) fn merged_index(chain: Digest, layers: &[Arc<Layer>]) -> Option<Vec<u8>> {
        flatten(layers, *chain.as_bytes(), |body| *Digest::of(body).as_bytes()).ok()
    }

    /// Writes the common index of an image's layers, unless it is there or there is only one layer.
    ///
    /// # Errors
    /// The index cannot be written. Layers that make no sense together are opened one by one.
    pub(crate) fn merge_layers(&self, record: &ImageRecord, layers: &[Arc<Layer>]) -> Result<()> {
        let Some(chain) = chain_id(&record.layers).filter(|_| layers.len() > 1) else { return Ok(()) };
        match Self::merged_index(chain, layers) {
            Some(index) => {
                let mut file = TempFile::with(&self.temp(), &index)?;
                file.sync()?;
                self.place(file, &self.merged_path(&chain))
            }
            None => Ok(()),
        }
    }
}

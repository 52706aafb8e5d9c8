//! Images as they are mounted.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use wcr_vfs::layer::{Layer, LayerIndex};

use crate::error::{Result, StoreError};
use crate::files::open_regular;
use crate::hold::share;
use crate::ingest::{LayerSpec, LayerWriter};
use crate::mmap::Mapped;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;
use crate::tars::Tars;

/// An image of the store, ready to be mounted.
pub struct Image {
    /// What the store remembers of it; `run` says how a container is started.
    pub record: ImageRecord,
    /// The layers, the lowest first; the one that stands for all of them, where there is.
    pub layers: Vec<Arc<Layer>>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("record", &self.record).finish_non_exhaustive()
    }
}

/// The piece in which a blob is read back, in bytes.
const PIECE: usize = 256 << 10;

impl Store {
    /// Maps an image's layers, as one where they are several. What is missing or stale of a layer is made again from
    /// its blob.
    ///
    /// # Errors
    /// [`StoreError`]: a blob is missing or corrupt, a file cannot be read.
    pub fn open_layers(&self, record: &ImageRecord) -> Result<Vec<Arc<Layer>>> {
        if record.layers.len() > 1
            && let Some(layer) = self.open_merged(record)
        {
            return Ok(vec![Arc::new(layer)]);
        }
        let layers = self.open_each(record)?;
        // It saves time only, and a store may be read-only.
        drop(self.merge_layers(record, &layers));
        Ok(layers)
    }

    /// Maps an image's layers one by one.
    pub(crate) fn open_each(&self, record: &ImageRecord) -> Result<Vec<Arc<Layer>>> {
        let mut image = self.hold_of(record);
        record.layers.iter().map(|layer| self.open_or_rebuild(layer, image.take()).map(Arc::new)).collect()
    }

    /// What says that an image is in use, as long as it is open. Without it the image is used all the same.
    pub(crate) fn hold_of(&self, record: &ImageRecord) -> Option<File> {
        let (file, _) = open_regular(&self.blob_path(&record.config.digest)).ok()?;
        share(&file);
        Some(file)
    }

    fn open_or_rebuild(&self, record: &LayerRecord, image: Option<File>) -> Result<Layer> {
        match self.open_layer(record, image) {
            Ok(layer) => return Ok(layer),
            Err(error @ StoreError::Damaged { .. }) => drop(error),
            Err(error) if error.is_not_found() => drop(error),
            Err(error) => return Err(error),
        }
        let _lock = self.lock_layer(&record.diff_id, || ())?;
        if let Ok(layer) = self.open_layer(record, None) {
            return Ok(layer);
        }
        self.rebuild_layer(record)?;
        self.open_layer(record, None)
    }

    /// Maps one layer, and checks what can be checked without reading it.
    pub(crate) fn open_layer(&self, record: &LayerRecord, image: Option<File>) -> Result<Layer> {
        let idx_path = self.idx_path(&record.diff_id);
        let damaged = |reason: &str| StoreError::Damaged { path: idx_path.clone(), reason: reason.into() };
        let index = LayerIndex::open(map(&idx_path)?).map_err(|error| damaged(&error.to_string()))?;
        if index.diff_id() != *record.diff_id.as_bytes() {
            return Err(damaged("it belongs to another layer"));
        }
        let tar = Tars::at([(self.tar_path(&record.diff_id), index.tar_len())], image)?;
        let tar = tar.ok_or_else(|| damaged("its tar is missing or has another length"))?;
        Layer::new(index, tar).map_err(|error| damaged(&error.to_string()))
    }

    /// Makes a layer's tar and index again from its blob. A corrupt blob is removed, so that the next pull heals it.
    pub(crate) fn rebuild_layer(&self, record: &LayerRecord) -> Result<()> {
        let path = self.blob_path(&record.digest);
        let (file, length) = open_regular(&path)?;
        let spec = LayerSpec {
            digest: record.digest,
            size: record.size,
            diff_id: record.diff_id,
            compression: record.compression(),
        };
        if length != record.size {
            self.discard(&path);
            return Err(StoreError::Length { digest: record.digest, expected: record.size, actual: length });
        }
        self.ensure()?;
        let mut writer = LayerWriter::new(self, spec, false)?;
        read_pieces(&file, &path, |piece| writer.write(piece))?;
        match writer.finish() {
            Err(error @ (StoreError::Digest { what: "blob", .. } | StoreError::Length { .. })) => {
                self.discard(&path);
                Err(error)
            }
            done => done.map(drop),
        }
    }

    fn discard(&self, path: &Path) {
        // If it cannot be removed, the next pull finds it by its length or not at all.
        drop(std::fs::remove_file(path));
    }
}

/// Reads a file from its start to its end, piece by piece.
pub(crate) fn read_pieces(file: &std::fs::File, path: &Path, mut take: impl FnMut(Bytes) -> Result<()>) -> Result<()> {
    use std::io::Read as _;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        file.take(PIECE as u64).read_to_end(&mut piece).map_err(StoreError::io("read", path))?;
        if piece.is_empty() {
            return Ok(());
        }
        take(piece.into())?;
    }
}

/// Maps a file of the store.
pub(crate) fn map(path: &Path) -> Result<Mapped> {
    let (file, length) = open_regular(path)?;
    Mapped::new(&file, length).map_err(StoreError::io("map", path))
}

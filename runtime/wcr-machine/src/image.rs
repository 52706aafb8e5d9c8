//! The images that containers are made of.

use std::sync::Arc;

use wcr_image::{ImageConfig, Limits, Platform, RunConfig};
use wcr_vfs::layer::{Layer, LayerData, LayerIndex, TarData};

use crate::error::BootError;

/// What a container needs of its image.
#[derive(Debug, Clone)]
pub struct ContainerImage {
    /// The layers, the lowest first.
    pub layers: Vec<Arc<Layer>>,
    /// How a container is started.
    pub config: RunConfig,
    /// What the image is for.
    pub platform: Platform,
}

/// The parts of the image that wcr carries.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinFiles<Tar, File = Tar> {
    /// The one layer's tar.
    pub tar: Tar,
    /// The layer's index.
    pub index: File,
    /// The image's configuration, JSON.
    pub config: File,
}

impl ContainerImage {
    /// The image that wcr carries: a small system whose programs are the bundled guests.
    ///
    /// # Errors
    /// [`BootError::Builtin`].
    pub fn builtin<Tar, File>(files: BuiltinFiles<Tar, File>) -> Result<Self, BootError>
    where
        Tar: TarData + 'static,
        File: LayerData + 'static,
    {
        let damaged = |error: &dyn std::fmt::Display| BootError::Builtin(error.to_string());
        let config = ImageConfig::parse(files.config.bytes(), &Limits::DEFAULT).map_err(|error| damaged(&error))?;
        let index = LayerIndex::open(files.index).map_err(|error| damaged(&error))?;
        let layer = Layer::new(index, files.tar).map_err(|error| damaged(&error))?;
        Ok(Self { layers: vec![Arc::new(layer)], platform: config.platform(), config: config.config })
    }
}

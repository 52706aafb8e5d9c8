//! The images that containers are made of: one of the store, or the one that wcr carries.

use std::sync::Arc;

use wcr_image::{ImageConfig, Limits, Platform, RunConfig};
use wcr_vfs::layer::{Layer, LayerIndex};

use crate::bundle;
use crate::error::RunError;

/// What a container needs of its image.
#[derive(Debug)]
pub struct ContainerImage {
    /// The layers, the lowest first.
    pub layers: Vec<Arc<Layer>>,
    /// How a container is started.
    pub config: RunConfig,
    /// What the image is for.
    pub platform: Platform,
}

impl From<wcr_store::Image> for ContainerImage {
    fn from(image: wcr_store::Image) -> Self {
        Self { layers: image.layers, config: image.record.run, platform: image.record.platform }
    }
}

impl ContainerImage {
    /// The image that wcr carries: a small system whose programs are the bundled guests.
    ///
    /// # Errors
    /// [`RunError::NoBundle`], [`RunError::Builtin`].
    pub fn builtin() -> Result<Self, RunError> {
        let files = bundle::builtin().ok_or(RunError::NoBundle)?;
        let damaged = |error: &dyn std::fmt::Display| RunError::Builtin(error.to_string());
        let config = ImageConfig::parse(files.config, &Limits::DEFAULT).map_err(|error| damaged(&error))?;
        let index = LayerIndex::open(files.index).map_err(|error| damaged(&error))?;
        let layer = Layer::new(index, files.tar).map_err(|error| damaged(&error))?;
        Ok(Self { layers: vec![Arc::new(layer)], platform: config.platform(), config: config.config })
    }
}

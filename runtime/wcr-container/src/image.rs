//! The images of the store, as containers take them.

use wcr_machine::ContainerImage;

/// What a container needs of an image of the store.
#[must_use]
pub fn from_store(image: wcr_store::Image) -> ContainerImage {
    ContainerImage { layers: image.layers, config: image.record.run, platform: image.record.platform }
}

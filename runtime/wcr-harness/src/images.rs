//! Where the images of a script come from: passed in, and asked for each image once.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use wcr_image::{Reference, ReferenceError};
use wcr_machine::ContainerImage;

/// A source of images.
pub trait Images: Send {
    /// The image that a reference names.
    ///
    /// # Errors
    /// It is not to be had, with all the reasons.
    fn image(&mut self, reference: &Reference) -> Result<ContainerImage, Box<dyn Error + Send + Sync>>;
}

/// Why a script cannot have an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Its name is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The source does not have it, for this reason.
    #[error("{0}")]
    Source(String),
}

/// The images that were asked for, also those that were not there.
pub(crate) struct ImageCache {
    source: Box<dyn Images>,
    known: HashMap<String, Result<Arc<ContainerImage>, ImageError>>,
}

impl ImageCache {
    pub(crate) fn new(source: Box<dyn Images>) -> Self {
        Self { source, known: HashMap::new() }
    }

    /// The image of this name.
    pub(crate) fn get(&mut self, name: &str) -> Result<Arc<ContainerImage>, ImageError> {
        let reference: Reference = name.parse()?;
        let source = &mut self.source;
        let fetch = || source.image(&reference).map(Arc::new).map_err(|error| ImageError::Source(error.to_string()));
        self.known.entry(reference.to_string()).or_insert_with(fetch).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use wcr_image::Platform;

    struct Counting(Arc<AtomicUsize>);

    impl Images for Counting {
        fn image(&mut self, reference: &Reference) -> Result<ContainerImage, Box<dyn Error + Send + Sync>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if reference.familiar().starts_with("none") {
                return Err("there is no such image".into());
            }
            Ok(ContainerImage { layers: Vec::new(), config: Default::default(), platform: Platform::default() })
        }
    }

    #[test]
    fn each_image_is_asked_for_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut cache = ImageCache::new(Box::new(Counting(asked.clone())));
        for name in ["busybox", "busybox:latest", "docker.io/library/busybox"] {
            assert!(cache.get(name).is_ok());
        }
        for _ in 0..2 {
            assert_eq!(cache.get("none").unwrap_err().to_string(), "there is no such image");
        }
        assert!(matches!(cache.get("Upper Case"), Err(ImageError::Reference(_))));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}

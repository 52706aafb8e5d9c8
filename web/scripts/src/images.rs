//! The images of scripts: the built-in one, and that of the open archive by its names.

use std::error::Error;

use wcr_harness::Images;
use wcr_image::Reference;
use wcr_machine::ContainerImage;
use wcr_web::images;

/// The name of the built-in image.
const BUILTIN: &str = "busybox:latest";

/// What a page has.
pub(crate) struct PageImages {
    /// The names of the archive that is open.
    pub(crate) archive: Vec<String>,
}

impl Images for PageImages {
    fn image(&mut self, reference: &Reference) -> Result<ContainerImage, Box<dyn Error + Send + Sync>> {
        let is = |name: &str| name.parse::<Reference>().is_ok_and(|named| named == *reference);
        if self.archive.iter().any(|name| is(name)) {
            return Ok(images::image(true, None)?);
        }
        if is(BUILTIN) {
            return Ok(images::image(false, None)?);
        }
        let known = self.archive.iter().map(String::as_str).chain([BUILTIN]).collect::<Vec<_>>().join(", ");
        Err(format!("the page has no image {}; it has {known}: open another one above", reference.familiar()).into())
    }
}

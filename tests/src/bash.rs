//! An image whose `/bin/bash` is Debian's, beside BusyBox for the other programs.

use std::fs;

use serde_json::json;

use crate::image::Image;
use crate::layer::Layer;
use crate::{busybox, skip};

/// Where Debian has it.
const PATH: &str = "/bin/bash";
/// The version that the corpus was recorded from, as it stands in the program.
const PROOF: &[u8] = b"5.2.15";

/// The bytes of the program; `None` (noted as skipped) where there is none of that version.
pub fn program() -> Option<Vec<u8>> {
    let program = fs::read(PATH).ok().filter(|bytes| bytes.windows(PROOF.len()).any(|window| window == PROOF));
    if program.is_none() {
        skip::note("bash is not installed");
    }
    program
}

/// The layer with the program, to be put over BusyBox's.
pub fn layer() -> Option<Layer> {
    Some(Layer::new().file("bin/bash", 0o755, program()?))
}

/// The image.
pub fn image() -> Option<Image> {
    Some(Image::new([busybox::layer(), layer()?.into()]).with("Cmd", json!(["bash"])))
}

//! The WASI 0.2 component that the tests run: `tests/component/probe.rs`, compiled by the test command.

use crate::busybox;
use crate::image::Image;
use crate::lab::Lab;
use crate::layer::{Layer, MTIME};
use crate::skip;

/// The variable with the component's path; not set where it cannot be built.
const VARIABLE: &str = "WCR_TEST_COMPONENT";

/// The component's bytes; `None`, and the calling test noted as skipped, where it cannot be built.
///
/// # Panics
/// It was built and cannot be read.
pub fn program() -> Option<Vec<u8>> {
    let Some(path) = std::env::var_os(VARIABLE) else {
        skip::note("no component was built: the Rust target wasm32-wasip2 is missing");
        return None;
    };
    Some(std::fs::read(path).expect("read the component"))
}

/// The BusyBox image with the component as `/bin/probe`, and a few files for it in `/data`.
pub fn image() -> Option<Image> {
    let layer = Layer::new()
        .file("bin/probe", 0o755, program()?)
        .dir("data", 0o755)
        .file("data/text", 0o644, "of the image\n")
        .dir("data/sub", 0o755)
        .symlink("data/link", "/data/text");
    Some(Image::new([busybox::layer(), layer.into()]))
}

/// A place to work with that image in its store, and the image's reference.
pub fn lab() -> Option<(Lab, String)> {
    let lab = Lab::open()?;
    let reference = lab.provide("component", &image()?);
    Some((lab, reference))
}

/// When the files of the image were changed, in seconds since 1970.
pub const CHANGED: u64 = MTIME;

//! The WebAssembly programs that the tests run: `tests/component/probe.rs`, compiled by the test command to a WASI 0.2
//! component and to a module for preview 1.

use crate::busybox;
use crate::image::Image;
use crate::lab::Lab;
use crate::layer::{Layer, MTIME};
use crate::skip;

/// The variable with the component's path; not set where it cannot be built.
const VARIABLE: &str = "WCR_TEST_COMPONENT";
/// The same for the module.
const MODULE_VARIABLE: &str = "WCR_TEST_MODULE";

/// The component's bytes; `None`, and the calling test noted as skipped, where it cannot be built.
///
/// # Panics
/// It was built and cannot be read.
pub fn program() -> Option<Vec<u8>> {
    built(VARIABLE, "no component was built: the Rust target wasm32-wasip2 is missing")
}

/// The module's bytes; `None`, and the calling test noted as skipped, where it cannot be built.
///
/// # Panics
/// It was built and cannot be read.
pub fn module() -> Option<Vec<u8>> {
    built(MODULE_VARIABLE, "no module was built: the Rust target wasm32-wasip1 is missing")
}

fn built(variable: &str, otherwise: &str) -> Option<Vec<u8>> {
    let Some(path) = std::env::var_os(variable) else {
        skip::note(otherwise);
        return None;
    };
    Some(std::fs::read(path).expect("read the program"))
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

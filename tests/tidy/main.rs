//! Tests of the sources themselves: who may know whom, and counts that may fall but not grow.

mod dependencies;
mod faults;
mod ratchet;
mod rules;
mod source;

use std::path::{Path, PathBuf};

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_path_buf()
}

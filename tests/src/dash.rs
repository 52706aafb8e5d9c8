//! An image whose `/bin/sh` is Debian's dash, beside BusyBox for the other programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::image::Image;
use crate::layer::Layer;
use crate::{busybox, skip};

/// Where Debian has it.
const PATH: &str = "/bin/dash";
/// A text that no other program has.
const PROOF: &[u8] = b"Maximum function recursion depth (%d) reached";

/// The bytes of the program; `None` (noted as skipped) where there is none.
pub fn program() -> Option<Vec<u8>> {
    let program = fs::read(PATH).ok().filter(|bytes| bytes.windows(PROOF.len()).any(|window| window == PROOF));
    if program.is_none() {
        skip::note("dash is not installed");
    }
    program
}

/// The layer with the program, to be put over BusyBox's.
pub fn layer() -> Option<Layer> {
    Some(Layer::new().file("bin/dash", 0o755, program()?).symlink("bin/sh", "dash"))
}

/// The image.
pub fn image() -> Option<Image> {
    Some(Image::new([busybox::layer(), layer()?.into()]).with("Cmd", json!(["sh"])))
}

/// Puts the program and what it is linked with below `root`, where the real one is to run.
///
/// # Panics
/// A file cannot be copied.
pub fn install(root: &Path) {
    let linked = Command::new("ldd").arg(PATH).output().expect("run ldd");
    let linked = String::from_utf8_lossy(&linked.stdout).into_owned();
    let libraries = linked.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from);
    for file in libraries.chain([PathBuf::from(PATH)]) {
        let target = root.join(file.strip_prefix("/").expect("an absolute path"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("make a folder");
        fs::copy(&file, target).expect("copy a file");
    }
}

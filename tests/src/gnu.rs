//! An image whose `/usr/bin` has Debian's GNU programs, beside BusyBox for the shell.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::busybox;
use crate::image::Image;
use crate::layer::Layer;
use crate::skip;

/// Debian's packages whose programs the image has.
const PACKAGES: [&str; 8] = ["coreutils", "findutils", "grep", "sed", "gzip", "tar", "diffutils", "mawk"];

/// The paths of the programs of this machine; `None` where it is no Debian or a descendant of it, or where its coreutils
/// are not GNU's.
pub fn programs() -> Option<Vec<String>> {
    let listed =
        Command::new("dpkg").arg("-L").args(PACKAGES).output().ok().filter(|output| output.status.success())?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let in_bin = |path: &&str| ["/bin/", "/usr/bin/", "/usr/sbin/"].iter().any(|folder| path.starts_with(folder));
    let programs: Vec<String> = listed.lines().filter(in_bin).map(str::to_owned).collect();
    let ls = fs::read("/bin/ls").ok()?;
    let is_gnu = ls.windows(14).any(|window| window == b"GNU coreutils\0");
    (is_gnu && !programs.is_empty()).then_some(programs)
}

/// The layer with the programs, to be put over BusyBox's; `None` (noted as skipped) on other systems than Debian.
///
/// # Panics
/// A program cannot be read.
pub fn layer() -> Option<Layer> {
    let Some(programs) = programs() else {
        skip::note("coreutils and the programs beside them as Debian has them are not installed");
        return None;
    };
    let mut layer = Layer::new();
    for path in programs {
        let name = Path::new(&path).file_name().expect("a file's name").to_string_lossy().into_owned();
        layer = layer.file(&format!("usr/bin/{name}"), 0o755, fs::read(&path).expect("read a program"));
    }
    Some(layer)
}

/// The image; `None` (noted as skipped) on other systems than Debian.
pub fn image() -> Option<Image> {
    Some(Image::new([busybox::layer(), layer()?.into()]).with("Cmd", json!(["sh"])))
}

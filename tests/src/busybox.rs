//! The image most tests use: Debian's real BusyBox, laid out like the image of that name on Docker Hub.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use crate::image::{Blob, Image};
use crate::layer::Layer;
use crate::skip::find;

/// The users of the test image.
pub const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n\
                          bin:x:2:2:bin:/bin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n";

/// The groups of the test image.
pub const GROUP: &str = "root:x:0:\ndaemon:x:1:\nbin:x:2:\nusers:x:100:\nnogroup:x:65534:\n";

/// A user without rights, to be added to those of the test image.
const ALICE: &str = "alice:x:1000:1000:Alice:/home/alice:/bin/sh\n";

/// The layer with the program: `/bin/busybox`, every applet as a hard link or an absolute symbolic link, and the
/// folders of a small system.
///
/// # Panics
/// BusyBox is not installed.
pub fn layer() -> Blob {
    static LAYER: OnceLock<Blob> = OnceLock::new();
    LAYER.get_or_init(|| make_layer().into()).clone()
}

/// The tar of that layer.
///
/// # Panics
/// BusyBox is not installed.
pub fn layer_tar() -> Vec<u8> {
    make_layer().into_tar()
}

/// The bytes of the program itself: a static ELF file.
///
/// # Panics
/// BusyBox is not installed.
pub fn program() -> Vec<u8> {
    std::fs::read(path()).expect("read busybox")
}

/// The names of its applets.
///
/// # Panics
/// BusyBox is not installed.
pub fn applets() -> Vec<String> {
    let list = Command::new(path()).arg("--list").output().expect("run busybox --list");
    String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned).collect()
}

fn path() -> PathBuf {
    find("busybox").expect("busybox is installed")
}

fn make_layer() -> Layer {
    let mut layer = Layer::new().dir("bin", 0o755).file("bin/busybox", 0o755, program());
    for (number, applet) in applets().iter().filter(|name| *name != "busybox").enumerate() {
        let path = format!("bin/{applet}");
        layer =
            if number % 2 == 0 { layer.hard_link(&path, "bin/busybox") } else { layer.symlink(&path, "/bin/busybox") };
    }
    layer
        .dir("dev", 0o755)
        .dir("etc", 0o755)
        .file("etc/passwd", 0o644, PASSWD)
        .file("etc/group", 0o644, GROUP)
        .dir("home", 0o755)
        .dir("proc", 0o755)
        .dir("root", 0o700)
        .dir("sys", 0o755)
        .dir("tmp", 0o1777)
        .dir("usr", 0o755)
        .dir("usr/bin", 0o755)
        .symlink("usr/bin/env", "../../bin/env")
        .dir("var", 0o755)
}

/// The image: one layer, and `sh` as its command, as on Docker Hub.
pub fn image() -> Image {
    Image::new([layer()]).with("Cmd", json!(["sh"]))
}

/// The image with one more user, `alice`, number 1000 and of the group of the same name and number.
pub fn image_with_alice() -> Image {
    let users = Layer::new()
        .file("etc/passwd", 0o644, format!("{PASSWD}{ALICE}"))
        .file("etc/group", 0o644, format!("{GROUP}alice:x:1000:\n"))
        .owner(1000, 1000)
        .dir("home/alice", 0o755);
    Image::new([layer(), users.into()]).with("Cmd", json!(["sh"]))
}

//! How long it takes to fetch a large image from a registry on the same machine.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;

use wcr_tests::image::Blob;
use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;
use wcr_tests::wcr::STORE_VARIABLE;

use crate::images;
use crate::peers::podman;
use crate::report::{Report, Table};
use crate::timing::{Contestant, compare};

/// Measures pulls of the large image into fresh folders.
///
/// Nothing is deleted before the end: ext4 steps around recently deleted files, which would slow down later rounds.
pub fn run(report: &mut Report, rounds: usize) {
    let Some(lab) = Lab::open() else { return };
    let folder = Scratch::new("bench-pull");
    let number = Cell::new(0);
    let fresh = |name: &str| -> PathBuf {
        number.set(number.get() + 1);
        // What earlier rounds wrote should not be written out during this one.
        let _ = Command::new("sync").status();
        folder.join(format!("{name}-{}", number.get()))
    };
    eprintln!("bench: making the image with 60,000 files");
    let image = images::large();
    let megabytes = |bytes: usize| bytes / 1_000_000;
    let plain = megabytes(image.layers().iter().map(Blob::tar_size).sum());
    let compressed = megabytes(image.layers().iter().map(Blob::compressed_size).sum());
    let reference = lab.push("large", &image).reference;
    let source = format!("docker://{reference}");

    let local = folder.join("local");
    let mut contestants = vec![
        Contestant::new("skopeo copy to a layout", || {
            let mut command = Command::new("skopeo");
            command.args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", &source]);
            command.arg(format!("oci:{}:latest", fresh("layout").display()));
            command
        }),
        Contestant::new("wcr pull", || {
            lab.wcr(["pull", &reference]).env(STORE_VARIABLE, fresh("store")).into_command()
        }),
    ];
    if find("podman").is_some() {
        contestants.push(Contestant::new("podman pull", || {
            let mut command = podman(&fresh("podman"));
            command.args(["pull", "--quiet", "--tls-verify=false", &reference]);
            command
        }));
    }
    if find("umoci").is_some() {
        let copied = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", &source])
            .arg(format!("oci:{}:latest", local.display()))
            .status();
        if copied.is_ok_and(|status| status.success()) {
            contestants.push(Contestant::new("umoci unpack of a local layout", || {
                let mut command = Command::new("umoci");
                command.args(["raw", "unpack", "--image", &format!("{}:latest", local.display())]);
                command.arg(fresh("unpacked"));
                command
            }));
        }
    }
    report.add(Table {
        key: "pull",
        title: "Pull".into(),
        about: format!(
            "An image with 60,000 files in 8 layers above BusyBox, {plain} MB plain and {compressed} MB as gzip, from \
             docker-registry on loopback. wcr's result is ready to run; skopeo's is the compressed blobs."
        ),
        outcomes: compare(contestants, rounds, None),
    });
}

//! How long it takes to fetch a large image from a registry on the same machine.

use std::cell::Cell;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use wcr_tests::image::{Blob, Image, digest};
use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;
use wcr_tests::wcr::STORE_VARIABLE;

use crate::images;
use crate::memory;
use crate::peers::podman;
use crate::report::{Report, Table};
use crate::timing::{Contestant, Outcome, compare};

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
    let memory = taken(folder.path(), pull(&lab, &reference, &fresh("store")));

    let local = folder.join("local");
    let mut contestants = vec![
        Contestant::new("skopeo copy to a layout", || copy(&source, &fresh("layout"))),
        Contestant::new("wcr pull", || pull(&lab, &reference, &fresh("store"))),
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
             docker-registry on loopback. wcr's result is ready to run; skopeo's is the compressed blobs. wcr takes \
             {memory} of memory at most."
        ),
        outcomes: compare(contestants, rounds, None),
    });
    one_layer(report, rounds, &lab, folder.path(), &fresh);
}

fn pull(lab: &Lab, reference: &str, store: &Path) -> Command {
    lab.wcr(["pull", reference]).env(STORE_VARIABLE, store).into_command()
}

fn copy(source: &str, layout: &Path) -> Command {
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", source]);
    command.arg(format!("oci:{}:latest", layout.display()));
    command
}

/// The most memory that a command takes, in words.
fn taken(folder: &Path, command: Command) -> String {
    let mut time = Command::new("busybox");
    time.arg("time");
    memory::peak(time, &folder.join("peak"), command)
        .map_or("an unknown amount".into(), |kib| format!("{} MiB", kib >> 10))
}

/// Measures pulls of an image with one large layer, beside what has to be done for it in any case.
fn one_layer(report: &mut Report, rounds: usize, lab: &Lab, folder: &Path, fresh: &dyn Fn(&str) -> PathBuf) {
    eprintln!("bench: making the image with one large layer");
    let tar = images::one_layer();
    let blob = Blob::from_tar(&tar, 6);
    let reference = lab.push("one-layer", &Image::new([blob.clone()])).reference;
    let source = format!("docker://{reference}");
    let mut outcomes = vec![
        alone("inflate alone, in memory", rounds, || {
            let (mut inflated, mut buffer) = (flate2::read::GzDecoder::new(blob.bytes()), vec![0; 256 << 10]);
            while inflated.read(&mut buffer).expect("inflate") > 0 {}
        }),
        alone("SHA-256 of the tar alone, in memory", rounds, || drop(digest(&tar))),
    ];
    // Ratios are to the larger of the two.
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.median()));
    let memory = taken(folder, pull(lab, &reference, &fresh("store")));
    let contestants = vec![
        Contestant::new("wcr pull", || pull(lab, &reference, &fresh("store"))),
        Contestant::new("skopeo copy to a layout", || copy(&source, &fresh("layout"))),
    ];
    outcomes.extend(compare(contestants, rounds, None));
    report.add(Table {
        key: "pull-one-layer",
        title: "Pull of one layer".into(),
        about: format!(
            "An image with one layer, {} MB plain and {} MB as gzip, and what one thread needs for inflating it and for its \
             digest alone. wcr takes {memory} of memory at most.",
            tar.len() / 1_000_000,
            blob.compressed_size() / 1_000_000
        ),
        outcomes,
    });
}

/// Something that this process does itself.
fn alone(name: &str, rounds: usize, work: impl Fn()) -> Outcome {
    let measure = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    Outcome { name: name.into(), times: Ok((0..rounds).map(measure).collect()) }
}

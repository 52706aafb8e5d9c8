//! Compares a pull with `skopeo copy docker://… oci:…` on an image of 8 layers, 60,000 files and about
//! 336 MB, from a docker-registry on loopback. Both run in turns, each time into a fresh folder.
//!
//! `cargo run --release --example bench_pull -- [FOLDER] [ROUNDS] [PARALLEL]`; FOLDER should be on a real disk.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark stops at the first surprise")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/layout.rs"]
mod layout;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/registry.rs"]
mod registry;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use registry::{Folder, Registry};
use wcr_image::{Platform, Reference};
use wcr_registry::{Client, Options, Silent};
use wcr_store::Store;

const LAYERS: usize = 8;
const FILES: usize = 7_500;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from).join("wcr-bench-pull");
    let rounds: usize = arguments.next().map_or(7, |text| text.parse().expect("a number of rounds"));
    let parallel =
        arguments.next().map_or(Options::default().parallel, |text| text.parse().expect("a number of layers"));
    let layout = folder.join("layout");
    if !layout.join("index.json").exists() {
        make(&layout);
    }
    let registry = Registry::start(&folder.join("registry")).expect("docker-registry is not installed");
    let name = registry.name("bench:latest");
    assert!(Registry::skopeo(&format!("oci:{}:latest", layout.display()), &format!("docker://{name}")));
    let reference: Reference = name.parse().unwrap();
    let (mut ours, mut skopeos) = (Vec::new(), Vec::new());
    // All folders live to the end: what is deleted slows down who writes next.
    let mut folders = Vec::new();
    let mut fresh = |name: &str| {
        let folder = Folder::new(name);
        let path = folder.0.clone();
        folders.push(folder);
        path
    };
    for round in 0..rounds {
        let target = fresh(&format!("bench-skopeo-{round}"));
        settle();
        let start = Instant::now();
        Registry::skopeo(&format!("docker://{name}"), &format!("oci:{}:latest", target.display()));
        skopeos.push(start.elapsed());
        let target = fresh(&format!("bench-wcr-{round}"));
        settle();
        let start = Instant::now();
        let store = Store::open(target.join("store")).unwrap();
        let options = Options { parallel, ..Options::default() };
        Client::new(options).unwrap().pull(&store, &reference, &Platform::default(), &Silent).unwrap();
        ours.push(start.elapsed());
        println!("round {round}: skopeo {:.3?} wcr {:.3?}", skopeos[round], ours[round]);
        if round == 0 {
            opening(&store, &reference);
        }
    }
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let (least_ours, least_skopeos) = (least(&ours), least(&skopeos));
    let (ours, skopeos) = (median(ours), median(skopeos));
    let row = |name: &str, median: Duration, least: Duration| {
        println!("| {name} | {:.3} s | {:.3} s |", median.as_secs_f64(), least.as_secs_f64());
    };
    println!("| pull | median | least |\n|---|---|---|");
    row("skopeo copy to an OCI layout", skopeos, least_skopeos);
    row("wcr: blobs, tars, indexes, on the disk", ours, least_ours);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!("| ratio | {:.2} | {:.2} |", ratio(ours, skopeos), ratio(least_ours, least_skopeos));
}

/// Has the system write what the last run left unwritten, where it knows `sync`, so that nobody pays for others.
fn settle() {
    drop(Command::new("sync").status());
}

/// How long it takes to have the image ready to be mounted.
fn opening(store: &Store, reference: &Reference) {
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        let image = Store::open(store.root()).unwrap().open_image(reference).unwrap().unwrap();
        times.push(start.elapsed());
        drop(image);
    }
    println!("open {LAYERS} layers: median {:.1?}, least {:.1?}", median(times.clone()), times.iter().min().unwrap());
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Files of text with a touch of noise, so that gzip makes about a third of them.
fn make(folder: &Path) {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words: Vec<String> = (0..8192)
        .map(|_| {
            let length = 3 + random() % 8;
            (0..length).map(|_| char::from(b'a' + (random() % 26) as u8)).collect()
        })
        .collect();
    let mut tars = Vec::new();
    for layer in 0..LAYERS {
        let mut builder = tar::Builder::new(Vec::new());
        for file in 0..FILES {
            let size = 500 + random() % 8_600;
            let mut content = Vec::new();
            while (content.len() as u64) < size {
                let r = random();
                // Few words are frequent and many are rare.
                let range = 1 << (r % 10 + 4);
                content.extend_from_slice(words[(r >> 8) as usize % range].as_bytes());
                content.push(if r & 0xf000_0000 == 0 { b'\n' } else { b' ' });
            }
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            let path = format!("usr/share/layer{layer}/dir{}/file{file}.txt", file / 100);
            builder.append_data(&mut header, path, &content[..]).unwrap();
        }
        tars.push(builder.into_inner().unwrap());
    }
    let image = layout::image("amd64", &tars);
    let plain: usize = tars.iter().map(Vec::len).sum();
    let gzip: usize = image.layers.iter().map(|layer| layer.bytes.len()).sum();
    println!(
        "image: {LAYERS} layers, {} files, {} MB plain, {} MB gzip",
        LAYERS * FILES,
        plain / 1_000_000,
        gzip / 1_000_000
    );
    layout::write_layout(folder, &[("latest", &image)]);
}

//! Random layers: the tree that wcr makes of them, beside those of GNU tar and umoci.
//!
//! A single layer without marks is compared with what GNU tar unpacks. Stacks of layers with whiteouts, and layers in
//! which names change what they are, are compared with what umoci unpacks.
//!
//! Left out, as tools differ among themselves: names that lead through a symbolic link of the same layer, and devices,
//! which not every machine lets be made. What differs for a reason is listed with it in `fuzz/layers-explained.txt`.

pub mod archive;
mod case;
mod explained;
pub mod sparse;
pub mod tree;

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

pub use case::{Case, Oracle};
use explained::{describe, reason};

use crate::image::{Blob, Image, Layout};
use crate::scratch::Scratch;
use crate::skip;
use crate::wcr::Wcr;
use tree::{Tree, differences, of_folder, of_tar};

/// How many images are loaded at once.
const BATCH: u64 = 50;

/// A case that wcr takes otherwise.
#[derive(Debug)]
pub struct Difference {
    /// The case's seed.
    pub seed: u64,
    /// What differs, a line each.
    pub lines: Vec<String>,
    /// The case in words.
    pub case: String,
    /// Why it differs, if that is known.
    pub reason: Option<String>,
}

impl Difference {
    fn new(seed: u64, case: &Case, lines: Vec<String>) -> Self {
        let reason = reason(case, &lines);
        Difference { seed, lines, case: describe(case), reason }
    }
}

/// Whether the comparison can be made here; if not, that is noted.
pub fn can_run() -> bool {
    if !skip::unless_installed(&["tar", "umoci"]) {
        return false;
    }
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip::note("only root can make files that belong to others");
    }
    root
}

/// Compares the cases of these seeds, and gives those that differ.
///
/// # Panics
/// A program cannot be started.
pub fn run(seeds: Range<u64>, mut progress: impl FnMut(u64)) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut start = seeds.start;
    while start < seeds.end {
        let end = seeds.end.min(start + BATCH);
        found.extend(batch(start..end));
        start = end;
        progress(start);
    }
    found
}

fn batch(seeds: Range<u64>) -> Vec<Difference> {
    let cases: Vec<(u64, Case)> = seeds.map(|seed| (seed, Case::random(seed))).collect();
    // In memory, where there is such a folder: none of it has to last.
    let memory = Path::new("/dev/shm");
    let scratch = if memory.is_dir() { Scratch::within(memory, "layers") } else { Scratch::new("layers") };
    let folder = scratch.join("layout");
    let mut layout = Layout::create(&folder);
    for (seed, case) in &cases {
        let blobs = case.layers.iter().map(|layer| Blob::from_tar(&layer.tar(), 1));
        // Two cases with the same layers are still two images.
        layout.add(&seed.to_string(), &Image::new(blobs).with("Labels", json!({ "seed": seed.to_string() })));
    }
    let wcr = |args: &[&str]| Wcr::new(scratch.path()).args(args).run();
    name_all(&folder);
    let loaded = wcr(&["load", "-q", "-i", folder.to_str().unwrap_or_default()]);
    let mut found = Vec::new();
    if loaded.code() != Some(0) {
        // One of them is refused: which one shows when each is taken alone.
        if let [(seed, case)] = cases.as_slice() {
            return vec![Difference::new(*seed, case, vec![loaded.stderr()])];
        }
        let (first, last) = (cases[0].0, cases[cases.len() - 1].0);
        let middle = first + (last - first).div_ceil(2);
        found.extend(batch(first..middle));
        found.extend(batch(middle..last + 1));
        return found;
    }
    for (seed, case) in &cases {
        let exported = wcr(&["export", &format!("fuzz/layers:{seed}")]);
        if exported.code() != Some(0) {
            found.push(Difference::new(*seed, case, vec![exported.stderr()]));
            continue;
        }
        let unpacked = scratch.join(seed.to_string());
        let lines = match theirs(case, *seed, &folder, &unpacked) {
            Ok(theirs) => differences(&of_tar(&exported.stdout), &theirs),
            Err(message) => vec![format!("{:?} refuses it: {message}", case.oracle)],
        };
        if !lines.is_empty() {
            found.push(Difference::new(*seed, case, lines));
        }
        drop(fs::remove_dir_all(&unpacked));
    }
    found
}

/// Gives the images of a layout full names beside their tags.
fn name_all(folder: &Path) {
    let path = folder.join("index.json");
    let mut index: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("read the layout")).expect("read the layout");
    for entry in index["manifests"].as_array_mut().into_iter().flatten() {
        let annotations = &mut entry["annotations"];
        let tag = annotations["org.opencontainers.image.ref.name"].as_str().unwrap_or_default().to_owned();
        annotations["io.containerd.image.name"] = json!(format!("docker.io/fuzz/layers:{tag}"));
    }
    fs::write(path, index.to_string()).expect("write the layout");
}

/// The tree that the other program makes, or why it does not.
fn theirs(case: &Case, seed: u64, layout: &Path, folder: &Path) -> Result<Tree, String> {
    let mut command = match case.oracle {
        Oracle::Tar => {
            fs::create_dir(folder).expect("create a folder");
            let file = folder.with_extension("tar");
            fs::write(&file, case.layers[0].tar()).expect("write a tar");
            let mut command = Command::new("tar");
            command.args(["--numeric-owner", "--same-owner", "-P", "-xpf"]).arg(file).arg("-C").arg(folder);
            command
        }
        Oracle::Umoci => {
            let mut command = Command::new("umoci");
            command.args(["unpack", "--image"]).arg(format!("{}:{seed}", layout.display())).arg(folder);
            command
        }
    };
    let output = command.stdin(Stdio::null()).output().expect("start the other program");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(match case.oracle {
        Oracle::Tar => of_folder(folder),
        Oracle::Umoci => of_folder(&folder.join("rootfs")),
    })
}

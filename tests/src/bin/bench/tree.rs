//! A tree of 60,000 files, the same every time, in an image and on this machine.

use std::fs;
use std::path::Path;

use wcr_tests::layer::Layer;

/// The path of each file, and the folder that it is in.
pub fn files() -> impl Iterator<Item = (String, String)> {
    let numbers = (0..60).flat_map(|d| (0..10).flat_map(move |e| (0..10).map(move |f| (d, e, f))));
    numbers.flat_map(|(d, e, f)| {
        let folder = format!("tree/d{d:02}/e{e}/f{f}");
        (0..10).map(move |file| (folder.clone(), format!("{folder}/file{file}")))
    })
}

/// Appends the tree to a layer; `content` is given each file's number and path.
pub fn layer(mut layer: Layer, content: impl Fn(usize, &str) -> Vec<u8>) -> Layer {
    for (number, (_, path)) in files().enumerate() {
        layer = layer.file(&path, 0o644, content(number, &path));
    }
    layer
}

/// Writes the tree below `root`.
pub fn write(root: &Path, content: impl Fn(usize, &str) -> Vec<u8>) {
    let mut last = String::new();
    for (number, (folder, path)) in files().enumerate() {
        if folder != last {
            fs::create_dir_all(root.join(&folder)).expect("make a folder");
            last = folder;
        }
        fs::write(root.join(&path), content(number, &path)).expect("write a file");
    }
}

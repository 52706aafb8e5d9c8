//! Pulls that are killed at some moment: the store is whole at every moment, and the next pull succeeds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod support;

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::layout::{image, tar_of};
use support::registry::Folder;
use support::{content, pull};
use wcr_image::Digest;
use wcr_store::Store;
use wcr_tests::hostile::Server;

/// Names the store and the image, separated by a space, when this program runs as the process to be killed.
const CHILD: &str = "WCR_TEST_PULL";

/// What the process to be killed does; on its own this test does nothing.
#[test]
fn child() {
    if let Ok(arguments) = env::var(CHILD) {
        let (root, name) = arguments.split_once(' ').unwrap();
        pull(&Store::open(root).unwrap(), name).unwrap();
    }
}

fn start(store: &Store, name: &str) -> std::process::Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child"]).env(CHILD, format!("{} {name}", store.root().display()));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whatever has its final name is complete.
fn assert_whole(store: &Store) {
    for entry in fs::read_dir(store.root().join("blobs/sha256")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let digest = Digest::of(&fs::read(&path).unwrap());
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), digest.hex());
    }
    for entry in fs::read_dir(store.root().join("layers")).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            let digest = Digest::of(&fs::read(&path).unwrap());
            assert_eq!(path.file_stem().unwrap().to_str().unwrap(), digest.hex());
        }
    }
    for record in store.list().unwrap() {
        store.open_layers(&record).unwrap();
    }
}

#[test]
fn killed_at_any_moment() {
    let noise = |seed: u32| -> Vec<u8> {
        (0..400_000u32).map(|n| (n.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 11) as u8).collect()
    };
    let tars: Vec<Vec<u8>> = (0..6).map(|seed| tar_of(&[("file", &noise(seed))])).collect();
    let server = Server::of(&image("amd64", &tars), "latest", |_| None);
    let name = server.name("a");
    let folder = Folder::new("killed");
    let store = |n: usize| Store::open(folder.0.join(n.to_string())).unwrap();
    let begin = Instant::now();
    assert!(start(&store(1000), &name).wait().unwrap().success());
    let whole = begin.elapsed();
    let rounds = 24;
    let mut unfinished = 0;
    for round in 0..rounds {
        let store = store(round);
        let mut child = start(&store, &name);
        std::thread::sleep(
            whole.mul_f64(f64::from(round as u32) / f64::from(rounds as u32)) + Duration::from_micros(300),
        );
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole(&store);
        unfinished += usize::from(store.list().unwrap().is_empty());
        pull(&store, &name).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_whole(&store);
        assert_eq!(content(&store, &name, "file"), noise(5), "the top layer's");
    }
    assert!(unfinished > 0, "no pull was killed before its end");
}

#[test]
fn several_processes_at_once() {
    let tars: Vec<Vec<u8>> = (0..6u8).map(|seed| tar_of(&[("file", &vec![seed; 100_000])])).collect();
    let image = image("amd64", &tars);
    let server = Server::of(&image, "latest", |_| None);
    let folder = Folder::new("several");
    let store = Store::open(folder.0.join("store")).unwrap();
    let children: Vec<_> = (0..4).map(|_| start(&store, &server.name("a"))).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_whole(&store);
    assert_eq!(store.list().unwrap().len(), 1);
    for layer in &image.layers {
        assert_eq!(server.count(&layer.digest().to_string()), 1, "one download");
    }
}

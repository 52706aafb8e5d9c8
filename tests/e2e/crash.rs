//! Killed in the middle: the store is sound at every moment.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use wcr_tests::busybox;
use wcr_tests::image::{Blob, Image};
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::wcr::wait;

/// An image that takes a noticeable time to pull: 48 MB that do not compress, in two layers.
fn large() -> Image {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut noise = || {
        let mut bytes = Vec::with_capacity(24 << 20);
        while bytes.len() < 24 << 20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        bytes
    };
    let mut layer = |name: &str| Blob::from_tar(&Layer::new().file(name, 0o644, noise()).into_tar(), 1);
    Image::new([busybox::layer(), layer("first"), layer("second")])
}

#[test]
fn a_killed_pull_leaves_a_sound_store() {
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("large", &large());
    let small = lab.busybox();
    lab.wcr(["pull", &small.reference]).run().ok();
    for milliseconds in [1, 3, 8, 15, 30, 60, 90, 120, 180, 250] {
        let mut pull = lab.wcr(["pull", &pushed.reference]).start();
        wait(&mut pull, Duration::from_millis(milliseconds));
        lab.wcr(["list"]).run().ok();
        lab.wcr(["run", "--rm", &small.reference, "echo", "sound"]).run().ok().prints("sound\n");
    }
    lab.wcr(["pull", &pushed.reference]).run().ok();
    lab.wcr(["run", "--rm", &pushed.reference, "wc", "-c", "/first", "/second"])
        .run()
        .ok()
        .prints(" 25165824 /first\n 25165824 /second\n 50331648 total\n");
    // What killed pulls left may still belong to a running one until it is old.
    let under_way = lab.store().join("tmp");
    for entry in fs::read_dir(&under_way).unwrap() {
        let file = File::options().append(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100_000)).unwrap();
    }
    let other = lab.push("after-the-crash", &Image::new([Layer::new().file("x", 0o644, "x").into()]));
    lab.wcr(["pull", &other.reference]).run().ok();
    assert_eq!(fs::read_dir(&under_way).unwrap().count(), 0, "files of killed pulls are left");
}

#[test]
fn a_killed_run_loses_nothing() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    for milliseconds in [1, 5, 20] {
        let mut run = lab.wcr(["run", "--rm", &image, "sleep", "10"]).start();
        assert!(wait(&mut run, Duration::from_millis(milliseconds)).is_none());
    }
    lab.wcr(["run", "--rm", &image, "echo", "sound"]).run().ok().prints("sound\n");
}

//! Downloads that go on where an earlier one was killed or broke off.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wcr_tests::hostile::{Good, Reply, Request, Server};
use wcr_tests::image::{Image, digest};
use wcr_tests::layer::Layer;

use crate::place::{INTEGRITY, NET, Place, is_layer, noise};

/// An image whose one layer has about 20 MB.
fn large() -> Image {
    Image::new([Layer::new().file("large", 0o644, noise(20 << 20)).into()])
}

/// A registry that gives `first` bytes of the layer to who asks from its start, at its first request, and nothing
/// more until the connection ends.
struct Slow {
    server: Server,
    place: Place,
    image: Image,
}

impl Slow {
    fn of(first: usize, then: impl Fn(&Request, &[u8]) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let image = large();
        let shared = image.clone();
        let server = Server::of(&image, "latest", move |request| {
            if !is_layer(request, &shared) {
                return None;
            }
            let bytes = shared.layers()[0].bytes();
            if request.before > 0 {
                return then(request, bytes);
            }
            let reply = Reply::with_length(200, &[], &bytes[..first], bytes.len());
            Some(reply.then_stall(Duration::from_secs(60)))
        });
        Self { server, place: Place::new(), image }
    }

    /// Starts a pull, kills it once at least `least` bytes of the layer are on the disk, and tells how many are.
    fn kill(&self, least: u64) -> u64 {
        let mut child = self.place.wcr(["pull", &self.server.name("a")]).start();
        let deadline = Instant::now() + Duration::from_secs(120);
        let kept = loop {
            let kept = fs::metadata(self.part()).map_or(0, |metadata| metadata.len());
            if kept >= least || Instant::now() > deadline {
                break kept;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        child.kill().expect("kill");
        child.wait().expect("wait");
        assert!(kept >= least, "only {kept} bytes were kept");
        fs::metadata(self.part()).expect("what was kept").len()
    }

    fn part(&self) -> PathBuf {
        let hex = self.image.layers()[0].digest();
        self.place.path(&format!("store/tmp/{}.part", hex.trim_start_matches("sha256:")))
    }

    fn ranges(&self) -> Vec<String> {
        self.server.seen().iter().filter_map(|request| request.header("range").map(str::to_owned)).collect()
    }

    /// Pulls, and the layer is in the store as it should be.
    fn succeeds(&self) {
        self.place.wcr(["pull", &self.server.name("a")]).run().ok();
        let layer = self.image.layers()[0].digest();
        let blob = fs::read(self.place.path("store/blobs").join(layer.replace(':', "/"))).expect("the blob");
        assert_eq!(digest(&blob), layer);
        assert!(!self.part().exists(), "nothing is left of the part");
    }
}

#[test]
fn a_killed_pull_goes_on_where_it_was() {
    let slow = Slow::of(12 << 20, |_, _| None);
    let kept = slow.kill(8 << 20);
    assert_eq!(fs::metadata(slow.part()).expect("the part").mode() & 0o777, 0o600);
    let finished = slow.place.wcr(["pull", &slow.server.name("a")]).run().ok();
    finished.says(&["goes on after"]);
    let from = kept - kept % 4096;
    assert_eq!(slow.ranges(), [format!("bytes={from}-")]);
    slow.succeeds();
}

#[test]
fn what_was_kept_may_be_wrong() {
    let slow = Slow::of(12 << 20, |_, _| None);
    slow.kill(8 << 20);
    let mut part = fs::read(slow.part()).expect("the part");
    part[1_000_000] ^= 1;
    fs::write(slow.part(), &part).expect("write");
    slow.succeeds();
    assert_eq!(slow.server.count("/blobs/sha256"), 1 + 1 + 2 + 1, "configurations and the layer: killed, range, whole");
}

#[test]
fn what_was_kept_may_be_of_no_use() {
    // A server that knows no ranges, one that refuses them, and a part that is longer than the blob.
    let whole: fn(&Request, &[u8]) -> Option<Reply> = |_, bytes| Some(Reply::ok(bytes));
    let refused: fn(&Request, &[u8]) -> Option<Reply> = |request, bytes| {
        Some(if request.header("range").is_some() { Reply::new(416, &[], b"") } else { Reply::ok(bytes) })
    };
    for then in [whole, refused] {
        let slow = Slow::of(12 << 20, then);
        slow.kill(8 << 20);
        slow.succeeds();
    }
    let slow = Slow::of(12 << 20, |_, _| None);
    slow.kill(8 << 20);
    fs::write(slow.part(), noise(30 << 20)).expect("write");
    slow.succeeds();
    assert!(slow.ranges().is_empty());
}

#[test]
fn a_part_that_is_a_link_is_not_written_through() {
    let slow = Slow::of(12 << 20, |_, _| None);
    slow.kill(8 << 20);
    let target = slow.place.path("target");
    fs::write(&target, "mine").expect("write");
    fs::remove_file(slow.part()).expect("remove");
    std::os::unix::fs::symlink(&target, slow.part()).expect("link");
    slow.place.wcr(["pull", &slow.server.name("a")]).run().ok();
    assert_eq!(fs::read_to_string(&target).expect("read"), "mine");
}

#[test]
fn the_content_changes_after_a_kill() {
    let slow = Slow::of(12 << 20, |request, bytes| {
        let other = noise(bytes.len() + 7)[7..].to_vec();
        let from = wcr_tests::hostile::range(request, bytes.len()).map_or(0, |(from, _)| from);
        let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
        let status = if request.header("range").is_some() { 206 } else { 200 };
        Some(Reply::new(status, &[("Content-Range", &range)], &other[from..]))
    });
    slow.kill(8 << 20);
    let pull = || slow.place.wcr(["pull", &slow.server.name("a")]).run();
    pull().fails().exits(INTEGRITY).says(&["is corrupt"]);
    assert!(!slow.part().exists(), "what is wrong is not kept");
}

#[test]
fn a_broken_pull_keeps_what_came() {
    let image = large();
    let healthy = Arc::new(AtomicUsize::new(0));
    let (shared, switch, good) = (image.clone(), Arc::clone(&healthy), Good::of(&image, "latest"));
    let server = Server::start(move |request| {
        let broken = switch.load(Ordering::SeqCst) == 0;
        if !broken || !is_layer(request, &shared) {
            return good.answer(request);
        }
        let bytes = shared.layers()[0].bytes();
        match request.before {
            0 => Reply::with_length(200, &[], &bytes[..9 << 20], bytes.len()),
            _ => Reply::new(502, &[], b""),
        }
    });
    let place = Place::new();
    let name = server.name("a");
    place.wcr(["pull", &name]).run().fails().exits(NET);
    healthy.store(1, Ordering::SeqCst);
    place.wcr(["pull", &name]).run().ok().says(&["goes on after 9.44 MB"]);
    let ranges: Vec<_> = server.seen().iter().filter_map(|r| r.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges.last().map(String::as_str), Some("bytes=9437184-"));
}

#[test]
fn two_at_once_download_a_layer_once() {
    let slow = Slow::of(12 << 20, |_, _| None);
    slow.kill(8 << 20);
    let name = slow.server.name("a");
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..3).map(|_| scope.spawn(|| slow.place.wcr(["pull", &name]).run())).collect();
        pulls.into_iter().for_each(|pull| drop(pull.join().expect("a pull").ok()));
    });
    assert_eq!(slow.ranges().len(), 1);
}

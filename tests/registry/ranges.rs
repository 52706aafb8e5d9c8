//! One large layer over several connections, where one is slow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wcr_tests::hostile::{Good, Reply, Request, Server};
use wcr_tests::image::{Image, digest};
use wcr_tests::layer::Layer;
use wcr_tests::terminal::Terminal;

use crate::place::{Place, is_layer, noise};

/// So many bytes come over a connection each tenth of a second.
const STEP: usize = 400 << 10;

/// What was asked for, and how many requests for the layer were under way at once.
struct Seen {
    ranges: Vec<String>,
    peak: usize,
}

/// An image of 32 MB.
fn large() -> Image {
    Image::new([Layer::new().file("large", 0o644, noise(32 << 20)).into()])
}

/// Pulls it from a server whose every connection is slow.
fn pull(args: &[&str], special: fn(&Request, &[u8]) -> Option<Reply>) -> Seen {
    let image = large();
    let layer = image.layers()[0].digest();
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
    let (count, highest, good, shared) = (now, Arc::clone(&peak), Good::of(&image, "latest"), image.clone());
    let server = Server::start(move |request| {
        if !is_layer(request, &shared) {
            return good.answer(request);
        }
        let under_way = count.fetch_add(1, Ordering::SeqCst) + 1;
        let mut highest = highest.lock().expect("a lock");
        *highest = under_way.max(*highest);
        drop(highest);
        let bytes = shared.layers()[0].bytes();
        let reply = special(request, bytes).unwrap_or_else(|| good.answer(request));
        reply.slowly(STEP, Duration::from_millis(100)).counted_down(&count)
    });
    let place = Place::new();
    place.wcr([args, &[server.name("a").as_str()]].concat()).run().ok();
    let blob = std::fs::read(place.path("store/blobs").join(layer.replace(':', "/"))).expect("the blob");
    assert_eq!(digest(&blob), layer);
    let seen = server.seen();
    let ranges = seen.iter().filter_map(|request| request.header("range").map(str::to_owned)).collect();
    let peak = *peak.lock().expect("a lock");
    Seen { ranges, peak }
}

#[test]
fn a_slow_connection_gets_help() {
    let seen = pull(&["pull"], |_, _| None);
    assert!(seen.ranges.len() >= 5 && seen.peak >= 3, "{} at once, {:?}", seen.peak, seen.ranges);
    assert!(seen.ranges.iter().all(|range| !range.ends_with('-')), "{:?}", seen.ranges);
}

#[test]
fn one_download_at_a_time_is_one_connection() {
    let seen = pull(&["pull", "--parallel=1"], |_, _| None);
    assert_eq!((seen.ranges.len(), seen.peak), (0, 1));
}

#[test]
fn who_ignores_ranges_is_asked_for_the_whole_again() {
    let seen = pull(&["pull"], |_, bytes| Some(Reply::ok(bytes)));
    assert!(seen.ranges.iter().any(|range| range.ends_with('-')), "{:?}", seen.ranges);
}

#[test]
fn a_terminal_shows_the_rate_and_the_time_left() {
    let image = large();
    let good = Good::of(&image, "latest");
    let server = Server::start(move |request| match is_layer(request, &image) {
        true => good.answer(request).slowly(STEP, Duration::from_millis(50)),
        false => good.answer(request),
    });
    let place = Place::new();
    let mut terminal = Terminal::start(place.wcr(["pull", "--parallel=1", &server.name("a")]), 24, 100);
    terminal.shows("a:latest: 0 of 1 layers");
    terminal.shows("MB/s");
    terminal.shows(" left");
    terminal.shows("1 of 1 layers");
    assert!(terminal.ends().success());
}

//! Content that is not what it should be: other bytes, too many, too few, broken off.

use std::time::Duration;

use wcr_tests::hostile::{Reply, Request, range};
use wcr_tests::image::{Image, MANIFEST, digest};

use crate::place::{INTEGRITY, LIMIT, MALFORMED, NET, Registry, fault, is_layer, is_manifest, noise, sample, survived};

/// Answers for the first layer with what `reply` makes of its bytes.
fn layer(request: &Request, image: &Image, reply: impl FnOnce(&[u8]) -> Reply) -> Option<Reply> {
    is_layer(request, image).then(|| reply(image.layers()[0].bytes()))
}

fn flipped(bytes: &[u8], at: usize) -> Reply {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    Reply::ok(&bytes)
}

#[test]
fn fault_01_other_bytes_of_the_same_length() {
    fault(INTEGRITY, &["is corrupt"], |r, i| layer(r, i, |bytes| Reply::ok(&noise(bytes.len()))));
}

#[test]
fn fault_01_a_bit_in_the_first_byte() {
    fault(INTEGRITY, &["is corrupt"], |r, i| layer(r, i, |bytes| flipped(bytes, 0)));
}

#[test]
fn fault_01_a_bit_in_the_middle() {
    fault(INTEGRITY, &["is corrupt"], |r, i| layer(r, i, |bytes| flipped(bytes, bytes.len() / 2)));
}

#[test]
fn fault_01_a_bit_in_the_last_byte() {
    fault(INTEGRITY, &["is corrupt"], |r, i| layer(r, i, |bytes| flipped(bytes, bytes.len() - 1)));
}

#[test]
fn fault_01_another_configuration() {
    fault(INTEGRITY, &["the configuration"], |r, i| {
        let config = i.config();
        r.path.contains(&digest(&config)).then(|| Reply::ok(&vec![b' '; config.len()]))
    });
}

/// The sample's manifest with a space more: the same image under another digest.
fn other_manifest(image: &Image) -> Reply {
    Reply::new(200, &[("Content-Type", MANIFEST)], &[image.manifest(), b" ".to_vec()].concat())
}

#[test]
fn fault_02_a_manifest_by_digest_is_another() {
    let registry = Registry::of(&sample(), |r, i| is_manifest(r).then(|| other_manifest(i)));
    let name = format!("{}@{}", registry.name(), digest(&sample().manifest()));
    registry.fails(&name, INTEGRITY, &["is corrupt"]);
}

#[test]
fn fault_03_the_digest_header_is_of_something_else() {
    fault(INTEGRITY, &["is corrupt"], |r, i| {
        is_manifest(r).then(|| Reply::new(200, &[("Docker-Content-Digest", &digest(b"else"))], &i.manifest()))
    });
}

#[test]
fn fault_03_the_digest_header_is_no_digest() {
    fault(MALFORMED, &["Docker-Content-Digest"], |r, i| {
        is_manifest(r).then(|| Reply::new(200, &[("Docker-Content-Digest", "sha256:../x")], &i.manifest()))
    });
}

#[test]
fn fault_04_a_pinned_digest_is_never_ignored() {
    // The tag leads elsewhere, and so does an answer that ignores the digest.
    let registry = Registry::of(&sample(), |r, i| is_manifest(r).then(|| other_manifest(i)));
    let pinned = digest(&sample().manifest());
    let name = format!("{}:latest@{pinned}", registry.name());
    registry.fails(&name, INTEGRITY, &["is corrupt", &pinned]);
    let seen = registry.server.seen();
    assert!(seen.iter().filter(|r| is_manifest(r)).all(|r| r.path.ends_with(&pinned)), "the tag was asked for");
}

#[test]
fn fault_07_a_manifest_that_announces_5_mib() {
    fault(LIMIT, &["larger than the limit"], |r, _| is_manifest(r).then(|| Reply::ok(&vec![b' '; 5 << 20])));
}

#[test]
fn fault_07_a_manifest_without_an_end() {
    fault(LIMIT, &["larger than the limit"], |r, _| is_manifest(r).then(|| Reply::endless(&vec![b' '; 5 << 20])));
}

#[test]
fn fault_07_an_error_of_5_mib() {
    fault(LIMIT, &["larger than the limit"], |r, _| is_manifest(r).then(|| Reply::new(404, &[], &vec![b' '; 5 << 20])));
}

#[test]
fn fault_07_a_token_of_5_mib() {
    let registry = Registry::raw(&sample(), |r| r.path.starts_with("/token").then(|| Reply::ok(&vec![b' '; 5 << 20])));
    registry.fails(&registry.name(), LIMIT, &["larger than the limit", "a token"]);
}

#[test]
fn fault_08_a_longer_layer() {
    fault(INTEGRITY, &["bytes were announced"], |r, i| layer(r, i, |bytes| Reply::ok(&[bytes, b"more"].concat())));
}

#[test]
fn fault_08_a_byte_more_without_a_length() {
    fault(INTEGRITY, &["bytes were announced"], |r, i| layer(r, i, |bytes| Reply::endless(&[bytes, b"+"].concat())));
}

/// The layer from where it is asked for to byte `to`, and then nothing although all of it is announced.
fn cut(request: &Request, bytes: &[u8], to: usize) -> Reply {
    let (from, last) = range(request, bytes.len()).unwrap_or((0, bytes.len() - 1));
    let span = format!("bytes {from}-{last}/{}", bytes.len());
    let status = if request.header("range").is_some() { 206 } else { 200 };
    let body = &bytes[from.min(to)..to.max(from)];
    Reply::with_length(status, &[("Content-Range", &span)], body, last + 1 - from)
}

#[test]
fn fault_09_nothing_of_a_layer_comes() {
    fault(NET, &["after 0 of"], |r, i| layer(r, i, |bytes| cut(r, bytes, 0)));
}

#[test]
fn fault_09_a_layer_always_ends_in_the_middle() {
    fault(NET, &["after 1000 of"], |r, i| layer(r, i, |bytes| cut(r, bytes, 1000)));
}

#[test]
fn fault_09_a_layer_never_gets_its_last_byte() {
    fault(NET, &["after"], |r, i| layer(r, i, |bytes| cut(r, bytes, bytes.len() - 1)));
}

#[test]
fn fault_09_a_layer_is_always_reset() {
    fault(NET, &["after"], |r, i| layer(r, i, |bytes| cut(r, bytes, 5000).then_reset()));
}

#[test]
fn fault_09_every_request_is_reset() {
    let registry = Registry::raw(&sample(), |_| Some(Reply::raw("").then_reset()));
    registry.fails(&registry.name(), NET, &[]);
}

/// A fault of the first answer for the layer, with what comes after the first thousand bytes.
fn broken_once(request: &Request, image: &Image, then: impl FnOnce(&[u8]) -> Option<Reply>) -> Option<Reply> {
    if !is_layer(request, image) {
        return None;
    }
    let bytes = image.layers()[0].bytes();
    if request.before == 0 {
        return Some(Reply::with_length(200, &[], &bytes[..100_000], bytes.len()));
    }
    then(bytes)
}

/// The ranges that were asked for.
fn ranges(seen: &[Request]) -> Vec<String> {
    seen.iter().filter_map(|request| request.header("range").map(str::to_owned)).collect()
}

#[test]
fn fault_09_a_break_is_resumed_with_a_range() {
    let seen = survived(|r, i| broken_once(r, i, |_| None));
    assert_eq!(ranges(&seen), ["bytes=100000-"]);
}

#[test]
fn fault_09_a_reset_is_resumed() {
    survived(|r, i| layer(r, i, |bytes| cut(r, bytes, 100_000).then_reset()).filter(|_| r.before == 0));
}

#[test]
fn fault_09_many_breaks_that_each_bring_something() {
    let seen = survived(|r, i| {
        layer(r, i, |bytes| {
            let from = range(r, bytes.len()).map_or(0, |(from, _)| from);
            cut(r, bytes, (from + 30_000).min(bytes.len()))
        })
    });
    assert!(ranges(&seen).len() >= 9, "{:?}", ranges(&seen));
}

#[test]
fn fault_10_a_range_is_ignored() {
    let seen = survived(|r, i| broken_once(r, i, |bytes| Some(Reply::ok(bytes))));
    assert_eq!(ranges(&seen), ["bytes=100000-"]);
}

#[test]
fn fault_10_ranges_are_ignored_and_each_answer_breaks() {
    fault(NET, &["after 100000 of"], |r, i| {
        layer(r, i, |bytes| Reply::with_length(200, &[], &bytes[..100_000], bytes.len()))
    });
}

/// Status 206 with this `Content-Range`, and the body from `from`.
fn partial(request: &Request, range: Option<&str>, body: &[u8]) -> Option<Reply> {
    if request.header("range").is_none() {
        return Some(Reply::ok(body));
    }
    let headers: Vec<(&str, &str)> = range.map(|range| ("Content-Range", range)).into_iter().collect();
    Some(Reply::new(206, &headers, body))
}

#[test]
fn fault_11_a_range_from_elsewhere() {
    survived(|r, i| {
        broken_once(r, i, |bytes| {
            if r.header("range").is_none() {
                return Some(Reply::ok(bytes));
            }
            partial(r, Some(&format!("bytes 5-{}/{}", bytes.len() - 1, bytes.len())), &bytes[5..])
        })
    });
}

#[test]
fn fault_11_a_range_of_another_length() {
    survived(|r, i| broken_once(r, i, |bytes| partial(r, Some("bytes 100000-100009/100010"), bytes)));
}

#[test]
fn fault_11_a_range_that_is_not_told() {
    survived(|r, i| broken_once(r, i, |bytes| partial(r, None, bytes)));
}

#[test]
fn fault_12_a_range_gets_416() {
    survived(|r, i| {
        broken_once(r, i, |bytes| {
            Some(if r.header("range").is_some() { Reply::new(416, &[], b"") } else { Reply::ok(bytes) })
        })
    });
}

#[test]
fn fault_12_a_range_gets_400() {
    survived(|r, i| {
        broken_once(r, i, |bytes| {
            Some(if r.header("range").is_some() { Reply::new(400, &[], b"") } else { Reply::ok(bytes) })
        })
    });
}

#[test]
fn fault_13_the_content_changes_between_two_tries() {
    fault(INTEGRITY, &["is corrupt"], |r, i| broken_once(r, i, |bytes| Some(Reply::ok(&noise(bytes.len())))));
}

#[test]
fn fault_14_a_length_that_is_never_reached() {
    survived(|r, i| layer(r, i, |bytes| Reply::with_length(200, &[], bytes, bytes.len() + 1000)));
}

#[test]
fn fault_14_a_length_that_is_too_small() {
    fault(NET, &["after 1000 of"], |r, i| layer(r, i, |bytes| Reply::with_length(200, &[], &bytes[..1000], 1000)));
}

#[test]
fn fault_14_a_length_that_is_no_number() {
    fault(NET, &[], |r, i| {
        layer(r, i, |_| Reply::raw("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: -5\r\n\r\nabc"))
    });
}

#[test]
fn fault_14_two_lengths_that_contradict_each_other() {
    fault(NET, &[], |r, i| {
        layer(r, i, |_| {
            Reply::raw("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nabcdefg")
        })
    });
}

#[test]
fn fault_14_chunks_that_are_none() {
    fault(NET, &[], |r, i| {
        layer(r, i, |_| Reply::raw("HTTP/1.1 200 X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx"))
    });
}

#[test]
fn fault_14_good_chunks() {
    survived(|r, i| {
        layer(r, i, |bytes| {
            let head = "HTTP/1.1 200 X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
            let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
            let body: Vec<u8> = bytes.chunks(1000).flat_map(chunk).collect();
            Reply::raw([head.as_bytes(), &body, b"0\r\n\r\n"].concat())
        })
    });
}

#[test]
fn fault_15_a_content_encoding_on_a_layer() {
    let seen = survived(|r, i| layer(r, i, |bytes| Reply::new(200, &[("Content-Encoding", "gzip")], bytes)));
    assert!(seen.iter().all(|request| request.header("accept-encoding") == Some("identity")));
}

#[test]
fn fault_26_a_layer_stalls_in_the_middle() {
    let registry =
        Registry::of(&sample(), |r, i| layer(r, i, |bytes| cut(r, bytes, 1000).then_stall(Duration::from_secs(4))));
    registry.place.impatient();
    registry.fails(&registry.name(), NET, &["nothing came for 0.5 seconds"]);
}

#[test]
fn fault_26_a_layer_in_drips() {
    let registry =
        Registry::of(&sample(), |r, i| layer(r, i, |bytes| Reply::ok(bytes).slowly(50, Duration::from_millis(50))));
    registry.place.impatient();
    registry.fails(&registry.name(), NET, &["bytes came in"]);
}

#[test]
fn fault_26_a_stall_is_resumed() {
    let image = sample();
    let registry =
        Registry::of(&image, |r, i| broken_once(r, i, |_| None).map(|reply| reply.then_stall(Duration::from_secs(4))));
    registry.place.impatient();
    registry.place.wcr(["pull", &registry.name()]).run().ok();
    assert_eq!(ranges(&registry.server.seen()), ["bytes=100000-"]);
}

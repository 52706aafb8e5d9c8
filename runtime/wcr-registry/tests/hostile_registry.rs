//! Pulls from registries whose content is not what it should be.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wcr_image::{Class, Digest};
use wcr_registry::PullStatus;

use support::layout::{Blob, INDEX, Image, MANIFEST, gzip, image, tar_of};
use support::place::{Place, bearer, is_blob, is_manifest, noise, sample};
use support::{content, pull};
use wcr_tests::hostile::{Good, Reply, Request, Server};

#[test]
fn a_good_registry_is_pulled_from() {
    let place = Place::new("good");
    let image = sample();
    let server = Server::of(&image, "latest", |_| None);
    let name = server.name("a/b");
    let outcome = pull(&place.store, &name).unwrap();
    assert_eq!(outcome.status, PullStatus::New);
    assert_eq!(outcome.record.digest, image.manifest.digest());
    assert_eq!(content(&place.store, &name, "large"), noise(1_500_000));
    assert_eq!(content(&place.store, &name, "small"), b"hello");
    let blobs = server.count("/blobs/");
    assert_eq!(pull(&place.store, &name).unwrap().status, PullStatus::UpToDate);
    assert_eq!(server.count("/blobs/"), blobs + 1, "only the configuration comes again");
    let agent = server.seen()[0].header("user-agent").unwrap().to_owned();
    assert!(agent.starts_with("wcr/"), "{agent}");
    pull(&place.store, &format!("{name}@{}", image.manifest.digest())).unwrap();
    assert_eq!(place.store.list().unwrap().len(), 2);
}

#[test]
fn content_that_is_not_what_was_announced() {
    let place = Place::new("announced");
    let image = Arc::new(sample());
    type Special = fn(&Request, &Image) -> Option<Reply>;
    let cases: Vec<(Special, Class, &str, &str)> = vec![
        (
            |r, i| is_blob(r, &i.layers[0]).then(|| Reply::ok(&noise(i.layers[0].bytes.len()))),
            Class::Integrity,
            "is corrupt",
            "other bytes of the same length",
        ),
        (
            |r, i| is_blob(r, &i.layers[1]).then(|| Reply::ok(&[&i.layers[1].bytes[..], b"more"].concat())),
            Class::Integrity,
            "bytes were announced",
            "a longer layer",
        ),
        (
            |r, i| is_blob(r, &i.layers[0]).then(|| Reply::endless(&[&i.layers[0].bytes[..], b"+"].concat())),
            Class::Integrity,
            "bytes were announced",
            "a layer one byte longer, without a length",
        ),
        (
            |r, i| is_blob(r, &i.config).then(|| Reply::ok(&vec![b' '; i.config.bytes.len()])),
            Class::Integrity,
            "the configuration",
            "another configuration",
        ),
        (
            |r, i| is_blob(r, &i.layers[0]).then(|| Reply::with_length(200, &[], &i.layers[0].bytes[..1000], 1000)),
            Class::Network,
            "after 1000 of",
            "a layer that always ends early, and no ranges",
        ),
        (
            |r, i| is_blob(r, &i.layers[0]).then(|| Reply::with_length(200, &[], &i.layers[0].bytes, 9_999_999)),
            Class::Network,
            "",
            "a length that is never reached does not matter once all has come",
        ),
        (
            |r, i| {
                let digest = ("Docker-Content-Digest", &*Digest::of(b"else").to_string());
                is_manifest(r).then(|| Reply::new(200, &[digest], &i.manifest.bytes))
            },
            Class::Integrity,
            "is corrupt",
            "a digest header that does not match",
        ),
        (
            |r, i| {
                is_manifest(r).then(|| Reply::new(200, &[("Docker-Content-Digest", "sha256:../x")], &i.manifest.bytes))
            },
            Class::Malformed,
            "Docker-Content-Digest",
            "a digest header that is none",
        ),
    ];
    for (special, class, part, why) in cases {
        let shared = Arc::clone(&image);
        let server = Server::of(&image, "latest", move |request| special(request, &shared));
        if why.contains("does not matter") {
            pull(&place.store, &server.name("a")).expect(why);
            drop(fs::remove_dir_all(place.store.root()));
            continue;
        }
        place.fails(&server.name("a"), class, part, why);
        drop(fs::remove_dir_all(place.store.root()));
    }
    let server = Server::of(&image, "latest", |_| None);
    pull(&place.store, &server.name("a")).expect("good content after bad");
}

#[test]
fn a_content_encoding_changes_nothing() {
    // Some storages label a gzip layer as encoded: it is decoded once, as a layer.
    let place = Place::new("encoding");
    let image = Arc::new(sample());
    let shared = Arc::clone(&image);
    let server = Server::of(&image, "latest", move |request| {
        let layer = shared.layers.iter().find(|layer| is_blob(request, layer))?;
        assert_eq!(request.header("accept-encoding"), Some("identity"));
        Some(Reply::new(200, &[("Content-Encoding", "gzip")], &layer.bytes))
    });
    pull(&place.store, &server.name("a")).unwrap();
    assert_eq!(content(&place.store, &server.name("a"), "small"), b"hello");
}

#[test]
fn a_pinned_digest_is_never_ignored() {
    let place = Place::new("pinned");
    let (image, other) = (sample(), support::layout::image("amd64", &[]));
    let bytes = other.manifest.bytes.clone();
    let server = Server::of(&image, "latest", move |request| {
        is_manifest(request).then(|| Reply::new(200, &[("Content-Type", MANIFEST)], &bytes))
    });
    let name = format!("{}:latest@{}", server.name("a"), image.manifest.digest());
    place.fails(&name, Class::Integrity, "is corrupt", "another manifest than the pinned one");
    assert!(server.seen().iter().any(|request| request.path.ends_with(&image.manifest.digest().to_string())));
}

#[test]
fn a_diff_id_that_does_not_match() {
    let place = Place::new("diff-id");
    let mut image = sample();
    let config = String::from_utf8(image.config.bytes.clone()).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["rootfs"]["diff_ids"][1] = json!(Digest::of(b"else"));
    image.config = Blob::new(support::layout::CONFIG, config.to_string().into_bytes());
    let mut manifest: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    manifest["config"] = image.config.descriptor.clone();
    image.manifest = Blob::new(MANIFEST, manifest.to_string().into_bytes());
    let server = Server::of(&image, "latest", |_| None);
    place.fails(&server.name("a"), Class::Integrity, "layer", "a diff-id that does not match");
}

#[test]
fn broken_connections_are_resumed() {
    let image = Arc::new(sample());
    let whole = image.layers[0].bytes.len();
    type Special = fn(&Request, &[u8]) -> Option<Reply>;
    // Each breaks off the first answer, and then has its own idea of going on.
    let cases: Vec<(Special, &str)> = vec![
        (|_, _| None, "with a proper range"),
        (|_, body| Some(Reply::ok(body)), "from the start, ranges ignored"),
        (
            |r, body| Some(if r.header("range").is_some() { Reply::new(416, &[], b"") } else { Reply::ok(body) }),
            "after 416",
        ),
        (
            |r, body| Some(if r.header("range").is_some() { Reply::new(400, &[], b"") } else { Reply::ok(body) }),
            "after 400",
        ),
        (
            |r, body| {
                let wrong = ("Content-Range", &*format!("bytes 5-{}/{}", body.len() - 1, body.len()));
                Some(if r.header("range").is_some() { Reply::new(206, &[wrong], &body[5..]) } else { Reply::ok(body) })
            },
            "after a wrong Content-Range",
        ),
        (
            |r, body| Some(if r.header("range").is_some() { Reply::new(206, &[], body) } else { Reply::ok(body) }),
            "after a missing Content-Range",
        ),
    ];
    for (special, why) in cases {
        let place = Place::new("resume");
        let shared = Arc::clone(&image);
        let server = Server::of(&image, "latest", move |request| {
            let layer = &shared.layers[0];
            if !is_blob(request, layer) {
                return None;
            }
            if request.before == 0 {
                return Some(Reply::with_length(200, &[], &layer.bytes[..700_000], layer.bytes.len()));
            }
            special(request, &layer.bytes)
        });
        pull(&place.store, &server.name("a")).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(content(&place.store, &server.name("a"), "large"), noise(1_500_000), "{why}");
        let ranges: Vec<_> = server.seen().iter().filter_map(|r| r.header("range").map(str::to_owned)).collect();
        assert_eq!(ranges, ["bytes=700000-"], "{why}");
    }
    // In many small steps: each brings something, so none is counted against it.
    let place = Place::new("resume-steps");
    let shared = Arc::clone(&image);
    let server = Server::of(&image, "latest", move |request| {
        let layer = &shared.layers[0];
        if !is_blob(request, layer) {
            return None;
        }
        let from: usize = request.header("range").map_or(0, |r| r[6..r.len() - 1].parse().unwrap());
        let to = (from + 100_000).min(whole);
        let range = format!("bytes {from}-{}/{whole}", whole - 1);
        let status = if from == 0 { 200 } else { 206 };
        Some(Reply::with_length(status, &[("Content-Range", &range)], &layer.bytes[from..to], whole - from))
    });
    pull(&place.store, &server.name("a")).unwrap();
    assert!(server.count(&image.layers[0].digest().to_string()) > 10);
}

#[test]
fn content_that_changes_between_two_tries() {
    let place = Place::new("changes");
    let image = Arc::new(sample());
    let shared = Arc::clone(&image);
    let server = Server::of(&image, "latest", move |request| {
        let layer = &shared.layers[0];
        is_blob(request, layer).then(|| match request.before {
            0 => Reply::with_length(200, &[], &layer.bytes[..700_000], layer.bytes.len()),
            _ => Reply::ok(&noise(layer.bytes.len())),
        })
    });
    place.fails(&server.name("a"), Class::Integrity, "is corrupt", "content that changes");
}

#[test]
fn large_bodies_are_not_read() {
    let place = Place::new("large");
    let image = sample();
    let huge = vec![b' '; 5 << 20];
    for (status, path, announced) in
        [(200, "/manifests/", true), (200, "/manifests/", false), (404, "/manifests/", false)]
    {
        let huge = huge.clone();
        let server = Server::of(&image, "latest", move |request| {
            let body: &[u8] = &huge;
            request.path.contains(path).then(|| match (announced, status) {
                (true, _) => Reply::new(status, &[], body),
                (false, 200) => Reply::endless(body),
                (false, _) => Reply::raw([b"HTTP/1.1 404 X\r\nConnection: close\r\n\r\n", body].concat()),
            })
        });
        place.fails(&server.name("a"), Class::Limit, "larger than the limit", "a large body");
    }
    let server = Server::start(move |request| match request.path.as_str() {
        "/v2/" => Reply::new(401, &[("WWW-Authenticate", &bearer(request))], b""),
        _ => Reply::ok(&huge),
    });
    place.fails(&server.name("a"), Class::Limit, "a token", "a large token");
}

#[test]
fn malformed_images_are_refused() {
    let place = Place::new("malformed");
    let good = sample();
    let text = String::from_utf8(good.manifest.bytes.clone()).unwrap();
    let config_digest = good.config.digest().to_string();
    let cases: Vec<(String, &str, Class, &str)> = vec![
        ("<html>no registry</html>".into(), "text/html", Class::Malformed, "not a JSON object"),
        (text.replace(MANIFEST, INDEX), INDEX, Class::Malformed, "without `manifests`"),
        (text.clone(), INDEX, Class::Malformed, "the server says"),
        (text.replace(&config_digest, "sha256:../../../etc/passwd"), MANIFEST, Class::Malformed, "digest"),
        (text.replace("\"layers\":[", "\"layers\":[],\"manifests\":["), MANIFEST, Class::Malformed, "at once"),
        (r#"{"schemaVersion":1,"fsLayers":[]}"#.into(), "application/json", Class::Malformed, "schema 1"),
        (text.replace("\"size\":", "\"size\":-"), MANIFEST, Class::Malformed, "invalid value"),
        (text.replace("\"size\":", "\"size\":99999999"), MANIFEST, Class::Limit, "limit"),
    ];
    for (body, content_type, class, part) in cases {
        let server = Server::of(&good, "latest", move |request| {
            is_manifest(request).then(|| Reply::new(200, &[("Content-Type", content_type)], body.as_bytes()))
        });
        place.fails(&server.name("a"), class, part, part);
        assert_eq!(server.count("/blobs/"), 0, "{part}: nothing is fetched of it");
    }
    let mut no_layer = image("amd64", &[b"this is no tar".to_vec()]);
    no_layer.layers[0].bytes = gzip(b"this is no tar");
    let server = Server::of(&no_layer, "latest", |_| None);
    place.fails(&server.name("a"), Class::Malformed, "tar", "a layer that is no tar");
    let mut unequal = sample();
    let mut manifest: Value = serde_json::from_slice(&unequal.manifest.bytes).unwrap();
    manifest["layers"].as_array_mut().unwrap().pop();
    unequal.manifest = Blob::new(MANIFEST, manifest.to_string().into_bytes());
    let server = Server::of(&unequal, "latest", |_| None);
    place.fails(&server.name("a"), Class::Malformed, "2 diff-ids, but the manifest has 1 layers", "a layer too few");
    let arm = image("arm64", &[]);
    let server = Server::of(&arm, "latest", |_| None);
    place.fails(&server.name("a"), Class::Malformed, "offered: linux/arm64", "another platform");
}

#[test]
fn an_index_leads_to_the_platform() {
    let place = Place::new("index");
    let good = sample();
    let entry = |platform: &str, descriptor: &Value| {
        let (os, architecture) = platform.split_once('/').unwrap();
        let mut entry = descriptor.clone();
        entry["platform"] = json!({"os": os, "architecture": architecture});
        entry
    };
    let other = image("arm64", &[]);
    let serve = |entries: Vec<Value>, manifest: Vec<u8>| {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string();
        Server::of(&good, "none", move |request| match &request.path {
            path if path.ends_with("/latest") => Some(Reply::new(200, &[("Content-Type", INDEX)], index.as_bytes())),
            path if path.contains("/manifests/") => Some(Reply::new(200, &[("Content-Type", MANIFEST)], &manifest)),
            _ => None,
        })
    };
    let both = vec![entry("linux/arm64", &other.manifest.descriptor), entry("linux/amd64", &good.manifest.descriptor)];
    let server = serve(both.clone(), good.manifest.bytes.clone());
    let outcome = pull(&place.store, &server.name("a")).unwrap();
    assert_eq!(outcome.record.manifest.digest, good.manifest.digest());
    assert_ne!(outcome.record.digest, good.manifest.digest());
    drop(fs::remove_dir_all(place.store.root()));
    let server = serve(both[..1].to_vec(), vec![]);
    place.fails(
        &server.name("a"),
        Class::Malformed,
        "there is no image for linux/amd64; offered: linux/arm64",
        "no platform",
    );
    let mut wrong = both.clone();
    wrong[1]["size"] = json!(5);
    let server = serve(wrong, good.manifest.bytes.clone());
    place.fails(&server.name("a"), Class::Integrity, "bytes were announced", "a size that does not match");
    let server = serve(both.clone(), other.manifest.bytes.clone());
    place.fails(&server.name("a"), Class::Integrity, "is corrupt", "another manifest than the index says");
    let mut nested = both;
    nested[1]["mediaType"] = json!(INDEX);
    let server = serve(nested, vec![]);
    place.fails(&server.name("a"), Class::Integrity, "is corrupt", "a nested index that is something else");
}

#[test]
fn a_damaged_record_is_replaced() {
    let place = Place::new("replaced");
    let server = Server::of(&sample(), "latest", |_| None);
    pull(&place.store, &server.name("a")).unwrap();
    let record = fs::read_dir(place.store.root().join("refs")).unwrap().next().unwrap().unwrap().path();
    fs::write(&record, b"{").unwrap();
    pull(&place.store, &server.name("a")).unwrap();
    assert_eq!(content(&place.store, &server.name("a"), "small"), b"hello");
}

#[test]
fn decompression_bombs_are_stopped() {
    let place = Place::new("bomb");
    // 128 MiB of zeros in 128 gzip members of about 1 KiB, behind a header that announces them.
    let size = 128usize << 20;
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(size as u64);
    header.set_cksum();
    let blob = [gzip(header.as_bytes()), gzip(&vec![0; 1 << 20]).repeat(128)].concat();
    let mut image = image("amd64", &[vec![0; 1024]]);
    image.layers[0] = Blob::new(support::layout::LAYER, blob);
    let mut manifest: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    manifest["layers"][0] = image.layers[0].descriptor.clone();
    image.manifest = Blob::new(MANIFEST, manifest.to_string().into_bytes());
    let server = Server::of(&image, "latest", |_| None);
    place.fails(&server.name("a"), Class::Limit, "200 to 1", "a bomb");
}

#[test]
fn two_at_once_both_succeed_with_one_download() {
    let place = Place::new("twice");
    let image = Arc::new(sample());
    let shared = Arc::clone(&image);
    let server = Server::of(&image, "latest", move |request| {
        let layer = &shared.layers[0];
        is_blob(request, layer).then(|| Reply::ok(&layer.bytes).slowly(300_000, Duration::from_millis(50)))
    });
    let name = server.name("a");
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..3).map(|_| scope.spawn(|| pull(&place.store, &name).map(|_| ()))).collect();
        pulls.into_iter().for_each(|pull| pull.join().unwrap().unwrap());
    });
    for layer in &image.layers {
        assert_eq!(server.count(&layer.digest().to_string()), 1);
    }
    assert_eq!(content(&place.store, &name, "large"), noise(1_500_000));
}

#[test]
fn a_moved_tag_is_an_update() {
    let place = Place::new("moved");
    let (first, second) = (sample(), image("amd64", &[tar_of(&[("small", b"other")])]));
    let goods = [Good::of(&first, "latest"), Good::of(&second, "latest")];
    let server = Server::start(move |request| {
        let moved = request.path.contains("/latest") && request.before > 0;
        let of_second = goods[1].answer(request);
        if moved || request.path.contains("/blobs/") && !is_known(&first, request) {
            of_second
        } else {
            goods[0].answer(request)
        }
    });
    let name = server.name("a");
    assert_eq!(pull(&place.store, &name).unwrap().status, PullStatus::New);
    let outcome = pull(&place.store, &name).unwrap();
    assert_eq!((outcome.status, outcome.record.manifest.digest), (PullStatus::Updated, second.manifest.digest()));
    assert_eq!(content(&place.store, &name, "small"), b"other");
    assert_eq!(place.store.list().unwrap().len(), 1);
}

fn is_known(image: &Image, request: &Request) -> bool {
    image.layers.iter().chain([&image.config]).any(|blob| is_blob(request, blob))
}

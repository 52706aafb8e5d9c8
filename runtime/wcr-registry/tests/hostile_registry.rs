//! Pulls from registries that lie, break off, lead astray, or never end.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wcr_image::{Class, Digest};
use wcr_registry::{PullStatus, RegistryError};
use wcr_store::Store;

use support::hostile::{Good, Reply, Request, Server};
use support::layout::{Blob, INDEX, Image, MANIFEST, gzip, image, tar_of};
use support::registry::Folder;
use support::{content, pull};

/// A store in a folder of its own.
struct Place {
    store: Store,
    folder: Folder,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        Self { store: Store::open(folder.0.join("store")).unwrap(), folder }
    }

    /// Nothing of a failed pull may be left but the store's own files.
    fn assert_clean(&self, why: &str) {
        let names = |part: &str| -> Vec<_> {
            let entries = fs::read_dir(self.folder.0.join("store").join(part)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(names("tmp"), Vec::<std::ffi::OsString>::new(), "{why}: files under way");
        assert_eq!(names("refs"), Vec::<std::ffi::OsString>::new(), "{why}: records");
        assert!(self.store.list().unwrap().is_empty(), "{why}");
    }

    /// Pulls, and must fail like this, soon.
    fn fails(&self, name: &str, class: Class, part: &str, why: &str) -> RegistryError {
        let start = Instant::now();
        let error = pull(&self.store, name).map(|_| ()).expect_err(why);
        assert_eq!(error.class(), class, "{why}: {error}");
        assert!(error.to_string().contains(part), "{why}: {error}");
        assert!(!error.to_string().contains('\u{1b}'), "{why}: {error}");
        assert!(start.elapsed() < Duration::from_secs(20), "{why}: {:?}", start.elapsed());
        self.assert_clean(why);
        error
    }
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

/// Two layers; the first is larger than one read of a socket.
fn sample() -> Image {
    image("amd64", &[tar_of(&[("large", &noise(1_500_000))]), tar_of(&[("small", b"hello")])])
}

fn is_blob(request: &Request, blob: &Blob) -> bool {
    request.path.ends_with(&format!("blobs/{}", blob.digest()))
}

fn is_manifest(request: &Request) -> bool {
    request.path.contains("/manifests/")
}

#[test]
fn a_good_registry_is_pulled_from() {
    let place = Place::new("good");
    let image = sample();
    let server = Server::of(&image, "latest", |_| None);
    let name = server.name("a/b");
    let outcome = pull(&place.store, &name).unwrap();
    assert_eq!(outcome.status, PullStatus::New);
    assert_eq!(outcome.record.digest, image.manifest.digest());
    assert_eq!(content(&place.store, &name, 0, "large"), noise(1_500_000));
    assert_eq!(content(&place.store, &name, 1, "small"), b"hello");
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
            fs::remove_dir_all(place.store.root()).unwrap();
            continue;
        }
        place.fails(&server.name("a"), class, part, why);
        fs::remove_dir_all(place.store.root()).unwrap();
    }
    let server = Server::of(&image, "latest", |_| None);
    pull(&place.store, &server.name("a")).expect("good content after bad");
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
        assert_eq!(content(&place.store, &server.name("a"), 0, "large"), noise(1_500_000), "{why}");
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

fn bearer(request: &Request) -> String {
    format!("Bearer realm=\"http://{}/token\",service=\"s\"", request.header("host").unwrap())
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
        (text.replace("tar+gzip", "tar+zstd"), MANIFEST, Class::Malformed, "zstd"),
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
    let junk = image("amd64", &[tar_of(&[("x", b"y")])]);
    let mut no_layer = image("amd64", &[b"this is no tar".to_vec()]);
    no_layer.layers[0].bytes = gzip(b"this is no tar");
    let server = Server::of(&no_layer, "latest", |_| None);
    place.fails(&server.name("a"), Class::Malformed, "tar", "a layer that is no tar");
    drop(junk);
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
    fs::remove_dir_all(place.store.root()).unwrap();
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
    place.fails(&server.name("a"), Class::Limit, "nesting", "an index in an index");
}

#[test]
fn refusals_carry_the_registrys_reason() {
    let place = Place::new("refusals");
    let server = Server::start(|request| match request.path.as_str() {
        "/v2/" => Reply::ok(b"{}"),
        path if path.contains("/missing/") => Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        path if path.contains("/denied/") => Reply::error(403, "DENIED", "requested access to the resource is denied"),
        path if path.contains("/colour/") => Reply::error(404, "NAME_UNKNOWN", "\u{1b}[31mred\u{1b}]0;title\u{7}"),
        path if path.contains("/busy/") => {
            Reply::new(429, &[("Retry-After", "3600")], br#"{"errors":[{"message":"slow down"}]}"#)
        }
        path if path.contains("/html/") => Reply::new(404, &[], b"<html>nothing</html>"),
        _ => Reply::error(500, "UNKNOWN", "the disk is on fire"),
    });
    let table = [
        ("missing", Class::Network, "manifest unknown"),
        ("denied", Class::Authorisation, "requested access to the resource is denied"),
        ("colour", Class::Network, "name unknown: \\u{1b}[31mred"),
        ("busy", Class::Network, "rate limited: slow down"),
        ("html", Class::Network, "404 Not Found"),
        ("broken", Class::Network, "the disk is on fire"),
    ];
    for (repository, class, part) in table {
        place.fails(&server.name(repository), class, part, repository);
    }
    assert_eq!(server.count("/broken/"), 5, "passing faults are tried five times");
    assert_eq!(server.count("/busy/"), 1, "an hour is too long to wait");
}

#[test]
fn passing_faults_pass() {
    let place = Place::new("passing");
    let image = sample();
    for status in [500, 502, 503, 504, 429, 408] {
        let server = Server::of(&image, "latest", move |request| {
            (request.before < 3).then(|| Reply::new(status, &[("Retry-After", "0")], b""))
        });
        pull(&place.store, &server.name("a")).unwrap_or_else(|error| panic!("{status}: {error}"));
        fs::remove_dir_all(place.store.root()).unwrap();
    }
}

#[test]
fn nobody_there() {
    let place = Place::new("nobody");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = place.fails(&format!("127.0.0.1:{port}/a"), Class::Network, "cannot reach", "nobody listens");
    assert!(error.is_unreachable());
    // `.invalid` never resolves (RFC 2606).
    let error = place.fails("registry.invalid/a", Class::Network, "cannot reach registry.invalid", "no such host");
    assert!(error.is_unreachable());
    let server = Server::start(|_| Reply::raw("\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n"));
    place.fails(&server.name("a"), Class::Network, "", "no HTTP");
}

#[test]
fn slow_servers_are_left() {
    let place = Place::new("slow");
    let image = Arc::new(sample());
    let silent = Server::start(|_| Reply::raw("").slowly(1, Duration::ZERO).slowly(1, Duration::from_secs(9)));
    place.fails(&silent.name("a"), Class::Network, "", "an answer that never comes");
    let drip = Duration::from_millis(100);
    let server = Server::of(&image, "latest", move |request| {
        is_manifest(request).then(|| Reply::ok(&[b' '; 9000]).slowly(90, drip))
    });
    place.fails(&server.name("a"), Class::Network, "bytes came in", "a manifest in drips");
    let shared = Arc::clone(&image);
    let server = Server::of(&image, "latest", move |request| {
        let layer = &shared.layers[0];
        is_blob(request, layer).then(|| Reply::ok(&layer.bytes).slowly(90, drip))
    });
    place.fails(&server.name("a"), Class::Network, "", "a layer in drips");
}

#[test]
fn tokens() {
    let image = Arc::new(sample());
    // A token is asked for once, used everywhere, and asked for once more when it has expired.
    let place = Place::new("tokens");
    let (good, given) = (Good::of(&image, "latest"), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&given);
    let server = Server::start(move |request| {
        if request.path.starts_with("/token") {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            assert_eq!(request.path, "/token?service=s&scope=repository%3Aa%2Fb%3Apull");
            assert_eq!(request.header("authorization"), None, "an anonymous pull");
            return Reply::ok(format!("{{\"access_token\":\"T{number}\",\"expires_in\":1}}").as_bytes());
        }
        // The first token is good for manifests only.
        let wanted = if request.path.contains("/blobs/") { "Bearer T1" } else { "Bearer T" };
        if request.header("authorization").is_some_and(|header| header.starts_with(wanted)) {
            return good.answer(request);
        }
        Reply::new(401, &[("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", &bearer(request))], b"")
    });
    pull(&place.store, &server.name("a/b")).unwrap();
    assert_eq!(given.load(Ordering::SeqCst), 2);

    // A server that is never content.
    let place = Place::new("tokens-never");
    let server = Server::start(|request| match request.path.as_str() {
        path if path.starts_with("/token") => Reply::ok(br#"{"token":"T"}"#),
        _ => Reply::new(401, &[("WWW-Authenticate", &bearer(request))], br#"{"errors":[{"message":"who are you?"}]}"#),
    });
    place.fails(&server.name("a"), Class::Authorisation, "who are you?", "never content");
    assert!(server.count("/token") <= 2, "{}", server.count("/token"));

    let cases: Vec<(&str, Reply2, Class, &str)> = vec![
        (
            "a token server that denies",
            || Reply::new(401, &[], br#"{"details":"bad user"}"#),
            Class::Authorisation,
            "bad user",
        ),
        ("no token in it", || Reply::ok(b"{}"), Class::Malformed, "no token"),
        ("no JSON", || Reply::ok(b"token"), Class::Malformed, "a token"),
        (
            "a token with a line break",
            || Reply::ok(br#"{"token":"a\r\nX: y"}"#),
            Class::Malformed,
            "no header may have",
        ),
    ];
    for (why, token, class, part) in cases {
        let server = Server::start(move |request| match request.path.as_str() {
            path if path.starts_with("/token") => token(),
            _ => Reply::new(401, &[("WWW-Authenticate", &bearer(request))], b""),
        });
        place.fails(&server.name("a"), class, part, why);
    }
    for (realm, class, part) in [
        ("https://169.254.169.254/latest/meta-data", Class::Policy, "169.254.169.254"),
        ("http://example.com/token", Class::Policy, "plain http"),
        ("file:///etc/passwd", Class::Policy, "http"),
        ("not a url", Class::Malformed, "no URL"),
    ] {
        let server =
            Server::start(move |_| Reply::new(401, &[("WWW-Authenticate", &format!("Bearer realm=\"{realm}\""))], b""));
        place.fails(&server.name("a"), class, part, realm);
    }
    let server = Server::start(|_| Reply::new(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b""));
    place.fails(&server.name("a"), Class::Authorisation, "docker login 127.0.0.1", "a password is wanted");
}

type Reply2 = fn() -> Reply;

#[test]
fn redirects() {
    let image = Arc::new(sample());
    // Blobs at another server, which must not see the token.
    let place = Place::new("redirects");
    let good = Good::of(&image, "latest");
    let storage = Server::start(move |request| good.answer(request));
    let good = Good::of(&image, "latest");
    let target = format!("http://127.0.0.1:{}", storage.port);
    let server = Server::start(move |request| {
        if request.path.starts_with("/token") {
            return Reply::ok(br#"{"token":"SECRET"}"#);
        }
        if request.header("authorization") != Some("Bearer SECRET") {
            return Reply::new(401, &[("WWW-Authenticate", &bearer(request))], b"");
        }
        if request.path.contains("/blobs/") {
            return Reply::redirect(&format!("{target}{}?signature=SIGNED", request.path.replace("/v2/", "/x/")));
        }
        good.answer(request)
    });
    pull(&place.store, &server.name("a")).unwrap();
    assert_eq!(storage.count("signature=SIGNED"), 3);
    assert!(storage.seen().iter().all(|request| request.header("authorization").is_none()));

    let cases = [
        ("http://example.com/x?key=SECRET", Class::Policy, "http://example.com/x: plain http"),
        ("https://169.254.169.254/latest/meta-data", Class::Policy, "169.254.169.254"),
        ("https://10.0.0.1/x", Class::Policy, "private network"),
        ("file:///etc/passwd", Class::Policy, "http"),
        ("http://[", Class::Malformed, "Location"),
    ];
    let place = Place::new("redirects-bad");
    for (to, class, part) in cases {
        let server = Server::of(&image, "latest", move |request| is_manifest(request).then(|| Reply::redirect(to)));
        let error = place.fails(&server.name("a"), class, part, to);
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
    let server = Server::of(&image, "latest", |request| is_manifest(request).then(|| Reply::redirect(&request.path)));
    place.fails(&server.name("a"), Class::Network, "more than 10 redirects", "a loop");
    assert_eq!(server.count("/manifests/"), 11);
    let server = Server::of(&image, "latest", |request| is_manifest(request).then(|| Reply::new(302, &[], b"")));
    place.fails(&server.name("a"), Class::Malformed, "Location", "a redirect to nowhere");
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
    assert_eq!(content(&place.store, &name, 0, "large"), noise(1_500_000));
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
    assert_eq!(content(&place.store, &name, 0, "small"), b"other");
    assert_eq!(place.store.list().unwrap().len(), 1);
}

fn is_known(image: &Image, request: &Request) -> bool {
    image.layers.iter().chain([&image.config]).any(|blob| is_blob(request, blob))
}

//! Registries that refuse, lead astray, drip, flood, or are not there.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use wcr_image::Class;
use wcr_registry::Options;

use support::place::{Place, bearer, is_blob, is_manifest, sample};
use support::{hasty, pull, pull_with};
use wcr_tests::hostile::{Good, Reply, Server};

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
        drop(fs::remove_dir_all(place.store.root()));
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
    let flood = (0..100_000).fold(String::from("HTTP/1.1 200 X\r\n"), |head, n| head + &format!("X-{n}: y\r\n"));
    let server = Server::start(move |_| Reply::raw(flood.clone()));
    place.fails(&server.name("a"), Class::Network, "", "a flood of headers");
    let other = Server::start(|_| Reply::ok(b"this is no TLS"));
    let target = format!("https://127.0.0.1:{}/x", other.port);
    let server = Server::start(move |_| Reply::redirect(&target));
    place.fails(&server.name("a"), Class::Network, "", "no TLS where it is needed, and no way around it");
    assert!(other.seen().iter().all(|request| !request.path.starts_with("/x")), "nothing was asked in the clear");
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
    place.fails(&server.name("a"), Class::Authorisation, "wcr login 127.0.0.1", "a password is wanted");
}

type Reply2 = fn() -> Reply;

#[test]
fn credentials_go_to_their_registry_only() {
    let place = Place::new("credentials");
    let image = Arc::new(sample());
    let foreign = Server::start(|request| {
        assert_eq!(request.header("authorization"), None, "credentials at a foreign server: {}", request.path);
        Reply::ok(br#"{"token":"T"}"#)
    });
    // A token server under another name, though on the same machine, is foreign.
    let realm = format!("Bearer realm=\"http://localhost:{}/token\"", foreign.port);
    let good = Good::of(&image, "latest");
    let server = Server::start(move |request| match request.header("authorization") {
        Some("Bearer T") => good.answer(request),
        _ => Reply::new(401, &[("WWW-Authenticate", &realm)], b""),
    });
    let good = Good::of(&image, "latest");
    let basic = Server::start(move |request| match request.header("authorization") {
        Some("Basic dXNlcjpwYXNz") => good.answer(request),
        Some(other) => panic!("{other}"),
        None => Reply::new(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b""),
    });
    let auths = json!({"auths": {
        server.name("").trim_end_matches('/'): {"auth": "dXNlcjpwYXNz"},
        basic.name("").trim_end_matches('/'): {"username": "user", "password": "pass"},
    }});
    let config = place.folder.0.join("config.json");
    fs::write(&config, auths.to_string()).unwrap();
    let options = Options { docker_config: Some(config), ..hasty() };
    pull_with(options.clone(), &place.store, &server.name("a")).unwrap();
    assert_eq!(foreign.count("/token"), 1);
    pull_with(options, &place.store, &basic.name("a")).unwrap();
}

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

//! Registries that lead astray, refuse, throttle, flood, or are not there.

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wcr_tests::hostile::{Content, Good, Reply, Server};

use crate::place::{
    AUTH, MALFORMED, NET, POLICY, Place, Registry, TOKEN, USAGE, authorised, challenge, fault, is_layer, is_manifest,
    sample, survived,
};

#[test]
fn fault_16_76_a_redirect_to_another_server_gets_no_token() {
    let image = sample();
    let good = Good::of(&image, "latest");
    let storage = Server::start(move |request| good.answer(request));
    let target = format!("http://127.0.0.1:{}", storage.port);
    let registry = Registry::of(&image, move |r, _| {
        r.path.contains("/blobs/").then(|| Reply::redirect(&format!("{target}{}?signature=TOPSECRET", r.path)))
    });
    let finished = registry.place.wcr(["pull", &registry.name()]).run().ok();
    registry.place.assert_no_secret(&finished);
    assert_eq!(storage.count("signature=TOPSECRET"), 3);
    assert!(storage.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn fault_16_76_a_signed_url_that_fails_is_not_shown() {
    let storage = Server::start(|_| Reply::error(403, "DENIED", "the signature has expired"));
    let target = format!("http://127.0.0.1:{}/x?signature=TOPSECRET", storage.port);
    fault(AUTH, &["the signature has expired"], move |r, i| is_layer(r, i).then(|| Reply::redirect(&target)));
}

#[test]
fn fault_17_a_redirect_to_itself() {
    fault(NET, &["more than 10 redirects"], |r, _| is_manifest(r).then(|| Reply::redirect(&r.path)));
}

#[test]
fn fault_17_a_redirect_that_goes_on_and_on() {
    fault(NET, &["more than 10 redirects"], |r, i| is_layer(r, i).then(|| Reply::redirect(&format!("{}x", r.path))));
}

#[test]
fn fault_17_a_redirect_to_nowhere() {
    fault(MALFORMED, &["Location"], |r, _| is_manifest(r).then(|| Reply::new(302, &[], b"")));
}

#[test]
fn fault_19_redirects_to_what_the_user_did_not_name() {
    for (to, says) in [
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("https://10.0.0.1/x?key=TOPSECRET", "private network"),
        ("http://example.com/x?key=TOPSECRET", "plain http"),
        ("https://[fd00::1]/x", "private network"),
        ("https://metadata.google.internal/x", "metadata.google.internal"),
        ("file:///etc/passwd", "http"),
        ("gopher://127.0.0.1/x", "http"),
    ] {
        fault(POLICY, &[says], move |r, _| is_manifest(r).then(|| Reply::redirect(to)));
    }
}

/// A registry whose challenge has this realm.
fn realm(realm: &'static str) -> Registry {
    Registry::raw(&sample(), move |r| {
        let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
        let known = r.header("authorization").is_some() || r.path.starts_with("/token");
        (!known).then(|| Reply::new(401, &[("WWW-Authenticate", &challenge)], b""))
    })
}

#[test]
fn fault_19_token_servers_that_the_user_did_not_name() {
    for (url, class, says) in [
        ("https://169.254.169.254/token", POLICY, "169.254.169.254"),
        ("http://example.com/token", POLICY, "plain http"),
        ("https://192.168.1.1/token", POLICY, "private network"),
        ("file:///etc/passwd", POLICY, "http"),
        ("not a url", MALFORMED, "no URL"),
        ("http://user:pass@127.0.0.1/token", MALFORMED, "has a user in it"),
    ] {
        let registry = realm(url);
        registry.fails(&registry.name(), class, &[says]);
    }
}

#[test]
fn fault_20_a_foreign_token_server_gets_no_password() {
    let image = sample();
    let foreign = Server::start(|request| {
        assert_eq!(request.header("authorization"), None, "a password at a foreign server: {}", request.path);
        Reply::ok(br#"{"token":"anonymous"}"#)
    });
    // A token server under another name, though on the same machine, is foreign.
    let realm = format!("Bearer realm=\"http://localhost:{}/token\"", foreign.port);
    let good = Good::of(&image, "latest");
    let registry = Registry::raw(&image, move |request| {
        Some(match request.header("authorization") {
            Some("Bearer anonymous") => good.answer(request),
            _ => Reply::new(401, &[("WWW-Authenticate", &realm)], b""),
        })
    });
    registry.place.wcr(["pull", &registry.name()]).run().ok();
    assert_eq!(foreign.count("/token"), 1);
    assert!(foreign.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn fault_22_a_password_goes_to_its_own_registry_only() {
    let image = sample();
    let other = Registry::raw(&image, |_| Some(Reply::new(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b"")));
    // The place knows the password of another port of the same machine, and of a name that begins alike.
    other.place.log_in(&format!("127.0.0.1:{}", other.server.port.wrapping_add(1)));
    let finished = other.place.wcr(["pull", &other.name()]).run().fails().exits(AUTH).says(&["wcr login"]);
    other.place.assert_clean(&finished);
    assert!(other.server.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn fault_23_a_registry_that_is_never_content() {
    let registry = Registry::raw(&sample(), |r| {
        if r.path.starts_with("/token") {
            return None;
        }
        let reply = challenge(r);
        Some(reply)
    });
    let finished = registry.place.wcr(["pull", &registry.name()]).run().fails().exits(AUTH);
    registry.place.assert_clean(&finished);
    assert!(registry.server.count("/token") <= 2, "{}", registry.server.count("/token"));
    registry.heals(&registry.name());
}

#[test]
fn fault_23_an_expired_token_is_renewed_once() {
    let image = sample();
    let good = Good::of(&image, "latest");
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let registry = Registry::raw(&image, move |request| {
        if request.path.starts_with("/token") {
            let number = count.fetch_add(1, Ordering::SeqCst);
            return Some(Reply::ok(format!(r#"{{"access_token":"{TOKEN}-{number}","expires_in":300}}"#).as_bytes()));
        }
        // The first token is good for manifests only.
        let wanted = if request.path.contains("/blobs/") { format!("Bearer {TOKEN}-1") } else { "Bearer ".into() };
        let known = request.header("authorization").is_some_and(|header| header.starts_with(&wanted));
        Some(if known { good.answer(request) } else { challenge(request) })
    });
    let finished = registry.place.wcr(["pull", &registry.name()]).run().ok();
    registry.place.assert_no_secret(&finished);
    assert_eq!(given.load(Ordering::SeqCst), 2);
}

#[test]
fn fault_23_tokens_that_are_none() {
    for (body, class, says) in [
        ("{}", MALFORMED, "no token"),
        ("TOPSECRET", MALFORMED, "a token"),
        (r#"{"token":"TOPSECRET\r\nX: y"}"#, MALFORMED, "no header may have"),
        (r#"{"token":5}"#, MALFORMED, "a token"),
    ] {
        let registry =
            Registry::raw(&sample(), move |r| r.path.starts_with("/token").then(|| Reply::ok(body.as_bytes())));
        registry.fails(&registry.name(), class, &[says]);
    }
}

#[test]
fn fault_23_a_wrong_password() {
    let registry = Registry::raw(&sample(), |r| {
        r.path.starts_with("/token").then(|| Reply::new(401, &[], br#"{"details":"incorrect username or password"}"#))
    });
    registry.fails(&registry.name(), AUTH, &["incorrect username or password", "wcr login"]);
}

#[test]
fn fault_24_retry_after_is_waited_for() {
    let start = Instant::now();
    survived(|r, _| (is_manifest(r) && r.before == 0).then(|| Reply::new(429, &[("Retry-After", "1")], b"")));
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn fault_24_retry_after_as_a_date() {
    survived(|r, i| {
        let past = ("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT");
        (is_layer(r, i) && r.before == 0).then(|| Reply::new(429, &[past], b""))
    });
}

#[test]
fn fault_24_an_hour_is_too_long() {
    fault(NET, &["rate limited", "slow down"], |r, _| {
        let body = br#"{"errors":[{"message":"slow down"}]}"#;
        is_manifest(r).then(|| Reply::new(429, &[("Retry-After", "3600")], body))
    });
}

#[test]
fn fault_24_a_rate_limit_without_an_end() {
    fault(NET, &["rate limited"], |r, _| is_manifest(r).then(|| Reply::new(429, &[], b"")));
}

#[test]
fn fault_24_a_503_with_retry_after() {
    survived(|r, _| (is_manifest(r) && r.before < 2).then(|| Reply::new(503, &[("Retry-After", "0")], b"")));
}

#[test]
fn fault_25_bursts_of_5xx_pass() {
    for status in [500, 502, 503, 504, 408] {
        survived(move |r, i| {
            ((is_manifest(r) || is_layer(r, i)) && r.before < 4).then(|| Reply::new(status, &[], b""))
        });
    }
}

#[test]
fn fault_25_5xx_without_an_end() {
    let registry = Registry::of(&sample(), |r, _| {
        is_manifest(r).then(|| Reply::error(500, "UNKNOWN", "the disk is on \u{1b}[31mfire"))
    });
    registry.fails(&registry.name(), NET, &["status 500", "the disk is on \\u{1b}[31mfire"]);
    // One more is that of the pull after it is healed.
    assert_eq!(registry.server.count("/manifests/"), 5 + 1, "passing faults are tried five times");
}

#[test]
fn fault_25_a_layer_that_nobody_has() {
    fault(NET, &["was not found"], |r, i| is_layer(r, i).then(|| Reply::error(404, "BLOB_UNKNOWN", "blob unknown")));
}

#[test]
fn fault_25_a_layer_that_is_refused() {
    fault(AUTH, &["denied"], |r, i| is_layer(r, i).then(|| Reply::error(403, "DENIED", "denied")));
}

#[test]
fn fault_26_an_answer_that_never_comes() {
    let registry = Registry::raw(&sample(), |_| Some(Reply::raw("").then_stall(Duration::from_secs(3))));
    registry.place.impatient();
    registry.fails(&registry.name(), NET, &["no answer within"]);
}

#[test]
fn fault_26_a_head_in_drips() {
    let registry = Registry::raw(&sample(), |_| Some(Reply::ok(b"{}").slowly(1, Duration::from_millis(200))));
    registry.place.impatient();
    registry.fails(&registry.name(), NET, &["no answer within"]);
}

#[test]
fn fault_26_a_manifest_in_drips() {
    let registry = Registry::of(&sample(), |r, _| {
        is_manifest(r).then(|| Reply::ok(&[b' '; 9000]).slowly(90, Duration::from_millis(100)))
    });
    registry.place.impatient();
    registry.fails(&registry.name(), NET, &["bytes came in"]);
}

#[test]
fn fault_27_no_tls_where_it_is_needed() {
    let other = Server::start(|_| Reply::ok(b"this is no TLS"));
    let target = format!("https://127.0.0.1:{}/x", other.port);
    fault(NET, &[], move |r, _| is_manifest(r).then(|| Reply::redirect(&target)));
    assert!(other.seen().iter().all(|request| !request.path.starts_with("/x")), "it was asked in the clear");
}

#[test]
fn fault_28_a_flood_of_headers() {
    let flood = (0..100_000).fold(String::from("HTTP/1.1 200 X\r\n"), |head, n| head + &format!("X-{n}: y\r\n"));
    let registry = Registry::raw(&sample(), move |_| Some(Reply::raw(flood.clone())));
    registry.fails(&registry.name(), NET, &[]);
}

#[test]
fn fault_28_a_header_of_a_megabyte() {
    let head = format!("HTTP/1.1 200 X\r\nX: {}\r\n\r\n", "y".repeat(1 << 20));
    let registry = Registry::raw(&sample(), move |_| Some(Reply::raw(head.clone())));
    registry.fails(&registry.name(), NET, &[]);
}

#[test]
fn fault_28_no_http_at_all() {
    let registry = Registry::raw(&sample(), |_| Some(Reply::raw("\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n")));
    registry.fails(&registry.name(), NET, &[]);
}

#[test]
fn fault_28_nobody_is_there() {
    let place = Place::new();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let finished = place.wcr(["pull", &format!("127.0.0.1:{port}/a")]).run().fails().exits(NET).says(&["cannot reach"]);
    place.assert_clean(&finished);
}

#[test]
fn fault_28_a_server_that_starts_anew_is_asked_again() {
    let image = sample();
    let good = Good::of(&image, "latest");
    let server = Server::start(move |request| good.answer(request));
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let place = Place::new();
    fs::write(place.path("config.toml"), "retry-pause = 1\n").expect("write the settings");
    let target = server.port;
    // The port is refused at first, and then leads to the server.
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port");
        for from in listener.incoming().flatten() {
            let to = TcpStream::connect(("127.0.0.1", target)).expect("the server");
            for (mut from, mut to) in [(from.try_clone(), to.try_clone()), (Ok(to), Ok(from))]
                .map(|(from, to)| (from.expect("a connection"), to.expect("a connection")))
            {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    place.wcr(["pull", &format!("127.0.0.1:{port}/a")]).run().ok();
    assert!(server.count("/manifests/") > 0);
}

#[test]
fn fault_29_bad_names_reach_nobody() {
    let server = Server::start(|_| Reply::error(404, "X", "x"));
    let place = Place::new();
    let host = format!("127.0.0.1:{}", server.port);
    for name in
        ["../x", "a/../b", "A", "a%2fb", "b\u{fc}x", "a\u{1b}[31m", "a//b", "a:bad tag", "a@sha256:../x", "a@md5:00"]
    {
        let finished = place.wcr(["pull", &format!("{host}/{name}")]).run().fails().exits(USAGE);
        assert!(!finished.stderr.contains(&0x1b), "{name:?}: an escape reached the terminal");
    }
    let long = format!("{host}/{}", "a".repeat(300));
    place.wcr(["pull", &long]).run().fails().exits(USAGE);
    assert!(server.seen().is_empty(), "{:?}", server.seen());
}

#[test]
fn a_rate_limit_is_told_to_who_wants_to_know() {
    let image = sample();
    let documents = image.documents("latest");
    let manifest = documents[0].clone();
    let registry = Registry::of(&image, move |r, _| {
        let limit = [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "76;w=21600")];
        let headers = [&limit[..], &[("Content-Type", manifest.1.as_str())]].concat();
        is_manifest(r).then(|| Reply::new(200, &headers, &manifest.2))
    });
    let said = "allows 76 more pulls of 100 within 21600 seconds";
    let quiet = registry.place.wcr(["pull", &registry.name()]).run().ok();
    assert!(!quiet.stderr().contains(said));
    registry.place.wcr(["pull", "--verbose", &registry.name()]).run().ok().says(&[said]);
    assert!(authorised(&registry.server.seen()[0]).is_some(), "the first request has no token");
}

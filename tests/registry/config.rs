//! The configuration file: mirrors, insecure registries, certificates, proxies, and what `wcr info` says of them.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use wcr_tests::hostile::{Good, Reply, Server};
use wcr_tests::image::digest;
use wcr_tests::registry::Registry as Real;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip;

use crate::place::{NET, Place, USAGE, is_manifest, sample};

fn healthy() -> Server {
    Server::of(&sample(), "latest", |_| None)
}

fn host(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port)
}

#[test]
fn a_mirror_is_asked_first() {
    let (mirror, place) = (healthy(), Place::new());
    let mirrors = format!("[registry.\"registry.invalid\"]\nmirrors = [\"{}/hub\"]\n", host(&mirror));
    place.configure(&mirrors);
    let finished = place.wcr(["pull", "--verbose", "registry.invalid/team/app"]).run().ok();
    let pinned = digest(&sample().manifest());
    finished.says(&["is taken from the mirror"]).prints(&format!("registry.invalid/team/app@{pinned}\n"));
    assert_eq!(mirror.count("/v2/hub/team/app/manifests/latest"), 1);
    assert_eq!(mirror.count("/blobs/"), 3);
}

#[test]
fn what_a_mirror_has_not_or_has_wrong_comes_from_the_registry() {
    let (registry, place) = (healthy(), Place::new());
    let image = sample();
    let layer = image.layers()[0].digest();
    let wrong = layer.clone();
    let empty = Server::start(|request| match request.path.as_str() {
        "/v2/" => Reply::ok(b"{}"),
        _ => Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    });
    let partly = Server::of(&image, "latest", move |request| {
        request.path.contains(&wrong).then(|| Reply::error(404, "BLOB_UNKNOWN", "blob unknown"))
    });
    let mirrors = [&empty, &partly].map(|server| format!("\"{}\"", host(server))).join(", ");
    place.configure(&format!("[registry.\"{}\"]\nmirrors = [\"127.0.0.1:9\", {mirrors}]\n", host(&registry)));
    place.wcr(["pull", &registry.name("a")]).run().ok();
    assert_eq!((registry.count("/manifests/"), registry.count("/blobs/"), registry.count(&layer)), (0, 1, 1));
}

#[test]
fn a_configuration_that_makes_no_sense_is_a_wrong_use() {
    let (server, place) = (healthy(), Place::new());
    for (text, says) in
        [("paralel-downloads = 3", "paralel-downloads"), ("parallel-downloads = 99", "1 to 64"), ("[", "line")]
    {
        fs::write(place.path("config.toml"), text).expect("write");
        place.wcr(["pull", &server.name("a")]).run().fails().exits(USAGE).says(&["config.toml", says]);
        place.wcr(["info"]).run().fails().exits(USAGE).says(&["config.toml", says]);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn info_says_what_is_in_force() {
    let place = Place::new();
    place.configure(
        "parallel-downloads = 7\nca-file = \"ca.pem\"\n[registry.\"docker.io\"]\nmirrors = [\"m.example/hub\"]\n\
         [registry.\"10.0.0.5:5000\"]\ninsecure = \"http\"\n",
    );
    let wcr = |args: &[&'static str]| {
        place.wcr(args.iter().copied()).env("HTTPS_PROXY", "http://me:TOPSECRET@proxy.example:3128").run().ok()
    };
    let text = wcr(&["info"]);
    place.assert_no_secret(&text);
    for part in [
        "docker.io: https, mirrors m.example/hub",
        "INSECURE: plain http",
        "http://***@proxy.example:3128",
        "config.toml",
        "7",
    ] {
        assert!(text.stdout().contains(part), "no {part} in {}", text.stdout());
    }
    let json: Value = serde_json::from_str(&wcr(&["info", "--json"]).stdout()).expect("JSON");
    assert_eq!(json["parallel_downloads"], 7);
    assert_eq!(json["registries"]["10.0.0.5:5000"]["insecure"], "http");
    assert_eq!(json["ca_file"], place.path("ca.pem").to_str().expect("text"));
    assert_eq!(json["config_file_exists"], true);
}

#[test]
fn as_many_downloads_at_a_time_as_are_wanted() {
    let layers = (0..6u8).map(|n| wcr_tests::layer::Layer::new().file("f", 0o644, [n; 100]).into());
    let image = wcr_tests::image::Image::new(layers);
    for (args, most) in [(&["pull", "--parallel", "2"][..], 2), (&["pull", "--parallel=6"], 6), (&["pull"], 3)] {
        let (now, highest) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let (count, peak, good) = (Arc::clone(&now), Arc::clone(&highest), Good::of(&image, "latest"));
        let seen = Arc::clone(&highest);
        let config = digest(&image.config());
        let server = Server::start(move |request| {
            if request.path.contains("/blobs/") && !request.path.contains(&config) {
                let under_way = count.fetch_add(1, Ordering::SeqCst) + 1;
                let mut peak = peak.lock().expect("a lock");
                *peak = under_way.max(*peak);
                drop(peak);
                // Until there are as many as there may be, and then long enough for one more to show.
                let all_there = || *seen.lock().expect("a lock") >= most;
                for _ in 0..1000 {
                    if all_there() {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                std::thread::sleep(Duration::from_millis(100));
                count.fetch_sub(1, Ordering::SeqCst);
            }
            good.answer(request)
        });
        let place = Place::new();
        place.configure("parallel-downloads = 3\n");
        place.wcr([args, &[server.name("a").as_str()]].concat()).run().ok();
        assert_eq!(*highest.lock().expect("a lock"), most, "{args:?}");
    }
}

#[test]
fn a_proxy_is_asked_for_what_is_not_here() {
    let image = sample();
    let proxy = Server::start(|_| Reply::error(403, "DENIED", "not through here"));
    let place = Place::new();
    let url = format!("http://127.0.0.1:{}", proxy.port);
    place.wcr(["pull", "registry.example.com/a"]).env("HTTPS_PROXY", &url).run().fails().exits(NET);
    let seen = proxy.seen();
    assert!(seen.iter().all(|request| request.method == "CONNECT" && request.path == "registry.example.com:443"));
    assert!(!seen.is_empty());
    // A registry that is spoken to in plain http goes through the other one, and answers as if it were it.
    let good = Good::of(&image, "latest");
    let plain = Server::start(move |request| {
        good.answer(&wcr_tests::hostile::Request {
            path: request.path.trim_start_matches("http://registry.example.com:5000").to_owned(),
            ..request.clone()
        })
    });
    place.configure("[registry.\"registry.example.com:5000\"]\ninsecure = \"http\"\n");
    let url = format!("http://127.0.0.1:{}", plain.port);
    place.wcr(["pull", "registry.example.com:5000/a"]).env("HTTP_PROXY", &url).run().ok();
    assert!(plain.seen().iter().any(is_manifest));
    // And what NO_PROXY names does not.
    let before = plain.seen().len();
    let pull = place.wcr(["pull", "registry.example.com:5000/a"]).env("HTTP_PROXY", &url);
    pull.env("NO_PROXY", "registry.example.com").run().fails().exits(NET);
    assert_eq!(plain.seen().len(), before);
    // One that is not there is named, without its password.
    let lost =
        place.wcr(["pull", "registry.example.com/a"]).env("HTTPS_PROXY", "http://me:TOPSECRET@127.0.0.1:1").run();
    place.assert_no_secret(&lost);
    lost.fails().exits(NET).says(&["HTTPS_PROXY is http://***@127.0.0.1:1"]);
}

/// A certificate for the loopback address by an authority of its own, and the key; `None` where there is no openssl.
fn certificate(folder: &Scratch) -> bool {
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).current_dir(folder.path()).output().expect("start openssl");
        assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    if !skip::unless_installed(&["openssl", "docker-registry"]) {
        return false;
    }
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    openssl(&[&["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca"], &key[..]].concat());
    fs::write(folder.join("ext"), "subjectAltName=IP:127.0.0.1,DNS:registry.localhost\n").expect("write");
    let request = ["req", "-new", "-keyout", "key.pem", "-out", "csr.pem", "-subj", "/CN=registry"];
    openssl(&[&request[..], &key[..5]].concat());
    let sign = ["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    openssl(&[&sign[..], &["-extfile", "ext", "-out", "cert.pem"]].concat());
    true
}

#[test]
fn fault_27_tls_that_nobody_vouches_for() {
    let folder = Scratch::new("tls");
    if !certificate(&folder) {
        return;
    }
    let registry = Real::with_tls(&folder.join("cert.pem"), &folder.join("key.pem"));
    // Loopback addresses are spoken to in the clear, unless something is set for them.
    let (place, host) = (Place::new(), registry.host());
    let name = format!("{host}/none");
    let set = |text: &str| place.configure(text);
    let found = "manifest unknown";
    set(&format!(
        "ca-file = \"{}\"\n[registry.\"{host}\"]\ninsecure = \"unverified\"\n",
        folder.join("ca.pem").display()
    ));
    place.wcr(["pull", &name]).run().fails().exits(NET).says(&[found]);
    // By a redirect to https the certificate has to be good.
    let target = format!("https://{host}/v2/none/manifests/latest");
    let server = Server::start(move |request| match is_manifest(request) {
        true => Reply::redirect(&target),
        false => Reply::ok(b"{}"),
    });
    set("");
    let finished = place.wcr(["pull", &server.name("a")]).run().fails().exits(NET).says(&["certificate"]);
    assert!(!finished.stderr().contains(found), "{}", finished.stderr());
    set(&format!("ca-file = \"{}\"\n", folder.join("ca.pem").display()));
    place.wcr(["pull", &server.name("a")]).run().fails().exits(NET).says(&[found]);
    // A certificate for another name is none.
    let port = host.rsplit(':').next().unwrap_or_default().to_owned();
    let other = Server::start(move |request| match is_manifest(request) {
        true => Reply::redirect(&format!("https://localhost:{port}/v2/none/manifests/latest")),
        false => Reply::ok(b"{}"),
    });
    place.wcr(["pull", &other.name("a")]).run().fails().exits(NET).says(&["certificate"]);
    fs::write(folder.join("bad.pem"), "no certificate").expect("write");
    set(&format!("ca-file = \"{}\"\n", folder.join("bad.pem").display()));
    place.wcr(["pull", &server.name("a")]).run().fails().exits(USAGE).says(&["bad.pem"]);
}

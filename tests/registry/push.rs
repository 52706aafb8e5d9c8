//! Pushing: to Docker's registry, to and from skopeo, and to registries that break off.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use wcr_tests::hostile::{Reply, Request, Server};
use wcr_tests::image::{Format, Image, Layout, digest};
use wcr_tests::layer::Layer;
use wcr_tests::registry::Registry as Real;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip;

use crate::place::{AUTH, INTEGRITY, NET, POLICY, Place, USAGE, noise, sample};

/// Documents by their names, each with its media type.
type Documents = BTreeMap<String, (String, Vec<u8>)>;

/// A registry that takes uploads, in memory, each step of which a test may answer itself.
#[derive(Clone, Default)]
struct Taken {
    blobs: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    manifests: Arc<Mutex<Documents>>,
    uploads: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Taken {
    fn server(&self, special: impl Fn(&Taken, &Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
        let taken = self.clone();
        Server::start(move |request| special(&taken, request).unwrap_or_else(|| taken.answer(request)))
    }

    fn answer(&self, request: &Request) -> Reply {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let wanted = query.split('&').find_map(|part| part.strip_prefix("digest=")).map(|d| d.replace("%3A", ":"));
        match request.method.as_str() {
            "HEAD" if self.blobs.lock().expect("a lock").contains_key(&name) => Reply::new(200, &[], b""),
            "HEAD" => Reply::new(404, &[], b""),
            "POST" => {
                let id = format!("upload-{}", self.uploads.lock().expect("a lock").len());
                self.uploads.lock().expect("a lock").insert(id.clone(), Vec::new());
                Reply::new(202, &[("Location", &format!("/v2/uploads/{id}?state=x")), ("Range", "0-0")], b"")
            }
            "PATCH" | "GET" if path.contains("/uploads/") => self.chunk(request, path, &name),
            "PUT" if path.contains("/uploads/") => {
                let mut content = self.uploads.lock().expect("a lock").remove(&name).unwrap_or_default();
                content.extend_from_slice(&request.body);
                match wanted.filter(|wanted| *wanted == digest(&content)) {
                    Some(wanted) => {
                        self.blobs.lock().expect("a lock").insert(wanted, content);
                        Reply::new(201, &[], b"")
                    }
                    None => Reply::error(400, "DIGEST_INVALID", "the digest does not match"),
                }
            }
            "PUT" => {
                let media_type = request.header("content-type").unwrap_or_default().to_owned();
                let entry = (media_type, request.body.clone());
                self.manifests.lock().expect("a lock").insert(name, entry);
                Reply::new(201, &[("Docker-Content-Digest", &digest(&request.body))], b"")
            }
            _ => Reply::ok(b"{}"),
        }
    }

    /// Takes a chunk that goes on from what is there, and tells how much that is.
    fn chunk(&self, request: &Request, path: &str, name: &str) -> Reply {
        let mut uploads = self.uploads.lock().expect("a lock");
        let Some(content) = uploads.get_mut(name) else { return Reply::new(404, &[], b"") };
        let mut status = if request.method == "GET" { 204 } else { 202 };
        if request.method == "PATCH" {
            let from = request.header("content-range").and_then(|range| range.split_once('-')?.0.parse::<usize>().ok());
            match from {
                Some(from) if from == content.len() => content.extend_from_slice(&request.body),
                _ => status = 416,
            }
        }
        let range = format!("0-{}", content.len().max(1) - 1);
        Reply::new(status, &[("Location", &format!("{path}?state=y")), ("Range", &range)], b"")
    }

    /// All of the image is there, byte for byte.
    #[track_caller]
    fn has(&self, image: &Image, tag: &str) {
        let blobs = self.blobs.lock().expect("a lock");
        for layer in image.layers() {
            assert!(blobs.contains_key(&layer.digest()));
        }
        assert!(blobs.contains_key(&digest(&image.config())));
        let manifests = self.manifests.lock().expect("a lock");
        assert_eq!(manifests[tag].1, image.manifest());
    }
}

/// A place with an image pulled into it, and the image's name.
fn with_image(image: &Image) -> (Place, String, Server) {
    let place = Place::new();
    let source = Server::of(image, "latest", |_| None);
    let name = source.name("source/app");
    place.wcr(["pull", &name]).run().ok();
    (place, name, source)
}

fn large() -> Image {
    Image::new([Layer::new().file("large", 0o644, noise(40 << 20)).into()])
}

#[test]
fn a_small_image_is_sent_whole() {
    let (image, taken) = (sample(), Taken::default());
    let server = taken.server(|_, _| None);
    let (place, name, _source) = with_image(&image);
    let target = server.name("team/app:v1");
    let pinned = format!("{}@{}\n", server.name("team/app"), digest(&image.manifest()));
    place.wcr(["push", &name, &target]).run().ok().prints(&pinned).says(&["done"]);
    taken.has(&image, "v1");
    assert_eq!(taken.manifests.lock().expect("a lock")["v1"].0, wcr_tests::image::MANIFEST);
    let requests = server.seen().len();
    place.wcr(["push", "--quiet", &name, &target]).run().ok().prints(&pinned).silent();
    assert_eq!(server.seen().len() - requests, 1 + 3 + 1, "one look at each blob, and the manifest");
}

#[test]
fn a_large_layer_goes_in_chunks_and_on_where_it_broke() {
    let (image, taken) = (large(), Taken::default());
    let broken = Arc::new(Mutex::new(0));
    let count = Arc::clone(&broken);
    let server = taken.server(move |taken, request| {
        if request.method != "PATCH" {
            return None;
        }
        let mut count = count.lock().expect("a lock");
        *count += 1;
        match *count {
            // Half of the second chunk is taken, and the connection ends.
            2 => {
                let half = Request { body: request.body[..request.body.len() / 2].to_vec(), ..request.clone() };
                taken.answer(&half);
                Some(Reply::raw("").then_reset())
            }
            4 => Some(Reply::new(503, &[], b"")),
            _ => None,
        }
    });
    let (place, name, _source) = with_image(&image);
    place.wcr(["push", &name, &server.name("app")]).run().ok().says(&["trying again"]);
    taken.has(&image, "latest");
    let patches: Vec<String> =
        server.seen().iter().filter_map(|request| request.header("content-range").map(str::to_owned)).collect();
    assert!(patches[0].starts_with("0-16777215") && patches[2].starts_with("25165824-"), "{patches:?}");
}

#[test]
fn who_takes_no_chunks_gets_the_whole() {
    let (image, taken) = (large(), Taken::default());
    let server = taken.server(|_, request| (request.method == "PATCH").then(|| Reply::new(405, &[], b"")));
    let (place, name, _source) = with_image(&image);
    place.wcr(["push", &name, &server.name("app")]).run().ok();
    taken.has(&image, "latest");
}

#[test]
fn failures_are_told_and_leave_no_manifest() {
    type Special = fn(&Taken, &Request) -> Option<Reply>;
    let cases: [(Special, i32, &str); 6] = [
        (|_, r| (r.method == "POST").then(|| Reply::error(403, "DENIED", "read only")), AUTH, "read only"),
        (|_, r| (r.method == "POST").then(|| Reply::new(202, &[], b"")), crate::place::MALFORMED, "Location"),
        (
            |_, r| (r.method == "POST").then(|| Reply::new(202, &[("Location", "http://example.com/x")], b"")),
            POLICY,
            "plain http",
        ),
        (|_, r| r.path.contains("/uploads/upload").then(|| Reply::new(500, &[], b"")), NET, "status 500"),
        (|_, r| r.path.contains("/uploads/upload").then(|| Reply::raw("").then_reset()), NET, "failed"),
        (|_, r| r.path.contains("/manifests/").then(|| Reply::error(400, "MANIFEST_INVALID", "no")), NET, "status 400"),
    ];
    for (special, class, says) in cases {
        let taken = Taken::default();
        let server = taken.server(special);
        let (place, name, _source) = with_image(&sample());
        place.wcr(["push", &name, &server.name("app")]).run().fails().exits(class).says(&[says]);
        assert!(taken.manifests.lock().expect("a lock").is_empty());
    }
    let taken = Taken::default();
    let server = taken.server(|_, r| {
        let other = [("Docker-Content-Digest", &*digest(b"else"))];
        r.path.contains("/manifests/").then(|| Reply::new(201, &other, b""))
    });
    let (place, name, _source) = with_image(&sample());
    place.wcr(["push", &name, &server.name("app")]).run().fails().exits(INTEGRITY);
    let wrong = format!("{}@{}", server.name("app"), digest(b"else"));
    place.wcr(["push", &name, &wrong]).run().fails().exits(USAGE).says(&["another digest"]);
}

fn skopeo(args: &[&str]) -> Vec<u8> {
    let output = Command::new("skopeo").arg("--insecure-policy").args(args).output().expect("start skopeo");
    assert!(output.status.success(), "skopeo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn dockers_registry_and_skopeo_get_the_same_bytes() {
    if !skip::unless_installed(&["docker-registry", "skopeo"]) {
        return;
    }
    let registry = Real::with_password();
    let (place, host) = (Place::new(), registry.host());
    let arm = Image::new([Layer::new().file("arm", 0o644, noise(20 << 20)).into()]).platform("linux", "arm64");
    let folder = Scratch::new("layout");
    let mut layout = Layout::create(&folder.join("layout"));
    let (one, many) = (layout.add("one", &sample()), layout.add_index("many", &[sample(), arm]));
    let source = Real::start();
    let names = ["one", "many"].map(|tag| format!("{}/{tag}:latest", source.host()));
    for (tag, name) in ["one", "many"].iter().zip(&names) {
        layout.push(tag, name, Format::Oci);
        place.wcr(["pull", "--all-platforms", name]).run().ok();
    }
    let target = |name: &str| format!("{host}/copies/{name}:v1");
    place.wcr(["push", &names[0], &target("one")]).run().fails().exits(AUTH).says(&[&format!("wcr login {host}")]);
    let login = place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin(Real::PASSWORD).run();
    login.ok();
    let credentials = format!("user:{}", Real::PASSWORD);
    for (name, (tag, expected)) in names.iter().zip([("one", &one), ("many", &many)]) {
        place.wcr(["push", name, &target(tag)]).run().ok();
        let location = format!("docker://{}", target(tag));
        let access = ["--tls-verify=false", "--creds", &credentials, &location];
        let raw = skopeo(&[&["inspect", "--raw"][..], &access].concat());
        assert_eq!(digest(&raw), *expected, "{tag}");
        // All of it can be had from there, verified by somebody else.
        let copy = format!("oci:{}:{tag}", folder.join("copy").display());
        let access = ["--src-tls-verify=false", "--src-creds", &credentials, &location, &copy];
        skopeo(&[&["copy", "--all", "--quiet"][..], &access].concat());
    }
    // And back: pulled from where it was pushed to, it is the same image.
    let again = Place::new();
    fs::create_dir_all(again.path("docker")).expect("make a folder");
    fs::copy(place.docker_config(), again.docker_config()).expect("copy");
    let pulled = again.wcr(["pull", "--all-platforms", &target("many")]).run().ok();
    pulled.prints(&format!("{host}/copies/many@{many}\n"));
    let raw = again.wcr(["manifest", "--raw", &target("many")]).run().ok();
    assert_eq!(digest(&raw.stdout), many);
    // Another repository of the same registry need not be sent anything.
    again.wcr(["push", &target("many"), &format!("{host}/mounted/many")]).run().ok().says(&["mounted from another"]);
}

#[test]
fn history_has_dockers_columns() {
    let (place, name, _source) = with_image(&sample());
    let table = place.wcr(["history", &name]).run().ok().stdout();
    let heading: Vec<&str> = table.lines().next().unwrap_or_default().split("   ").map(str::trim).collect();
    let heading: Vec<&str> = heading.into_iter().filter(|column| !column.is_empty()).collect();
    assert_eq!(heading, ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"]);
    let id = digest(&sample().config());
    let quiet = place.wcr(["history", "-q", "--no-trunc", &name]).run().ok();
    assert_eq!(quiet.stdout(), format!("{id}\n<missing>\n"));
    let steps: Vec<Value> =
        serde_json::from_str(&place.wcr(["history", "--json", &name]).run().ok().stdout()).expect("JSON");
    assert_eq!((steps.len(), &steps[0]["id"]), (2, &Value::from(id)));
    assert_eq!(steps[1]["size"], sample().layers()[0].tar_size());
    place.wcr(["history", "example.com/none"]).run().fails().exits(15).says(&["not in the store"]);
}

//! A store and a registry that can be healed, and what a failed pull has to leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wcr_tests::hostile::{Good, Reply, Request, Server};
use wcr_tests::image::{Image, digest};
use wcr_tests::layer::Layer;
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// The classes of failures, by their exit codes.
pub const USAGE: i32 = 2;
pub const NET: i32 = 10;
pub const AUTH: i32 = 11;
pub const INTEGRITY: i32 = 12;
pub const MALFORMED: i32 = 13;
pub const LIMIT: i32 = 14;
pub const POLICY: i32 = 17;

/// What must not be seen anywhere; also in base64, as the password and with the user before it.
const SECRETS: [&str; 3] = ["TOPSECRET", "VE9QU0VDUkVU", "dXNlcjpUT1BTRUNSRVQ"];
/// The password, and the token that it gets.
pub const PASSWORD: &str = "TOPSECRET-password";
pub const TOKEN: &str = "TOPSECRET-token";
/// `user:` and the password, as HTTP sends them.
pub const BASIC: &str = "Basic dXNlcjpUT1BTRUNSRVQtcGFzc3dvcmQ=";

/// How long any pull may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// Bytes that do not compress.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Two layers; the first is larger than one read of a socket.
pub fn sample() -> Image {
    let large = Layer::new().file("large", 0o644, noise(300_000));
    Image::new([large.into(), Layer::new().file("small", 0o644, "hello").into()])
}

pub fn is_manifest(request: &Request) -> bool {
    request.path.contains("/manifests/")
}

/// Whether the first layer is asked for.
pub fn is_layer(request: &Request, image: &Image) -> bool {
    request.path.contains(&image.layers()[0].digest())
}

/// A folder with a store, settings with which failures fail fast, and Docker's configuration file.
pub struct Place {
    home: Scratch,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { home: Scratch::new("registry-test") };
        place.configure("");
        place
    }

    /// Adds to the settings.
    pub fn configure(&self, more: &str) {
        let text = format!("connect-timeout = 2\nidle-timeout = 2\nretry-pause = 0.01\n{more}");
        fs::write(self.path("config.toml"), text).expect("write the settings");
    }

    /// Servers are left sooner.
    pub fn impatient(&self) {
        fs::write(self.path("config.toml"), "connect-timeout = 1\nidle-timeout = 0.5\nretry-pause = 0.01\n")
            .expect("write the settings");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// Keeps the password for a registry, as `docker login` does.
    pub fn log_in(&self, host: &str) {
        let auth = BASIC.trim_start_matches("Basic ");
        fs::create_dir_all(self.path("docker")).expect("make a folder");
        let config = format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}},"other":{{"kept":[1]}}}}"#);
        fs::write(self.docker_config(), config).expect("write Docker's configuration");
    }

    pub fn docker_config(&self) -> PathBuf {
        self.path("docker/config.json")
    }

    pub fn wcr<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Wcr {
        Wcr::new(self.home.path())
            .args(args)
            .env("WCR_CONFIG", self.path("config.toml"))
            .env("DOCKER_CONFIG", self.path("docker"))
    }

    /// Nothing of a failed pull may be left but the store's own files, and nothing secret anywhere.
    #[track_caller]
    pub fn assert_clean(&self, finished: &Finished) {
        for folder in ["tmp", "refs"] {
            let left: Vec<_> = fs::read_dir(self.path("store").join(folder)).into_iter().flatten().collect();
            assert!(left.is_empty(), "{folder}: {left:?}");
        }
        self.assert_no_secret(finished);
    }

    #[track_caller]
    pub fn assert_no_secret(&self, finished: &Finished) {
        let has =
            |bytes: &[u8]| SECRETS.iter().any(|secret| bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        assert!(!has(&finished.stdout) && !has(&finished.stderr), "a secret in {finished:?}");
        let mut folders = vec![self.path("store")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    assert!(!has(&fs::read(&path).unwrap_or_default()), "a secret in {}", path.display());
                }
            }
        }
    }
}

/// A registry that wants a token, which it gives for a password, and has a fault until it is healed.
pub struct Registry {
    pub server: Server,
    pub place: Place,
    healthy: Arc<AtomicBool>,
}

impl Registry {
    /// One that has `image` as `latest` of every repository; `fault` answers otherwise for who has the token.
    pub fn of(image: &Image, fault: impl Fn(&Request, &Image) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let shared = image.clone();
        Self::raw(image, move |request| match authorised(request) {
            Some(challenge) => Some(challenge),
            None => fault(request, &shared),
        })
    }

    /// The same, but `fault` is asked first whoever asks.
    pub fn raw(image: &Image, fault: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let healthy = Arc::new(AtomicBool::new(false));
        let (switch, good) = (Arc::clone(&healthy), Good::of(image, "latest"));
        let server = Server::start(move |request| {
            let faulty = if switch.load(Ordering::SeqCst) { None } else { fault(request) };
            faulty.or_else(|| authorised(request)).unwrap_or_else(|| good.answer(request))
        });
        let place = Place::new();
        place.log_in(&format!("127.0.0.1:{}", server.port));
        Self { server, place, healthy }
    }

    pub fn name(&self) -> String {
        self.server.name("team/app")
    }

    /// Pulls, and must fail like this, leave nothing, and succeed once the registry is healed.
    #[track_caller]
    pub fn fails(&self, name: &str, class: i32, says: &[&str]) {
        let start = Instant::now();
        let finished = self.place.wcr(["pull", name]).run().fails().exits(class).says(says);
        assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
        self.place.assert_clean(&finished);
        self.heals(name);
    }

    /// Succeeds once the registry is healed.
    #[track_caller]
    pub fn heals(&self, name: &str) {
        self.healthy.store(true, Ordering::SeqCst);
        let finished = self.place.wcr(["pull", name]).run().ok();
        self.place.assert_clean_but_refs(&finished);
    }
}

impl Place {
    #[track_caller]
    fn assert_clean_but_refs(&self, finished: &Finished) {
        let left: Vec<_> = fs::read_dir(self.path("store/tmp")).into_iter().flatten().collect();
        assert!(left.is_empty(), "tmp: {left:?}");
        self.assert_no_secret(finished);
    }
}

/// The answer to who has no token: the token itself, or a challenge.
pub fn authorised(request: &Request) -> Option<Reply> {
    if request.path.starts_with("/token") {
        return Some(match request.header("authorization") {
            Some(BASIC) => Reply::ok(format!(r#"{{"token":"{TOKEN}"}}"#).as_bytes()),
            _ => Reply::error(401, "UNAUTHORIZED", "who are you?"),
        });
    }
    let known = request.header("authorization").is_some_and(|header| header == format!("Bearer {TOKEN}"));
    (!known).then(|| challenge(request))
}

/// A challenge that leads to `/token` of the same server.
pub fn challenge(request: &Request) -> Reply {
    let realm = format!("Bearer realm=\"http://{}/token\",service=\"s\"", request.header("host").unwrap_or_default());
    Reply::new(401, &[("WWW-Authenticate", &realm)], b"")
}

/// A registry with this fault in a pull of [`sample`] fails like this, and so on as [`Registry::fails`].
#[track_caller]
pub fn fault(class: i32, says: &[&str], fault: impl Fn(&Request, &Image) -> Option<Reply> + Send + Sync + 'static) {
    let registry = Registry::of(&sample(), fault);
    registry.fails(&registry.name(), class, says);
}

/// A registry with this fault is pulled from all the same; what it was asked.
#[track_caller]
pub fn survived(fault: impl Fn(&Request, &Image) -> Option<Reply> + Send + Sync + 'static) -> Vec<Request> {
    let image = sample();
    let registry = Registry::of(&image, fault);
    let finished = registry.place.wcr(["pull", &registry.name()]).run().ok();
    registry.place.assert_clean_but_refs(&finished);
    finished.prints(&format!("{}@{}\n", registry.name(), digest(&image.manifest())));
    let kept = |path: &Path| fs::read(path).expect("a blob");
    for layer in image.layers() {
        let path = registry.place.path("store/blobs").join(layer.digest().replace(':', "/"));
        assert_eq!(digest(&kept(&path)), layer.digest());
    }
    registry.server.seen()
}

//! What one end-to-end test works with: a store of its own, and a registry that all running tests share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::busybox;
use crate::image::{Format, Image, Layout};
use crate::registry::Registry;
use crate::scratch::Scratch;
use crate::skip;
use crate::wcr::Wcr;

/// The programs without which there is no test image in a registry.
const NEEDS: [&str; 3] = ["docker-registry", "skopeo", "busybox"];

/// The tag in the layout that is made for a push and goes away after it.
const PUBLISHED: &str = "published";

/// A registry with the images that tests have pushed to it; it lives as long as any test uses it.
struct Shared {
    registry: Registry,
    /// Reference to digest, of the images that are the same for every test.
    pushed: Mutex<HashMap<String, String>>,
}

fn shared() -> Arc<Shared> {
    static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut slot = lock(&SHARED);
    if let Some(shared) = slot.upgrade() {
        return shared;
    }
    let shared = Arc::new(Shared { registry: Registry::start(), pushed: Mutex::new(HashMap::new()) });
    *slot = Arc::downgrade(&shared);
    shared
}

/// A failed test poisons a lock, but what it guards stays sound here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One test's place to work.
pub struct Lab {
    home: Scratch,
    shared: Arc<Shared>,
}

/// An image in the registry.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// Its reference, with the tag.
    pub reference: String,
    /// The digest of its manifest or index.
    pub digest: String,
}

impl Lab {
    /// A place to work, or `None` (noted as skipped) where a registry or the real BusyBox is missing.
    pub fn open() -> Option<Self> {
        if !skip::unless_installed(&NEEDS) {
            return None;
        }
        Some(Lab { home: Scratch::new("home"), shared: shared() })
    }

    /// A place to work with the BusyBox image already in its store, and that image's reference.
    pub fn with_busybox() -> Option<(Self, String)> {
        let lab = Lab::open()?;
        let image = lab.busybox();
        lab.wcr(["pull", &image.reference]).run().ok();
        Some((lab, image.reference))
    }

    /// The shared registry.
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// A wcr command with this test's store.
    pub fn wcr<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Wcr {
        Wcr::new(self.home.path()).args(args)
    }

    /// A path in this test's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// The folder of this test's store.
    pub fn store(&self) -> PathBuf {
        self.home.join("store")
    }

    /// The BusyBox image, pushed once.
    pub fn busybox(&self) -> Pushed {
        let reference = format!("{}/busybox:latest", self.registry().host());
        let mut pushed = lock(&self.shared.pushed);
        let digest =
            pushed.entry(reference.clone()).or_insert_with(|| self.push("busybox", &busybox::image()).digest).clone();
        Pushed { reference, digest }
    }

    /// Pushes an image of one platform as `NAME:latest`, with OCI media types.
    pub fn push(&self, name: &str, image: &Image) -> Pushed {
        self.push_as(&format!("{name}:latest"), image, Format::Oci)
    }

    /// Pushes an image of one platform as `NAME:TAG`.
    pub fn push_as(&self, name_and_tag: &str, image: &Image, format: Format) -> Pushed {
        self.publish(name_and_tag, format, |layout| layout.add(PUBLISHED, image))
    }

    /// Pushes an index over images of several platforms as `NAME:latest`.
    pub fn push_index(&self, name: &str, images: &[Image], format: Format) -> Pushed {
        self.publish(&format!("{name}:latest"), format, |layout| layout.add_index(PUBLISHED, images))
    }

    /// Pushes a WebAssembly artifact as `NAME:latest`.
    pub fn push_artifact(&self, name: &str, config: (&str, &[u8]), layers: &[(&str, &[u8])]) -> Pushed {
        self.publish(&format!("{name}:latest"), Format::Oci, |layout| layout.add_artifact(PUBLISHED, config, layers))
    }

    fn publish(&self, name_and_tag: &str, format: Format, store: impl FnOnce(&mut Layout) -> String) -> Pushed {
        let folder = Scratch::new("layout");
        let mut layout = Layout::create(folder.path());
        let digest = store(&mut layout);
        let reference = format!("{}/{name_and_tag}", self.registry().host());
        layout.push(PUBLISHED, &reference, format);
        Pushed { reference, digest }
    }

    /// Pushes and pulls an image of one platform, and gives its reference.
    pub fn provide(&self, name: &str, image: &Image) -> String {
        let pushed = self.push(name, image);
        self.wcr(["pull", &pushed.reference]).run().ok();
        pushed.reference
    }
}

//! A store to pull into, and what every failed pull has to leave.

use std::fs;
use std::time::{Duration, Instant};

use wcr_image::Class;
use wcr_registry::RegistryError;
use wcr_store::Store;

use super::layout::{Blob, Image, image, tar_of};
use super::pull;
use super::registry::Folder;
use wcr_tests::hostile::Request;

/// A store in a folder of its own.
pub struct Place {
    pub store: Store,
    pub folder: Folder,
}

impl Place {
    pub fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        Self { store: Store::open(folder.0.join("store")).unwrap(), folder }
    }

    /// Nothing of a failed pull may be left but the store's own files.
    pub fn assert_clean(&self, why: &str) {
        let names = |part: &str| -> Vec<_> {
            let entries = fs::read_dir(self.folder.0.join("store").join(part)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(names("tmp"), Vec::<std::ffi::OsString>::new(), "{why}: files under way");
        assert_eq!(names("refs"), Vec::<std::ffi::OsString>::new(), "{why}: records");
        assert!(self.store.list().unwrap().is_empty(), "{why}");
    }

    /// Pulls, and must fail like this, soon.
    pub fn fails(&self, name: &str, class: Class, part: &str, why: &str) -> RegistryError {
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

pub fn noise(length: usize) -> Vec<u8> {
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
pub fn sample() -> Image {
    image("amd64", &[tar_of(&[("large", &noise(1_500_000))]), tar_of(&[("small", b"hello")])])
}

pub fn is_blob(request: &Request, blob: &Blob) -> bool {
    request.path.ends_with(&format!("blobs/{}", blob.digest()))
}

pub fn is_manifest(request: &Request) -> bool {
    request.path.contains("/manifests/")
}

/// A challenge that leads to `/token` of the same server.
pub fn bearer(request: &Request) -> String {
    format!("Bearer realm=\"http://{}/token\",service=\"s\"", request.header("host").unwrap())
}

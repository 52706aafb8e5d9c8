//! Images on disk, as an OCI image layout that `skopeo` can push.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hostile::Content;
use crate::layer::{Layer, gzip};

/// A media type.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// A media type.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The digest of some bytes, as image references write it.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A layer as it is stored: compressed, with the digest of the tar inside.
#[derive(Clone)]
pub struct Blob {
    compressed: Vec<u8>,
    diff_id: String,
    tar_size: usize,
}

impl From<Layer> for Blob {
    fn from(layer: Layer) -> Self {
        Blob::from_tar(&layer.into_tar(), 6)
    }
}

impl Blob {
    /// Compresses a finished tar with gzip at the given level.
    pub fn from_tar(tar: &[u8], level: u32) -> Self {
        Blob { compressed: gzip(tar, level), diff_id: digest(tar), tar_size: tar.len() }
    }

    /// The digest of the compressed bytes, which names the blob in a registry.
    pub fn digest(&self) -> String {
        digest(&self.compressed)
    }

    /// The compressed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.compressed
    }

    /// The length of the compressed bytes.
    pub fn compressed_size(&self) -> usize {
        self.compressed.len()
    }

    /// The length of the tar.
    pub fn tar_size(&self) -> usize {
        self.tar_size
    }
}

/// An image of one platform.
#[derive(Clone)]
pub struct Image {
    layers: Vec<Blob>,
    run_config: Value,
    os: String,
    architecture: String,
}

impl Image {
    /// An image for linux/amd64 with these layers, the usual `PATH` and no command.
    pub fn new(layers: impl IntoIterator<Item = Blob>) -> Self {
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        Image {
            layers: layers.into_iter().collect(),
            run_config: json!({ "Env": [path] }),
            os: "linux".into(),
            architecture: "amd64".into(),
        }
    }

    /// Sets a field of the run configuration (`Env`, `Cmd`, `Entrypoint`, `WorkingDir`, `User`…).
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.run_config[field] = value;
        self
    }

    /// Sets the platform.
    #[must_use]
    pub fn platform(mut self, os: &str, architecture: &str) -> Self {
        (self.os, self.architecture) = (os.into(), architecture.into());
        self
    }

    /// The layers, the lowest first.
    pub fn layers(&self) -> &[Blob] {
        &self.layers
    }

    /// The configuration, as it is stored.
    pub fn config(&self) -> Vec<u8> {
        let diff_ids: Vec<&str> = self.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
        let config = json!({
            "architecture": self.architecture,
            "os": self.os,
            "created": "2023-11-14T22:13:20Z",
            "config": self.run_config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        config.to_string().into_bytes()
    }

    /// The manifest, as it is stored.
    pub fn manifest(&self) -> Vec<u8> {
        let layers: Vec<Value> = self.layers.iter().map(|layer| descriptor(LAYER_GZIP, &layer.compressed)).collect();
        let config = descriptor(CONFIG, &self.config());
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        manifest.to_string().into_bytes()
    }

    /// The manifest's entry in an index.
    pub fn entry(&self) -> Value {
        let mut entry = descriptor(MANIFEST, &self.manifest());
        entry["platform"] = json!({ "os": self.os, "architecture": self.architecture });
        entry
    }
}

impl Content for Image {
    fn documents(&self, tag: &str) -> Vec<(String, String, Vec<u8>)> {
        let manifest = self.manifest();
        let names = [tag.to_owned(), digest(&manifest)];
        let blobs = self.layers.iter().map(|layer| layer.compressed.clone()).chain([self.config()]);
        let manifests = names.map(|name| (format!("manifests/{name}"), MANIFEST.to_owned(), manifest.clone()));
        let blobs = blobs.map(|blob| (format!("blobs/{}", digest(&blob)), "application/octet-stream".to_owned(), blob));
        manifests.into_iter().chain(blobs).collect()
    }
}

/// A descriptor of some bytes.
pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

/// An OCI image layout in a folder.
pub struct Layout {
    path: PathBuf,
    manifests: Vec<Value>,
}

impl Layout {
    /// An empty layout in a folder that exists.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn create(path: &Path) -> Self {
        fs::create_dir_all(path.join("blobs/sha256")).expect("create the layout");
        fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("write oci-layout");
        Layout { path: path.to_path_buf(), manifests: Vec::new() }
    }

    /// Stores an image under a tag and gives its manifest's digest.
    pub fn add(&mut self, tag: &str, image: &Image) -> String {
        let descriptor = self.store(image);
        self.tag(tag, descriptor)
    }

    /// Stores an index over the images, each with its platform, under a tag and gives the index's digest.
    pub fn add_index(&mut self, tag: &str, images: &[Image]) -> String {
        let manifests: Vec<Value> = images
            .iter()
            .map(|image| {
                self.store(image);
                image.entry()
            })
            .collect();
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        let descriptor = self.blob(INDEX, index.to_string().as_bytes());
        self.tag(tag, descriptor)
    }

    /// Stores a WebAssembly artifact under a tag: a configuration and layers, each with its media type.
    pub fn add_artifact(&mut self, tag: &str, config: (&str, &[u8]), layers: &[(&str, &[u8])]) -> String {
        let config = self.blob(config.0, config.1);
        let layers: Vec<Value> = layers.iter().map(|(media_type, bytes)| self.blob(media_type, bytes)).collect();
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        let descriptor = self.blob(MANIFEST, manifest.to_string().as_bytes());
        self.tag(tag, descriptor)
    }

    fn store(&self, image: &Image) -> Value {
        for layer in &image.layers {
            self.blob(LAYER_GZIP, &layer.compressed);
        }
        self.blob(CONFIG, &image.config());
        self.blob(MANIFEST, &image.manifest())
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        fs::write(self.path.join("blobs").join(digest(bytes).replace(':', "/")), bytes).expect("write a blob");
        descriptor(media_type, bytes)
    }

    fn tag(&mut self, tag: &str, mut descriptor: Value) -> String {
        let digest = descriptor["digest"].as_str().unwrap_or_default().to_owned();
        descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        self.manifests.push(descriptor);
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": self.manifests });
        fs::write(self.path.join("index.json"), index.to_string()).expect("write index.json");
        digest
    }

    /// Copies what `tag` names into a registry that speaks plain http, as `destination` (`HOST:PORT/NAME:TAG`).
    ///
    /// # Panics
    /// `skopeo` failed; its message is shown.
    pub fn push(&self, tag: &str, destination: &str, format: Format) {
        // To the registry that several tests push the same blob to at once, the blob may be unknown for a moment.
        for _ in 1..PUSHES {
            if self.try_push(tag, destination, format).is_ok() {
                return;
            }
        }
        self.try_push(tag, destination, format).unwrap_or_else(|message| panic!("skopeo copy: {message}"));
    }

    fn try_push(&self, tag: &str, destination: &str, format: Format) -> Result<(), String> {
        let output = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false"])
            .args(match format {
                Format::Oci => &[][..],
                Format::Docker => &["--format", "v2s2"][..],
            })
            .arg(format!("oci:{}:{tag}", self.path.display()))
            .arg(format!("docker://{destination}"))
            .output()
            .expect("start skopeo");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}

/// How often a push is tried.
const PUSHES: usize = 4;

/// Which media types a pushed image has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/vnd.oci.image.…`.
    Oci,
    /// `application/vnd.docker.…`.
    Docker,
}

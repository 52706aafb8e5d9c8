//! Makes OCI image layouts to serve and to pull.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use wcr_image::Digest;

/// A blob with its descriptor.
pub struct Blob {
    pub bytes: Vec<u8>,
    pub descriptor: Value,
}

impl Blob {
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        let descriptor = json!({"mediaType": media_type, "digest": Digest::of(&bytes), "size": bytes.len()});
        Self { bytes, descriptor }
    }

    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image: configuration, layers, manifest.
pub struct Image {
    pub config: Blob,
    pub layers: Vec<Blob>,
    pub manifest: Blob,
}

impl wcr_tests::hostile::Content for Image {
    fn documents(&self, tag: &str) -> Vec<(String, String, Vec<u8>)> {
        let media = self.manifest.descriptor["mediaType"].as_str().unwrap();
        let names = [tag.to_owned(), self.manifest.digest().to_string()];
        let manifests = names.map(|name| (format!("manifests/{name}"), media.to_owned(), self.manifest.bytes.clone()));
        let blobs = self.layers.iter().chain([&self.config]);
        let blobs = blobs.map(|blob| {
            (format!("blobs/{}", blob.digest()), "application/octet-stream".to_owned(), blob.bytes.clone())
        });
        manifests.into_iter().chain(blobs).collect()
    }
}

/// A tar of regular files.
pub fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// An image of gzip layers for `os/architecture`.
pub fn image(architecture: &str, tars: &[Vec<u8>]) -> Image {
    let diff_ids: Vec<Digest> = tars.iter().map(|tar| Digest::of(tar)).collect();
    let config = json!({
        "architecture": architecture, "os": "linux", "created": "2024-01-02T03:04:05Z",
        "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = Blob::new(CONFIG, config.to_string().into_bytes());
    let layers: Vec<Blob> = tars.iter().map(|tar| Blob::new(LAYER, gzip(tar))).collect();
    let descriptors: Vec<&Value> = layers.iter().map(|layer| &layer.descriptor).collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor, "layers": descriptors,
    });
    Image { config, layers, manifest: Blob::new(MANIFEST, manifest.to_string().into_bytes()) }
}

/// Writes the images as an OCI layout, each named by its tag.
pub fn write_layout(folder: &Path, images: &[(&str, &Image)]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let mut entries = Vec::new();
    for (tag, image) in images {
        for blob in image.layers.iter().chain([&image.config, &image.manifest]) {
            fs::write(blobs.join(blob.digest().hex()), &blob.bytes).unwrap();
        }
        let mut entry = image.manifest.descriptor.clone();
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        entries.push(entry);
    }
    fs::write(folder.join("index.json"), json!({"schemaVersion": 2, "manifests": entries}).to_string()).unwrap();
}

//! Archives that `skopeo` makes, in each of its formats, read back.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wcr_image::{Archive, Digest, Limits, Platform, Reference};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn layer(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, name, content).unwrap();
    builder.into_inner().unwrap()
}

/// Stores a blob of an image layout and gives its descriptor.
fn blob(layout: &Path, media_type: &str, content: &[u8]) -> Value {
    let digest = Digest::of(content);
    fs::write(layout.join("blobs/sha256").join(digest.hex()), content).unwrap();
    let media_type = format!("application/vnd.oci.image.{media_type}");
    json!({"mediaType": media_type, "digest": digest.to_string(), "size": content.len()})
}

/// An image layout with one image of two layers; gives the diff-ids.
fn layout(path: &Path) -> Vec<Digest> {
    fs::create_dir_all(path.join("blobs/sha256")).unwrap();
    let layers = [layer("bin/tool", &[7; 100_000]), layer("etc/motd", b"hello\n")];
    let diff_ids: Vec<Digest> = layers.iter().map(|tar| Digest::of(tar)).collect();
    let config = json!({
        "os": "linux", "architecture": "amd64", "config": {"Cmd": ["/bin/tool"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = blob(path, "config.v1+json", config.to_string().as_bytes());
    let layers: Vec<Value> = layers.iter().map(|tar| blob(path, "layer.v1.tar+gzip", &gzip(tar))).collect();
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
    let mut manifest = blob(path, "manifest.v1+json", manifest.to_string().as_bytes());
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "made"});
    fs::write(path.join("index.json"), json!({"schemaVersion": 2, "manifests": [manifest]}).to_string()).unwrap();
    fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    diff_ids
}

#[test]
fn what_skopeo_writes_is_read() {
    let folder = Folder(std::env::temp_dir().join(format!("wcr-skopeo-{}", std::process::id())));
    let source = folder.0.join("layout");
    let diff_ids = layout(&source);
    for format in ["docker-archive", "oci-archive"] {
        let file = folder.0.join(format);
        let output = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "--quiet"])
            .arg(format!("oci:{}:made", source.display()))
            .arg(format!("{format}:{}:a.b/made:1", file.display()))
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: skopeo is not installed");
            return;
        };
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        let plain = fs::read(&file).unwrap();
        for bytes in [gzip(&plain), plain] {
            let archive = Archive::open(bytes, &Limits::DEFAULT).unwrap_or_else(|error| panic!("{format}: {error}"));
            let name: Reference = "a.b/made:1".parse().unwrap();
            let image = archive.choose(Some(&name), &Platform::default()).unwrap();
            let contents = image.load().unwrap();
            assert_eq!(contents.config.config.cmd, ["/bin/tool"], "{format}");
            let loaded: Vec<Digest> = contents.layers.iter().map(|layer| layer.diff_id).collect();
            assert_eq!(loaded, diff_ids, "{format}");
            let top = contents.layers[1].clone().into_layer().unwrap();
            let etc = top.index().child(0, b"etc").unwrap();
            let motd = top.index().record(top.index().child(etc, b"motd").unwrap()).unwrap();
            assert_eq!(top.data(motd.data, motd.size), Some(&b"hello\n"[..]), "{format}");
        }
    }
}

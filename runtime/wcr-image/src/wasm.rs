//! WebAssembly artifacts: a module or a component in a registry, with no file system around it.
//!
//! The layout is that of the CNCF's TAG Runtime: a manifest whose configuration has a media type of its own, and one
//! layer that is the program itself.

use serde::Deserialize;
use wcr_abi::Timestamp;

use crate::config::{ImageConfig, RootFs, RunConfig, or_default};
use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result, read_json};
use crate::manifest::{Descriptor, Manifest};
use crate::tar::{END, Kind, NewEntry, padding};

/// Where the program of an artifact is in its container.
const PROGRAM: &str = "main.wasm";

/// The configuration of an artifact. What it says of a component's interfaces is left to the component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WasmConfig {
    #[serde(default)]
    created: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    architecture: String,
    #[serde(default, deserialize_with = "or_default")]
    os: String,
    #[serde(default, deserialize_with = "or_default")]
    layer_digests: Vec<Digest>,
}

impl ImageConfig {
    /// Reads the configuration of a WebAssembly artifact as that of an image that runs its program.
    ///
    /// # Errors
    /// [`ImageError::Document`] when it is malformed, [`ImageError::Limit`] when it is too long.
    pub fn parse_artifact(body: &[u8], limits: &Limits) -> Result<Self> {
        if body.len() as u64 > limits.config {
            return Err(ImageError::limit("the configuration", limits.config, "bytes"));
        }
        let config: WasmConfig = read_json("configuration", body)?;
        let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
        Ok(Self {
            architecture: or(config.architecture, "wasm"),
            os: or(config.os, "wasi"),
            variant: None,
            created: config.created,
            config: RunConfig { entrypoint: vec![format!("/{PROGRAM}")], ..RunConfig::default() },
            rootfs: RootFs { kind: "layers".into(), diff_ids: config.layer_digests },
            history: Vec::new(),
        })
    }
}

impl Manifest {
    /// The program, when this is a WebAssembly artifact that [`Manifest::check`] has found right.
    #[must_use]
    pub fn artifact(&self) -> Option<&Descriptor> {
        self.layers.first().filter(|_| self.is_artifact())
    }
}

/// The layer in which a container sees the program of an artifact: a tar with one executable file.
#[must_use]
pub fn artifact_layer(program: &[u8]) -> Vec<u8> {
    let entry = NewEntry {
        path: PROGRAM.as_bytes(),
        link: b"",
        kind: Kind::Regular,
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime: Timestamp::default(),
        device: (0, 0),
        size: program.len() as u64,
    };
    let mut tar = entry.header();
    tar.extend_from_slice(program);
    tar.extend_from_slice(padding(entry.size));
    tar.extend_from_slice(&END);
    tar
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const BLOCK: usize = 512;

    #[test]
    fn the_layer_is_a_tar_with_the_program() {
        for program in [&b""[..], b"\0asm", &[7; 512], &[7; 513]] {
            let layer = artifact_layer(program);
            assert_eq!(layer.len() % BLOCK, 0);
            let mut archive = tar::Archive::new(layer.as_slice());
            let mut entries = archive.entries().unwrap();
            let mut entry = entries.next().unwrap().unwrap();
            assert_eq!((entry.path_bytes().as_ref(), entry.header().mode().unwrap()), (&b"main.wasm"[..], 0o755));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert_eq!(content, program);
            drop(entry);
            assert!(entries.next().is_none());
            crate::index_tar(&layer).unwrap();
        }
    }

    #[test]
    fn the_configuration_says_little_or_nothing() {
        let digest = Digest::of(b"x");
        let body = format!(
            r#"{{"created":"2024-01-01T00:00:00Z","architecture":"wasm","os":"wasip2","layerDigests":["{digest}"],
            "component":{{"exports":["wasi:cli/run@0.2.0"],"imports":[],"target":null}}}}"#
        );
        let config = ImageConfig::parse_artifact(body.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(config.platform().to_string(), "wasip2/wasm");
        assert_eq!((config.config.entrypoint, config.rootfs.diff_ids), (vec!["/main.wasm".to_owned()], vec![digest]));
        let config = ImageConfig::parse_artifact(b"{}", &Limits::DEFAULT).unwrap();
        assert_eq!(config.platform().to_string(), "wasi/wasm");
        for bad in [&b""[..], b"[]", b"null", br#"{"layerDigests":["x"]}"#] {
            assert!(ImageConfig::parse_artifact(bad, &Limits::DEFAULT).is_err());
        }
    }
}

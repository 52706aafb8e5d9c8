//! Manifests and indexes: which blobs an image has, and which images a name stands for.
//!
//! OCI image-spec (`image-manifest.md`, `image-index.md`) and Docker's image manifest v2 schema 2.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result, read_json, shown};
use crate::media::{Compression, MediaType};
use crate::platform::Platform;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What a blob is: its type, digest and length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The length of the content, in bytes.
    pub size: u64,
    /// In an index: what the image is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Remarks, such as `org.opencontainers.image.ref.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    /// What the blob is compressed with, for a layer.
    ///
    /// # Errors
    /// [`ImageError::ForeignLayer`], and [`ImageError::MediaType`] for anything else.
    pub fn compression(&self) -> Result<Compression> {
        match MediaType::parse(&self.media_type) {
            Some(MediaType::Layer(compression)) => Ok(compression),
            Some(MediaType::ForeignLayer) => Err(ImageError::ForeignLayer { digest: self.digest }),
            _ => Err(ImageError::MediaType {
                media_type: shown(self.media_type.as_bytes()),
                expected: "a tar layer, plain or compressed with gzip or zstd",
            }),
        }
    }
}

/// An image's parts: the configuration and the layers, from the lowest up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The media type: the one of the document, or else of the reply.
    pub media_type: String,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
}

/// The images that a name stands for, one a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The media type: the one of the document, or else of the reply.
    pub media_type: String,
    /// The images, in the order of preference.
    pub manifests: Vec<Descriptor>,
}

/// What a name in a registry leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// One image.
    Manifest(Manifest),
    /// An image for each of several platforms.
    Index(Index),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<u64>,
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    fs_layers: Option<IgnoredAny>,
}

impl Document {
    /// Reads a document that came with the media type `content_type`, if it came with any.
    ///
    /// # Errors
    /// [`ImageError::Limit`] for a long document or too many entries, else one of the malformed kinds:
    /// no JSON, contradicting media types, the fields of both kinds or of neither, schema 1.
    pub fn parse(body: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Self> {
        if body.len() as u64 > limits.manifest {
            return Err(ImageError::limit("the manifest", limits.manifest, "bytes"));
        }
        let malformed = |reason: String| ImageError::Document { document: "manifest", reason };
        let header = content_type.and_then(MediaType::parse);
        if header == Some(MediaType::Schema1) {
            return Err(ImageError::Schema1);
        }
        let raw: Raw = read_json("manifest", body)?;
        if raw.schema_version == Some(1) || raw.fs_layers.is_some() {
            return Err(ImageError::Schema1);
        }
        let media_type = raw.media_type.filter(|text| !text.is_empty());
        let kind = match (&media_type, header) {
            (Some(text), header) => {
                let kind = MediaType::parse(text);
                if header.is_some() && (kind != header || !same_name(text, content_type)) {
                    return Err(ImageError::MediaTypeMismatch {
                        header: shown(content_type.unwrap_or_default().as_bytes()),
                        body: shown(text.as_bytes()),
                    });
                }
                match kind {
                    Some(MediaType::Schema1) => return Err(ImageError::Schema1),
                    Some(kind @ (MediaType::Manifest | MediaType::Index)) => Some(kind),
                    _ => {
                        let media_type = shown(text.as_bytes());
                        return Err(ImageError::MediaType { media_type, expected: "a manifest or an index" });
                    }
                }
            }
            (None, header) => header,
        };
        match (kind, raw.config, raw.layers, raw.manifests) {
            (_, config, layers, Some(_)) if config.is_some() || layers.is_some() => {
                Err(malformed("it has the fields of a manifest and of an index at once".into()))
            }
            (Some(MediaType::Index) | None, None, None, Some(manifests)) => {
                if manifests.len() > limits.index_entries {
                    return Err(ImageError::limit("the index", limits.index_entries as u64, "images"));
                }
                let media_type = named(media_type, header, content_type, OCI_INDEX);
                Ok(Self::Index(Index { media_type, manifests }))
            }
            (Some(MediaType::Manifest) | None, Some(config), Some(layers), None) => {
                if layers.len() > limits.layers {
                    return Err(ImageError::limit("the manifest", limits.layers as u64, "layers"));
                }
                let media_type = named(media_type, header, content_type, OCI_MANIFEST);
                Ok(Self::Manifest(Manifest { media_type, config, layers }))
            }
            (Some(MediaType::Index), ..) => Err(malformed("an index without `manifests`".into())),
            (Some(MediaType::Manifest), ..) => Err(malformed("a manifest without `config` or `layers`".into())),
            _ => Err(malformed("it is neither a manifest nor an index".into())),
        }
    }
}

/// The media type of a document: its own, or else the one it came with, or else the usual one.
fn named(own: Option<String>, header: Option<MediaType>, content_type: Option<&str>, usual: &str) -> String {
    let came_with = header.and(content_type).map(|text| text.split(';').next().unwrap_or(text).trim().to_owned());
    own.or(came_with).unwrap_or_else(|| usual.to_owned())
}

fn same_name(text: &str, content_type: Option<&str>) -> bool {
    content_type
        .is_some_and(|other| other.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(text.trim()))
}

impl Index {
    /// Where the image for `wanted` can be: the entry that suits, an exact variant first, or else the
    /// indexes that do not say what they are for, in their order.
    ///
    /// # Errors
    /// An entry that suits is of a kind that wcr does not read.
    pub fn candidates(&self, wanted: &Platform) -> Result<Vec<Descriptor>> {
        if let Some(chosen) = self.suiting(wanted) {
            readable(chosen)?;
            return Ok(vec![chosen.clone()]);
        }
        let open = |entry: &&Descriptor| {
            entry.platform.is_none() && MediaType::parse(&entry.media_type) == Some(MediaType::Index)
        };
        Ok(self.manifests.iter().filter(open).cloned().collect())
    }

    fn suiting(&self, wanted: &Platform) -> Option<&Descriptor> {
        let platform_of = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|p| p == wanted);
        let suits = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|p| p.suits(wanted));
        // What is for WebAssembly runs here as it is, and is what is meant where it is all there is.
        let is_wasm = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(Platform::is_wasm);
        let wasm = self.manifests.iter().find(is_wasm).filter(|_| *wanted == Platform::default());
        self.manifests.iter().find(platform_of).or_else(|| self.manifests.iter().find(suits)).or(wasm)
    }

    /// The platforms on offer, each once, without the place holders of attestations.
    #[must_use]
    pub fn platforms(&self) -> Vec<Platform> {
        let mut out: Vec<Platform> = Vec::new();
        for platform in self.manifests.iter().filter_map(|entry| entry.platform.as_ref()) {
            if !platform.is_unknown() && !out.contains(platform) {
                out.push(platform.clone());
            }
        }
        out
    }
}

/// What an entry of an index is, if wcr can read it.
fn readable(entry: &Descriptor) -> Result<MediaType> {
    match MediaType::parse(&entry.media_type) {
        Some(kind @ (MediaType::Manifest | MediaType::Index)) => Ok(kind),
        Some(MediaType::Schema1) => Err(ImageError::Schema1),
        _ => {
            let media_type = shown(entry.media_type.as_bytes());
            Err(ImageError::MediaType { media_type, expected: "an image manifest" })
        }
    }
}

impl Manifest {
    /// The media type of a configuration, as wcr writes it.
    pub const CONFIG: &'static str = "application/vnd.oci.image.config.v1+json";

    /// The manifest of an image that came without one: digest and length of the configuration and of each layer, the
    /// lowest first.
    #[must_use]
    pub fn of(config: (Digest, u64), layers: impl IntoIterator<Item = (Digest, u64, Compression)>) -> Self {
        let descriptor = |media_type: String, digest, size| Descriptor {
            media_type,
            digest,
            size,
            platform: None,
            annotations: None,
        };
        let layer = |(digest, size, compression): (Digest, u64, Compression)| {
            let suffix = match compression {
                Compression::None => "",
                Compression::Gzip => "+gzip",
                Compression::Zstd => "+zstd",
            };
            descriptor(format!("application/vnd.oci.image.layer.v1.tar{suffix}"), digest, size)
        };
        Self {
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            config: descriptor(Self::CONFIG.into(), config.0, config.1),
            layers: layers.into_iter().map(layer).collect(),
        }
    }

    /// The document. The same manifest always gives the same bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { media_type, config, layers } = self;
        json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}).to_string()
    }

    /// Checks what the manifest alone tells: types and lengths of configuration and layers.
    ///
    /// # Errors
    /// [`ImageError::MediaType`] when the configuration is no image's, the errors of
    /// [`Descriptor::compression`], [`ImageError::Limit`].
    pub fn check(&self, limits: &Limits) -> Result<()> {
        if self.is_artifact() {
            return self.check_artifact(limits);
        }
        if MediaType::parse(&self.config.media_type) != Some(MediaType::Config) {
            return Err(ImageError::MediaType {
                media_type: shown(self.config.media_type.as_bytes()),
                expected: "the configuration of a container image",
            });
        }
        if self.config.size > limits.config {
            return Err(ImageError::limit("the configuration", limits.config, "bytes"));
        }
        for layer in &self.layers {
            layer.compression()?;
            if layer.size > limits.layer {
                return Err(ImageError::limit("a layer", limits.layer, "bytes"));
            }
        }
        Ok(())
    }
}

impl Manifest {
    /// Whether this is a WebAssembly artifact and no image.
    #[must_use]
    pub fn is_artifact(&self) -> bool {
        MediaType::parse(&self.config.media_type) == Some(MediaType::WasmConfig)
    }

    /// Checks an artifact: one layer, which is a program.
    fn check_artifact(&self, limits: &Limits) -> Result<()> {
        let [program] = self.layers.as_slice() else {
            let reason =
                format!("a WebAssembly artifact has one layer, its program; this one has {}", self.layers.len());
            return Err(ImageError::Document { document: "manifest", reason });
        };
        if MediaType::parse(&program.media_type) != Some(MediaType::Wasm) {
            let media_type = shown(program.media_type.as_bytes());
            return Err(ImageError::MediaType { media_type, expected: "a WebAssembly program" });
        }
        if self.config.size > limits.config {
            return Err(ImageError::limit("the configuration", limits.config, "bytes"));
        }
        if program.size > limits.program {
            return Err(ImageError::limit("the program", limits.program, "bytes"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const OCI: &str = OCI_MANIFEST;
    const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

    fn parse(body: &str, content_type: Option<&str>) -> Result<Document> {
        Document::parse(body.as_bytes(), content_type, &Limits::DEFAULT)
    }

    fn manifest(extra: &str) -> String {
        let config = format!(r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{D}","size":2}}"#);
        let layer = format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{D}","size":9}}"#);
        format!(r#"{{"schemaVersion":2,{extra}"config":{config},"layers":[{layer}]}}"#)
    }

    fn index(platforms: &[&str]) -> String {
        let entry = |p: &&str| {
            let p: Platform = p.parse().unwrap();
            let p = serde_json::to_string(&p).unwrap();
            format!(r#"{{"mediaType":"{OCI}","digest":"{D}","size":2,"platform":{p}}}"#)
        };
        let entries: Vec<String> = platforms.iter().map(entry).collect();
        format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","))
    }

    #[test]
    fn the_media_type_comes_from_body_or_header() {
        let with = manifest(&format!(r#""mediaType":"{DOCKER}","#));
        for (body, header, shown) in [
            (manifest(""), None, OCI),
            (manifest(""), Some(OCI), OCI),
            (manifest(""), Some("application/json"), OCI),
            (manifest(""), Some(&*format!("{DOCKER}; charset=utf-8")), DOCKER),
            (with.clone(), None, DOCKER),
            (with, Some(DOCKER), DOCKER),
        ] {
            let Document::Manifest(manifest) = parse(&body, header).unwrap() else { panic!("{header:?}") };
            assert_eq!(manifest.media_type, shown);
            manifest.check(&Limits::DEFAULT).unwrap();
        }
    }

    #[test]
    fn malformed_documents_are_refused_with_the_reason() {
        let docker = format!(r#""mediaType":"{DOCKER}","#);
        let both = manifest("\"manifests\":[],");
        let negative = manifest("").replace(":9", ":-9");
        let huge = manifest("").replace(":9", ":99999999999999999999999");
        let bad_digest = manifest("").replace(D, "sha256:../../etc/passwd");
        let upper = manifest("").replace(D, &D.to_uppercase());
        let twice = manifest(r#""config":null,"config":null,"#);
        let deep = format!("{}{}", "{\"config\":".repeat(100_000), "}".repeat(100_000));
        let table: &[(&str, Option<&str>, &str, &str)] = &[
            ("", None, "it is empty", "nothing"),
            ("<html>", Some("text/html"), "not a JSON object", "a web page"),
            ("null", None, "not a JSON object", "null"),
            ("{}", None, "neither a manifest nor an index", "no fields"),
            ("{}", Some(OCI), "without `config` or `layers`", "no fields, but a type"),
            (&both, None, "at once", "both kinds"),
            (&manifest(&docker), Some(OCI), "the server says", "contradiction within a kind"),
            (&manifest(&docker), Some(OCI_INDEX), "the server says", "contradiction between kinds"),
            (&manifest(""), Some(OCI_INDEX), "an index without `manifests`", "header of the other kind"),
            (&manifest(r#""mediaType":"a/b","#), None, "media type", "unknown type"),
            (r#"{"schemaVersion":1,"fsLayers":[]}"#, None, "schema 1", "schema 1 by version"),
            ("{}", Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), "schema 1", "schema 1 by type"),
            (&negative, None, "invalid value", "negative size"),
            (&huge, None, "invalid type", "huge size"),
            (&bad_digest, None, "sha256 digest has 64", "a path for a digest"),
            (&upper, None, "digest algorithm", "an upper-case digest"),
            (&twice, None, "duplicate field", "duplicate keys"),
            (&deep, None, "malformed", "deep JSON"),
            (r#"{"config":null,"layers":[]}"#, Some(OCI), "without `config`", "null config"),
        ];
        for (body, header, reason, why) in table {
            let error = parse(body, *header).expect_err(why);
            assert!(error.to_string().contains(reason), "{why}: {error}");
            assert_eq!(error.class(), crate::Class::Malformed, "{why}");
        }
    }

    #[test]
    fn damaged_documents_never_panic() {
        let good = manifest(&format!("\"mediaType\":\"{OCI}\","));
        for at in 0..good.len() {
            for byte in [b'"', b'{', b'}', b'[', b'9', b'\\', 0, 0xff] {
                let mut bad = good.clone().into_bytes();
                bad[at] = byte;
                drop(Document::parse(&bad, Some(OCI), &Limits::DEFAULT));
                drop(crate::ImageConfig::parse(&bad, &Limits::DEFAULT));
            }
            drop(Document::parse(&good.as_bytes()[..at], None, &Limits::DEFAULT));
        }
    }

    #[test]
    fn depth_is_no_danger_where_nobody_looks() {
        let deep = manifest(&format!("\"x\":{}{},", "[".repeat(100_000), "]".repeat(100_000)));
        parse(&deep, None).unwrap();
    }

    #[test]
    fn large_documents_are_over_the_limit() {
        let limits = Limits { manifest: 1000, index_entries: 3, layers: 0, ..Limits::DEFAULT };
        let long = " ".repeat(1001);
        let many = index(&["linux/amd64"; 4]);
        for body in [long, many, manifest("")] {
            let error = Document::parse(body.as_bytes(), None, &limits).expect_err("a limit");
            assert_eq!(error.class(), crate::Class::Limit, "{error}");
        }
    }

    #[test]
    fn the_platform_decides() {
        let Ok(Document::Index(offer)) =
            parse(&index(&["linux/amd64/v3", "unknown/unknown", "linux/arm/v6", "linux/amd64"]), Some(OCI_INDEX))
        else {
            panic!("an index")
        };
        let platform_of = |text: &str| {
            let found = offer.candidates(&text.parse().unwrap()).unwrap();
            found.first().map(|entry| entry.platform.clone().unwrap().to_string())
        };
        assert_eq!(platform_of("linux/amd64").as_deref(), Some("linux/amd64"));
        assert_eq!(platform_of("linux/amd64/v3").as_deref(), Some("linux/amd64/v3"));
        assert_eq!(platform_of("linux/s390x"), None);
        let offered: Vec<String> = offer.platforms().iter().map(ToString::to_string).collect();
        assert_eq!(offered, ["linux/amd64/v3", "linux/arm/v6", "linux/amd64"]);
    }

    #[test]
    fn what_is_open_is_a_candidate_where_nothing_suits() {
        let open = index(&["linux/arm64", "linux/amd64"]).replace(OCI, OCI_INDEX);
        let open = open.replace(r#","platform":{"os":"linux","architecture":"amd64"}"#, "");
        let Ok(Document::Index(offer)) = parse(&open, None) else { panic!("an index") };
        let platforms = |wanted: &str| -> Vec<Option<String>> {
            let found = offer.candidates(&wanted.parse().unwrap()).unwrap();
            found.iter().map(|entry| entry.platform.as_ref().map(ToString::to_string)).collect()
        };
        assert_eq!(platforms("linux/arm64"), [Some("linux/arm64".to_owned())]);
        assert_eq!(platforms("linux/amd64"), [None]);
        let Ok(Document::Index(offer)) = parse(&index(&["linux/arm64"]), None) else { panic!("an index") };
        assert!(offer.candidates(&Platform::default()).unwrap().is_empty());
    }

    #[test]
    fn layers_that_cannot_be_read_are_named() {
        for (from, to, reason) in [
            ("layer.v1.tar+gzip", "layer.nondistributable.v1.tar", "foreign layer"),
            ("tar+gzip", "squashfs", "squashfs"),
            ("image.config.v1", "artifact.v1", "configuration of a container image"),
        ] {
            let Ok(Document::Manifest(manifest)) = parse(&manifest("").replace(from, to), None) else { panic!("{to}") };
            let error = manifest.check(&Limits::DEFAULT).expect_err(to).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}

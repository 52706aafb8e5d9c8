//! Media types of the documents and layers that wcr reads.

/// What a layer's blob is compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// A plain tar.
    None,
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// zstd (RFC 8878), one frame or several.
    Zstd,
}

/// What a media type names, as far as wcr reads it: OCI image-spec and Docker image manifest v2 schema 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// An OCI image index or a Docker manifest list.
    Index,
    /// An image manifest of either kind.
    Manifest,
    /// An image's configuration.
    Config,
    /// A layer: a tar.
    Layer(Compression),
    /// The configuration of a WebAssembly artifact.
    WasmConfig,
    /// A WebAssembly program, as it is.
    Wasm,
    /// Docker's manifest of schema 1, in any form.
    Schema1,
    /// A layer whose content stays with its vendor.
    ForeignLayer,
}

impl MediaType {
    /// What is sent as `Accept` when a manifest is asked for.
    pub const ACCEPT_MANIFEST: &'static str = "application/vnd.oci.image.index.v1+json, \
         application/vnd.docker.distribution.manifest.list.v2+json, \
         application/vnd.oci.image.manifest.v1+json, \
         application/vnd.docker.distribution.manifest.v2+json";

    /// The meaning of `text` (parameters such as `;charset=` do not matter); `None` when it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match name.as_str() {
            "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json" => {
                Self::Index
            }
            "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json" => {
                Self::Manifest
            }
            "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json" => {
                Self::Config
            }
            "application/vnd.wasm.config.v0+json" | "application/vnd.wasm.config.v1+json" => Self::WasmConfig,
            "application/wasm" | "application/vnd.wasm.content.layer.v1+wasm" => Self::Wasm,
            "application/vnd.oci.image.layer.v1.tar" | "application/vnd.docker.image.rootfs.diff.tar" => {
                Self::Layer(Compression::None)
            }
            "application/vnd.oci.image.layer.v1.tar+gzip" | "application/vnd.docker.image.rootfs.diff.tar.gzip" => {
                Self::Layer(Compression::Gzip)
            }
            "application/vnd.oci.image.layer.v1.tar+zstd" | "application/vnd.docker.image.rootfs.diff.tar.zstd" => {
                Self::Layer(Compression::Zstd)
            }
            "application/vnd.docker.distribution.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Self::Schema1,
            "application/vnd.oci.image.layer.nondistributable.v1.tar"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
            | "application/vnd.docker.image.rootfs.foreign.diff.tar"
            | "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" => Self::ForeignLayer,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        let text = "Application/vnd.OCI.image.index.v1+json; charset=utf-8";
        assert_eq!(MediaType::parse(text), Some(MediaType::Index));
        assert_eq!(MediaType::parse("application/json"), None);
        for text in MediaType::ACCEPT_MANIFEST.split(',') {
            assert!(matches!(MediaType::parse(text), Some(MediaType::Index | MediaType::Manifest)), "{text}");
        }
    }
}

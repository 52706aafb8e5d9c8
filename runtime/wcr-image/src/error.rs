//! What can be wrong with an image, and the classes of failures that all of wcr reports.

use wcr_vfs::layer::LayerError;

use crate::platform::Platform;
use crate::reference::Reference;

/// The class of a failure: the exit code of a command that fails with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// What was asked for makes no sense.
    Usage,
    /// The network or a server on it failed.
    Network,
    /// A server wants other credentials.
    Authorisation,
    /// Content is not what its digest says.
    Integrity,
    /// Content does not follow its format.
    Malformed,
    /// Content is larger than wcr takes.
    Limit,
    /// The local store failed.
    Store,
    /// Something is in use.
    Conflict,
    /// A rule of wcr forbids it.
    Policy,
}

impl Class {
    /// The exit code of a command.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Network => 10,
            Self::Authorisation => 11,
            Self::Integrity => 12,
            Self::Malformed => 13,
            Self::Limit => 14,
            Self::Store => 15,
            Self::Conflict => 16,
            Self::Policy => 17,
        }
    }
}

/// What an image may cost; what is larger is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The length of a manifest or an index, in bytes.
    pub manifest: u64,
    /// The length of a configuration, in bytes.
    pub config: u64,
    /// How many manifests an index may list.
    pub index_entries: usize,
    /// How many layers an image may have.
    pub layers: usize,
    /// The length of a layer's tar, in bytes.
    pub layer: u64,
    /// How many times longer than its blob a layer's tar may be, once it is longer than `ratio_from`.
    pub ratio: u64,
    /// See `ratio`, in bytes.
    pub ratio_from: u64,
    /// How many entries a layer's tar may have.
    pub entries: u64,
    /// The length of a WebAssembly artifact's program, in bytes.
    pub program: u64,
    /// The length of an image archive, in bytes, and of all the layers that are decompressed out of it.
    pub archive: u64,
    /// The length of an extended header (PAX or GNU long name) in a layer, in bytes.
    pub extended_header: u64,
}

impl Limits {
    /// The limits wcr has unless told otherwise.
    pub const DEFAULT: Self = Self {
        manifest: 4 << 20,
        config: 4 << 20,
        index_entries: 1000,
        layers: 256,
        layer: 8 << 30,
        ratio: 200,
        ratio_from: 100 << 20,
        entries: 1_000_000,
        program: 128 << 20,
        archive: 8 << 30,
        extended_header: 1 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A result with an [`ImageError`].
pub type Result<T, E = ImageError> = core::result::Result<T, E>;

/// Why an image, or a part of it, is refused. Texts that came from outside are escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// A document is not the JSON it should be.
    #[error("the {document} is malformed: {reason}")]
    Document {
        /// Which: `manifest`, `index`, `configuration`.
        document: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// A document has a media type that wcr does not read.
    #[error("media type {media_type:?} is not one that wcr reads ({expected} was expected)")]
    MediaType {
        /// The type found.
        media_type: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The server and the document disagree about what it is.
    #[error("the server says the document is {header:?}, the document says {body:?}")]
    MediaTypeMismatch {
        /// The `Content-Type`.
        header: String,
        /// The field `mediaType`.
        body: String,
    },
    /// The image has the format that Docker gave up in 2017.
    #[error(
        "it is a manifest of schema 1, which is obsolete and not supported; push the image again with a current tool"
    )]
    Schema1,
    /// A layer must be fetched from its vendor.
    #[error("layer {digest} is a foreign layer, whose content stays with its vendor; wcr does not fetch those")]
    ForeignLayer {
        /// The layer.
        digest: crate::Digest,
    },
    /// An index has no manifest for the platform.
    #[error("there is no image for {wanted}; offered: {}", list(offered))]
    NoPlatform {
        /// What was asked for.
        wanted: Platform,
        /// What there is.
        offered: Vec<Platform>,
    },
    /// A layer's blob does not decompress.
    #[error("the gzip data is malformed at byte {offset}: {reason}")]
    Gzip {
        /// Where in the compressed data, roughly.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A layer's blob is no sound zstd.
    #[error("the zstd data is malformed at byte {offset}: {reason}")]
    Zstd {
        /// Where in the compressed data, roughly.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A packed tar is none, or a tar cannot be packed.
    #[error("the packed tar cannot be used: {0}")]
    Packed(&'static str),
    /// A layer's tar is malformed.
    #[error("the tar is malformed at byte {offset}{}: {reason}", entry(path))]
    Tar {
        /// Where in the tar.
        offset: u64,
        /// The entry, if one was reached, escaped.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An entry of a layer's tar cannot be part of a file system.
    #[error("the layer is malformed: {0}")]
    Layer(#[source] LayerError),
    /// Something is larger than wcr takes.
    #[error("{what} is larger than the limit of {limit}")]
    Limit {
        /// What.
        what: &'static str,
        /// How much is allowed, with its unit.
        limit: String,
    },
    /// What should be an image archive is something else.
    #[error(
        "it is {found}, not an image archive; wcr reads what `docker save`, `podman save` and `skopeo copy` \
         (docker-archive:, oci-archive:) write, plain or compressed with gzip or zstd"
    )]
    NotAnArchive {
        /// What it is.
        found: String,
    },
    /// A name in an archive is none that an archive may have.
    #[error("the archive has the path `{path}`: {reason}")]
    ArchivePath {
        /// The path, escaped.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An archive lacks what it says it has.
    #[error("the archive is incomplete: {what} `{path}` is missing")]
    Missing {
        /// What: `the configuration`, `the layer`.
        what: &'static str,
        /// Where it should be, escaped.
        path: String,
    },
    /// The bytes of an archive are not to be had.
    #[error("the archive cannot be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
    /// A part of an archive is refused.
    #[error("`{part}` in the archive: {source}")]
    InArchive {
        /// The part's path, escaped.
        part: String,
        /// Why.
        source: Box<ImageError>,
    },
    /// Content is not what its digest says.
    #[error("its {what} is {actual}, but {expected} was expected; the content was damaged or changed")]
    Digest {
        /// Of what it is the digest: `digest`, `diff-id`.
        what: &'static str,
        /// What the image says.
        expected: crate::Digest,
        /// What the content has.
        actual: crate::Digest,
    },
    /// Content has not the length that the image says.
    #[error("it has {actual} bytes, but {expected} were expected; the content was damaged or changed")]
    Length {
        /// What the image says.
        expected: u64,
        /// What the content has.
        actual: u64,
    },
    /// An archive does not have the image that was asked for.
    #[error("the archive has no image {wanted}; it has {}", names(offered))]
    NotInArchive {
        /// What was asked for.
        wanted: Box<Reference>,
        /// What there is.
        offered: Vec<Reference>,
    },
    /// An archive has several images, and none was asked for by name.
    #[error("the archive has several images for {platform}; name one of them: {}", names(offered))]
    Ambiguous {
        /// The platform.
        platform: Platform,
        /// The names of what there is.
        offered: Vec<Reference>,
    },
}

impl ImageError {
    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Limit { .. } => Class::Limit,
            Self::Digest { .. } | Self::Length { .. } => Class::Integrity,
            Self::NotInArchive { .. } | Self::Ambiguous { .. } => Class::Usage,
            Self::InArchive { source, .. } => source.class(),
            _ => Class::Malformed,
        }
    }

    /// An index has others in it, deeper than `levels`.
    #[must_use]
    pub fn nesting(levels: usize) -> Self {
        Self::limit("the nesting of the index", levels as u64, "levels")
    }

    pub(crate) fn limit(what: &'static str, limit: u64, unit: &str) -> Self {
        Self::Limit { what, limit: format!("{limit} {unit}") }
    }
}

impl From<LayerError> for ImageError {
    fn from(error: LayerError) -> Self {
        match error {
            LayerError::Limit { what, max } => Self::Limit { what: "a layer", limit: format!("{max} {what}") },
            error => Self::Layer(error),
        }
    }
}

fn list(platforms: &[Platform]) -> String {
    joined(platforms.iter().map(ToString::to_string), "none")
}

fn names(references: &[Reference]) -> String {
    joined(references.iter().map(Reference::familiar), "only images without a name")
}

fn joined(texts: impl Iterator<Item = String>, nothing: &str) -> String {
    let shown: Vec<String> = texts.take(40).collect();
    if shown.is_empty() { nothing.into() } else { shown.join(", ") }
}

fn entry(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" (entry `{path}`)") }
}

/// Bytes from outside, safe to show: what is not printable ASCII is escaped, long text is cut.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let mut text = bytes.get(..MOST).unwrap_or(bytes).escape_ascii().to_string();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
}

/// Reads a JSON document that must be an object; serde alone would take an array of the fields too.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(document: &'static str, body: &[u8]) -> Result<T> {
    read_json_from(b'{', document, body)
}

/// Reads a JSON document that must be an array.
pub(crate) fn read_json_array<T: serde::de::DeserializeOwned>(document: &'static str, body: &[u8]) -> Result<Vec<T>> {
    read_json_from(b'[', document, body)
}

fn read_json_from<T: serde::de::DeserializeOwned>(start: u8, document: &'static str, body: &[u8]) -> Result<T> {
    let malformed = |reason: String| ImageError::Document { document, reason };
    match body.trim_ascii_start().first() {
        Some(first) if *first == start => serde_json::from_slice(body).map_err(|error| malformed(error.to_string())),
        Some(_) => {
            let kind = if start == b'[' { "array" } else { "object" };
            Err(malformed(format!("it is not a JSON {kind}")))
        }
        None => Err(malformed("it is empty".into())),
    }
}

//! What some bytes are, told from how they begin.

use super::files::Files;
use crate::error::shown;
use crate::media::Compression;
use crate::zstd::MAGIC;

const GZIP: &[u8] = b"\x1f\x8b";

/// Beginnings, and what begins so.
const KINDS: [(&[u8], &str); 10] = [
    (GZIP, "data that is compressed with gzip twice"),
    (&MAGIC, "data that is compressed with zstd twice"),
    (b"\xfd7zXZ\0", "data compressed with xz"),
    (b"BZh", "data compressed with bzip2"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "an ELF program"),
    (b"\0asm", "a WebAssembly program"),
    (b"{", "a JSON document"),
    (b"<", "an HTML or XML document"),
];

/// How many bytes tell what something is.
pub(crate) const LONGEST: u64 = 8;

/// What a file is compressed with, as its first bytes tell.
#[must_use]
pub fn compression(bytes: &[u8]) -> Compression {
    match bytes {
        bytes if bytes.starts_with(GZIP) => Compression::Gzip,
        bytes if bytes.starts_with(&MAGIC) => Compression::Zstd,
        _ => Compression::None,
    }
}

/// A name for bytes that are no tar.
pub(super) fn of_bytes(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "empty";
    }
    let kind = KINDS.iter().find(|(start, _)| bytes.starts_with(start));
    kind.map_or("data of an unknown kind", |(_, name)| name)
}

/// A name for a tar that holds no image.
pub(super) fn of_files(files: &Files) -> String {
    match files.paths().next() {
        None => "an empty tar archive".into(),
        Some(first) => {
            format!("a tar archive without `manifest.json` and `index.json` (it has `{}`, for one)", shown(first))
        }
    }
}

//! Content digests: what a blob is named by.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

use crate::error::Class;

const PREFIX: &str = "sha256:";

/// A sha256 digest, as descriptors and pinned references carry it: `sha256:` and 64 lower-case hex digits.
///
/// Parsing is strict, so a value is always safe as a file name or in a URL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `algorithm:` in front.
    #[error("a digest needs the form sha256:<64 lower-case hex digits>")]
    Form,
    /// The algorithm is not the supported one.
    #[error("digest algorithm `{0}` is not supported; only sha256 is")]
    Algorithm(String),
    /// The hex part has the wrong length.
    #[error("a sha256 digest has 64 hex digits, this one has {0}")]
    Length(usize),
    /// The hex part has something else than 0-9 and a-f.
    #[error("a sha256 digest has only the digits 0-9 and a-f")]
    Digits,
}

impl DigestError {
    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        Class::Malformed
    }
}

impl Digest {
    /// The digest whose 32 bytes are `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(content);
        hasher.finish()
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hex digits, without the algorithm.
    #[must_use]
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut out = String::with_capacity(64);
        for byte in self.0 {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(DIGITS[usize::from(nibble)]));
            }
        }
        out
    }

    /// The first twelve hex digits, as tables show a digest.
    #[must_use]
    pub fn short(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(12);
        hex
    }

    /// The digest with the hex part `hex` alone.
    ///
    /// # Errors
    /// [`DigestError::Length`] and [`DigestError::Digits`].
    pub fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let bytes = hex.as_bytes();
        if bytes.len() != 64 {
            return Err(DigestError::Length(bytes.len()));
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            for &digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(DigestError::Digits),
                };
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(out))
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if let Some(hex) = text.strip_prefix(PREFIX) {
            return Self::from_hex(hex);
        }
        match text.split_once(':') {
            Some((algorithm, _)) if !algorithm.is_empty() => {
                Err(DigestError::Algorithm(algorithm.chars().take(32).flat_map(char::escape_debug).collect()))
            }
            _ => Err(DigestError::Form),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A running sha256 computation.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// A computation over nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes of the content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_nothing_is_the_known_one() {
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest, Digest::of(b""));
        assert_eq!(digest.to_string(), EMPTY);
        assert_eq!(digest.short(), "e3b0c44298fc");
        assert_eq!(serde_json::from_str::<Digest>(&format!("\"{EMPTY}\"")).unwrap(), digest);
    }

    #[test]
    fn anything_but_lower_case_sha256_is_refused() {
        let hex = &EMPTY[7..];
        let table = [
            (String::new(), DigestError::Form, "nothing"),
            (hex.to_owned(), DigestError::Form, "no algorithm"),
            (format!(":{hex}"), DigestError::Form, "empty algorithm"),
            (format!("sha512:{hex}"), DigestError::Algorithm("sha512".into()), "unknown algorithm"),
            (format!("SHA256:{hex}"), DigestError::Algorithm("SHA256".into()), "upper-case algorithm"),
            ("sha256:../x".into(), DigestError::Length(4), "a path"),
            (format!("sha256:{}", &hex[1..]), DigestError::Length(63), "too short"),
            (format!("sha256:{hex}0"), DigestError::Length(65), "too long"),
            (format!("sha256:{}", hex.to_uppercase()), DigestError::Digits, "upper-case digits"),
            (format!("sha256:../{}", &hex[3..]), DigestError::Digits, "a path of the right length"),
        ];
        for (text, error, why) in table {
            assert_eq!(text.parse::<Digest>(), Err(error), "{why}");
        }
    }
}

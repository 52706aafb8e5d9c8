//! Platforms: which operating system and CPU an image is for.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Class;

/// An operating system, a CPU architecture and, for some, a variant of it, in the names Go uses.
///
/// The default is `linux/amd64` on every host: the same image name means the same bytes everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, such as `linux`.
    #[serde(default)]
    pub os: String,
    /// The CPU architecture, such as `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// The variant of the architecture, such as `v7`; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("platform {0:?} does not have the form os/architecture or os/architecture/variant, such as linux/amd64")]
pub struct PlatformError(String);

impl PlatformError {
    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        Class::Usage
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self { os: "linux".into(), architecture: "amd64".into(), variant: None }
    }
}

impl Platform {
    /// The variant, with those that are the architecture's baseline left out.
    fn variant(&self) -> Option<&str> {
        match (self.architecture.as_str(), self.variant.as_deref()) {
            ("arm64", Some("v8" | "8")) | ("amd64", Some("v1")) | (_, Some("")) => None,
            ("arm", None) => Some("v7"),
            (_, variant) => variant,
        }
    }

    /// Whether a program for `self` is what somebody who asks for `wanted` means. An image that leaves
    /// its variant open suits every variant asked for; a variant that was not asked for suits nobody,
    /// but for arm, where none means v7.
    #[must_use]
    pub fn suits(&self, wanted: &Self) -> bool {
        if self.is_wasm() && wanted.is_wasm() {
            return self.os == wanted.os || [self, wanted].iter().any(|platform| platform.os == "wasi");
        }
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (self.variant() == wanted.variant() || self.variant.is_none())
    }

    /// Whether this is WebAssembly with WASI, by whichever of its names: `wasi/wasm`, `wasi/wasm32`, `wasip1/wasm`,
    /// `wasip2/wasm`.
    #[must_use]
    pub fn is_wasm(&self) -> bool {
        matches!(self.os.as_str(), "wasi" | "wasip1" | "wasip2")
            && matches!(self.architecture.as_str(), "wasm" | "wasm32")
    }

    /// Whether this is a place holder, as build attestations have it in an index.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" || self.architecture == "unknown"
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    /// Reads `os/architecture[/variant]`; `x86_64` and `aarch64` are taken as `amd64` and `arm64`.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let good = |part: &&str| {
            !part.is_empty()
                && part.len() <= 32
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(PlatformError(text.chars().take(100).collect())),
        };
        if ![Some(os), Some(architecture), variant].into_iter().flatten().all(good) {
            return Err(PlatformError(text.chars().take(100).collect()));
        }
        let architecture = match architecture.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            "i386" | "i686" => "386".to_owned(),
            other => other.to_owned(),
        };
        Ok(Self { os: os.to_ascii_lowercase(), architecture, variant: variant.map(|v| v.to_ascii_lowercase()) })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os.escape_debug(), self.architecture.escape_debug())?;
        match &self.variant {
            Some(variant) if !variant.is_empty() => write!(f, "/{}", variant.escape_debug()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let good = [
            ("linux/amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("Linux/AARCH64", "linux/arm64"),
        ];
        for (text, shown) in good {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), shown);
        }
        for text in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/am d64", "linux/\u{1b}[2J"] {
            assert!(text.parse::<Platform>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_suits_whom() {
        let table = [
            ("linux/amd64", "linux/amd64", true, "the same"),
            ("linux/amd64/v1", "linux/amd64", true, "v1 is the baseline"),
            ("linux/amd64/v3", "linux/amd64", false, "needs a newer CPU than asked for"),
            ("linux/arm64/v8", "linux/arm64", true, "v8 is the baseline"),
            ("linux/arm64", "linux/arm64/v8", true, "v8 is the baseline"),
            ("linux/arm/v7", "linux/arm", true, "v7 is meant by arm"),
            ("linux/arm/v6", "linux/arm", false, "v7 is meant by arm"),
            ("linux/arm", "linux/arm/v6", true, "left open"),
            ("windows/amd64", "linux/amd64", false, "another system"),
            ("wasi/wasm32", "wasi/wasm", true, "another name"),
            ("wasip2/wasm", "wasi/wasm", true, "a version of it"),
            ("wasip2/wasm", "wasip1/wasm", false, "another version"),
            ("wasi/wasm", "linux/amd64", false, "no Linux"),
            ("linux/386", "linux/amd64", false, "another CPU"),
        ];
        for (offered, wanted, suits, why) in table {
            let (offered, wanted): (Platform, Platform) = (offered.parse().unwrap(), wanted.parse().unwrap());
            assert_eq!(offered.suits(&wanted), suits, "{offered} for {wanted}: {why}");
        }
    }
}

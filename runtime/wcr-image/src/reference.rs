//! Image references: the names people give images, read as Docker reads them.

use core::fmt;
use core::str::FromStr;

use crate::digest::{Digest, DigestError};
use crate::error::Class;

const DEFAULT_DOMAIN: &str = "docker.io";
const LEGACY_DOMAIN: &str = "index.docker.io";
const OFFICIAL: &str = "library/";
const DEFAULT_TAG: &str = "latest";
const NAME_MAX: usize = 255;
const TAG_MAX: usize = 128;

/// The name of an image: registry, repository, and a tag or a digest or both.
///
/// Read as Docker reads it: `busybox` is `docker.io/library/busybox:latest`. A first component with a
/// dot, a colon or an upper-case letter, or `localhost`, is the registry. With a digest the tag is only a remark.
///
/// `{}` shows the canonical form, with everything; [`Reference::familiar`] the short one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// A text that is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid image reference {text:?}: {reason}")]
pub struct ReferenceError {
    /// The text, cut when it is long.
    pub text: String,
    /// What is wrong with it.
    pub reason: ReferenceReason,
}

impl ReferenceError {
    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        Class::Usage
    }
}

/// What is wrong with a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceReason {
    /// There is no name.
    #[error("it has no name")]
    Empty,
    /// Registry and repository together are too long.
    #[error("the name is longer than {NAME_MAX} characters")]
    TooLong,
    /// The registry is no host name, IPv4 or bracketed IPv6 address with an optional port.
    #[error("the registry must be a host name or an address, with a port if need be")]
    Domain,
    /// A path component is not as it must be.
    #[error("a repository name has components of a-z and 0-9, joined by `.`, `_`, `__` or dashes")]
    Path,
    /// The repository has an upper-case letter.
    #[error("a repository name must be lower case")]
    UpperCase,
    /// The tag is not as it must be.
    #[error("a tag has up to {TAG_MAX} of a-z, A-Z, 0-9, `_`, `.` and `-`, and does not begin with `.` or `-`")]
    Tag,
    /// The part behind `@` is no digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// 64 hex digits alone could be taken for an image's identity.
    #[error("a name cannot be 64 hex digits; to pin a digest write NAME@sha256:…")]
    Identifier,
}

impl Reference {
    /// The registry's name, with the port if one was given; `docker.io` for Docker Hub.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The repository within the registry, such as `library/busybox`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag; `latest` when the text had neither tag nor digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest the reference is pinned to.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Registry and repository: the canonical form without tag and digest.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// The same repository, pinned to `digest`, without a tag.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self { domain: self.domain.clone(), path: self.path.clone(), tag: None, digest: Some(digest) }
    }

    /// The repository as Docker shows it: `busybox`, `bitnami/nginx`, `ghcr.io/a/b`.
    #[must_use]
    pub fn familiar_name(&self) -> String {
        if self.domain != DEFAULT_DOMAIN {
            return self.repository();
        }
        match self.path.strip_prefix(OFFICIAL) {
            Some(name) if !name.contains('/') => name.to_owned(),
            _ => self.path.clone(),
        }
    }

    /// The whole reference as Docker shows it: `busybox:latest`.
    #[must_use]
    pub fn familiar(&self) -> String {
        let mut out = self.familiar_name();
        self.push_suffix(&mut out);
        out
    }

    fn push_suffix(&self, out: &mut String) {
        if let Some(tag) = &self.tag {
            out.push(':');
            out.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            out.push('@');
            out.push_str(&digest.to_string());
        }
    }

    fn parse(text: &str) -> Result<Self, ReferenceReason> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>()?)),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest.get(slash..).and_then(|last| last.split_once(':')) {
            // `host:5000` alone has a tag of 5000; `[::1]` alone has no repository at all.
            Some((_, tag)) if !rest.starts_with('[') || slash > 0 => {
                (rest.get(..rest.len() - tag.len() - 1).unwrap_or_default(), Some(tag))
            }
            _ => (rest, None),
        };
        if name.is_empty() {
            return Err(ReferenceReason::Empty);
        }
        if name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceReason::Identifier);
        }
        let (domain, path) = split_domain(name);
        if domain.len() + 1 + path.len() > NAME_MAX {
            return Err(ReferenceReason::TooLong);
        }
        if !is_domain(domain) {
            return Err(ReferenceReason::Domain);
        }
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ReferenceReason::UpperCase);
        }
        let path =
            if domain == DEFAULT_DOMAIN && !path.contains('/') { format!("{OFFICIAL}{path}") } else { path.into() };
        if !path.split('/').all(is_path_component) {
            return Err(ReferenceReason::Path);
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ReferenceReason::Tag);
        }
        let tag = tag.or(if digest.is_none() { Some(DEFAULT_TAG) } else { None });
        Ok(Self { domain: domain.into(), path, tag: tag.map(Into::into), digest })
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text).map_err(|reason| ReferenceError { text: text.chars().take(300).collect(), reason })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = self.repository();
        self.push_suffix(&mut out);
        f.write_str(&out)
    }
}

/// Splits off the registry, by Docker's rule for telling it from a first path component.
fn split_domain(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((LEGACY_DOMAIN, rest)) => (DEFAULT_DOMAIN, rest),
        Some((first, rest))
            if first.contains(['.', ':', '['])
                || first == "localhost"
                || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DEFAULT_DOMAIN, name),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => {
                let port = if port.is_empty() { Some(None) } else { port.strip_prefix(':').map(Some) };
                return match port {
                    Some(port) => address.parse::<std::net::Ipv6Addr>().is_ok() && port.is_none_or(is_port),
                    None => false,
                };
            }
            None => return false,
        },
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(label) && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port != 0)
}

fn is_path_component(text: &str) -> bool {
    let alphanumeric = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9');
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(alphanumeric) || !bytes.last().is_some_and(alphanumeric) {
        return false;
    }
    bytes
        .split(alphanumeric)
        .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

fn is_tag(text: &str) -> bool {
    (1..=TAG_MAX).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn good_references_have_a_canonical_and_a_familiar_form() {
        let digest = format!("@sha256:{HEX}");
        let table: &[(&str, &str, &str, &str)] = &[
            ("busybox", "docker.io/library/busybox:latest", "busybox:latest", "all defaults"),
            ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36", "a tag"),
            ("library/busybox", "docker.io/library/busybox:latest", "busybox:latest", "the official prefix"),
            ("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest", "the default registry"),
            ("index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest", "its old name"),
            ("bitnami/nginx", "docker.io/bitnami/nginx:latest", "bitnami/nginx:latest", "a user's repository"),
            ("ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x", "another registry"),
            ("localhost/x", "localhost/x:latest", "localhost/x:latest", "localhost is a registry"),
            ("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x:latest", "a port"),
            ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000", "a tag, no port"),
            ("127.0.0.1:5000/a:b", "127.0.0.1:5000/a:b", "127.0.0.1:5000/a:b", "an IPv4 address"),
            ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest", "an IPv6 address with port"),
            ("[2001:db8::1]/a:b", "[2001:db8::1]/a:b", "[2001:db8::1]/a:b", "an IPv6 address"),
            ("Host/a", "Host/a:latest", "Host/a:latest", "upper case makes a registry"),
            ("a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest", "no dot, so no registry"),
            ("a__b/c--d.e_f", "docker.io/a__b/c--d.e_f:latest", "a__b/c--d.e_f:latest", "all separators"),
            ("a:A_b.C-9", "docker.io/library/a:A_b.C-9", "a:A_b.C-9", "all of a tag's characters"),
        ];
        for (text, canonical, familiar, why) in table {
            let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{why}: {error}"));
            assert_eq!(
                (reference.to_string().as_str(), reference.familiar().as_str()),
                (*canonical, *familiar),
                "{why}"
            );
            assert_eq!(canonical.parse::<Reference>().unwrap(), reference, "{why}: the canonical form reads back");
        }
        let pinned: Reference = format!("busybox{digest}").parse().unwrap();
        assert_eq!(pinned.to_string(), format!("docker.io/library/busybox{digest}"));
        assert_eq!(pinned.tag(), None, "a digest takes no default tag");
        let both: Reference = format!("[::1]:5000/busybox:1.36{digest}").parse().unwrap();
        assert_eq!((both.tag(), both.digest()), (Some("1.36"), Some(Digest::of(b""))));
    }

    #[test]
    fn bad_references_have_a_reason() {
        use ReferenceReason as Why;
        let long = format!("a.b/{}", "x".repeat(252));
        let long_tag = format!("a:{}", "x".repeat(129));
        let upper = format!("a@sha256:{}", HEX.to_uppercase());
        let table: &[(&str, Why, &str)] = &[
            ("", Why::Empty, "nothing"),
            (":tag", Why::Empty, "only a tag"),
            ("@", Why::Digest(DigestError::Form), "only an at"),
            ("a@b", Why::Digest(DigestError::Form), "no digest"),
            ("a@sha256:abc", Why::Digest(DigestError::Length(3)), "a short digest"),
            ("a@sha256:../../x", Why::Digest(DigestError::Length(7)), "a path for a digest"),
            (&upper, Why::Digest(DigestError::Digits), "an upper-case digest"),
            (HEX, Why::Identifier, "looks like an identity"),
            ("Busybox", Why::UpperCase, "upper case in the repository"),
            ("a.b/C", Why::UpperCase, "upper case in the repository"),
            ("a:", Why::Tag, "an empty tag"),
            ("a:.b", Why::Tag, "a tag that begins with a dot"),
            ("a:b:c", Why::Tag, "two tags"),
            (&long_tag, Why::Tag, "a long tag"),
            (&long, Why::TooLong, "a long name"),
            ("a//b", Why::Path, "an empty component"),
            ("a/", Why::Path, "a trailing slash"),
            ("../a", Why::Domain, "dots for a registry"),
            ("a/../b", Why::Path, "dots for a component"),
            ("a/.b", Why::Path, "a leading separator"),
            ("a..b/c", Why::Domain, "an empty label"),
            ("x/a___b", Why::Path, "three underscores"),
            ("x/a._b", Why::Path, "mixed separators"),
            ("-a.b/c", Why::Domain, "a label that begins with a dash"),
            ("a.b:0/c", Why::Domain, "port 0"),
            ("a.b:65536/c", Why::Domain, "a large port"),
            ("a.b:+1/c", Why::Domain, "a signed port"),
            ("[::1/c", Why::Domain, "an open bracket"),
            ("[::1]x/c", Why::Domain, "text after the bracket"),
            ("[::g]/c", Why::Domain, "no IPv6 address"),
            ("[fe80::1%25eth0]/c", Why::Domain, "an IPv6 zone"),
            ("[::1]", Why::Path, "a registry alone"),
            ("a b", Why::Path, "a space"),
            ("a%2fb", Why::Path, "an escape"),
            ("caf\u{e9}", Why::Path, "not ASCII"),
            ("a\u{1b}[31m", Why::Path, "a control character"),
            ("user@host/a", Why::Digest(DigestError::Form), "a user name"),
            ("https://a.b/c", Why::Domain, "a URL"),
        ];
        for (text, reason, why) in table {
            assert_eq!(text.parse::<Reference>().map_err(|e| e.reason), Err(reason.clone()), "{why}: {text:?}");
        }
    }
}

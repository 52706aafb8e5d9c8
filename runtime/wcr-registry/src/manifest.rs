//! Fetching manifests: from a reference to the image for a platform.

use reqwest::header::CONTENT_TYPE;
use wcr_image::{Descriptor, Digest, Document, ImageError, Limits, Manifest, MediaType, Platform, Reference};

use crate::auth::Session;
use crate::blob::{Source, small};
use crate::endpoint::host_of;
use crate::error::{RegistryError, Result, shown};
use crate::transport::Request;

/// How deep indexes may lie in each other.
const DEEPEST: usize = 3;
/// How many documents may be fetched on the way to an image.
const MOST_DOCUMENTS: usize = 32;

/// An image as the registry describes it.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub descriptor: Descriptor,
    pub manifest: Manifest,
    /// The manifest as it came.
    pub bytes: Vec<u8>,
}

/// What a reference leads to.
#[derive(Debug)]
pub(crate) struct Found {
    /// The digest of what the reference itself leads to.
    pub digest: Digest,
    /// The indexes on the way, as they came.
    pub indexes: Vec<(Digest, Vec<u8>)>,
    /// The image for the platform.
    pub image: Resolved,
    /// The manifests for other platforms and whatever else the indexes list, if all was asked for.
    pub others: Vec<Resolved>,
}

/// A document as it came.
pub(crate) struct Fetched {
    pub digest: Digest,
    pub document: Document,
    pub bytes: Vec<u8>,
    pub media_type: Option<String>,
}

/// Finds the image for `platform` that `reference` leads to and, with `all`, those for other platforms.
pub(crate) async fn resolve(
    session: &Session<'_>,
    reference: &Reference,
    platform: &Platform,
    all: bool,
) -> Result<Found> {
    let image = |error| RegistryError::Image { reference: reference.familiar(), source: Box::new(error) };
    let what = reference.familiar();
    let top = fetch(session, reference, &what, reference.digest(), None).await?;
    let digest = top.digest;
    let mut indexes = Vec::new();
    let mut offered = Vec::new();
    // What is still to be looked at, the next one last: documents with their depth.
    let mut pending: Vec<(Descriptor, usize)> = Vec::new();
    let (mut chosen, mut others) = (None, Vec::new());
    let mut next = Some((top, None, 0));
    let mut count = 1;
    loop {
        if let Some((fetched, platform_of, depth)) = next.take() {
            match fetched.document {
                Document::Manifest(manifest) => {
                    let resolved = resolved(fetched.digest, manifest, fetched.bytes, platform_of);
                    if chosen.is_none() && suits(&resolved, depth, platform) {
                        chosen = Some(resolved);
                    } else {
                        others.push(resolved);
                    }
                }
                Document::Index(index) => {
                    if depth == DEEPEST {
                        return Err(image(ImageError::nesting(DEEPEST)));
                    }
                    offered.extend(index.platforms());
                    let mut entries = index.candidates(platform).map_err(image)?;
                    if all {
                        let rest = index.manifests.into_iter().filter(|entry| !entries.contains(entry));
                        entries.extend(rest.collect::<Vec<_>>());
                    }
                    pending.extend(entries.into_iter().rev().map(|entry| (entry, depth + 1)));
                    indexes.push((fetched.digest, fetched.bytes));
                }
            }
        }
        if chosen.is_some() && !all {
            break;
        }
        let Some((entry, depth)) = pending.pop() else { break };
        count += 1;
        if count > MOST_DOCUMENTS.max(if all { Limits::DEFAULT.index_entries } else { 0 }) {
            return Err(image(ImageError::nesting(DEEPEST)));
        }
        let what = match &entry.platform {
            Some(platform) if !platform.is_unknown() => format!("{what} for {platform}"),
            _ => what.clone(),
        };
        let fetched = fetch(session, reference, &what, Some(entry.digest), Some(entry.size)).await?;
        next = Some((fetched, entry.platform, depth));
    }
    let Some(found) = chosen else {
        return Err(image(ImageError::NoPlatform { wanted: platform.clone(), offered }));
    };
    found.manifest.check(&Limits::DEFAULT).map_err(image)?;
    Ok(Found { digest, indexes, image: found, others })
}

fn resolved(digest: Digest, manifest: Manifest, bytes: Vec<u8>, platform: Option<Platform>) -> Resolved {
    let descriptor = Descriptor {
        media_type: manifest.media_type.clone(),
        digest,
        size: bytes.len() as u64,
        platform,
        annotations: None,
    };
    Resolved { descriptor, manifest, bytes }
}

/// Whether an image is the one for `platform`. What the reference itself leads to is, whatever it is: its
/// configuration is asked later.
fn suits(resolved: &Resolved, depth: usize, wanted: &Platform) -> bool {
    let offered = resolved.descriptor.platform.as_ref();
    depth == 0
        || offered.is_some_and(|offered| offered.suits(wanted) || offered.is_wasm() && *wanted == Platform::default())
}

/// Fetches what `reference` leads to, or the document with `digest` in its repository.
pub(crate) async fn fetch(
    session: &Session<'_>,
    reference: &Reference,
    what: &str,
    digest: Option<Digest>,
    size: Option<u64>,
) -> Result<Fetched> {
    let limits = Limits::DEFAULT;
    let name = match (digest, reference.tag()) {
        (Some(digest), _) => digest.to_string(),
        (None, tag) => tag.unwrap_or("latest").to_owned(),
    };
    let url = session.url("manifests", &name)?;
    let host = host_of(&url);
    let request = Request { accept: Some(MediaType::ACCEPT_MANIFEST), ..Request::get(&url, what) };
    let response = session.request(request).await?;
    if !response.status().is_success() {
        return Err(session.refusal(response, what).await);
    }
    let header =
        |name: &str| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let content_type = header(CONTENT_TYPE.as_str());
    let announced = match header("docker-content-digest") {
        Some(text) => Some(text.parse::<Digest>().map_err(|error| RegistryError::Protocol {
            what: what.into(),
            host: host.clone(),
            reason: format!("Docker-Content-Digest: {error}"),
        })?),
        None => None,
    };
    let bytes = session.transport.body(response, "the manifest", limits.manifest).await?;
    let actual = Digest::of(&bytes);
    for expected in [digest, announced].into_iter().flatten() {
        if actual != expected {
            return Err(RegistryError::Digest { what: shown(what), host, expected, actual });
        }
    }
    if let Some(expected) = size
        && expected != bytes.len() as u64
    {
        return Err(RegistryError::Length { what: shown(what), host, expected, actual: bytes.len() as u64 });
    }
    let document = Document::parse(&bytes, content_type.as_deref(), &limits)
        .map_err(|error| RegistryError::Image { reference: reference.familiar(), source: Box::new(error) })?;
    Ok(Fetched { digest: actual, document, bytes, media_type: content_type })
}

/// The image's configuration, as it is.
pub(crate) async fn config(session: &Session<'_>, descriptor: &Descriptor) -> Result<Vec<u8>> {
    let source =
        Source { session, digest: descriptor.digest, size: descriptor.size, what: "the configuration", spare: None };
    small(&source).await
}

//! Fetching manifests: from a reference to the image for a platform.

use reqwest::header::CONTENT_TYPE;
use wcr_image::{Descriptor, Digest, Document, Limits, Manifest, MediaType, Platform, Reference};

use crate::auth::Session;
use crate::blob::{Source, small};
use crate::endpoint::host_of;
use crate::error::{RegistryError, Result, shown};
use crate::transport::Request;

/// An image as the registry describes it.
pub(crate) struct Resolved {
    /// The digest of what the reference itself leads to.
    pub digest: Digest,
    pub descriptor: Descriptor,
    pub manifest: Manifest,
    /// The manifest as it came.
    pub bytes: Vec<u8>,
}

struct Fetched {
    digest: Digest,
    document: Document,
    bytes: Vec<u8>,
}

/// Finds the image for `platform` that `reference` leads to.
pub(crate) async fn resolve(session: &Session<'_>, reference: &Reference, platform: &Platform) -> Result<Resolved> {
    let image = |error| RegistryError::Image { reference: reference.familiar(), source: Box::new(error) };
    let what = reference.familiar();
    let top = fetch(session, reference, &what, reference.digest(), None).await?;
    let digest = top.digest;
    let (fetched, platform) = match top.document {
        Document::Manifest(_) => (top, None),
        Document::Index(index) => {
            let chosen = index.choose(platform).map_err(image)?.clone();
            let what = format!("{what} for {platform}");
            let fetched = fetch(session, reference, &what, Some(chosen.digest), Some(chosen.size)).await?;
            (fetched, chosen.platform)
        }
    };
    let Document::Manifest(manifest) = fetched.document else {
        return Err(image(wcr_image::ImageError::Limit { what: "the nesting of the index", limit: "1 level".into() }));
    };
    manifest.check(&Limits::DEFAULT).map_err(image)?;
    let descriptor = Descriptor {
        media_type: manifest.media_type.clone(),
        digest: fetched.digest,
        size: fetched.bytes.len() as u64,
        platform,
        annotations: None,
    };
    Ok(Resolved { digest, descriptor, manifest, bytes: fetched.bytes })
}

async fn fetch(
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
    let request =
        Request { url: &url, what, accept: Some(MediaType::ACCEPT_MANIFEST), authorization: None, range_from: None };
    let response = session.get(request).await?;
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
    Ok(Fetched { digest: actual, document, bytes })
}

/// The image's configuration, as it is.
pub(crate) async fn config(session: &Session<'_>, descriptor: &Descriptor) -> Result<Vec<u8>> {
    let source = Source { session, digest: descriptor.digest, size: descriptor.size, what: "the configuration" };
    small(&source).await
}

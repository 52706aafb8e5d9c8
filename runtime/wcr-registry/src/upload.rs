//! Sending one blob (distribution-spec, "Pushing blobs"): not at all where it is there or can be mounted, whole where it
//! is small, and else in chunks that go on where a connection broke.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, LOCATION, RANGE};
use reqwest::{Method, Response, StatusCode, Url};
use wcr_image::{Descriptor, Digest, Reference};
use wcr_store::{Store, StoreError};

use crate::auth::Session;
use crate::blob::is_passing;
use crate::body::{Body, FilePart};
use crate::endpoint::{host_of, may_lead};
use crate::error::{RegistryError, Result};
use crate::progress::{LayerEvent, Progress};
use crate::transport::Request;

/// Up to this length a blob is sent whole; the length of chunks, in bytes.
const CHUNK: u64 = 16 << 20;
/// The longest chunk that a registry may ask for, in bytes.
const LONGEST_CHUNK: u64 = 1 << 30;
/// How many tries in a row may bring nothing forward.
const FRUITLESS: u32 = 5;
/// How often it is looked how far sending has come.
const LOOK: Duration = Duration::from_millis(100);
/// A registry may take so many idle timeouts to store what has been sent.
const STORING: u32 = 10;

/// What blobs are sent with.
pub(crate) struct Upload<'a> {
    pub session: &'a Session<'a>,
    pub store: &'a Store,
    pub reference: &'a Reference,
    pub progress: &'a dyn Progress,
    /// Repositories of the same registry that have the blobs.
    pub sources: &'a BTreeMap<Digest, String>,
}

/// A blob that is being sent.
struct Sending<'a> {
    place: usize,
    blob: &'a Descriptor,
    file: Arc<File>,
    what: String,
    /// Up to where the file has been read.
    sent: Arc<AtomicU64>,
}

/// How an attempt to send chunks ended when it is not complete.
enum Ended {
    /// The registry does not take chunks.
    NoChunks,
    /// It failed, for this reason.
    Failed(RegistryError),
}

impl From<RegistryError> for Ended {
    fn from(error: RegistryError) -> Self {
        Self::Failed(error)
    }
}

impl Upload<'_> {
    /// Sees to it that the registry has the blob.
    pub(crate) async fn blob(&self, place: usize, blob: &Descriptor) -> Result<()> {
        let what = format!("blob {}", blob.digest.short());
        if self.is_there(blob, &what).await? {
            self.progress.layer(place, LayerEvent::Present);
            return Ok(());
        }
        let in_store = |error| RegistryError::Store { reference: self.reference.familiar(), source: Box::new(error) };
        let missing = || StoreError::Missing { digest: blob.digest };
        let (file, length) =
            self.store.open_blob(&blob.digest).map_err(in_store)?.ok_or_else(missing).map_err(in_store)?;
        if length != blob.size {
            return Err(in_store(StoreError::Length { digest: blob.digest, expected: blob.size, actual: length }));
        }
        let sending = Sending { place, blob, file: Arc::new(file), what, sent: Arc::default() };
        let mut whole = blob.size <= CHUNK;
        for tries in 1.. {
            let ended = match self.attempt(&sending, whole).await {
                Ok(event) => {
                    self.progress.layer(place, event);
                    return Ok(());
                }
                Err(ended) => ended,
            };
            match ended {
                Ended::NoChunks => whole = true,
                Ended::Failed(error) if tries >= FRUITLESS || !is_passing(&error) => return Err(error),
                Ended::Failed(_) => {
                    self.progress.layer(place, LayerEvent::Retrying);
                    tokio::time::sleep(self.session.transport.backoff(tries)).await;
                }
            }
        }
        Ok(())
    }

    async fn is_there(&self, blob: &Descriptor, what: &str) -> Result<bool> {
        let url = self.session.url("blobs", &blob.digest.to_string())?;
        let request = Request { method: Method::HEAD, ..Request::get(&url, what) };
        let response = self.session.request(request).await?;
        match response.status() {
            status if status.is_success() => Ok(true),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(self.session.refusal(response, what).await)
            }
            // Whoever cannot say that is asked to take the blob.
            _ => Ok(false),
        }
    }

    /// Starts an upload and brings it to its end.
    async fn attempt(&self, sending: &Sending<'_>, whole: bool) -> Result<LayerEvent, Ended> {
        let mut url = self.session.url("blobs", "uploads/")?;
        if let Some(from) = self.sources.get(&sending.blob.digest) {
            url.query_pairs_mut().append_pair("mount", &sending.blob.digest.to_string()).append_pair("from", from);
        }
        let request = Request { method: Method::POST, ..Request::get(&url, &sending.what) };
        let response = self.session.request(request).await?;
        match response.status() {
            StatusCode::CREATED => return Ok(LayerEvent::Mounted),
            StatusCode::ACCEPTED => {}
            _ => return Err(self.session.refusal(response, &sending.what).await.into()),
        }
        let location = self.location(&response, sending)?;
        let location = match whole {
            true => return self.finish(sending, location, self.body(sending, 0, sending.blob.size, false)).await,
            false => self.chunks(sending, location, least_chunk(response.headers())).await?,
        };
        self.finish(sending, location, Body::None).await
    }

    fn body(&self, sending: &Sending<'_>, from: u64, length: u64, in_chunks: bool) -> Body {
        let (file, sent) = (Arc::clone(&sending.file), Arc::clone(&sending.sent));
        Body::File(FilePart { file, from, length, in_chunks, sent })
    }

    /// Sends all chunks; where the upload is to be finished.
    async fn chunks(&self, sending: &Sending<'_>, mut location: Url, least: u64) -> Result<Url, Ended> {
        let size = sending.blob.size;
        let chunk = CHUNK.max(least).min(LONGEST_CHUNK);
        let (mut done, mut fruitless) = (0, 0);
        while done < size {
            let body = self.body(sending, done, chunk.min(size - done), true);
            let request =
                Request { method: Method::PATCH, body, repeatable: false, ..Request::get(&location, &sending.what) };
            let failure = match self.watched(sending, request).await {
                Ok(response) if response.status().is_success() => {
                    let next = self.location(&response, sending)?;
                    let taken = taken(response.headers()).unwrap_or_else(|| (done + chunk).min(size));
                    if taken > done && taken <= size {
                        (location, done, fruitless) = (next, taken, 0);
                        continue;
                    }
                    None
                }
                Ok(response) if response.status() == StatusCode::RANGE_NOT_SATISFIABLE => None,
                Ok(response) if done == 0 && is_unable(response.status()) => return Err(Ended::NoChunks),
                Ok(response) => Some(self.session.refusal(response, &sending.what).await),
                Err(error) => Some(error),
            };
            fruitless += 1;
            if let Some(error) = failure
                && (!is_passing(&error) || fruitless == FRUITLESS)
            {
                return Err(error.into());
            }
            if fruitless == FRUITLESS {
                let reason = format!("the registry takes nothing after {done} of {size} bytes");
                let (what, host) = (sending.what.clone(), host_of(&location));
                return Err(RegistryError::Transfer { what, host, reason }.into());
            }
            self.progress.layer(sending.place, LayerEvent::Retrying);
            tokio::time::sleep(self.session.transport.backoff(fruitless)).await;
            let before = done;
            (location, done) = self.status(sending, location).await?;
            fruitless = if done > before { 0 } else { fruitless };
        }
        Ok(location)
    }

    /// How far an upload has come, and where it goes on.
    async fn status(&self, sending: &Sending<'_>, location: Url) -> Result<(Url, u64)> {
        let response = self.session.request(Request::get(&location, &sending.what)).await?;
        if !response.status().is_success() {
            // The upload is lost: what is told is a passing failure, after which it is begun again.
            let (what, host) = (sending.what.clone(), host_of(&location));
            let reason = format!("the upload cannot go on, status {}", response.status().as_u16());
            return Err(RegistryError::Transfer { what, host, reason });
        }
        let next =
            if response.headers().contains_key(LOCATION) { self.location(&response, sending)? } else { location };
        Ok((next, taken(response.headers()).unwrap_or(0).min(sending.blob.size)))
    }

    /// Ends an upload with what is left of the blob.
    async fn finish(&self, sending: &Sending<'_>, mut location: Url, body: Body) -> Result<LayerEvent, Ended> {
        location.query_pairs_mut().append_pair("digest", &sending.blob.digest.to_string());
        if matches!(body, Body::None) {
            self.progress.layer(sending.place, LayerEvent::Storing);
        }
        let request =
            Request { method: Method::PUT, body, repeatable: false, ..Request::get(&location, &sending.what) };
        let response = self.watched(sending, request).await?;
        match response.status() {
            status if status.is_success() => Ok(LayerEvent::Done),
            _ => Err(self.session.refusal(response, &sending.what).await.into()),
        }
    }

    /// Makes a request, tells how far its body is, and gives up when that does not go on.
    async fn watched(&self, sending: &Sending<'_>, request: Request<'_>) -> Result<Response> {
        let patience = self.session.transport.options.idle_timeout;
        let host = host_of(request.url);
        let end = match &request.body {
            Body::File(part) => part.from + part.length,
            _ => 0,
        };
        let send = self.session.request(request);
        tokio::pin!(send);
        let mut last = (0, Instant::now());
        loop {
            tokio::select! {
                response = &mut send => return response,
                () = tokio::time::sleep(LOOK) => {}
            }
            let sent = sending.sent.load(Ordering::Relaxed);
            if sent != last.0 && end > 0 {
                last = (sent, Instant::now());
                self.progress.layer(sending.place, LayerEvent::Received(sent));
            }
            let longest = if sent >= end { patience.saturating_mul(STORING) } else { patience };
            if last.1.elapsed() > longest {
                let reason = format!("nothing was taken for {} seconds", longest.as_secs_f32());
                return Err(RegistryError::Transfer { what: sending.what.clone(), host, reason });
            }
        }
    }

    /// Where an upload goes on.
    fn location(&self, response: &Response, sending: &Sending<'_>) -> Result<Url> {
        let text = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let target = text.and_then(|text| response.url().join(text).ok());
        let target = target.ok_or_else(|| RegistryError::Protocol {
            what: sending.what.clone(),
            host: host_of(response.url()),
            reason: "there is no usable Location for the upload".into(),
        })?;
        let registries = &self.session.transport.options.registries;
        may_lead(registries, &self.session.base, response.url(), &target)?;
        Ok(target)
    }
}

/// The least length of a chunk that the registry wants.
fn least_chunk(headers: &HeaderMap) -> u64 {
    let text = headers.get("oci-chunk-min-length").and_then(|value| value.to_str().ok());
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// How many bytes the registry has: `Range: 0-99` are 100.
fn taken(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RANGE)?.to_str().ok()?;
    let (from, to) = text.trim().trim_start_matches("bytes=").split_once('-')?;
    let (from, to) = (from.parse::<u64>().ok()?, to.parse::<u64>().ok()?);
    // An upload without a byte is told as `0-0` by some.
    (from == 0).then(|| if to == 0 { 0 } else { to.saturating_add(1) })
}

/// Whether a status says that chunks are not taken at all.
fn is_unable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 404 | 405 | 411 | 415 | 501)
}

//! Fetching blobs, resumed where a connection breaks.

use bytes::Bytes;
use reqwest::header::CONTENT_RANGE;
use reqwest::{Response, StatusCode, Url};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wcr_image::Digest;

use crate::auth::Session;
use crate::endpoint::host_of;
use crate::error::{RegistryError, Result};
use crate::ranges::Watch;
use crate::transport::{Pace, Request};

/// How many tries in a row may bring nothing new.
const FRUITLESS: u32 = 3;
/// How many tries there may be in all, as long as each brings something.
const TRIES: u32 = 50;

/// A blob at a registry.
pub(crate) struct Source<'a> {
    pub session: &'a Session<'a>,
    pub digest: Digest,
    pub size: u64,
    /// What it is, as messages name it.
    pub what: &'a str,
    /// Connections that nobody else needs, with which it may be fetched faster.
    pub spare: Option<&'a Semaphore>,
}

/// What came of reading one answer.
enum Streamed {
    Complete,
    /// It is not complete, for this reason.
    Broken(String),
    /// More connections may be faster; so many bytes a second come over this one.
    Slow(f64),
}

/// Who takes a blob in.
pub(crate) trait Sink {
    /// Takes the next bytes; may wait. `false` when it wants no more.
    fn take(&mut self, chunk: Bytes) -> bool;

    /// Hears that the connection broke.
    fn retrying(&mut self) {}
}

impl Session<'_> {
    /// The URL of a manifest or a blob of the repository. All parts are safe by their types.
    pub(crate) fn url(&self, kind: &str, name: &str) -> Result<Url> {
        let relative = format!("{}/{kind}/{name}", self.path);
        self.base.join(&relative).map_err(|error| RegistryError::Setup { reason: format!("{relative}: {error}") })
    }
}

impl Source<'_> {
    /// Brings all bytes after the first `received`, in order and each once, to `sink`; no byte more than announced.
    /// What they hash to is the sink's business.
    pub(crate) async fn fetch(&self, received: u64, sink: &mut impl Sink) -> Result<()> {
        if received > 0 && received == self.size {
            return Ok(());
        }
        let url = self.session.url("blobs", &self.digest.to_string())?;
        let (start, mut received) = (received, received);
        let mut fruitless = 0;
        let (mut ranges, mut alone) = (true, self.spare.is_none());
        for tries in 1..=TRIES {
            let before = received;
            let range_from = Some(received).filter(|from| *from > 0 && ranges);
            let request = Request { range: range_from.map(|from| (from, None)), ..Request::get(&url, self.what) };
            let reason = match self.session.request(request).await {
                Ok(response) => match self.usable(response, received, range_from.is_some()).await? {
                    Some((response, skip)) => match self.stream(response, skip, &mut received, sink, alone).await? {
                        Streamed::Complete => return Ok(()),
                        Streamed::Broken(reason) => reason,
                        Streamed::Slow(rate) => {
                            if self.fetch_in_ranges(&url, &mut received, sink, rate).await? {
                                return Ok(());
                            }
                            alone = true;
                            continue;
                        }
                    },
                    None => {
                        ranges = false;
                        "the server cannot go on in the middle".into()
                    }
                },
                // A first request that fails is not worth another round: the transport has tried before.
                Err(error) if received == start || !is_passing(&error) => return Err(error),
                Err(error) => error.to_string(),
            };
            fruitless = if received > before { 0 } else { fruitless + 1 };
            if fruitless == FRUITLESS || tries == TRIES {
                let reason = format!("{reason}, after {received} of {} bytes", self.size);
                return Err(RegistryError::Transfer { what: self.what.into(), host: host_of(&url), reason });
            }
            sink.retrying();
            tokio::time::sleep(self.session.transport.backoff(fruitless + 1)).await;
        }
        Ok(())
    }

    /// Whether the answer can be read, and how many bytes of it are known already; `None` when it has to
    /// be asked for again from the start.
    async fn usable(&self, response: Response, received: u64, ranged: bool) -> Result<Option<(Response, u64)>> {
        match response.status() {
            StatusCode::OK => Ok(Some((response, received))),
            StatusCode::PARTIAL_CONTENT if ranged => {
                let fits = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                let fits = fits.is_some_and(|range| self.continues(range, received));
                Ok(fits.then_some((response, 0)))
            }
            StatusCode::BAD_REQUEST | StatusCode::RANGE_NOT_SATISFIABLE if ranged => Ok(None),
            status if status.is_success() => Err(RegistryError::Protocol {
                what: self.what.into(),
                host: host_of(response.url()),
                reason: format!("status {}", status.as_u16()),
            }),
            _ => Err(self.session.refusal(response, self.what).await),
        }
    }

    /// Whether a `Content-Range` goes on from byte `from`, in a blob of the right length.
    pub(crate) fn continues(&self, range: &str, from: u64) -> bool {
        let Some(range) = range.trim().strip_prefix("bytes ") else { return false };
        let Some((span, total)) = range.split_once('/') else { return false };
        let starts = span.split_once('-').is_some_and(|(start, _)| start.trim().parse() == Ok(from));
        starts && (total.trim() == "*" || total.trim().parse() == Ok(self.size))
    }

    /// Reads one answer; not to its end when more connections may be faster, unless `alone`.
    async fn stream(
        &self,
        mut response: Response,
        mut skip: u64,
        received: &mut u64,
        sink: &mut impl Sink,
        alone: bool,
    ) -> Result<Streamed> {
        let transport = self.session.transport;
        let mut pace = Pace::new(transport.options.idle_timeout);
        let mut watch = Watch::new(*received);
        loop {
            let before = Instant::now();
            let next = transport.chunk(&mut response).await;
            let waited = before.elapsed();
            let mut chunk = match next {
                Ok(Some(chunk)) => chunk,
                _ if *received == self.size => return Ok(Streamed::Complete),
                Ok(None) => return Ok(Streamed::Broken("the connection ended early".into())),
                Err(reason) => return Ok(Streamed::Broken(reason)),
            };
            if let Err(reason) = pace.advance(waited, chunk.len() as u64) {
                return Ok(Streamed::Broken(reason));
            }
            let known = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
            drop(chunk.split_to(known));
            skip -= known as u64;
            if chunk.is_empty() {
                continue;
            }
            let actual = *received + chunk.len() as u64;
            if actual > self.size {
                let host = host_of(response.url());
                return Err(RegistryError::Length { what: self.what.into(), host, expected: self.size, actual });
            }
            if !sink.take(chunk) {
                return Err(self.given_up());
            }
            *received = actual;
            if !alone
                && let Some(rate) = watch.is_slow(waited, actual)
                && self.is_worth_splitting(actual)
            {
                return Ok(Streamed::Slow(rate));
            }
        }
    }
}

impl Source<'_> {
    /// The error when the sink wants no more.
    pub(crate) fn given_up(&self) -> RegistryError {
        let host = host_of(&self.session.base);
        RegistryError::Transfer { what: self.what.into(), host, reason: "it was given up here".into() }
    }
}

/// Whether the same may work a little later.
pub(crate) fn is_passing(error: &RegistryError) -> bool {
    matches!(
        error,
        RegistryError::Unreachable { .. }
            | RegistryError::Transfer { .. }
            | RegistryError::Status { .. }
            | RegistryError::RateLimited { .. }
    )
}

struct InMemory(Vec<u8>);

impl Sink for InMemory {
    fn take(&mut self, chunk: Bytes) -> bool {
        self.0.extend_from_slice(&chunk);
        true
    }
}

/// A whole blob in memory, its digest verified. Its length must have been found acceptable.
pub(crate) async fn small(source: &Source<'_>) -> Result<Vec<u8>> {
    let mut sink = InMemory(Vec::new());
    source.fetch(0, &mut sink).await?;
    let actual = Digest::of(&sink.0);
    if actual != source.digest {
        let host = host_of(&source.session.base);
        return Err(RegistryError::Digest { what: source.what.into(), host, expected: source.digest, actual });
    }
    Ok(sink.0)
}

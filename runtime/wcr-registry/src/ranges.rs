//! One blob over several connections: worth it where a connection, and not this machine, is what is slow.
//!
//! Whether it is faster is seen and not assumed: a download begins with one connection, goes on with those that no
//! other layer needs when that one is slow, and goes back to one when they bring nothing.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::header::CONTENT_RANGE;
use reqwest::{StatusCode, Url};
use tokio::time::Instant;

use crate::blob::{Sink, Source};
use crate::error::Result;
use crate::transport::{Pace, Request};

/// How much is asked for at a time, in bytes. So much is in memory for each connection.
const PART: u64 = 4 << 20;
/// So many parts have to be left.
const LEAST_PARTS: u64 = 4;
/// The most connections for one blob.
const MOST: usize = 4;
/// A connection that brings more bytes a second is fast enough: then inflating and writing are the slower part.
const FAST: f64 = 50e6;
/// How long a rate is taken.
const SPAN: Duration = Duration::from_secs(1);
/// Several connections have to be so much faster than one.
const GAIN: f64 = 1.2;

/// Sees whether a connection is slow.
pub(crate) struct Watch {
    since: Instant,
    at_that_time: u64,
    waited: Duration,
}

impl Watch {
    pub(crate) fn new(received: u64) -> Self {
        Self { since: Instant::now(), at_that_time: received, waited: Duration::ZERO }
    }

    /// Counts what has come by now and how long it was waited for; the rate of the last second if that was slow, and the
    /// time was spent on waiting.
    pub(crate) fn is_slow(&mut self, waited: Duration, received: u64) -> Option<f64> {
        self.waited += waited;
        let elapsed = self.since.elapsed();
        if elapsed < SPAN {
            return None;
        }
        let rate = received.saturating_sub(self.at_that_time) as f64 / elapsed.as_secs_f64();
        let waiting = self.waited.as_secs_f64() / elapsed.as_secs_f64();
        *self = Self::new(received);
        (rate < FAST && waiting > 0.7).then_some(rate)
    }
}

impl Source<'_> {
    /// Whether enough is left, and there are connections to spare.
    pub(crate) fn is_worth_splitting(&self, received: u64) -> bool {
        self.size.saturating_sub(received) >= LEAST_PARTS * PART
            && self.spare.is_some_and(|spare| spare.available_permits() > 0)
    }

    /// Fetches what is left with all connections that can be spared. `false` when it does not work or is not faster than
    /// `alone` bytes a second: what came has been taken then, and the rest is to be fetched as usual.
    pub(crate) async fn fetch_in_ranges(
        &self,
        url: &Url,
        received: &mut u64,
        sink: &mut impl Sink,
        alone: f64,
    ) -> Result<bool> {
        let Some(spare) = self.spare else { return Ok(false) };
        let others = spare.available_permits().min(MOST - 1);
        // Given back when this ends.
        let Ok(_connections) = spare.try_acquire_many(u32::try_from(others).unwrap_or(0)) else { return Ok(false) };
        let (begin, first) = (Instant::now(), *received);
        let starts = (0..).map(|part| first + part * PART).take_while(|from| *from < self.size);
        let parts = starts.map(|from| self.part(url, from, (from + PART).min(self.size)));
        let mut parts = futures_util::stream::iter(parts).buffered(others + 1);
        let mut judged = false;
        while let Some(part) = parts.next().await {
            let Ok(chunks) = part else { return Ok(false) };
            for chunk in chunks {
                let length = chunk.len() as u64;
                if !sink.take(chunk) {
                    return Err(self.given_up());
                }
                *received += length;
            }
            let elapsed = begin.elapsed();
            if !judged && elapsed > SPAN.saturating_mul(2) {
                judged = true;
                if ((*received - first) as f64) < alone * GAIN * elapsed.as_secs_f64() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The bytes from `from` to before `to`.
    ///
    /// # Errors
    /// The server gives something else; which does not matter, since it is asked again in the usual way.
    async fn part(&self, url: &Url, from: u64, to: u64) -> Result<Vec<Bytes>, ()> {
        let transport = self.session.transport;
        let request = Request { range: Some((from, Some(to - 1))), ..Request::get(url, self.what) };
        let mut response = self.session.request(request).await.map_err(drop)?;
        let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        if response.status() != StatusCode::PARTIAL_CONTENT || !range.is_some_and(|range| self.continues(range, from)) {
            return Err(());
        }
        let mut pace = Pace::new(transport.options.idle_timeout);
        let (mut chunks, mut length) = (Vec::new(), 0);
        loop {
            let before = Instant::now();
            let Some(chunk) = transport.chunk(&mut response).await.map_err(drop)? else { break };
            pace.advance(before.elapsed(), chunk.len() as u64).map_err(drop)?;
            length += chunk.len() as u64;
            if length > to - from {
                return Err(());
            }
            chunks.push(chunk);
        }
        if length == to - from { Ok(chunks) } else { Err(()) }
    }
}

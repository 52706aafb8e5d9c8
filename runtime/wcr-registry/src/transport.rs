//! Requests and redirects: everything below authentication.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};

use crate::client::Options;
use crate::endpoint::{Reach, host_of, may_lead, redacted};
use crate::error::{RegistryError, Result, shown};

/// How many redirects one request may take.
const REDIRECTS: usize = 10;
/// How often a request is made in all when the server fails.
const TRIES: u32 = 5;
/// The longest time a rate limit is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One request, as it is repeated at every redirect and after every failure.
#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub url: &'a Url,
    /// What is asked for, as messages name it.
    pub what: &'a str,
    pub accept: Option<&'static str>,
    /// Sent to the server of `url` alone.
    pub authorization: Option<HeaderValue>,
    /// The first byte that is wanted.
    pub range_from: Option<u64>,
}

/// The connections of a [`crate::Client`].
pub(crate) struct Transport {
    pub options: Options,
    plain: OnceLock<reqwest::Client>,
    tls: OnceLock<reqwest::Client>,
}

impl Transport {
    pub(crate) const fn new(options: Options) -> Self {
        Self { options, plain: OnceLock::new(), tls: OnceLock::new() }
    }

    /// The client for this URL. Reading the host's certificates takes time, and loopback needs none.
    fn client(&self, url: &Url) -> Result<&reqwest::Client> {
        let plain = url.scheme() == "http";
        let cell = if plain { &self.plain } else { &self.tls };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        // An error means that the embedding program has chosen a provider before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("wcr/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.options.connect_timeout)
            .tcp_nodelay(true)
            .http2_adaptive_window(true);
        if plain {
            builder = builder.no_proxy().tls_certs_only([]);
        } else {
            builder = builder.https_only(true);
        }
        let client = builder.build().map_err(|error| RegistryError::Setup { reason: reason(error) })?;
        Ok(cell.get_or_init(|| client))
    }

    /// Makes a request and follows redirects; the answer has whatever status it has.
    ///
    /// `registry` is the server that the user named: it decides what may be led to.
    async fn follow(&self, registry: &Url, request: &Request<'_>) -> Result<Response> {
        let mut url = request.url.clone();
        let mut authorization = request.authorization.as_ref();
        for _ in 0..=REDIRECTS {
            let mut builder = self.client(&url)?.get(url.clone()).header(ACCEPT_ENCODING, "identity");
            if let Some(accept) = request.accept {
                builder = builder.header(ACCEPT, accept);
            }
            if let Some(authorization) = authorization {
                builder = builder.header(AUTHORIZATION, authorization);
            }
            if let Some(from) = request.range_from {
                builder = builder.header(RANGE, format!("bytes={from}-"));
            }
            let deadline = self.options.connect_timeout + self.options.idle_timeout;
            let response = match tokio::time::timeout(deadline, builder.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(failed(&url, request.what, error)),
                Err(_) => {
                    let reason = format!("no answer within {} seconds", deadline.as_secs_f32());
                    return Err(RegistryError::Unreachable { host: host_of(&url), reason });
                }
            };
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = location.and_then(|location| url.join(location).ok());
            let Some(target) = target else {
                let reason = format!("status {} without a usable Location", response.status().as_u16());
                return Err(RegistryError::Protocol { what: request.what.into(), host: host_of(&url), reason });
            };
            may_lead(registry, &url, &target)?;
            if host_of(&target) != host_of(&url) || target.scheme() != url.scheme() {
                authorization = None;
            }
            url = target;
        }
        let reason = format!("more than {REDIRECTS} redirects, the last one to {}", redacted(&url));
        Err(RegistryError::Transfer { what: request.what.into(), host: host_of(request.url), reason })
    }

    /// Makes a request, and again when the server has a passing fault or wants to be asked later.
    pub(crate) async fn send(&self, registry: &Url, request: &Request<'_>) -> Result<Response> {
        let mut waited = Duration::ZERO;
        for tries in 1.. {
            let last = tries == TRIES;
            let answer = self.follow(registry, request).await;
            let pause = match &answer {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                    let pause = retry_after(response).unwrap_or_else(|| self.backoff(tries));
                    if waited + pause > LONGEST_WAIT {
                        return answer;
                    }
                    pause
                }
                Ok(response) if is_passing(response.status()) => self.backoff(tries),
                Err(RegistryError::Transfer { .. }) if !matches!(&answer, Err(error) if is_loop(error)) => {
                    self.backoff(tries)
                }
                _ => return answer,
            };
            if last {
                return answer;
            }
            waited += pause;
            tokio::time::sleep(pause).await;
        }
        Err(RegistryError::Setup { reason: "no try was made".into() })
    }

    /// The pause after a number of failures.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        self.options.backoff.saturating_mul(1 << failures.min(6).saturating_sub(1))
    }

    /// The next piece of a body, `None` at its end.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(crate) async fn chunk(&self, response: &mut Response) -> Result<Option<bytes::Bytes>, String> {
        match tokio::time::timeout(self.options.idle_timeout, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(reason(error)),
            Err(_) => Err(format!("nothing came for {} seconds", self.options.idle_timeout.as_secs_f32())),
        }
    }

    /// A body that must not have more than `limit` bytes.
    pub(crate) async fn body(&self, mut response: Response, what: &str, limit: u64) -> Result<Vec<u8>> {
        let host = host_of(response.url());
        let too_long = || RegistryError::Limit { what: what.into(), host: host.clone(), limit };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_long());
        }
        let failed = |reason| RegistryError::Transfer { what: what.into(), host: host.clone(), reason };
        let mut body = Vec::new();
        let mut pace = Pace::new(self.options.idle_timeout);
        loop {
            let before = tokio::time::Instant::now();
            let Some(chunk) = self.chunk(&mut response).await.map_err(failed)? else { return Ok(body) };
            pace.advance(before.elapsed(), chunk.len() as u64).map_err(failed)?;
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
    }
}

/// Notices a server that keeps a connection busy with next to nothing.
pub(crate) struct Pace {
    longest: Duration,
    waited: Duration,
    received: u64,
}

impl Pace {
    /// So many bytes must come within two idle timeouts of waiting.
    const STEP: u64 = 16 << 10;

    pub(crate) const fn new(idle: Duration) -> Self {
        Self { longest: idle.saturating_mul(2), waited: Duration::ZERO, received: 0 }
    }

    /// Counts a wait and what came of it.
    pub(crate) fn advance(&mut self, waited: Duration, received: u64) -> Result<(), String> {
        self.waited += waited;
        self.received += received;
        if self.received >= Self::STEP {
            (self.waited, self.received) = (Duration::ZERO, 0);
        } else if self.waited > self.longest {
            return Err(format!("only {} bytes came in {} seconds", self.received, self.waited.as_secs_f32()));
        }
        Ok(())
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504)
}

fn is_loop(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Transfer { reason, .. } if reason.contains("redirects"))
}

/// The seconds of `Retry-After`; dates are left to the usual pause.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn failed(url: &Url, what: &str, error: reqwest::Error) -> RegistryError {
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let reason = reason(error);
    if connect || timeout || Reach::of(url) == Reach::Link {
        RegistryError::Unreachable { host: host_of(url), reason }
    } else {
        RegistryError::Transfer { what: what.into(), host: host_of(url), reason }
    }
}

/// The innermost reason of an error, without the URL.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    shown(&text)
}

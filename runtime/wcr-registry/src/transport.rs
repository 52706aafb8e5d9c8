//! Requests and redirects: everything below authentication.

use std::error::Error as _;
use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderValue,
    LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode, Url};

use crate::body::Body;
use crate::client::Options;
use crate::config::Insecure;
use crate::endpoint::{Reach, host_of, insecure, may_lead, redacted};
use crate::error::{RegistryError, Result, shown};
use crate::proxy;
use crate::tokens::Tokens;

/// How many redirects one request may take.
const REDIRECTS: usize = 10;
/// How often a request is made in all when the server fails.
const TRIES: u32 = 5;
/// How often in all when there is no connection.
const CONNECTION_TRIES: u32 = 3;
/// The longest time a rate limit is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One request, as it is repeated at every redirect and after every failure.
#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub method: Method,
    pub url: &'a Url,
    /// What is asked for, as messages name it.
    pub what: &'a str,
    pub accept: Option<&'static str>,
    /// Sent to the server of `url` alone.
    pub authorization: Option<HeaderValue>,
    /// The bytes that are wanted: the first and, unless it is the last there is, the last.
    pub range: Option<(u64, Option<u64>)>,
    pub body: Body,
    /// Whether it may be made again after a failure that left it open whether it had an effect.
    pub repeatable: bool,
}

impl<'a> Request<'a> {
    /// A request for what is at `url`.
    pub(crate) fn get(url: &'a Url, what: &'a str) -> Self {
        Self {
            method: Method::GET,
            url,
            what,
            accept: None,
            authorization: None,
            range: None,
            body: Body::None,
            repeatable: true,
        }
    }
}

/// The connections of a [`crate::Client`].
pub(crate) struct Transport {
    pub options: Options,
    pub tokens: Tokens,
    clients: [OnceLock<reqwest::Client>; 4],
    /// What the last answer with such headers said about how much more may be asked.
    rate: Mutex<Option<String>>,
}

/// The kinds of connections; each has a client of its own, made when it is needed.
#[derive(Clone, Copy)]
enum Kind {
    /// http on this machine: no proxy, no certificates.
    Loopback,
    /// http to a server that is named as insecure.
    Plain,
    Tls,
    /// https with any certificate.
    Unverified,
}

impl Transport {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, tokens: Tokens::default(), clients: Default::default(), rate: Mutex::default() }
    }

    /// The client for this URL. Reading the host's certificates takes time, and loopback needs none.
    fn client(&self, url: &Url) -> Result<&reqwest::Client> {
        let kind = match url.scheme() {
            "http" if Reach::of(url) == Reach::Loopback => Kind::Loopback,
            "http" => Kind::Plain,
            _ if insecure(&host_of(url), &self.options.registries) == Some(Insecure::Unverified) => Kind::Unverified,
            _ => Kind::Tls,
        };
        let Some(cell) = self.clients.get(kind as usize) else {
            return Err(RegistryError::Setup { reason: "there is no such kind of connection".into() });
        };
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
        builder = match kind {
            Kind::Loopback => builder.no_proxy().tls_certs_only([]),
            Kind::Plain => builder.tls_certs_only([]),
            Kind::Tls => builder.https_only(true).tls_certs_merge(self.certificates()?),
            Kind::Unverified => builder.https_only(true).tls_danger_accept_invalid_certs(true),
        };
        let client = builder.build().map_err(|error| RegistryError::Setup { reason: reason(error) })?;
        Ok(cell.get_or_init(|| client))
    }

    /// The certificates that are trusted beside the system's.
    fn certificates(&self) -> Result<Vec<reqwest::Certificate>> {
        let Some(path) = &self.options.ca_file else { return Ok(Vec::new()) };
        let bad = |reason: String| RegistryError::Config { path: path.clone(), reason };
        let content = fs::read(path).map_err(|error| bad(error.to_string()))?;
        let found = reqwest::Certificate::from_pem_bundle(&content).map_err(|error| bad(reason(error)))?;
        if found.is_empty() {
            return Err(bad("there is no certificate in it (PEM)".into()));
        }
        Ok(found)
    }

    /// Makes a request and follows redirects; the answer has whatever status it has.
    ///
    /// `registry` is the server that the user named: it decides what may be led to.
    async fn follow(&self, registry: &Url, request: &Request<'_>) -> Result<Response> {
        let mut url = request.url.clone();
        let mut authorization = request.authorization.as_ref();
        for _ in 0..=REDIRECTS {
            let builder = self.client(&url)?.request(request.method.clone(), url.clone());
            let builder = builder.headers(headers(request, authorization));
            let builder = match request.body.to_reqwest() {
                Some(body) => builder.body(body.map_err(|error| RegistryError::Setup { reason: error.to_string() })?),
                None => builder,
            };
            let response = match &request.body {
                // Whoever sends a file watches how that goes on.
                Body::File(_) => builder.send().await.map_err(|error| failed(&url, request.what, error))?,
                _ => {
                    let deadline = self.options.connect_timeout + self.options.idle_timeout;
                    match tokio::time::timeout(deadline, builder.send()).await {
                        Ok(sent) => sent.map_err(|error| failed(&url, request.what, error))?,
                        Err(_) => {
                            let reason = format!("no answer within {} seconds", deadline.as_secs_f32());
                            return Err(RegistryError::Unreachable { host: host_of(&url), reason, passing: false });
                        }
                    }
                }
            };
            self.note_rate(response.headers(), &url);
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = location.and_then(|location| url.join(location).ok());
            let Some(target) = target else {
                let reason = format!("status {} without a usable Location", response.status().as_u16());
                return Err(RegistryError::Protocol { what: request.what.into(), host: host_of(&url), reason });
            };
            may_lead(&self.options.registries, registry, &url, &target)?;
            if host_of(&target) != host_of(&url) || target.scheme() != url.scheme() {
                authorization = None;
            }
            url = target;
        }
        Err(RegistryError::Redirects { what: request.what.into(), host: host_of(request.url), last: redacted(&url) })
    }

    /// Makes a request, and again when the server has a passing fault or wants to be asked later.
    pub(crate) async fn send(&self, registry: &Url, request: &Request<'_>) -> Result<Response> {
        let mut waited = Duration::ZERO;
        for tries in 1.. {
            let last = tries == TRIES || !request.repeatable;
            let answer = self.follow(registry, request).await;
            let pause = match &answer {
                Ok(response) if matches!(response.status().as_u16(), 429 | 503) => {
                    let pause = retry_after(response.headers()).unwrap_or_else(|| self.backoff(tries));
                    if waited + pause > LONGEST_WAIT {
                        return answer;
                    }
                    pause
                }
                Ok(response) if is_passing(response.status()) => self.backoff(tries),
                Err(RegistryError::Transfer { .. }) => self.backoff(tries),
                // Nothing has been asked for so far, so this may be done again whatever it is.
                Err(RegistryError::Unreachable { passing: true, .. }) if tries < CONNECTION_TRIES => {
                    let pause = self.backoff(tries);
                    waited += pause;
                    tokio::time::sleep(pause).await;
                    continue;
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

    /// The pause after a number of failures: doubled each time, and cut by up to a half, so that many clients
    /// do not come back at once.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        let whole = self.options.backoff.saturating_mul(1 << failures.min(6).saturating_sub(1));
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Keeps what the headers say about a rate limit.
    fn note_rate(&self, headers: &HeaderMap, url: &Url) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(shown);
        let remaining = text("ratelimit-remaining").or_else(|| text("x-ratelimit-remaining"));
        if let Some(remaining) = remaining {
            let limit = text("ratelimit-limit").or_else(|| text("x-ratelimit-limit"));
            let said = rate_limit(&host_of(url), limit.as_deref(), &remaining);
            *self.rate.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        }
    }

    /// What the server said last about how much more it may be asked.
    pub(crate) fn rate(&self) -> Option<String> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

fn headers(request: &Request<'_>, authorization: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(accept) = request.accept {
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
    }
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    let mut insert = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    match request.range {
        Some((from, Some(to))) => insert(RANGE, format!("bytes={from}-{to}")),
        Some((from, None)) => insert(RANGE, format!("bytes={from}-")),
        None => {}
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        insert(CONTENT_LENGTH, request.body.len().to_string());
    }
    if let Some(media_type) = request.body.media_type() {
        insert(CONTENT_TYPE, media_type.to_owned());
    }
    if let Some((from, to)) = request.body.content_range() {
        insert(CONTENT_RANGE, format!("{from}-{to}"));
    }
    headers
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504)
}

/// What `Retry-After` says: a number of seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// A rate limit in words. The headers have the form `100;w=21600`, the window in seconds.
fn rate_limit(host: &str, limit: Option<&str>, remaining: &str) -> String {
    let count = |text: &str| text.split(';').next().unwrap_or_default().trim().to_owned();
    let window = |text: &str| {
        let window = text.split(';').find_map(|part| part.trim().strip_prefix("w="))?;
        window.parse::<u64>().ok()
    };
    let mut said = format!("{host} allows {} more pulls", count(remaining));
    if let Some(limit) = limit {
        said.push_str(&format!(" of {}", count(limit)));
    }
    if let Some(seconds) = limit.and_then(window).or_else(|| window(remaining)) {
        said.push_str(&format!(" within {seconds} seconds"));
    }
    said
}

fn failed(url: &Url, what: &str, error: reqwest::Error) -> RegistryError {
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let passing = connect && !timeout && is_refusal(&error);
    let mut reason = reason(error);
    if connect && let Some(proxy) = proxy::set_for(url) {
        reason.push_str(&format!(" ({proxy})"));
    }
    if connect || timeout || Reach::of(url) == Reach::Link {
        RegistryError::Unreachable { host: host_of(url), reason, passing }
    } else {
        RegistryError::Transfer { what: what.into(), host: host_of(url), reason }
    }
}

/// Whether a connection was refused or broken off, as by a server that starts anew.
fn is_refusal(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<std::io::Error>() {
            return matches!(inner.kind(), ConnectionRefused | ConnectionReset | ConnectionAborted);
        }
        source = inner.source();
    }
    false
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_both_forms() {
        let after = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
            retry_after(&headers)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        assert!((20..=30).contains(&after(&soon).unwrap().as_secs()));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }

    #[test]
    fn pauses_grow_and_are_never_alike() {
        let transport = Transport::new(Options { backoff: Duration::from_millis(100), ..Options::default() });
        let pauses: Vec<Duration> = (0..50).map(|_| transport.backoff(3)).collect();
        assert!(pauses.iter().all(|pause| (200..=400).contains(&(pause.as_millis() as u64))), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        assert!(transport.backoff(1) <= Duration::from_millis(100));
    }

    #[test]
    fn rate_limits_in_words() {
        let said = rate_limit("r.io", Some("100;w=21600"), "76;w=21600");
        assert_eq!(said, "r.io allows 76 more pulls of 100 within 21600 seconds");
        assert_eq!(rate_limit("r.io", None, "5"), "r.io allows 5 more pulls");
    }
}

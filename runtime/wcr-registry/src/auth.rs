//! Proving to a registry who asks: tokens and passwords (distribution-spec, token authentication).

use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::challenge::{Challenge, parse};
use crate::credentials::{Credentials, may_see};
use crate::endpoint::{host_of, may_lead};
use crate::error::{RegistryError, Result};
use crate::reply::refusal;
use crate::transport::{Request, Transport};

/// The longest answer of a token server that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// A registry, a repository in it, and what opens them.
pub(crate) struct Session<'a> {
    pub transport: &'a Transport,
    /// The base URL, ending in `/v2/`.
    pub base: Url,
    /// The registry's name in references.
    pub domain: &'a str,
    /// The repository.
    pub path: &'a str,
    credentials: Option<Credentials>,
    authorization: Mutex<Option<HeaderValue>>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        transport: &'a Transport,
        base: Url,
        domain: &'a str,
        path: &'a str,
        credentials: Option<Credentials>,
    ) -> Self {
        Self { transport, base, domain, path, credentials, authorization: Mutex::new(None) }
    }

    /// Asks whether this is a registry, and answers its challenge.
    pub(crate) async fn ping(&self) -> Result<()> {
        let request =
            Request { url: &self.base, what: "the registry", accept: None, authorization: None, range_from: None };
        let response = self.transport.send(&self.base, &request).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.answer(response, "the registry", false).await?;
        }
        // Whatever else is said here: what counts is the answer to the real question.
        Ok(())
    }

    /// Makes a request to the registry, with what it wants for authorization. The answer may still be an error.
    pub(crate) async fn get(&self, mut request: Request<'_>) -> Result<Response> {
        let used = self.authorization.lock().await.clone();
        request.authorization = used.clone();
        let response = self.transport.send(&self.base, &request).await?;
        if response.status() != StatusCode::UNAUTHORIZED || host_of(response.url()) != host_of(&self.base) {
            return Ok(response);
        }
        // The token may have expired, or another thread may have got a new one meanwhile.
        let current = self.authorization.lock().await.clone();
        request.authorization =
            if current == used { Some(self.answer(response, request.what, true).await?) } else { current };
        self.transport.send(&self.base, &request).await
    }

    /// Turns an unsuccessful answer into an error.
    pub(crate) async fn refusal(&self, response: Response, what: &str) -> RegistryError {
        refusal(self.transport, response, what, self.domain).await
    }

    /// Answers the challenge in a 401, and remembers the answer. The scope that the challenge names is taken
    /// only if it was about the repository: some registries name an example otherwise.
    async fn answer(&self, response: Response, what: &str, scoped: bool) -> Result<HeaderValue> {
        let headers = response.headers().get_all(WWW_AUTHENTICATE);
        let challenges: Vec<Challenge> =
            headers.iter().filter_map(|value| value.to_str().ok()).flat_map(parse).collect();
        let mut authorization = self.authorization.lock().await;
        for challenge in challenges {
            let answer = match (challenge, &self.credentials) {
                (Challenge::Bearer { realm, service, scope }, _) => {
                    self.token(&realm, service.as_deref(), scope.as_deref().filter(|_| scoped), what).await?
                }
                (Challenge::Basic, Some(credentials)) => basic(credentials),
                (Challenge::Basic, None) => continue,
            };
            let value = HeaderValue::from_str(&answer).map_err(|_| RegistryError::Protocol {
                what: "the token".into(),
                host: host_of(&self.base),
                reason: "it has characters that no header may have".into(),
            });
            let mut value = value?;
            value.set_sensitive(true);
            *authorization = Some(value.clone());
            return Ok(value);
        }
        drop(authorization);
        Err(self.refusal(response, what).await)
    }

    /// Gets a token from the token server.
    async fn token(&self, realm: &str, service: Option<&str>, scope: Option<&str>, what: &str) -> Result<String> {
        let protocol = |reason: &str| RegistryError::Protocol {
            what: "its challenge".into(),
            host: host_of(&self.base),
            reason: reason.into(),
        };
        let mut url = Url::parse(realm).map_err(|_| protocol("the token server is no URL"))?;
        may_lead(&self.base, &self.base, &url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(protocol("the token server's URL has a user in it"));
        }
        let own_scope = format!("repository:{}:pull", self.path);
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", scope.unwrap_or(&own_scope));
        }
        let registry = self.base.host_str().unwrap_or_default();
        let trusted = may_see(url.host_str().unwrap_or_default(), registry) && url.scheme() == self.base.scheme();
        let credentials = self.credentials.as_ref().filter(|_| trusted);
        let authorization = credentials.and_then(|credentials| {
            let mut value = HeaderValue::from_str(&basic(credentials)).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        let request = Request { url: &url, what: "a token", accept: None, authorization, range_from: None };
        let response = self.transport.send(&self.base, &request).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response, what).await);
        }
        let body = self.transport.body(response, "a token", LONGEST).await?;
        let malformed =
            |reason: String| RegistryError::Protocol { what: "a token".into(), host: host_of(&url), reason };
        let token: Token = serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))?;
        let token = [token.token, token.access_token].into_iter().flatten().find(|token| !token.is_empty());
        token.map(|token| format!("Bearer {token}")).ok_or_else(|| malformed("there is no token in it".into()))
    }
}

fn basic(credentials: &Credentials) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", credentials.user, credentials.password)))
}

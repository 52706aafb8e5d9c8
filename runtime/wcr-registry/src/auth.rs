//! Proving to a registry who asks: tokens and passwords (distribution-spec, token authentication).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::body::Body;
use crate::challenge::{Challenge, parse};
use crate::credentials::{self, Credentials, may_see};
use crate::endpoint::{base_url, host_of, may_lead};
use crate::error::{RegistryError, Result};
use crate::reply::refusal;
use crate::tokens::Key;
use crate::transport::{Request, Transport};

/// The longest answer of a token server that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// What wcr is called in the exchange of an identity token.
const CLIENT_ID: &str = "wcr";

/// What somebody wants to do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing in particular: to log in.
    Login,
    Pull,
    Push,
}

/// A registry, a repository in it, and what opens them.
pub(crate) struct Session<'a> {
    pub transport: &'a Transport,
    /// The base URL, ending in `/v2/`.
    pub base: Url,
    /// The registry's name in references.
    pub domain: String,
    /// The repository.
    pub path: String,
    access: Access,
    /// Other repositories of the registry that are read from.
    also: Vec<String>,
    /// Those that were given; `None` for those that are kept.
    credentials: Option<Credentials>,
    authorization: Mutex<Option<HeaderValue>>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl<'a> Session<'a> {
    /// A session at the registry `domain`.
    ///
    /// # Errors
    /// [`RegistryError::Setup`] when the name is none of a server.
    pub(crate) fn new(transport: &'a Transport, domain: &str, path: &str, access: Access) -> Result<Self> {
        Ok(Self {
            transport,
            base: base_url(domain, &transport.options.registries)?,
            domain: domain.to_owned(),
            path: path.to_owned(),
            access,
            also: Vec::new(),
            credentials: None,
            authorization: Mutex::new(None),
        })
    }

    /// The same with these credentials.
    pub(crate) fn with(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The same, and reads from these repositories, too.
    pub(crate) fn reading(mut self, repositories: Vec<String>) -> Self {
        self.also = repositories;
        self
    }

    /// Asks whether this is a registry, and answers its challenge. Whether there was one.
    pub(crate) async fn ping(&self) -> Result<bool> {
        let request = Request::get(&self.base, "the registry");
        let response = self.transport.send(&self.base, &request).await?;
        let challenged = response.status() == StatusCode::UNAUTHORIZED;
        if challenged {
            self.answer(response, "the registry", false).await?;
        }
        // Whatever else is said here: what counts is the answer to the real question.
        Ok(challenged)
    }

    /// Asks the registry whether it takes the answer to its challenge.
    pub(crate) async fn prove(&self) -> Result<()> {
        if !self.ping().await? {
            return Ok(());
        }
        let mut request = Request::get(&self.base, "the registry");
        request.authorization = self.authorization.lock().await.clone();
        let response = self.transport.send(&self.base, &request).await?;
        // Some registries answer with a challenge for a repository here, which is no refusal.
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.refusal(response, "the registry").await),
            _ => Ok(()),
        }
    }

    /// Makes a request to the registry, with what it wants for authorization. The answer may still be an error.
    pub(crate) async fn request(&self, mut request: Request<'_>) -> Result<Response> {
        let used = self.authorization.lock().await.clone();
        request.authorization = used.clone().filter(|_| host_of(request.url) == host_of(&self.base));
        let response = self.transport.send(&self.base, &request).await?;
        if response.status() != StatusCode::UNAUTHORIZED || host_of(response.url()) != host_of(&self.base) {
            return Ok(response);
        }
        // The token may have expired, or another thread may have got a new one meanwhile.
        let current = self.authorization.lock().await.clone();
        request.authorization = if current == used {
            if let Some(used) = &used {
                self.transport.tokens.forget(used);
            }
            Some(self.answer(response, request.what, true).await?)
        } else {
            current
        };
        self.transport.send(&self.base, &request).await
    }

    /// Turns an unsuccessful answer into an error.
    pub(crate) async fn refusal(&self, response: Response, what: &str) -> RegistryError {
        refusal(self.transport, response, what, &self.domain).await
    }

    /// Answers the challenge in a 401, and remembers the answer. The scope that the challenge names is taken
    /// only if it was about the repository: some registries name an example otherwise.
    async fn answer(&self, response: Response, what: &str, scoped: bool) -> Result<HeaderValue> {
        let headers = response.headers().get_all(WWW_AUTHENTICATE);
        let challenges: Vec<Challenge> =
            headers.iter().filter_map(|value| value.to_str().ok()).flat_map(parse).collect();
        let mut authorization = self.authorization.lock().await;
        let credentials = match (&self.credentials, challenges.is_empty()) {
            (Some(given), _) => Some(given.clone()),
            (None, true) => None,
            (None, false) => credentials::find(&self.transport.options, &self.domain, &self.path)?,
        };
        for challenge in challenges {
            let value = match (challenge, &credentials) {
                (Challenge::Bearer { .. }, Some(Credentials::Bearer { token })) => {
                    self.header(&format!("Bearer {token}"))?
                }
                (Challenge::Bearer { realm, service, scope }, _) => {
                    let scope = scope.as_deref().filter(|_| scoped && self.access == Access::Pull);
                    self.token(&realm, service.as_deref(), scope, what, credentials.as_ref()).await?
                }
                (Challenge::Basic, Some(Credentials::Password { user, password })) => {
                    self.header(&basic(user, password))?
                }
                (Challenge::Basic, _) => continue,
            };
            *authorization = Some(value.clone());
            return Ok(value);
        }
        drop(authorization);
        Err(self.refusal(response, what).await)
    }

    /// A value of `Authorization`, which no log shows.
    fn header(&self, text: &str) -> Result<HeaderValue> {
        let mut value = HeaderValue::from_str(text).map_err(|_| RegistryError::Protocol {
            what: "the token".into(),
            host: host_of(&self.base),
            reason: "it has characters that no header may have".into(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// What the session is for, in the words of token servers.
    fn scopes(&self, challenged: Option<&str>) -> Vec<String> {
        let own = match self.access {
            Access::Login => return Vec::new(),
            Access::Pull => challenged.map_or_else(|| format!("repository:{}:pull", self.path), str::to_owned),
            Access::Push => format!("repository:{}:pull,push", self.path),
        };
        let also = self.also.iter().map(|path| format!("repository:{path}:pull"));
        std::iter::once(own).chain(also).collect()
    }

    /// A token for the session: one that is kept, or one from the token server.
    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
        what: &str,
        credentials: Option<&Credentials>,
    ) -> Result<HeaderValue> {
        let protocol = |reason: &str| RegistryError::Protocol {
            what: "its challenge".into(),
            host: host_of(&self.base),
            reason: reason.into(),
        };
        let mut url = Url::parse(realm).map_err(|_| protocol("the token server is no URL"))?;
        may_lead(&self.transport.options.registries, &self.base, &self.base, &url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(protocol("the token server's URL has a user in it"));
        }
        let registry = self.base.host_str().unwrap_or_default();
        let trusted = may_see(url.host_str().unwrap_or_default(), registry) && url.scheme() == self.base.scheme();
        let credentials = credentials.filter(|_| trusted);
        let user = match credentials {
            Some(Credentials::Password { user, .. }) => Some(user.clone()),
            Some(Credentials::Identity { .. }) => Some(String::new()),
            _ => None,
        };
        let key = Key { realm: realm.into(), user, service: service.map(Into::into), scopes: self.scopes(scope) };
        if let Some(kept) = self.transport.tokens.find(&key) {
            return Ok(kept);
        }
        if !matches!(credentials, Some(Credentials::Identity { .. })) {
            ask(&mut url, &key, self.access);
        }
        let mut request = Request::get(&url, "a token");
        match credentials {
            Some(Credentials::Identity { token }) => {
                (request.method, request.body) = (Method::POST, exchange(&url, token, &key));
            }
            Some(Credentials::Password { user, password }) => {
                request.authorization = Some(self.header(&basic(user, password))?);
            }
            _ => {}
        }
        let response = self.transport.send(&self.base, &request).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response, what).await);
        }
        let host = host_of(response.url());
        let body = self.transport.body(response, "a token", LONGEST).await?;
        let malformed = |reason: &str| RegistryError::Protocol {
            what: "a token".into(),
            host: host.clone(),
            reason: reason.into(),
        };
        // What serde says may quote the token.
        let token: Token = serde_json::from_slice(&body).map_err(|_| malformed("it is not the JSON it should be"))?;
        let text = [token.token, token.access_token].into_iter().flatten().find(|token| !token.is_empty());
        let text = text.ok_or_else(|| malformed("there is no token in it"))?;
        let value = self.header(&format!("Bearer {text}"))?;
        self.transport.tokens.keep(key, value.clone(), token.expires_in);
        Ok(value)
    }
}

/// Puts what a token is wanted for into the query.
fn ask(url: &mut Url, key: &Key, access: Access) {
    let mut query = url.query_pairs_mut();
    if let Some(service) = &key.service {
        query.append_pair("service", service);
    }
    if let (Access::Login, Some(user)) = (access, &key.user) {
        query.append_pair("account", user).append_pair("client_id", CLIENT_ID);
    }
    for scope in &key.scopes {
        query.append_pair("scope", scope);
    }
}

/// The form that exchanges an identity token (distribution's OAuth2 token authentication).
fn exchange(realm: &Url, identity: &str, key: &Key) -> Body {
    // A form has the syntax of a query.
    let mut form = realm.clone();
    form.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("refresh_token", identity)
        .append_pair("service", key.service.as_deref().unwrap_or_default())
        .append_pair("scope", &key.scopes.join(" "));
    let content = form.query().unwrap_or_default().to_owned();
    Body::Bytes { content: content.into(), media_type: "application/x-www-form-urlencoded".into() }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
